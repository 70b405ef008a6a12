//! Preference objectives against recorded TRL, OpenRLHF and torch.

mod common;

use common::{expect, flag, flags, for_every_section, given, list, matrix, padded, scalar, word};
use milepost_objectives::{
    BradleyTerry, Divergence, MarginLoss, PairBatch, PreferenceLoss, PreferenceObjective, RewardPairs,
    SequenceLogProb, plackett_luce,
};
use milepost_testkit::golden::{Case, Section, number, numbers};

#[test]
fn fixture_every_section_of_preferences() {
    for_every_section(
        "preferences.json",
        &[
            ("trl_dpo", trl_dpo),
            ("trl_dpo_alpha_divergence_f32", trl_dpo),
            ("openrlhf_dpo", openrlhf_dpo),
            ("trl_reward_model", trl_reward_model),
            ("openrlhf_reward_model", openrlhf_reward_model),
            ("torch_bradley_terry_soft", soft_bradley_terry),
            ("torch_plackett_luce", ranking),
        ],
    );
}

fn divergence(case: &Case) -> Divergence {
    match word(case, "f_divergence") {
        "reverse_kl" => Divergence::ReverseKl {},
        "forward_kl" => Divergence::ForwardKl {},
        "js_divergence" => Divergence::JensenShannon {},
        "alpha_divergence" => Divergence::Alpha { alpha: scalar(case, "f_alpha_divergence_coef") },
        other => panic!("no divergence is called {other}"),
    }
}

fn trl_loss(case: &Case) -> PreferenceLoss {
    let (smoothing, divergence) = (scalar(case, "label_smoothing"), divergence(case));
    let margin = |loss| PreferenceLoss::Margin { loss, divergence };
    let per_token = |loss| PreferenceLoss::LengthNormalizedMargin { loss, divergence };
    match word(case, "loss_type") {
        // Label smoothing has no effect on these in this TRL.
        "sigmoid" => margin(MarginLoss::Logistic { smoothing: 0.0 }),
        "sigmoid_norm" => per_token(MarginLoss::Logistic { smoothing: 0.0 }),
        "hinge" => margin(MarginLoss::Hinge {}),
        "ipo" => per_token(MarginLoss::SquaredError {}),
        "robust" => margin(MarginLoss::Robust { smoothing }),
        "exo_pair" => margin(MarginLoss::Exo { smoothing }),
        "discopop" => {
            margin(MarginLoss::Discopop { temperature: given(case, "discopop_tau").unwrap_or(0.05) })
        }
        "nca_pair" => PreferenceLoss::Nca {},
        "bco_pair" => PreferenceLoss::Bco {},
        "sppo_hard" => PreferenceLoss::SppoHard {},
        "aot" => PreferenceLoss::Aot { smoothing },
        "aot_unpaired" => PreferenceLoss::AotUnpaired { smoothing },
        "apo_zero" => PreferenceLoss::ApoZero {},
        "apo_down" => PreferenceLoss::ApoDown {},
        "sft" => PreferenceLoss::Sft {},
        other => panic!("no loss is called {other}"),
    }
}

fn trl_dpo(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let log_probs = matrix(case, "per_token_logps");
    let (rows, width) = (padded(&log_probs), log_probs.shape[1]);
    // A log-probability predicts the next token: the mask is shifted by one for the tokens, not for the lengths.
    let completion = flags(&case.inputs["completion_mask"]);
    let shifted: Vec<bool> = completion.chunks(width + 1).flat_map(|row| row[1..].to_vec()).collect();
    let count = |row: &[bool]| row.iter().filter(|set| **set).count();
    let shifted_lengths: Vec<usize> = shifted.chunks(width).map(count).collect();
    let pairs = log_probs.shape[0] / 2;

    let loss = trl_loss(case);
    let lengths: Vec<usize> = match loss {
        PreferenceLoss::Sft {} => shifted_lengths.clone(),
        _ => completion.chunks(width + 1).map(|row| count(row).max(1)).collect(),
    };
    // Only two variants read the mask; elsewhere the zeros outside of the completion are added as they are.
    let masked = || SequenceLogProb::sum(&rows, Some(&shifted)).expect("tokens in every row");
    let sequence = match given(case, "ld_alpha") {
        Some(alpha) => {
            let (w, l) = shifted_lengths.split_at(pairs);
            let partners = [l, w].concat();
            SequenceLogProb::length_desensitized(&rows, Some(&shifted), &partners, alpha).expect("valid")
        }
        None if loss == PreferenceLoss::Sft {} => masked(),
        None => SequenceLogProb::sum(&rows, None).expect("tokens in every row"),
    };
    let policy = sequence.values(&log_probs.data).expect("recorded input");
    let reference = sequence.values(&list(case, "ref_per_token_logps")).expect("recorded input");
    let ((chosen, rejected), (ref_chosen, ref_rejected)) =
        (policy.split_at(pairs), reference.split_at(pairs));
    // What was recorded under these names is the plain sum, also where the loss counts the tail less.
    let plain = SequenceLogProb::sum(&rows, None).and_then(|sum| sum.values(&log_probs.data)).expect("valid");
    expect(tolerance, case, "chosen_logps", &plain[..pairs]);
    expect(tolerance, case, "rejected_logps", &plain[pairs..]);

    let weights = case.inputs.get("log_sum_sq_probs").map(|base| {
        let weights = masked().on_policy_weights(&log_probs.data, &numbers(base)).expect("recorded input");
        (0..pairs).map(|pair| weights[pair] * weights[pair + pairs]).collect::<Vec<f64>>()
    });
    let batch = PairBatch {
        weights: weights.as_deref(),
        ..PairBatch::new(chosen, rejected)
            .with_reference(ref_chosen, ref_rejected)
            .with_lengths(&lengths[..pairs], &lengths[pairs..])
    };
    let objective = PreferenceObjective { loss, beta: scalar(case, "beta") };
    let mut by_sequence = vec![f64::NAN; 2 * pairs];
    let (by_chosen, by_rejected) = by_sequence.split_at_mut(pairs);
    let report = objective.evaluate(&batch, None, by_chosen, by_rejected).expect("recorded input");
    let mut gradient = vec![f64::NAN; rows.entries()];
    sequence.pull_back(&by_sequence, &mut gradient).expect("lengths fit");

    expect(tolerance, case, "loss", &[report.loss]);
    let mut want = numbers(&case.outputs["grad_per_token_logps"]);
    if given(case, "ld_alpha").is_some() {
        // TRL's running count also weighs positions after the completion, whose log-probability is a constant 0.
        want.iter_mut().zip(&shifted).filter(|(_, inside)| !**inside).for_each(|(want, _)| *want = 0.0);
    }
    tolerance.check(&format!("{} gradient", case.name), &gradient, &want);
    let known = [
        ("rewards/chosen", report.chosen_reward()),
        ("rewards/rejected", report.rejected_reward()),
        ("rewards/accuracies", report.accuracy()),
        ("rewards/margins", report.margin()),
    ];
    for (name, want) in case.outputs["metrics"].as_object().expect("named metrics") {
        let (_, got) =
            known.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no rule for {name}"));
        tolerance.check(&format!("{} {name}", case.name), &[*got], &[number(want)]);
    }
}

fn openrlhf_dpo(section: &Section, case: &Case) {
    let tolerance = section.tolerance.f64;
    let [chosen, rejected, ref_chosen, ref_rejected] =
        ["policy_chosen", "policy_rejected", "reference_chosen", "reference_rejected"]
            .map(|name| list(case, &format!("{name}_logps")));
    let loss = if flag(case, "ipo") {
        PreferenceLoss::ipo()
    } else {
        PreferenceLoss::conservative_dpo(scalar(case, "label_smoothing"))
    };
    let beta = scalar(case, "beta");
    let batch = PairBatch::new(&chosen, &rejected).with_reference(&ref_chosen, &ref_rejected);
    let (mut by_chosen, mut by_rejected) = (vec![0.0; chosen.len()], vec![0.0; chosen.len()]);
    let report = PreferenceObjective { loss, beta }
        .evaluate(&batch, None, &mut by_chosen, &mut by_rejected)
        .expect("recorded input");
    expect(tolerance, case, "loss", &[report.loss]);
    expect(tolerance, case, "grad_chosen", &by_chosen);
    expect(tolerance, case, "grad_rejected", &by_rejected);
    let mean = |name: &str| numbers(&case.outputs[name]).iter().sum::<f64>() / chosen.len() as f64;
    let rewards = [mean("chosen_rewards"), mean("rejected_rewards")];
    tolerance.check(&case.name, &[report.chosen_reward(), report.rejected_reward()], &rewards);
}

fn trl_reward_model(section: &Section, case: &Case) {
    let margins = case.inputs.get("margin").filter(|m| !m.is_null()).map(numbers);
    let model = BradleyTerry { centering: given(case, "center_rewards_coefficient") };
    let (chosen, rejected) = (list(case, "rewards_chosen"), list(case, "rewards_rejected"));
    let pairs = RewardPairs { margins: margins.as_deref(), ..RewardPairs::new(&chosen, &rejected) };
    check_comparison(section, case, model, &pairs, ["grad_chosen", "grad_rejected"]);
}

fn openrlhf_reward_model(section: &Section, case: &Case) {
    let margins = case.inputs.get("margin").filter(|m| !m.is_null()).map(numbers);
    let (chosen, rejected) = (list(case, "chosen_reward"), list(case, "reject_reward"));
    if case.outputs.contains_key("losses") {
        return elementwise(section, case, &chosen, &rejected);
    }
    let pairs = RewardPairs { margins: margins.as_deref(), ..RewardPairs::new(&chosen, &rejected) };
    check_comparison(section, case, BradleyTerry::default(), &pairs, ["grad_chosen", "grad_rejected"]);
}

/// Each pair on its own.
fn elementwise(section: &Section, case: &Case, chosen: &[f64], rejected: &[f64]) {
    let (mut losses, mut gradient) = (Vec::new(), Vec::new());
    for (chosen, rejected) in chosen.chunks(1).zip(rejected.chunks(1)) {
        let (mut by_chosen, mut by_rejected) = ([0.0], [0.0]);
        let report = BradleyTerry::default()
            .evaluate(&RewardPairs::new(chosen, rejected), None, &mut by_chosen, &mut by_rejected)
            .expect("recorded input");
        losses.push(report.loss);
        gradient.push(by_chosen[0]);
    }
    expect(section.tolerance.f64, case, "losses", &losses);
    expect(section.tolerance.f64, case, "grad_chosen_of_sum", &gradient);
}

fn soft_bradley_terry(section: &Section, case: &Case) {
    let (first, second) = (list(case, "reward_a"), list(case, "reward_b"));
    let probabilities = list(case, "p_a_better");
    let pairs = RewardPairs { probabilities: Some(&probabilities), ..RewardPairs::new(&first, &second) };
    check_comparison(section, case, BradleyTerry::default(), &pairs, ["grad_a", "grad_b"]);
}

fn check_comparison(
    section: &Section,
    case: &Case,
    model: BradleyTerry,
    pairs: &RewardPairs<'_>,
    gradients: [&str; 2],
) {
    let tolerance = section.tolerance.f64;
    let (mut by_chosen, mut by_rejected) = (vec![0.0; pairs.chosen.len()], vec![0.0; pairs.chosen.len()]);
    let report = model.evaluate(pairs, None, &mut by_chosen, &mut by_rejected).expect("recorded input");
    expect(tolerance, case, "loss", &[report.loss]);
    expect(tolerance, case, gradients[0], &by_chosen);
    expect(tolerance, case, gradients[1], &by_rejected);
    if let Some(accuracy) = case.outputs.get("accuracy") {
        // Recorded as a float32.
        assert!((report.accuracy() - number(accuracy)).abs() < 1e-7, "{} accuracy", case.name);
    }
}

fn ranking(section: &Section, case: &Case) {
    let rewards = matrix(case, "rewards");
    let rankings: Vec<usize> = list(case, "ranking_best_first").iter().map(|&item| item as usize).collect();
    let (mut losses, mut gradient) = (vec![0.0; rewards.shape[0]], vec![0.0; rewards.data.len()]);
    plackett_luce(&rewards.data, &rankings, rewards.shape[1], &mut losses, &mut gradient).expect("recorded");
    expect(section.tolerance.f64, case, "nll_per_row", &losses);
    expect(section.tolerance.f64, case, "grad_rewards_of_mean", &gradient);
}
