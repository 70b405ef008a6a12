use milepost_core::{Environment, Probe};
use proptest::prelude::*;

use super::{configs, follow_expert, started, stream};
use crate::lookup::{Answer, Fact, LookupAction, LookupConfig, LookupOracle, LookupQa, RubricProbe};

/// A question with room for names and citations, and the expert's answer to it.
fn answered(config: &LookupConfig, seed: u64) -> (LookupQa, LookupOracle, Answer, Vec<Option<Fact>>) {
    let config =
        LookupConfig { via: true, citations: 4, retriever_noise: 0.0, document_ids: 96, ..config.clone() };
    let mut world = started(config, seed);
    let oracle = world.oracle().expect("started");
    follow_expert(&mut world);
    let Some(LookupAction::Answer { answer, evidence }) = world.events().last().map(|e| &e.action) else {
        panic!("the expert answers")
    };
    let (answer, evidence) = (answer.clone(), evidence.clone());
    (world, oracle, answer, evidence)
}

proptest! {
    #[test]
    fn everything_is_counted_from_the_answer(config in configs(), seed: u64, names in 0..4_usize) {
        let (_, oracle, mut answer, evidence) = answered(&config, seed);
        let hops = oracle.hops();
        answer.via.truncate(names);
        let (named, supported) = (oracle.named(&answer), oracle.supported(&answer, &evidence));
        let items = oracle.rubric(&answer, &evidence);
        prop_assert_eq!((named.len(), supported.len()), (hops, hops));
        prop_assert!(named[0], "the answer names itself");
        for (d, item) in items.iter().rev().enumerate() {
            prop_assert_eq!(item.object, hops - d);
            prop_assert_eq!(supported[d], item.supported);
            // Identified: both ends have a value; behind the last statement stands the question's own entity.
            let other = named.get(d + 1).copied().unwrap_or(true);
            prop_assert_eq!(item.claim.is_some(), named[d] && other);
        }
    }

    #[test]
    fn another_citation_never_costs_support(config in configs(), seed: u64, kept in 0..4_usize, at in 0..4_usize) {
        let (_, oracle, answer, evidence) = answered(&config, seed);
        let fewer: Vec<_> = evidence.iter().copied().take(kept).collect();
        let mut more = fewer.clone();
        if let Some(extra) = evidence.get(at) {
            more.push(*extra);
        }
        let pairs = [
            (oracle.supported(&answer, &fewer), oracle.supported(&answer, &more)),
            (oracle.supported_unseen(&answer, &fewer), oracle.supported_unseen(&answer, &more)),
        ];
        for (before, after) in pairs {
            prop_assert!(before.iter().zip(&after).all(|(before, after)| !before || *after));
        }
    }

    #[test]
    fn what_was_never_shown_supports_nothing_unless_it_is_taken_at_its_word(
        config in configs(), seed: u64, cited in 0..6_usize,
    ) {
        let (world, oracle, answer, _) = answered(&config, seed);
        let unseen = vec![None; cited];
        prop_assert!(oracle.supported(&answer, &unseen).iter().all(|supported| !supported));
        let believed = oracle.supported_unseen(&answer, &unseen);
        prop_assert_eq!(believed.iter().filter(|s| **s).count(), cited.min(oracle.hops()));
        // Taken at its word or not, nothing supports what is false or has no value.
        let mut other = answer.clone();
        other.entity = (answer.entity + 1) % world.config().entities;
        prop_assert!(!oracle.supported_unseen(&other, &unseen)[0]);
        other.via.clear();
        let named = oracle.named(&other);
        for (d, supported) in oracle.supported_unseen(&other, &[None; 20]).into_iter().enumerate() {
            prop_assert!(!supported || (named[d] && named.get(d + 1).copied().unwrap_or(true)));
        }
    }

    #[test]
    fn probes_record_the_flags_of_the_answer(config in configs(), seed: u64) {
        let mut world = started(LookupConfig { via: true, ..config }, seed);
        let mut draws = stream(seed);
        let [mut statements, mut named, mut cited, mut supported, mut unseen] = RubricProbe::ALL;
        let oracle = world.oracle().expect("started");
        while world.ending().is_none() {
            prop_assert_eq!(RubricProbe::ALL.into_iter().skip(1).map(|mut probe| probe.read(&world)).sum::<f64>(), 0.0);
            let turn = milepost_core::Demonstrator::noisy_turn(&world, 0.3, &mut draws);
            world.step(&turn).expect("running");
        }
        prop_assert_eq!(statements.read(&world), oracle.hops() as f64);
        let number = |flags: Vec<bool>| flags.iter().enumerate().filter(|(_, f)| **f).map(|(d, _)| f64::from(1 << d)).sum::<f64>();
        let last = world.events().last().map(|event| &event.action);
        if let Some(LookupAction::Answer { answer, evidence }) = last {
            prop_assert_eq!(named.read(&world), number(oracle.named(answer)));
            prop_assert_eq!(cited.read(&world), evidence.len() as f64);
            prop_assert_eq!(supported.read(&world), number(oracle.supported(answer, evidence)));
            prop_assert_eq!(unseen.read(&world), number(oracle.supported_unseen(answer, evidence)));
        } else {
            let read = [named.read(&world), cited.read(&world), supported.read(&world), unseen.read(&world)];
            prop_assert_eq!(read, [0.0; 4]);
        }
    }
}

#[test]
fn citations_after_the_twentieth_are_not_read() {
    let (_, oracle, answer, evidence) = answered(&LookupConfig::default(), 3);
    let mut late = vec![None; 20];
    late.extend(evidence);
    assert!(oracle.supported(&answer, &late).iter().all(|supported| !supported));
    assert!(
        oracle.supported(&answer, &late[1..])[oracle.hops() - 1],
        "the first citation is the twentieth now"
    );
}
