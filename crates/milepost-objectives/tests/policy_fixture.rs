//! Policy objectives against recorded verl, OpenRLHF and TRL.

mod common;

use common::{
    aggregation, expect, flag, flags, for_every_section, given, list, matrix, padded, scalar, word,
};
use milepost_credit::{Aggregation, BatchTotals, KlEstimator, Rows};
use milepost_objectives::profiles::{openrlhf, trl, verl};
use milepost_objectives::{
    BinaryDivergence, EntropyLoss, KlBounds, KlCorrection, KlTerm, LogRatio, Outside, PolicyObjective,
    PolicyReport, RatioUnit, Reduction, Surrogate, TokenBatch, ValueBatch, ValueLoss,
};
use milepost_testkit::golden::{Case, Section, number, numbers};

#[test]
fn fixture_every_section_of_policy_losses() {
    for_every_section(
        "policy_losses.json",
        &[
            ("verl_ppo", verl_ppo),
            ("verl_ppo_clip_higher", verl_ppo),
            ("verl_gspo", verl_gspo),
            ("verl_cispo", verl_cispo),
            ("verl_gpg_loss", verl_gpg),
            ("verl_sapo", verl_sapo),
            ("verl_geo_mean", verl_geo_mean),
            ("verl_dro", verl_dro),
            ("verl_dppo_tv", verl_dppo_tv),
            ("verl_dppo_kl", verl_dppo_kl),
            ("verl_kl_cov", verl_kl_cov),
            ("verl_agg_loss", verl_agg_loss),
            ("verl_kl_penalty", verl_kl_penalty),
            ("openrlhf_approx_kl", openrlhf_approx_kl),
            ("verl_value_loss", verl_value_loss),
            ("verl_entropy", verl_entropy),
            ("openrlhf_policy_loss", openrlhf_policy_loss),
            ("trl_grpo_losses", trl_grpo_losses),
            // Rewards and a controller, not objectives: they live in, and are checked by, milepost-credit.
            ("verl_kl_in_reward", |_, _| {}),
            ("verl_adaptive_kl", |_, _| {}),
        ],
    );
}

/// The arrays of a recorded policy loss.
struct Arrays {
    rows: Rows,
    mask: Vec<bool>,
    log_probs: Vec<f64>,
    old: Vec<f64>,
    advantages: Vec<f64>,
    reference: Option<Vec<f64>>,
    correction: Option<Vec<f64>>,
}

impl Arrays {
    fn read(case: &Case, mask: &str) -> Self {
        let rows = padded(&matrix(case, "log_prob"));
        let mask = flags(&case.inputs[mask]);
        let mut advantages = list(case, "advantages");
        if advantages.len() == rows.len() {
            let mut spread = vec![0.0; rows.entries()];
            rows.broadcast(&advantages, Some(&mask), &mut spread).expect("lengths fit");
            advantages = spread;
        }
        let optional = |name: &str| case.inputs.get(name).filter(|v| !v.is_null()).map(|_| list(case, name));
        Self {
            rows,
            mask,
            log_probs: list(case, "log_prob"),
            old: list(case, "old_log_prob"),
            advantages,
            reference: optional("ref_log_prob"),
            correction: optional("rollout_is_weights"),
        }
    }

    fn batch(&self) -> TokenBatch<'_> {
        TokenBatch {
            reference: self.reference.as_deref(),
            correction: self.correction.as_deref(),
            ..TokenBatch::new(&self.rows, &self.log_probs, &self.old, &self.advantages).masked(&self.mask)
        }
    }

    fn evaluate(&self, objective: &PolicyObjective) -> (PolicyReport, Vec<f64>) {
        let mut gradient = vec![f64::NAN; self.rows.entries()];
        let report = objective.evaluate(&self.batch(), None, &mut gradient).expect("recorded input");
        (report, gradient)
    }

    /// The report of each row that has tokens, on its own.
    fn each_row(&self, objective: &PolicyObjective) -> Vec<PolicyReport> {
        let mut reports = Vec::new();
        for range in self.rows.iter() {
            if !self.mask[range.clone()].contains(&true) {
                continue;
            }
            let rows = Rows::padded(1, range.len());
            let part = |values: &Vec<f64>| values[range.clone()].to_vec();
            let row = Self {
                rows,
                mask: self.mask[range.clone()].to_vec(),
                log_probs: part(&self.log_probs),
                old: part(&self.old),
                advantages: part(&self.advantages),
                reference: self.reference.as_ref().map(part),
                correction: self.correction.as_ref().map(part),
            };
            reports.push(row.evaluate(objective).0);
        }
        reports
    }
}

/// Compares every recorded metric with the one of its name; a metric that is not among `got` fails.
fn metrics(section: &Section, case: &Case, got: &[(&str, f64)]) {
    for (name, want) in case.outputs["metrics"].as_object().expect("named metrics") {
        let (_, got) =
            got.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no rule for {name}"));
        section.tolerance.f64.check(&format!("{} {name}", case.name), &[*got], &[number(want)]);
    }
}

/// The metrics of verl's losses: share of clipped tokens, the same of the second bound, mean of `−δ`.
fn verl_metrics(section: &Section, case: &Case, report: &PolicyReport, clipped: f64, capped: f64, kl: f64) {
    // verl divides by the number of tokens plus 1e-8.
    let mean = |sum: f64| sum / (report.tokens as f64 + 1e-8);
    let got = [("pg_clipfrac", mean(clipped)), ("pg_clipfrac_lower", mean(capped)), ("ppo_kl", mean(kl))];
    metrics(section, case, &got);
}

/// Compares loss and gradient.
fn check_verl(section: &Section, case: &Case, objective: PolicyObjective) -> PolicyReport {
    let arrays = Arrays::read(case, "response_mask");
    let (report, gradient) = arrays.evaluate(&objective);
    expect(section.tolerance.f64, case, "loss", &[report.loss]);
    expect(section.tolerance.f64, case, "grad_log_prob", &gradient);
    report
}

/// `Σ −δ`, `δ` in ±20 as all but a few of verl's losses have it.
fn bounded_kl(case: &Case) -> f64 {
    let arrays = Arrays::read(case, "response_mask");
    let tokens = (0..arrays.mask.len()).filter(|&i| arrays.mask[i]);
    -tokens.map(|i| (arrays.log_probs[i] - arrays.old[i]).clamp(-20.0, 20.0)).sum::<f64>()
}

/// Number of tokens whose gradient a clip takes.
fn clipped(report: &PolicyReport) -> f64 {
    (report.positive.above + report.negative.below) as f64
}

/// Number of ratios on either side of a range.
fn outside(outside: Outside) -> f64 {
    (outside.below + outside.above) as f64
}

fn mode(case: &Case) -> Aggregation {
    let width = matrix(case, "log_prob").shape[1];
    aggregation(word(case, "loss_agg_mode"), width as f64)
}

fn range(case: &Case) -> (f64, f64) {
    (scalar(case, "clip_ratio_low"), scalar(case, "clip_ratio_high"))
}

fn verl_ppo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report =
        check_verl(section, case, verl::vanilla(low, high, scalar(case, "clip_ratio_c"), mode(case)));
    verl_metrics(section, case, &report, clipped(&report), report.capped as f64, bounded_kl(case));
}

fn verl_gspo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check_verl(section, case, verl::gspo(low, high, mode(case)));
    verl_metrics(section, case, &report, clipped(&report), 0.0, -report.log_ratio_sum);
}

fn verl_cispo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check_verl(section, case, verl::cispo(low, high, mode(case)));
    let all = outside(report.positive) + outside(report.zero) + outside(report.negative);
    verl_metrics(section, case, &report, all, 0.0, bounded_kl(case));
}

fn verl_gpg(section: &Section, case: &Case) {
    check_verl(section, case, verl::gpg(mode(case)));
    metrics(section, case, &[]);
}

fn verl_sapo(section: &Section, case: &Case) {
    let report = check_verl(section, case, verl::sapo(scalar(case, "tau_pos"), scalar(case, "tau_neg")));
    verl_metrics(section, case, &report, 0.0, 0.0, bounded_kl(case));
}

fn verl_geo_mean(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check_verl(section, case, verl::geo_mean(low, high));
    let (up, down) = (outside(report.positive), outside(report.negative));
    verl_metrics(section, case, &report, up, down, -report.log_ratio_sum);
}

fn verl_dro(section: &Section, case: &Case) {
    let report = check_verl(section, case, verl::dro(scalar(case, "dro_beta"), mode(case)));
    verl_metrics(section, case, &report, 0.0, 0.0, -report.log_ratio_sum);
}

fn verl_dppo_tv(section: &Section, case: &Case) {
    verl_dppo(section, case, BinaryDivergence::TotalVariation);
}

fn verl_dppo_kl(section: &Section, case: &Case) {
    verl_dppo(section, case, BinaryDivergence::Kl);
}

fn verl_dppo(section: &Section, case: &Case, divergence: BinaryDivergence) {
    let (low, high) = range(case);
    let objective = verl::dppo(divergence, low, high, scalar(case, "clip_ratio_c"), mode(case));
    let report = check_verl(section, case, objective);
    let all = outside(report.positive) + outside(report.zero) + outside(report.negative);
    verl_metrics(section, case, &report, all, report.capped as f64, bounded_kl(case));
}

fn verl_kl_cov(section: &Section, case: &Case) {
    let objective = verl::kl_cov(scalar(case, "kl_cov_ratio"), scalar(case, "ppo_kl_coef"), mode(case));
    let report = check_verl(section, case, objective);
    verl_metrics(section, case, &report, 0.0, 0.0, report.abs_log_ratio_sum);
}

fn verl_agg_loss(section: &Section, case: &Case) {
    let losses = matrix(case, "loss_mat");
    let (rows, mask) = (padded(&losses), flags(&case.inputs["loss_mask"]));
    let constant = given(case, "loss_scale_factor").unwrap_or(losses.shape[1] as f64);
    let reduction = Reduction::verl(aggregation(word(case, "loss_agg_mode"), constant));
    let lengths: Vec<usize> = rows.iter().map(|row| row.filter(|&index| mask[index]).count()).collect();
    let own = reduction.totals(&lengths);
    let totals = BatchTotals {
        tokens: given(case, "batch_num_tokens").map_or(own.tokens, |n| n as usize),
        sequences: given(case, "global_batch_size").map_or(own.sequences, |n| n as usize),
    };
    let weights = reduction.weights(Some(totals), &lengths).expect("recorded input");
    let mut spread = vec![0.0; mask.len()];
    rows.broadcast(&weights, Some(&mask), &mut spread).expect("lengths fit");
    // The recorded loss is multiplied by the number of data-parallel workers.
    let workers = given(case, "dp_size").unwrap_or(1.0);
    let gradient: Vec<f64> = spread.iter().map(|weight| weight * workers).collect();
    let loss: f64 = gradient.iter().zip(&losses.data).map(|(weight, loss)| weight * loss).sum();
    expect(section.tolerance.f64, case, "loss", &[loss]);
    expect(section.tolerance.f64, case, "grad_loss_mat", &gradient);
}

/// A divergence term alone, token by token: the policy's part is switched off by an advantage of 0.
fn check_divergence(section: &Section, case: &Case, kl: KlTerm) {
    let (log_probs, reference) = (list(case, "log_prob"), list(case, "ref_log_prob"));
    let old = case.inputs.get("old_log_prob").filter(|given| !given.is_null());
    let old = old.map_or_else(|| log_probs.clone(), numbers);
    let objective = PolicyObjective {
        surrogate: Surrogate::PolicyGradient {},
        ratio: LogRatio::unbounded(RatioUnit::Token),
        reduction: Reduction::new(Aggregation::TokenSum),
        kl: Some(kl),
    };
    let rows = Rows::ragged(&[1]);
    let (mut values, mut gradient) = (Vec::new(), vec![f64::NAN; log_probs.len()]);
    for (index, slot) in gradient.chunks_mut(1).enumerate() {
        let token = index..index + 1;
        let batch = TokenBatch::new(&rows, &log_probs[token.clone()], &old[token.clone()], &[0.0])
            .with_reference(&reference[token]);
        values.push(objective.evaluate(&batch, None, slot).expect("recorded input").loss);
    }
    expect(section.tolerance.f64, case, "kl", &values);
    expect(section.tolerance.f64, case, "grad_log_prob_of_sum", &gradient);
}

fn estimator(name: &str) -> KlEstimator {
    match name {
        "k1" | "kl" => KlEstimator::K1,
        "k2" | "mse" => KlEstimator::K2,
        "k3" | "low_var_kl" => KlEstimator::K3,
        "abs" => KlEstimator::Abs,
        other => panic!("no estimator is called {other}"),
    }
}

fn verl_kl_penalty(section: &Section, case: &Case) {
    let kind = word(case, "kind");
    let name = kind.trim_end_matches('+');
    let kl = KlTerm::new(1.0, estimator(name), KlBounds::Verl);
    check_divergence(section, case, if name == kind { kl } else { kl.straight_through() });
}

fn openrlhf_approx_kl(section: &Section, case: &Case) {
    let kl = KlTerm::new(1.0, estimator(word(case, "kind")), KlBounds::Openrlhf);
    let weighted = flag(case, "unbiased_gradient");
    let correction = if weighted { KlCorrection::WeightedGradient } else { KlCorrection::None };
    check_divergence(section, case, kl.corrected(correction));
}

fn verl_value_loss(section: &Section, case: &Case) {
    let values = matrix(case, "vpreds");
    let (rows, mask) = (padded(&values), flags(&case.inputs["response_mask"]));
    let (returns, old) = (list(case, "returns"), list(case, "values_old"));
    let mode = aggregation(word(case, "loss_agg_mode"), values.shape[1] as f64);
    let loss = ValueLoss { clip: Some(scalar(case, "cliprange_value")), reduction: Reduction::verl(mode) };
    let batch = ValueBatch {
        rows: &rows,
        mask: Some(&mask),
        values: &values.data,
        returns: &returns,
        old_values: Some(&old),
    };
    let mut gradient = vec![f64::NAN; values.data.len()];
    let report = loss.evaluate(&batch, None, &mut gradient).expect("recorded input");
    let tolerance = section.tolerance.f64;
    expect(tolerance, case, "loss", &[report.loss]);
    expect(tolerance, case, "clipfrac", &[report.clipped as f64 / (report.tokens as f64 + 1e-8)]);
    expect(tolerance, case, "grad_vpreds", &gradient);
}

fn verl_entropy(section: &Section, case: &Case) {
    let logits = matrix(case, "logits");
    let rows = Rows::padded(logits.shape[0], logits.shape[1]);
    let mask = flags(&case.inputs["response_mask"]);
    let loss = EntropyLoss { reduction: Reduction::verl(Aggregation::TokenMean) };
    let mut gradient = vec![f64::NAN; logits.data.len()];
    let entropy = loss
        .evaluate(&rows, Some(&mask), &logits.data, logits.shape[2], None, &mut gradient)
        .expect("recorded");
    expect(section.tolerance.f64, case, "entropy", &[entropy]);
    expect(section.tolerance.f64, case, "grad_logits", &gradient);
}

fn openrlhf_policy_loss(section: &Section, case: &Case) {
    let (low, high) = (scalar(case, "clip_eps_low"), scalar(case, "clip_eps_high"));
    let per_token = flag(case, "token_level_loss");
    let mode = if per_token { Aggregation::TokenMean } else { Aggregation::SeqMeanTokenMean };
    let objective = match word(case, "policy_loss_type") {
        "ppo" => openrlhf::ppo(low, high, given(case, "dual_clip"), mode),
        "gspo" => openrlhf::gspo(low, high),
        other => panic!("no loss is called {other}"),
    };
    let (report, gradient) = Arrays::read(case, "action_mask").evaluate(&objective);
    let tolerance = section.tolerance.f64;
    expect(tolerance, case, "loss", &[report.loss]);
    expect(tolerance, case, "grad_log_prob", &gradient);
    expect(tolerance, case, "clip_ratio", &[report.clip_fraction()]);
    expect(tolerance, case, "ppo_kl", &[report.approx_kl()]);
}

fn trl_objective(case: &Case) -> PolicyObjective {
    let (low, high) = (scalar(case, "epsilon_low"), scalar(case, "epsilon_high"));
    let given_or = |name, default| given(case, name).unwrap_or(default);
    let mut objective = match word(case, "loss_type") {
        "grpo" => trl::grpo(low, high),
        "bnpo" => trl::bnpo(low, high),
        "dapo" => trl::dapo(low, high),
        "dr_grpo" => trl::dr_grpo(low, high, scalar(case, "max_completion_length")),
        "luspo" => trl::luspo(low, high),
        "cispo" => trl::cispo(high),
        "sapo" => trl::sapo(given_or("sapo_temperature_pos", 1.0), given_or("sapo_temperature_neg", 1.05)),
        "vespo" => trl::vespo(),
        other => panic!("no loss is called {other}"),
    };
    objective.ratio = LogRatio::unbounded(match word(case, "importance_sampling_level") {
        "sequence" => RatioUnit::SequenceMean,
        _ => RatioUnit::Token,
    });
    if let Some(delta) = given(case, "delta") {
        objective = trl::with_delta(objective, delta);
    }
    let beta = scalar(case, "beta");
    if beta != 0.0 {
        let corrected = flag(case, "use_bias_correction_kl");
        let correction = if corrected { KlCorrection::Ratio } else { KlCorrection::None };
        objective = objective.with_kl(trl::kl(beta).corrected(correction));
    }
    objective
}

fn trl_grpo_losses(section: &Section, case: &Case) {
    let objective = trl_objective(case);
    let arrays = Arrays::read(case, "mask");
    let (report, gradient) = arrays.evaluate(&objective);
    expect(section.tolerance.f64, case, "loss", &[report.loss]);
    expect(section.tolerance.f64, case, "grad_log_prob", &gradient);

    let rows = arrays.each_row(&objective);
    let all_rows = arrays.rows.len() as f64;
    // A sequence counts once where the ratio is its own, else each token counts.
    let per_sequence = objective.ratio.unit != RatioUnit::Token;
    let shares = |count: &dyn Fn(&PolicyReport) -> usize| -> Vec<f64> {
        rows.iter().map(|row| count(row) as f64 / row.tokens as f64).collect()
    };
    let mean = |count: &dyn Fn(&PolicyReport) -> usize| {
        if per_sequence {
            shares(count).iter().sum::<f64>() / all_rows
        } else {
            count(&report) as f64 / report.tokens as f64
        }
    };
    let (low, high) = (|r: &PolicyReport| r.negative.below, |r: &PolicyReport| r.positive.above);
    // An empty sequence is one that is not clipped, where the ratio is the sequence's own.
    let bottom = if per_sequence && rows.len() < arrays.rows.len() { 0.0 } else { 1.0 };
    // An empty sequence has the weight φ(1) = 1.
    let phi: f64 = rows.iter().map(PolicyReport::mean_weight).sum();
    metrics(
        section,
        case,
        &[
            ("kl", report.mean_kl()),
            ("clip_ratio/low_mean", mean(&low)),
            ("clip_ratio/high_mean", mean(&high)),
            ("clip_ratio/region_mean", mean(&|r| low(r) + high(r))),
            ("clip_ratio/low_min", shares(&low).into_iter().fold(bottom, f64::min)),
            ("clip_ratio/high_max", shares(&high).into_iter().fold(0.0, f64::max)),
            ("cispo_clip_ratio", mean(&high)),
            ("vespo/phi_seq_mean", (phi + all_rows - rows.len() as f64) / all_rows),
        ],
    );
}
