//! Controls: arms whose scores are known beforehand. They are run beside every table.

use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::{FidelityError, Meter};

/// A control arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "control", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Control {
    /// The exact advantage: error 0, cosine 1.
    Exact,
    /// Nothing.
    Zero,
    /// Independent standard normal numbers.
    Noise,
    /// The exact advantages of a trajectory in random order: right direction on average, no localisation.
    Shuffled,
    /// The negated exact advantage: right localisation, wrong direction.
    Negated,
}

impl Control {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Exact, Self::Zero, Self::Noise, Self::Shuffled, Self::Negated];
}

impl CreditEstimator for Control {
    fn name(&self) -> String {
        match self {
            Self::Exact => "exact",
            Self::Zero => "zero",
            Self::Noise => "noise",
            Self::Shuffled => "shuffled",
            Self::Negated => "negated",
        }
        .into()
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Observed,
            intervention: Intervention::None,
            downstream: Downstream::ModelExpectation,
            support: "a control".into(),
            interface: Interface::Advantage,
            evidence: Evidence::PredictiveProxy,
        }
    }

    fn needs(&self) -> Needs {
        Needs { privileged: !matches!(self, Self::Zero | Self::Noise), ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let mut credit = vec![0.0; batch.steps()];
        let mut stream = context.tape.estimator_at("control", batch.first_id());
        match self {
            Self::Zero => {}
            Self::Noise => credit.iter_mut().for_each(|c| *c = stream.normal()),
            Self::Exact | Self::Shuffled | Self::Negated => {
                let truth = context.truth()?;
                for ((c, node), action) in credit.iter_mut().zip(&batch.nodes).zip(&batch.actions) {
                    *c = truth.advantage(*node, *action);
                }
            }
        }
        match self {
            Self::Shuffled => batch.ranges().for_each(|range| stream.shuffle(&mut credit[range])),
            Self::Negated => credit.iter_mut().for_each(|c| *c = -*c),
            Self::Exact | Self::Zero | Self::Noise => {}
        }
        Ok(Credit::Advantage(credit).into())
    }
}
