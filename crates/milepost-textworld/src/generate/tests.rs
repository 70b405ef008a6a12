//! What every generated game promises.

use std::collections::BTreeSet;

use milepost_core::TaskSeed;
use proptest::prelude::*;

use super::*;
use crate::logic::{Fact, State, Variable, all_matches, matches};

/// The games of all families, small and large.
fn families() -> impl Strategy<Value = Family> {
    let sized = (1usize..9, 2usize..13).prop_flat_map(|(rooms, objects)| {
        // Any size that certainly has room for its quest: one walk there, one step with the thing.
        (Just(rooms), Just(objects), if rooms == 1 { 1usize..3 } else { 1usize..7 })
    });
    prop_oneof![
        (1usize..=30).prop_map(|level| Family::TreasureHunter(TreasureHunter { level })),
        prop_oneof![1usize..30, 101usize..125, 201usize..220]
            .prop_map(|level| Family::CoinCollector(CoinCollector { level })),
        sized.prop_map(|(rooms, objects, steps)| Family::Quest(SizedQuest { rooms, objects, steps })),
        cooking(),
        (6usize..=8).prop_map(|rooms| Family::House(House { rooms })),
    ]
}

fn cooking() -> impl Strategy<Value = Family> {
    let numbers =
        (1usize..=3).prop_flat_map(|ingredients| (Just(ingredients), 0..=ingredients, 1usize..9, 0usize..5));
    (numbers, any::<[bool; 3]>()).prop_map(
        |((ingredients, fetch, rooms, distractors), [cut, cook, closed])| {
            Family::Cooking(Cooking { ingredients, rooms, fetch, cut, cook, closed, distractors })
        },
    )
}

fn state(game: &Game) -> State {
    game.facts.iter().cloned().collect()
}

fn plan(game: &Game) -> &[crate::logic::Action] {
    &game.quests[0].win_events[0].actions
}

fn won(game: &Game, state: &State) -> bool {
    state.hold(&game.quests[0].win_events[0].condition)
}

fn lost(game: &Game, state: &State) -> bool {
    game.quests[0].fail_events.iter().any(|event| state.hold(&event.condition))
}

fn count(game: &Game, mut of: impl FnMut(&str) -> bool) -> usize {
    game.entities.iter().filter(|entity| of(&entity.kind)).count()
}

/// The length of the shortest solution, by breadth-first search, at most `limit`.
fn shortest(game: &Game, limit: usize) -> Option<usize> {
    let start = state(game);
    let key = |state: &State| state.facts().collect::<Vec<Fact>>();
    let mut seen = BTreeSet::from([key(&start)]);
    let mut layer = vec![start];
    for depth in 0..=limit {
        if layer.iter().any(|state| won(game, state)) {
            return Some(depth);
        }
        let mut next = Vec::new();
        for before in &layer {
            for (rule, bindings) in all_matches(&game.knowledge, before) {
                let mut after = before.clone();
                let action = rule.instantiate(&bindings, None).expect("all bound");
                after.apply(&action);
                if !lost(game, &after) && seen.insert(key(&after)) {
                    next.push(after);
                }
            }
        }
        layer = next;
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_same_seed_gives_the_same_game(family in families(), seed: u64) {
        let one = family.generate(TaskSeed::literal(seed));
        prop_assert_eq!(&one, &family.generate(TaskSeed::literal(seed)));
    }

    #[test]
    fn the_plan_wins_and_nothing_before_its_end_does(family in families(), seed: u64) {
        let game = family.generate(TaskSeed::literal(seed)).expect("the family has such games");
        game.check().expect("a whole game");
        let mut now = state(&game);
        for action in plan(&game) {
            prop_assert!(!won(&game, &now) && !lost(&game, &now));
            prop_assert!(now.apply(action), "{} is not possible", action.name);
        }
        prop_assert!(won(&game, &now) && !lost(&game, &now));
        prop_assert_eq!(game.walkthrough().expect("recorded").len(), plan(&game).len());
    }

    #[test]
    fn no_constraint_is_violated_at_any_point_of_the_plan(family in families(), seed: u64) {
        let game = family.generate(TaskSeed::literal(seed)).expect("the family has such games");
        let mut now = state(&game);
        let violated = |state: &State| {
            game.knowledge
                .constraints
                .values()
                .find(|constraint| !matches(&game.knowledge, state, constraint).is_empty())
                .map(|constraint| constraint.name.clone())
        };
        prop_assert_eq!(violated(&now), None);
        for action in plan(&game) {
            now.apply(action);
            prop_assert_eq!(violated(&now), None);
        }
    }

    #[test]
    fn names_are_unique(family in families(), seed: u64) {
        let game = family.generate(TaskSeed::literal(seed)).expect("the family has such games");
        let names: Vec<&str> = game.entities.iter().filter_map(|entity| entity.name.as_deref()).collect();
        prop_assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn a_saved_game_is_the_same_when_it_is_loaded(family in families(), seed: u64) {
        let game = family.generate(TaskSeed::literal(seed)).expect("the family has such games");
        prop_assert_eq!(&Game::from_json(&game.to_json()).expect("a game file"), &game);
    }

    #[test]
    fn sized_quests_have_exactly_their_rooms_objects_and_steps(
        rooms in 1usize..10, objects in 2usize..14, steps in 1usize..9, seed: u64,
    ) {
        let Ok(game) = (SizedQuest { rooms, objects, steps }).generate(TaskSeed::literal(seed)) else {
            // One room and few things do not make long quests.
            prop_assert!(rooms == 1 || steps > 4, "w{rooms}-o{objects}-q{steps} exists");
            return Ok(());
        };
        prop_assert_eq!(count(&game, |kind| kind == "r"), rooms);
        prop_assert_eq!(count(&game, |kind| !["P", "I", "r", "d"].contains(&kind)), objects);
        prop_assert_eq!(plan(&game).len(), steps);
        let placed: BTreeSet<Variable> = game
            .facts
            .iter()
            .filter(|fact| ["at", "in", "on"].contains(&fact.name.as_str()))
            .map(|fact| fact.arguments[0].clone())
            .collect();
        prop_assert_eq!(placed.len(), objects + 1, "everything and the player are somewhere");
    }

    #[test]
    fn levels_have_the_rooms_and_steps_of_textworld(level in 1usize..=30, coin in 1usize..=300, seed: u64) {
        let treasure = TreasureHunter { level };
        let game = treasure.generate(TaskSeed::literal(seed)).expect("a level");
        prop_assert_eq!(count(&game, |kind| kind == "r"), treasure.rooms());
        prop_assert_eq!(plan(&game).len(), treasure.steps());
        let collector = CoinCollector { level: coin };
        let game = collector.generate(TaskSeed::literal(seed)).expect("a level");
        prop_assert_eq!(count(&game, |kind| kind == "r"), collector.rooms());
        prop_assert_eq!(plan(&game).len(), collector.steps());
    }
}

/// Steps and rooms of TextWorld 1.7.0's levels, as its recorded games show them.
#[test]
fn levels_are_those_of_recorded_textworld_games() {
    let treasure = [(1, 1), (4, 2), (7, 4), (11, 2), (13, 4), (15, 6), (21, 3), (22, 5), (24, 9)];
    for (level, steps) in treasure {
        assert_eq!(TreasureHunter { level }.steps(), steps, "level {level}");
    }
    for (level, steps) in
        [(1, 1), (3, 3), (7, 7), (15, 15), (30, 30), (105, 5), (120, 20), (205, 5), (225, 25)]
    {
        assert_eq!(CoinCollector { level }.steps(), steps, "level {level}");
    }
}

/// No shorter solution exists: all states within reach are searched.
#[test]
fn plans_are_optimal_by_exhaustive_search() {
    let sized = |rooms, objects, steps| Family::Quest(SizedQuest { rooms, objects, steps });
    let searched = [
        (sized(2, 3, 4), 24),
        (sized(1, 3, 3), 8),
        (sized(4, 3, 5), 8),
        (sized(3, 4, 5), 6),
        (sized(4, 6, 8), 2),
        (Family::TreasureHunter(TreasureHunter { level: 14 }), 3),
        (Family::TreasureHunter(TreasureHunter { level: 22 }), 6),
        (Family::CoinCollector(CoinCollector { level: 208 }), 6),
    ];
    for (family, seeds) in searched {
        for seed in 0..seeds {
            let game = family.generate(TaskSeed::literal(seed)).expect("the family has such games");
            let steps = plan(&game).len();
            assert_eq!(shortest(&game, steps), Some(steps), "{} {seed}: {}", family.label(), game.objective);
        }
    }
}

#[test]
fn sizes_out_of_range_are_named() {
    let seed = TaskSeed::literal(0);
    let error = CoinCollector { level: 0 }.generate(seed).expect_err("no such level");
    assert_eq!(error.to_string(), "the level of a coin collector is 0, but must be 1 to 300");
    let error = TreasureHunter { level: 31 }.generate(seed).expect_err("no such level");
    assert!(error.to_string().contains("1 to 30"), "{error}");
    let error = SizedQuest { rooms: 0, objects: 3, steps: 4 }.generate(seed).expect_err("no rooms");
    assert!(error.to_string().starts_with("rooms is 0"), "{error}");
    let error = SizedQuest { rooms: 1, objects: 1, steps: 9 }.generate(seed).expect_err("too long");
    assert!(matches!(error, GenerateError::NoQuest { rooms: 1, steps: 9 }), "{error}");
}
