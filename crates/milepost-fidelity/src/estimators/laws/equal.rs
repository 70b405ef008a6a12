//! Rules that must agree with each other.

use proptest::prelude::*;

use super::support::{Bench, distance};
use super::tiny::Tiny;
use crate::CreditEstimator;
use crate::estimators::{
    Alone, BiLevelGae, Critic, CriticKind, DoublyRobust, EpisodeTerm, Gae, GiGpo, GroupRelative, Hgpo, Key,
    MtGrpo, NStep, Normalization, Opo, ReinforcePlusPlus, ReinforcePlusPlusBaseline, Statistic, TdLambda,
    TurnGae, TurnLoo, VTrace, Weighted, Weighting,
};

fn critic() -> Critic {
    CriticKind::Noisy { sigma: 0.5 }.into()
}

fn gae(lambda: f64) -> Gae {
    Gae { gamma: 0.9, lambda, critic: critic() }
}

fn gigpo(omega: f64, key: Key) -> GiGpo {
    let episode = EpisodeTerm::On { normalization: Normalization::grpo() };
    GiGpo { key, episode, step: Normalization::grpo(), omega, gamma: 0.95, shrinkage: 0.0 }
}

/// Both rules give the same credit to a sampled batch.
fn agree(
    tiny: &Tiny,
    first: u64,
    one: &mut dyn CreditEstimator,
    other: &mut dyn CreditEstimator,
) -> Result<(), TestCaseError> {
    let bench = Bench::new(tiny);
    let batch = bench.sample(first, 6);
    let apart = distance(&bench.credit(one, &batch), &bench.credit(other, &batch));
    prop_assert!(apart < 1e-12, "{} and {} are {} apart", one.name(), other.name(), apart);
    Ok(())
}

proptest! {
    #[test]
    fn rules_of_a_critic_meet_where_their_parameters_meet(first in 0_u64..1 << 30, lambda in 0.0..1.0_f64) {
        let full = &Tiny::FULL;
        let (gamma, critic) = (0.9, critic());
        agree(full, first, &mut NStep { n: 1, gamma, critic: critic.clone() }, &mut gae(0.0))?;
        agree(full, first, &mut NStep { n: 3, gamma, critic: critic.clone() }, &mut gae(1.0))?;
        let mut td = TdLambda { gamma, lambda, critic: critic.clone() };
        agree(full, first, &mut td, &mut gae(lambda))?;
        let mut v_trace = VTrace { gamma, lambda, clip_rho: 1.0, clip_pg_rho: 1.0, critic: critic.clone() };
        agree(full, first, &mut v_trace, &mut gae(lambda))?;
        let mut monte_carlo = DoublyRobust { gamma, lambda: 0.0, critic: critic.clone() };
        agree(full, first, &mut monte_carlo, &mut gae(1.0))?;
        let mut one_step = DoublyRobust { gamma, lambda: 1.0, critic: critic.clone() };
        agree(full, first, &mut one_step, &mut gae(0.0))?;
        let mut turn = TurnGae { tokens_per_turn: 1, gamma, lambda, critic: critic.clone() };
        agree(full, first, &mut turn, &mut gae(lambda))?;
        let mut one_turn =
            BiLevelGae { tokens_per_turn: 3, turn_gamma: 0.5, turn_lambda: 0.5, gamma, lambda, critic };
        agree(full, first, &mut one_turn, &mut gae(lambda))?;
    }

    #[test]
    fn step_groups_without_weight_are_grpo(first in 0_u64..1 << 30) {
        agree(&Tiny::FULL, first, &mut gigpo(0.0, Key::Observation), &mut GroupRelative::grpo())?;
    }

    #[test]
    fn a_hierarchy_of_one_level_is_gigpo(first in 0_u64..1 << 30) {
        let episode = EpisodeTerm::Off;
        let (key, step, omega, gamma) = (Key::State, Normalization::grpo(), 0.7, 0.95);
        let mut flat = GiGpo { key, episode, step, omega, gamma, shrinkage: 0.0 };
        let mut hierarchy = Hgpo { key, episode, step, omega, gamma, depth: 0, alpha: 1.0 };
        agree(&Tiny::FULL, first, &mut flat, &mut hierarchy)?;
    }

    #[test]
    fn step_groups_are_the_step_part_plus_the_episode_part(first in 0_u64..1 << 30, shrinkage in 0.0..9.0_f64) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        let whole = GiGpo { shrinkage, ..gigpo(0.7, Key::State) };
        let step = bench.credit(&mut GiGpo { episode: EpisodeTerm::Off, ..whole }, &batch);
        let episode = bench.credit(&mut GroupRelative::grpo(), &batch);
        let sum: Vec<f64> = step.iter().zip(&episode).map(|(s, e)| s + e).collect();
        prop_assert!(distance(&bench.credit(&mut whole.clone(), &batch), &sum) < 1e-12);
    }

    #[test]
    fn shrinkage_scales_a_step_group_by_its_size(first in 0_u64..1 << 30, kappa in 0.0..9.0_f64) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        let rule = GiGpo { episode: EpisodeTerm::Off, ..gigpo(1.0, Key::TimeAndState) };
        let plain = bench.credit(&mut rule.clone(), &batch);
        let shrunk = bench.credit(&mut GiGpo { shrinkage: kappa, ..rule }, &batch);
        for (i, node) in batch.nodes.iter().enumerate() {
            let size = batch.nodes.iter().filter(|n| *n == node).count() as f64;
            prop_assert!((shrunk[i] - plain[i] * size / (size + kappa)).abs() < 1e-12);
        }
    }

    #[test]
    fn a_turn_reward_without_weight_is_grpo(first in 0_u64..1 << 30) {
        // Nothing is earned in turn 0 of this world, so the outcome is the return.
        let normalization = Normalization::grpo();
        let mut rule = MtGrpo { tokens_per_turn: 1, turn: 0, lambda: 0.0, normalization };
        agree(&Tiny::BINARY, first, &mut rule, &mut GroupRelative::grpo())?;
    }

    #[test]
    fn a_turn_reward_is_credited_up_to_its_turn(first in 0_u64..1 << 30) {
        // The last turn earns everything: every step gets λ times the relative return.
        let normalization = Normalization::Mean;
        let mut rule = MtGrpo { tokens_per_turn: 1, turn: 2, lambda: 1.0, normalization };
        agree(&Tiny::BINARY, first, &mut rule, &mut GroupRelative::dr_grpo())?;
    }

    #[test]
    fn weights_of_one_are_rloo(first in 0_u64..1 << 30) {
        let uniform = [
            (Statistic::Unit, Weighting::Proportional),
            (Statistic::Unit, Weighting::Top { fraction: 0.1 }),
            (Statistic::Entropy, Weighting::Top { fraction: 1.0 }),
            (Statistic::Surprisal, Weighting::Amplify { fraction: 0.5, alpha: 0.0 }),
        ];
        for (statistic, weighting) in uniform {
            let mut rule = Weighted { statistic, weighting };
            agree(&Tiny::FULL, first, &mut rule, &mut GroupRelative::rloo())?;
        }
    }

    #[test]
    fn weights_in_proportion_have_mean_one(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        for statistic in [Statistic::Entropy, Statistic::Surprisal, Statistic::Saliency] {
            let mut rule = Weighted { statistic, weighting: Weighting::Proportional };
            let estimate = bench.estimate(&mut rule, &batch).expect("six episodes");
            let crate::Credit::Weight(weights) = estimate.credit else { panic!("weights") };
            let mean = weights.iter().sum::<f64>() / weights.len() as f64;
            prop_assert!((mean - 1.0).abs() < 1e-12 && distance(&weights, &vec![1.0; weights.len()]) > 0.01);
        }
    }

    #[test]
    fn amplification_adds_the_magnitude_to_the_largest_statistics(first in 0_u64..1 << 30, alpha in 0.0..1.0_f64) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        let weighting = Weighting::Amplify { fraction: 1.0, alpha };
        let found = bench.credit(&mut Weighted { statistic: Statistic::Entropy, weighting }, &batch);
        let rloo = bench.credit(&mut GroupRelative::rloo(), &batch);
        let wanted: Vec<f64> = rloo.iter().map(|a| a + alpha * a.abs()).collect();
        prop_assert!(distance(&found, &wanted) < 1e-12);
    }

    #[test]
    fn with_one_final_reward_and_equal_lengths_peers_in_time_are_the_group(first in 0_u64..1 << 30) {
        let binary = &Tiny::BINARY;
        agree(binary, first, &mut TurnLoo { alone: Alone::Zero }, &mut GroupRelative::rloo())?;
        agree(binary, first, &mut Opo {}, &mut GroupRelative::dr_grpo())?;
    }

    #[test]
    fn whitened_credit_has_mean_0_and_variance_1(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        let rules: [&mut dyn CreditEstimator; 2] = [
            &mut ReinforcePlusPlus { gamma: 1.0, epsilon: 0.0 },
            &mut ReinforcePlusPlusBaseline { epsilon: 0.0 },
        ];
        for rule in rules {
            let credit = bench.credit(rule, &batch);
            let n = credit.len() as f64;
            let mean = credit.iter().sum::<f64>() / n;
            let variance = credit.iter().map(|c| (c - mean).powi(2)).sum::<f64>() / (n - 1.0);
            prop_assert!(mean.abs() < 1e-12);
            prop_assert!((variance - 1.0).abs() < 1e-9 || credit.iter().all(|c| *c == 0.0));
        }
    }

    #[test]
    fn turns_of_two_share_their_credit(first in 0_u64..1 << 30) {
        let bench = Bench::new(&Tiny::FULL);
        let batch = bench.sample(first, 6);
        let mut rule = TurnGae { tokens_per_turn: 2, gamma: 1.0, lambda: 1.0, critic: critic() };
        let credit = bench.credit(&mut rule, &batch);
        for range in batch.ranges().filter(|range| range.len() >= 2) {
            prop_assert_eq!(credit[range.start], credit[range.start + 1]);
        }
    }
}
