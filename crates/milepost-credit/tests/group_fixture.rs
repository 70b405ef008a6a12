//! Group advantages against recorded verl.

mod common;

use common::{flags, group_names, matrix, scalar, where_true};
use milepost_credit::{
    Channel, Groups, Normalize, Pooling, PositionIndex, Rows, Scale, Singleton, TokenBatch, gpg_advantages,
    normalize_then_sum, opo_advantages, optimal_token_baseline, pass_at_k_advantages, reinforce_pp,
    reinforce_pp_baseline, remax_advantages, whiten,
};
use milepost_testkit::golden::{Case, Golden, Section, Tolerance, numbers};

/// Whitening epsilon of the recorded package.
const WHITEN: f64 = 1e-8;

/// What a recorded batch becomes here.
struct Batch {
    groups: Groups,
    rows: Rows,
    rewards: Vec<f64>,
    mask: Vec<bool>,
    scores: Vec<f64>,
}

impl Batch {
    fn of(case: &Case) -> Self {
        let rewards = matrix(&case.inputs["token_level_rewards"]);
        let rows = Rows::padded(rewards.shape[0], rewards.shape[1]);
        let mut scores = vec![0.0; rows.len()];
        rows.sums(&rewards.data, None, &mut scores).expect("recorded input");
        Self {
            groups: if case.inputs.contains_key("group") {
                Groups::from_keys(&group_names(case))
            } else {
                Groups::from_sizes(&vec![1; rows.len()])
            },
            mask: flags(&case.inputs["response_mask"]),
            rewards: rewards.data,
            rows,
            scores,
        }
    }

    fn lengths(&self) -> Vec<usize> {
        self.rows.iter().map(|row| row.filter(|&position| self.mask[position]).count()).collect()
    }

    /// Copies one value per row to the tokens.
    fn tokens(&self, per_row: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.rows.entries()];
        self.rows.broadcast(per_row, Some(&self.mask), &mut out).expect("one value per row");
        out
    }
}

fn section(name: &str, mut test: impl FnMut(&Case, &Batch, Tolerance)) {
    let golden = Golden::read("group_advantages.json").expect("golden file");
    let section: &Section = golden.section(name);
    assert!(!section.cases.is_empty(), "{name} has cases");
    for case in &section.cases {
        test(case, &Batch::of(case), section.tolerance.f64);
    }
}

fn check(case: &Case, tolerance: Tolerance, name: &str, got: &[f64]) {
    tolerance.check(&format!("{} {name}", case.name), got, &numbers(&case.outputs[name]));
}

/// The recorded rule for pools of one.
const RAW: Pooling<'static> = Pooling { valid: None, singleton: Singleton::Raw };

fn check_normalized(name: &str, rule: Normalize, pooling: Pooling<'_>) {
    section(name, |case, batch, tolerance| {
        let mut per_row = vec![0.0; batch.scores.len()];
        rule.apply_groups_with(&batch.groups, pooling, &batch.scores, &mut per_row).expect("recorded input");
        check(case, tolerance, "advantages", &batch.tokens(&per_row));
    });
}

#[test]
fn fixture_verl_grpo() {
    check_normalized("verl_grpo", Normalize::grpo(), RAW);
}

#[test]
fn fixture_verl_grpo_vectorized() {
    check_normalized("verl_grpo_vectorized", Normalize::grpo(), RAW);
}

#[test]
fn fixture_verl_grpo_no_std() {
    check_normalized("verl_grpo_no_std", Normalize::dr_grpo(), RAW);
}

#[test]
fn fixture_verl_rloo() {
    check_normalized("verl_rloo", Normalize::rloo(), RAW);
}

#[test]
fn fixture_verl_rloo_vectorized_drops_pools_of_one_as_we_do() {
    check_normalized("verl_rloo_vectorized", Normalize::rloo(), Pooling::default());
}

#[test]
fn fixture_equal_groups_that_float32_gets_wrong_are_exactly_zero() {
    let golden = Golden::read("group_advantages.json").expect("golden file");
    for case in &golden.section("verl_grpo_float32_equal_group").cases {
        let scores = vec![scalar(case, "reward_of_every_member"); scalar(case, "n") as usize];
        let mut out = vec![1.0; scores.len()];
        let report = Normalize::grpo().apply(&scores, &mut out).expect("finite");
        assert!(report.zero_range);
        assert_eq!(out, vec![0.0; scores.len()], "{}", case.name);
    }
}

#[test]
fn fixture_verl_opo() {
    section("verl_opo", |case, batch, tolerance| {
        let mut per_row = vec![0.0; batch.scores.len()];
        opo_advantages(&batch.groups, &batch.scores, &batch.lengths(), Singleton::Raw, &mut per_row)
            .expect("recorded input");
        check(case, tolerance, "advantages", &batch.tokens(&per_row));
    });
}

#[test]
fn fixture_verl_gpg() {
    section("verl_gpg", |case, batch, tolerance| {
        let mut per_row = vec![0.0; batch.scores.len()];
        gpg_advantages(&batch.groups, &batch.scores, Singleton::Raw, &mut per_row).expect("recorded input");
        check(case, tolerance, "advantages", &batch.tokens(&per_row));
    });
}

#[test]
fn fixture_verl_grpo_passk() {
    section("verl_grpo_passk", |case, batch, tolerance| {
        let by_std = case.inputs["norm_by_std"].as_bool().expect("a flag");
        let scale = if by_std { Scale::Std { ddof: 1, epsilon: 1e-6 } } else { Scale::None };
        let mut per_row = vec![0.0; batch.scores.len()];
        pass_at_k_advantages(&batch.groups, scale, &batch.scores, &mut per_row).expect("recorded input");
        check(case, tolerance, "advantages", &batch.tokens(&per_row));
    });
}

#[test]
fn fixture_verl_reinforce_pp_baseline() {
    section("verl_reinforce_pp_baseline", |case, batch, tolerance| {
        let mut advantages = vec![0.0; batch.mask.len()];
        let Batch { groups, rows, mask, scores, .. } = batch;
        reinforce_pp_baseline(groups, rows, scores, mask, Singleton::Raw, WHITEN, &mut advantages)
            .expect("recorded input");
        check(case, tolerance, "advantages", &advantages);
    });
}

#[test]
fn fixture_verl_reinforce_pp() {
    section("verl_reinforce_pp", |case, batch, tolerance| {
        let (mut advantages, mut returns) = (vec![0.0; batch.mask.len()], vec![0.0; batch.mask.len()]);
        let gamma = scalar(case, "gamma");
        let Batch { rows, rewards, mask, .. } = batch;
        reinforce_pp(rows, rewards, mask, gamma, WHITEN, &mut advantages, &mut returns)
            .expect("recorded input");
        check(case, tolerance, "advantages", &advantages);
        check(case, tolerance, "returns", &returns);
    });
}

#[test]
fn fixture_verl_remax_where_the_policy_acted() {
    section("verl_remax", |case, batch, tolerance| {
        let (mut advantages, mut returns) = (vec![0.0; batch.mask.len()], vec![0.0; batch.mask.len()]);
        let baselines = numbers(&case.inputs["reward_baselines"]);
        let Batch { rows, rewards, mask, .. } = batch;
        remax_advantages(rows, rewards, mask, &baselines, &mut advantages, &mut returns)
            .expect("recorded input");
        for (name, got) in [("advantages", &advantages), ("returns", &returns)] {
            let want = where_true(&numbers(&case.outputs[name]), mask);
            tolerance.check(&format!("{} {name}", case.name), &where_true(got, mask), &want);
        }
    });
}

fn check_gdpo(case: &Case, batch: &Batch, channels: &[Channel<'_>], tolerance: Tolerance) {
    let mut per_row = vec![0.0; batch.groups.entries()];
    normalize_then_sum(&Normalize::grpo(), &batch.groups, channels, RAW, &mut per_row)
        .expect("recorded input");
    let mut advantages = batch.tokens(&per_row);
    whiten(&mut advantages, Some(&batch.mask), WHITEN).expect("several tokens");
    check(case, tolerance, "advantages", &advantages);
}

#[test]
fn fixture_verl_gdpo_fallback() {
    section("verl_gdpo_fallback", |case, batch, tolerance| {
        let channel = Channel { scores: &batch.scores, valid: None, weight: 1.0 };
        check_gdpo(case, batch, &[channel], tolerance);
    });
}

#[test]
fn fixture_verl_gdpo() {
    let golden = Golden::read("group_advantages.json").expect("golden file");
    let section = golden.section("verl_gdpo");
    for case in &section.cases {
        let mask = matrix(&case.inputs["response_mask"]);
        let batch = Batch {
            groups: Groups::from_keys(&group_names(case)),
            rows: Rows::padded(mask.shape[0], mask.shape[1]),
            rewards: Vec::new(),
            mask: flags(&case.inputs["response_mask"]),
            scores: Vec::new(),
        };
        let weights = numbers(&case.inputs["weights"]);
        let scores = [numbers(&case.inputs["accuracy"]), numbers(&case.inputs["format"])];
        let channels: Vec<_> = scores
            .iter()
            .zip(&weights)
            .map(|(scores, &weight)| Channel { scores, valid: None, weight })
            .collect();
        check_gdpo(case, &batch, &channels, section.tolerance.f64);
    }
}

fn check_token_baseline(name: &str, index: PositionIndex) {
    section(name, |case, batch, tolerance| {
        let (log_probs, squares) =
            (numbers(&case.inputs["old_log_probs"]), numbers(&case.inputs["sum_pi_squared"]));
        let tokens = TokenBatch {
            groups: &batch.groups,
            tokens: &batch.rows,
            rewards: &batch.rewards,
            mask: &batch.mask,
            log_probs: &log_probs,
            sum_pi_squared: &squares,
        };
        let (mut advantages, mut returns) = (vec![0.0; batch.mask.len()], vec![0.0; batch.mask.len()]);
        optimal_token_baseline(&tokens, index, 1e-8, &mut advantages, &mut returns).expect("recorded input");
        check(case, tolerance, "advantages", &advantages);
        check(case, tolerance, "returns", &returns);
    });
}

#[test]
fn fixture_verl_optimal_token_baseline() {
    check_token_baseline("verl_optimal_token_baseline", PositionIndex::Column);
}

#[test]
fn fixture_verl_tir_optimal_token_baseline() {
    check_token_baseline("verl_tir_optimal_token_baseline", PositionIndex::PolicyToken);
}
