use milepost_core::{Environment, ParameterCheck, Purpose, Stream, StreamKey, TaskSeed};
use milepost_eval::{Gold, evaluate};
use milepost_microworlds::worlds::{Grid, GridConfig};
use milepost_microworlds::{Dynamics, Microworld};
use milepost_offline::data::{
    ActionColumn, ActionSpace, Dataset, NormalizedScore, Normalizer, Split, Trajectory, Transitions,
};
use milepost_offline::inverse::InverseConfig;
use milepost_offline::learners::{
    Actor, Batches, DiscreteCloning, DiscreteCql, DiscreteCqlConfig, MarkovActor, Networks, OfflineLearner,
};
use milepost_offline::tabular::{TableStep, support_optimal};
use milepost_policies::open_device;
use serde::{Deserialize, Serialize};

use super::labels::{Labels, label};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError};

/// Labels on a gridworld, where a blocked move looks like any other blocked move: the inverse model is a
/// classifier, and some of its labels must stay uncertain.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SsOrlGrid {
    /// Where the missing actions come from. Default the inverse dynamics model.
    pub labels: Labels,
    /// Share of trajectories that keep their actions. Default 0.1.
    pub p: f64,
    /// They come from this share with the lowest returns. Default 0.5.
    pub q: f64,
    /// The inverse dynamics model.
    pub inverse: InverseConfig,
    /// Trajectories. Default 100.
    pub trajectories: usize,
    /// Evaluation episodes. Default 50.
    pub episodes: u64,
    /// Updates of each learner. Default 1500.
    pub updates: u64,
    /// Width of both hidden layers. Default 64.
    pub width: usize,
    /// CQL's α_c. Default 0.1.
    pub conservative: f64,
    /// The grid.
    pub grid: GridConfig,
}

impl Default for SsOrlGrid {
    fn default() -> Self {
        Self {
            labels: Labels::Inverse,
            p: 0.1,
            q: 0.5,
            inverse: InverseConfig {
                past: 0,
                hidden: vec![64, 64],
                dropout: 0.0,
                learning_rate: 3e-3,
                batch: 256,
                steps: 1000,
                ..InverseConfig::default()
            },
            trajectories: 100,
            episodes: 50,
            updates: 1500,
            width: 64,
            conservative: 0.1,
            grid: GridConfig { horizon: Some(40), slip: Some(0.0), ..GridConfig::default() },
        }
    }
}

const GAMMA: f64 = 0.95;
const LEAST_GAP: f64 = 5.0;
const CHOICES: usize = 4;

impl Study for SsOrlGrid {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("score-cql", "normalised return of discrete CQL: 0 random, 100 optimal"),
            Metric::higher("score-percent-bc", "normalised return of cloning the best fifth of trajectories"),
            Metric::higher(
                "gap-closed-cql",
                "(score − labelled only) / (true actions − labelled only), same seed",
            ),
            Metric::higher("label-accuracy", "share of unlabelled steps whose likeliest label is the action"),
            Metric::higher("label-accuracy-moved", "the same over steps that changed the cell"),
            Metric::lower(
                "label-entropy-moved",
                "mean entropy in nats of labels of steps that changed the cell",
            ),
            Metric::higher("label-entropy-blocked", "mean entropy in nats of labels of steps that did not"),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("ss-orl-grid");
        for (name, value) in [("p", self.p), ("q", self.q)] {
            check.that(value > 0.0 && value <= 1.0, name, value, "above 0, at most 1")?;
        }
        check.that(self.trajectories >= 10, "trajectories", self.trajectories, "at least 10")?;
        check.that(self.episodes > 0, "episodes", self.episodes, "at least 1")?;
        check.that(self.width > 0, "width", self.width, "at least 1")?;
        self.inverse.check().map_err(StudyError::part("inverse"))?;
        Grid::new(self.grid.clone())?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("device"))?.device;
        let world = Grid::new(self.grid.clone())?;
        let best = best_moves(&world)?;
        let all = self.record(&world, &best, context.seed)?;
        let scale = scale(&world, &best)?;
        // One-hot cells need no scale.
        let normalizer = Normalizer::identity(world.features());
        let split =
            Split::low_quality(&all, self.p, self.q, context.seed).map_err(StudyError::part("split"))?;
        let labelled = label(self.labels, &all, &split, &normalizer, &self.inverse, context.seed, &device)?;
        report_labels(labelled.unlabelled.as_ref(), &all.subset(&split.unlabelled), recorder)?;

        let mut score = |learner: &mut dyn OfflineLearner, data: &Dataset| -> Result<f64, StudyError> {
            let rows = Transitions::of(data).map_err(StudyError::part("batches"))?;
            let mut batches =
                Batches::uniform(&rows, context.seed, &device).map_err(StudyError::part("batches"))?;
            for update in 0..self.updates {
                if update.is_multiple_of(200) {
                    recorder.advance(update, self.updates)?;
                }
                learner.update(&batches.draw(128));
            }
            let mut actor = MarkovActor::new(learner.greedy(), normalizer.clone(), device.clone());
            let mean = mean_return(&play(&world, context.seed, self.episodes, |states, _| {
                actor.act(states).map(|rows| rows.chunks(CHOICES).map(largest).collect())
            })?);
            Ok(scale.of(mean))
        };
        let tape = device.clone().autodiff();
        let networks =
            || Networks { hidden: vec![self.width; 2], learning_rate: 1e-3, gamma: GAMMA, polyak: 0.01 };
        let mut cql = |data: &Dataset| {
            let config = DiscreteCqlConfig { networks: networks(), weight: self.conservative };
            let learner = DiscreteCql::new(config, world.features(), CHOICES, context.seed, &tape);
            score(&mut learner.map_err(StudyError::part("CQL"))?, data)
        };
        let (found, floor, ceiling) = (cql(&labelled.data)?, cql(&all.subset(&split.labelled))?, cql(&all)?);
        let top = labelled.data.top_fraction(0.2, 1.0).map_err(StudyError::part("percentage BC"))?;
        let clone = DiscreteCloning::new(&networks(), world.features(), CHOICES, context.seed, &tape);
        let cloned = score(&mut clone.map_err(StudyError::part("cloning"))?, &top)?;
        recorder.result("score-cql", found.into())?;
        recorder.result("score-percent-bc", cloned.into())?;
        let gap = if ceiling - floor < LEAST_GAP {
            Measured::Undefined(format!("true actions gain only {:.1} points", ceiling - floor))
        } else {
            ((found - floor) / (ceiling - floor)).into()
        };
        recorder.result("gap-closed-cql", gap)
    }
}

impl SsOrlGrid {
    /// Episodes whose probability of the best move rises from 0 to 1; other moves are uniform.
    fn record(&self, world: &Grid, best: &[u32], seed: u64) -> Result<Dataset, StudyError> {
        let mut all = Vec::with_capacity(self.trajectories);
        for index in 0..self.trajectories {
            let skill = index as f64 / (self.trajectories - 1) as f64;
            let id = index as u64;
            let key = StreamKey { task: id, ..StreamKey::new(seed, Purpose::named("grid data")) };
            let mut stream = Stream::new(key);
            let mut environment = Microworld::new(world.clone());
            environment.reset(TaskSeed::train(seed, id)).map_err(StudyError::part("recording"))?;
            let (mut states, mut actions, mut rewards) =
                (vec![0.0; world.features()], Vec::new(), Vec::new());
            let see = |environment: &Microworld<Grid>, into: &mut [f32]| {
                if let Some(cell) = environment.state() {
                    world.observe(cell, into);
                }
            };
            see(&environment, &mut states);
            while let (None, Some(cell)) = (environment.ending(), environment.state()) {
                let wise = stream.uniform() < skill;
                let choice = if wise { best[*cell as usize] } else { stream.below(CHOICES as u64) as u32 };
                actions.extend((0..CHOICES as u32).map(|c| f32::from(u8::from(c == choice))));
                rewards.push(environment.step(&choice).map_err(StudyError::part("recording"))?.reward);
                let from = states.len();
                states.resize(from + world.features(), 0.0);
                see(&environment, &mut states[from..]);
            }
            let Some(ending) = environment.ending() else { continue };
            let actions = ActionColumn::Recorded(actions);
            all.push(Trajectory { id, states, actions, rewards, end: ending.into() });
        }
        Dataset::new(world.features(), ActionSpace::Discrete(CHOICES), all).map_err(StudyError::part("data"))
    }
}

/// 0 for uniform moves, 100 for best ones, over the same fixed evaluation tasks.
fn scale(world: &Grid, best: &[u32]) -> Result<NormalizedScore, StudyError> {
    let mut stream = Stream::new(StreamKey::new(0, Purpose::named("grid reference")));
    let random = play(world, 0, 200, |_, cells| {
        Ok::<_, std::convert::Infallible>(cells.iter().map(|_| stream.below(CHOICES as u64) as u32).collect())
    })?;
    let wise = play(world, 0, 200, |_, cells| {
        Ok::<_, std::convert::Infallible>(cells.iter().map(|cell| best[*cell as usize]).collect())
    })?;
    NormalizedScore::new(mean_return(&random), mean_return(&wise)).map_err(StudyError::part("references"))
}

/// Plays `episodes` evaluation episodes; `act` maps one-hot cells and cells to moves.
fn play<E: std::error::Error + Send + Sync + 'static>(
    world: &Grid,
    seed: u64,
    episodes: u64,
    mut act: impl FnMut(&[f32], &[u32]) -> Result<Vec<u32>, E>,
) -> Result<Vec<Gold>, StudyError> {
    let tasks: Vec<TaskSeed> = (0..episodes).map(|index| TaskSeed::evaluation(seed, index)).collect();
    let mut failure = None;
    let gold = evaluate(&Microworld::new(world.clone()), &tasks, |seen, keys, moves| {
        let cells: Vec<u32> = keys.iter().map(|key| *key as u32).collect();
        let states: Vec<f32> = seen.iter().flat_map(|seen| &seen.features).copied().collect();
        match act(&states, &cells) {
            Ok(chosen) => moves.copy_from_slice(&chosen),
            Err(error) => failure = failure.take().or(Some(error)),
        }
    })
    .map_err(StudyError::part("evaluation"))?;
    failure.map_or(Ok(gold), |error| Err(StudyError::part("acting")(Box::new(error))))
}

fn mean_return(gold: &[Gold]) -> f64 {
    gold.iter().map(Gold::total_reward).sum::<f64>() / gold.len().max(1) as f64
}

/// The place of the largest number.
fn largest(row: &[f32]) -> u32 {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap_or(0) as u32
}

/// The best move of each cell, by dynamic programming over all moves.
fn best_moves(world: &Grid) -> Result<Vec<u32>, StudyError> {
    let cells = world.features() as u32;
    let mut steps = Vec::new();
    for cell in 0..cells {
        for choice in 0..CHOICES as u32 {
            let mut outcomes = Vec::new();
            world.outcomes(&cell, choice, &mut outcomes);
            // With slips the likeliest outcome stands for the move.
            let likeliest = outcomes.iter().max_by(|a, b| a.probability.total_cmp(&b.probability));
            if let Some(outcome) = likeliest {
                steps.push(TableStep {
                    state: cell as usize,
                    action: choice as usize,
                    reward: outcome.reward,
                    next: outcome.next as usize,
                    terminal: outcome.ending.is_some(),
                });
            }
        }
    }
    let values = support_optimal(&steps, GAMMA, 1e-9).map_err(StudyError::part("best moves"))?;
    let value =
        |cell: u32, choice: u32| values.q.get(&(cell as usize, choice as usize)).copied().unwrap_or(0.0);
    let best = |cell: u32| {
        (0..CHOICES as u32).max_by(|a, b| value(cell, *a).total_cmp(&value(cell, *b))).unwrap_or(0)
    };
    Ok((0..cells).map(best).collect())
}

fn report_labels(
    labels: Option<&Dataset>,
    truth: &Dataset,
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    // [moved or blocked]: steps, right ones, entropy.
    let mut sums = [[0.0; 3]; 2];
    let width = truth.state_width();
    for (label, truth) in labels.into_iter().flat_map(Dataset::trajectories).zip(truth.trajectories()) {
        let (Some(p), Some(a)) = (label.actions(), truth.actions()) else { continue };
        for (step, (p, a)) in p.chunks(CHOICES).zip(a.chunks(CHOICES)).enumerate() {
            let cell = |at: usize| &truth.states[at * width..(at + 1) * width];
            let sum = &mut sums[usize::from(cell(step) == cell(step + 1))];
            let entropy: f64 =
                p.iter().map(|p| f64::from(*p)).filter(|p| *p > 0.0).map(|p| -p * libm::log(p)).sum();
            sum[0] += 1.0;
            sum[1] += f64::from(u8::from(largest(p) == largest(a)));
            sum[2] += entropy;
        }
    }
    let [[moved, right, entropy], [blocked, right_blocked, entropy_blocked]] = sums;
    let mean = |total: f64, count: f64| {
        if count == 0.0 {
            Measured::Undefined("this arm makes no such labels".to_owned())
        } else {
            (total / count).into()
        }
    };
    recorder.result("label-accuracy", mean(right + right_blocked, moved + blocked))?;
    recorder.result("label-accuracy-moved", mean(right, moved))?;
    recorder.result("label-entropy-moved", mean(entropy, moved))?;
    recorder.result("label-entropy-blocked", mean(entropy_blocked, blocked))
}
