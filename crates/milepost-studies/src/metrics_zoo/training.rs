use std::sync::{Arc, Mutex, PoisonError};

use milepost_algorithms::{ActionMode, MethodConfig, Trainer, TrainerParts};
use milepost_core::{DiscreteEnvironment, Encoder, Environment, Probe, TaskSeed};
use milepost_gridworld::tasks::stage;
use milepost_gridworld::wrappers::{Observed, Reseed, Unwrapped, View};
use milepost_gridworld::{DistanceOracle, Gridworld};
use milepost_policies::{MlpConfig, NetworkConfig, open_device};
use milepost_progress::{Form, TerminalPotential};
use milepost_rewards::{ScorerConfig, Term};

use super::judges::{Judge, Seen};
use crate::staged_films::frame;

use crate::{Context, StudyError};

/// The level that all of a seed's episodes start in, as the judges' two cameras see it.
pub(super) type Level = Observed<Reseed<Gridworld>, Cameras>;

/// Both cameras, nothing covered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cameras;

impl View<Reseed<Gridworld>> for Cameras {
    type Observation = Vec<f32>;

    fn new_observation(&self, _: &Reseed<Gridworld>) -> Vec<f32> {
        Vec::new()
    }

    /// A world that cannot be filmed, such as one before its first reset, looks like nothing; the judge's reading of it
    /// then says why.
    fn observe(&self, inner: &Reseed<Gridworld>, into: &mut Vec<f32>) {
        into.clear();
        if let Ok(frame) = frame(inner.unwrapped(), NOTHING_COVERED) {
            into.extend(frame.views.iter().flat_map(|view| view.image.values()));
        }
    }
}

/// The cameras' numbers as they are.
struct AsSeen(usize);

impl Encoder<Vec<f32>> for AsSeen {
    fn len(&self) -> usize {
        self.0
    }

    fn encode(&self, observation: &Vec<f32>, _: u64, out: &mut [f32]) {
        out.iter_mut().zip(observation).for_each(|(out, seen)| *out = *seen);
    }
}

/// Reads a judge beside each state while the policy acts.
struct Read {
    judge: Box<dyn Judge>,
    oracle: DistanceOracle,
    /// The fewest actions to success at the start.
    start: u32,
    fault: Fault,
}

/// The first thing that went wrong in a probe, for whoever trains: what is read then is not a number, and training
/// refuses it without knowing why.
#[derive(Debug, Clone, Default)]
struct Fault(Arc<Mutex<Option<StudyError>>>);

impl Fault {
    fn say(&self, error: StudyError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }

    /// Why training failed: what was said, or else what training itself says.
    fn explain(&self, otherwise: StudyError) -> StudyError {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(otherwise)
    }
}

const RECORD: &str = "judge";

impl Read {
    fn progress(&mut self, world: &Gridworld) -> Result<f64, StudyError> {
        let to_go = self.oracle.steps_to_go(world);
        let truth = to_go.map_or(0.0, |d| (1.0 - f64::from(d) / f64::from(self.start)).clamp(0.0, 1.0));
        let seen = Seen { frame: frame(world, NOTHING_COVERED)?, index: world.elapsed() as usize, truth };
        Ok(self.judge.progress(&[seen])?[0])
    }
}

/// No column of the map is this one.
const NOTHING_COVERED: u8 = 0;

impl Probe<Level> for Read {
    fn name(&self) -> &'static str {
        RECORD
    }

    fn read(&mut self, environment: &Level) -> f64 {
        match self.progress(environment.unwrapped()) {
            Ok(progress) => progress,
            Err(error) => {
                self.fault.say(error);
                f64::NAN
            }
        }
    }
}

/// How a policy is trained on a judge.
#[derive(Debug, Clone, Copy)]
pub(super) struct Course {
    pub(super) form: Form,
    pub(super) weight: f64,
    pub(super) steps: u64,
    pub(super) moments: u32,
}

/// Episodes of one evaluation.
const EPISODES: u64 = 20;

/// Stages of a task: the key, the door, the ball, the pad.
const STAGES: f64 = 4.0;

/// What PPO reaches at each of `course.moments`, paid for success and for the judge's progress: the share of the task's
/// stages that are done when an episode ends. All four are success; a policy that is early in its training seldom has it,
/// and the share of stages tells judges apart before that.
pub(super) fn reached(
    judge: Box<dyn Judge>,
    level: &Level,
    start: u32,
    course: Course,
    context: &Context,
    tick: &mut dyn FnMut() -> Result<(), StudyError>,
) -> Result<Vec<f64>, StudyError> {
    let mut method = MethodConfig::ppo();
    method.scorers.push(ScorerConfig::Potential {
        channel: "progress".to_owned(),
        record: RECORD.to_owned(),
        form: course.form,
        gamma: Some(method.credit.gamma()),
        terminal: TerminalPotential::default(),
        scale: 1.0,
    });
    method.combine.terms.push(Term::new("progress", course.weight));
    let fault = StudyError::part("training on a judge");
    let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
    let mut first = level.clone();
    first.reset(TaskSeed::train(context.seed, 0)).map_err(StudyError::part("the level"))?;
    let mut seen = first.new_observation();
    first.observe(&mut seen);
    let encoder: Arc<dyn Encoder<Vec<f32>> + Sync> = Arc::new(AsSeen(seen.len()));
    let network = NetworkConfig::Mlp(MlpConfig::default());
    let network = network
        .init(encoder.len(), level.action_count(), context.seed, &device.clone().autodiff())
        .map_err(StudyError::part("the policy"))?;
    let reading = Fault::default();
    let oracle = DistanceOracle::new(2_000_000, 20_000_000);
    let read = Read { judge, oracle, start, fault: reading.clone() };
    let mut trainer = Trainer::new(TrainerParts {
        environment: level.clone(),
        encoder,
        probes: vec![Box::new(read)],
        network,
        method,
        device,
        run_seed: context.seed,
    })
    .map_err(&fault)?;
    let mut reached = Vec::new();
    for moment in 1..=course.moments {
        let until = course.steps * u64::from(moment) / u64::from(course.moments);
        while trainer.environment_steps() < until {
            trainer.iterate().map_err(|error| reading.explain(fault(error)))?;
            tick()?;
        }
        let mut policy = trainer.evaluation_policy(ActionMode::Sampled);
        let mut running: Vec<Level> = Vec::new();
        for index in 0..EPISODES {
            let mut episode = level.clone();
            episode
                .reset(TaskSeed::evaluation(context.seed, index))
                .map_err(StudyError::part("evaluation"))?;
            running.push(episode);
        }
        let mut stages = 0.0;
        while !running.is_empty() {
            let look = |world: &Level| {
                let mut seen = world.new_observation();
                world.observe(&mut seen);
                seen
            };
            let seen: Vec<Vec<f32>> = running.iter().map(look).collect();
            let keys: Vec<u64> = running.iter().map(Environment::state_key).collect();
            let mut actions = vec![0; running.len()];
            policy.act(&seen, &keys, &mut actions).map_err(&fault)?;
            let mut still = Vec::with_capacity(running.len());
            for (mut world, action) in running.into_iter().zip(actions) {
                world.step(&action).map_err(StudyError::part("evaluation"))?;
                if world.ending().is_some() {
                    stages += f64::from(stage(world.unwrapped())) / STAGES;
                } else {
                    still.push(world);
                }
            }
            running = still;
        }
        reached.push(stages / EPISODES as f64);
    }
    Ok(reached)
}
