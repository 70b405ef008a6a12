//! Credit from branches of restored states (VinePPO, arXiv 2410.01679; SPO, TEMPO).

use std::collections::BTreeMap;

use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::{Rows, contrast_advantages, vine_advantages};
use serde::{Deserialize, Serialize};

use crate::belief::{self, Restore};
use crate::card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
use crate::estimator::{Context, Credit, CreditEstimator, Estimate, Needs};
use crate::{FidelityError, Meter, branch, play_on};

/// Tells branches that estimate a state's value from those of other kinds.
const STATE: u8 = 1;
/// Branches that begin with a given action.
const ACTION: u8 = 2;

/// Which estimates are used more than once in a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reuse {
    /// None: every step of every episode branches anew.
    None,
    /// Episodes that share their first state share its estimate.
    #[default]
    Start,
    /// Every pair of time and state is estimated once a batch.
    Node,
}

/// Branches per state: `ĉ_t = r_t + V̂_K(s_{t+1}) − V̂_K(s_t)`, `V̂_K` the mean return of `K` continuations of
/// the policy from the restored state.
///
/// Costs `K·H(H−1)/2` further steps an episode of `H` steps, and `K·H` for each first state.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Vine {
    /// `K`, continuations per state.
    pub continuations: u32,
    /// Which estimates are shared.
    #[serde(default)]
    pub reuse: Reuse,
    /// How states are restored.
    #[serde(default)]
    pub restore: Restore,
}

/// Paired branches: `ĉ_t = Q̂_K(s_t, a_t) − V̂_K(s_t)`, both from the restored state, so that the luck of the
/// recorded step is averaged too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PairedBranches {
    /// `K`, continuations per state and per action.
    pub continuations: u32,
    /// Which estimates are shared.
    #[serde(default)]
    pub reuse: Reuse,
    /// How states are restored.
    #[serde(default)]
    pub restore: Restore,
}

/// How a continuation begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begin {
    /// With an action of the policy.
    Policy,
    /// With the recorded action.
    Recorded,
}

/// Restored states of a batch and what continuations from them returned.
struct Brancher<'a, 'c> {
    context: &'a Context<'c>,
    continuations: u32,
    reuse: Reuse,
    restore: Restore,
    known: BTreeMap<(u32, Option<u32>), Vec<f64>>,
}

impl<'a, 'c> Brancher<'a, 'c> {
    const fn new(context: &'a Context<'c>, continuations: u32, reuse: Reuse, restore: Restore) -> Self {
        Self { context, continuations, reuse, restore, known: BTreeMap::new() }
    }

    /// Adds the returns of `K` continuations from step `step` of `episode`, beginning with `action` if given.
    /// `law` is what is known of the hidden node, if the state is restored by feeding the prefix again.
    fn returns(
        &mut self,
        episode: usize,
        step: usize,
        action: Option<u32>,
        law: Option<&[(u32, f64)]>,
        meter: &mut Meter,
        out: &mut Vec<f64>,
    ) -> Result<(), FidelityError> {
        let (context, batch) = (self.context, self.context.batch);
        let node = batch.nodes[step];
        let first = step == batch.range(episode).start;
        let shared = self.reuse == Reuse::Node || self.reuse == Reuse::Start && first && action.is_none();
        if shared && let Some(known) = self.known.get(&(node, action)) {
            out.extend_from_slice(known);
            return Ok(());
        }
        let (world, id, time) = (context.world()?, batch.id(episode), context.time(node));
        let begin = out.len();
        for repetition in 0..self.continuations {
            let kind = if action.is_some() { ACTION } else { STATE };
            let name = branch(time, kind, repetition);
            let from = law.map_or(node, |law| belief::pick(law, hidden(context, id, name, time)));
            meter.clones += 1;
            let (total, steps) = match action {
                None => play_on(world, context.policy, context.tape, id, name, from),
                Some(action) => {
                    let outcome = world.pick(from, action, context.tape.outcome(id, name, time));
                    let (later, steps) = play_on(world, context.policy, context.tape, id, name, outcome.next);
                    (outcome.reward + later, steps + 1)
                }
            };
            meter.environment_steps += steps;
            meter.policy_evaluations += steps - u64::from(action.is_some());
            out.push(total);
        }
        if shared {
            self.known.insert((node, action), out[begin..].to_vec());
        }
        Ok(())
    }

    /// The returns of the continuations from every step of an episode, `K` for each step.
    fn episode(
        &mut self,
        episode: usize,
        begin: Begin,
        meter: &mut Meter,
    ) -> Result<Vec<f64>, FidelityError> {
        let batch = self.context.batch;
        let laws = self.laws(episode)?;
        let mut returns = Vec::new();
        for (t, step) in batch.range(episode).enumerate() {
            let law = laws.as_ref().map(|laws| laws[t].as_slice());
            let action = (begin == Begin::Recorded).then(|| batch.actions[step]);
            self.returns(episode, step, action, law, meter, &mut returns)?;
        }
        Ok(returns)
    }

    /// What is known of the hidden node before each step, if that is how states are restored.
    fn laws(&self, episode: usize) -> Result<Option<Vec<belief::Law>>, FidelityError> {
        Ok(match self.restore {
            Restore::Full => None,
            Restore::Refeed => {
                let batch = self.context.batch;
                Some(belief::filter(self.context.world()?, batch, batch.range(episode)))
            }
        })
    }
}

/// The uniform number that picks a hidden node.
fn hidden(context: &Context<'_>, episode: u64, branch: u64, time: u32) -> f64 {
    let purpose = Purpose::named("hidden state");
    let key = StreamKey { run_seed: context.tape.seed(), purpose, task: branch, episode, step: time };
    Stream::new(key).uniform()
}

fn check(continuations: u32) -> Result<(), FidelityError> {
    if continuations == 0 {
        let (parameter, rule) = ("continuations", "be at least 1");
        return Err(FidelityError::Parameter { parameter, value: 0.0, rule });
    }
    Ok(())
}

fn restored_card(restore: Restore, support: String) -> CaIdCard {
    CaIdCard {
        unit: Unit::Step,
        contrast: Contrast::Policy,
        pre_state: match restore {
            Restore::Full => PreState::Restored,
            Restore::Refeed => PreState::Matched,
        },
        intervention: Intervention::EnvironmentRestore,
        downstream: Downstream::ContinuePolicy,
        support,
        interface: Interface::Advantage,
        evidence: Evidence::RestoredInterventional,
    }
}

fn suffix(reuse: Reuse, restore: Restore) -> String {
    let reuse = match reuse {
        Reuse::None => ",reuse=none",
        Reuse::Start => "",
        Reuse::Node => ",reuse=node",
    };
    let restore = if restore == Restore::Refeed { ",refeed" } else { "" };
    format!("{reuse}{restore}")
}

impl CreditEstimator for Vine {
    fn name(&self) -> String {
        format!("vine(k={}{})", self.continuations, suffix(self.reuse, self.restore))
    }

    fn card(&self) -> CaIdCard {
        restored_card(self.restore, format!("{} continuations a state", self.continuations))
    }

    fn needs(&self) -> Needs {
        Needs { branch: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        check(self.continuations)?;
        let batch = context.batch;
        let mut brancher = Brancher::new(context, self.continuations, self.reuse, self.restore);
        let mut credit = vec![0.0; batch.steps()];
        for (episode, range) in batch.ranges().enumerate() {
            let returns = brancher.episode(episode, Begin::Policy, meter)?;
            let rows = Rows::padded(range.len(), self.continuations as usize);
            vine_advantages(&batch.rewards[range.clone()], &rows, &returns, 1.0, 0.0, &mut credit[range])?;
        }
        Ok(Credit::Advantage(credit).into())
    }
}

impl CreditEstimator for PairedBranches {
    fn name(&self) -> String {
        format!("paired-branches(k={}{})", self.continuations, suffix(self.reuse, self.restore))
    }

    fn card(&self) -> CaIdCard {
        restored_card(self.restore, format!("{} continuations a state and an action", self.continuations))
    }

    fn needs(&self) -> Needs {
        Needs { branch: true, ..Needs::default() }
    }

    fn estimate(&mut self, context: &Context<'_>, meter: &mut Meter) -> Result<Estimate, FidelityError> {
        check(self.continuations)?;
        let batch = context.batch;
        let mut brancher = Brancher::new(context, self.continuations, self.reuse, self.restore);
        let mut credit = vec![0.0; batch.steps()];
        for (episode, range) in batch.ranges().enumerate() {
            let taken = brancher.episode(episode, Begin::Recorded, meter)?;
            let states = brancher.episode(episode, Begin::Policy, meter)?;
            let rows = Rows::padded(range.len(), self.continuations as usize);
            contrast_advantages((&rows, &taken), (&rows, &states), &mut credit[range])?;
        }
        Ok(Credit::Advantage(credit).into())
    }
}

/// Spread between two nominally identical branches: the standard deviation of the difference of their
/// returns over `√2`, when both draw the same noise. 0 if the whole state is restored; more if only the visible
/// prefix is, because what is hidden is then drawn anew. `None` without a step.
pub fn replica_noise_floor(
    context: &Context<'_>,
    restore: Restore,
    meter: &mut Meter,
) -> Result<Option<f64>, FidelityError> {
    let (batch, world) = (context.batch, context.world()?);
    let (mut sum, mut count) = (0.0, 0_u64);
    for (episode, range) in batch.ranges().enumerate() {
        let id = batch.id(episode);
        let laws = belief::filter(world, batch, range.clone());
        for (law, step) in laws.iter().zip(range) {
            let node = batch.nodes[step];
            let time = context.time(node);
            let noise = branch(time, STATE, 0);
            let replica = |repetition: u32| match restore {
                Restore::Full => node,
                Restore::Refeed => {
                    belief::pick(law, hidden(context, id, branch(time, ACTION, repetition), time))
                }
            };
            let mut play = |from: u32| {
                let (total, steps) = play_on(world, context.policy, context.tape, id, noise, from);
                meter.clones += 1;
                meter.environment_steps += steps;
                meter.policy_evaluations += steps;
                total
            };
            let difference: f64 = play(replica(0)) - play(replica(1));
            sum += difference * difference / 2.0;
            count += 1;
        }
    }
    Ok((count > 0).then(|| (sum / count as f64).sqrt()))
}
