use milepost_core::RewardLaw;

use super::plan::Plan;
use super::{AuditError, RewardPair, Setting};

/// Rewards below this magnitude count as zero: the rounding of sums of terms that cancel.
pub(super) const ZERO: f64 = 1e-12;

/// How often a reward pays (or charges) something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Density {
    /// Transitions that can happen, over all reachable states.
    pub transitions: usize,
    /// Share of them whose audited reward is not zero at every time.
    pub of_transitions: f64,
    /// Expected share of steps with a reward, actions drawn uniformly: `E[steps that pay] / E[steps]`.
    pub under_uniform: f64,
    /// The same under the policy that is best for the gold reward, ties drawn uniformly.
    pub under_gold: f64,
    /// The same under the policy that is best for the audited reward, ties drawn uniformly.
    pub under_audited: f64,
}

/// Density of the audited reward. Magnitudes below 10⁻¹² count as zero.
pub fn density(pair: &RewardPair, setting: Setting) -> Result<Density, AuditError> {
    let (mut paying, mut transitions) = (0_usize, 0_usize);
    for (state, action) in pair.pairs() {
        for transition in pair.audited.transitions(state, action).filter(|t| t.probability > 0.0) {
            transitions += 1;
            paying += usize::from(pays(transition.reward));
        }
    }
    let share = |plan: &Plan| {
        let (mut steps, mut paid) = (0.0, 0.0);
        for (elapsed, now) in plan.occupancy(pair, setting.horizon).iter().enumerate() {
            for (state, mass) in now {
                steps += mass;
                for (action, p) in plan.drawn(elapsed as u32, *state) {
                    let pays = |t: &crate::exact::Transition| t.reward.at(elapsed as u32).abs() > ZERO;
                    let probability = pair.audited.transitions(*state, action).filter(pays);
                    paid += mass * p * probability.map(|t| t.probability).sum::<f64>();
                }
            }
        }
        if steps > 0.0 { paid / steps } else { 0.0 }
    };
    Ok(Density {
        transitions,
        of_transitions: paying as f64 / transitions.max(1) as f64,
        under_uniform: share(&Plan::uniform(&pair.gold)),
        under_gold: share(&Plan::optimal(&pair.gold, setting)?.0),
        under_audited: share(&Plan::optimal(&pair.audited, setting)?.0),
    })
}

fn pays(law: RewardLaw) -> bool {
    law.base.abs() > ZERO || law.per_step.abs() > ZERO
}
