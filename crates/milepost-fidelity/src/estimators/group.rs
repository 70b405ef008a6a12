use milepost_credit::CreditError;

use super::Normalization;
use super::shape::{self, Counters};
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, Evidence, FidelityError, Meter, Needs,
    Unit,
};

/// The return relative to the returns of the batch, at every step.
///
/// [`Normalization::LeaveOneOut`] is RLOO (arXiv 2402.14740), [`Normalization::Mean`] Dr. GRPO's centring
/// (2503.20783), [`Normalization::Standard`] GRPO (2402.03300). Identities: RLOO's gradient is unbiased; Dr.
/// GRPO's is `(n − 1)/n` of it; with returns of 0 and 1 GRPO's has the exact direction. Known failure: every
/// step of an episode gets the same credit. A batch of one episode is refused by RLOO, which has nothing to
/// subtract, and is 0 otherwise; equal returns give 0; both are counted.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupRelative {
    /// What relative means.
    pub normalization: Normalization,
}

impl GroupRelative {
    /// RLOO.
    #[must_use]
    pub const fn rloo() -> Self {
        Self { normalization: Normalization::LeaveOneOut }
    }

    /// GRPO with the sample standard deviation and `ε = 1e-6`.
    #[must_use]
    pub const fn grpo() -> Self {
        Self { normalization: Normalization::grpo() }
    }

    /// Dr. GRPO.
    #[must_use]
    pub const fn dr_grpo() -> Self {
        Self { normalization: Normalization::Mean }
    }
}

impl CreditEstimator for GroupRelative {
    fn name(&self) -> String {
        match self.normalization {
            Normalization::LeaveOneOut => "rloo".into(),
            Normalization::Mean => "dr-grpo".into(),
            Normalization::Standard { ddof, epsilon } => format!("grpo(ddof={ddof},epsilon={epsilon:e})"),
        }
    }

    fn card(&self) -> CaIdCard {
        group_card()
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, mut counters) = (context.batch, Counters::new());
        let relative = relative_returns(&batch.returns(), self.normalization, &mut counters)?;
        Ok(Estimate { credit: Credit::Advantage(shape::broadcast(batch, &relative)?), counters })
    }
}

/// The card of all rules that compare whole episodes.
pub(super) fn group_card() -> CaIdCard {
    CaIdCard {
        evidence: Evidence::ObservationalCausal,
        ..shape::log_card(Unit::Trajectory, Contrast::None, "the other episodes of the batch")
    }
}

/// Returns relative to each other. Leave-one-out of a single one is an error.
pub(super) fn relative_returns(
    returns: &[f64],
    normalization: Normalization,
    counters: &mut Counters,
) -> Result<Vec<f64>, CreditError> {
    if normalization == Normalization::LeaveOneOut && returns.len() == 1 {
        return Err(CreditError::TooFew { what: "leave-one-out", needed: 2, found: 1 });
    }
    let mut relative = vec![0.0; returns.len()];
    if !returns.is_empty() {
        let report = normalization.rule().apply(returns, &mut relative)?;
        shape::count(counters, "zero-range-groups", usize::from(report.zero_range && !report.dropped));
        shape::count(counters, "singleton-groups", usize::from(report.dropped));
    }
    Ok(relative)
}
