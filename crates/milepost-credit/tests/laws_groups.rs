//! Laws of advantages that compare the members of a group.

mod common;

use common::laws::{apply, apply_groups, close};
use milepost_credit::{
    Centre, Channel, GroupFilter, Groups, Normalize, Pooling, PositionIndex, Rows, Scale, Singleton,
    TokenBatch, Whitening, gpg_advantages, normalize_then_sum, opo_advantages, optimal_token_baseline,
    pass_at_k_advantages, reinforce_pp, reinforce_pp_baseline, remax_advantages, reward_to_go_masked, whiten,
    whiten_with,
};
use proptest::prelude::*;

const GRPO_EXACT: Normalize = Normalize { centre: Centre::Mean, scale: Scale::Std { ddof: 1, epsilon: 0.0 } };

/// Scores with ties, of which at least two differ clearly.
fn scores() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-8..8_i32).prop_map(|n| f64::from(n) / 4.0), 2..12)
        .prop_filter("not all equal", |scores| scores.iter().any(|score| *score != scores[0]))
}

/// Scores of trajectories of some tasks.
fn batch() -> impl Strategy<Value = (Groups, Vec<f64>)> {
    prop::collection::vec((0..3_u8, -2.0..2.0), 1..9).prop_map(|members| {
        let (keys, scores): (Vec<u8>, Vec<f64>) = members.into_iter().unzip();
        (Groups::from_keys(&keys), scores)
    })
}

proptest! {
    #[test]
    fn centred_advantages_sum_to_zero(scores in scores()) {
        for rule in [Normalize::grpo(), Normalize::dr_grpo(), Normalize::rloo()] {
            prop_assert!(apply(rule, &scores).iter().sum::<f64>().abs() < 1e-9);
        }
    }

    #[test]
    fn rloo_is_n_over_n_minus_1_times_centred(scores in scores()) {
        let n = scores.len() as f64;
        let rloo = apply(Normalize::rloo(), &scores);
        let centred: Vec<f64> =
            apply(Normalize::dr_grpo(), &scores).iter().map(|a| a * n / (n - 1.0)).collect();
        close(&rloo, &centred)?;
        let total: f64 = scores.iter().sum();
        let by_definition: Vec<f64> = scores.iter().map(|s| s - (total - s) / (n - 1.0)).collect();
        close(&rloo, &by_definition)?;
    }

    #[test]
    fn grpo_is_invariant_to_positive_affine_maps(scores in scores(), a in 0.1..10.0, b in -10.0..10.0) {
        let mapped: Vec<f64> = scores.iter().map(|score| a * score + b).collect();
        close(&apply(GRPO_EXACT, &mapped), &apply(GRPO_EXACT, &scores))?;
    }

    #[test]
    fn dr_grpo_follows_the_scale_and_ignores_the_shift(scores in scores(), a in 0.1..10.0, b in -10.0..10.0) {
        let mapped: Vec<f64> = scores.iter().map(|score| a * score + b).collect();
        let want: Vec<f64> = apply(Normalize::dr_grpo(), &scores).iter().map(|x| a * x).collect();
        close(&apply(Normalize::dr_grpo(), &mapped), &want)?;
    }

    #[test]
    fn grpo_of_binary_rewards_is_a_function_of_the_pass_rate(n in 2..20_usize, passed in 1..19_usize) {
        prop_assume!(passed < n);
        let scores: Vec<f64> = (0..n).map(|i| f64::from(u8::from(i < passed))).collect();
        let p = passed as f64 / n as f64;
        let (up, down) = (((1.0 - p) / p).sqrt(), -(p / (1.0 - p)).sqrt());
        let population = Normalize { centre: Centre::Mean, scale: Scale::Std { ddof: 0, epsilon: 0.0 } };
        for (rule, factor) in [(population, 1.0), (GRPO_EXACT, ((n as f64 - 1.0) / n as f64).sqrt())] {
            let want: Vec<f64> = scores.iter().map(|&s| factor * if s == 1.0 { up } else { down }).collect();
            close(&apply(rule, &scores), &want)?;
        }
    }

    #[test]
    fn an_all_equal_group_gets_exact_zeros(score in -1e6..1e6, n in 2..40_usize) {
        for centre in [Centre::Mean, Centre::LeaveOneOut] {
            for scale in [Scale::None, Scale::MaxAbs, Scale::Std { ddof: 1, epsilon: 0.0 }] {
                let mut out = vec![1.0; n];
                let report = Normalize { centre, scale }.apply(&vec![score; n], &mut out).expect("valid");
                prop_assert!(report.zero_range && !report.dropped);
                prop_assert_eq!(out, vec![0.0; n]);
            }
        }
    }

    #[test]
    fn max_abs_scaling_puts_the_largest_magnitude_at_one(scores in scores()) {
        for centre in [Centre::Mean, Centre::LeaveOneOut, Centre::None] {
            let out = apply(Normalize { centre, scale: Scale::MaxAbs }, &scores);
            let largest = out.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
            prop_assert!((largest - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn rloo_enumerates_to_the_exact_policy_gradient(
        logits in prop::array::uniform3(-2.0..2.0_f64), rewards in prop::array::uniform3(-2.0..2.0_f64),
    ) {
        let total: f64 = logits.iter().map(|l| l.exp()).sum();
        let pi = logits.map(|l| l.exp() / total);
        let value: f64 = (0..3).map(|a| pi[a] * rewards[a]).sum();
        let want: Vec<f64> = (0..3).map(|a| pi[a] * (rewards[a] - value)).collect();
        let mut gradient = [0.0; 3];
        for group in 0..27_usize {
            let actions = [group % 3, group / 3 % 3, group / 9];
            let probability: f64 = actions.iter().map(|&a| pi[a]).product();
            let credit = apply(Normalize::rloo(), &actions.map(|a| rewards[a]));
            for (action, credit) in actions.into_iter().zip(credit) {
                for b in 0..3 {
                    let score = f64::from(u8::from(action == b)) - pi[b];
                    gradient[b] += probability * credit * score / 3.0;
                }
            }
        }
        close(&gradient, &want)?;
    }

    #[test]
    fn a_missing_score_leaves_every_statistic(
        entries in prop::collection::vec((0..3_u8, -2.0..2.0, any::<bool>()), 1..15),
    ) {
        let keys: Vec<u8> = entries.iter().map(|e| e.0).collect();
        let valid: Vec<bool> = entries.iter().map(|e| e.2).collect();
        let scores: Vec<f64> = entries.iter().map(|e| if e.2 { e.1 } else { f64::NAN }).collect();
        let mut out = vec![1.0; entries.len()];
        let pooling = Pooling { valid: Some(&valid), ..Pooling::default() };
        Normalize::grpo().apply_groups_with(&Groups::from_keys(&keys), pooling, &scores, &mut out).expect("valid");
        let present: Vec<_> = entries.iter().filter(|e| e.2).collect();
        let keys: Vec<u8> = present.iter().map(|e| e.0).collect();
        let scores: Vec<f64> = present.iter().map(|e| e.1).collect();
        let mut want = apply_groups(Normalize::grpo(), &Groups::from_keys(&keys), &scores).into_iter();
        for (out, valid) in out.iter().zip(&valid) {
            let want = if *valid { want.next().expect("one per present score") } else { 0.0 };
            prop_assert_eq!(*out, want);
        }
    }

    #[test]
    fn opo_with_equal_lengths_is_dr_grpo((groups, scores) in batch(), length in 1..50_usize) {
        let mut out = vec![0.0; scores.len()];
        opo_advantages(&groups, &scores, &vec![length; out.len()], Singleton::Drop, &mut out)
            .expect("valid");
        close(&out, &apply_groups(Normalize::dr_grpo(), &groups, &scores))?;
    }

    #[test]
    fn opo_advantages_weighted_by_length_sum_to_zero(
        members in prop::collection::vec((-2.0..2.0, 1..50_usize), 2..9),
    ) {
        let (scores, lengths): (Vec<f64>, Vec<usize>) = members.into_iter().unzip();
        let mut out = vec![0.0; scores.len()];
        opo_advantages(&Groups::from_sizes(&[scores.len()]), &scores, &lengths, Singleton::Drop, &mut out)
            .expect("valid");
        let sum: f64 = out.iter().zip(&lengths).map(|(a, &l)| a * l as f64).sum();
        prop_assert!(sum.abs() < 1e-9);
    }

    #[test]
    fn gpg_is_dr_grpo_over_the_share_of_rewarded_trajectories(scores in scores()) {
        let groups = Groups::from_sizes(&[scores.len()]);
        let mut out = vec![0.0; scores.len()];
        gpg_advantages(&groups, &scores, Singleton::Drop, &mut out).expect("valid");
        let share = scores.iter().filter(|score| **score != 0.0).count() as f64 / scores.len() as f64;
        let scaled: Vec<f64> = out.iter().map(|a| a * share).collect();
        close(&scaled, &apply(Normalize::dr_grpo(), &scores))?;
    }

    #[test]
    fn pass_at_k_credits_a_unique_best_by_its_lead(scores in scores()) {
        let mut out = vec![0.0; scores.len()];
        pass_at_k_advantages(&Groups::from_sizes(&[scores.len()]), Scale::None, &scores, &mut out).expect("valid");
        let mut sorted = scores.clone();
        sorted.sort_by(|a, b| b.total_cmp(a));
        for (score, credit) in scores.iter().zip(&out) {
            let want = if *score == sorted[0] { sorted[0] - sorted[1] } else { 0.0 };
            prop_assert_eq!(*credit, want);
        }
    }

    #[test]
    fn one_channel_of_weight_one_is_plain_normalisation((groups, scores) in batch()) {
        let mut out = vec![0.0; scores.len()];
        let channel = Channel { scores: &scores, valid: None, weight: 1.0 };
        normalize_then_sum(&Normalize::grpo(), &groups, &[channel], Pooling::default(), &mut out)
            .expect("valid");
        prop_assert_eq!(out, apply_groups(Normalize::grpo(), &groups, &scores));
    }

    #[test]
    fn whitening_gives_mean_zero_and_variance_one_and_ignores_masked_positions(
        scores in scores(), junk in prop::collection::vec((0..12_usize, -99.0..99.0), 0..5),
    ) {
        let (mut values, mut mask) = (scores.clone(), vec![true; scores.len()]);
        for (at, junk) in junk {
            values.insert(at.min(values.len()), junk);
            mask.insert(at.min(mask.len()), false);
        }
        for convention in [Whitening::InsideRoot, Whitening::OutsideRoot] {
            let mut plain = scores.clone();
            whiten_with(convention, &mut plain, None, 0.0).expect("valid");
            let n = plain.len() as f64;
            prop_assert!(plain.iter().sum::<f64>().abs() < 1e-9);
            prop_assert!((plain.iter().map(|x| x * x).sum::<f64>() / (n - 1.0) - 1.0).abs() < 1e-9);
            let mut masked = values.clone();
            whiten_with(convention, &mut masked, Some(&mask), 0.0).expect("valid");
            prop_assert!(masked.iter().zip(&mask).all(|(x, policy)| *policy || *x == 0.0));
            masked = masked.iter().zip(&mask).filter(|(_, policy)| **policy).map(|(x, _)| *x).collect();
            close(&masked, &plain)?;
        }
    }

    #[test]
    fn reinforce_pp_on_one_token_answers_is_whitening(scores in scores()) {
        let rows = Rows::padded(scores.len(), 1);
        let mask = vec![true; scores.len()];
        let (mut a, mut r) = (vec![0.0; scores.len()], vec![0.0; scores.len()]);
        reinforce_pp(&rows, &scores, &mask, 0.9, 1e-8, &mut a, &mut r).expect("valid");
        let mut want = scores.clone();
        whiten(&mut want, None, 1e-8).expect("valid");
        close(&a, &want)?;
        prop_assert_eq!(&r, &scores);
        // With a group baseline the whitening of a single group is the same: both are centred.
        let groups = Groups::from_sizes(&[scores.len()]);
        reinforce_pp_baseline(&groups, &rows, &scores, &mask, Singleton::Drop, 1e-8, &mut a).expect("valid");
        close(&a, &want)?;
    }

    #[test]
    fn remax_without_a_baseline_is_the_reward_to_go(
        rewards in prop::collection::vec(-2.0..2.0, 6), mask in prop::collection::vec(any::<bool>(), 6),
        baseline in -2.0..2.0,
    ) {
        let rows = Rows::padded(2, 3);
        let mut out = [(); 3].map(|()| vec![0.0; 6]);
        let [advantages, returns, want] = &mut out;
        remax_advantages(&rows, &rewards, &mask, &[0.0, baseline], advantages, returns).expect("valid");
        for row in rows.iter() {
            reward_to_go_masked(&rewards[row.clone()], &mask[row.clone()], 1.0, 0.0, &mut want[row])
                .expect("valid");
        }
        prop_assert_eq!(&*returns, &*want);
        for position in 0..6 {
            let baseline = if mask[position] && position >= 3 { baseline } else { 0.0 };
            prop_assert!((advantages[position] - (want[position] - baseline)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_optimal_token_baseline_with_equal_weights_is_the_group_mean(
        (n, width, rewards) in (2..6_usize, 1..5_usize)
            .prop_flat_map(|(n, w)| (Just(n), Just(w), prop::collection::vec(-2.0..2.0, n * w))),
        log_prob in -3.0..0.0, squares in 0.3..1.0,
    ) {
        let batch = TokenBatch {
            groups: &Groups::from_sizes(&[n]),
            tokens: &Rows::padded(n, width),
            rewards: &rewards,
            mask: &vec![true; n * width],
            log_probs: &vec![log_prob; n * width],
            sum_pi_squared: &vec![squares; n * width],
        };
        let weight: f64 = 1.0 - 2.0 * f64::exp(log_prob) + squares;
        prop_assume!(weight.abs() > 1e-3);
        let (mut a, mut r) = (vec![0.0; n * width], vec![0.0; n * width]);
        for index in [PositionIndex::Column, PositionIndex::PolicyToken] {
            optimal_token_baseline(&batch, index, 0.0, &mut a, &mut r).expect("valid");
            for column in 0..width {
                let mean = (0..n).map(|i| r[i * width + column]).sum::<f64>() / n as f64;
                for i in 0..n {
                    prop_assert!((a[i * width + column] - (r[i * width + column] - mean)).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn the_zero_variance_filter_drops_exactly_the_groups_without_advantage(
        members in prop::collection::vec((0..4_u8, 0..2_u8), 1..20),
    ) {
        let (keys, scores): (Vec<u8>, Vec<f64>) = members.iter().map(|m| (m.0, f64::from(m.1))).unzip();
        let groups = Groups::from_keys(&keys);
        let advantages = apply_groups(Normalize::grpo(), &groups, &scores);
        let mut keep = vec![false; scores.len()];
        let kept = GroupFilter::ZeroVariance.keep(&groups, &scores, &mut keep).expect("valid");
        for (keep, advantage) in keep.iter().zip(&advantages) {
            prop_assert_eq!(*keep, *advantage != 0.0);
        }
        prop_assert_eq!(kept, groups.iter().filter(|members| keep[members[0]]).count());
        // A band inside (0, 1) keeps no group of equal binary outcomes either.
        let mut band = vec![false; scores.len()];
        GroupFilter::AccuracyBand { low: 0.2, high: 0.8 }.keep(&groups, &scores, &mut band).expect("valid");
        prop_assert!(band.iter().zip(&keep).all(|(band, keep)| *keep || !*band));
    }
}
