//! The loss of a critic.

use milepost_credit::{BatchTotals, Rows};
use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, Reduction, check};

/// `L = ½ Σ W_{i,t} max((v − v̂)², (clip(v, v_old ± ε) − v̂)²)`, without the second term if there is no clip.
///
/// The derivative is `W (v − v̂)` where the plain term decides, 0 where the clipped one does. The ½ is inside:
/// libraries without it call the same weight half as large. Source: PPO's reference code; verl and OpenRLHF
/// agree.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ValueLoss {
    /// `ε`, if the value is clipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<f64>,
    /// How positions become one number.
    pub reduction: Reduction,
}

/// Values and their targets, flat. Positions where `mask` is false are never read.
#[derive(Debug, Clone, Copy)]
pub struct ValueBatch<'a> {
    /// The sequences.
    pub rows: &'a Rows,
    /// Positions that count; `None` if all do.
    pub mask: Option<&'a [bool]>,
    /// `v`.
    pub values: &'a [f64],
    /// `v̂`: the return targets.
    pub returns: &'a [f64],
    /// `v_old`: the values before the update, needed by a clip.
    pub old_values: Option<&'a [f64]>,
}

/// The loss of a critic on a batch. Reports of micro-batches add up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ValueReport {
    /// What was minimised.
    pub loss: f64,
    /// Positions that counted.
    pub tokens: usize,
    /// Those at which the clipped term decided.
    pub clipped: usize,
}

impl std::ops::AddAssign for ValueReport {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.tokens += other.tokens;
        self.clipped += other.clipped;
    }
}

impl ValueLoss {
    /// # Errors
    /// A parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        self.reduction.validate()?;
        self.clip.map_or(Ok(()), |clip| check::positive("clip", clip))
    }

    /// The loss, with `gradient[t] = dL/dv_t` (0 where the mask is false). `totals` as in
    /// [`PolicyObjective::evaluate`](crate::PolicyObjective::evaluate).
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit; a NaN or infinity at a position that counts; no
    /// such position; a clip without old values.
    pub fn evaluate(
        &self,
        batch: &ValueBatch<'_>,
        totals: Option<BatchTotals>,
        gradient: &mut [f64],
    ) -> Result<ValueReport, ObjectiveError> {
        self.validate()?;
        let ValueBatch { rows, mask, values, returns, old_values } = *batch;
        if let Some(mask) = mask {
            check::len("mask", rows.entries(), mask.len())?;
        }
        check::finite_where("values", rows, mask, values)?;
        check::finite_where("returns", rows, mask, returns)?;
        check::len("gradient", rows.entries(), gradient.len())?;
        let clip = match (self.clip, old_values) {
            (None, _) => None,
            (Some(_), None) => {
                return Err(ObjectiveError::Missing { objective: "clip", what: "old_values" });
            }
            (Some(range), Some(old)) => {
                check::finite_where("old_values", rows, mask, old)?;
                Some((range, old))
            }
        };
        let counts = |index: &usize| mask.is_none_or(|mask| mask[*index]);
        let lengths: Vec<usize> = rows.iter().map(|range| range.filter(counts).count()).collect();
        let weights = self.reduction.weights(totals, &lengths)?;

        gradient.fill(0.0);
        let mut report = ValueReport::default();
        for (range, weight) in rows.iter().zip(weights) {
            for index in range.filter(counts) {
                let error = values[index] - returns[index];
                let clipped_error = clip.map(|(range, old)| {
                    values[index].clamp(old[index] - range, old[index] + range) - returns[index]
                });
                let clipped = clipped_error.filter(|clipped| clipped * clipped > error * error);
                let decides = clipped.unwrap_or(error);
                report.loss += 0.5 * weight * decides * decides;
                report.tokens += 1;
                report.clipped += usize::from(clipped.is_some());
                gradient[index] = if clipped.is_some() { 0.0 } else { weight * error };
            }
        }
        Ok(report)
    }
}
