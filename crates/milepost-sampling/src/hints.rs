//! Hint rescue: where a whole group fails, a few members are drawn again with the help of a hint.

use milepost_core::{Probe, Provenance, TaskSeed, TokenEnvironment, TokenPolicy, Trajectory};
use serde::{Deserialize, Serialize};

use crate::behaviour::{MovedTokens, recompute_edited};
use crate::draws::{DrawKey, Lane};
use crate::engine::{Engine, Finished};
use crate::episode::Episode;
use crate::settings::positive;
use crate::{ContextError, DrawnFor, SamplerSettings, SamplingError, TokenRollout, TokenSampler};

/// Says something helpful about a task.
pub trait HintProvider<E> {
    /// The prompt with the `attempt`-th hint (from 0) in it, to be read in the place of the world's own, for the
    /// task that `environment` has just been reset to; `None` where there is no other hint. A hint should explain
    /// and not just state the answer.
    fn prompt(&mut self, environment: &E, attempt: u32) -> Option<Vec<u32>>;
}

impl<E, F: FnMut(&E, u32) -> Option<Vec<u32>>> HintProvider<E> for F {
    fn prompt(&mut self, environment: &E, attempt: u32) -> Option<Vec<u32>> {
        self(environment, attempt)
    }
}

/// What a trajectory is worth to the trigger of a rescue.
pub trait Worth {
    /// Its reward; a group is rescued where all rewards are exactly 0.
    fn reward(&self, trajectory: &Trajectory<()>) -> f64;

    /// Whether its answer is right; a hint is accepted if the answers of all completions are.
    fn solved(&self, trajectory: &Trajectory<()>) -> bool {
        trajectory.ending.is_success()
    }
}

/// The environment's own rewards.
#[derive(Debug, Clone, Copy, Default)]
pub struct EnvironmentReturn;

impl Worth for EnvironmentReturn {
    fn reward(&self, trajectory: &Trajectory<()>) -> f64 {
        trajectory.environment_return()
    }
}

/// Knowledge-enhanced exploration (KEPO, arXiv 2602.00400) on top of another sampler.
///
/// For a group in which every reward is 0, up to `attempts` hints are tried: `completions` episodes are
/// played under a prompt with the hint in it. If all of them solve the task, they take the places of as many members
/// drawn at random without replacement. The world's own prompt takes the place of the hinted one again, its turns are [`Provenance::Injected`], and its log-probabilities are
/// those of the final tokens in their final contexts. All other groups are left alone. A group for which no hint
/// is accepted stays as it is.
///
/// The released code draws the places with replacement, so that two completions can fall on one.
#[derive(Debug, Clone)]
pub struct HintRescue<S, H, W = EnvironmentReturn> {
    /// The sampler whose groups are rescued: one group for each task, one episode for each member.
    pub inner: S,
    /// Who gives hints.
    pub hints: H,
    /// What a trajectory is worth.
    pub worth: W,
    /// Completions under one hint (`M`; 2 in the paper); fewer than members.
    pub completions: u32,
    /// Hints tried for a group (`N_try`; 5 in the paper).
    pub attempts: u32,
}

/// How often a rescue was needed, and succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct RescueCounts {
    /// Groups in which every reward was 0.
    pub failed_groups: u64,
    /// Hints tried.
    pub hints: u64,
    /// Groups in which members were replaced.
    pub rescued_groups: u64,
    /// Members that were replaced.
    pub injected: u64,
    /// Hints given up because a context with them did not fit.
    pub too_long: u64,
}

/// Groups of which some were rescued.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RescueRollout {
    /// The groups.
    pub rollout: TokenRollout,
    /// How often a rescue was needed, and succeeded.
    pub counts: RescueCounts,
    /// The injected tokens with the log-probabilities that they had under the hint.
    pub moved: Vec<MovedTokens>,
}

impl<E, S, H, W> TokenSampler<E> for HintRescue<S, H, W>
where
    E: TokenEnvironment,
    S: TokenSampler<E>,
    H: HintProvider<E>,
    W: Worth,
{
    fn sample<P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<TokenRollout, SamplingError<P::Error>> {
        Ok(self.rescue(prototype, tasks, policy, probes, settings)?.rollout)
    }
}

impl<S, H, W> HintRescue<S, H, W> {
    /// Samples and rescues, and counts.
    pub fn rescue<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        prototype: &E,
        tasks: &[(u64, TaskSeed)],
        policy: &P,
        probes: &mut [Box<dyn Probe<E>>],
        settings: &SamplerSettings,
    ) -> Result<RescueRollout, SamplingError<P::Error>>
    where
        S: TokenSampler<E>,
        H: HintProvider<E>,
        W: Worth,
    {
        positive("completions", u64::from(self.completions))?;
        let mut rollout = self.inner.sample(prototype, tasks, policy, probes, settings)?;
        let mut engine = Engine::new(prototype, policy, probes, settings)?;
        let mut counts = RescueCounts::default();
        let members: usize = rollout.batch.groups.iter().map(|group| group.members().len()).sum();
        if rollout.batch.groups.len() != tasks.len() || rollout.episodes.len() != members {
            return Err(SamplingError::NotOneGroupATask {
                groups: rollout.batch.groups.len(),
                tasks: tasks.len(),
            });
        }
        let mut first = 0;
        for (index, task) in tasks.iter().enumerate() {
            let group = &rollout.batch.groups[index];
            let size = group.members().len();
            if self.completions as usize >= size {
                return Err(SamplingError::OutOfRange {
                    name: "completions",
                    value: f64::from(self.completions),
                    range: "less than the number of members of a group",
                });
            }
            if group.members().iter().all(|member| self.worth.reward(member) == 0.0) {
                counts.failed_groups += 1;
                if let Some(completions) = self.complete(&mut engine, *task, &mut counts)? {
                    counts.rescued_groups += 1;
                    counts.injected += completions.len() as u64;
                    for (slot, completion) in slots(*task, size, settings).into_iter().zip(completions) {
                        replace(&mut rollout, (index, slot), first, completion);
                    }
                }
            }
            first += size;
        }
        rollout.ledger += engine.ledger;
        rollout.environment_steps += engine.environment_steps;
        rollout.truncated_contexts += engine.truncated_contexts;
        let moved = recompute_edited(&mut rollout.batch, policy, &settings.context)?;
        Ok(RescueRollout { rollout, counts, moved })
    }

    /// Completions that solve the task under one of the hints, with the hint taken out.
    fn complete<E: TokenEnvironment, P: TokenPolicy>(
        &mut self,
        engine: &mut Engine<'_, E, P>,
        task: (u64, TaskSeed),
        counts: &mut RescueCounts,
    ) -> Result<Option<Vec<Finished>>, SamplingError<P::Error>>
    where
        H: HintProvider<E>,
        W: Worth,
    {
        for attempt in 0..self.attempts {
            let plain = engine.start(task, 0)?;
            let Some(hinted) = self.hints.prompt(&plain.environment, attempt) else { break };
            counts.hints += 1;
            let prompt = (Provenance::Injected, &hinted[..]);
            let version = engine.policy.version();
            let episode = Episode::begin(plain.environment, task, 0, version, prompt, engine.probes);
            let episodes = (0..self.completions).map(|_| episode.clone()).collect();
            let offset = attempt * self.completions;
            let played =
                engine.play(episodes, Provenance::Injected, DrawnFor::Hint, |episode, place| DrawKey {
                    lane: Lane::Hint,
                    index: offset + place as u32,
                    ..DrawKey::turn(episode.key, 0, episode.turns())
                });
            let completions = match played {
                Err(SamplingError::Context(ContextError::TooLong { .. })) => {
                    counts.too_long += 1;
                    continue;
                }
                played => played?,
            };
            if completions.iter().all(|(trajectory, _)| self.worth.solved(trajectory)) {
                let prompt = &plain.builder.so_far().tokens;
                let restored = |(mut trajectory, summary)| {
                    replace_prompt(&mut trajectory, prompt);
                    (trajectory, summary)
                };
                return Ok(Some(completions.into_iter().map(restored).collect()));
            }
        }
        Ok(None)
    }
}

/// The places of a group in random order.
fn slots((key, _): (u64, TaskSeed), size: usize, settings: &SamplerSettings) -> Vec<usize> {
    let mut slots: Vec<usize> = (0..size).collect();
    let key = DrawKey { lane: Lane::Slots, ..DrawKey::turn(key, 0, 0) };
    key.stream(settings).shuffle(&mut slots);
    slots
}

/// Puts a completion into a place of its group, whose first episode is `first`.
fn replace(
    rollout: &mut TokenRollout,
    (group, slot): (usize, usize),
    first: usize,
    (mut completion, summary): Finished,
) {
    let member = &mut rollout.batch.groups[group].members_mut()[slot];
    completion.slot = member.slot;
    *member = completion;
    let episode = &mut rollout.episodes[first + slot];
    rollout.ledger.reassign(DrawnFor::Kept, DrawnFor::Discarded, episode.policy_tokens);
    *episode = summary;
}

/// Puts `prompt` into the place of the prompt that a trajectory begins with; it is read, and trains nothing.
pub fn replace_prompt(trajectory: &mut Trajectory<()>, prompt: &[u32]) {
    let Some(span) = trajectory.spans.first_mut() else { return };
    let hinted = span.range();
    (span.provenance, span.len) = (Provenance::Forced, prompt.len() as u32);
    trajectory.tokens.splice(hinted.clone(), prompt.iter().copied());
    trajectory.behaviour_logp.splice(hinted.clone(), prompt.iter().map(|_| 0.0));
    if !trajectory.allowed.is_empty() {
        trajectory.allowed.splice(hinted, prompt.iter().map(|_| None));
    }
    let mut start = 0;
    for span in &mut trajectory.spans {
        span.start = start;
        start += span.len;
    }
}
