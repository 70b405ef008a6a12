use milepost_core::TokenEnvironment;

use super::super::{LookupMeasure, ReaderNoise};
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
