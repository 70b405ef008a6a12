//! Laws of advantages that compare the members of a group.

use milepost_credit::{
    Centre, Channel, GiGpo, GroupFilter, Groups, Hgpo, MtGrpo, Normalize, Pooling, PositionIndex,
    RewardedTurnBatch, Rows, Scale, Singleton, TokenBatch, TurnBatch, Whitening, gpg_advantages,
    normalize_then_sum, opo_advantages, optimal_token_baseline, pass_at_k_advantages, reinforce_pp,
    reinforce_pp_baseline, remax_advantages, reward_to_go_masked, whiten, whiten_with,
};
use proptest::prelude::*;

const GRPO_EXACT: Normalize = Normalize { centre: Centre::Mean, scale: Scale::Std { ddof: 1, epsilon: 0.0 } };

fn close_within(got: &[f64], want: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (index, (g, w)) in got.iter().zip(want).enumerate() {
        prop_assert!((g - w).abs() <= tolerance * (1.0 + w.abs()), "[{}]: {} is not {}", index, g, w);
    }
    Ok(())
}

fn close(got: &[f64], want: &[f64]) -> Result<(), TestCaseError> {
    close_within(got, want, 1e-9)
}

fn apply(rule: Normalize, scores: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; scores.len()];
    rule.apply(scores, &mut out).expect("valid");
    out
}

fn apply_groups(rule: Normalize, groups: &Groups, scores: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; scores.len()];
    rule.apply_groups(groups, scores, &mut out).expect("valid");
    out
}

/// Scores with ties, of which at least two differ clearly.
fn scores() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-8..8_i32).prop_map(|n| f64::from(n) / 4.0), 2..12)
        .prop_filter("not all equal", |scores| scores.iter().any(|score| *score != scores[0]))
}

/// Trajectories of turns: group key, outcome, and reward and anchor of each turn.
type Turns = Vec<(u8, f64, Vec<(f64, u64)>)>;

fn trajectories() -> impl Strategy<Value = Turns> {
    let turns = prop::collection::vec((-2.0..2.0, 0..4_u64), 1..6);
    prop::collection::vec((0..3_u8, -2.0..2.0, turns), 1..9)
}

struct Batch {
    groups: Groups,
    turns: Rows,
    outcomes: Vec<f64>,
    turn_rewards: Vec<f64>,
    anchors: Vec<u64>,
}

impl Batch {
    fn new(trajectories: &Turns) -> Self {
        let keys: Vec<u8> = trajectories.iter().map(|t| t.0).collect();
        let lengths: Vec<usize> = trajectories.iter().map(|t| t.2.len()).collect();
        let (turn_rewards, anchors) = trajectories.iter().flat_map(|t| t.2.iter().copied()).unzip();
        Self {
            groups: Groups::from_keys(&keys),
            turns: Rows::ragged(&lengths),
            outcomes: trajectories.iter().map(|t| t.1).collect(),
            turn_rewards,
            anchors,
        }
    }

    fn view(&self) -> TurnBatch<'_> {
        TurnBatch {
            groups: &self.groups,
            turns: &self.turns,
            outcomes: &self.outcomes,
            turn_rewards: &self.turn_rewards,
            anchors: &self.anchors,
        }
    }

    /// The outcome advantage of each trajectory, at each of its turns.
    fn grpo(&self) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        let per_trajectory = apply_groups(Normalize::grpo(), &self.groups, &self.outcomes);
        self.turns.broadcast(&per_trajectory, None, &mut out).expect("one per trajectory");
        out
    }

    fn gigpo(&self, rule: GiGpo) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        rule.assign(&self.view(), &mut out).expect("valid");
        out
    }

    fn hgpo(&self, rule: Hgpo) -> Vec<f64> {
        let mut out = vec![0.0; self.turns.entries()];
        rule.assign(&self.view(), &mut out).expect("valid");
        out
    }
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
    fn the_order_of_trajectories_does_not_matter(
        (trajectories, order) in trajectories().prop_flat_map(|t| {
            let order: Vec<usize> = (0..t.len()).collect();
            (Just(t), Just(order).prop_shuffle())
        }),
    ) {
        let shuffled: Turns = order.iter().map(|&i| trajectories[i].clone()).collect();
        let (batch, other) = (Batch::new(&trajectories), Batch::new(&shuffled));
        let hgpo = Hgpo::default();
        for (a, b) in [
            (batch.grpo(), other.grpo()),
            (batch.gigpo(GiGpo::default()), other.gigpo(GiGpo::default())),
            (batch.hgpo(hgpo), other.hgpo(hgpo)),
        ] {
            for (new, &old) in order.iter().enumerate() {
                close(&b[other.turns.range(new)], &a[batch.turns.range(old)])?;
            }
        }
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
    fn gigpo_with_distinct_anchors_is_grpo(trajectories in trajectories()) {
        let mut batch = Batch::new(&trajectories);
        batch.anchors = (0..batch.anchors.len() as u64).collect();
        prop_assert_eq!(batch.gigpo(GiGpo::default()), batch.grpo());
        prop_assert_eq!(batch.hgpo(Hgpo::default()), batch.grpo());
    }

    #[test]
    fn gigpo_without_its_step_part_is_grpo(trajectories in trajectories()) {
        let batch = Batch::new(&trajectories);
        prop_assert_eq!(batch.gigpo(GiGpo { omega: 0.0, ..GiGpo::default() }), batch.grpo());
        prop_assert_eq!(batch.hgpo(Hgpo { omega: 0.0, ..Hgpo::default() }), batch.grpo());
    }

    #[test]
    fn gigpo_normalises_the_returns_of_turns_that_share_task_and_anchor(
        trajectories in trajectories(), gamma in 0.0..=1.0, omega in -2.0..2.0, shrinkage in 0.0..4.0,
    ) {
        let batch = Batch::new(&trajectories);
        let out = batch.gigpo(GiGpo { gamma, omega, shrinkage, ..GiGpo::default() });
        // By definition: returns by power sums, pools by pairs of keys.
        let mut returns = vec![];
        let mut keys = vec![];
        for (task, _, turns) in &trajectories {
            for start in 0..turns.len() {
                returns.push(turns[start..].iter().enumerate().map(|(k, t)| gamma.powi(k as i32) * t.0).sum());
                keys.push((*task, turns[start].1));
            }
        }
        let step = apply_groups(Normalize::grpo(), &Groups::from_keys(&keys), &returns);
        let want: Vec<f64> = batch.grpo().iter().enumerate().map(|(turn, episode)| {
            let size = keys.iter().filter(|key| **key == keys[turn]).count() as f64;
            episode + omega * step[turn] * size / (size + shrinkage)
        }).collect();
        // Returns that are equal in exact arithmetic may differ in the last bit between the two sums.
        prop_assume!(!has_near_ties(&keys, &returns));
        close_within(&out, &want, 1e-6)?;
    }

    #[test]
    fn hgpo_without_history_is_gigpo(trajectories in trajectories(), alpha in 0.0..3.0, omega in -2.0..2.0) {
        let batch = Batch::new(&trajectories);
        let hgpo = batch.hgpo(Hgpo { depth: 0, alpha, omega, ..Hgpo::default() });
        close(&hgpo, &batch.gigpo(GiGpo { omega, ..GiGpo::default() }))?;
    }

    #[test]
    fn hgpo_on_trajectories_with_one_history_per_state_is_gigpo(
        trajectories in trajectories(), depth in 0..4_usize, alpha in 0.0..3.0,
    ) {
        // The anchor tells the turn index, and all trajectories of a task are on the same path.
        let mut batch = Batch::new(&trajectories);
        batch.anchors = batch.turns.iter().flat_map(|row| 0..row.len() as u64).collect();
        let hgpo = batch.hgpo(Hgpo { depth, alpha, ..Hgpo::default() });
        close(&hgpo, &batch.gigpo(GiGpo::default()))?;
    }

    #[test]
    fn mt_grpo_without_its_turn_part_is_outcome_grpo(
        trajectories in trajectories(), ends in prop::collection::vec(0..6_usize, 9),
    ) {
        let batch = Batch::new(&trajectories);
        let ends: Vec<Option<usize>> =
            batch.turns.iter().zip(&ends).map(|(row, &end)| Some(end.min(row.len()))).collect();
        let mask = vec![true; batch.turns.entries()];
        let first: Vec<f64> = trajectories.iter().map(|t| t.2[0].0).collect();
        let view = RewardedTurnBatch {
            groups: &batch.groups,
            tokens: &batch.turns,
            mask: &mask,
            outcomes: &batch.outcomes,
            turn_rewards: &first,
            turn_ends: &ends,
        };
        let mut out = vec![0.0; mask.len()];
        MtGrpo { lambda: 0.0, ..MtGrpo::default() }.assign(&view, &mut out).expect("valid");
        prop_assert_eq!(&out, &batch.grpo());
        // With it, tokens after the rewarded turn are untouched and those before share one more term.
        MtGrpo::default().assign(&view, &mut out).expect("valid");
        let turn = apply_groups(Normalize::grpo(), &batch.groups, &first);
        for (trajectory, row) in batch.turns.iter().enumerate() {
            let end = row.start + ends[trajectory].unwrap_or_default();
            for position in row {
                let extra = if position < end { turn[trajectory] } else { 0.0 };
                prop_assert!((out[position] - batch.grpo()[position] - extra).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn opo_with_equal_lengths_is_dr_grpo(trajectories in trajectories(), length in 1..50_usize) {
        let batch = Batch::new(&trajectories);
        let mut out = vec![0.0; batch.outcomes.len()];
        opo_advantages(&batch.groups, &batch.outcomes, &vec![length; out.len()], Singleton::Drop, &mut out)
            .expect("valid");
        close(&out, &apply_groups(Normalize::dr_grpo(), &batch.groups, &batch.outcomes))?;
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
    fn one_channel_of_weight_one_is_plain_normalisation(trajectories in trajectories()) {
        let batch = Batch::new(&trajectories);
        let mut out = vec![0.0; batch.outcomes.len()];
        let channel = Channel { scores: &batch.outcomes, valid: None, weight: 1.0 };
        normalize_then_sum(&Normalize::grpo(), &batch.groups, &[channel], Pooling::default(), &mut out)
            .expect("valid");
        prop_assert_eq!(out, apply_groups(Normalize::grpo(), &batch.groups, &batch.outcomes));
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

/// Whether some pool holds two returns so close that rounding decides whether they are equal.
fn has_near_ties(keys: &[(u8, u64)], returns: &[f64]) -> bool {
    (0..keys.len()).any(|a| (0..a).any(|b| keys[a] == keys[b] && (returns[a] - returns[b]).abs() < 1e-4))
}

#[test]
fn hgpo_prefers_the_pool_that_shares_more_history() {
    // State 7 is reached through 1 (twice) and through 2 (once); only the deep pool separates them.
    let groups = Groups::from_sizes(&[3]);
    let turns = Rows::padded(3, 2);
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns,
        outcomes: &[0.0; 3],
        turn_rewards: &[0.0, 1.0, 0.0, 0.0, 0.0, -7.0],
        anchors: &[1, 7, 1, 7, 2, 7],
    };
    let centred = Hgpo { step: Normalize::dr_grpo(), depth: 1, alpha: 1.0, ..Hgpo::default() };
    let mut out = [0.0; 6];
    let report = centred.assign(&batch, &mut out).expect("valid");
    // Level 0: mean of (1, 0, −7) is −2, weight 1. Level 1: mean of (1, 0) is ½, weight 2.
    assert!((out[1] - (3.0 + 2.0 * 0.5) / 3.0).abs() < 1e-12);
    assert!((out[3] - (2.0 + 2.0 * -0.5) / 3.0).abs() < 1e-12);
    assert!((out[5] - -5.0).abs() < 1e-12, "alone at level 1, so level 0 alone counts");
    assert_eq!(report.episode.zero_range, 1);
}

#[test]
fn equal_states_of_different_tasks_are_not_compared() {
    let groups = Groups::from_sizes(&[1, 1]);
    let turns = Rows::padded(2, 1);
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns,
        outcomes: &[1.0, 0.0],
        turn_rewards: &[1.0, 0.0],
        anchors: &[7, 7],
    };
    let mut out = [9.0; 2];
    let report = GiGpo::default().assign(&batch, &mut out).expect("valid");
    assert_eq!(out, [0.0; 2]);
    assert_eq!((report.episode.dropped, report.step.dropped), (2, 2));
}

#[test]
fn a_trajectory_without_the_rewarded_turn_gets_its_normalised_sum() {
    let groups = Groups::from_sizes(&[3]);
    let tokens = Rows::padded(3, 2);
    let mask = [true, true, true, false, true, true];
    let batch = RewardedTurnBatch {
        groups: &groups,
        tokens: &tokens,
        mask: &mask,
        outcomes: &[1.0, 0.0, 2.0],
        turn_rewards: &[0.5, 0.0, 0.0],
        turn_ends: &[Some(1), None, Some(2)],
    };
    let mut out = [9.0; 6];
    let rule = MtGrpo { normalize: Normalize::dr_grpo(), lambda: 1.0 };
    assert_eq!(rule.assign(&batch, &mut out).expect("valid"), 1);
    let (turn_mean, outcome_mean, sum_mean) = (0.5 / 3.0, 1.0, 3.5 / 3.0);
    let want = [0.5 - turn_mean, 0.0, -sum_mean, 0.0, outcome_mean - turn_mean, outcome_mean - turn_mean];
    for (got, want) in out.iter().zip(want) {
        assert!((got - want).abs() < 1e-12, "{out:?}");
    }
}
