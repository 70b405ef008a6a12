//! Credit from replacing one step (C3, CCPO) or coalitions of steps (Shapley: SCAR, SHARP).

use std::collections::BTreeMap;

use milepost_credit::{
    MAX_EXACT_PLAYERS, Rows, contrast_advantages, shapley_from_permutations, shapley_values,
};
use serde::{Deserialize, Serialize};

use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::tape::TRUNK;
use crate::world::END;
use crate::{FidelityError, Meter, branch};

/// Branches in which a step was replaced.
const REPLACED: u8 = 3;

/// What is played after the replaced step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Tail {
    /// The policy continues.
    Resample,
    /// The recorded later actions are replayed; where one is not legal, or none was recorded, the policy
    /// continues.
    Frozen,
}

/// Leave one step out: `ĉ_t = R(τ) − mean_K R(τ^{t←a'})`.
///
/// Costs `K·H(H+1)/2` further steps an episode of `H` steps. With `a'` from the policy and a resampled tail the
/// mean over a state and action is the advantage; a frozen tail is another estimand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ReplaceStep {
    /// `K`, replacements per step.
    pub samples: u32,
    /// Where `a'` comes from; [`Contrast::None`] is refused.
    pub alternative: Contrast,
    /// What follows.
    pub tail: Tail,
    /// Whether the branch sees the noise of the recorded episode (common random numbers).
    pub shared_noise: bool,
}

/// Shapley values of the steps: `v(S)` is the return when the recorded actions are played on the steps in `S`
/// and a default elsewhere, all on the noise of the recorded episode.
///
/// Exact up to 12 steps (`2^T` replays an episode); beyond that, or if asked, over sampled permutations.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShapleySteps {
    /// The action of steps outside the coalition; where it is not legal the least legal action is played.
    pub default_action: u32,
    /// Permutations an episode; `None` for exact values.
    #[serde(default)]
    pub permutations: Option<u32>,
}

/// What replaying cost, and how many recorded actions could not be replayed.
struct Tally<'a> {
    meter: &'a mut Meter,
    illegal: u64,
}

impl ReplaceStep {
    /// The replacement that the uniform number `u` picks, or `None` if there is no other action.
    fn replacement(
        &self,
        context: &Context<'_>,
        node: u32,
        taken: u32,
        u: f64,
    ) -> Result<Option<u32>, FidelityError> {
        let row = context.policy.row(node);
        Ok(match self.alternative {
            Contrast::Policy => Some(context.policy.pick(node, u)),
            Contrast::Default { action } => context.is_legal(node, action).then_some(action),
            Contrast::OtherAction => {
                let rest = 1.0 - row[taken as usize];
                let mut left = u * rest;
                let others = || (0..row.len() as u32).filter(|a| *a != taken && row[*a as usize] > 0.0);
                others()
                    .find(|a| {
                        left -= row[*a as usize];
                        left < 0.0
                    })
                    .or_else(|| others().next_back())
            }
            Contrast::None => {
                let (parameter, rule) = ("alternative", "name where the replacing action comes from");
                return Err(FidelityError::Parameter { parameter, value: f64::NAN, rule });
            }
        })
    }

    /// The return from `step` on with its action replaced, in the branch `name`.
    fn replay(
        &self,
        context: &Context<'_>,
        (episode, step): (usize, usize),
        action: u32,
        name: u64,
        tally: &mut Tally<'_>,
    ) -> Result<f64, FidelityError> {
        let Tally { meter, illegal } = tally;
        let (world, batch, tape) = (context.world()?, context.batch, context.tape);
        let (id, end) = (batch.id(episode), batch.range(episode).end);
        let noise = if self.shared_noise { TRUNK } else { name };
        let (mut node, mut at, mut action, mut total) = (batch.nodes[step], step, action, 0.0);
        meter.clones += 1;
        loop {
            let outcome = world.pick(node, action, tape.outcome(id, noise, world.time(node)));
            total += outcome.reward;
            meter.environment_steps += 1;
            (node, at) = (outcome.next, at + 1);
            if node == END {
                return Ok(total);
            }
            let recorded = (self.tail == Tail::Frozen && at < end).then(|| batch.actions[at]);
            let playable = recorded.filter(|action| world.is_legal(node, *action));
            *illegal += u64::from(recorded.is_some() && playable.is_none());
            action = playable.unwrap_or_else(|| {
                meter.policy_evaluations += 1;
                context.policy.pick(node, tape.action(id, noise, world.time(node)))
            });
        }
    }
}

impl CreditEstimator for ReplaceStep {
    fn name(&self) -> String {
        let tail = match self.tail {
            Tail::Resample => "resampled",
            Tail::Frozen => "frozen",
        };
        let alternative = match self.alternative {
            Contrast::Policy => String::new(),
            Contrast::OtherAction => ",other-action".into(),
            Contrast::Default { action } => format!(",default={action}"),
            Contrast::None => ",none".into(),
        };
        let noise = if self.shared_noise { ",shared-noise" } else { "" };
        format!("replace(k={},{tail}{alternative}{noise})", self.samples)
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: self.alternative,
            pre_state: PreState::Restored,
            intervention: Intervention::EnvironmentRestore,
            downstream: match self.tail {
                Tail::Resample => Downstream::ContinuePolicy,
                Tail::Frozen => Downstream::FrozenActions,
            },
            support: format!("{} replacements a step", self.samples),
            interface: Interface::Advantage,
            evidence: Evidence::RestoredInterventional,
        }
    }

    fn needs(&self) -> Needs {
        Needs { branch: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        if self.samples == 0 {
            let (parameter, rule) = ("samples", "be at least 1");
            return Err(FidelityError::Parameter { parameter, value: 0.0, rule });
        }
        let batch = context.batch;
        let mut credit = vec![0.0; batch.steps()];
        let mut alone = 0;
        let mut tally = Tally { meter, illegal: 0 };
        for (episode, range) in batch.ranges().enumerate() {
            let mut to_go = vec![0.0; range.len()];
            milepost_credit::reward_to_go(&batch.rewards[range.clone()], 1.0, 0.0, &mut to_go)?;
            let (mut taken, mut replaced, mut rows) = (Vec::new(), Vec::new(), Vec::new());
            let mut steps = Vec::new();
            for (t, step) in range.clone().enumerate() {
                let (node, action) = (batch.nodes[step], batch.actions[step]);
                let before = replaced.len();
                for repetition in 0..self.samples {
                    let name = branch(context.time(node), REPLACED, repetition);
                    let u = context.tape.action(batch.id(episode), name, context.time(node));
                    tally.meter.policy_evaluations += u64::from(self.alternative == Contrast::Policy);
                    if let Some(other) = self.replacement(context, node, action, u)? {
                        replaced.push(self.replay(context, (episode, step), other, name, &mut tally)?);
                    }
                }
                if replaced.len() == before {
                    alone += 1;
                } else {
                    // What was earned before the step is the same on both sides.
                    taken.push(to_go[t]);
                    rows.push(replaced.len() - before);
                    steps.push(step);
                }
            }
            if !steps.is_empty() {
                let mut differences = vec![0.0; steps.len()];
                contrast_advantages(
                    (&Rows::padded(steps.len(), 1), &taken),
                    (&Rows::ragged(&rows), &replaced),
                    &mut differences,
                )?;
                for (step, difference) in steps.into_iter().zip(differences) {
                    credit[step] = difference;
                }
            }
        }
        let counters = [("recorded-action-not-legal", tally.illegal), ("no-alternative-action", alone)];
        let counters = counters.into_iter().filter(|(_, count)| *count > 0).collect();
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}

impl ShapleySteps {
    /// The return with the recorded actions on the steps of the coalition and the default elsewhere.
    fn value(
        &self,
        context: &Context<'_>,
        episode: usize,
        meter: &mut Meter,
        in_coalition: impl Fn(usize) -> bool,
    ) -> Result<f64, FidelityError> {
        let (world, batch, tape) = (context.world()?, context.batch, context.tape);
        let (id, range) = (batch.id(episode), batch.range(episode));
        let (mut node, mut t, mut total) = (batch.nodes[range.start], 0, 0.0);
        meter.resets += 1;
        while node != END {
            let recorded = (t < range.len() && in_coalition(t)).then(|| batch.actions[range.start + t]);
            let action = [recorded, Some(self.default_action)]
                .into_iter()
                .flatten()
                .find(|action| (*action as usize) < world.actions() && world.is_legal(node, *action))
                .or_else(|| (0..world.actions() as u32).find(|action| world.is_legal(node, *action)))
                .ok_or_else(|| FidelityError::DeadEnd { time: world.time(node), key: world.key(node) })?;
            let outcome = world.pick(node, action, tape.outcome(id, TRUNK, world.time(node)));
            total += outcome.reward;
            meter.environment_steps += 1;
            (node, t) = (outcome.next, t + 1);
        }
        Ok(total)
    }
}

impl CreditEstimator for ShapleySteps {
    fn name(&self) -> String {
        match self.permutations {
            None => format!("shapley(default={})", self.default_action),
            Some(n) => format!("shapley(default={},permutations={n})", self.default_action),
        }
    }

    fn card(&self) -> CaIdCard {
        CaIdCard {
            unit: Unit::Step,
            contrast: Contrast::Default { action: self.default_action },
            pre_state: PreState::Restored,
            intervention: Intervention::RealRerun,
            downstream: Downstream::FrozenActions,
            support: self.permutations.map_or("all coalitions".into(), |n| format!("{n} permutations")),
            interface: Interface::Advantage,
            evidence: Evidence::RestoredInterventional,
        }
    }

    fn needs(&self) -> Needs {
        Needs { branch: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        let batch = context.batch;
        let mut credit = vec![0.0; batch.steps()];
        let mut stream = context.tape.estimator_at("shapley", batch.first_id());
        let mut sampled_instead = 0;
        for (episode, range) in batch.ranges().enumerate() {
            let players = range.len();
            let mut failure = None;
            let mut keep = |value: Result<f64, FidelityError>| {
                value.unwrap_or_else(|error| {
                    failure = Some(error);
                    0.0
                })
            };
            let out = &mut credit[range];
            let permutations = match self.permutations {
                None if players <= MAX_EXACT_PLAYERS => None,
                None => {
                    sampled_instead += 1;
                    Some(2 * players as u32)
                }
                asked => asked,
            };
            match permutations {
                None => shapley_values(
                    |set| keep(self.value(context, episode, meter, |t| set >> t & 1 == 1)),
                    out,
                )?,
                Some(count) => {
                    let drawn: Vec<Vec<usize>> = (0..count)
                        .map(|_| {
                            let mut order: Vec<usize> = (0..players).collect();
                            stream.shuffle(&mut order);
                            order
                        })
                        .collect();
                    shapley_from_permutations(
                        &drawn,
                        |set| keep(self.value(context, episode, meter, |t| set[t])),
                        out,
                    )?;
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        let counters = BTreeMap::from([("sampled-permutations-instead-of-all", sampled_instead)]);
        let counters = counters.into_iter().filter(|(_, count)| *count > 0).collect();
        Ok(Estimate { credit: Credit::Advantage(credit), counters })
    }
}
