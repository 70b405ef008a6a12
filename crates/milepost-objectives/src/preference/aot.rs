//! Alignment via optimal transport: the best with the best, the worst with the worst.

use super::loss::PairLosses;
use super::margin::logistic;
use super::pairs::{PairBatch, Sides};
use crate::ObjectiveError;

/// Margins of the policy against margins of the reference, rank by rank.
pub(crate) fn paired(batch: &PairBatch<'_>, beta: f64, smoothing: f64) -> Result<PairLosses, ObjectiveError> {
    let (chosen, rejected) =
        batch.reference.ok_or(ObjectiveError::Missing { objective: "aot", what: "reference" })?;
    let minus = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a - b).collect() };
    let (policy, reference) = (minus(batch.chosen, batch.rejected), minus(chosen, rejected));
    let mut out = PairLosses::zeros(policy.len());
    for (i, j) in ranks(&policy, &reference) {
        let (loss, slope) = logistic(beta * (policy[i] - reference[j]), smoothing);
        out.losses[i] = loss;
        out.slopes.chosen[i] = beta * slope;
        out.slopes.rejected[i] = -beta * slope;
    }
    Ok(out)
}

/// Log-ratios of the preferred sequences against those of the others, rank by rank.
pub(crate) fn unpaired(
    batch: &PairBatch<'_>,
    beta: f64,
    smoothing: f64,
) -> Result<PairLosses, ObjectiveError> {
    let Sides { chosen, rejected } = batch.log_ratios("aot-unpaired")?;
    let mut out = PairLosses::zeros(chosen.len());
    for (i, j) in ranks(&chosen, &rejected) {
        let (loss, slope) = logistic(beta * (chosen[i] - rejected[j]), smoothing);
        out.losses[i] = loss;
        out.slopes.chosen[i] = beta * slope;
        out.slopes.rejected[j] = -beta * slope;
    }
    Ok(out)
}

/// Indices of equal rank in both slices; equal values keep their order.
fn ranks(left: &[f64], right: &[f64]) -> impl Iterator<Item = (usize, usize)> {
    let order = |values: &[f64]| {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        order
    };
    order(left).into_iter().zip(order(right))
}
