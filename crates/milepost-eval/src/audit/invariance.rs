use milepost_core::RewardLaw;

use super::plan::{Among, Plan};
use super::{AuditError, RewardPair, Setting};

/// How the optimal actions of a state compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    /// The same actions are optimal.
    Same,
    /// Fewer are optimal for the audited reward, but all of these are optimal for gold: harmless.
    Narrower,
    /// Some action is optimal for the audited reward and not for gold.
    Misled,
    /// The state cannot be reached.
    Unreachable,
}

/// What maximising the audited reward does to the gold one.
#[derive(Debug, Clone, PartialEq)]
pub struct Invariance {
    /// For each state, as the first of an episode.
    pub agreement: Vec<Agreement>,
    /// `V*₀`: the best gold value, in expectation over the first state.
    pub gold_value: f64,
    /// `V*₀ − V₀^π'` for the `π'` among all that are optimal for the audited reward that is worst for gold.
    pub regret_worst: f64,
    /// The same for the `π'` that draws uniformly among optimal actions.
    pub regret_mean: f64,
    /// Probability of success within the budget of the policy that is best for gold, ties drawn uniformly.
    pub gold_success: f64,
    /// The same of the policy that is best for the audited reward.
    pub audited_success: f64,
}

impl Invariance {
    /// Reachable states of this kind.
    pub fn count(&self, kind: Agreement) -> usize {
        self.agreement.iter().filter(|agreement| **agreement == kind).count()
    }

    /// Reachable states whose sets of optimal actions differ.
    pub fn states_that_differ(&self) -> usize {
        self.count(Agreement::Narrower) + self.count(Agreement::Misled)
    }
}

/// Compares the optimal policies of both rewards. Actions within a relative 10⁻⁹ of the best are optimal.
///
/// Cost: a few visits of every transition for each step of the budget; memory: one byte for each step,
/// state and action.
pub fn invariance(pair: &RewardPair, setting: Setting) -> Result<Invariance, AuditError> {
    let (gold_plan, gold_values) = Plan::optimal(&pair.gold, setting)?;
    let (audited_plan, _) = Plan::optimal(&pair.audited, setting)?;
    let mean = |values: &[f64]| -> f64 { pair.start.iter().zip(values).map(|(p, v)| p * v).sum() };
    let gold_value = mean(&gold_values);
    let regret = |among| -> Result<f64, AuditError> {
        Ok((gold_value - mean(&audited_plan.value(&pair.gold, setting, among)?)).max(0.0))
    };
    let flags = pair.successes.iter().map(|success| RewardLaw::constant(f64::from(u8::from(*success))));
    let success = pair.gold.with_rewards(flags.collect())?;
    let undiscounted = Setting { discount: 1.0, ..setting };
    let succeeds = |plan: &Plan| mean(&plan.within_budget(&success, undiscounted, Among::Uniform));
    Ok(Invariance {
        agreement: (0..pair.gold.states())
            .map(|state| {
                if pair.reachable[state] {
                    compare(gold_plan.set(0, state), audited_plan.set(0, state))
                } else {
                    Agreement::Unreachable
                }
            })
            .collect(),
        gold_value,
        regret_worst: regret(Among::Worst)?,
        regret_mean: regret(Among::Uniform)?,
        gold_success: succeeds(&gold_plan),
        audited_success: succeeds(&audited_plan),
    })
}

fn compare(gold: &[bool], audited: &[bool]) -> Agreement {
    if gold == audited {
        Agreement::Same
    } else if gold.iter().zip(audited).all(|(gold, audited)| *gold || !*audited) {
        Agreement::Narrower
    } else {
        Agreement::Misled
    }
}
