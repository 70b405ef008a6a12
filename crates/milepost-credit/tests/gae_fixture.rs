//! GAE against recorded Stable-Baselines3, verl and OpenRLHF.

mod common;

use common::{columns, flags, matrix, scalar};
use milepost_credit::{Gae, Rows, StepEnd, reward_to_go, whiten};
use milepost_testkit::golden::{Case, Golden};

fn gae_of(case: &Case) -> Gae {
    Gae { gamma: scalar(case, "gamma"), lambda: scalar(case, "lambda") }
}

/// Ends of each step from the starts of the following observation and the final flags of the buffer.
fn ends(case: &Case, truncation: impl Fn(usize, usize) -> Option<f64>) -> Vec<Vec<StepEnd>> {
    let starts = columns(&matrix(&case.inputs["episode_starts"]));
    let last = flags(&case.inputs["last_dones"]);
    starts
        .iter()
        .enumerate()
        .map(|(env, starts)| {
            (0..starts.len())
                .map(|t| {
                    let ended = starts.get(t + 1).map_or(last[env], |&start| start == 1.0);
                    match (ended, truncation(t, env)) {
                        (false, _) => StepEnd::Continues,
                        (true, None) => StepEnd::Terminated,
                        (true, Some(value)) => StepEnd::Truncated(value),
                    }
                })
                .collect()
        })
        .collect()
}

fn check_rollout(section: &str, case: &Case, rewards: &str, ends: &[Vec<StepEnd>]) {
    let golden = Golden::read("gae.json").expect("golden file");
    let tolerance = golden.section(section).tolerance.f64;
    let (rewards, values) =
        (columns(&matrix(&case.inputs[rewards])), columns(&matrix(&case.inputs["values"])));
    let (advantages, returns) =
        (columns(&matrix(&case.outputs["advantages"])), columns(&matrix(&case.outputs["returns"])));
    let last_values = common::list(case, "last_values");
    for env in 0..rewards.len() {
        let (mut a, mut r) = (vec![0.0; rewards[env].len()], vec![0.0; rewards[env].len()]);
        gae_of(case)
            .assign_rollout(&rewards[env], &values[env], &ends[env], last_values[env], &mut a, &mut r)
            .expect("recorded input");
        tolerance.check(&format!("{} env {env} advantages", case.name), &a, &advantages[env]);
        tolerance.check(&format!("{} env {env} returns", case.name), &r, &returns[env]);
    }
}

#[test]
fn fixture_sb3_rollout_buffer() {
    let golden = Golden::read("gae.json").expect("golden file");
    for case in &golden.section("sb3_rollout_buffer").cases {
        check_rollout("sb3_rollout_buffer", case, "rewards", &ends(case, |_, _| None));
    }
}

#[test]
fn fixture_sb3_truncation_bootstrap() {
    let golden = Golden::read("gae.json").expect("golden file");
    for case in &golden.section("sb3_truncation_bootstrap").cases {
        let terminated = columns(&matrix(&case.inputs["terminated"]));
        let truncated = columns(&matrix(&case.inputs["truncated"]));
        let finals = columns(&matrix(&case.inputs["value_of_final_observation"]));
        let ends = ends(case, |t, env| {
            (truncated[env][t] == 1.0 && terminated[env][t] == 0.0).then(|| finals[env][t])
        });
        check_rollout("sb3_truncation_bootstrap", case, "raw_rewards", &ends);
    }
}

#[test]
fn fixture_verl_gae() {
    let golden = Golden::read("gae.json").expect("golden file");
    let section = golden.section("verl_gae");
    let tolerance = section.tolerance.f64;
    for case in &section.cases {
        let rewards = matrix(&case.inputs["token_level_rewards"]);
        let values = matrix(&case.inputs["values"]);
        let mask = flags(&case.inputs["response_mask"]);
        let width = rewards.shape[1];
        let mut advantages = vec![0.0; mask.len()];
        let mut returns = vec![0.0; mask.len()];
        for row in 0..rewards.shape[0] {
            let at = row * width..(row + 1) * width;
            gae_of(case)
                .assign_masked(
                    &rewards.data[at.clone()],
                    &values.data[at.clone()],
                    &mask[at.clone()],
                    0.0,
                    &mut advantages[at.clone()],
                    &mut returns[at],
                )
                .expect("recorded input");
        }
        let check = |what: &str, got: &[f64]| {
            let want = matrix(&case.outputs[what]).data;
            tolerance.check(
                &format!("{} {what}", case.name),
                &common::where_true(got, &mask),
                &common::where_true(&want, &mask),
            );
        };
        check("advantages_before_whitening", &advantages);
        check("returns", &returns);
        whiten(&mut advantages, Some(&mask), 1e-8).expect("more than one token");
        check("advantages_whitened", &advantages);
    }
}

/// OpenRLHF multiplies by the mask and walks through observations, so its decay leaks across them. That is our
/// unmasked rule on masked inputs, and the difference to [`Gae::assign_masked`] is the leak.
#[test]
fn fixture_openrlhf_gae_is_the_unmasked_rule_on_masked_inputs() {
    let golden = Golden::read("gae.json").expect("golden file");
    let section = golden.section("openrlhf_gae");
    let tolerance = section.tolerance.f64;
    for case in &section.cases {
        let mask = matrix(&case.inputs["action_mask"]);
        let masked = |name: &str| -> Vec<f64> {
            matrix(&case.inputs[name]).data.iter().zip(&mask.data).map(|(x, m)| x * m).collect()
        };
        let (rewards, values) = (masked("rewards"), masked("values"));
        let mut out = [(); 3].map(|()| vec![0.0; rewards.len()]);
        let [advantages, returns, cumulative] = &mut out;
        for row in Rows::padded(mask.shape[0], mask.shape[1]).iter() {
            let (rewards, values) = (&rewards[row.clone()], &values[row.clone()]);
            let (a, r) = (&mut advantages[row.clone()], &mut returns[row.clone()]);
            gae_of(case).assign(rewards, values, 0.0, a, r).expect("recorded input");
            reward_to_go(rewards, scalar(case, "gamma"), 0.0, &mut cumulative[row]).expect("recorded input");
        }
        for (name, got) in ["advantages", "returns", "cumulative_returns"].iter().zip(&out) {
            tolerance.check(&format!("{} {name}", case.name), got, &matrix(&case.outputs[*name]).data);
        }
    }
}
