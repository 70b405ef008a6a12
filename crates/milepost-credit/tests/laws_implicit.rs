//! Laws of advantages from implicit process rewards.

mod common;

use common::laws::{apply_groups, close, close_within};
use milepost_credit::{
    Centre, CreditError, Groups, ImplicitSteps, Normalize, Prime, ProcessBaseline, ProcessBatch, Rows, Scale,
    StepBatch, StepCompat, StepCredit, whiten,
};
use proptest::prelude::*;

/// Groups of responses: an outcome and the reward of each token.
type Responses = Vec<Vec<(f64, Vec<f64>)>>;

fn responses() -> impl Strategy<Value = Responses> {
    let outcome = prop::sample::select(vec![0.0, 1.0]);
    let response = (outcome, prop::collection::vec(-2.0..2.0, 1..6));
    prop::collection::vec(prop::collection::vec(response, 2..5), 1..4)
}

struct Case {
    groups: Groups,
    rows: Rows,
    outcomes: Vec<f64>,
    rewards: Vec<f64>,
    sizes: Vec<usize>,
}

impl Case {
    fn new(responses: &Responses) -> Self {
        let flat: Vec<_> = responses.iter().flatten().collect();
        let lengths: Vec<usize> = flat.iter().map(|(_, rewards)| rewards.len()).collect();
        let sizes: Vec<usize> = responses.iter().map(Vec::len).collect();
        Self {
            groups: Groups::from_sizes(&sizes),
            rows: Rows::ragged(&lengths),
            outcomes: flat.iter().map(|(outcome, _)| *outcome).collect(),
            rewards: flat.iter().flat_map(|(_, rewards)| rewards.clone()).collect(),
            sizes,
        }
    }

    fn process(&self) -> ProcessBatch<'_> {
        let Self { groups, rows: tokens, outcomes, rewards, .. } = self;
        ProcessBatch { groups, tokens, outcomes, rewards, known: None }
    }

    fn steps(&self) -> StepBatch<'_> {
        let Self { groups, rows: steps, outcomes, rewards, .. } = self;
        StepBatch { groups, steps, outcomes, rewards, known: None }
    }

    fn prime(&self, rule: Prime) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.rewards.len()];
        rule.assign(&self.process(), &mut out).expect("valid");
        out
    }

    fn istar(&self, rule: ImplicitSteps) -> Vec<f64> {
        let mut out = vec![f64::NAN; self.rewards.len()];
        rule.assign(&self.steps(), &mut out).expect("valid");
        out
    }

    /// One number a response, at each of its tokens.
    fn spread(&self, per_response: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.rewards.len()];
        self.rows.broadcast(per_response, None, &mut out).expect("one a response");
        out
    }

    /// The mean token reward of the other responses of the group.
    fn others(&self) -> Vec<f64> {
        let means: Vec<f64> = self
            .rows
            .iter()
            .map(|row| self.rewards[row.clone()].iter().sum::<f64>() / row.len() as f64)
            .collect();
        let mut others = vec![0.0; means.len()];
        for members in self.groups.iter() {
            let sum: f64 = members.iter().map(|m| means[*m]).sum();
            for m in members {
                others[*m] = (sum - means[*m]) / (members.len() - 1) as f64;
            }
        }
        others
    }
}

/// The process part alone, unscaled and not whitened.
const PROCESS: Prime = Prime { process_scale: 1.0, whiten: None, ..Prime::paper() };

proptest! {
    #[test]
    fn without_process_rewards_prime_is_whitened_rloo(responses in responses()) {
        let mut case = Case::new(&responses);
        case.rewards.fill(0.0);
        let mut want = case.spread(&apply_groups(Normalize::rloo(), &case.groups, &case.outcomes));
        whiten(&mut want, None, 1e-8).expect("two tokens");
        for rule in [Prime::paper(), Prime::released_code()] {
            close(&case.prime(rule), &want)?;
        }
    }

    #[test]
    fn the_outcome_part_sums_to_zero_and_is_k_over_k_minus_1_times_centred(responses in responses()) {
        let mut case = Case::new(&responses);
        case.rewards.fill(0.0);
        let advantages = case.prime(PROCESS);
        for members in case.groups.iter() {
            let k = members.len() as f64;
            let mean = members.iter().map(|m| case.outcomes[*m]).sum::<f64>() / k;
            let first = |m: &usize| advantages[case.rows.range(*m).start];
            prop_assert!(members.iter().map(first).sum::<f64>().abs() < 1e-12);
            for m in members {
                prop_assert!((first(m) - k / (k - 1.0) * (case.outcomes[*m] - mean)).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn neighbouring_process_advantages_differ_by_the_reward_beyond_the_others(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let (advantages, others) = (case.prime(PROCESS), case.others());
        for (row, others) in case.rows.iter().zip(others) {
            for t in row.clone() {
                let next = if t + 1 < row.end { advantages[t + 1] } else { 0.0 };
                prop_assert!((advantages[t] - next - (case.rewards[t] - others)).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn the_released_form_adds_what_sums_to_zero_over_each_response(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let released = Prime { baseline: ProcessBaseline::ReleasedCode, ..PROCESS };
        // Without discounted sums the token terms themselves are compared: γ = 0.
        let terms = |rule: Prime| case.prime(Prime { gamma: 0.0, ..rule });
        let (paper, code) = (terms(PROCESS), terms(released));
        for members in case.groups.iter() {
            let k = members.len() as f64;
            let all: f64 = members
                .iter()
                .map(|m| { let row = case.rows.range(*m); case.rewards[row.clone()].iter().sum::<f64>() / row.len() as f64 })
                .sum();
            for member in members {
                let row = case.rows.range(*member);
                let mean = case.rewards[row.clone()].iter().sum::<f64>() / row.len() as f64;
                for t in row.clone() {
                    let by_code = case.rewards[t] * k / (k - 1.0) - all / (k - 1.0);
                    prop_assert!((code[t] - by_code).abs() < 1e-9, "{} is not {}", code[t], by_code);
                    prop_assert!((code[t] - paper[t] - (case.rewards[t] - mean) / (k - 1.0)).abs() < 1e-9);
                }
                // Equal totals: the advantage of the first token.
                let first = row.start;
                prop_assert!((case.prime(released)[first] - case.prime(PROCESS)[first]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_constant_added_to_all_process_rewards_changes_nothing(responses in responses(), c in -5.0..5.0) {
        let case = Case::new(&responses);
        let mut shifted = Case::new(&responses);
        shifted.rewards.iter_mut().for_each(|reward| *reward += c);
        close(&shifted.prime(PROCESS), &case.prime(PROCESS))?;
    }

    #[test]
    fn batch_norm_puts_the_largest_reverse_sum_at_one(responses in responses()) {
        let case = Case::new(&responses);
        let rule = Prime { batch_norm: true, ..PROCESS };
        let mut out = vec![0.0; case.rewards.len()];
        let report = rule.assign(&case.process(), &mut out).expect("valid");
        let mut largest = 0.0_f64;
        for row in case.rows.iter() {
            for t in row.clone() {
                largest = largest.max(case.rewards[t..row.end].iter().sum::<f64>().abs() / report.divisor);
            }
        }
        prop_assert!((largest - 1.0).abs() < 1e-12);
        // And scaling all rewards then changes nothing.
        let mut scaled = Case::new(&responses);
        scaled.rewards.iter_mut().for_each(|reward| *reward *= 0.05);
        close(&scaled.prime(rule), &out)?;
        let mut silent = Case::new(&responses);
        silent.rewards.fill(0.0);
        prop_assert_eq!(rule.assign(&silent.process(), &mut out).expect("valid").divisor, 1.0);
    }

    #[test]
    fn groups_of_prime_do_not_see_each_other_before_whitening(responses in responses()) {
        let case = Case::new(&responses);
        let whole = case.prime(PROCESS);
        let alone: Vec<f64> =
            responses.iter().flat_map(|group| Case::new(&vec![group.clone()]).prime(PROCESS)).collect();
        prop_assert_eq!(whole, alone);
    }

    #[test]
    fn a_response_of_unknown_process_gets_its_outcome_and_leaves_the_baselines(responses in responses()) {
        prop_assume!(responses[0].len() > 2);
        let case = Case::new(&responses);
        let mut known = vec![true; case.outcomes.len()];
        known[0] = false;
        let mut poisoned = case.rewards.clone();
        poisoned[case.rows.range(0)].fill(f64::NAN);
        let batch = ProcessBatch { rewards: &poisoned, known: Some(&known), ..case.process() };
        let mut out = vec![0.0; poisoned.len()];
        let report = PROCESS.assign(&batch, &mut out).expect("an unknown reward is not read");
        prop_assert_eq!(report.without_process, 1);
        let outcome = apply_groups(Normalize::rloo(), &case.groups, &case.outcomes);
        close(&out[case.rows.range(0)], &vec![outcome[0]; case.rows.range(0).len()])?;
        // The others, as if it had not been drawn, the outcome part aside.
        let mut fewer = responses.clone();
        fewer[0].remove(0);
        let fewer = Case::new(&fewer);
        let mut mute = fewer.prime(PROCESS);
        let theirs = fewer.spread(&apply_groups(Normalize::rloo(), &fewer.groups, &fewer.outcomes));
        mute.iter_mut().zip(&theirs).for_each(|(a, o)| *a -= o);
        let ours = case.spread(&outcome);
        let rest: Vec<f64> = (case.rows.range(0).end..out.len()).map(|t| out[t] - ours[t]).collect();
        close(&rest, &mute)?;
    }

    #[test]
    fn step_advantages_sum_to_zero_in_each_group(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(1.0);
        for credit in [StepCredit::Immediate, StepCredit::RewardToGo] {
            for leave_one_out in [false, true] {
                let compat = StepCompat { leave_one_out, ..StepCompat::default() };
                let advantages = case.istar(ImplicitSteps { credit, compat, ..ImplicitSteps::default() });
                for members in case.groups.iter() {
                    let sum: f64 = members.iter().flat_map(|m| case.rows.range(*m)).map(|t| advantages[t]).sum();
                    prop_assert!(sum.abs() < 1e-6, "{sum}");
                }
            }
        }
    }

    #[test]
    fn step_advantages_are_z_scores_over_all_steps_of_the_group(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let advantages = case.istar(ImplicitSteps::default());
        let mut start = 0;
        for group in &responses {
            let rewards: Vec<f64> = group.iter().flat_map(|(_, rewards)| rewards.clone()).collect();
            let mut want = vec![0.0; rewards.len()];
            Normalize::grpo().apply(&rewards, &mut want).expect("valid");
            close(&advantages[start..start + rewards.len()], &want)?;
            start += rewards.len();
        }
    }

    #[test]
    fn without_a_step_weight_it_is_the_episode_rule(responses in responses()) {
        let case = Case::new(&responses);
        for episode in [Normalize::grpo(), Normalize::rloo()] {
            let rule = ImplicitSteps { episode, alpha: 0.0, ..ImplicitSteps::default() };
            prop_assert_eq!(case.istar(rule), case.spread(&apply_groups(episode, &case.groups, &case.outcomes)));
        }
    }

    #[test]
    fn a_group_of_equal_outcomes_keeps_its_step_part_alone(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(1.0);
        let with = case.istar(ImplicitSteps::default());
        case.outcomes.fill(0.0);
        prop_assert_eq!(&with, &case.istar(ImplicitSteps::default()));
        let rewards = &case.rewards[..responses[0].iter().map(|(_, r)| r.len()).sum()];
        let differ = rewards.iter().any(|reward| *reward != rewards[0]);
        prop_assert_eq!(differ, with[..rewards.len()].iter().any(|a| *a != 0.0));
    }

    #[test]
    fn with_one_step_each_the_step_part_is_the_z_score_of_the_rewards(
        rewards in prop::collection::vec(-2.0..2.0_f64, 2..9),
    ) {
        let case = Case::new(&vec![rewards.iter().map(|reward| (0.0, vec![*reward])).collect()]);
        let mut want = vec![0.0; rewards.len()];
        Normalize::grpo().apply(&rewards, &mut want).expect("valid");
        for credit in [StepCredit::Immediate, StepCredit::RewardToGo] {
            for first_step_statistics in [false, true] {
                let compat = StepCompat { first_step_statistics, ..StepCompat::default() };
                let rule = ImplicitSteps { credit, compat, ..ImplicitSteps::default() };
                close_within(&case.istar(rule), &want, 1e-6)?;
            }
        }
    }

    #[test]
    fn first_step_statistics_are_those_of_the_first_steps(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let compat = StepCompat { first_step_statistics: true, ..StepCompat::default() };
        let advantages = case.istar(ImplicitSteps { compat, ..ImplicitSteps::default() });
        let mut start = 0;
        for group in &responses {
            let first: Vec<f64> = group.iter().map(|(_, rewards)| rewards[0]).collect();
            let mean = first.iter().sum::<f64>() / first.len() as f64;
            let variance = first.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (first.len() - 1) as f64;
            for reward in group.iter().flat_map(|(_, rewards)| rewards) {
                let want = (reward - mean) / (variance.sqrt() + 1e-6);
                let want = if first.iter().all(|x| *x == first[0]) { 0.0 } else { want };
                prop_assert!((advantages[start] - want).abs() <= 1e-6 * (1.0 + want.abs()));
                start += 1;
            }
        }
    }

    #[test]
    fn the_released_code_has_n_over_n_minus_1_times_the_distance_from_the_mean_first_step(
        responses in responses(),
    ) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let largest = case.rewards.iter().fold(0.0, |most: f64, reward| most.max(reward.abs())) + 1e-6;
        let mut want = Vec::new();
        for group in &responses {
            let n = group.len() as f64;
            let mean = group.iter().map(|(_, rewards)| rewards[0] / largest).sum::<f64>() / n;
            let steps = group.iter().flat_map(|(_, rewards)| rewards);
            want.extend(steps.map(|reward| n / (n - 1.0) * (reward / largest - mean)));
        }
        close(&case.istar(ImplicitSteps::released_code()), &want)?;
    }

    #[test]
    fn equal_step_rewards_leave_the_episode_part_and_every_group_is_counted(
        responses in responses(),
        reward in -2.0..2.0_f64,
    ) {
        let mut case = Case::new(&responses);
        case.rewards.fill(reward);
        for (first_step_statistics, leave_one_out, batch_norm) in
            [(false, false, false), (false, true, false), (true, false, false), (true, true, true)]
        {
            let compat = StepCompat { first_step_statistics, leave_one_out, batch_norm };
            let rule = ImplicitSteps { compat, ..ImplicitSteps::default() };
            let mut out = vec![f64::NAN; case.rewards.len()];
            let report = rule.assign(&case.steps(), &mut out).expect("valid");
            prop_assert_eq!(report.step.zero_range, case.groups.len());
            prop_assert_eq!(report.step.dropped, 0);
            prop_assert_eq!(out, case.spread(&apply_groups(rule.episode, &case.groups, &case.outcomes)));
        }
    }

    #[test]
    fn dividing_by_the_largest_step_reward_matters_only_where_nothing_else_divides(responses in responses()) {
        let mut case = Case::new(&responses);
        case.outcomes.fill(0.0);
        let exact = Normalize { centre: Centre::Mean, scale: Scale::Std { ddof: 1, epsilon: 0.0 } };
        let with = |compat| case.istar(ImplicitSteps { compat, step: exact, ..ImplicitSteps::default() });
        let (paper, scaled) =
            (StepCompat::default(), StepCompat { batch_norm: true, ..StepCompat::default() });
        close(&with(scaled), &with(paper))?;
        let alone = StepCompat { leave_one_out: true, ..paper };
        let largest = case.rewards.iter().fold(0.0, |most: f64, reward| most.max(reward.abs())) + 1e-6;
        let want: Vec<f64> = with(alone).iter().map(|a| a / largest).collect();
        close(&with(StepCompat { batch_norm: true, ..alone }), &want)?;
    }
}

#[test]
fn bad_batches_of_prime_are_refused() {
    let (rows, outcomes) = (Rows::ragged(&[1, 1]), [1.0, 0.0]);
    let alone = Groups::from_sizes(&[1, 1]);
    let batch = |groups, tokens| ProcessBatch {
        groups,
        tokens,
        outcomes: &outcomes,
        rewards: &[0.0; 2],
        known: None,
    };
    let error = Prime::paper().assign(&batch(&alone, &rows), &mut [0.0; 2]).expect_err("K = 1");
    assert!(matches!(error, CreditError::TooFew { what: "leave-one-out", needed: 2, found: 1 }));
    let pair = Groups::from_sizes(&[2]);
    let empty = Rows::ragged(&[2, 0]);
    let error = Prime::paper().assign(&batch(&pair, &empty), &mut [0.0; 2]);
    assert!(matches!(error, Err(CreditError::Empty { .. })), "a response without tokens");
    let nan = ProcessBatch { rewards: &[0.0, f64::NAN], ..batch(&pair, &rows) };
    let error = Prime::paper().assign(&nan, &mut [0.0; 2]).expect_err("not finite");
    assert!(matches!(error, CreditError::NotFinite { what: "rewards", index: 1, .. }));
    let rule = Prime { gamma: 2.0, ..Prime::paper() };
    assert!(rule.assign(&batch(&pair, &rows), &mut [0.0; 2]).is_err());
}

/// By hand after the released code (`CharacterRL-iStar/istar/core_istar.py`, `step_rloo_reward`): a row's score is
/// `x n/(n−1) − mean n/(n−1)`, with `n` and the mean of the rows that are first of their trajectory.
#[test]
fn the_step_part_of_the_released_code_is_that_of_a_case_by_hand() {
    let compat = StepCompat { batch_norm: false, ..ImplicitSteps::released_code().compat };
    let rule = ImplicitSteps { compat, ..ImplicitSteps::released_code() };
    let case = Case::new(&vec![vec![(1.0, vec![1.0, 3.0]), (0.0, vec![0.0])]]);
    assert_eq!(case.istar(rule), [1.0 + 1.0, 1.0 + 5.0, -1.0 - 1.0]);
    // First steps that are equal silence themselves, not the steps after them.
    let case = Case::new(&vec![vec![(1.0, vec![1.0, 3.0]), (0.0, vec![1.0])]]);
    assert_eq!(case.istar(rule), [1.0, 1.0 + 4.0, -1.0]);
}

#[test]
fn one_known_first_step_has_nothing_to_be_set_against_and_its_group_is_counted() {
    let case = Case::new(&vec![vec![(1.0, vec![2.0, 5.0]), (0.0, vec![1.0])], vec![(1.0, vec![4.0])]]);
    let batch = StepBatch { known: Some(&[true, true, false, true]), ..case.steps() };
    for leave_one_out in [false, true] {
        let compat = StepCompat { first_step_statistics: true, leave_one_out, batch_norm: false };
        let mut out = [f64::NAN; 4];
        let rule = ImplicitSteps { episode: Normalize::rloo(), compat, ..ImplicitSteps::default() };
        let report = rule.assign(&batch, &mut out).expect("valid");
        assert_eq!((report.step.groups, report.step.dropped, report.step.zero_range), (2, 2, 0));
        assert_eq!(out, [1.0, 1.0, -1.0, 0.0]);
    }
}

#[test]
fn steps_without_a_reward_get_the_episode_part_and_are_counted() {
    let case = Case::new(&vec![vec![(1.0, vec![2.0, 0.0]), (0.0, vec![1.0])]]);
    let known = [true, false, true];
    let batch = StepBatch { known: Some(&known), rewards: &[2.0, f64::NAN, 1.0], ..case.steps() };
    let mut out = [0.0; 3];
    let rule =
        ImplicitSteps { episode: Normalize::rloo(), step: Normalize::dr_grpo(), ..ImplicitSteps::default() };
    let report = rule.assign(&batch, &mut out).expect("an unknown reward is not read");
    assert_eq!((report.unknown, out), (1, [1.5, 1.0, -1.5]));
    assert_eq!(case.sizes, [2]);
}
