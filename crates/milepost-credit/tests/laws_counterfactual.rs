//! Laws of redistribution, hindsight, branches and coalitions.

use milepost_credit::{
    Residual, Rows, contrast_advantages, contribution_coefficient, contribution_credit, leave_one_out_values,
    min_form, owen_values, prefix_tree_advantages, redistribute, return_hindsight, shapley_from_permutations,
    shapley_values, state_hindsight_coefficient, vine_advantages,
};
use proptest::prelude::*;

fn near(got: f64, want: f64) -> Result<(), TestCaseError> {
    prop_assert!((got - want).abs() <= 1e-9 * (1.0 + want.abs()), "{} is not {}", got, want);
    Ok(())
}

/// Probabilities of three things, all positive.
fn law3() -> impl Strategy<Value = [f64; 3]> {
    prop::array::uniform3(0.05..1.0_f64).prop_map(|w| w.map(|x| x / w.iter().sum::<f64>()))
}

/// A game of four players: the value of each of its 16 coalitions.
fn game() -> impl Strategy<Value = [f64; 16]> {
    prop::array::uniform16(-2.0..2.0)
}

fn shapley4(game: &[f64; 16]) -> [f64; 4] {
    let mut out = [0.0; 4];
    shapley_values(|coalition| game[coalition as usize], &mut out).expect("four players");
    out
}

fn bits(coalition: &[bool]) -> usize {
    coalition.iter().enumerate().map(|(player, &present)| usize::from(present) << player).sum()
}

/// All orders of `0..n`.
fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let smaller = permutations(n - 1);
    let insert = |order: &Vec<usize>, at: usize| {
        let mut order = order.clone();
        order.insert(at, n - 1);
        order
    };
    smaller.iter().flat_map(|order| (0..n).map(move |at| insert(order, at))).collect()
}

proptest! {
    #[test]
    fn redistributed_rewards_sum_to_the_return(
        predictions in prop::collection::vec(-2.0..2.0, 1..10), start in -2.0..2.0, total in -2.0..2.0,
    ) {
        let mut out = vec![0.0; predictions.len()];
        for (residual, want) in [
            (Residual::Last, total - start),
            (Residual::Uniform, total - start),
            (Residual::None, predictions[predictions.len() - 1] - start),
        ] {
            redistribute(&predictions, start, total, residual, &mut out).expect("valid");
            near(out.iter().sum(), want)?;
        }
    }

    #[test]
    fn the_exact_predictor_redistributes_advantage_and_earlier_luck(
        steps in prop::collection::vec((-2.0..2.0, -2.0..2.0, -2.0..2.0), 1..10),
    ) {
        // Any rewards r, values V and action values Q: A = Q − V, L = r + V' − Q.
        let v = |t: usize| steps.get(t).map_or(0.0, |step: &(f64, f64, f64)| step.1);
        let mut paid = 0.0;
        let mut predictions = vec![];
        for (r, _, q) in &steps {
            predictions.push(paid + q);
            paid += r;
        }
        let mut out = vec![0.0; steps.len()];
        redistribute(&predictions, v(0), paid, Residual::None, &mut out).expect("valid");
        for t in 0..steps.len() {
            let luck_before = if t == 0 { 0.0 } else { steps[t - 1].0 + v(t) - steps[t - 1].2 };
            near(out[t], steps[t].2 - v(t) + luck_before)?;
        }
    }

    #[test]
    fn return_hindsight_averages_to_the_advantage(
        policy in law3(), outcomes in prop::array::uniform3(law3()), returns in prop::array::uniform3(-2.0..2.0_f64),
    ) {
        // Action a leads to return z with probability outcomes[a][z].
        let marginal = |z: usize| (0..3).map(|a| policy[a] * outcomes[a][z]).sum::<f64>();
        let value: f64 = (0..3).map(|z| marginal(z) * returns[z]).sum();
        for a in 0..3 {
            let mut mean = 0.0;
            for z in 0..3 {
                let hindsight = policy[a] * outcomes[a][z] / marginal(z);
                let mut out = [0.0];
                let undefined =
                    return_hindsight(returns[z], &[policy[a]], &[hindsight], &mut out).expect("valid");
                prop_assert_eq!(undefined, 0);
                mean += outcomes[a][z] * out[0];
            }
            let q: f64 = (0..3).map(|z| outcomes[a][z] * returns[z]).sum();
            near(mean, q - value)?;
        }
    }

    #[test]
    fn contribution_credit_averages_to_the_advantage_over_trajectories_of_the_policy(
        policy in law3(), outcomes in prop::array::uniform3(law3()), later in prop::array::uniform3(-2.0..2.0_f64),
        now in prop::array::uniform3(-2.0..2.0_f64),
    ) {
        // One step with reward now[a], then a state u with probability outcomes[a][u] that pays later[u].
        let marginal = |u: usize| (0..3).map(|a| policy[a] * outcomes[a][u]).sum::<f64>();
        let expected_now: f64 = (0..3).map(|a| policy[a] * now[a]).sum();
        let q = |a: usize| now[a] + (0..3).map(|u| outcomes[a][u] * later[u]).sum::<f64>();
        let value: f64 = (0..3).map(|a| policy[a] * q(a)).sum();
        for a in 0..3 {
            let mut mean = 0.0;
            for u in 0..3 {
                let weight = contribution_coefficient(outcomes[a][u], marginal(u));
                let hindsight = policy[a] * outcomes[a][u] / marginal(u);
                let by_bayes = state_hindsight_coefficient(policy[a], hindsight);
                near(weight.expect("reached"), by_bayes.expect("taken"))?;
                let mut out = [0.0; 2];
                contribution_credit(&[now[a] - expected_now, 0.0], &[0.0, later[u]], |_, _| weight, &mut out)
                    .expect("valid");
                mean += marginal(u) * out[0];
            }
            near(mean, q(a) - value)?;
        }
        let weights = (0..3).map(|a| contribution_coefficient(outcomes[a][0], marginal(0)).expect("reached"));
        near(policy.iter().zip(weights).map(|(p, w)| p * w).sum(), 0.0)?;
    }

    #[test]
    fn vine_advantages_telescope(
        steps in prop::collection::vec((-2.0..2.0, prop::collection::vec(-2.0..2.0, 1..5)), 1..8),
        bootstrap in -2.0..2.0,
    ) {
        let rewards: Vec<f64> = steps.iter().map(|s| s.0).collect();
        let lengths: Vec<usize> = steps.iter().map(|s| s.1.len()).collect();
        let returns: Vec<f64> = steps.iter().flat_map(|s| s.1.iter().copied()).collect();
        let mut out = vec![0.0; rewards.len()];
        vine_advantages(&rewards, &Rows::ragged(&lengths), &returns, 1.0, bootstrap, &mut out).expect("valid");
        let root = steps[0].1.iter().sum::<f64>() / lengths[0] as f64;
        near(out.iter().sum(), rewards.iter().sum::<f64>() + bootstrap - root)?;
    }

    #[test]
    fn vine_advantages_with_exact_values_are_temporal_differences(
        steps in prop::collection::vec((-2.0..2.0, -2.0..2.0), 1..8), gamma in 0.0..=1.0, branches in 1..4_usize,
    ) {
        let (rewards, values): (Vec<f64>, Vec<f64>) = steps.into_iter().unzip();
        let returns: Vec<f64> = values.iter().flat_map(|v| vec![*v; branches]).collect();
        let mut out = vec![0.0; rewards.len()];
        vine_advantages(&rewards, &Rows::padded(rewards.len(), branches), &returns, gamma, 0.0, &mut out)
            .expect("valid");
        for t in 0..rewards.len() {
            let next = values.get(t + 1).copied().unwrap_or_default();
            near(out[t], rewards[t] + gamma * next - values[t])?;
        }
    }

    #[test]
    fn a_contrast_is_antisymmetric_and_ignores_common_shifts(
        steps in prop::collection::vec((prop::collection::vec(-2.0..2.0, 1..4), prop::collection::vec(-2.0..2.0, 1..4)), 1..5),
        shift in -3.0..3.0,
    ) {
        let rows = |samples: Vec<Vec<f64>>| {
            let lengths: Vec<usize> = samples.iter().map(Vec::len).collect();
            (Rows::ragged(&lengths), samples.concat())
        };
        let (with, without): (Vec<Vec<f64>>, Vec<Vec<f64>>) = steps.iter().cloned().unzip();
        let ((a_rows, a), (b_rows, b)) = (rows(with), rows(without));
        let (mut forward, mut backward) = (vec![0.0; steps.len()], vec![0.0; steps.len()]);
        contrast_advantages((&a_rows, &a), (&b_rows, &b), &mut forward).expect("valid");
        let moved = |x: &[f64]| x.iter().map(|x| x + shift).collect::<Vec<f64>>();
        contrast_advantages((&b_rows, &moved(&b)), (&a_rows, &moved(&a)), &mut backward).expect("valid");
        for (forward, backward) in forward.iter().zip(&backward) {
            near(*forward, -backward)?;
        }
    }

    #[test]
    fn prefix_tree_credit_telescopes_from_the_group_mean_to_the_outcome(
        trajectories in prop::collection::vec((-2.0..2.0, prop::collection::vec(0..2_u64, 3)), 1..8),
    ) {
        // Binary choices; the last key is unique, so the whole trajectory is a leaf of its own.
        let mut keys = vec![];
        for (index, (_, choices)) in trajectories.iter().enumerate() {
            let mut key = 1;
            keys.push(key);
            for choice in &choices[..2] {
                key = key * 2 + choice;
                keys.push(key);
            }
            keys.push(1000 + index as u64);
        }
        let outcomes: Vec<f64> = trajectories.iter().map(|t| t.0).collect();
        let mut out = vec![0.0; trajectories.len() * 3];
        prefix_tree_advantages(&outcomes, &Rows::padded(trajectories.len(), 4), &keys, &mut out).expect("valid");
        let mean = outcomes.iter().sum::<f64>() / outcomes.len() as f64;
        for (credit, outcome) in out.chunks(3).zip(&outcomes) {
            near(credit.iter().sum(), outcome - mean)?;
        }
        // The first step of those who chose alike is worth the same.
        for (a, first) in trajectories.iter().enumerate() {
            for (b, second) in trajectories.iter().enumerate() {
                if first.1[0] == second.1[0] {
                    near(out[3 * a], out[3 * b])?;
                }
            }
        }
    }

    #[test]
    fn shapley_values_share_out_what_the_grand_coalition_adds(game in game()) {
        near(shapley4(&game).iter().sum(), game[15] - game[0])?;
    }

    #[test]
    fn shapley_values_are_linear_in_the_game(a in game(), b in game(), scale in -2.0..2.0) {
        let mut mixed = a;
        for (mixed, b) in mixed.iter_mut().zip(&b) {
            *mixed += scale * b;
        }
        let (of_a, of_b, of_mixed) = (shapley4(&a), shapley4(&b), shapley4(&mixed));
        for player in 0..4 {
            near(of_mixed[player], of_a[player] + scale * of_b[player])?;
        }
    }

    #[test]
    fn a_player_that_changes_nothing_is_worth_nothing(mut game in game(), player in 0..4_usize) {
        for coalition in 0..16 {
            game[coalition | 1 << player] = game[coalition & !(1 << player)];
        }
        near(shapley4(&game)[player], 0.0)?;
    }

    #[test]
    fn all_permutations_give_the_exact_shapley_values(game in game()) {
        let mut out = [0.0; 4];
        let drawn =
            shapley_from_permutations(permutations(4), |coalition| game[bits(coalition)], &mut out).expect("valid");
        prop_assert_eq!(drawn, 24);
        for (sampled, exact) in out.iter().zip(shapley4(&game)) {
            near(*sampled, exact)?;
        }
    }

    #[test]
    fn any_permutations_share_out_what_the_grand_coalition_adds(
        game in game(), order in Just(vec![0, 1, 2, 3]).prop_shuffle(),
    ) {
        let mut out = [0.0; 4];
        shapley_from_permutations([&order, &order], |coalition| game[bits(coalition)], &mut out).expect("valid");
        near(out.iter().sum(), game[15] - game[0])?;
    }

    #[test]
    fn owen_values_of_one_block_or_of_blocks_of_one_are_shapley_values(game in game()) {
        for blocks in [Rows::padded(1, 4), Rows::padded(4, 1)] {
            let mut out = [0.0; 4];
            owen_values(&blocks, |coalition| game[coalition as usize], &mut out).expect("four players");
            for (owen, exact) in out.iter().zip(shapley4(&game)) {
                near(*owen, exact)?;
            }
        }
    }

    #[test]
    fn owen_values_of_a_block_sum_to_its_shapley_value_among_blocks(game in game()) {
        let mut out = [0.0; 4];
        owen_values(&Rows::ragged(&[1, 3]), |coalition| game[coalition as usize], &mut out).expect("four players");
        let mut blocks = [0.0; 2];
        let players = [0b0000, 0b0001, 0b1110, 0b1111];
        shapley_values(|coalition| game[players[coalition as usize]], &mut blocks).expect("two blocks");
        near(out[0], blocks[0])?;
        near(out[1..].iter().sum(), blocks[1])?;
    }

    #[test]
    fn min_form_is_the_minimum_of_what_follows(scores in prop::collection::vec(-2.0..2.0, 1..10)) {
        let mut out = vec![0.0; scores.len()];
        min_form(&scores, &mut out).expect("valid");
        for t in 0..scores.len() {
            prop_assert_eq!(out[t], scores[t..].iter().copied().fold(f64::INFINITY, f64::min));
        }
    }
}

/// The value of a coalition by its size.
type Game = fn(usize) -> f64;

/// Shapley and leave-one-out are different estimands: conjunction, disjunction and parity tell them apart.
#[test]
fn conjunction_disjunction_and_parity_separate_shapley_from_leave_one_out() {
    let players = 5;
    let and: Game = |present| f64::from(u8::from(present == 5));
    let or: Game = |present| f64::from(u8::from(present > 0));
    let parity: Game = |present| (present % 2) as f64;
    let games = [("and", and, 1.0), ("or", or, 0.0), ("parity", parity, 1.0)];
    for (name, value, leave_one_out) in games {
        let mut shapley = vec![0.0; players];
        shapley_values(|coalition| value(coalition.count_ones() as usize), &mut shapley)
            .expect("five players");
        assert!(shapley.iter().all(|credit| (credit - 0.2).abs() < 1e-12), "{name}: {shapley:?}");
        let mut without = vec![0.0; players];
        let count = |coalition: &[bool]| value(coalition.iter().filter(|present| **present).count());
        leave_one_out_values(count, &mut without).expect("five players");
        assert_eq!(without, vec![leave_one_out; players], "{name}");
    }
}

#[test]
fn coefficients_that_are_undefined_are_counted_and_contribute_nothing() {
    assert_eq!(contribution_coefficient(0.3, 0.0), None);
    assert_eq!(state_hindsight_coefficient(0.0, 0.3), None);
    let mut out = [0.0; 3];
    let coefficient = |_, later| (later == 2).then_some(0.5);
    let undefined =
        contribution_credit(&[1.0, 0.0, 0.0], &[0.0, 4.0, 8.0], coefficient, &mut out).expect("valid");
    assert_eq!((undefined, out), (1, [5.0, 4.0, 0.0]));
    let mut out = [9.0; 2];
    assert_eq!(return_hindsight(2.0, &[0.5, 0.5], &[0.0, 1.0], &mut out).expect("valid"), 1);
    assert_eq!(out, [0.0, 1.0]);
}

#[test]
fn three_blocks_of_three_need_eighty_coalitions() {
    let mut out = [0.0; 9];
    let value = |coalition: u32| f64::from(coalition.count_ones());
    assert_eq!(owen_values(&Rows::padded(3, 3), value, &mut out).expect("nine players"), 80);
    assert!(out.iter().all(|credit| (credit - 1.0).abs() < 1e-12));
}

#[test]
fn too_many_players_and_broken_permutations_are_refused() {
    assert!(shapley_values(|_| 0.0, &mut [0.0; 13]).is_err());
    let value = |_: &[bool]| 0.0;
    assert!(shapley_from_permutations([[0, 0]], value, &mut [0.0; 2]).is_err());
    assert!(shapley_from_permutations([[0, 2]], value, &mut [0.0; 2]).is_err());
    assert!(shapley_from_permutations([[0]], value, &mut [0.0; 2]).is_err());
    assert!(shapley_from_permutations(Vec::<Vec<usize>>::new(), value, &mut [0.0; 2]).is_err());
    assert!(owen_values(&Rows::padded(1, 2), |_| f64::NAN, &mut [0.0; 2]).is_err());
    assert!(owen_values(&Rows::padded(1, 3), |_| 0.0, &mut [0.0; 2]).is_err());
    assert!(owen_values(&Rows::padded(1, 13), |_| 0.0, &mut [0.0; 13]).is_err());
    assert!(leave_one_out_values(|_| f64::NAN, &mut [0.0; 2]).is_err());
}
