//! Commands as people put them.

use std::sync::Arc;

use milepost_core::{Environment, TaskSeed};
use milepost_textworld::engine::{
    CommandId, GameAction, Reading, Reply, Session, TextGame, Understanding, World,
};
use milepost_textworld::game::{Entity, Game};
use milepost_textworld::logic::{Fact, KnowledgeBase, Variable};
use proptest::prelude::*;

use crate::recorded;

/// A kitchen with two keys, a box with a lamp in it, and a passage to the north.
fn kitchen() -> Session {
    let knowledge = KnowledgeBase::parse(
        r#"
        type P { rules { look :: at(P, r) -> at(P, r); } inform7 { commands { look :: "look" :: ""; } } }
        type I {
            rules {
                take :: $at(P, r) & at(o, r) -> in(o, I);
                take/c :: $at(P, r) & $at(c, r) & $open(c) & in(o, c) -> in(o, I);
                insert :: $at(P, r) & $at(c, r) & $open(c) & in(o, I) -> in(o, c);
                inventory :: at(P, r) -> at(P, r);
            }
            inform7 { commands {
                take :: "take {o}" :: ""; take/c :: "take {o} from {c}" :: "";
                insert :: "insert {o} into {c}" :: ""; inventory :: "inventory" :: "";
            } }
        }
        type t { rules { examine :: at(P, r) & $at(t, r) -> at(P, r); }
                 inform7 { commands { examine :: "examine {t}" :: ""; } } }
        type o : t { }
        type c : t { }
        type r { rules { go/north :: at(P, r) & $north_of(r', r) -> at(P, r'); }
                 inform7 { commands { go/north :: "go north" :: ""; } } }
        "#,
    )
    .expect("a sound text");
    let variable = |name: &str| Variable::new(name, name.split('_').next().expect("a type"));
    let fact = |name: &str, arguments: &[&str]| Fact::new(name, arguments.iter().map(|a| variable(a)));
    let mut game = Game::new(
        Arc::new(knowledge),
        vec![
            fact("at", &["P", "r_0"]),
            fact("north_of", &["r_1", "r_0"]),
            fact("at", &["o_0", "r_0"]),
            fact("at", &["o_1", "r_0"]),
            fact("at", &["c_0", "r_0"]),
            fact("open", &["c_0"]),
            fact("in", &["o_2", "c_0"]),
            fact("at", &["o_3", "r_1"]),
        ],
    );
    let names =
        [("o_0", "rusty iron key"), ("o_1", "brass key"), ("o_2", "lamp"), ("o_3", "coin"), ("c_0", "box")];
    game.entities = names.map(|(id, name)| Entity::named(id, &id[..1], Some(name))).into();
    game.entities[2].synonyms = Some(vec!["lantern".to_owned()]);
    Session::new(Arc::new(World::new(game).expect("a sound game")))
}

fn texts(session: &Session, commands: &[CommandId]) -> Vec<String> {
    commands.iter().filter_map(|command| session.world().command(*command)).map(str::to_owned).collect()
}

#[test]
fn people_are_understood() {
    let session = kitchen();
    for (typed, meant) in [
        ("n", "go north"),
        ("NORTH", "go north"),
        ("l", "look"),
        ("i", "inventory"),
        ("x box", "examine box"),
        ("look at the box.", "examine box"),
        ("Take the brass KEY", "take brass key"),
        ("get brass", "take brass key"),
        ("pick up rusty key", "take rusty iron key"),
        ("take lamp", "take lamp from box"),
        ("remove the lantern from the box", "take lamp from box"),
    ] {
        let expected = session.world().command_id(meant).expect("a command of the game");
        assert_eq!(session.understand(typed), Understanding::Accepted(expected), "{typed}");
    }
}

#[test]
fn what_is_unclear_impossible_or_nonsense_is_told_apart() {
    let session = kitchen();
    let Understanding::Ambiguous(keys) = session.understand("take key") else { panic!("there are two keys") };
    assert_eq!(texts(&session, &keys), ["take brass key", "take rusty iron key"]);
    let Understanding::Refused(far) = session.understand("take the coin") else { panic!("it is elsewhere") };
    assert_eq!(texts(&session, &far), ["take coin"]);
    let Understanding::Refused(held) = session.understand("put brass key in box") else { panic!("not held") };
    assert_eq!(texts(&session, &held), ["insert brass key into box"]);
    for nonsense in ["", "dance", "take", "take the moon", "key take", "go nowhere"] {
        assert_eq!(session.understand(nonsense), Understanding::NotUnderstood, "{nonsense}");
    }
}

#[test]
fn an_environment_that_reads_loosely_does_what_is_meant() {
    let world = Arc::clone(kitchen().world());
    for (reading, expected) in [(Reading::Exact, 1), (Reading::Loose, 0)] {
        let mut game = TextGame::new(Arc::clone(&world)).with_reading(reading);
        game.reset(TaskSeed::literal(0)).expect("resets");
        game.step(&GameAction::Text("Get the LAMP".to_owned())).expect("runs");
        assert_eq!(game.not_done(), expected);
        assert_eq!(matches!(game.reply(), Some(Reply::Done(_))), expected == 0);
    }
}

#[test]
fn fixture_admissible_commands_mean_themselves() {
    for (id, world) in recorded::worlds() {
        let session = Session::new(world);
        for command in session.admissible() {
            let text = session.world().command(command).expect("admissible");
            assert_eq!(session.understand(text), Understanding::Accepted(command), "{id}: {text}");
            // In upper case too, unless another name has the same words.
            match session.understand(&format!("{}.", text.to_uppercase())) {
                Understanding::Accepted(found) => assert_eq!(found, command, "{id}: {text}"),
                Understanding::Ambiguous(found) => assert!(found.contains(&command), "{id}: {text}"),
                other => panic!("{id}: {text} is {other:?}"),
            }
        }
    }
}

proptest! {
    #[test]
    fn any_text_has_a_meaning(text in "\\PC{0,40}", words in prop::collection::vec("take|the|key|box|from|in|x|put|lamp", 0..6)) {
        let session = kitchen();
        for text in [text, words.join(" ")] {
            match session.understand(&text) {
                Understanding::Accepted(command) => prop_assert!(session.is_admissible(command)),
                Understanding::Ambiguous(all) => {
                    prop_assert!(all.len() > 1 && all.iter().all(|command| session.is_admissible(*command)));
                }
                Understanding::Refused(all) => {
                    prop_assert!(!all.is_empty() && !all.iter().any(|command| session.is_admissible(*command)));
                }
                Understanding::NotUnderstood => {}
            }
        }
    }
}
