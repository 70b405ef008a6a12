use super::shape;
use crate::{
    CaIdCard, Context, Contrast, Credit, CreditEstimator, Estimate, FidelityError, Meter, Needs, Unit,
};

/// The outcome at every step: `ĉ_t = R`.
///
/// Source: Williams 1992. Identity: the policy gradient is unbiased. Known failure: of `H` steps with one
/// decision that matters, `(H − 1)/H` of the credit goes to the others.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct Outcome {}

impl CreditEstimator for Outcome {
    fn name(&self) -> String {
        "outcome".into()
    }

    fn card(&self) -> CaIdCard {
        shape::log_card(Unit::Trajectory, Contrast::None, "no comparison; one sample")
    }

    fn needs(&self) -> Needs {
        Needs::default()
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let credit = shape::broadcast(context.batch, &context.batch.returns())?;
        Ok(Credit::Advantage(credit).into())
    }
}
