use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::FidelityError;
use crate::config::EstimatorConfig;
use crate::record::Record;

use super::{Instance, Sampling, run};

/// One run: an arm on an instance with a seed.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// The world and policy.
    pub instance: &'a Instance,
    /// The estimator, built anew for the run.
    pub arm: &'a EstimatorConfig,
    /// What is drawn.
    pub sampling: Sampling,
}

/// Reads the caller's clock, in nanoseconds: this crate has none.
pub type Clock<'a> = &'a (dyn Fn() -> u128 + Sync);

/// How far the jobs are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Jobs that have ended.
    pub done: usize,
    /// All jobs.
    pub total: usize,
}

/// How jobs are run. None of it changes a result, except that a clock adds times to the records.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// Threads, at least one.
    pub threads: usize,
    /// Measures each run.
    pub clock: Option<Clock<'a>>,
    /// Told after each job, from the thread that ran it.
    pub progress: &'a (dyn Fn(Progress) + Sync),
    /// Set it to stop before the next batch.
    pub stop: &'a AtomicBool,
}

/// Runs the jobs and gives what became of them in the order of the jobs, whatever the number of threads.
pub fn run_jobs(jobs: &[Job<'_>], options: Options<'_>) -> Vec<Result<Record, FidelityError>> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let slots: Vec<Mutex<Option<Result<Record, FidelityError>>>> =
        jobs.iter().map(|_| Mutex::new(None)).collect();
    let work = || {
        while let Some((job, slot)) = Some(next.fetch_add(1, Ordering::Relaxed))
            .and_then(|index| Some((jobs.get(index)?, slots.get(index)?)))
        {
            let from = options.clock.map(|clock| clock());
            let mut result = run(job.instance, job.arm.build().as_mut(), job.sampling, options.stop);
            if let (Some(clock), Some(from), Ok(record)) = (options.clock, from, &mut result) {
                record.cost = record.cost.with_nanoseconds(clock().saturating_sub(from));
            }
            if let Ok(mut slot) = slot.lock() {
                *slot = Some(result);
            }
            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
            (options.progress)(Progress { done, total: jobs.len() });
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..options.threads {
            scope.spawn(work);
        }
        work();
    });
    slots
        .into_iter()
        .map(|slot| slot.into_inner().ok().flatten().unwrap_or(Err(FidelityError::Interrupted)))
        .collect()
}
