//! Exact limits: what each rule gives when its model is the truth.

use proptest::prelude::*;

use super::support::{Bench, distance};
use super::tiny::Tiny;
use crate::estimators::{
    Critic, CriticKind, EpisodeTerm, Gae, GiGpo, Key, MinForm, MonteCarlo, Normalization, Outcome, Predictor,
    Redistribution, Residual, ReturnBaseline, Start, TurnGae,
};

proptest! {
    #[test]
    fn one_step_gae_with_the_exact_critic_is_skill_plus_luck(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        let (skill, luck) = bench.skill_and_luck(&batch);
        let credit = bench.credit(&mut Gae { gamma: 1.0, lambda: 0.0, critic: Critic::exact() }, &batch);
        let wanted: Vec<f64> = skill.iter().zip(&luck).map(|(a, l)| a + l).collect();
        prop_assert!(distance(&credit, &wanted) < 1e-12);
    }

    #[test]
    fn full_gae_with_the_exact_critic_is_the_return_minus_the_value(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        let critic = Critic::exact();
        let credit = bench.credit(&mut Gae { gamma: 1.0, lambda: 1.0, critic: critic.clone() }, &batch);
        let baseline = ReturnBaseline::Critic { critic };
        let wanted = bench.credit(&mut MonteCarlo { gamma: 1.0, baseline }, &batch);
        prop_assert!(distance(&credit, &wanted) < 1e-12);
        for range in batch.ranges() {
            let total: f64 = batch.rewards[range.clone()].iter().sum();
            let value = bench.truth().v(batch.nodes[range.start]);
            prop_assert!((credit[range.start] - (total - value)).abs() < 1e-12);
        }
    }

    #[test]
    fn exact_redistribution_is_skill_plus_the_luck_of_the_step_before(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        let (skill, luck) = bench.skill_and_luck(&batch);
        let rule = Redistribution {
            predictor: Predictor::exact(),
            start: Start::Prediction,
            residual: Residual::None,
        };
        let credit = bench.credit(&mut rule.clone(), &batch);
        for range in batch.ranges() {
            for i in range.clone() {
                let before = if i == range.start { 0.0 } else { luck[i - 1] };
                prop_assert!((credit[i] - (skill[i] + before)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn redistribution_with_a_residual_sums_to_the_return(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        for residual in [Residual::Last, Residual::Uniform] {
            for start in [Start::Zero, Start::Prediction] {
                let mut rule = Redistribution { predictor: Predictor::exact(), start, residual };
                let credit = bench.credit(&mut rule, &batch);
                for range in batch.ranges() {
                    let total: f64 = batch.rewards[range.clone()].iter().sum();
                    let value = if start == Start::Zero { 0.0 } else { bench.truth().v(batch.nodes[range.start]) };
                    prop_assert!((credit[range].iter().sum::<f64>() - (total - value)).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn min_form_is_the_lowest_change_of_value_from_here_on(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        let (skill, luck) = bench.skill_and_luck(&batch);
        let credit = bench.credit(&mut MinForm { gamma: 1.0, critic: Critic::exact() }, &batch);
        for range in batch.ranges() {
            for i in range.clone() {
                let lowest = (i..range.end).map(|k| skill[k] + luck[k]).fold(f64::INFINITY, f64::min);
                prop_assert!((credit[i] - lowest).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn turn_gae_misses_what_the_first_turn_decided_before_its_last_step(first in 0_u64..1 << 30) {
        // Turns of steps {0, 1} and {2}, values before steps 1 and 2.
        let bench = Bench::new(&Tiny::BINARY);
        let batch = bench.sample(first, 4);
        let (skill, luck) = bench.skill_and_luck(&batch);
        let mut rule = TurnGae { tokens_per_turn: 2, gamma: 1.0, lambda: 0.0, critic: Critic::exact() };
        let credit = bench.credit(&mut rule, &batch);
        for range in batch.ranges() {
            let change = |step| skill[range.start + step] + luck[range.start + step];
            let wanted = [change(1), change(1), change(2)];
            prop_assert!(distance(&credit[range.clone()], &wanted) < 1e-12);
        }
    }

    #[test]
    fn outcome_credit_is_the_return_at_every_step(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 4);
        let credit = bench.credit(&mut Outcome {}, &batch);
        for (range, total) in batch.ranges().zip(batch.returns()) {
            prop_assert!(credit[range].iter().all(|c| *c == total));
        }
    }
}

#[test]
fn cell_means_of_centred_step_groups_approach_the_advantage() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 40_000);
    let mut rule = GiGpo {
        key: Key::TimeAndState,
        episode: EpisodeTerm::Off,
        step: Normalization::Mean,
        omega: 1.0,
        gamma: 1.0,
        shrinkage: 0.0,
    };
    let credit = bench.credit(&mut rule, &batch);
    let mut cells = vec![(0.0, 0.0); bench.instance.world().nodes() * 2];
    for (i, c) in credit.iter().enumerate() {
        let cell = &mut cells[batch.nodes[i] as usize * 2 + batch.actions[i] as usize];
        *cell = (cell.0 + 1.0, cell.1 + c);
    }
    for (index, (count, sum)) in cells.into_iter().enumerate().filter(|(_, (count, _))| *count > 1000.0) {
        let wanted = bench.truth().advantage(index as u32 / 2, index as u32 % 2);
        // Five standard errors; no return here varies by more than 0.6.
        assert!((sum / count - wanted).abs() < 5.0 * 0.6 / f64::sqrt(count), "cell {index}");
    }
}

#[test]
fn the_exact_critic_of_an_observation_is_the_mean_value_of_what_looks_alike() {
    let bench = Bench::new(&Tiny::FULL);
    let batch = bench.sample(0, 50);
    let critic = CriticKind::Exact { key: Key::Observation }.into();
    let credit = bench.credit(&mut Gae { gamma: 1.0, lambda: 1.0, critic }, &batch);
    let means: Vec<f64> = (0..3)
        .map(|t| {
            let layer = || bench.instance.world().layer(t).map(|n| n as u32);
            let mass: f64 = layer().map(|n| bench.truth().visits(n)).sum();
            layer().map(|n| bench.truth().visits(n) * bench.truth().v(n)).sum::<f64>() / mass
        })
        .collect();
    for range in batch.ranges() {
        for i in range.clone() {
            let to_go: f64 = batch.rewards[i..range.end].iter().sum();
            assert!((credit[i] - (to_go - means[i - range.start])).abs() < 1e-12);
        }
    }
}
