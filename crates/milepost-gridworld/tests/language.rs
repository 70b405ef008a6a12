//! BabyAI's language: round trips, descriptions on a map, and what is no sentence.

use milepost_gridworld::language::{Article, Location, NothingMatches, Scene, SentenceError};
use milepost_gridworld::{
    Area, Color, Description, Direction, DoorState, Grid, Instruction, Kind, Object, Order, Position,
    Sentence,
};
use proptest::prelude::*;

fn description(kinds: Vec<Option<Kind>>) -> impl Strategy<Value = Description> {
    let colors: Vec<Option<Color>> = std::iter::once(None).chain(Color::ALL.map(Some)).collect();
    let locations: Vec<Option<Location>> = std::iter::once(None).chain(Location::ALL.map(Some)).collect();
    let article = prop_oneof![Just(Article::The), Just(Article::A)];
    let parts = (
        article,
        proptest::sample::select(colors),
        proptest::sample::select(kinds),
        proptest::sample::select(locations),
    );
    parts.prop_map(|(article, color, kind, location)| Description { article, color, kind, location })
}

fn action() -> impl Strategy<Value = Sentence> {
    let portable = vec![None, Some(Kind::Key), Some(Kind::Ball), Some(Kind::Box)];
    let anything =
        || description(vec![None, Some(Kind::Door), Some(Kind::Key), Some(Kind::Ball), Some(Kind::Box)]);
    prop_oneof![
        anything().prop_map(Sentence::GoTo),
        description(vec![Some(Kind::Door)]).prop_map(|objects| Sentence::Open { objects, strict: false }),
        description(portable.clone()).prop_map(|objects| Sentence::PickUp { objects, strict: false }),
        (description(portable), anything()).prop_map(|(moved, beside)| Sentence::PutNext {
            moved,
            beside,
            strict: false
        }),
    ]
}

fn part() -> impl Strategy<Value = Sentence> {
    let both = (action(), action()).prop_map(|(a, b)| Sentence::Both(Box::new(a), Box::new(b)));
    prop_oneof![action(), both]
}

fn sentence() -> impl Strategy<Value = Sentence> {
    let order = prop_oneof![Just(Order::Before), Just(Order::After)];
    let sequence = (part(), part(), order)
        .prop_map(|(first, second, order)| Sentence::sequence(first, second, order, false));
    prop_oneof![part(), sequence]
}

proptest! {
    #[test]
    fn parsing_inverts_printing(sentence in sentence()) {
        let text = sentence.to_string();
        let parsed = text.parse::<Sentence>();
        prop_assert_eq!(parsed.as_ref(), Ok(&sentence));
        prop_assert_eq!(parsed.expect("just compared").to_string(), text);
    }

    #[test]
    fn what_is_not_printed_by_a_sentence_is_refused(sentence in sentence(), cut in 0usize..200, extra in "[a-z ]{1,8}") {
        let text = sentence.to_string();
        let garbled = format!("{}{extra}", &text[..cut.min(text.len())]);
        if let Ok(parsed) = garbled.parse::<Sentence>() {
            prop_assert_eq!(parsed.to_string(), garbled);
        }
    }

    #[test]
    fn every_place_but_the_agents_own_is_on_one_or_two_sides(dx in -9i32..10, dy in -9i32..10, code in 0u8..4) {
        let direction = Direction::from_code(code);
        let sides = Location::ALL.into_iter().filter(|side| side.holds(direction, (dx, dy))).count();
        prop_assert_eq!(sides, usize::from(dx != 0) + usize::from(dy != 0));
    }
}

/// The agent at (2, 2) looks right, a red ball in front of it, a blue and a red one behind a wall on its right.
fn map() -> Grid {
    let mut grid = Grid::new(9, 7);
    grid.wall_rectangle(0, 0, 9, 4);
    grid.wall_rectangle(0, 3, 9, 4);
    grid.set(5, 2, Some(Object::new(Kind::Ball, Color::Red)));
    grid.set(2, 3, Some(Object::door(Color::Green, DoorState::Closed)));
    grid.set(2, 5, Some(Object::new(Kind::Ball, Color::Red)));
    grid.set(3, 5, Some(Object::new(Kind::Ball, Color::Blue)));
    grid
}

fn scene(grid: &Grid) -> Scene<'_> {
    let room = Area { x: 0, y: 0, width: 9, height: 4 };
    Scene { grid, agent: Position::new(2, 2), direction: Direction::Right, room }
}

#[test]
fn descriptions_match_by_looks_and_location_in_the_room() {
    let grid = map();
    let (told, meant) =
        scene(&grid).resolve(&"go to the red ball".parse().expect("a sentence")).expect("there are");
    assert_eq!(told.to_string(), "go to a red ball");
    assert_eq!(meant, Instruction::GoTo(vec![Position::new(2, 5), Position::new(5, 2)]));

    let ahead: Sentence = "pick up a ball in front of you".parse().expect("a sentence");
    let (told, meant) = scene(&grid).resolve(&ahead).expect("one is");
    assert_eq!(told.to_string(), "pick up the ball in front of you");
    assert_eq!(meant, Instruction::PickUp { objects: vec![Position::new(5, 2)], strict: false });

    let door: Sentence = "open the door on your right".parse().expect("a sentence");
    let (_, meant) = scene(&grid).resolve(&door).expect("walls belong to the room");
    assert_eq!(meant, Instruction::Open { objects: vec![Position::new(2, 3)], strict: false });

    let behind: Sentence = "go to the ball behind you".parse().expect("a sentence");
    let nothing = Description::new(Some(Kind::Ball), None, Some(Location::Behind));
    assert_eq!(scene(&grid).resolve(&behind), Err(NothingMatches(nothing)));
}

#[test]
fn journeys_are_two_for_putting_and_one_for_the_rest() {
    for (text, journeys) in [
        ("go to the red ball", 1),
        ("put the box next to the key", 2),
        ("put the box next to the key and open a door, then pick up the grey object", 4),
    ] {
        assert_eq!(text.parse::<Sentence>().expect("a sentence").journeys(), journeys, "{text}");
    }
}

#[test]
fn texts_that_are_no_sentences_are_refused_by_name() {
    let door = Description::any(Kind::Door);
    let text = str::to_owned;
    for (wrong, error) in [
        ("", SentenceError::Action(String::new())),
        ("fetch the ball", SentenceError::Action(text("fetch the ball"))),
        ("go to ball", SentenceError::Description(text("ball"))),
        ("go to the redball", SentenceError::Description(text("the redball"))),
        ("go to the ball red", SentenceError::Description(text("the ball red"))),
        ("go to the  ball", SentenceError::Description(text("the  ball"))),
        ("go to the wall", SentenceError::Description(text("the wall"))),
        ("put the ball near the key", SentenceError::NextTo(text("put the ball near the key"))),
        ("pick up the door", SentenceError::Unfit { verb: "pick up", description: door }),
        ("open the key", SentenceError::Unfit { verb: "open", description: Description::any(Kind::Key) }),
        ("go to the key, then ", SentenceError::Action(String::new())),
    ] {
        assert_eq!(wrong.parse::<Sentence>(), Err(error), "{wrong:?}");
    }
}
