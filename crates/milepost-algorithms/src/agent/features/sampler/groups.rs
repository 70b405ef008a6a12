use milepost_core::{Batch, DiscreteEnvironment, Environment, Group, Probe, TaskSeed};
use milepost_policies::ActorCritic;

use super::recorder::Recorder;
use super::{Actor, DrawKey, observed};
use crate::TrainError;
use crate::agent::{EpisodeSummary, Rollout};

/// Draws whole episodes: `group_size` on each of `tasks` tasks, all stepped side by side.
#[derive(Debug, Clone)]
pub struct GroupSampler {
    tasks: usize,
    group_size: usize,
    run_seed: u64,
    next_task: u64,
}

impl GroupSampler {
    /// Starts at the first training task.
    #[must_use]
    pub const fn new(tasks: usize, group_size: usize, run_seed: u64) -> Self {
        Self { tasks, group_size, run_seed, next_task: 0 }
    }

    /// The index of the next task that will be drawn: all that a checkpoint needs.
    #[must_use]
    pub const fn next_task(&self) -> u64 {
        self.next_task
    }

    /// Goes on at task `next_task`.
    pub const fn restore(&mut self, next_task: u64) {
        self.next_task = next_task;
    }

    /// Draws one group for each of the next tasks.
    pub fn sample<E: DiscreteEnvironment, M: ActorCritic>(
        &mut self,
        prototype: &E,
        actor: &Actor<'_, E::Observation, M>,
        probes: &mut [Box<dyn Probe<E>>],
    ) -> Result<Rollout<E::Observation>, TrainError> {
        let indices = self.next_task..self.next_task + self.tasks as u64;
        self.next_task = indices.end;
        let tasks: Vec<_> = indices.map(|index| (index, TaskSeed::train(self.run_seed, index))).collect();
        draw_groups(prototype, &tasks, self.group_size, actor, probes)
    }
}

/// An episode still running.
struct Running<E: Environment> {
    slot: usize,
    environment: E,
    observation: E::Observation,
    recorder: Recorder<E>,
    task: TaskSeed,
    task_index: u64,
    environment_return: f64,
}

/// Draws `group_size` whole episodes on each of `tasks`, given with the indices that key their draws.
pub fn draw_groups<E: DiscreteEnvironment, M: ActorCritic>(
    prototype: &E,
    tasks: &[(u64, TaskSeed)],
    group_size: usize,
    actor: &Actor<'_, E::Observation, M>,
    probes: &mut [Box<dyn Probe<E>>],
) -> Result<Rollout<E::Observation>, TrainError> {
    let total = tasks.len() * group_size;
    let mut running = Vec::with_capacity(total);
    for slot in 0..total {
        let (task_index, task) = tasks[slot / group_size];
        let mut environment = prototype.clone();
        environment.reset(task)?;
        let observation = observed(&environment);
        let recorder = Recorder::start(&environment, task, slot, actor.version, probes);
        running.push(Running {
            slot,
            environment,
            observation,
            recorder,
            task,
            task_index,
            environment_return: 0.0,
        });
    }
    let mut finished: Vec<_> = (0..total).map(|_| None).collect();
    let (mut actions, mut logp, mut steps) = (Vec::new(), Vec::new(), 0);
    while !running.is_empty() {
        let keys: Vec<DrawKey> = running
            .iter()
            .map(|r| DrawKey {
                task: (r.slot % group_size) as u64,
                episode: r.task_index,
                step: r.environment.elapsed(),
            })
            .collect();
        let states = running.iter().map(|r| (&r.observation, r.environment.state_key()));
        actor.draw(states, &keys, &mut actions, &mut logp)?;
        steps += running.len() as u64;
        let mut still = Vec::with_capacity(running.len());
        for ((mut r, action), logp) in running.into_iter().zip(&actions).zip(&logp) {
            let outcome = r.environment.step(action)?;
            r.environment_return += outcome.reward;
            r.recorder.action(*action, *logp, outcome.reward);
            r.recorder.state(&r.environment, probes);
            if let Some(ending) = outcome.ending {
                let summary = EpisodeSummary {
                    task: r.task,
                    environment_return: r.environment_return,
                    length: r.environment.elapsed(),
                    ending,
                };
                finished[r.slot] = Some((r.recorder.finish(ending)?, summary));
            } else {
                r.environment.observe(&mut r.observation);
                still.push(r);
            }
        }
        running = still;
    }
    let (mut members, episodes): (Vec<_>, Vec<_>) = finished.into_iter().flatten().unzip();
    let mut groups = Vec::with_capacity(tasks.len());
    while !members.is_empty() {
        let rest = members.split_off(group_size);
        groups.push(Group::new(std::mem::replace(&mut members, rest))?);
    }
    Ok(Rollout {
        companions: Vec::new(),
        batch: Batch { groups },
        episodes,
        steps,
        drawn_tokens: steps,
        counters: Vec::new(),
        metrics: Vec::new(),
        moved: Vec::new(),
    })
}
