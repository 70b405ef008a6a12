use milepost_core::{Batch, Group, Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy};

use crate::engine::{Engine, Finished, plain_key};
use crate::settings::positive;
use crate::{DrawnFor, SamplerSettings, SamplingError, TokenRollout};

/// Draws the trajectories that a method trains on.
///
/// Tasks are given with the numbers that key their draws: a sampler's result for a task depends on the
/// settings, the policy and `(key, task)`, and not on which other tasks are sampled with it.
pub trait TokenSampler<E: TokenEnvironment> {
    /// Draws one or more groups for each of `tasks`.
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>>;
}

/// Plain groups: `group_size` whole episodes on each task, all stepped side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSampler {
    /// Episodes on each task.
    pub group_size: u32,
}

impl<E: TokenEnvironment> TokenSampler<E> for GroupSampler {
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let finished = play_groups(&mut engine, tasks, self.group_size)?;
        rollout(&engine, finished, self.group_size)
    }
}

/// Plays `group_size` episodes on each of `tasks` in the plain way.
pub(crate) fn play_groups<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    tasks: &[(u64, TaskSeed)],
    group_size: u32,
) -> Result<Vec<Finished>, SamplingError<P::Error>> {
    let episodes = start_groups(engine, tasks, group_size)?;
    engine.play(episodes, Provenance::OnPolicy, DrawnFor::Kept, plain_key)
}

/// Starts `group_size` episodes on each of `tasks`.
pub(crate) fn start_groups<E: TokenEnvironment, P: TokenPolicy>(
    engine: &mut Engine<'_, E, P>,
    tasks: &[(u64, TaskSeed)],
    group_size: u32,
) -> Result<Vec<crate::episode::Episode<E>>, SamplingError<P::Error>> {
    positive("group_size", u64::from(group_size))?;
    if tasks.is_empty() {
        return Err(SamplingError::NoTasks);
    }
    tasks
        .iter()
        .flat_map(|task| (0..group_size).map(move |member| (*task, member)))
        .map(|(task, member)| engine.start(task, member))
        .collect()
}

/// Puts finished episodes, `group_size` of each task, into groups.
pub(crate) fn rollout<E: TokenEnvironment, P: TokenPolicy>(
    engine: &Engine<'_, E, P>,
    finished: Vec<Finished>,
    group_size: u32,
) -> Result<TokenRollout, SamplingError<P::Error>> {
    let (mut members, episodes): (Vec<_>, Vec<_>) = finished.into_iter().unzip();
    let mut groups = Vec::new();
    while !members.is_empty() {
        let rest = members.split_off((group_size as usize).min(members.len()));
        groups.push(Group::new(std::mem::replace(&mut members, rest))?);
    }
    Ok(TokenRollout {
        batch: Batch { groups },
        episodes,
        ledger: engine.ledger,
        environment_steps: engine.environment_steps,
        truncated_contexts: engine.truncated_contexts,
        unrated: engine.unrated,
    })
}
