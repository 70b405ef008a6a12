use milepost_core::TokenEnvironment;

use super::super::turn::{Act, write};
use super::super::{LookupEvent, LookupMeasure, LookupOracle, Query, ReaderNoise};
use super::*;

/// Share of episodes that a reader solves, and the mean number of tokens, prompt and replies included.
fn measured(config: &LookupConfig, noise: &ReaderNoise, episodes: u64) -> (f64, f64) {
    let (mut solved, mut tokens) = (0.0, 0);
    let mut world = built(config.clone());
    for index in 0..episodes {
        world.reset(TaskSeed::train(0, index)).expect("every seed is a task");
        let mut draws = stream(index);
        tokens += said(&world).len();
        while world.ending().is_none() {
            let turn = world.reader_turn(noise, &mut draws).expect("running");
            world.step(&turn).expect("running");
            tokens += turn.len() + said(&world).len();
        }
        solved += world.gold().expect("started").for_evaluation(LookupMeasure::ExactMatch);
    }
    (solved / episodes as f64, tokens as f64 / episodes as f64)
}

proptest! {
    #[test]
    fn a_reader_without_mistakes_solves_what_is_retrieved(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { retriever_noise: 0.0, ..config }, seed);
        let mut draws = stream(seed);
        let total = play(&mut world, |world| world.reader_turn(&ReaderNoise::NONE, &mut draws).expect("running"));
        prop_assert_eq!(total, 1.0);
        prop_assert_eq!(world.elapsed(), world.config().hops + 1);
    }

    #[test]
    fn a_reader_names_only_what_was_said_and_keeps_to_the_grammar(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        let noise = ReaderNoise { malformed: 0.0, ..ReaderNoise::default() };
        while world.ending().is_none() {
            let turn = world.reader_turn(&noise, &mut draws).expect("running");
            let mut allowed = Vec::new();
            for (at, token) in turn.iter().enumerate() {
                allowed.clear();
                prop_assert!(world.grammar(&turn[..at], &mut allowed));
                prop_assert!(allowed.contains(token), "{:?}", turn);
            }
            world.step(&turn).expect("running");
            let event = world.events().last().expect("a turn");
            let named = event.query().map(|q| q.entity).or(event.answer().map(|a| a.entity)).expect("one of them");
            let oracle = world.oracle().expect("started");
            let known = named == oracle.entities()[0] || world.shown().iter().any(|d| d.fact.object == named);
            prop_assert!(known);
        }
    }

    #[test]
    fn a_malformed_turn_is_malformed(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let noise = ReaderNoise { malformed: 1.0, ..ReaderNoise::NONE };
        let turn = world.reader_turn(&noise, &mut stream(seed)).expect("running");
        prop_assert_eq!(world.step(&turn).expect("running").ending, Some(Ending::Malformed));
        prop_assert_eq!(world.reader_turn(&noise, &mut stream(seed)), None);
    }
}

/// The queries and the answer of a reader in a world without retriever noise: what it asked, and with what it ended.
fn path(noise: &ReaderNoise, seed: u64) -> (Vec<Query>, Option<u32>, LookupOracle) {
    let config = LookupConfig { hops: 3, retriever_noise: 0.0, ..LookupConfig::default() };
    let mut world = started(config, seed);
    let mut draws = stream(seed);
    play(&mut world, |world| world.reader_turn(noise, &mut draws).expect("running"));
    let answer = world.events().last().and_then(LookupEvent::answer).map(|answer| answer.entity);
    let queries = world.events().iter().filter_map(LookupEvent::query).collect();
    (queries, answer, world.oracle().expect("started"))
}

proptest! {
    #[test]
    fn a_reader_that_always_skips_follows_every_other_relation(seed: u64) {
        let (queries, answer, oracle) = path(&ReaderNoise { skip: 1.0, ..ReaderNoise::NONE }, seed);
        let [start, chain] = [oracle.entities(), oracle.relations()];
        prop_assert_eq!(queries[0], Query { entity: start[0], relation: chain[1] });
        // Where two neighbours are the same relation, what was skipped to looks like the hop itself.
        if chain[0] != chain[1] {
            prop_assert_eq!(queries.len(), 1, "hops 1 and 2 are behind it, and it skips the third");
            let world = started(LookupConfig { hops: 3, ..LookupConfig::default() }, seed);
            let read = world.task.as_ref().expect("started").fact(queries[0]).object;
            prop_assert_eq!(answer, Some(read));
        }
    }

    #[test]
    fn a_reader_of_wrong_relations_never_asks_for_the_first_hop(seed: u64) {
        let noise = ReaderNoise { wrong_relation: 1.0, ..ReaderNoise::NONE };
        let (queries, _, oracle) = path(&noise, seed);
        prop_assert_eq!(queries[0].entity, oracle.entities()[0]);
        prop_assert_ne!(queries[0].relation, oracle.relations()[0]);
        prop_assert!(queries.len() >= 2);
    }

    #[test]
    fn a_mistaken_reader_is_wrong_in_one_relation_and_right_in_all_others(seed: u64, mistaken in 0u32..4) {
        let noise = ReaderNoise { mistaken: Some(mistaken), ..ReaderNoise::NONE };
        let (queries, answer, oracle) = path(&noise, seed);
        let first = oracle.relations()[0];
        let asked = if first == mistaken { (first + 1) % 4 } else { first };
        prop_assert_eq!(queries[0].relation, asked);
        if !oracle.relations().contains(&mistaken) {
            prop_assert_eq!(answer, Some(oracle.answer()));
        }
    }

    #[test]
    fn a_reader_ignores_what_others_asked(seed: u64, entity in 0u32..24, relation in 0u32..4) {
        let config = LookupConfig { hops: 3, turns: 5, retriever_noise: 0.0, ..LookupConfig::default() };
        let mut world = started(config, seed);
        prop_assume!(entity != world.oracle().expect("started").entities()[0]);
        let before = world.reader_turn(&ReaderNoise::NONE, &mut stream(0));
        let foreign = write(world.words(), [], &Act::Query(Query { entity, relation }));
        world.step(&foreign).expect("running");
        prop_assert_eq!(world.reader_turn(&ReaderNoise::NONE, &mut stream(0)), before);
    }
}

/// The rates that the book's page states, each with five standard errors: 2000 episodes, so at most 0.056.
#[test]
fn the_default_mistakes_leave_ten_to_thirty_percent() {
    let default = LookupConfig::default();
    for (config, expected) in [
        (default.clone(), 0.276),
        (LookupConfig { hops: 3, ..default.clone() }, 0.165),
        (LookupConfig { hops: 4, turns: 8, ..default }, 0.125),
    ] {
        let (rate, _) = measured(&config, &ReaderNoise::default(), 2000);
        let error = 5.0 * (expected * (1.0 - expected) / 2000.0_f64).sqrt();
        assert!((rate - expected).abs() < error, "{} hops: {rate}", config.hops);
        assert!((0.1..0.3).contains(&rate), "{} hops: {rate}", config.hops);
    }
}

/// Tokens of a rollout without mistakes at `η = 0`, counted by hand: the prompt, two queries with two documents
/// each, the answer.
#[test]
fn rollouts_have_the_tokens_that_their_grammar_says() {
    for (name_len, thoughts, expected) in [(1, 0, 5 + 2 * (4 + 10) + 3), (2, 1, 6 + 2 * (6 + 14) + 5)] {
        let config = LookupConfig { name_len, thoughts, retriever_noise: 0.0, ..LookupConfig::default() };
        let (rate, tokens) = measured(&config, &ReaderNoise::NONE, 50);
        assert_eq!((rate, tokens), (1.0, f64::from(expected)));
    }
}
