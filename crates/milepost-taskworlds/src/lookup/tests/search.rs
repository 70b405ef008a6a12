//! What a step tree and a search reward ask of the world.

use super::super::{LookupAction, LookupEvent, LookupProbe, Words};
use super::*;
use milepost_core::{Probe, TokenEnvironment, TurnFault};

proptest! {
    #[test]
    fn a_turn_drawn_from_the_grammar_of_answers_is_an_answer(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        let mut turn = Vec::new();
        while !world.is_finished(&turn) {
            let mut allowed = Vec::new();
            world.answer_grammar(&turn, &mut allowed);
            prop_assert!(allowed.windows(2).all(|pair| pair[0] < pair[1]), "{allowed:?}");
            let mut all = Vec::new();
            world.grammar(&turn, &mut all);
            prop_assert!(allowed.iter().all(|token| all.contains(token)));
            turn.push(allowed[draws.below(allowed.len() as u64) as usize]);
        }
        world.step(&turn).expect("running");
        prop_assert_ne!(world.fault(), Some(TurnFault::Malformed));
        let answered = matches!(world.events()[0].action, LookupAction::Answer { .. });
        prop_assert!(answered, "{turn:?}");
    }

    #[test]
    fn a_search_reward_is_what_documents_add_minus_what_they_repeat(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let oracle = world.oracle().expect("started");
        let (mut draws, mut gained) = (stream(seed), 0.0);
        while world.ending().is_none() {
            world.step(&world.noisy_turn(0.5, &mut draws)).expect("running");
            let events = world.events();
            let reward = oracle.search_reward(events);
            prop_assert_eq!(LookupProbe::SearchReward.read(&world), reward);
            prop_assert!((-1.0..=1.0).contains(&reward), "{reward}");
            let (last, earlier) = events.split_last().expect("a turn was taken");
            let seen = |e: &LookupEvent| e.documents().iter().map(|d| d.fact).collect::<Vec<_>>();
            let before: Vec<_> = earlier.iter().flat_map(seen).collect();
            let documents = seen(last);
            if documents.is_empty() {
                prop_assert_eq!(reward, 0.0);
                continue;
            }
            let again = documents.iter().filter(|fact| before.contains(fact)).count() as f64;
            let gain = reward + again / documents.len() as f64;
            prop_assert!(gain >= -1e-12, "nothing is lost by searching: {gain}");
            gained += gain;
            let found = oracle.facts().any(|gold| documents.contains(&gold));
            prop_assert!(!found || !before.is_empty() || gain > 0.0, "the first gold document adds something");
        }
        prop_assert!(gained <= 1.0 + 1e-9, "what all searches add is at most all there is: {gained}");
    }
}

#[test]
fn the_same_search_again_is_all_repetition() {
    let config =
        LookupConfig { retriever_noise: 0.0, top_k: 1, hops: 1, turns: 4, ..LookupConfig::default() };
    let mut world = started(config, 3);
    let turn = world.expert_turn().expect("running");
    world.step(&turn).expect("running");
    let oracle = world.oracle().expect("started");
    assert_eq!(oracle.search_reward(world.events()), 1.0, "the one gold document");
    world.step(&turn).expect("running");
    assert_eq!(oracle.search_reward(world.events()), -1.0, "nothing new, everything repeated");
}

#[test]
fn no_answer_follows_from_a_query() {
    let world = started(LookupConfig::default(), 1);
    let mut allowed = Vec::new();
    for begun in [vec![Words::QUERY], vec![Words::QUERY, world.words().name(0).next().expect("a name")]] {
        world.answer_grammar(&begun, &mut allowed);
        assert!(allowed.is_empty(), "{allowed:?}");
    }
}
