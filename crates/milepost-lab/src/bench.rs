//! What the benchmarks drive: made-up records of the size and shape of real ones. For them alone; nothing here is an
//! interface.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;

use milepost_algorithms::{ChannelTotal, EpisodeSummary};
use milepost_core::{Ending, TaskSeed};

use crate::config::{AnyExperiment, ConfigError, Experiment, parse_any};
use crate::record::directory::{Done, Meta, TaskFolder, write_json};
use crate::record::event::{Evaluation, GoldRecord, Iteration};
use crate::record::trace::{TraceRecord, TraceStep};
use crate::record::{RecordError, RunDirectory};
use crate::run::{MatrixOptions, MatrixOutcome, Recorder, prepare, run_matrix};

/// Environment steps of one made-up iteration.
const STEPS: u64 = 1024;

/// An experiment of so many arms and seeds: `quickstart` with the same arm under many names.
pub fn experiment(arms: usize, seeds: u64) -> Result<Experiment, ConfigError> {
    let text = include_str!("../experiments/quickstart.toml");
    let head = text.split("[arms.").next().unwrap_or_default();
    let head = head.replace("\"shaped\"", "\"a1\"").replace("\"sparse\"", "\"a0\"");
    let arm = "scorers = [{ kind = \"outcome\" }]\ncombine = { terms = [{ channel = \"outcome\" }] }\n";
    let arms = (0..arms).map(|index| format!("[arms.a{index}]\n{arm}")).collect::<Vec<_>>().concat();
    let text = format!("{head}{arms}").replacen("seeds = 10", &format!("seeds = {seeds}"), 1);
    match parse_any("the benchmark's experiment", &text)? {
        AnyExperiment::Training(experiment) => Ok(*experiment),
        other => Err(ConfigError::OtherKind {
            experiment: "the benchmark's experiment".into(),
            found: other.kind(),
            wanted: "an experiment that trains",
        }),
    }
}

/// A run of an experiment that nothing was done for yet.
pub fn plan(runs: &Path, experiment: Experiment) -> Result<RunDirectory, RecordError> {
    let hash = experiment.hash().map_err(|error| RecordError::damaged(runs, error.to_string()))?;
    RunDirectory::create(runs, experiment, Meta::new(hash, ("cpu".into(), "cpu".into()), String::new()))
}

/// Opens a run again and finds out what is left of it; starts nothing.
pub fn resume(path: &Path) -> Result<MatrixOutcome, RecordError> {
    let options = MatrixOptions {
        jobs: 1,
        memory: None,
        device: milepost_policies::DeviceChoice::Cpu,
        stop_after: None,
        // As if the user had asked to stop before it began.
        interrupts: Arc::new(AtomicU32::new(1)),
    };
    Ok(run_matrix(&RunDirectory::open(path)?, &options))
}

/// One iteration of PPO, as the training loop hands it over.
pub struct Line(Iteration);

impl Line {
    /// The iteration of this index.
    pub fn new(index: u64) -> Self {
        Self(iteration(index))
    }

    /// How many named numbers it holds.
    pub fn numbers(&self) -> usize {
        self.0.scalars().len()
    }
}

/// The records of an arm and seed while it trains.
pub struct Recording {
    recorder: Recorder,
    iteration: u64,
}

impl Recording {
    /// Starts the files.
    pub fn create(run: &RunDirectory, arm: &str, seed: u64) -> Result<Self, RecordError> {
        let folder = run.task(arm, seed);
        prepare(&folder)?;
        Ok(Self { recorder: Recorder::open(&folder, &run.meta().config, arm, seed, None)?, iteration: 0 })
    }

    /// Records one iteration.
    pub fn iteration(&mut self, line: Line) -> Result<(), RecordError> {
        self.iteration = line.0.index;
        self.recorder.iteration(line.0, STEPS, 0.1)
    }

    fn evaluation(&mut self, level: f64) -> Result<(), RecordError> {
        let gold = |task: u64| {
            let success = f64::midpoint(wave(task), 1.0) < level;
            GoldRecord { total: f64::from(u8::from(success)), success, length: 20 + (task % 80) as u32 }
        };
        let line = Evaluation {
            iteration: self.iteration,
            steps: self.iteration * STEPS,
            tokens: 0,
            gold: (0..100).map(gold).collect(),
            measures: Vec::new(),
        };
        self.recorder.evaluation(line, 0.1)
    }
}

/// A number in −1..1.
fn wave(index: u64) -> f64 {
    let mixed = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed ^ (mixed >> 29)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// An iteration with the numbers of PPO on a gridworld: 19 metrics, 2 channels, 8 episodes.
fn iteration(index: u64) -> Iteration {
    let names = [
        "combined_reward",
        "policy_loss",
        "value_loss",
        "entropy",
        "approx_kl",
        "clip_fraction",
        "ratio_mean",
        "ratio_max",
        "grad_norm",
        "learning_rate",
        "explained_variance",
        "advantage_mean",
        "advantage_std",
        "return_mean",
        "value_mean",
        "logp_mean",
        "kl_max",
        "epochs",
        "minibatches",
    ];
    let metric = |(name, at): (&str, u64)| (name.to_owned(), Some(wave(index * 31 + at)));
    let channel = |name: &str| ChannelTotal {
        name: name.to_owned(),
        sum: wave(index),
        magnitude: wave(index).abs(),
        present: STEPS,
        missing: 0,
    };
    let episode = |at: u64| EpisodeSummary {
        task: TaskSeed::train(0, index * 8 + at),
        environment_return: wave(at),
        length: 40,
        ending: Ending::Malformed,
    };
    Iteration {
        index,
        steps: index * STEPS,
        tokens: STEPS,
        metrics: names.into_iter().zip(0..).map(metric).collect(),
        counters: vec![("dropped_groups".into(), index % 3)],
        channels: ["outcome", "shaping"].map(channel).into(),
        episodes: (0..8).map(episode).collect(),
    }
}

/// A finished run with so many iterations in each arm and seed, an evaluation after every tenth, and a trajectory with
/// pictures.
pub fn finished(runs: &Path, arms: usize, seeds: u64, iterations: u64) -> Result<RunDirectory, RecordError> {
    let experiment =
        experiment(arms, seeds).map_err(|error| RecordError::damaged(runs, error.to_string()))?;
    let run = plan(runs, experiment)?;
    for (arm, seed) in run.tasks() {
        let mut recording = Recording::create(&run, &arm, seed)?;
        recording.evaluation(0.0)?;
        for index in 1..=iterations {
            recording.iteration(Line::new(index))?;
            if index % 10 == 0 {
                recording.evaluation((index as f64 / iterations as f64) * (0.8 + 0.1 * wave(seed)))?;
            }
        }
        finish(&run, &run.task(&arm, seed), iterations)?;
    }
    Ok(run)
}

fn finish(run: &RunDirectory, folder: &TaskFolder, iterations: u64) -> Result<(), RecordError> {
    let step = |at: u64| TraceStep {
        action: "forward".into(),
        channels: vec![Some(wave(at)), None],
        reward: wave(at),
        advantage: wave(at + 1),
        value: wave(at + 2),
        exact_advantage: Some(wave(at + 3)),
        exact_value: Some(wave(at + 4)),
    };
    let picture = "<rect x=\"1\" y=\"1\" width=\"8\" height=\"8\" fill=\"#888\"/>".repeat(64);
    let trace = TraceRecord {
        task: 0,
        ending: "success".into(),
        success: true,
        length: 60,
        channels: vec!["outcome".into(), "shaping".into()],
        steps: (0..60).map(step).collect(),
        frames: (0..=60).map(|at| format!("<svg viewBox=\"0 0 80 80\"><!--{at}-->{picture}</svg>")).collect(),
        no_exact_values: None,
    };
    write_json(&folder.traces(), &trace)?;
    let config = run.meta().config.clone();
    write_json(&folder.done(), &Done { config, iterations, steps: iterations * STEPS, overflows: 0 })
}

/// Pretends that every second arm and seed of a planned run is done.
pub fn half_done(run: &RunDirectory) -> Result<(), RecordError> {
    for (arm, seed) in run.tasks().iter().step_by(2) {
        let folder = run.task(arm, *seed);
        prepare(&folder)?;
        let done = Done { config: run.meta().config.clone(), iterations: 1, steps: STEPS, overflows: 0 };
        write_json(&folder.done(), &done)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_of_ten_arms_and_ten_seeds_from_records_is_below_five_megabytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = finished(folder.path(), 10, 10, 100).expect("writable");
        let analysis = crate::analysis::analyse(&run).expect("a report");
        let bytes = std::fs::metadata(analysis.report).expect("there").len();
        assert!(bytes < 5_000_000, "{bytes} bytes");
    }

    #[test]
    fn a_planned_run_resumes_with_what_is_done() {
        let folder = tempfile::tempdir().expect("a folder");
        let run = plan(folder.path(), experiment(10, 4).expect("valid")).expect("writable");
        half_done(&run).expect("writable");
        let outcome = resume(run.path()).expect("readable");
        assert_eq!((outcome.done, outcome.total, outcome.failed.len()), (20, 40, 0));
    }
}
