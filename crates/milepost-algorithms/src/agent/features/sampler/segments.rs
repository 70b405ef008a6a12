use milepost_core::{
    Batch, CutReason, DiscreteEnvironment, Ending, EnvError, Group, Probe, StepHook, StepOutcome, TaskSeed,
    Trajectory, VectorEnv, Version,
};
use milepost_policies::ActorCritic;
use serde::{Deserialize, Serialize};

use super::recorder::Recorder;
use super::{Actor, DrawKey};
use crate::TrainError;
use crate::agent::{EpisodeSummary, Rollout};

/// Draws fixed-length segments from environments that go on from one call to the next. An episode that
/// crosses a segment's end is recorded in fragments; all but its last end in [`Ending::Cut`].
pub struct SegmentSampler<E: DiscreteEnvironment> {
    vector: VectorEnv<E>,
    steps: usize,
    run_seed: u64,
    slots: Vec<Slot>,
}

/// What one slot is in the middle of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    episode: u64,
    actions: Vec<u32>,
    environment_return: f64,
}

/// Everything needed to go on exactly: environments are restored by replaying their actions, which any
/// environment that honours its seed supports.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SegmentState {
    slots: Vec<Slot>,
}

impl<E: DiscreteEnvironment> SegmentSampler<E> {
    /// Resets `environments` clones of `prototype`, each to its first training task.
    pub fn new(prototype: &E, environments: usize, steps: usize, run_seed: u64) -> Result<Self, EnvError> {
        let slots = vec![Slot::default(); environments];
        let tasks = tasks(run_seed, &slots);
        Ok(Self { vector: VectorEnv::new(prototype, tasks)?, steps, run_seed, slots })
    }

    /// Draws one segment from each environment.
    pub fn sample<M: ActorCritic>(
        &mut self,
        actor: &Actor<'_, E::Observation, M>,
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<Rollout<E::Observation>, TrainError> {
        let n = self.vector.len();
        let mut recording =
            Recording::start(&self.vector, &mut self.slots, self.run_seed, actor.version, probes);
        let (mut actions, mut logp) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for _ in 0..self.steps {
            let keys: Vec<DrawKey> = (0..n)
                .map(|slot| DrawKey {
                    task: slot as u64,
                    episode: recording.slots[slot].episode,
                    step: self.vector.environments()[slot].elapsed(),
                })
                .collect();
            let states = self
                .vector
                .observations()
                .iter()
                .zip(self.vector.environments().iter().map(milepost_core::Environment::state_key));
            actor.draw(states, &keys, &mut actions, &mut logp)?;
            recording.actions.clone_from(&actions);
            recording.logp.clone_from(&logp);
            self.vector.step(&actions, &mut recording)?;
            recording.reopen(&self.vector)?;
        }
        recording.finish((n * self.steps) as u64)
    }

    /// Where every slot stands.
    #[must_use]
    pub fn state(&self) -> SegmentState {
        SegmentState { slots: self.slots.clone() }
    }

    /// Goes on from `state`, by replaying each slot's current episode.
    pub fn restore(&mut self, prototype: &E, state: SegmentState) -> Result<(), TrainError> {
        if state.slots.len() != self.slots.len() {
            return Err(TrainError::Checkpoint {
                reason: format!(
                    "it has {} environments, but this method steps {}",
                    state.slots.len(),
                    self.slots.len()
                ),
            });
        }
        let environments = state
            .slots
            .iter()
            .zip(tasks(self.run_seed, &state.slots))
            .map(|(slot, task)| {
                let mut environment = prototype.clone();
                environment.reset(task)?;
                for action in &slot.actions {
                    environment.step(action)?;
                }
                Ok((environment, task))
            })
            .collect::<Result<Vec<_>, EnvError>>()?;
        self.vector = VectorEnv::resume(environments);
        self.slots = state.slots;
        Ok(())
    }
}

/// The task a slot works on: its `episode`-th, interleaved so that no two slots share one.
fn task(run_seed: u64, slots: &[Slot], slot: usize) -> TaskSeed {
    TaskSeed::train(run_seed, slots[slot].episode * slots.len() as u64 + slot as u64)
}

fn tasks(run_seed: u64, slots: &[Slot]) -> Vec<TaskSeed> {
    (0..slots.len()).map(|slot| task(run_seed, slots, slot)).collect()
}

/// The trajectories being recorded during one call of `sample`.
struct Recording<'a, E: DiscreteEnvironment> {
    slots: &'a mut [Slot],
    probes: &'a mut [Box<dyn Probe<E>>],
    run_seed: u64,
    version: Version,
    open: Vec<Recorder<E>>,
    actions: Vec<u32>,
    logp: Vec<f32>,
    tasks: Vec<TaskSeed>,
    ended: Vec<(usize, Ending)>,
    done: Vec<Vec<Trajectory<E::Observation>>>,
    episodes: Vec<Vec<EpisodeSummary>>,
}

impl<'a, E: DiscreteEnvironment> Recording<'a, E> {
    fn start(
        vector: &VectorEnv<E>,
        slots: &'a mut [Slot],
        run_seed: u64,
        version: Version,
        probes: &'a mut [Box<dyn Probe<E>>],
    ) -> Self {
        let tasks = vector.tasks().to_vec();
        let open = vector
            .environments()
            .iter()
            .zip(&tasks)
            .enumerate()
            .map(|(slot, (environment, task))| Recorder::start(environment, *task, slot, version, probes))
            .collect();
        let n = slots.len();
        Self {
            slots,
            probes,
            run_seed,
            version,
            open,
            actions: Vec::new(),
            logp: Vec::new(),
            tasks,
            ended: Vec::new(),
            done: vec![Vec::new(); n],
            episodes: vec![Vec::new(); n],
        }
    }

    /// Closes the trajectories of the slots that ended, and opens their next episodes'.
    fn reopen(&mut self, vector: &VectorEnv<E>) -> Result<(), TrainError> {
        for (slot, ending) in self.ended.drain(..) {
            let environment = &vector.environments()[slot];
            let fresh = Recorder::start(environment, self.tasks[slot], slot, self.version, self.probes);
            self.done[slot].push(std::mem::replace(&mut self.open[slot], fresh).finish(ending)?);
        }
        Ok(())
    }

    fn finish(self, steps: u64) -> Result<Rollout<E::Observation>, TrainError> {
        let mut groups = Vec::new();
        for (done, open) in self.done.into_iter().zip(self.open) {
            let cut = (open.turns() > 0).then(|| open.finish(Ending::Cut(CutReason::SegmentFull)));
            for trajectory in done.into_iter().map(Ok).chain(cut) {
                groups.push(Group::new(vec![trajectory?])?);
            }
        }
        Ok(Rollout {
            companions: Vec::new(),
            batch: Batch { groups },
            episodes: self.episodes.into_iter().flatten().collect(),
            steps,
            drawn_tokens: steps,
            counters: Vec::new(),
            metrics: Vec::new(),
            moved: Vec::new(),
        })
    }
}

impl<E: DiscreteEnvironment> StepHook<E> for Recording<'_, E> {
    fn after_step(&mut self, slot: usize, environment: &E, outcome: &StepOutcome) {
        let state = &mut self.slots[slot];
        state.actions.push(self.actions[slot]);
        state.environment_return += outcome.reward;
        self.open[slot].action(self.actions[slot], self.logp[slot], outcome.reward);
        self.open[slot].state(environment, self.probes);
        if let Some(ending) = outcome.ending {
            self.episodes[slot].push(EpisodeSummary {
                task: self.tasks[slot],
                environment_return: state.environment_return,
                length: environment.elapsed(),
                ending,
            });
            self.ended.push((slot, ending));
        }
    }

    fn next_task(&mut self, slot: usize) -> TaskSeed {
        self.slots[slot] = Slot { episode: self.slots[slot].episode + 1, ..Slot::default() };
        self.tasks[slot] = task(self.run_seed, self.slots, slot);
        self.tasks[slot]
    }
}
