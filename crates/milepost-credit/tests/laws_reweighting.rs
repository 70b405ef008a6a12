//! Laws of reweighted advantages, of leave-one-out per turn, and of overlong filtering.

mod common;

use common::laws::{apply_groups, close};
use milepost_credit::{
    CreditError, GroupFilter, Groups, Normalize, Reweighting, Rows, Singleton, entropy, keep_finished,
    saliency, surprisal, turn_loo_advantages,
};
use proptest::prelude::*;

/// Statistics (with ties) and advantages of some positions, and which of them the policy wrote.
fn positions() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<bool>)> {
    prop::collection::vec(((0..6_u8).prop_map(f64::from), -2.0..2.0, any::<bool>()), 1..15).prop_map(
        |positions| {
            let (a, rest): (Vec<f64>, Vec<(f64, bool)>) =
                positions.into_iter().map(|(h, a, m)| (h, (a, m))).unzip();
            let (b, c) = rest.into_iter().unzip();
            (a, b, c)
        },
    )
}

const RULES: [Reweighting; 3] = [
    Reweighting::Proportional,
    Reweighting::Top { fraction: 0.3 },
    Reweighting::Amplify { fraction: 0.3, alpha: 0.5 },
];

fn reweighted(rule: Reweighting, h: &[f64], mask: &[bool], advantages: &[f64]) -> Vec<f64> {
    let mut out = advantages.to_vec();
    rule.apply(h, Some(mask), &mut out).expect("valid");
    out
}

/// Ragged trajectories of up to three tasks: the rewards of each turn.
fn ragged() -> impl Strategy<Value = Vec<(u8, Vec<f64>)>> {
    let reward = (-8..8_i32).prop_map(|n| f64::from(n) / 4.0);
    prop::collection::vec((0..3_u8, prop::collection::vec(reward, 1..6)), 1..9)
}

proptest! {
    #[test]
    fn equal_statistics_leave_every_advantage_as_it_is(
        (_, advantages, mask) in positions(), h in 0.0..5.0, fraction in 0.01..=1.0,
    ) {
        let plain: Vec<f64> = advantages.iter().zip(&mask).map(|(a, m)| if *m { *a } else { 0.0 }).collect();
        let flat = vec![h; advantages.len()];
        for rule in [Reweighting::Proportional, Reweighting::Top { fraction }] {
            prop_assert_eq!(reweighted(rule, &flat, &mask, &advantages), plain.clone());
        }
    }

    #[test]
    fn the_whole_batch_at_the_top_or_no_amplification_changes_nothing(
        (h, advantages, _) in positions(), fraction in 0.01..=1.0,
    ) {
        let mask = vec![true; h.len()];
        let top = Reweighting::Top { fraction: 1.0 };
        prop_assert_eq!(reweighted(top, &h, &mask, &advantages), advantages.clone());
        let amplify = Reweighting::Amplify { fraction, alpha: 0.0 };
        prop_assert_eq!(reweighted(amplify, &h, &mask, &advantages), advantages);
    }

    #[test]
    fn proportional_factors_have_mean_one_over_policy_positions((h, _, mask) in positions()) {
        let count = mask.iter().filter(|policy| **policy).count();
        prop_assume!(count > 0);
        let factors = reweighted(Reweighting::Proportional, &h, &mask, &vec![1.0; h.len()]);
        prop_assert!((factors.iter().sum::<f64>() / count as f64 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_unit_of_the_statistic_does_not_matter((h, advantages, mask) in positions(), unit in 0.1..10.0) {
        let other: Vec<f64> = h.iter().map(|h| unit * h).collect();
        for rule in RULES {
            close(
                &reweighted(rule, &other, &mask, &advantages),
                &reweighted(rule, &h, &mask, &advantages),
            )?;
        }
    }

    #[test]
    fn the_top_share_holds_at_least_its_size_and_nothing_smaller_than_what_it_leaves_out(
        (h, _, mask) in positions(), fraction in 0.01..=1.0,
    ) {
        let count = mask.iter().filter(|policy| **policy).count();
        prop_assume!(count > 0);
        let kept = reweighted(Reweighting::Top { fraction }, &h, &mask, &vec![1.0; h.len()]);
        let of = |inside: bool| {
            let kept = &kept;
            (0..h.len()).filter(|&at| mask[at]).filter(move |&at| (kept[at] == 1.0) == inside).map(|at| h[at])
        };
        prop_assert!(of(true).count() as f64 >= fraction * count as f64 - 1e-9);
        let smallest = of(true).fold(f64::INFINITY, f64::min);
        prop_assert!(of(false).all(|left_out| left_out < smallest));
    }

    #[test]
    fn amplification_raises_praise_and_softens_blame((h, advantages, mask) in positions(), alpha in 0.0..=1.0) {
        let rule = Reweighting::Amplify { fraction: 1.0, alpha };
        for ((new, old), policy) in reweighted(rule, &h, &mask, &advantages).iter().zip(&advantages).zip(&mask) {
            let factor = if *old < 0.0 { 1.0 - alpha } else { 1.0 + alpha };
            let want = if *policy { factor * old } else { 0.0 };
            prop_assert!((new - want).abs() < 1e-12);
        }
    }

    #[test]
    fn entropy_is_the_mean_surprisal_and_saliency_the_norm_of_the_score(weights in prop::collection::vec(0.0..1.0, 2..6)) {
        let total: f64 = weights.iter().sum();
        prop_assume!(total > 0.1);
        let pi: Vec<f64> = weights.iter().map(|w| w / total).collect();
        let mean: f64 = pi.iter().filter(|p| **p > 0.0).map(|p| p * surprisal(p.ln())).sum();
        prop_assert!((entropy(&pi).expect("valid") - mean).abs() < 1e-12);
        let squares: f64 = pi.iter().map(|p| p * p).sum();
        for taken in 0..pi.len() {
            let score = |b: usize| f64::from(u8::from(b == taken)) - pi[b];
            let norm = (0..pi.len()).map(|b| score(b).powi(2)).sum::<f64>().sqrt();
            prop_assert!((saliency(pi[taken], squares) - norm).abs() < 1e-7);
        }
    }

    #[test]
    fn turn_loo_subtracts_the_mean_of_the_peers_that_are_alive(
        trajectories in ragged(), gamma in prop::sample::select(vec![1.0, 0.5]),
    ) {
        let (keys, rewards): (Vec<u8>, Vec<Vec<f64>>) = trajectories.iter().cloned().unzip();
        let rows = Rows::ragged(&rewards.iter().map(Vec::len).collect::<Vec<_>>());
        let to_go = |i: usize, u: usize| -> f64 {
            rewards[i][u..].iter().enumerate().map(|(k, r)| f64::powi(gamma, k as i32) * r).sum()
        };
        for (alone, raw) in [(Singleton::Raw, true), (Singleton::Drop, false)] {
            let mut out = vec![9.0; rows.entries()];
            let flat = rewards.concat();
            let report = turn_loo_advantages(&Groups::from_keys(&keys), &rows, &flat, gamma, alone, &mut out)
                .expect("valid");
            let mut lonely = 0;
            for i in 0..keys.len() {
                for u in 0..rewards[i].len() {
                    let peers: Vec<f64> = (0..keys.len())
                        .filter(|&j| j != i && keys[j] == keys[i] && rewards[j].len() > u)
                        .map(|j| to_go(j, u))
                        .collect();
                    lonely += usize::from(peers.is_empty());
                    let want = match peers.len() {
                        0 if raw => to_go(i, u),
                        0 => 0.0,
                        n => to_go(i, u) - peers.iter().sum::<f64>() / n as f64,
                    };
                    prop_assert!((out[rows.range(i).start + u] - want).abs() < 1e-9);
                }
            }
            prop_assert_eq!(report.dropped, lonely);
        }
    }

    #[test]
    fn turn_loo_of_equally_long_episodes_with_one_final_reward_is_rloo(
        scores in prop::collection::vec(-2.0..2.0, 2..6), turns in 1..5_usize,
    ) {
        let n = scores.len();
        let rewards: Vec<f64> =
            scores.iter().flat_map(|s| (0..turns).map(move |u| if u + 1 == turns { *s } else { 0.0 })).collect();
        let mut out = vec![0.0; rewards.len()];
        let (one, rows) = (Groups::from_sizes(&[n]), Rows::padded(n, turns));
        turn_loo_advantages(&one, &rows, &rewards, 1.0, Singleton::Drop, &mut out).expect("valid");
        let rloo = apply_groups(Normalize::rloo(), &one, &scores);
        let want: Vec<f64> = rloo.iter().flat_map(|a| vec![*a; turns]).collect();
        close(&out, &want)?;
    }

    #[test]
    fn a_cut_trajectory_leaves_the_update_whatever_the_group_filter_says(
        members in prop::collection::vec((0..3_u8, 0..2_u8, any::<bool>()), 1..12),
    ) {
        let keys: Vec<u8> = members.iter().map(|m| m.0).collect();
        let scores: Vec<f64> = members.iter().map(|m| f64::from(m.1)).collect();
        let truncated: Vec<bool> = members.iter().map(|m| m.2).collect();
        let mut by_group = vec![false; members.len()];
        GroupFilter::ZeroVariance.keep(&Groups::from_keys(&keys), &scores, &mut by_group).expect("valid");
        let mut keep = by_group.clone();
        let kept = keep_finished(&truncated, &mut keep).expect("valid");
        for at in 0..members.len() {
            prop_assert_eq!(keep[at], by_group[at] && !truncated[at]);
        }
        prop_assert_eq!(kept, keep.iter().filter(|k| **k).count());
    }
}

#[test]
fn bad_statistics_and_parameters_are_refused() {
    let apply = |rule: Reweighting, h: f64, a: f64| rule.apply(&[1.0, h], None, &mut [1.0, a]);
    for rule in RULES {
        assert!(matches!(
            apply(rule, f64::NAN, 1.0),
            Err(CreditError::NotFinite { what: "statistics", index: 1, .. })
        ));
        assert!(matches!(
            apply(rule, -1.0, 1.0),
            Err(CreditError::InvalidParameter { name: "statistic", .. })
        ));
        assert!(matches!(
            apply(rule, 1.0, f64::INFINITY),
            Err(CreditError::NotFinite { what: "advantages", index: 1, .. })
        ));
        assert!(rule.apply(&[1.0], None, &mut [1.0; 2]).is_err());
        assert!(rule.apply(&[f64::NAN], Some(&[false]), &mut [1.0]).is_ok(), "masked, so not looked at");
    }
    for fraction in [0.0, -0.5, 1.5, f64::NAN] {
        assert!(apply(Reweighting::Top { fraction }, 1.0, 1.0).is_err());
        assert!(apply(Reweighting::Amplify { fraction, alpha: 0.5 }, 1.0, 1.0).is_err());
    }
    assert!(apply(Reweighting::Amplify { fraction: 0.5, alpha: 1.5 }, 1.0, 1.0).is_err());
    assert!(entropy(&[]).is_err() && entropy(&[0.5, 1.5]).is_err());
    assert!(keep_finished(&[true], &mut [true; 2]).is_err());
}

#[test]
fn finite_arguments_without_a_finite_result_are_refused_not_zeroed() {
    // The deviation overflows; a division by infinity would have given zeros without a word.
    let mut out = [9.0; 2];
    let error = Normalize::grpo().apply(&[1e200, -1e200], &mut out).expect_err("too large");
    assert_eq!(error, CreditError::Overflow { what: "divisor", index: 0 });
    assert!(error.to_string().contains("scale the rewards down"), "{error}");
    let error =
        milepost_credit::reward_to_go(&[f64::MAX, f64::MAX], 1.0, 0.0, &mut out).expect_err("too large");
    assert_eq!(error, CreditError::Overflow { what: "out", index: 0 });
}
