//! Values of states: exact, spoilt, or learned from episodes.

use std::collections::HashMap;

use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::{CreditError, Lambda, td_lambda_errors};

use super::shape::{self, Counters};
use super::{Key, Table};
use crate::{
    CaIdCard, Context, Contrast, Credit, Downstream, Estimate, Evidence, FidelityError, Intervention, Meter,
    Needs, PreState, Unit,
};

/// Which value a critic gives.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub enum CriticKind {
    /// The exact value of what it sees: `V` averaged over the nodes of a key, weighted by visits. With
    /// [`Key::TimeAndState`] that is `V` itself.
    Exact {
        /// What it sees.
        key: Key,
    },
    /// The mean reward-to-go per key over episodes of its own.
    MonteCarlo {
        /// What it sees.
        key: Key,
        /// Episodes it is fitted on.
        episodes: usize,
    },
    /// `V ← V + α (G^λ − V)` on every step of episodes of its own, in order.
    TdLambda {
        /// What it sees.
        key: Key,
        /// Episodes it is fitted on.
        episodes: usize,
        /// Trace decay, in `[0, 1]`.
        lambda: f64,
        /// Step size `α`, in `(0, 1]`.
        step_size: f64,
        /// Passes over the episodes.
        sweeps: usize,
    },
    /// `V` plus normal noise that is drawn once per time and state for each seed.
    Noisy {
        /// Standard deviation of the noise.
        sigma: f64,
    },
    /// The same value everywhere; 0 is no critic.
    Constant {
        /// The value.
        value: f64,
    },
}

/// A value function with what it has learned. It is written and read as its [`CriticKind`].
///
/// A fitted critic predicts the reward-to-go discounted like the estimator that uses it; the exact ones do
/// not discount. A state that it never saw gets the mean reward-to-go of all fitted steps (Monte Carlo) or
/// the starting value 0 (TD), and is counted.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(from = "CriticKind", into = "CriticKind")]
pub struct Critic {
    kind: CriticKind,
    learned: Option<Table>,
}

impl From<CriticKind> for Critic {
    fn from(kind: CriticKind) -> Self {
        Self { kind, learned: None }
    }
}

impl From<Critic> for CriticKind {
    fn from(critic: Critic) -> Self {
        critic.kind
    }
}

impl Critic {
    /// `V` of time and state.
    #[must_use]
    pub fn exact() -> Self {
        CriticKind::Exact { key: Key::TimeAndState }.into()
    }

    /// No critic: 0 everywhere.
    #[must_use]
    pub fn none() -> Self {
        CriticKind::Constant { value: 0.0 }.into()
    }

    /// What it is.
    pub const fn kind(&self) -> CriticKind {
        self.kind
    }

    /// A short name with parameters.
    pub(super) fn name(&self) -> String {
        match self.kind {
            CriticKind::Exact { key: Key::TimeAndState } => "exact".into(),
            CriticKind::Exact { key } => format!("exact({})", key.name()),
            CriticKind::MonteCarlo { key, episodes } => format!("mc({},n={episodes})", key.name()),
            CriticKind::TdLambda { key, episodes, lambda, step_size, sweeps } => {
                let key = key.name();
                format!("td({key},n={episodes},lambda={lambda},step={step_size},sweeps={sweeps})")
            }
            CriticKind::Noisy { sigma } => format!("noisy(sigma={sigma})"),
            CriticKind::Constant { value } => format!("constant({value})"),
        }
    }

    pub(super) const fn needs(&self) -> Needs {
        Needs {
            branch: false,
            critic: !matches!(self.kind, CriticKind::Constant { .. }),
            judge: false,
            hindsight: false,
            privileged: matches!(self.kind, CriticKind::Exact { .. } | CriticKind::Noisy { .. }),
        }
    }

    pub(super) const fn wants_episodes(&self) -> usize {
        match self.kind {
            CriticKind::MonteCarlo { episodes, .. } | CriticKind::TdLambda { episodes, .. } => episodes,
            _ => 0,
        }
    }

    /// The card of a rule that compares what happened with this critic.
    pub(super) fn card(&self, unit: Unit) -> CaIdCard {
        let support = match self.kind {
            CriticKind::Constant { .. } => "no comparison; one sample".to_owned(),
            CriticKind::Exact { .. } | CriticKind::Noisy { .. } => {
                "one sample against the model's value".into()
            }
            _ => format!("one sample against a value fitted on {} episodes", self.wants_episodes()),
        };
        CaIdCard {
            pre_state: PreState::Matched,
            intervention: Intervention::SurrogateModel,
            downstream: Downstream::ModelExpectation,
            evidence: Evidence::ModelRelativeCounterfactual,
            ..shape::log_card(unit, Contrast::Policy, &support)
        }
    }

    /// Learns from the batch, if it learns at all.
    pub(super) fn fit(
        &mut self,
        context: &Context<'_>,
        gamma: f64,
        meter: &mut Meter,
    ) -> Result<(), FidelityError> {
        if self.wants_episodes() == 0 {
            return Ok(());
        }
        if context.batch.steps() == 0 {
            return Err(FidelityError::Empty { what: "the batch that a critic is fitted on" });
        }
        self.learned = match self.kind {
            CriticKind::MonteCarlo { key, .. } => {
                let to_go = shape::returns_to_go(context.batch, gamma)?;
                Some(Table::means(context.batch.nodes.iter().map(|n| key.of(context, *n)), &to_go))
            }
            CriticKind::TdLambda { key, lambda, step_size, sweeps, .. } => {
                if step_size.is_nan() || step_size <= 0.0 || step_size > 1.0 {
                    let rule = "lie in (0, 1]";
                    return Err(FidelityError::Parameter { parameter: "step-size", value: step_size, rule });
                }
                Some(temporal_differences(context, key, [gamma, lambda, step_size], sweeps)?)
            }
            _ => None,
        };
        meter.fitted_episodes += context.batch.episodes() as u64;
        Ok(())
    }

    /// Its value of the node before each step of the batch.
    pub(super) fn values(
        &self,
        context: &Context<'_>,
        meter: &mut Meter,
        counters: &mut Counters,
    ) -> Result<Vec<f64>, FidelityError> {
        let nodes = &context.batch.nodes;
        if self.needs().critic {
            meter.policy_evaluations += nodes.len() as u64;
        }
        Ok(match self.kind {
            CriticKind::Constant { value } => vec![value; nodes.len()],
            CriticKind::Exact { key: Key::TimeAndState } => {
                let truth = context.truth()?;
                nodes.iter().map(|n| truth.v(*n)).collect()
            }
            CriticKind::Exact { key } => {
                let means = exact_means(context, key)?;
                nodes.iter().map(|n| means[&key.of(context, *n)]).collect()
            }
            CriticKind::Noisy { sigma } => {
                let (truth, seed) = (context.truth()?, context.tape.seed());
                nodes.iter().map(|n| truth.v(*n) + sigma * noise(seed, *n)).collect()
            }
            CriticKind::MonteCarlo { key, .. } | CriticKind::TdLambda { key, .. } => {
                let table = self.learned.as_ref().ok_or_else(|| FidelityError::NotFitted {
                    estimator: format!("critic {}", self.name()),
                })?;
                let mut unseen = 0;
                let values = nodes.iter().map(|n| table.get(&key.of(context, *n), &mut unseen)).collect();
                shape::count(counters, "unseen-by-critic", unseen);
                values
            }
        })
    }

    /// Credits each episode by a rule of its rewards and values: `rule(rewards, values, credit)`.
    pub(super) fn credit(
        &self,
        context: &Context<'_>,
        meter: &mut Meter,
        mut rule: impl FnMut(&[f64], &[f64], &mut [f64]) -> Result<(), CreditError>,
    ) -> Result<Estimate, FidelityError> {
        let (batch, mut counters) = (context.batch, Counters::new());
        let values = self.values(context, meter, &mut counters)?;
        let mut credit = vec![0.0; batch.steps()];
        for range in batch.ranges().filter(|range| !range.is_empty()) {
            rule(&batch.rewards[range.clone()], &values[range.clone()], &mut credit[range])?;
        }
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}

/// The noise of a node: a pure function of seed and node.
fn noise(seed: u64, node: u32) -> f64 {
    let key = StreamKey::new(seed, Purpose::named("fidelity-critic-noise"));
    Stream::new(StreamKey { task: u64::from(node), ..key }).normal()
}

/// `Σ d V / Σ d` over the nodes of each key that the policy visits.
fn exact_means(context: &Context<'_>, key: Key) -> Result<HashMap<u64, f64>, FidelityError> {
    let (world, truth) = (context.world()?, context.truth()?);
    let mut sums: HashMap<u64, (f64, f64)> = HashMap::new();
    for node in (0..world.nodes() as u32).filter(|n| truth.visits(*n) > 0.0) {
        let (weight, sum) = sums.entry(key.of(context, node)).or_default();
        *weight += truth.visits(node);
        *sum += truth.visits(node) * truth.v(node);
    }
    Ok(sums.into_iter().map(|(key, (weight, sum))| (key, sum / weight)).collect())
}

fn temporal_differences(
    context: &Context<'_>,
    key: Key,
    [gamma, lambda, step_size]: [f64; 3],
    sweeps: usize,
) -> Result<Table, CreditError> {
    let batch = context.batch;
    let (mut table, cells) = Table::constant(batch.nodes.iter().map(|n| key.of(context, *n)), 0.0);
    let discounts = vec![gamma; context.horizon()];
    let (mut values, mut errors) = (Vec::new(), vec![0.0; context.horizon()]);
    for range in (0..sweeps).flat_map(|_| batch.ranges()).filter(|range| !range.is_empty()) {
        let steps = range.len();
        values.clear();
        values.extend(cells[range.clone()].iter().map(|cell| table.at(*cell)));
        values.push(0.0);
        let (rewards, errors) = (&batch.rewards[range.clone()], &mut errors[..steps]);
        td_lambda_errors(rewards, &discounts[..steps], &values, Lambda::Constant(lambda), errors)?;
        for (cell, error) in cells[range].iter().zip(errors) {
            table.add(*cell, step_size * *error);
        }
    }
    Ok(table)
}
