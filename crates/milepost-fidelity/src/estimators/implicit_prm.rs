//! Implicit process rewards (PRIME, iStar, ITPO, r→Q*).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs, Reading};
use crate::world::END;
use crate::{FidelityError, LayeredWorld, Meter, NodePolicy};

/// Where the implicit reward comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum PrmModel {
    /// `Φ = β log E[exp(R/β) | prefix]`, exactly: the optimum of the fit below with unlimited data.
    Exact,
    /// A tabular softmax `π_φ`, started at the policy and fitted to outcomes in `[0, 1]` by gradient descent on the
    /// cross-entropy of `σ(β Σ_t log π_φ/π)`.
    Learned {
        /// Episodes of its own.
        episodes: usize,
        /// Passes over them.
        passes: u32,
        /// Step size.
        rate: f64,
    },
}

/// Implicit process reward: `r̂_t = Φ_{t+1} − Φ_t`, or `β log π_φ(a_t|s_t)/π(a_t|s_t)` of a fitted model.
///
/// The exact form telescopes to `Φ_T − Φ_0`. `β → ∞` gives the advantage (plus the luck of transitions), `β → 0`
/// the best case. After the last step `Φ` is taken before the verdict is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ImplicitPrm {
    /// `β`.
    pub beta: f64,
    /// Where it comes from.
    pub model: PrmModel,
    #[serde(skip)]
    fitted: Option<Fitted>,
}

#[derive(Debug, Clone, PartialEq)]
enum Fitted {
    Exact(Certainty),
    /// `log π_φ − log π` of every action of the nodes met.
    Learned(BTreeMap<u32, Vec<f64>>),
}

/// `log E[exp(Z/β)]` of the return-to-go, by node and by node and action.
#[derive(Debug, Clone, PartialEq)]
struct Certainty {
    nodes: Vec<f64>,
    pairs: Vec<f64>,
}

impl Certainty {
    fn solve(world: &LayeredWorld, policy: &NodePolicy, beta: f64) -> Self {
        let actions = world.actions();
        let mut nodes = vec![0.0; world.nodes()];
        let mut pairs = vec![f64::NEG_INFINITY; world.nodes() * actions];
        let mut terms = Vec::new();
        for node in (0..world.nodes()).rev() {
            for action in (0..actions as u32).filter(|a| world.is_legal(node as u32, *a)) {
                terms.clear();
                terms.extend(world.outcomes(node as u32, action).iter().map(|o| {
                    let later = if o.next == END { 0.0 } else { nodes[o.next as usize] };
                    (o.probability, o.reward / beta + later)
                }));
                pairs[node * actions + action as usize] = log_mean_exp(&terms);
            }
            terms.clear();
            let row = policy.row(node as u32).iter().zip(&pairs[node * actions..]);
            terms.extend(row.filter(|(p, _)| **p > 0.0).map(|(p, x)| (*p, *x)));
            nodes[node] = log_mean_exp(&terms);
        }
        Self { nodes, pairs }
    }
}

/// `log Σ p exp(x)`.
fn log_mean_exp(terms: &[(f64, f64)]) -> f64 {
    let largest = terms.iter().filter(|(p, _)| *p > 0.0).map(|(_, x)| *x).fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return largest;
    }
    let sum: f64 = terms.iter().filter(|(p, _)| *p > 0.0).map(|(p, x)| p * libm::exp(x - largest)).sum();
    largest + libm::log(sum)
}

impl ImplicitPrm {
    /// With this temperature and model.
    #[must_use]
    pub const fn new(beta: f64, model: PrmModel) -> Self {
        Self { beta, model, fitted: None }
    }

    /// Logits of `π_φ` relative to the policy's, by gradient descent on the mean cross-entropy.
    fn learn(
        &self,
        context: &Context<'_>,
        passes: u32,
        rate: f64,
    ) -> Result<BTreeMap<u32, Vec<f64>>, FidelityError> {
        let (batch, policy) = (context.batch, context.policy);
        let outcomes = batch.returns();
        if let Some(bad) = outcomes.iter().find(|outcome| !(0.0..=1.0).contains(*outcome)) {
            let (parameter, rule) = ("an outcome", "lie in [0, 1] to be fitted by cross-entropy");
            return Err(FidelityError::Parameter { parameter, value: *bad, rule });
        }
        let mut logits: BTreeMap<u32, Vec<f64>> =
            batch.nodes.iter().map(|node| (*node, vec![0.0; context.actions()])).collect();
        let scale = rate / batch.episodes().max(1) as f64;
        for _ in 0..passes {
            let ratios = log_ratios(&logits, policy);
            let mut step: BTreeMap<u32, Vec<f64>> =
                logits.keys().map(|node| (*node, vec![0.0; context.actions()])).collect();
            for (range, outcome) in batch.ranges().zip(&outcomes) {
                let sum: f64 =
                    range.clone().map(|s| ratios[&batch.nodes[s]][batch.actions[s] as usize]).sum();
                let error = outcome - 1.0 / (1.0 + libm::exp(-self.beta * sum));
                for s in range {
                    let node = batch.nodes[s];
                    let Some(row) = step.get_mut(&node) else { continue };
                    for (b, (out, ratio)) in row.iter_mut().zip(&ratios[&node]).enumerate() {
                        let fitted = policy.probability(node, b as u32) * libm::exp(*ratio);
                        let taken = f64::from(b as u32 == batch.actions[s]);
                        *out += error * self.beta * (taken - fitted);
                    }
                }
            }
            for (row, step) in logits.values_mut().zip(step.values()) {
                row.iter_mut().zip(step).for_each(|(x, d)| *x += scale * d);
            }
        }
        Ok(log_ratios(&logits, policy))
    }
}

/// `log π_φ − log π` for `π_φ ∝ π exp(logit)`.
fn log_ratios(logits: &BTreeMap<u32, Vec<f64>>, policy: &NodePolicy) -> BTreeMap<u32, Vec<f64>> {
    logits
        .iter()
        .map(|(node, row)| {
            let terms: Vec<(f64, f64)> = policy.row(*node).iter().copied().zip(row.iter().copied()).collect();
            let norm = log_mean_exp(&terms);
            (*node, row.iter().map(|x| x - norm).collect())
        })
        .collect()
}

impl CreditEstimator for ImplicitPrm {
    fn name(&self) -> String {
        match self.model {
            PrmModel::Exact => format!("implicit-prm(beta={},exact)", self.beta),
            PrmModel::Learned { episodes, .. } => {
                format!("implicit-prm(beta={},learned={episodes})", self.beta)
            }
        }
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Policy,
            pre_state: PreState::Observed,
            intervention: Intervention::SurrogateModel,
            downstream: Downstream::ModelExpectation,
            support: match self.model {
                PrmModel::Exact => "exact model".into(),
                PrmModel::Learned { episodes, passes, rate } => {
                    format!("{episodes} episodes, {passes} passes at rate {rate}")
                }
            },
            interface: Interface::Reward,
            evidence: Evidence::PredictiveProxy,
        }
    }

    fn needs(&self) -> Needs {
        let exact = self.model == PrmModel::Exact;
        Needs { critic: true, privileged: exact, ..Needs::default() }
    }

    fn wants_episodes(&self) -> usize {
        match self.model {
            PrmModel::Exact => 0,
            PrmModel::Learned { episodes, .. } => episodes,
        }
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            let (parameter, rule) = ("beta", "be positive and finite");
            return Err(FidelityError::Parameter { parameter, value: self.beta, rule });
        }
        self.fitted = Some(match self.model {
            PrmModel::Exact => Fitted::Exact(Certainty::solve(context.world()?, context.policy, self.beta)),
            PrmModel::Learned { passes, rate, .. } => {
                meter.fitted_episodes += context.batch.episodes() as u64;
                Fitted::Learned(self.learn(context, passes, rate)?)
            }
        });
        Ok(())
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let fitted =
            self.fitted.as_ref().ok_or_else(|| FidelityError::NotFitted { estimator: self.name() })?;
        let (batch, actions) = (context.batch, context.actions());
        let mut rewards = vec![0.0; batch.steps()];
        let mut unknown = 0;
        for (step, reward) in rewards.iter_mut().enumerate() {
            let (node, action, next) = (batch.nodes[step], batch.actions[step], batch.next[step]);
            *reward = match fitted {
                Fitted::Exact(certainty) => {
                    let after = if next == END {
                        certainty.pairs[node as usize * actions + action as usize]
                    } else {
                        batch.rewards[step] / self.beta + certainty.nodes[next as usize]
                    };
                    self.beta * (after - certainty.nodes[node as usize])
                }
                Fitted::Learned(ratios) => {
                    meter.policy_evaluations += 1;
                    let ratio = ratios.get(&node).map(|row| row[action as usize]);
                    unknown += u64::from(ratio.is_none());
                    self.beta * ratio.unwrap_or(0.0)
                }
            };
        }
        let counters = [("state-never-counted", unknown)].into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Estimate { credit: Credit::Reward { rewards, reading: Reading::Direct }, counters })
    }
}
