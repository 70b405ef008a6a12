use milepost_policies::DeviceChoice;

use super::*;
use crate::Memory;

fn run(study: &StepVariance, seed: u64) -> Memory {
    Memory::of(study, &Context { seed, device: DeviceChoice::Cpu }).expect("runs")
}

#[test]
fn independent_rewards_have_as_many_times_the_variance_as_there_are_steps() {
    // About one and a half steps of at most two, and two of at most four.
    for (hops, turns, least) in [(1, 2, 1.2), (3, 4, 1.6)] {
        let study = StepVariance { hops, turns, noise: 1.0, questions: 1500, ..StepVariance::default() };
        let memory = run(&study, 1);
        let (ratio, steps) = (memory.value("ratio-a-step"), memory.value("mean-steps"));
        // The standard error is about 0.03.
        assert!((ratio.expect("defined") - 1.0).abs() < 0.12, "{ratio:?} after {steps:?} steps");
        assert!(steps.expect("defined") > least);
    }
}

#[test]
fn where_winners_are_drawn_blindly_both_samplers_cost_the_same_and_in_proportion_to_candidates() {
    let costs = |candidates| {
        let blind = StepVariance { candidates, noise: 1.0, questions: 400, ..StepVariance::default() };
        let memory = run(&blind, 2);
        ["tree-tokens", "group-tokens"].map(|name| memory.value(name).expect("defined"))
    };
    // The standard error of each is about 3 %. The shortest answer has three tokens.
    let (few, many) = (costs(2), costs(6));
    for [tree, group] in [few, many] {
        assert!(group > 2.0 * 3.0 && (tree / group - 1.0).abs() < 0.2, "{tree} and {group}");
    }
    for (few, many) in few.into_iter().zip(many) {
        assert!((many / few - 3.0).abs() < 0.5, "{many} for three times as many candidates, not {few}");
    }
}

#[test]
fn a_seed_gives_the_same_numbers_again_and_another_seed_others() {
    let study = StepVariance { questions: 60, ..StepVariance::default() };
    assert_eq!(run(&study, 5), run(&study, 5));
    assert_ne!(run(&study, 5).results, run(&study, 6).results);
}

#[test]
fn the_noise_scale_of_a_known_distribution_is_found() {
    // Mean 1, variance 4: noise scale 4.
    let mut moments = Moments::default();
    for sample in 0..10_000 {
        let value = if sample % 2 == 0 { 3.0 } else { -1.0 };
        gradient::tests_add(&mut moments, value);
    }
    let scale = moments.noise_scale().expect("there is a signal");
    assert!((scale - 4.0).abs() < 0.01, "{scale}");
}

#[test]
fn wrong_settings_are_refused_by_name() {
    let error =
        StepVariance { noise: 1.5, ..StepVariance::default() }.validate().expect_err("no probability");
    assert!(error.to_string().contains("noise"), "{error}");
    assert!(StepVariance { candidates: 1, ..StepVariance::default() }.validate().is_err());
}
