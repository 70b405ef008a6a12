//! The matrix of arms and seeds, one process each: the tensor library's autodiff graph has a global lock,
//! so threads of one process would wait for each other.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use milepost_policies::DeviceChoice;

use super::memory::{self, Need};
use super::progress::Progress;
use super::protocol::{Message, STOPPED};
use crate::record::{Matrix, RunFolder};

/// Lines of a failed worker's standard error that are shown.
const LAST_LINES: usize = 12;

/// How to run a matrix.
#[derive(Debug, Clone)]
pub struct MatrixOptions {
    /// Processes at a time, at most: fewer run where memory does not hold so many.
    pub jobs: usize,
    /// Bytes that one process needs, if the experiment file says so; else the most that any of this run held so far.
    pub memory: Option<u64>,
    /// The device of every worker.
    pub device: DeviceChoice,
    /// Makes every worker stop, as if asked to, after so many iterations.
    pub stop_after: Option<u64>,
    /// How often the user asked to stop: once to write checkpoints, twice to stop at once.
    pub interrupts: Arc<AtomicU32>,
}

/// What became of a matrix.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MatrixOutcome {
    /// Arms and seeds that are finished, earlier ones included.
    pub done: usize,
    /// Arms and seeds there are.
    pub total: usize,
    /// Workers that failed: which, and their last words.
    pub failed: Vec<(String, Vec<String>)>,
}

/// Something that a worker's reader thread reports.
enum Heard {
    Message(usize, Message),
    Closed(usize),
}

struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
    last_words: JoinHandle<Vec<String>>,
}

/// Runs every arm and seed that is not done yet. A worker that fails does not disturb the others.
#[allow(private_bounds, reason = "which experiments are matrices is decided by the run folder")]
pub fn run_matrix<E: Matrix>(run: &RunFolder<E>, options: &MatrixOptions) -> MatrixOutcome {
    let tasks = run.tasks();
    let names: Vec<String> = tasks.iter().map(|(arm, seed)| format!("{arm} seed {seed}")).collect();
    let mut waiting: VecDeque<usize> =
        (0..tasks.len()).filter(|&task| !run.task(&tasks[task].0, tasks[task].1).is_done()).collect();
    let mut outcome =
        MatrixOutcome { done: tasks.len() - waiting.len(), total: tasks.len(), failed: Vec::new() };
    let mut progress = Progress::new(run.experiment().work(), outcome.total, outcome.done);
    let (sender, receiver) = mpsc::channel();
    let mut running: BTreeMap<usize, Running> = BTreeMap::new();
    let mut need = Need::new(options.memory);
    loop {
        let interrupts = options.interrupts.load(Ordering::Relaxed);
        if interrupts > 0 {
            waiting.clear();
            for worker in running.values_mut() {
                // The end of its input asks a worker to write a checkpoint and stop.
                worker.stdin = None;
                if interrupts > 1 {
                    // It may be gone already; waiting for it below settles the matter.
                    let _ = worker.child.kill();
                }
            }
        }
        while running.len() < options.jobs.max(1)
            && room(&running, &mut need)
            && let Some(task) = waiting.pop_front()
        {
            let (arm, seed) = &tasks[task];
            match start(run, arm, *seed, options, task, &sender) {
                Ok(worker) => {
                    running.insert(task, worker);
                }
                Err(error) => {
                    progress.failed(task, &names[task]);
                    let reason = format!("its process cannot be started: {error}");
                    outcome.failed.push((names[task].clone(), vec![reason]));
                }
            }
        }
        if running.is_empty() {
            return outcome;
        }
        match receiver.recv_timeout(Duration::from_millis(100)) {
            Ok(Heard::Message(task, message)) => progress.heard(task, &names[task], &message),
            Ok(Heard::Closed(task)) => {
                if let Some(worker) = running.remove(&task) {
                    let (status, last_words) = reap(worker);
                    let (arm, seed) = &tasks[task];
                    if run.task(arm, *seed).is_done() {
                        outcome.done += 1;
                    } else if status.and_then(|status| status.code()) != Some(i32::from(STOPPED))
                        && options.interrupts.load(Ordering::Relaxed) < 2
                    {
                        progress.failed(task, &names[task]);
                        outcome.failed.push((names[task].clone(), explain(status, last_words)));
                    }
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }
}

/// Whether memory holds another worker. Where nothing runs there always is room: a run that does not fit shall say so
/// itself, and not wait for ever.
fn room(running: &BTreeMap<usize, Running>, need: &mut Need) -> bool {
    let held: Vec<(u64, u64)> =
        running.values().filter_map(|worker| memory::held(worker.child.id())).collect();
    for (_, most) in &held {
        need.see(*most);
    }
    let now: Vec<u64> = held.iter().map(|(now, _)| *now).collect();
    running.is_empty() || memory::available().is_none_or(|available| need.fits(&now, available))
}

fn start<E: Matrix>(
    run: &RunFolder<E>,
    arm: &str,
    seed: u64,
    options: &MatrixOptions,
    task: usize,
    sender: &Sender<Heard>,
) -> std::io::Result<Running> {
    let mut command = Command::new(program()?);
    command.arg("worker").arg("--run").arg(run.path());
    command.args(["--arm", arm, "--seed", &seed.to_string(), "--device", &options.device.to_string()]);
    if let Some(count) = options.stop_after {
        command.args(["--stop-after-iterations", &count.to_string()]);
    }
    if std::env::var_os("RAYON_NUM_THREADS").is_none() {
        command.env("RAYON_NUM_THREADS", "1");
    }
    if options.device == DeviceChoice::Cpu {
        command.env("BURN_DEVICE", "flex");
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let stdin = child.stdin.take();
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let sender = sender.clone();
    thread::spawn(move || {
        let lines = stdout.into_iter().flat_map(|stdout| BufReader::new(stdout).lines());
        for line in lines.map_while(Result::ok) {
            // What is not a message was printed by a library; it says nothing about progress.
            if let Ok(message) = serde_json::from_str(&line) {
                let _ = sender.send(Heard::Message(task, message));
            }
        }
        let _ = sender.send(Heard::Closed(task));
    });
    let last_words = thread::spawn(move || {
        let mut last = VecDeque::new();
        let lines = stderr.into_iter().flat_map(|stderr| BufReader::new(stderr).lines());
        for line in lines.map_while(Result::ok) {
            last.push_back(line);
            if last.len() > LAST_LINES {
                last.pop_front();
            }
        }
        last.into()
    });
    Ok(Running { child, stdin, last_words })
}

/// This very program. Linux finds it even after a rebuild has replaced the file, so that all workers of a
/// run are of one build.
fn program() -> std::io::Result<PathBuf> {
    let image = Path::new("/proc/self/exe");
    if image.exists() { Ok(image.to_owned()) } else { std::env::current_exe() }
}

fn reap(mut worker: Running) -> (Option<ExitStatus>, Vec<String>) {
    drop(worker.stdin);
    let status = worker.child.wait().ok();
    (status, worker.last_words.join().unwrap_or_default())
}

fn explain(status: Option<ExitStatus>, mut last_words: Vec<String>) -> Vec<String> {
    if last_words.is_empty() {
        let how = status.map_or_else(|| "an unknown status".into(), |status| status.to_string());
        last_words.push(format!("it ended with {how} and said nothing"));
    }
    last_words
}
