use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{
    DiscreteEnvironment, Encoder, Ending, Environment, Purpose, Stream, StreamKey, TaskSeed,
};
use milepost_gridworld::tasks::{Milestone, Milestones, NoisyChecker};
use milepost_gridworld::{FlatImage, GridObservation, Gridworld, Solver};
use milepost_policies::{ActorCritic, Network, sample_action};

use crate::StudyError;

/// Numbers of the image, then whether the checker's report is shown, then the report.
const IMAGE: usize = 147;
pub(super) const FEATURES: usize = IMAGE + 1 + Milestone::ALL.len();

/// Whether the policy is shown which milestones the checker has reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Report {
    /// Never.
    Hidden,
    /// In every other episode, drawn at random.
    Half,
    /// Always.
    Shown,
}

/// What was done and seen in one episode.
#[derive(Debug, Clone)]
pub(super) struct Episode {
    pub(super) task: TaskSeed,
    /// `[(T + 1) · FEATURES]`
    pub(super) features: Vec<f32>,
    /// `[T]`
    pub(super) actions: Vec<u32>,
    /// Under the policy that played it, `[T]`; 0 for demonstrations.
    pub(super) log_probs: Vec<f64>,
    pub(super) success: bool,
    /// After which step the checker reported each milestone of the level, `[K]`.
    pub(super) detected: Vec<Option<u32>>,
    /// After which step each was in truth passed, `[K]`.
    pub(super) passed: Vec<Option<u32>>,
}

impl Episode {
    pub(super) fn steps(&self) -> usize {
        self.actions.len()
    }

    /// The task's reward of each step: 1 for success.
    pub(super) fn task_rewards(&self) -> Vec<f64> {
        let mut rewards = vec![0.0; self.steps()];
        if let Some(last) = rewards.last_mut().filter(|_| self.success) {
            *last = 1.0;
        }
        rewards
    }

    /// Whether it failed after the first milestone.
    pub(super) fn stuck_midway(&self) -> bool {
        !self.success && self.milestones() > 0
    }

    /// How many milestones were in truth passed.
    pub(super) fn milestones(&self) -> usize {
        self.passed.iter().flatten().count()
    }
}

/// A world, who checks its milestones, and where networks live.
pub(super) struct Field {
    pub(super) world: Gridworld,
    pub(super) checker: NoisyChecker,
    pub(super) device: Device,
    pub(super) run_seed: u64,
}

/// An episode under way.
struct Run {
    world: Gridworld,
    observation: GridObservation,
    believed: Milestones,
    truth: Milestones,
    shown: bool,
    episode: Episode,
}

impl Field {
    fn start(&self, task: TaskSeed, report: Report, draw: u64) -> Result<Run, StudyError> {
        let mut world = self.world.clone();
        world.reset(task).map_err(StudyError::part("the level"))?;
        let shown = match report {
            Report::Hidden => false,
            Report::Shown => true,
            Report::Half => self.stream(Purpose::named("mira/mask"), task, draw, 0).uniform() < 0.5,
        };
        let truth = Milestones::start(&world);
        let mut observation = world.new_observation();
        world.observe(&mut observation);
        let episode = Episode {
            task,
            features: Vec::new(),
            actions: Vec::new(),
            log_probs: Vec::new(),
            success: false,
            detected: Vec::new(),
            passed: Vec::new(),
        };
        let mut run = Run { world, observation, believed: truth.clone(), truth, shown, episode };
        run.see();
        Ok(run)
    }

    fn stream(&self, purpose: Purpose, task: TaskSeed, draw: u64, step: u32) -> Stream {
        let key = StreamKey::new(self.run_seed, purpose);
        Stream::new(StreamKey { task: task.get(), episode: draw, step, ..key })
    }

    /// One episode on each task, all side by side. `draw` tells repetitions of a task apart.
    pub(super) fn play(
        &self,
        policy: &Network,
        tasks: &[TaskSeed],
        report: Report,
        purpose: Purpose,
        draw: u64,
    ) -> Result<Vec<Episode>, StudyError> {
        let part = StudyError::part::<milepost_policies::PolicyError>("acting");
        // A task may come twice.
        let draw = |index: usize| (draw << 32) | index as u64;
        let start = |(index, task): (usize, &TaskSeed)| self.start(*task, report, draw(index));
        let mut runs = tasks.iter().enumerate().map(start).collect::<Result<Vec<Run>, _>>()?;
        while runs.iter().any(Run::goes_on) {
            let acting: Vec<usize> = (0..runs.len()).filter(|index| runs[*index].goes_on()).collect();
            let rows: Vec<f32> = acting.iter().flat_map(|index| runs[*index].last_row().to_vec()).collect();
            let input = TensorData::new(rows, [acting.len(), FEATURES]);
            let (logits, _) = policy.forward(Tensor::<2>::from_data(input, &self.device));
            let actions = logits.dims()[1];
            let logits = floats(logits)?;
            for (index, row) in acting.into_iter().zip(logits.chunks(actions)) {
                let run = &mut runs[index];
                let mut stream = self.stream(purpose, run.episode.task, draw(index), run.world.elapsed());
                let (action, log_prob) = sample_action(row, &mut stream).map_err(&part)?;
                run.act(action, f64::from(log_prob), self.checker)?;
            }
        }
        Ok(runs.into_iter().map(Run::finish).collect())
    }

    /// Episodes of the solver, a share `noise` of whose actions are drawn at random.
    pub(super) fn demonstrate(
        &self,
        tasks: &[TaskSeed],
        noise: f64,
        report: Report,
    ) -> Result<Vec<Episode>, StudyError> {
        let purpose = Purpose::named("mira/demonstration");
        let mut shown = Vec::new();
        for task in tasks {
            let mut run = self.start(*task, report, u64::MAX)?;
            let mut plan: Vec<u32> = Vec::new();
            while run.goes_on() {
                let mut stream = self.stream(purpose, *task, 0, run.world.elapsed());
                let action = if stream.uniform() < noise {
                    plan.clear();
                    stream.below(run.world.action_count() as u64) as u32
                } else {
                    if plan.is_empty() {
                        // What a random action has made hopeless ends there.
                        let Ok(steps) = Solver.plan(&run.world) else { break };
                        plan = steps;
                        plan.reverse();
                    }
                    let Some(action) = plan.pop() else { break };
                    action
                };
                run.act(action, 0.0, self.checker)?;
            }
            shown.push(run.finish());
        }
        Ok(shown)
    }
}

impl Run {
    fn goes_on(&self) -> bool {
        self.world.ending().is_none()
    }

    fn last_row(&self) -> &[f32] {
        &self.episode.features[self.episode.features.len() - FEATURES..]
    }

    /// Adds what is seen of the present state.
    fn see(&mut self) {
        let first = self.episode.features.len();
        self.episode.features.resize(first + FEATURES, 0.0);
        let row = &mut self.episode.features[first..];
        FlatImage::default().encode(&self.observation, 0, &mut row[..IMAGE]);
        if self.shown {
            row[IMAGE] = 1.0;
            for (milestone, step) in self.believed.passed() {
                row[IMAGE + 1 + *milestone as usize] = f32::from(u8::from(step.is_some()));
            }
        }
    }

    fn act(&mut self, action: u32, log_prob: f64, checker: NoisyChecker) -> Result<(), StudyError> {
        self.world.step(&action).map_err(StudyError::part("the level"))?;
        self.episode.actions.push(action);
        self.episode.log_probs.push(log_prob);
        self.truth.update(&self.world);
        checker.update(&self.world, self.episode.task, &mut self.believed);
        self.world.observe(&mut self.observation);
        self.see();
        Ok(())
    }

    fn finish(self) -> Episode {
        let times = |milestones: &Milestones| milestones.passed().iter().map(|(_, step)| *step).collect();
        Episode {
            success: self.world.ending().is_some_and(Ending::is_success),
            detected: times(&self.believed),
            passed: times(&self.truth),
            ..self.episode
        }
    }
}

/// A tensor's numbers on the host.
pub(super) fn floats<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, StudyError> {
    tensor
        .try_into_vec_as::<f32>()
        .map_err(|error| StudyError::part("reading a tensor")(format!("{error:?}")))
}
