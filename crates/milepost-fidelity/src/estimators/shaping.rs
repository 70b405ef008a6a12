//! Shaped rewards.

use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Baseline, Context, Credit, CreditEstimator, Estimate, Needs, Reading};
use crate::world::END;
use crate::{FidelityError, LayeredWorld, Meter, Truth};

/// A function of the state.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum PotentialFunction {
    /// The value of the policy.
    Value,
    /// The value of the best policy.
    BestValue,
    /// The share of the longest episode that is over: a heuristic that knows nothing of the task.
    Progress,
    /// The value of the policy with an error `N(0, σ²)`, one for each pair of time and state.
    Corrupted {
        /// `σ`.
        sigma: f64,
    },
}

/// What the potential is once the episode is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalValue {
    /// 0: the sum telescopes to `−Φ(s_0)` and no policy gains by it.
    Zero,
    /// That of the last state: the sum keeps `Φ(s_{T−1})`, and which policy is best may change.
    Kept,
}

/// A shaped reward: `r + Φ(s') − Φ(s)`, plus a bonus that is no potential, if any; credit is its reward-to-go
/// minus the mean of the other episodes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Shaping {
    /// `Φ`.
    pub potential: PotentialFunction,
    /// `Φ` after the end.
    pub terminal: TerminalValue,
    /// Paid for every step that takes action 0.
    #[serde(default)]
    pub bonus: f64,
}

impl Shaping {
    fn potential(&self, world: &LayeredWorld, truth: &Truth, seed: u64, node: u32) -> f64 {
        match self.potential {
            PotentialFunction::Value => truth.v(node),
            PotentialFunction::BestValue => truth.best_v(node),
            PotentialFunction::Progress => f64::from(world.time(node)) / world.horizon() as f64,
            PotentialFunction::Corrupted { sigma } => {
                let key = StreamKey {
                    task: u64::from(node),
                    ..StreamKey::new(seed, Purpose::named("corrupted potential"))
                };
                truth.v(node) + sigma * Stream::new(key).normal()
            }
        }
    }

    /// The shaped reward of a transition that pays `reward`; `next` may be [`END`].
    #[must_use]
    pub fn reward(
        &self,
        world: &LayeredWorld,
        truth: &Truth,
        seed: u64,
        (node, action, reward, next): (u32, u32, f64, u32),
    ) -> f64 {
        let before = self.potential(world, truth, seed, node);
        let after = match (next, self.terminal) {
            (END, TerminalValue::Zero) => 0.0,
            (END, TerminalValue::Kept) => before,
            (next, _) => self.potential(world, truth, seed, next),
        };
        let bonus = if action == 0 { self.bonus } else { 0.0 };
        reward + after - before + bonus
    }
}

impl CreditEstimator for Shaping {
    fn name(&self) -> String {
        let potential = match self.potential {
            PotentialFunction::Value => "value".into(),
            PotentialFunction::BestValue => "best-value".into(),
            PotentialFunction::Progress => "progress".into(),
            PotentialFunction::Corrupted { sigma } => format!("corrupted={sigma}"),
        };
        let kept = if self.terminal == TerminalValue::Kept { ",kept" } else { "" };
        let bonus = if self.bonus == 0.0 { String::new() } else { format!(",bonus={}", self.bonus) };
        format!("shaping({potential}{kept}{bonus})")
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::None,
            pre_state: PreState::Observed,
            intervention: Intervention::None,
            downstream: Downstream::Recorded,
            support: "every step".into(),
            interface: Interface::Reward,
            evidence: Evidence::PredictiveProxy,
        }
    }

    fn needs(&self) -> Needs {
        Needs { privileged: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let (world, truth, batch) = (context.world()?, context.truth()?, context.batch);
        let seed = context.tape.seed();
        let rewards = (0..batch.steps())
            .map(|s| {
                let transition = (batch.nodes[s], batch.actions[s], batch.rewards[s], batch.next[s]);
                self.reward(world, truth, seed, transition)
            })
            .collect();
        let reading = Reading::ToGo { baseline: Baseline::LeaveOneOut };
        Ok(Credit::Reward { rewards, reading }.into())
    }
}
