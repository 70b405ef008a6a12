//! verl's policy losses.

use milepost_credit::{Aggregation, BatchTotals};
use milepost_objectives::{BinaryDivergence, Outside, PolicyObjective, PolicyReport, Reduction, profiles};
use milepost_testkit::golden::{Case, Section};

use crate::arrays::{Arrays, metrics};
use crate::common::{aggregation, expect, flags, given, matrix, padded, scalar, word};

/// The metrics of verl's losses: share of clipped tokens, the same of the second bound, mean of `−δ`.
fn report_metrics(section: &Section, case: &Case, report: &PolicyReport, clipped: f64, capped: f64, kl: f64) {
    // verl divides by the number of tokens plus 1e-8.
    let mean = |sum: f64| sum / (report.tokens as f64 + 1e-8);
    let got = [("pg_clipfrac", mean(clipped)), ("pg_clipfrac_lower", mean(capped)), ("ppo_kl", mean(kl))];
    metrics(section, case, &got);
}

/// Compares loss and gradient.
fn check(section: &Section, case: &Case, objective: PolicyObjective) -> PolicyReport {
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

pub(crate) fn ppo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report =
        check(section, case, profiles::verl::vanilla(low, high, scalar(case, "clip_ratio_c"), mode(case)));
    report_metrics(section, case, &report, clipped(&report), report.capped as f64, bounded_kl(case));
}

pub(crate) fn gspo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check(section, case, profiles::verl::gspo(low, high, mode(case)));
    report_metrics(section, case, &report, clipped(&report), 0.0, -report.log_ratio_sum);
}

pub(crate) fn cispo(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check(section, case, profiles::verl::cispo(low, high, mode(case)));
    let all = outside(report.positive) + outside(report.zero) + outside(report.negative);
    report_metrics(section, case, &report, all, 0.0, bounded_kl(case));
}

pub(crate) fn gpg(section: &Section, case: &Case) {
    check(section, case, profiles::verl::gpg(mode(case)));
    metrics(section, case, &[]);
}

pub(crate) fn sapo(section: &Section, case: &Case) {
    let report = check(section, case, profiles::verl::sapo(scalar(case, "tau_pos"), scalar(case, "tau_neg")));
    report_metrics(section, case, &report, 0.0, 0.0, bounded_kl(case));
}

pub(crate) fn geo_mean(section: &Section, case: &Case) {
    let (low, high) = range(case);
    let report = check(section, case, profiles::verl::geo_mean(low, high));
    let (up, down) = (outside(report.positive), outside(report.negative));
    report_metrics(section, case, &report, up, down, -report.log_ratio_sum);
}

pub(crate) fn dro(section: &Section, case: &Case) {
    let report = check(section, case, profiles::verl::dro(scalar(case, "dro_beta"), mode(case)));
    report_metrics(section, case, &report, 0.0, 0.0, -report.log_ratio_sum);
}

pub(crate) fn dppo_tv(section: &Section, case: &Case) {
    dppo(section, case, BinaryDivergence::TotalVariation);
}

pub(crate) fn dppo_kl(section: &Section, case: &Case) {
    dppo(section, case, BinaryDivergence::Kl);
}

fn dppo(section: &Section, case: &Case, divergence: BinaryDivergence) {
    let (low, high) = range(case);
    let objective = profiles::verl::dppo(divergence, low, high, scalar(case, "clip_ratio_c"), mode(case));
    let report = check(section, case, objective);
    let all = outside(report.positive) + outside(report.zero) + outside(report.negative);
    report_metrics(section, case, &report, all, report.capped as f64, bounded_kl(case));
}

pub(crate) fn kl_cov(section: &Section, case: &Case) {
    let objective =
        profiles::verl::kl_cov(scalar(case, "kl_cov_ratio"), scalar(case, "ppo_kl_coef"), mode(case));
    let report = check(section, case, objective);
    report_metrics(section, case, &report, 0.0, 0.0, report.abs_log_ratio_sum);
}

pub(crate) fn agg_loss(section: &Section, case: &Case) {
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
