//! A judge with known faults (CAPO, TARL, CriticSearch, LaRe).

use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::{FidelityError, LayeredWorld, Meter, NodePolicy, Truth};

/// What the judge is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sees {
    /// The state.
    #[default]
    State,
    /// The observation and the time: it answers with the mean over the states that it cannot tell apart.
    Observation,
}

/// A judge: `ĉ = A + bias + N(0, σ²)`, then flipped, rounded or missing as configured. Without faults it is the
/// oracle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct NoisyJudge {
    /// Added to every score.
    pub bias: f64,
    /// Standard deviation of the noise.
    pub sigma: f64,
    /// Share of the noise's variance that all scores of an episode have in common.
    pub shared: f64,
    /// Probability that a score's sign is flipped.
    pub flip: f64,
    /// Round to −1, 0 or 1: 0 below this magnitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub round_below: Option<f64>,
    /// Probability that there is no answer; the step gets 0 and is counted.
    pub missing: f64,
    /// What it is shown.
    pub sees: Sees,
    #[serde(skip)]
    means: Option<Vec<f64>>,
}

impl Default for NoisyJudge {
    fn default() -> Self {
        Self {
            bias: 0.0,
            sigma: 0.0,
            shared: 0.0,
            flip: 0.0,
            round_below: None,
            missing: 0.0,
            sees: Sees::State,
            means: None,
        }
    }
}

impl NoisyJudge {
    /// A judge whose only fault is noise of this standard deviation.
    #[must_use]
    pub fn with_noise(sigma: f64) -> Self {
        Self { sigma, ..Self::default() }
    }

    fn check(&self) -> Result<(), FidelityError> {
        let unit = "lie in [0, 1]";
        let ranges = [
            ("shared", self.shared, unit, (0.0..=1.0).contains(&self.shared)),
            ("flip", self.flip, unit, (0.0..=1.0).contains(&self.flip)),
            ("missing", self.missing, unit, (0.0..=1.0).contains(&self.missing)),
            ("sigma", self.sigma, "be finite and not negative", self.sigma >= 0.0 && self.sigma.is_finite()),
            ("bias", self.bias, "be finite", self.bias.is_finite()),
        ];
        match ranges.into_iter().find(|(.., valid)| !valid) {
            Some((parameter, value, rule, _)) => Err(FidelityError::Parameter { parameter, value, rule }),
            None => Ok(()),
        }
    }
}

/// The visit-weighted mean advantage of each action over the nodes of a time that look the same, `[nodes, actions]`.
fn observed_means(world: &LayeredWorld, policy: &NodePolicy, truth: &Truth) -> Vec<f64> {
    let actions = world.actions();
    let mut means = vec![0.0; world.nodes() * actions];
    for t in 0..world.horizon() {
        for action in 0..actions as u32 {
            let mut sums = std::collections::BTreeMap::new();
            let nodes = || world.layer(t).map(|n| n as u32).filter(|n| world.is_legal(*n, action));
            for node in nodes() {
                let mass = truth.visits(node) * policy.probability(node, action);
                let (sum, weight) = sums.entry(world.observation(node)).or_insert((0.0, 0.0));
                *sum += mass * truth.advantage(node, action);
                *weight += mass;
            }
            for node in nodes() {
                let (sum, weight) = sums[&world.observation(node)];
                means[node as usize * actions + action as usize] =
                    if weight > 0.0 { sum / weight } else { 0.0 };
            }
        }
    }
    means
}

impl CreditEstimator for NoisyJudge {
    fn name(&self) -> String {
        let mut parts = vec![format!("sigma={}", self.sigma)];
        for (name, value) in
            [("bias", self.bias), ("shared", self.shared), ("flip", self.flip), ("missing", self.missing)]
        {
            if value != 0.0 {
                parts.push(format!("{name}={value}"));
            }
        }
        parts.extend(self.round_below.map(|below| format!("round-below={below}")));
        if self.sees == Sees::Observation {
            parts.push("sees=observation".into());
        }
        format!("judge({})", parts.join(","))
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Observed,
            intervention: Intervention::SurrogateModel,
            downstream: Downstream::ModelExpectation,
            support: "one answer a step".into(),
            interface: Interface::Advantage,
            evidence: Evidence::PredictiveProxy,
        }
    }

    fn needs(&self) -> Needs {
        Needs { judge: true, privileged: true, ..Needs::default() }
    }

    fn fit(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<(), FidelityError> {
        self.check()?;
        self.means = match self.sees {
            Sees::State => None,
            Sees::Observation => Some(observed_means(context.world()?, context.policy, context.truth()?)),
        };
        Ok(())
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let (batch, truth) = (context.batch, context.truth()?);
        let mut stream = context.tape.estimator_at("judge", batch.first_id());
        let mut credit = vec![0.0; batch.steps()];
        let mut missing = 0;
        for range in batch.ranges() {
            let common = stream.normal();
            for step in range {
                meter.judge_calls += 1;
                let (node, action) = (batch.nodes[step], batch.actions[step]);
                let seen = match (self.sees, &self.means) {
                    (Sees::State, _) => truth.advantage(node, action),
                    (Sees::Observation, Some(means)) => {
                        means[node as usize * context.actions() + action as usize]
                    }
                    (Sees::Observation, None) => {
                        return Err(FidelityError::NotFitted { estimator: self.name() });
                    }
                };
                let noise = self.shared.sqrt() * common + (1.0 - self.shared).sqrt() * stream.normal();
                let mut score = seen + self.bias + self.sigma * noise;
                if stream.uniform() < self.flip {
                    score = -score;
                }
                if let Some(below) = self.round_below {
                    score = if score.abs() < below { 0.0 } else { score.signum() };
                }
                if stream.uniform() < self.missing {
                    missing += 1;
                } else {
                    credit[step] = score;
                }
            }
        }
        let counters = [("no-answer", missing)].into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}
