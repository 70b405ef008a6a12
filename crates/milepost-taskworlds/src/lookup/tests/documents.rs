use std::collections::BTreeSet;

use super::super::{Fact, LookupAction, LookupEvent, LookupMeasure, Words};
use super::*;

proptest! {
    #[test]
    fn a_document_keeps_its_id_and_no_two_share_one(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { citations: 2, document_ids: 96, ..config }, seed);
        let mut draws = stream(seed);
        play(&mut world, |world| world.random_turn(&mut draws));
        let shown = world.shown();
        for (at, document) in shown.iter().enumerate() {
            prop_assert!(shown[..at].iter().all(|d| d.label != document.label && d.fact != document.fact));
        }
        for document in world.events().iter().flat_map(LookupEvent::documents) {
            prop_assert!(shown.contains(document));
        }
    }

    #[test]
    fn every_document_that_came_back_counts_as_shown_once(config in configs(), seed: u64) {
        let mut world = started(config, seed);
        let mut draws = stream(seed);
        play(&mut world, |world| world.random_turn(&mut draws));
        let events = world.events().iter().flat_map(LookupEvent::documents);
        let facts: BTreeSet<Fact> = events.map(|document| document.fact).collect();
        let shown: Vec<Fact> = world.shown().iter().map(|document| document.fact).collect();
        prop_assert_eq!(shown.len(), facts.len());
        prop_assert!(shown.iter().all(|fact| facts.contains(fact)));
    }

    #[test]
    fn a_citation_is_evidence_only_if_its_document_was_shown(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { citations: 3, document_ids: 96, ..config }, seed);
        let mut draws = stream(seed);
        play(&mut world, |world| world.random_turn(&mut draws));
        let shown = world.shown();
        if let Some(LookupAction::Answer { answer, evidence }) = world.events().last().map(|e| &e.action) {
            prop_assert_eq!(answer.citations.len(), evidence.len());
            for (label, fact) in answer.citations.iter().zip(evidence) {
                let document = shown.iter().find(|document| document.label == *label);
                prop_assert_eq!(document.map(|document| document.fact), *fact);
            }
        }
    }
}

#[test]
fn only_a_right_answer_with_its_whole_chain_is_supported() {
    let config = LookupConfig {
        via: true,
        citations: 4,
        retriever_noise: 0.0,
        hops: 3,
        shortcut: 0.0,
        ..LookupConfig::default()
    };
    let supported =
        |world: &LookupQa| world.gold().expect("started").for_evaluation(LookupMeasure::Supported);
    let mut found = 0;
    for seed in 0..20 {
        let mut world = started(config.clone(), seed);
        while world.resolved() < 3 {
            let turn = world.expert_turn().expect("running");
            world.step(&turn).expect("running");
        }
        let turn = world.expert_turn().expect("running");
        let cite = turn.iter().position(|token| *token == Words::CITE).expect("it cites");
        let mut full = world.clone();
        full.step(&turn).expect("running");
        assert_eq!(supported(&full), 1.0);
        found += 1;
        let mut uncited = turn.clone();
        uncited.drain(cite..cite + 2);
        let mut less = world.clone();
        assert!(less.step(&uncited).expect("running").ending.is_some_and(Ending::is_success));
        assert_eq!(supported(&less), 0.0, "a hop without a citation");
        let via = turn.iter().position(|token| *token == Words::VIA).expect("it names");
        let mut unnamed = turn.clone();
        unnamed.drain(via..via + 3);
        let mut less = world.clone();
        assert!(less.step(&unnamed).expect("running").ending.is_some_and(Ending::is_success));
        assert_eq!(supported(&less), 0.0, "an entity without its name");
    }
    assert_eq!(found, 20);
}

#[test]
fn ids_are_given_out_in_an_order_of_the_task() {
    let config = LookupConfig { citations: 1, ..LookupConfig::default() };
    let firsts: BTreeSet<u32> = (0..40)
        .map(|seed| {
            let mut world = started(config.clone(), seed);
            say(&mut world, "q first0 last1 r2 <end>");
            world.shown()[0].label
        })
        .collect();
    // Forty draws of sixteen ids: fewer than eight different ones have a chance below 1e-9.
    assert!(firsts.len() >= 8 && firsts.iter().all(|label| *label < 16), "{firsts:?}");
}
