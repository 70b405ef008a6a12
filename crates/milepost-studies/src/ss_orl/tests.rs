use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn study(labels: Labels) -> SsOrl {
    let base = SsOrl::default();
    let budget = Budget { updates: 30, sequence_updates: 4, batch: 32, width: 8, ..Budget::default() };
    let inverse = InverseConfig { hidden: vec![16], steps: 200, batch: 64, ..base.inverse.clone() };
    SsOrl { labels, trajectories: 20, episodes: 2, budget, inverse, ..base }
}

fn run(study: &SsOrl, seed: u64) -> Memory {
    Memory::of(study, &Context { seed, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn every_source_of_labels_reports_scores_that_its_seed_fixes() {
    for labels in [Labels::None, Labels::Inverse, Labels::Oracle, Labels::Random, Labels::Zero] {
        let found = run(&study(labels), 3);
        assert!(LEARNERS.iter().all(|(_, score, _)| found.value(score).is_some()), "{labels:?}");
        assert_eq!(found.results, run(&study(labels), 3).results);
    }
}

#[test]
fn an_inverse_model_labels_better_than_chance_or_zeros() {
    let error = |labels: Labels| {
        let small = study(labels);
        // Four trajectories are labelled; two tell too little of the forces.
        let inverse = InverseConfig { hidden: vec![32], steps: 1500, ..small.inverse.clone() };
        run(&SsOrl { trajectories: 40, inverse, ..small }, 3).value("label-error").expect("defined")
    };
    let (inverse, zero, random) = (error(Labels::Inverse), error(Labels::Zero), error(Labels::Random));
    assert!(inverse < zero && zero < random, "{inverse} {zero} {random}");
}

#[test]
fn with_everything_labelled_all_sources_are_one() {
    let scores = |labels: Labels| {
        let study = SsOrl { p: 1.0, q: 1.0, learners: vec![Learner::Iql], ..study(labels) };
        run(&study, 3).value("score-iql")
    };
    assert_eq!(scores(Labels::Inverse), scores(Labels::Oracle));
    assert_eq!(scores(Labels::None), scores(Labels::Oracle));
}

#[test]
fn settings_out_of_range_are_named() {
    let error = |study: SsOrl| study.validate().expect_err("refused").to_string();
    assert!(error(SsOrl { p: 0.0, ..SsOrl::default() }).contains("`p` is 0"));
    assert!(error(SsOrl { learners: vec![Learner::Mopo], ..SsOrl::default() }).contains("learners"));
}
