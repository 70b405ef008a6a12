use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use milepost_fidelity::FidelityError;
use milepost_fidelity::config::{InstanceConfig, SuiteConfig};
use milepost_fidelity::protocol::{
    Failure, Instance, Job, Options, Progress, Sampling, SuiteOutcome, run_jobs,
};

use super::FidelityRun;
use super::records::Records;
use super::{expectations, page};
use crate::clock::Stopwatch;
use crate::record::directory::VERSION;
use crate::terminal::{self, note};

/// How a run is carried out.
pub(crate) struct Settings {
    /// Threads.
    pub(crate) threads: usize,
    /// Set when the user asks to stop.
    pub(crate) stop: Arc<AtomicBool>,
}

/// How a run ended.
pub(crate) enum Ended {
    /// Everything is recorded; what the user reads.
    Done(String),
    /// The user asked to stop after so many of all runs.
    Stopped {
        /// Runs recorded.
        done: usize,
        /// All runs.
        total: usize,
    },
}

/// Runs what is not yet recorded, then writes the reports.
pub(crate) fn carry_out(run: &FidelityRun, settings: &Settings) -> anyhow::Result<Ended> {
    let suite = run.experiment().suite();
    let mut records = Records::open(run.path())?;
    let total: usize = suite.instances.iter().map(|i| suite.arms_of(i).count() * suite.seeds as usize).sum();
    let bar = bar(total);
    let watch = Stopwatch::start();
    let mut facts = Vec::new();
    for config in &suite.instances {
        let label = config.label();
        bar.set_message(label.clone());
        let instance = config.build().with_context(|| format!("instance {label}"))?;
        facts.push(instance.facts());
        // Seed by seed, so that an interrupted run has complete comparisons.
        for seed in suite.first_seed..suite.first_seed + suite.seeds {
            let whole = settle(&suite, config, &instance, seed, &mut records, settings, watch, &bar)?;
            if !whole {
                bar.abandon();
                return Ok(Ended::Stopped { done: records.settled(), total });
            }
        }
    }
    bar.finish_and_clear();
    note(&format!("{total} runs in {:.1} s", watch.seconds()));
    let orderings = if run.experiment().check_expectations {
        note("checking the expected orderings");
        match expectations::check(settings) {
            Err(FidelityError::Interrupted) => return Ok(Ended::Stopped { done: total, total }),
            checked => checked?,
        }
    } else {
        Vec::new()
    };
    let outcome = outcome(suite, facts, &records);
    Ok(Ended::Done(page::write(run, &outcome, orderings)?))
}

/// Runs the arms of an instance and seed that are not settled yet; false if the user asked to stop.
#[allow(clippy::too_many_arguments, reason = "one step of the loop above, cut out for reading")]
fn settle(
    suite: &SuiteConfig,
    config: &InstanceConfig,
    instance: &Instance,
    seed: u64,
    records: &mut Records,
    settings: &Settings,
    watch: Stopwatch,
    bar: &ProgressBar,
) -> anyhow::Result<bool> {
    let sampling = Sampling { group: config.group, batches: config.batches.unwrap_or(suite.batches), seed };
    let jobs: Vec<Job<'_>> = suite
        .arms_of(config)
        .filter(|arm| !records.has(instance.name(), &arm.build().name(), seed))
        .map(|arm| Job { instance, arm, sampling })
        .collect();
    let before = records.settled() as u64;
    let options = Options {
        threads: settings.threads,
        clock: Some(&|| watch.elapsed().as_nanos()),
        progress: &|Progress { done, .. }| bar.set_position(before + done as u64),
        stop: &settings.stop,
    };
    let (mut made, mut whole) = (Vec::new(), true);
    for (job, result) in jobs.iter().zip(run_jobs(&jobs, options)) {
        match result {
            Ok(record) => made.push(record),
            Err(FidelityError::Interrupted) => whole = false,
            Err(error) => records.refuse(Failure {
                instance: instance.name().to_owned(),
                arm: job.arm.build().name(),
                seed,
                reason: error.to_string(),
            })?,
        }
    }
    records.append(made)?;
    Ok(whole)
}

/// Everything that was measured, in the order of the configuration.
fn outcome(
    suite: SuiteConfig,
    facts: Vec<milepost_fidelity::record::InstanceFacts>,
    records: &Records,
) -> SuiteOutcome {
    let mut ordered = Vec::new();
    for config in &suite.instances {
        let label = config.label();
        for arm in suite.arms_of(config) {
            let name = arm.build().name();
            let mut own: Vec<_> =
                records.all().iter().filter(|r| r.instance == label && r.arm == name).cloned().collect();
            own.sort_by_key(|record| record.seed);
            ordered.extend(own);
        }
    }
    let failures = records.refused().to_vec();
    SuiteOutcome { config: suite, facts, records: ordered, failures, version: VERSION.to_owned() }
}

/// A bar where somebody watches.
fn bar(total: usize) -> ProgressBar {
    if !terminal::is_watched() {
        return ProgressBar::hidden();
    }
    let template = "{bar:28} {pos:>6}/{len} runs  {eta:>4} left  {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total as u64).with_style(style)
}
