//! Distillation: how far a student's token distributions are from a teacher's.

use milepost_credit::{BatchTotals, Rows};
use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, Reduction, check, math};

/// Generalised Jensen–Shannon divergence of a student `S` from a teacher `T` over a whole vocabulary.
///
/// With `S = softmax(z/τ)`, `T = softmax(t/τ)` and `M = (1 − b) S + b T`:
/// - `0 < b < 1`: `D_b = b KL(T‖M) + (1 − b) KL(S‖M)`, with `∂D_b/∂S_a = (1 − b) log(S_a/M_a)`, so that
///   `τ ∂D_b/∂z_a = (1 − b) S_a [log(S_a/M_a) − KL(S‖M)]`;
/// - `b = 0`: `KL(T‖S)` (forward), `τ ∂D/∂z_a = S_a − T_a`;
/// - `b = 1`: `KL(S‖T)` (reverse), `τ ∂D/∂z_a = S_a [log(S_a/T_a) − KL(S‖T)]`.
///
/// `D_b ≥ 0`, and 0 only where both are equal; `D_½ ≤ log 2`; `D_b(T‖S) = D_{1−b}(S‖T)`. The ends are branches
/// of their own, since the mixture itself goes to 0 there: `D_b/(b (1 − b))` is what tends to either KL.
///
/// Source: generalised knowledge distillation, arXiv 2306.13649; the form and its branches as in KEPO, arXiv
/// 2602.00400.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct GeneralizedJsd {
    /// `b`, in `[0, 1]`: the teacher's share of the mixture.
    pub interpolation: f64,
    /// `τ > 0`: divides the logits of both.
    pub temperature: f64,
}

impl Default for GeneralizedJsd {
    /// KEPO's: `b = 0.5`, `τ = 0.9`.
    fn default() -> Self {
        Self { interpolation: 0.5, temperature: 0.9 }
    }
}

impl GeneralizedJsd {
    /// # Errors
    /// A parameter outside its domain.
    pub fn validate(&self) -> Result<(), ObjectiveError> {
        check::unit_interval("interpolation", self.interpolation)?;
        check::positive("temperature", self.temperature)
    }

    /// The divergence at one position, with `gradient = dD/dz`. All slices are `[classes]`; a logit of `−∞` is a
    /// token that cannot be drawn. What is returned may be infinite or NaN where one side rules out what the other
    /// does not: [`Distillation`] refuses it.
    fn at(&self, student: &[f64], teacher: &[f64], gradient: &mut [f64]) -> f64 {
        let Self { interpolation: b, temperature } = *self;
        let log_probs = |logits: &[f64]| -> Vec<f64> {
            let normalizer = math::log_sum_exp(logits.iter().map(|z| z / temperature));
            logits.iter().map(|z| z / temperature - normalizer).collect()
        };
        let (student, teacher) = (log_probs(student), log_probs(teacher));
        if b == 0.0 {
            for ((slot, s), t) in gradient.iter_mut().zip(&student).zip(&teacher) {
                *slot = (math::exp(*s) - math::exp(*t)) / temperature;
            }
            return kl(&teacher, &student).max(0.0);
        }
        let other: Vec<f64> = if b == 1.0 {
            teacher.clone()
        } else {
            let (log_b, log_rest) = (math::log(b), math::log(1.0 - b));
            let mixed = |s: &f64, t: &f64| math::log_sum_exp([s + log_rest, t + log_b].into_iter());
            student.iter().zip(&teacher).map(|(s, t)| mixed(s, t)).collect()
        };
        let reverse = kl(&student, &other);
        let weight = if b == 1.0 { 1.0 } else { 1.0 - b };
        for ((slot, s), m) in gradient.iter_mut().zip(&student).zip(&other) {
            *slot = weight * (times_log_ratio(*s, *m) - math::exp(*s) * reverse) / temperature;
        }
        if b == 1.0 { reverse.max(0.0) } else { (b * kl(&teacher, &other) + weight * reverse).max(0.0) }
    }
}

/// `KL(P‖Q) = Σ p log(p/q)` from log-probabilities.
fn kl(p: &[f64], q: &[f64]) -> f64 {
    p.iter().zip(q).map(|(p, q)| times_log_ratio(*p, *q)).sum()
}

/// `p log(p/q)` from logarithms, 0 where `p` is 0.
fn times_log_ratio(p: f64, q: f64) -> f64 {
    let probability = math::exp(p);
    if probability == 0.0 { 0.0 } else { probability * (p - q) }
}

/// A batch of token sequences with what student and teacher say at each position, flat.
#[derive(Debug, Clone, Copy)]
pub struct DistillationBatch<'a> {
    /// The sequences: ragged or padded rows of positions.
    pub rows: &'a Rows,
    /// Positions that the student produced; `None` if it produced all of them.
    pub mask: Option<&'a [bool]>,
    /// `g_i`: which sequences are distilled, one a row; `None` for all of them.
    pub gate: Option<&'a [bool]>,
    /// `z`: the student's logits, `[positions, classes]`.
    pub student: &'a [f64],
    /// `t`: the teacher's logits on the student's tokens, `[positions, classes]`; never read where the gate is shut.
    pub teacher: &'a [f64],
    /// Size of the vocabulary.
    pub classes: usize,
}

/// `L = Σ_{i,t} W_i g_i D_b(T_{i,t}‖S_{i,t})`: distillation on the student's own tokens, of gated sequences only.
///
/// The weights `W_i` are those of the whole batch: a sequence whose gate is shut adds 0 and still counts, as in
/// `(1/G) Σ_i g_i D_b(y_i)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Distillation {
    /// The divergence.
    pub divergence: GeneralizedJsd,
    /// How positions become one number.
    pub reduction: Reduction,
}

/// What a distillation term found.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct DistillationReport {
    /// `L`.
    pub loss: f64,
    /// Sum of the divergences over distilled positions.
    pub divergence_sum: f64,
    /// Distilled positions.
    pub positions: usize,
}

impl DistillationReport {
    /// Mean divergence of a distilled position; 0 where nothing was distilled.
    #[must_use]
    pub fn mean_divergence(&self) -> f64 {
        if self.positions == 0 { 0.0 } else { self.divergence_sum / self.positions as f64 }
    }
}

impl Distillation {
    /// The loss, with `gradient = dL/dz`, `[positions, classes]`. Positions that `mask` or the gate leaves out get
    /// a gradient of exactly 0 and are never read.
    ///
    /// # Errors
    /// A parameter outside its domain; slices that do not fit (as those of a teacher with another vocabulary); at
    /// a position that counts, a NaN or `+∞`, nothing but `−∞`, or a token that one side rules out for good and
    /// the divergence cannot do without; no position of the student at all.
    pub fn evaluate(
        &self,
        batch: &DistillationBatch<'_>,
        totals: Option<BatchTotals>,
        gradient: &mut [f64],
    ) -> Result<DistillationReport, ObjectiveError> {
        let DistillationBatch { rows, mask, gate, student, teacher, classes } = *batch;
        self.divergence.validate()?;
        if classes == 0 {
            return Err(ObjectiveError::Empty { what: "classes" });
        }
        check::len("student", rows.entries() * classes, student.len())?;
        check::len("teacher", student.len(), teacher.len())?;
        check::len("gradient", student.len(), gradient.len())?;
        mask.map_or(Ok(()), |mask| check::len("mask", rows.entries(), mask.len()))?;
        gate.map_or(Ok(()), |gate| check::len("gate", rows.len(), gate.len()))?;
        let counts = |index: &usize| mask.is_none_or(|mask| mask[*index]);
        let lengths: Vec<usize> = rows.iter().map(|range| range.filter(counts).count()).collect();
        let weights = self.reduction.weights(totals, &lengths)?;

        gradient.fill(0.0);
        let mut report = DistillationReport::default();
        for (row, (range, weight)) in rows.iter().zip(weights).enumerate() {
            if gate.is_some_and(|gate| !gate[row]) {
                continue;
            }
            for position in range.filter(counts) {
                let here = position * classes..(position + 1) * classes;
                for (what, logits) in
                    [("student", &student[here.clone()]), ("teacher", &teacher[here.clone()])]
                {
                    drawable(what, row, here.start, logits)?;
                }
                let slots = &mut gradient[here.clone()];
                let divergence = self.divergence.at(&student[here.clone()], &teacher[here.clone()], slots);
                if !divergence.is_finite() {
                    let (what, index) = ("divergence", position);
                    return Err(ObjectiveError::NotFinite { what, row, index, value: divergence });
                }
                for slot in slots {
                    *slot *= weight;
                }
                report.loss += weight * divergence;
                report.divergence_sum += divergence;
                report.positions += 1;
            }
        }
        Ok(report)
    }
}

/// Logits of a distribution: none is NaN or `+∞`, and one at least is not `−∞`.
fn drawable(what: &'static str, row: usize, start: usize, logits: &[f64]) -> Result<(), ObjectiveError> {
    let bad = logits.iter().position(|z| z.is_nan() || *z == f64::INFINITY);
    let none = logits.iter().all(|z| *z == f64::NEG_INFINITY).then_some(0);
    match bad.or(none) {
        None => Ok(()),
        Some(at) => Err(ObjectiveError::NotFinite { what, row, index: start + at, value: logits[at] }),
    }
}
