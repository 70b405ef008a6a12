//! Rollback and splice: a failed call is repaired, and the repair put in its place.

mod format;
mod repair;
mod similarity;

pub use format::{CallFormat, WholeTurn};
pub use similarity::similarity;

use milepost_core::{Probe, TaskSeed, TokenEnvironment, TokenPolicy};
use serde::{Deserialize, Serialize};

use crate::behaviour::{MovedTokens, recompute_edited};
use crate::draws::{DrawKey, Lane};
use crate::engine::{Engine, Finished, plain_key};
use crate::groups::{rollout, start_groups};
use crate::settings::in_range;
use crate::{SamplerSettings, SamplingError, TokenRollout, TokenSampler};
use repair::Slot;

/// Similarity-aware adaptive rollback (CLEANER, arXiv 2601.15141).
///
/// Where a turn has a [fault](TokenEnvironment::fault), up to `retries` attempts are drawn in a temporary
/// context that shows the failure. The first attempt without a fault is spliced into the place of the failure:
/// - *shallow*: if the calls are [similar](similarity) by `threshold` or more (old call first, both written
///   out), the thought stays and only the call is replaced;
/// - *deep*: else the whole turn is replaced. So it is where the failed turn held no call.
///
/// The temporary context is dropped, and the spliced turn is taken again from the state before the failure; if
/// it fails there, the rule applies again, with the attempts that are left. An attempt without a call switches
/// rollback off for the trajectory and stands, with all that led to it. So does the failure where attempts are
/// exhausted: of the retries nothing is kept, and the trajectory goes on after the (first) failure.
///
/// Afterwards the log-probabilities of spliced trajectories are those of the final tokens in their final
/// contexts ([`recompute_behaviour`](crate::recompute_behaviour)). With `retries` or `probability` 0, and where
/// nothing fails, the result is that of [`GroupSampler`](crate::GroupSampler), bit for bit.
#[derive(Debug, Clone)]
pub struct Rollback<F = WholeTurn> {
    /// Episodes on each task.
    pub group_size: u32,
    /// Attempts at one failure (`K`; 3 in the paper).
    pub retries: u32,
    /// Probability that rollback is on for a trajectory (`p_rb`; 1 or 0.7 in the paper).
    pub probability: f64,
    /// Attempts in one trajectory (30 in the paper).
    pub cap: u32,
    /// From which similarity on a repair is shallow (`γ_s`; 0.5 in the paper); above 1 none is.
    pub threshold: f64,
    /// What the policy reads before its second and later attempts at one failure: a hint to try something else.
    pub again: Vec<u32>,
    /// Where the call stands in a turn.
    pub format: F,
}

/// What happened in one trajectory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RepairReport {
    /// Whether rollback was on at the start.
    pub on: bool,
    /// Failures that could be rolled back, failed splices included.
    pub failures: u32,
    /// Attempts to repair.
    pub attempts: u32,
    /// Repairs that kept the thought.
    pub shallow: u32,
    /// Repairs that replaced the turn.
    pub deep: u32,
    /// Failures that stand because no attempt was left.
    pub exhausted: u32,
    /// Attempts that held no call.
    pub without_call: u32,
}

/// Trajectories with what happened in each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RollbackRollout {
    /// The trajectories.
    pub rollout: TokenRollout,
    /// A report for each, in the order of [`TokenRollout::episodes`].
    pub reports: Vec<RepairReport>,
    /// The spliced tokens with the log-probabilities that they had in the temporary contexts.
    pub moved: Vec<MovedTokens>,
}

impl<E: TokenEnvironment, F: CallFormat<E>> TokenSampler<E> for Rollback<F> {
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        Ok(self.purify(prototype, tasks, policy, probes, settings)?.rollout)
    }
}

impl<F> Rollback<F> {
    /// Samples, and says what happened in each trajectory.
    pub fn purify<E: TokenEnvironment, P: TokenPolicy>(
        &self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<RollbackRollout, SamplingError<P::Error>>
    where
        F: CallFormat<E>,
    {
        in_range("probability", self.probability, 0.0, 1.0, "from 0 to 1")?;
        in_range("threshold", self.threshold, 0.0, f64::MAX, "finite and not negative")?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let episodes = start_groups(&mut engine, tasks, self.group_size)?;
        let mut finished: Vec<Option<Finished>> = episodes.iter().map(|_| None).collect();
        let mut reports = vec![RepairReport::default(); episodes.len()];
        let mut running: Vec<Slot<E>> = Vec::with_capacity(episodes.len());
        for (place, episode) in episodes.into_iter().enumerate() {
            let key = DrawKey { lane: Lane::RollbackSwitch, ..plain_key(&episode, place) };
            let on = key.stream(settings).uniform() < self.probability;
            running.push(Slot::new(place, episode, on));
        }
        while !running.is_empty() {
            let turns = engine.draw_for(running.iter().map(Slot::wanted))?;
            let mut still = Vec::with_capacity(running.len());
            for (mut slot, turn) in running.into_iter().zip(turns) {
                match self.go_on(&mut engine, &mut slot, turn)? {
                    Some(ending) => {
                        reports[slot.place] = slot.report;
                        finished[slot.place] = Some(slot.episode.finish(ending)?);
                    }
                    None => still.push(slot),
                }
            }
            running = still;
        }
        let finished = finished.into_iter().flatten().collect();
        let mut rollout = rollout(&engine, finished, self.group_size)?;
        let moved = recompute_edited(&mut rollout.batch, policy, &settings.context)?;
        Ok(RollbackRollout { rollout, reports, moved })
    }
}

#[cfg(test)]
mod tests;
