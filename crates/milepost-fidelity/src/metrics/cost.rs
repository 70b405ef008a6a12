use serde::{Deserialize, Serialize};

use super::mean::ratio;
use crate::Meter;

/// What an estimator took, beside the episodes themselves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cost {
    /// Credited decisions.
    pub decisions: u64,
    /// Environment steps of the scored episodes.
    pub base_steps: u64,
    /// Everything else, fitting apart.
    pub extra: Meter,
    /// What fitting took, once.
    pub fit: Meter,
    /// Extra environment steps per credited decision.
    pub steps_per_decision: Option<f64>,
    /// States restored and episodes begun anew, per credited decision.
    pub restores_per_decision: Option<f64>,
    /// Policy or model evaluations per credited decision.
    pub evaluations_per_decision: Option<f64>,
    /// Judge calls per credited decision.
    pub judge_calls_per_decision: Option<f64>,
    /// `(base + extra) / base` environment steps.
    pub step_factor: Option<f64>,
    /// Normalised gradient variance times mean (base + extra) environment steps of a batch: the steps that an
    /// update of unit noise costs.
    pub variance_cost: Option<f64>,
    /// Nanoseconds per credited decision, if the caller measured them.
    pub nanoseconds_per_decision: Option<f64>,
}

impl Cost {
    /// Of a run of `batches` batches with `base_steps` recorded steps.
    pub fn new(base_steps: u64, batches: u64, extra: Meter, fit: Meter, variance: Option<f64>) -> Self {
        let decisions = base_steps as f64;
        let steps = decisions + extra.environment_steps as f64;
        let per = |count: u64| ratio(count as f64, decisions);
        Self {
            decisions: base_steps,
            base_steps,
            extra,
            fit,
            steps_per_decision: per(extra.environment_steps),
            restores_per_decision: per(extra.clones + extra.resets),
            evaluations_per_decision: per(extra.policy_evaluations),
            judge_calls_per_decision: per(extra.judge_calls),
            step_factor: ratio(steps, decisions),
            variance_cost: variance.zip(ratio(steps, batches as f64)).map(|(v, s)| v * s),
            nanoseconds_per_decision: None,
        }
    }

    /// With the wall-clock time of the whole run, which only the caller can measure.
    #[must_use]
    pub fn with_nanoseconds(mut self, nanoseconds: u128) -> Self {
        self.nanoseconds_per_decision = ratio(nanoseconds as f64, self.decisions as f64);
        self
    }
}
