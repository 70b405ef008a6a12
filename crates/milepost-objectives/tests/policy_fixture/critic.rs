//! verl's value and entropy losses.

use milepost_credit::{Aggregation, Rows};
use milepost_objectives::{EntropyLoss, Reduction, ValueBatch, ValueLoss};
use milepost_testkit::golden::{Case, Section};

use crate::common::{aggregation, expect, flags, list, matrix, padded, scalar, word};

pub(crate) fn value_loss(section: &Section, case: &Case) {
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

pub(crate) fn entropy(section: &Section, case: &Case) {
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
