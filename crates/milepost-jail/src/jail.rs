//! Warm parents at a verified level.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use milepost_codeexec::{Call, InfraError, Usage};

use crate::interpreter::{self, Interpreter};
use crate::plan::{self, Plan};
use crate::worker::{Job, Lost, Worker};
use crate::{Config, Ending, Isolation, JailError, Level, Limits, Program, Report, selftest, sys};

/// Python under isolation: warm parents that fork for every test, at a level that a self-test has verified.
///
/// Shared by reference between threads; each test takes a free warm parent or waits for one.
#[derive(Debug)]
pub struct Jail {
    plan: Arc<Plan>,
    isolation: Isolation,
    /// Free places. An empty one is filled before it is used.
    free: Mutex<Vec<Option<Worker>>>,
    returned: Condvar,
}

impl Jail {
    /// Starts the warm parents at the highest level between `config.at_most` and `config.require` that this machine
    /// offers and that passes its self-test. With less than `require` there is no jail.
    pub fn start(config: &Config) -> Result<Self, JailError> {
        if config.require > config.at_most {
            let (least, most) = (config.require, config.at_most);
            return Err(JailError::Config(format!("`require` is {least}, which is more than `at_most`, {most}")));
        }
        if config.workers == 0 {
            return Err(JailError::Config("`workers` is 0; one is the least".into()));
        }
        let python = interpreter::find(config)?;
        let mut declined = Vec::new();
        for level in [Level::Full, Level::Filtered, Level::Weak] {
            if level > config.at_most {
                continue;
            }
            match Self::at(config, &python, level) {
                Ok(mut jail) => {
                    jail.isolation.declined = declined;
                    return Ok(jail);
                }
                Err(error) if level == config.require => return Err(error),
                Err(error) => declined.push((level, error.to_string())),
            }
        }
        Err(JailError::Config("no level is left to try".into()))
    }

    fn at(config: &Config, python: &Interpreter, level: Level) -> Result<Self, JailError> {
        let plan = plan::plan(config, python, level == Level::Full, level >= Level::Filtered)?;
        let plan = Arc::new(plan);
        let workers =
            (0..config.workers).map(|_| verified(&plan, level).map(Some)).collect::<Result<_, JailError>>()?;
        let isolation = Isolation {
            level,
            landlock: sys::landlock_version().filter(|_| plan.landlock),
            python: python.version.clone(),
            executable: python.executable.clone(),
            declined: Vec::new(),
        };
        Ok(Self { plan, isolation, free: Mutex::new(workers), returned: Condvar::new() })
    }

    /// What isolates the programs; belongs into every report.
    #[must_use]
    pub fn isolation(&self) -> &Isolation {
        &self.isolation
    }

    /// Runs one test in a fork of its own. Blocks until it is over, at most a few seconds beyond the wall limit.
    ///
    /// A child that dies before the program is loaded is tried once more; then it is [`Infra`](crate::Ending::Infra).
    #[must_use]
    pub fn call(&self, program: &Program, call: &Call, limits: &Limits) -> Report {
        let job = Job {
            source: &program.source,
            entry: &program.entry,
            arguments: &call.args,
            stdin: call.stdin.as_deref().unwrap_or_default(),
            limits,
        };
        let mut place = self.take();
        let mut outcome = self.attempt(&mut place, &job);
        if matches!(outcome, Err(Lost::NotStarted(_))) {
            outcome = self.attempt(&mut place, &job);
        }
        self.free.lock().unwrap_or_else(PoisonError::into_inner).push(place);
        self.returned.notify_one();
        outcome.unwrap_or_else(|(Lost::NotStarted(why) | Lost::Broken(why))| infra(why))
    }

    /// One try. A worker that lost a job is not used again: the job may still lie in its socket.
    fn attempt(&self, place: &mut Option<Worker>, job: &Job) -> Result<Report, Lost> {
        let mut worker = match place.take() {
            Some(worker) => worker,
            None => verified(&self.plan, self.isolation.level)
                .map_err(|error| Lost::NotStarted(error.to_string()))?,
        };
        let report = worker.run(job)?;
        *place = Some(worker);
        Ok(report)
    }

    fn take(&self) -> Option<Worker> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(place) = free.pop() {
                return place;
            }
            free = self.returned.wait(free).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// A warm parent whose layers have been tried.
fn verified(plan: &Arc<Plan>, level: Level) -> Result<Worker, JailError> {
    let mut worker = Worker::start(plan.clone(), level)?;
    selftest::verify(&mut worker, level)?;
    Ok(worker)
}

fn infra(why: String) -> Report {
    Report { ending: Ending::Infra(InfraError::Worker(why)), usage: Usage::default(), wall: Duration::ZERO }
}
