//! Several reward functions, some of which abstain, against recorded TRL.

mod common;

use common::{matrix, scalar, word};
use milepost_credit::{
    Centre, Channel, Groups, Normalize, Pooling, Scale, Whitening, normalize_then_sum, scale_by_batch,
    sum_channels, whiten_with,
};
use milepost_testkit::golden::{Case, Golden, numbers};

const EPSILON: f64 = 1e-4;

/// Reward functions as channels: scores and which of them exist.
struct Rewards {
    groups: Groups,
    columns: Vec<(Vec<f64>, Vec<bool>)>,
    weights: Vec<f64>,
}

impl Rewards {
    fn of(case: &Case) -> Self {
        let rewards = matrix(&case.inputs["rewards"]);
        let size = scalar(case, "num_generations") as usize;
        Self {
            groups: Groups::from_sizes(&vec![size; rewards.shape[0] / size]),
            columns: common::columns(&rewards)
                .into_iter()
                .map(|scores| {
                    let valid = scores.iter().map(|score| !score.is_nan()).collect();
                    (scores, valid)
                })
                .collect(),
            weights: numbers(&case.inputs["weights"]),
        }
    }

    fn channels(&self) -> Vec<Channel<'_>> {
        let weights = self.weights.iter();
        let columns = self.columns.iter().zip(weights);
        columns.map(|((scores, valid), &weight)| Channel { scores, valid: Some(valid), weight }).collect()
    }

    fn sums(&self) -> (Vec<f64>, Vec<bool>) {
        let mut scores = vec![0.0; self.groups.entries()];
        let mut valid = vec![false; scores.len()];
        sum_channels(&self.channels(), &mut scores, &mut valid).expect("recorded input");
        (scores, valid)
    }
}

#[test]
fn fixture_trl_grpo() {
    let golden = Golden::read("group_advantages.json").expect("golden file");
    let section = golden.section("trl_grpo");
    let by_group = Scale::Std { ddof: 1, epsilon: EPSILON };
    for case in &section.cases {
        let rewards = Rewards::of(case);
        let (scores, valid) = rewards.sums();
        let pooling = Pooling { valid: Some(&valid), ..Pooling::default() };
        let mut out = vec![0.0; scores.len()];
        if word(case, "aggregation") == "normalize_then_sum" {
            let rule = Normalize { centre: Centre::Mean, scale: by_group };
            let default = Pooling::default();
            normalize_then_sum(&rule, &rewards.groups, &rewards.channels(), default, &mut out)
                .expect("recorded input");
            whiten_with(Whitening::OutsideRoot, &mut out, Some(&valid), EPSILON).expect("several rows");
        } else {
            let scaling = word(case, "scale_rewards");
            let scale = if scaling == "group" { by_group } else { Scale::None };
            let rule = Normalize { centre: Centre::Mean, scale };
            rule.apply_groups_with(&rewards.groups, pooling, &scores, &mut out).expect("recorded input");
            if scaling == "batch" {
                scale_by_batch(&scores, Some(&valid), 1, EPSILON, &mut out).expect("several rows");
            }
        }
        section.tolerance.f64.check(&case.name, &out, &numbers(&case.outputs["advantages"]));
    }
}

#[test]
fn fixture_trl_rloo() {
    let golden = Golden::read("group_advantages.json").expect("golden file");
    let section = golden.section("trl_rloo");
    for case in &section.cases {
        let rewards = Rewards::of(case);
        let (scores, valid) = rewards.sums();
        let pooling = Pooling { valid: Some(&valid), ..Pooling::default() };
        let mut out = vec![0.0; scores.len()];
        Normalize::rloo()
            .apply_groups_with(&rewards.groups, pooling, &scores, &mut out)
            .expect("recorded input");
        if case.inputs["normalize_advantages"].as_bool().expect("a flag") {
            whiten_with(Whitening::OutsideRoot, &mut out, Some(&valid), EPSILON).expect("several rows");
        }
        section.tolerance.f64.check(&case.name, &out, &numbers(&case.outputs["advantages"]));
    }
}
