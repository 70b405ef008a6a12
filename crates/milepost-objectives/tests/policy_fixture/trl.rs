//! TRL's losses of the GRPO family.

use milepost_objectives::{KlCorrection, LogRatio, PolicyObjective, PolicyReport, RatioUnit, profiles};
use milepost_testkit::golden::{Case, Section};

use crate::arrays::{Arrays, metrics};
use crate::common::{expect, flag, given, scalar, word};

fn objective(case: &Case) -> PolicyObjective {
    let (low, high) = (scalar(case, "epsilon_low"), scalar(case, "epsilon_high"));
    let given_or = |name, default| given(case, name).unwrap_or(default);
    let mut objective = match word(case, "loss_type") {
        "grpo" => profiles::trl::grpo(low, high),
        "bnpo" => profiles::trl::bnpo(low, high),
        "dapo" => profiles::trl::dapo(low, high),
        "dr_grpo" => profiles::trl::dr_grpo(low, high, scalar(case, "max_completion_length")),
        "luspo" => profiles::trl::luspo(low, high),
        "cispo" => profiles::trl::cispo(high),
        "sapo" => {
            profiles::trl::sapo(given_or("sapo_temperature_pos", 1.0), given_or("sapo_temperature_neg", 1.05))
        }
        "vespo" => profiles::trl::vespo(),
        other => panic!("no loss is called {other}"),
    };
    objective.ratio = LogRatio::unbounded(match word(case, "importance_sampling_level") {
        "sequence" => RatioUnit::SequenceMean,
        _ => RatioUnit::Token,
    });
    if let Some(delta) = given(case, "delta") {
        objective = profiles::trl::with_delta(objective, delta);
    }
    let beta = scalar(case, "beta");
    if beta != 0.0 {
        let corrected = flag(case, "use_bias_correction_kl");
        let correction = if corrected { KlCorrection::Ratio } else { KlCorrection::None };
        objective = objective.with_kl(profiles::trl::kl(beta).corrected(correction));
    }
    objective
}

pub(crate) fn grpo_losses(section: &Section, case: &Case) {
    let objective = objective(case);
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
