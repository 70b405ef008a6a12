//! Offline losses against recorded d3rlpy.

mod common;

use common::{Rule, expect, flags, for_every_section, list, matrix, scalar};
use milepost_objectives::offline::{
    AdvantageWeights, ConservativeLoss, Expectile, SampledActions, TargetSmoothing, Td3Bc, TdLoss,
    discrete_conservative_loss, double_q_values, min_over_critics, td_targets, weighted_cloning,
};
use milepost_testkit::golden::{Case, Section};

#[test]
fn fixture_every_section_of_offline() {
    let rules: &[Rule] = &[
        ("iql", iql),
        ("td3_plus_bc_actor", td3_plus_bc_actor),
        ("td3_target", td3_target),
        ("cql_continuous", cql_continuous),
        ("cql_discrete", cql_discrete),
    ];
    for_every_section("offline.json", rules);
}

fn iql(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let (values, next) = (list(case, "v"), list(case, "v_next"));
    let n = values.len();
    let targets =
        td_targets(&list(case, "reward"), &flags(&case.inputs["terminal"]), &next, scalar(case, "gamma"))
            .expect("recorded input");
    expect(tolerance, case, "q_target", &targets);

    let critics = matrix(case, "q").shape[0];
    let mut by_q = vec![f64::NAN; critics * n];
    let q_loss = TdLoss::Squared {}.evaluate(&list(case, "q"), &targets, critics, &mut by_q).expect("valid");
    expect(tolerance, case, "q_loss", &[q_loss]);
    expect(tolerance, case, "grad_q", &by_q);

    let target_critics = matrix(case, "target_q").shape[0];
    let best = min_over_critics(&list(case, "target_q"), target_critics).expect("recorded input");
    let mut by_v = vec![f64::NAN; n];
    let expectile = Expectile { expectile: scalar(case, "expectile") };
    let v_loss = expectile.evaluate(&values, &best, &mut by_v).expect("recorded input");
    expect(tolerance, case, "v_loss", &[v_loss]);
    expect(tolerance, case, "grad_v", &by_v);

    let advantages: Vec<f64> = best.iter().zip(&values).map(|(q, v)| q - v).collect();
    let rule = AdvantageWeights {
        inverse_temperature: scalar(case, "weight_temp"),
        cap: scalar(case, "max_weight"),
    };
    let weights = rule.weights(&advantages).expect("recorded input");
    expect(tolerance, case, "actor_weight", &weights);

    // The recorded policy is a Gaussian; its log-density is the network's part, not the loss's.
    let (actions, means) = (list(case, "action"), list(case, "policy_mean_squashed"));
    let log_std = list(case, "policy_logstd");
    let width = log_std.len();
    let z = |i: usize| (actions[i] - means[i]) / log_std[i % width].exp();
    let log_density = |i: usize| -0.5 * z(i) * z(i) - log_std[i % width] - 0.5 * std::f64::consts::TAU.ln();
    let log_probs: Vec<f64> =
        (0..n).map(|row| (0..width).map(|j| log_density(row * width + j)).sum()).collect();
    let mut by_log_prob = vec![f64::NAN; n];
    let loss = weighted_cloning(&log_probs, &weights, &mut by_log_prob).expect("recorded input");
    expect(tolerance, case, "actor_loss", &[loss]);
    let by_mean: Vec<f64> =
        (0..n * width).map(|i| by_log_prob[i / width] * z(i) / log_std[i % width].exp()).collect();
    let by_log_std: Vec<f64> = (0..n * width).map(|i| by_log_prob[i / width] * (z(i) * z(i) - 1.0)).collect();
    expect(tolerance, case, "grad_policy_mean", &by_mean);
    expect(tolerance, case, "grad_policy_logstd_per_row", &by_log_std);
}

fn td3_plus_bc_actor(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let [offset, linear, curvature, data, policy] =
        ["q_offset", "q_linear", "q_curvature", "dataset_action", "policy_action"]
            .map(|name| list(case, name));
    let width = matrix(case, "policy_action").shape[1];
    let quadratic = |i: usize| linear[i] * policy[i] - 0.5 * curvature[i] * policy[i] * policy[i];
    let values: Vec<f64> = (0..offset.len())
        .map(|row| offset[row] + (0..width).map(|j| quadratic(row * width + j)).sum::<f64>())
        .collect();
    expect(tolerance, case, "q_of_policy_action", &values);
    let (mut by_value, mut by_action) = (vec![f64::NAN; values.len()], vec![f64::NAN; policy.len()]);
    let report = Td3Bc { alpha: scalar(case, "alpha") }
        .evaluate(&values, &policy, &data, &mut by_value, &mut by_action)
        .expect("recorded input");
    expect(tolerance, case, "actor_loss", &[report.loss]);
    expect(tolerance, case, "bc_loss", &[report.cloning]);
    let slope = |i: usize| linear[i] - curvature[i] * policy[i];
    let gradient: Vec<f64> =
        (0..policy.len()).map(|i| by_action[i] + by_value[i / width] * slope(i)).collect();
    expect(tolerance, case, "grad_policy_action", &gradient);
}

fn td3_target(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let smoothing = TargetSmoothing { sigma: scalar(case, "sigma"), clip: scalar(case, "clip") };
    let actions = smoothing
        .actions(&list(case, "target_policy_action"), &list(case, "standard_normal_noise"))
        .expect("recorded input");
    expect(tolerance, case, "smoothed_action", &actions);
    let critics = matrix(case, "target_q").shape[0];
    let values = min_over_critics(&list(case, "target_q"), critics).expect("recorded input");
    expect(tolerance, case, "next_value", &values);
}

fn cql_continuous(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let [policy, next, random] =
        ["q_policy_actions", "q_next_policy_actions", "q_random_actions"].map(|name| list(case, name));
    let [policy_density, next_density] =
        ["log_prob_policy_actions", "log_prob_next_policy_actions"].map(|name| list(case, name));
    let critics = matrix(case, "q_data").shape[0];
    let random_density = vec![scalar(case, "random_log_prob"); random.len() / critics];
    let sources = [(&policy, &policy_density), (&next, &next_density), (&random, &random_density)]
        .map(|(values, log_densities)| SampledActions { values, log_densities });
    let loss = ConservativeLoss {
        weight: scalar(case, "conservative_weight"),
        threshold: scalar(case, "alpha_threshold"),
        multiplier: scalar(case, "alpha"),
    };
    let data = list(case, "q_data");
    let (mut by_source, mut by_data) = (vec![Vec::new(); 3], vec![f64::NAN; data.len()]);
    let report =
        loss.evaluate(&sources, &data, critics, &mut by_source, &mut by_data).expect("recorded input");
    expect(tolerance, case, "conservative_loss_per_critic", &report.per_critic);
    expect(tolerance, case, "scaled_sum", &[report.loss]);
    expect(tolerance, case, "grad_q_policy", &by_source[0]);
    expect(tolerance, case, "grad_q_next_policy", &by_source[1]);
    expect(tolerance, case, "grad_q_random", &by_source[2]);
    expect(tolerance, case, "grad_q_data", &by_data);
}

fn cql_discrete(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let q = matrix(case, "q");
    let [critics, n, actions] = q.shape[..] else { panic!("critics, transitions, actions") };
    let (online, target) = (list(case, "q_next_online"), list(case, "q_next_target"));
    let (best, next) = double_q_values(&online, &target, critics, actions).expect("recorded input");
    let best: Vec<f64> = best.into_iter().map(|action| action as f64).collect();
    expect(tolerance, case, "next_action", &best);
    expect(tolerance, case, "next_value", &next);

    let taken: Vec<usize> = list(case, "action").iter().map(|&action| action as usize).collect();
    let place = |index: usize| index * actions + taken[index % n];
    let values: Vec<f64> = (0..critics * n).map(|index| q.data[place(index)]).collect();
    let targets =
        td_targets(&list(case, "reward"), &flags(&case.inputs["terminal"]), &next, scalar(case, "gamma"))
            .expect("recorded input");
    let mut by_value = vec![f64::NAN; values.len()];
    let td = TdLoss::Huber { width: 1.0 }.evaluate(&values, &targets, critics, &mut by_value).expect("valid");
    expect(tolerance, case, "td_loss", &[td]);

    let alpha = scalar(case, "alpha");
    let mut gradient = vec![f64::NAN; q.data.len()];
    let gap = discrete_conservative_loss(&q.data, &taken, critics, actions, &mut gradient).expect("valid");
    expect(tolerance, case, "conservative_loss", &[gap]);
    expect(tolerance, case, "loss", &[td + alpha * gap]);
    for slope in &mut gradient {
        *slope *= alpha;
    }
    for (index, slope) in by_value.iter().enumerate() {
        gradient[place(index)] += slope;
    }
    expect(tolerance, case, "grad_q", &gradient);
}
