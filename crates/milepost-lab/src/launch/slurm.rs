use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use super::job_array::{Task, script, submission, task_list};
use crate::config::Resources;
use crate::record::{Matrix, RecordError, RunFolder, atomic};
use crate::run::{MatrixOptions, MatrixOutcome};
use crate::terminal::note;

/// Between two looks at the queue.
const POLL: Duration = Duration::from_secs(2);
/// Files of tasks that ended may reach this machine later than the news of their end.
const SETTLE: Duration = Duration::from_secs(10);
/// So many looks in a row may fail before a cluster that does not answer is given up.
const SILENT_POLLS: u32 = 30;
/// Lines of a failed task's output that are shown.
const LAST_LINES: usize = 12;

/// Why a cluster cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum ClusterError {
    /// A command is missing.
    #[error(
        "`{command}` cannot be started ({source}); --launcher slurm needs a machine from which jobs can be submitted"
    )]
    Missing {
        /// The command.
        command: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The cluster said no.
    #[error("{command}: {reason}\nchange the experiment's [resources] table, or ask the cluster's keepers")]
    Refused {
        /// The command.
        command: &'static str,
        /// What it said.
        reason: String,
    },
    /// The cluster does not answer any more.
    #[error(
        "the cluster has not answered for {seconds} s ({reason}); nothing is lost: jobs that run go on, and --resume collects them"
    )]
    Silent {
        /// For how long.
        seconds: u64,
        /// What the last question was answered with.
        reason: String,
    },
    /// The run's files.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Runs every arm and seed that is not done yet as one job array, submits again what vanished or failed, and
/// comes back when everything is done or has failed as often as it may.
pub(crate) fn run_on_slurm<E: Matrix>(
    run: &RunFolder<E>,
    resources: &Resources,
    options: &MatrixOptions,
    at_a_time: Option<usize>,
) -> Result<MatrixOutcome, ClusterError> {
    let tasks = run.tasks();
    let done = |tasks: &[Task]| tasks.iter().filter(|(arm, seed)| run.task(arm, *seed).is_done()).count();
    let cluster = Cluster::new(run.path())?;
    let mut attempts: BTreeMap<Task, u32> = BTreeMap::new();
    let mut round = 0;
    let mut interrupted = false;
    let mut last_job = None;
    while !interrupted {
        let waiting: Vec<Task> = tasks
            .iter()
            .filter(|(arm, seed)| !run.task(arm, *seed).is_done())
            .filter(|task| attempts.get(*task).copied().unwrap_or(0) < resources.attempts)
            .cloned()
            .collect();
        if waiting.is_empty() {
            break;
        }
        for task in &waiting {
            *attempts.entry(task.clone()).or_default() += 1;
        }
        round += 1;
        let job = cluster.submit(run, resources, options, &waiting, at_a_time, round)?;
        note(&format!("slurm job {job}: {} arms × seeds, attempt {round}", waiting.len()));
        last_job = Some((job.clone(), waiting.clone()));
        interrupted = cluster.wait(&job, options, || (done(&tasks), tasks.len()))?;
        cluster.settle(|| waiting.iter().all(|(arm, seed)| run.task(arm, *seed).is_done()), interrupted);
    }
    let failed = if interrupted { Vec::new() } else { cluster.failures(run, &tasks, last_job.as_ref()) };
    Ok(MatrixOutcome { done: done(&tasks), total: tasks.len(), failed })
}

/// The files and commands of one run on a cluster.
struct Cluster {
    folder: PathBuf,
}

impl Cluster {
    fn new(run: &Path) -> Result<Self, RecordError> {
        // Jobs start in a folder of the cluster's choosing.
        let run = fs::canonicalize(run).map_err(RecordError::io(run, "found"))?;
        let folder = run.join("slurm");
        fs::create_dir_all(&folder).map_err(RecordError::io(&folder, "created"))?;
        Ok(Self { folder })
    }

    fn submit<E: Matrix>(
        &self,
        run: &RunFolder<E>,
        resources: &Resources,
        options: &MatrixOptions,
        tasks: &[Task],
        at_a_time: Option<usize>,
        round: u32,
    ) -> Result<String, ClusterError> {
        let text = |path: &Path| path.display().to_string();
        let program = std::env::current_exe().map_err(RecordError::io(Path::new("milepost"), "found"))?;
        let list = self.folder.join(format!("tasks-{round}"));
        atomic::write(&list, task_list(tasks).as_bytes())?;
        let file = self.folder.join(format!("array-{round}.sh"));
        let run_path = self.folder.parent().unwrap_or(&self.folder);
        let script = script(&text(&program), &text(run_path), &text(&list), &options.device.to_string());
        atomic::write(&file, script.as_bytes())?;
        let output = text(&self.folder.join("%A-%a.log"));
        let arguments =
            submission(run.experiment().name(), resources, tasks.len(), at_a_time, &output, &text(&file));
        let said = ask("sbatch", &arguments)?;
        // `ID` or `ID;CLUSTER`.
        Ok(said.split(';').next().unwrap_or_default().trim().to_owned())
    }

    /// Waits until no task of `job` is in the queue. True if the user asked to stop: then the tasks are told to,
    /// and given the time to write their checkpoints.
    fn wait(
        &self,
        job: &str,
        options: &MatrixOptions,
        progress: impl Fn() -> (usize, usize),
    ) -> Result<bool, ClusterError> {
        let (mut told, mut silent, mut stopping) = (None, 0, 0);
        loop {
            let asked = options.interrupts.load(Ordering::Relaxed);
            if asked > stopping {
                stopping = asked;
                let stop = ["--signal=TERM".to_owned(), "--full".to_owned(), job.to_owned()];
                let arguments = if asked > 1 { &stop[2..] } else { &stop[..] };
                // Tasks that wait must not start any more; a job that is over cannot be told.
                let _ = ask("scancel", &["--state=PENDING".to_owned(), job.to_owned()]);
                let _ = ask("scancel", arguments);
            }
            match self.queued(job) {
                Ok(0) => return Ok(stopping > 0),
                Ok(queued) => {
                    silent = 0;
                    let now = (progress(), queued);
                    if told != Some(now) {
                        told = Some(now);
                        let ((done, total), queued) = now;
                        note(&format!("slurm job {job}: {done} of {total} done, {queued} in the queue"));
                    }
                }
                Err(error) => {
                    silent += 1;
                    if silent >= SILENT_POLLS {
                        let seconds = u64::from(silent) * POLL.as_secs();
                        return Err(ClusterError::Silent { seconds, reason: error.to_string() });
                    }
                }
            }
            thread::sleep(POLL);
        }
    }

    /// Tasks of `job` that wait or run. A job that the cluster has forgotten has none.
    #[allow(clippy::unused_self, reason = "a question to the cluster, like the others")]
    fn queued(&self, job: &str) -> Result<usize, ClusterError> {
        let arguments = ["--noheader", "--array", "--format=%i", "--jobs", job].map(str::to_owned);
        match ask("squeue", &arguments) {
            Ok(said) => Ok(said.lines().filter(|line| !line.trim().is_empty()).count()),
            Err(ClusterError::Refused { reason, .. }) if reason.contains("Invalid job id") => Ok(0),
            Err(error) => Err(error),
        }
    }

    /// Waits a while for files that a shared disk shows late.
    #[allow(clippy::unused_self, reason = "a step of the cluster's life, like the others")]
    fn settle(&self, all_there: impl Fn() -> bool, interrupted: bool) {
        let mut waited = Duration::ZERO;
        while !interrupted && !all_there() && waited < SETTLE {
            thread::sleep(POLL);
            waited += POLL;
        }
    }

    /// What is not done, with the last words of its last attempt.
    fn failures<E: Matrix>(
        &self,
        run: &RunFolder<E>,
        tasks: &[Task],
        last: Option<&(String, Vec<Task>)>,
    ) -> Vec<(String, Vec<String>)> {
        let words = |task: &Task| -> Vec<String> {
            let Some((job, submitted)) = last else { return Vec::new() };
            let Some(index) = submitted.iter().position(|other| other == task) else { return Vec::new() };
            let log = fs::read_to_string(self.folder.join(format!("{job}-{index}.log"))).unwrap_or_default();
            // A worker's progress is not news.
            let lines: Vec<&str> = log.lines().filter(|line| !line.starts_with("{\"kind\"")).collect();
            lines[lines.len().saturating_sub(LAST_LINES)..].iter().map(|line| (*line).to_owned()).collect()
        };
        tasks
            .iter()
            .filter(|(arm, seed)| !run.task(arm, *seed).is_done())
            .map(|task| {
                let mut last = words(task);
                if last.is_empty() {
                    last.push(
                        "it vanished from the queue without a word; look at the cluster's records".into(),
                    );
                }
                (format!("{} seed {}", task.0, task.1), last)
            })
            .collect()
    }
}

/// Runs a command of the cluster; its standard output.
fn ask(command: &'static str, arguments: &[String]) -> Result<String, ClusterError> {
    let output: Output = Command::new(command)
        .args(arguments)
        .output()
        .map_err(|source| ClusterError::Missing { command, source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let reason = if said.is_empty() { format!("it ended with {}", output.status) } else { said };
    Err(ClusterError::Refused { command, reason })
}
