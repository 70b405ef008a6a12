//! Contribution coefficients (COCOA, arXiv 2306.16803).

use milepost_credit::{contribution_coefficient, contribution_credit};
use serde::{Deserialize, Serialize};

use super::hindsight::HindsightModel;
use crate::card::{CaIdCard, Intervention};
use crate::contributions::{Contributions, LaterOutcomes, OutcomeKey};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::{FidelityError, Meter};

/// Credit of every action for later rewards:
/// `ĉ_t(a) = r(s_t,a) − Σ_b π(b|s_t) r(s_t,b) + Σ_{k≥1} w(s_t,a,U_{t+k}) R_{t+k}`,
/// `w(s,a,u) = Σ_{k≥1} P(U_{t+k}=u|s,a) / Σ_{k≥1} P(U_{t+k}=u|s) − 1`.
///
/// Its mean over the policy's episodes from a state (whatever action they took there) is the advantage of `a`, if
/// the reward depends on how the outcome was reached only through the outcome; outcomes for which it does not are
/// counted as aliased.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Contribution {
    /// What an outcome is.
    pub outcome: OutcomeKey,
    /// Where the occupancies come from.
    #[serde(default)]
    pub model: HindsightModel,
    #[serde(skip)]
    fitted: Option<Fitted>,
}

#[derive(Debug, Clone, PartialEq)]
struct Fitted {
    contributions: Contributions,
    /// Expected immediate reward of each node and action, `None` if it was never seen.
    immediate: Vec<Option<f64>>,
    aliased: u64,
}

impl Contribution {
    /// With these outcomes and this model.
    #[must_use]
    pub const fn new(outcome: OutcomeKey, model: HindsightModel) -> Self {
        Self { outcome, model, fitted: None }
    }

    fn exact(&self, context: &Context<'_>) -> Result<Fitted, FidelityError> {
        let world = context.world()?;
        let contributions = Contributions::solve(world, context.policy, self.outcome)?;
        let immediate = (0..world.nodes() as u32)
            .flat_map(|node| (0..world.actions() as u32).map(move |action| (node, action)))
            .map(|(node, action)| {
                Some(world.outcomes(node, action).iter().map(|o| o.probability * o.reward).sum())
            })
            .collect();
        let aliased = contributions.aliased();
        Ok(Fitted { contributions, immediate, aliased })
    }

    fn counted(&self, context: &Context<'_>) -> Result<Fitted, FidelityError> {
        let (world, batch) = (context.world()?, context.batch);
        let (nodes, actions) = (world.nodes(), world.actions());
        let mut after = vec![LaterOutcomes::new(); nodes * actions];
        let mut under = vec![LaterOutcomes::new(); nodes];
        let (mut after_visits, mut under_visits) = (vec![0.0; nodes * actions], vec![0.0; nodes]);
        let mut paid = vec![0.0; nodes * actions];
        for range in batch.ranges() {
            for step in range.clone() {
                let node = batch.nodes[step] as usize;
                let pair = node * actions + batch.actions[step] as usize;
                after_visits[pair] += 1.0;
                under_visits[node] += 1.0;
                paid[pair] += batch.rewards[step];
                for later in step + 1..range.end {
                    let reward = batch.rewards[later];
                    let key = self.outcome.of(world, batch.nodes[later], reward);
                    for outcomes in [&mut after[pair], &mut under[node]] {
                        let entry = outcomes.entry(key).or_default();
                        entry.visits += 1.0;
                        entry.reward += reward;
                    }
                }
            }
        }
        let immediate =
            paid.iter().zip(&after_visits).map(|(paid, n)| (*n > 0.0).then(|| paid / n)).collect();
        let contributions = Contributions::from_counts(actions, after, under, &after_visits, &under_visits);
        Ok(Fitted { contributions, immediate, aliased: 0 })
    }
}

impl CreditEstimator for Contribution {
    fn name(&self) -> String {
        let outcome = match self.outcome {
            OutcomeKey::State => "state",
            OutcomeKey::Reward => "reward",
            OutcomeKey::StateReward => "state-reward",
            OutcomeKey::Observation => "observation",
        };
        format!("cocoa-{outcome}({})", self.model.label())
    }

    fn card(&self) -> CaIdCard {
        CaIdCard { intervention: Intervention::SurrogateModel, ..self.model.card() }
    }

    fn needs(&self) -> Needs {
        HindsightModel::needs()
    }

    fn wants_episodes(&self) -> usize {
        self.model.episodes()
    }

    fn fit(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<(), FidelityError> {
        self.fitted = Some(match self.model {
            HindsightModel::Exact => self.exact(context)?,
            HindsightModel::Counted { .. } => {
                meter.fitted_episodes += context.batch.episodes() as u64;
                self.counted(context)?
            }
        });
        Ok(())
    }

    fn estimate(&mut self, context: &Context<'_>, _: &mut Meter) -> Result<Estimate, FidelityError> {
        let fitted =
            self.fitted.as_ref().ok_or_else(|| FidelityError::NotFitted { estimator: self.name() })?;
        let (world, batch, actions) = (context.world()?, context.batch, context.actions());
        let mut credit = vec![0.0; batch.steps() * actions];
        let (mut undefined, mut unseen) = (0, 0);
        let mut column = Vec::new();
        for range in batch.ranges() {
            let rewards = &batch.rewards[range.clone()];
            let keys: Vec<_> =
                range.clone().map(|s| self.outcome.of(world, batch.nodes[s], batch.rewards[s])).collect();
            for action in 0..actions as u32 {
                let immediate: Vec<f64> = range
                    .clone()
                    .map(|step| {
                        let node = batch.nodes[step];
                        let row = &fitted.immediate[node as usize * actions..][..actions];
                        let mean: f64 = row
                            .iter()
                            .zip(context.policy.row(node))
                            .filter(|(_, p)| **p > 0.0)
                            .map(|(r, p)| p * r.unwrap_or(0.0))
                            .sum();
                        row[action as usize].unwrap_or_else(|| {
                            unseen += u64::from(context.is_legal(node, action));
                            mean
                        }) - mean
                    })
                    .collect();
                column.clear();
                column.resize(range.len(), 0.0);
                let coefficient = |t: usize, k: usize| {
                    let node = batch.nodes[range.start + t];
                    if !context.is_legal(node, action) {
                        return Some(0.0);
                    }
                    // An action that was never counted has no coefficient.
                    fitted.immediate[node as usize * actions + action as usize]?;
                    let (after, under) = fitted.contributions.visits(node, action, keys[k]);
                    contribution_coefficient(after, under)
                };
                undefined += contribution_credit(&immediate, rewards, coefficient, &mut column)? as u64;
                for (step, value) in range.clone().zip(&column) {
                    if context.is_legal(batch.nodes[step], action) {
                        credit[step * actions + action as usize] = *value;
                    }
                }
            }
        }
        let counters = [
            ("undefined-coefficient", undefined),
            ("action-never-counted", unseen),
            ("aliased-outcomes", fitted.aliased),
        ];
        let counters = counters.into_iter().filter(|(_, n)| *n > 0).collect();
        Ok(Estimate { credit: Credit::AllActions(credit), counters })
    }
}
