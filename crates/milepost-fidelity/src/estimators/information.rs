//! Information gain about success (IGPO).

use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs, Reading};
use crate::value_counts::ValueCounts;
use crate::world::END;
use crate::{FidelityError, Meter};

/// Beliefs are not taken below this, so that their logarithm stays finite.
pub const BELIEF_FLOOR: f64 = 1e-8;

/// How two beliefs are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Gain {
    /// `log Φ_{t+1} − log Φ_t`.
    LogRatio,
    /// `Φ_{t+1} − Φ_t`.
    Difference,
}

/// Where the belief in success comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum Belief {
    /// The exact expected return of the trajectory given its prefix.
    Exact,
    /// The exact one with an error `N(0, σ²)`, one for each state and action, kept within `[floor, 1]`.
    Corrupted {
        /// `σ`.
        sigma: f64,
    },
    /// Means of episodes of its own.
    Learned {
        /// How many.
        episodes: usize,
    },
}

/// Information gain: the credit of a step is what it adds to the belief in success.
///
/// `Φ_t` is the belief before step `t`; after the last step it is the belief before the verdict is known, so that
/// the luck of the verdict is nobody's. The sum telescopes to `Φ_T − Φ_0` (of logarithms, for the ratio). With a
/// deterministic world and an exact belief the difference form is the advantage, and both have its sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InformationGain {
    /// How beliefs are compared.
    pub gain: Gain,
    /// Where they come from.
    pub belief: Belief,
    #[serde(skip)]
    counts: Option<ValueCounts>,
}

impl InformationGain {
    /// With this comparison and belief.
    #[must_use]
    pub const fn new(gain: Gain, belief: Belief) -> Self {
        Self { gain, belief, counts: None }
    }

    /// Belief before a step, or after `action` if given; and whether it was known.
    fn belief(
        &self,
        context: &Context<'_>,
        node: u32,
        action: Option<u32>,
    ) -> Result<(f64, bool), FidelityError> {
        let exact = || {
            let truth = context.truth()?;
            Ok::<_, FidelityError>(action.map_or_else(|| truth.v(node), |action| truth.q(node, action)))
        };
        match self.belief {
            Belief::Exact => Ok((exact()?, true)),
            Belief::Corrupted { sigma } => {
                let step = action.map_or(0, |action| action + 1);
                let key = StreamKey {
                    task: u64::from(node),
                    step,
                    ..StreamKey::new(context.tape.seed(), Purpose::named("corrupted belief"))
                };
                Ok(((exact()? + sigma * Stream::new(key).normal()).clamp(BELIEF_FLOOR, 1.0), true))
            }
            Belief::Learned { .. } => {
                let counts = self
                    .counts
                    .as_ref()
                    .ok_or_else(|| FidelityError::NotFitted { estimator: self.name() })?;
                Ok(action.map_or_else(|| counts.v(node), |action| counts.q(node, action)))
            }
        }
    }
}

impl CreditEstimator for InformationGain {
    fn name(&self) -> String {
        let gain = match self.gain {
            Gain::LogRatio => "log",
            Gain::Difference => "difference",
        };
        match self.belief {
            Belief::Exact => format!("information-gain({gain},exact)"),
            Belief::Corrupted { sigma } => format!("information-gain({gain},sigma={sigma})"),
            Belief::Learned { episodes } => format!("information-gain({gain},learned={episodes})"),
        }
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Observed,
            intervention: Intervention::SurrogateModel,
            downstream: Downstream::ModelExpectation,
            support: match self.belief {
                Belief::Exact => "exact belief".into(),
                Belief::Corrupted { sigma } => format!("exact belief with errors of {sigma}"),
                Belief::Learned { episodes } => format!("means of {episodes} episodes"),
            },
            interface: Interface::Reward,
            evidence: Evidence::PredictiveProxy,
        }
    }

    fn needs(&self) -> Needs {
        let learned = matches!(self.belief, Belief::Learned { .. });
        Needs { critic: true, privileged: !learned, ..Needs::default() }
    }

    fn wants_episodes(&self) -> usize {
        match self.belief {
            Belief::Learned { episodes } => episodes,
            Belief::Exact | Belief::Corrupted { .. } => 0,
        }
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        if self.wants_episodes() > 0 {
            meter.fitted_episodes += context.batch.episodes() as u64;
            self.counts = Some(ValueCounts::of(context.batch)?);
        }
        Ok(())
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let mut rewards = vec![0.0; batch.steps()];
        let (mut clamped, mut unknown) = (0, 0);
        for range in batch.ranges() {
            let mut earned = 0.0;
            let mut look = |node: u32, action: Option<u32>, earned: f64| {
                let (value, known) = self.belief(context, node, action)?;
                unknown += u64::from(!known);
                let value = earned + value;
                Ok::<_, FidelityError>(match self.gain {
                    Gain::Difference => value,
                    Gain::LogRatio => {
                        clamped += u64::from(value < BELIEF_FLOOR);
                        libm::log(value.max(BELIEF_FLOOR))
                    }
                })
            };
            let mut before = range.clone().next().map_or(Ok(0.0), |s| look(batch.nodes[s], None, 0.0))?;
            for step in range {
                let next = batch.next[step];
                let after = if next == END {
                    look(batch.nodes[step], Some(batch.actions[step]), earned)?
                } else {
                    earned += batch.rewards[step];
                    look(next, None, earned)?
                };
                rewards[step] = after - before;
                before = after;
            }
        }
        let counters = [("belief-at-its-floor", clamped), ("state-never-counted", unknown)];
        let counters = counters.into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Estimate { credit: Credit::Reward { rewards, reading: Reading::Direct }, counters })
    }
}
