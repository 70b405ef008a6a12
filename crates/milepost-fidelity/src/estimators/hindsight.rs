//! Hindsight credit (HCA, Harutyunyan et al. 2019, arXiv 1912.02503).

use std::collections::BTreeMap;

use milepost_credit::{return_hindsight, reward_to_go};
use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::return_law::{ReturnLaw, grain};
use crate::{FidelityError, Meter};

/// Where a hindsight model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum HindsightModel {
    /// Exact, by dynamic programming.
    #[default]
    Exact,
    /// Counted in episodes of its own.
    Counted {
        /// How many.
        episodes: usize,
    },
}

impl HindsightModel {
    pub(super) const fn episodes(self) -> usize {
        match self {
            Self::Exact => 0,
            Self::Counted { episodes } => episodes,
        }
    }

    pub(super) fn label(self) -> String {
        match self {
            Self::Exact => "exact".into(),
            Self::Counted { episodes } => format!("counted={episodes}"),
        }
    }

    pub(super) fn card(self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Observed,
            intervention: match self {
                Self::Exact => Intervention::SurrogateModel,
                Self::Counted { .. } => Intervention::LogMatch,
            },
            downstream: Downstream::ModelExpectation,
            support: match self {
                Self::Exact => "exact model".into(),
                Self::Counted { episodes } => format!("counts of {episodes} episodes"),
            },
            interface: Interface::Advantage,
            evidence: Evidence::ObservationalCausal,
        }
    }

    pub(super) fn needs() -> Needs {
        Needs { hindsight: true, ..Needs::default() }
    }
}

/// Return-conditioned hindsight: `ĉ_t = (1 − π(a_t|s_t) / h(a_t|s_t, Z_t)) Z_t`, `Z_t` the return from `t` on.
///
/// Exact: `h(a|s,z) = π(a|s) P(z|s,a) / P(z|s)`. Counted: `h(a|s,z) = n(s,a,z) / n(s,z)`; a step whose state
/// and return were never counted together is undefined, gets 0 and is counted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReturnHindsight {
    /// Where `h` comes from.
    #[serde(default)]
    pub model: HindsightModel,
    #[serde(skip)]
    fitted: Option<Fitted>,
}

#[derive(Debug, Clone, PartialEq)]
enum Fitted {
    Exact(ReturnLaw),
    /// `n(node, z)` and `n(node, z, action)`.
    Counted(BTreeMap<(u32, i64), u64>, BTreeMap<(u32, i64, u32), u64>),
}

impl ReturnHindsight {
    /// With this model.
    #[must_use]
    pub const fn new(model: HindsightModel) -> Self {
        Self { model, fitted: None }
    }
}

impl Fitted {
    /// `h(a|node, z)`, or `None` if it is undefined.
    fn hindsight(&self, context: &Context<'_>, node: u32, action: u32, z: i64) -> Option<f64> {
        match self {
            Self::Exact(law) => {
                let row = context.policy.row(node);
                let joint = |a: u32| row[a as usize] * law.probability(node, a, z);
                let all: f64 = (0..row.len() as u32).map(joint).sum();
                (all > 0.0).then(|| (joint(action) / all).min(1.0))
            }
            Self::Counted(all, with) => {
                let all = *all.get(&(node, z))?;
                Some(with.get(&(node, z, action)).copied().unwrap_or(0) as f64 / all as f64)
            }
        }
    }
}

impl CreditEstimator for ReturnHindsight {
    fn name(&self) -> String {
        format!("return-hca({})", self.model.label())
    }

    fn card(&self) -> CaIdCard {
        self.model.card()
    }

    fn needs(&self) -> Needs {
        HindsightModel::needs()
    }

    fn wants_episodes(&self) -> usize {
        self.model.episodes()
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        self.fitted = Some(match self.model {
            HindsightModel::Exact => Fitted::Exact(ReturnLaw::solve(context.world()?, context.policy)?),
            HindsightModel::Counted { .. } => {
                let batch = context.batch;
                meter.fitted_episodes += batch.episodes() as u64;
                let (mut all, mut with) = (BTreeMap::new(), BTreeMap::new());
                for range in batch.ranges() {
                    let mut to_go = vec![0.0; range.len()];
                    reward_to_go(&batch.rewards[range.clone()], 1.0, 0.0, &mut to_go)?;
                    for (step, z) in range.zip(to_go) {
                        let (node, z) = (batch.nodes[step], grain(z));
                        *all.entry((node, z)).or_insert(0) += 1;
                        *with.entry((node, z, batch.actions[step])).or_insert(0) += 1;
                    }
                }
                Fitted::Counted(all, with)
            }
        });
        Ok(())
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let fitted =
            self.fitted.as_ref().ok_or_else(|| FidelityError::NotFitted { estimator: self.name() })?;
        let batch = context.batch;
        let mut credit = vec![0.0; batch.steps()];
        let mut undefined = 0;
        for range in batch.ranges() {
            let mut to_go = vec![0.0; range.len()];
            reward_to_go(&batch.rewards[range.clone()], 1.0, 0.0, &mut to_go)?;
            for (step, z) in range.zip(to_go) {
                let (node, action) = (batch.nodes[step], batch.actions[step]);
                // An undefined coefficient is passed on as 0, which the rule skips and counts.
                let h = fitted.hindsight(context, node, action, grain(z)).unwrap_or(0.0);
                let pi = context.policy.probability(node, action);
                undefined += return_hindsight(z, &[pi], &[h], &mut credit[step..=step])? as u64;
            }
        }
        let counters = [("undefined-coefficient", undefined)].into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}
