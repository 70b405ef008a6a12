//! Aggregation and KL estimators against recorded verl and OpenRLHF.

mod common;

use common::{flags, list, matrix, scalar, word};
use milepost_credit::{AdaptiveKl, Aggregation, BatchTotals, Kl, KlEstimator, subtract_kl};
use milepost_testkit::golden::{Golden, number, numbers};

#[test]
fn fixture_verl_agg_loss() {
    let golden = Golden::read("policy_losses.json").expect("golden file");
    let section = golden.section("verl_agg_loss");
    let tolerance = section.tolerance.f64;
    for case in &section.cases {
        let losses = matrix(&case.inputs["loss_mat"]);
        let mask = flags(&case.inputs["loss_mask"]);
        let width = losses.shape[1];
        let given = |name: &str| case.inputs.get(name).map(number);
        let aggregation = match word(case, "loss_agg_mode") {
            "token-mean" => Aggregation::TokenMean,
            "token-sum" => Aggregation::TokenSum,
            "seq-mean-token-mean" => Aggregation::SeqMeanTokenMean,
            "seq-mean-token-sum" => Aggregation::SeqMeanTokenSum,
            "seq-mean-token-sum-norm" => Aggregation::SeqMeanTokenSumNorm {
                constant: given("loss_scale_factor").unwrap_or(width as f64),
            },
            other => panic!("no mode is called {other}"),
        };
        let lengths: Vec<usize> =
            mask.chunks(width).map(|row| row.iter().filter(|policy| **policy).count()).collect();
        let local = BatchTotals::of(&lengths);
        let totals = BatchTotals {
            tokens: given("batch_num_tokens").map_or(local.tokens, |n| n as usize),
            sequences: given("global_batch_size").map_or(local.sequences, |n| n as usize),
        };
        let mut weights = vec![0.0; mask.len()];
        aggregation.mask_weights(Some(totals), &mask, width, &mut weights).expect("recorded input");
        // The recorded loss is multiplied by the number of data-parallel workers.
        let workers = given("dp_size").unwrap_or(1.0);
        for weight in &mut weights {
            *weight *= workers;
        }
        let loss: f64 = weights.iter().zip(&losses.data).map(|(weight, loss)| weight * loss).sum();
        tolerance.check(&format!("{} loss", case.name), &[loss], &[number(&case.outputs["loss"])]);
        let gradient = numbers(&case.outputs["grad_loss_mat"]);
        tolerance.check(&format!("{} gradient", case.name), &weights, &gradient);
    }
}

/// The estimator of a recorded name, and whether its gradient is that of k2.
fn estimator(kind: &str) -> (KlEstimator, bool) {
    let name = kind.trim_end_matches('+');
    let estimator = match name {
        "k1" | "kl" => KlEstimator::K1,
        "abs" => KlEstimator::Abs,
        "k2" | "mse" => KlEstimator::K2,
        "k3" | "low_var_kl" => KlEstimator::K3,
        other => panic!("no estimator is called {other}"),
    };
    (estimator, name != kind)
}

#[test]
fn fixture_verl_kl_penalty() {
    let golden = Golden::read("policy_losses.json").expect("golden file");
    let section = golden.section("verl_kl_penalty");
    for case in &section.cases {
        let (estimator, straight_through) = estimator(word(case, "kind"));
        let kl = Kl { straight_through, ..Kl::verl(estimator) };
        let (log_probs, references) = (list(case, "log_prob"), list(case, "ref_log_prob"));
        let mut values = vec![0.0; log_probs.len()];
        kl.values(&log_probs, &references, &mut values).expect("recorded input");
        let pairs = log_probs.iter().zip(&references);
        let derivatives: Vec<f64> = pairs.map(|(l, r)| kl.derivative(*l, *r)).collect();
        let tolerance = section.tolerance.f64;
        tolerance.check(&format!("{} value", case.name), &values, &numbers(&case.outputs["kl"]));
        let gradient = numbers(&case.outputs["grad_log_prob_of_sum"]);
        tolerance.check(&format!("{} gradient", case.name), &derivatives, &gradient);
    }
}

#[test]
fn fixture_openrlhf_approx_kl() {
    let golden = Golden::read("policy_losses.json").expect("golden file");
    let section = golden.section("openrlhf_approx_kl");
    for case in &section.cases {
        let kl = Kl::openrlhf(estimator(word(case, "kind")).0);
        let (log_probs, references) = (list(case, "log_prob"), list(case, "ref_log_prob"));
        let mut values = vec![0.0; log_probs.len()];
        kl.values(&log_probs, &references, &mut values).expect("recorded input");
        let tolerance = section.tolerance.f64;
        tolerance.check(&format!("{} value", case.name), &values, &numbers(&case.outputs["kl"]));
        let importance = case.inputs["unbiased_gradient"].as_bool().expect("a flag");
        let old = list(case, "old_log_prob");
        let derivatives: Vec<f64> = (0..log_probs.len())
            .map(|at| {
                if importance {
                    kl.importance_weighted_derivative(log_probs[at], old[at], references[at])
                } else {
                    kl.derivative(log_probs[at], references[at])
                }
            })
            .collect();
        let gradient = numbers(&case.outputs["grad_log_prob_of_sum"]);
        tolerance.check(&format!("{} gradient", case.name), &derivatives, &gradient);
    }
}

#[test]
fn fixture_verl_kl_in_reward() {
    let golden = Golden::read("policy_losses.json").expect("golden file");
    let section = golden.section("verl_kl_in_reward");
    for case in &section.cases {
        let mut rewards = list(case, "token_level_scores");
        let (old, reference) = (list(case, "old_log_prob"), list(case, "ref_log_prob"));
        subtract_kl(&mut rewards, &old, &reference, scalar(case, "kl_ratio")).expect("recorded input");
        section.tolerance.f64.check(&case.name, &rewards, &numbers(&case.outputs["token_level_rewards"]));
    }
}

#[test]
fn fixture_verl_adaptive_kl() {
    let golden = Golden::read("policy_losses.json").expect("golden file");
    let section = golden.section("verl_adaptive_kl");
    for case in &section.cases {
        let mut controller = AdaptiveKl {
            beta: scalar(case, "init"),
            target: scalar(case, "target"),
            horizon: scalar(case, "horizon"),
        };
        let steps = list(case, "current_kl").into_iter().zip(list(case, "n_steps"));
        let betas: Vec<f64> =
            steps.map(|(kl, n)| controller.update(kl, n as usize).expect("recorded input")).collect();
        section.tolerance.f64.check(&case.name, &betas, &numbers(&case.outputs["value_after_each"]));
    }
}
