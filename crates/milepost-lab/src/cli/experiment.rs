use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;

use milepost_policies::{DeviceChoice, DeviceUsed, open_device};

use super::INTERRUPTED;
use crate::analysis;
use crate::config::{self, AnyExperiment, Experiment, FidelityExperiment, Request, Scale, StudyExperiment};
use crate::fidelity::{self, Ended, FidelityRun};
use crate::launch::run_on_slurm;
use crate::record::directory::Meta;
use crate::record::lock::FolderLock;
use crate::record::{AnyRun, Matrix, RunDirectory, RunFolder};
use crate::run::{self, MatrixOptions, MatrixOutcome, run_matrix};
use crate::study::{self, StudyRun};
use crate::terminal::{note, say};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Names of built-in experiments, or paths of experiment files. Default: quickstart.
    experiments: Vec<String>,
    /// List the built-in experiments with their claims and costs.
    #[arg(long)]
    list: bool,
    /// Print the JSON Schema of experiment files of a kind, for editors: training, study or credit-fidelity.
    #[arg(long, value_name = "KIND", num_args = 0..=1, default_missing_value = "training")]
    schema: Option<String>,
    /// Print the resolved experiment file and stop.
    #[arg(long)]
    dry_run: bool,
    /// Change a setting: a dotted key and a TOML value.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    sets: Vec<String>,
    /// Lay a file over the experiment file. May be given several times.
    #[arg(long = "overlay", value_name = "FILE")]
    overlays: Vec<String>,
    /// Number of training seeds.
    #[arg(long, value_name = "N")]
    seeds: Option<u64>,
    /// What it may cost: smoke (seconds), small (minutes), full.
    #[arg(long)]
    scale: Option<String>,
    /// Run only these arms, separated by commas.
    #[arg(long, value_delimiter = ',')]
    arms: Vec<String>,
    /// auto (a real GPU if there is one), cpu or wgpu.
    #[arg(long, default_value = "auto")]
    device: String,
    /// Processes at a time. Default: one for each core on the CPU, one on a GPU.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Go on with a run that was stopped.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["sets", "overlays", "seeds", "scale", "arms", "dry_run", "list"])]
    resume: Option<PathBuf>,
    /// Where runs are written.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs_dir: PathBuf,
    /// How processes are started.
    #[arg(long, value_enum, default_value_t = Launcher::Local)]
    launcher: Launcher,
    /// Make every worker stop after so many iterations, as if interrupted.
    #[arg(long, hide = true)]
    stop_after_iterations: Option<u64>,
}

/// How processes are started.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Launcher {
    /// As processes of this machine.
    Local,
    /// As one job array of a Slurm cluster.
    Slurm,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if options.list {
        return list();
    }
    if let Some(kind) = &options.schema {
        say(config::schema(kind)?.trim_end());
        return Ok(ExitCode::SUCCESS);
    }
    let interrupts = Interrupts::default();
    if let Some(path) = &options.resume {
        let run = AnyRun::open(path)?;
        let (meta, experiment) = run.describe();
        meta.check_resumable(path)?;
        if let Some(name) = options.experiments.iter().find(|name| *name != experiment) {
            anyhow::bail!(
                "{} is a run of {experiment}, not of {name}; leave the name out, or start a new run",
                path.display(),
            );
        }
        interrupts.listen()?;
        return match run {
            AnyRun::Training(run) => carry_out(options, &run, &interrupts.count),
            AnyRun::Fidelity(run) => carry_out_fidelity(options, &run, &interrupts),
            AnyRun::Study(run) => carry_out_study(options, &run, &interrupts.count),
        };
    }
    let default = ["quickstart".to_owned()];
    let names = if options.experiments.is_empty() { &default[..] } else { &options.experiments };
    let experiments = names.iter().map(|name| resolve(options, name)).collect::<Result<Vec<_>, _>>()?;
    if options.dry_run {
        for experiment in &experiments {
            say(experiment.to_toml()?.trim_end());
        }
        return Ok(ExitCode::SUCCESS);
    }
    interrupts.listen()?;
    let mut status = ExitCode::SUCCESS;
    for experiment in experiments {
        let ended = match experiment {
            AnyExperiment::Training(experiment) => train(options, *experiment, &interrupts)?,
            AnyExperiment::Fidelity(experiment) => score(options, *experiment, &interrupts)?,
            AnyExperiment::Study(experiment) => investigate(options, *experiment, &interrupts)?,
        };
        if ended != ExitCode::SUCCESS {
            status = ended;
        }
        if interrupts.happened() {
            break;
        }
    }
    Ok(status)
}

/// Starts a run that trains.
fn train(options: &Options, experiment: Experiment, interrupts: &Interrupts) -> anyhow::Result<ExitCode> {
    // Better to learn of an impossible environment here than from every worker.
    run::check_environments(&experiment)?;
    let meta = Meta::new(experiment.hash()?, device(&options.device)?, command());
    let run = RunDirectory::create(&options.runs_dir, experiment, meta)?;
    carry_out(options, &run, &interrupts.count)
}

/// Starts a run of studies.
fn investigate(
    options: &Options,
    experiment: StudyExperiment,
    interrupts: &Interrupts,
) -> anyhow::Result<ExitCode> {
    let meta = Meta::new(experiment.hash()?, device(&options.device)?, command());
    let run = StudyRun::create(&options.runs_dir, experiment, meta)?;
    carry_out_study(options, &run, &interrupts.count)
}

/// Starts a run that scores credit methods. Nothing in it needs a tensor library, so it runs on the CPU.
fn score(
    options: &Options,
    experiment: FidelityExperiment,
    interrupts: &Interrupts,
) -> anyhow::Result<ExitCode> {
    let device = ("cpu".to_owned(), "cpu (exact dynamic programming and sampling; no tensors)".to_owned());
    let meta = Meta::new(experiment.hash()?, device, command());
    let run = FidelityRun::create(&options.runs_dir, experiment, meta)?;
    carry_out_fidelity(options, &run, interrupts)
}

/// Scores what is left of a run and says what came out.
fn carry_out_fidelity(
    options: &Options,
    run: &FidelityRun,
    interrupts: &Interrupts,
) -> anyhow::Result<ExitCode> {
    let _lock = FolderLock::acquire(run.path())?;
    let experiment = run.experiment();
    let threads = options.jobs.unwrap_or_else(|| default_jobs(DeviceChoice::Cpu));
    note(&format!(
        "{}: {} instances, {} methods on each, {} seeds, {threads} threads\nrun: {}",
        experiment.name,
        experiment.instances.len(),
        experiment.arms.len(),
        experiment.seeds,
        run.path().display()
    ));
    let settings = fidelity::Settings { threads, stop: Arc::clone(&interrupts.stop) };
    Ok(match fidelity::carry_out(run, &settings)? {
        Ended::Done(text) => {
            say(&format!("\n{}\n{text}", experiment.claim));
            ExitCode::SUCCESS
        }
        Ended::Stopped { done, total } => {
            note(&format!(
                "{done} of {total} runs are done; go on with: cargo xtask experiment --resume {}",
                run.path().display()
            ));
            ExitCode::from(INTERRUPTED)
        }
    })
}

fn resolve(options: &Options, name: &str) -> anyhow::Result<AnyExperiment> {
    let mut sets = options.sets.clone();
    sets.extend(options.seeds.map(|seeds| format!("seeds={seeds}")));
    let request = Request {
        experiment: name.to_owned(),
        overlays: options.overlays.clone(),
        sets,
        scale: options.scale.as_deref().map(Scale::parse).transpose()?,
    };
    let mut experiment = config::load_any(&request)?;
    if !options.arms.is_empty() {
        experiment.keep_arms(&options.arms)?;
    }
    Ok(experiment)
}

/// The device to use and why, decided once for all workers.
fn device(name: &str) -> anyhow::Result<(String, String)> {
    let open = open_device(name.parse()?)?;
    let used = match open.kind {
        DeviceUsed::Cpu => DeviceChoice::Cpu,
        DeviceUsed::Wgpu => DeviceChoice::Wgpu,
    };
    Ok((used.to_string(), open.message))
}

/// What the user asked for while something ran.
#[derive(Debug, Default)]
struct Interrupts {
    /// How often to stop.
    count: Arc<AtomicU32>,
    /// Whether at all.
    stop: Arc<AtomicBool>,
}

impl Interrupts {
    fn listen(&self) -> anyhow::Result<()> {
        let (count, stop) = (Arc::clone(&self.count), Arc::clone(&self.stop));
        ctrlc::set_handler(move || {
            stop.store(true, Ordering::Relaxed);
            if count.fetch_add(1, Ordering::Relaxed) == 0 {
                note("stopping: what is finished is kept (once more to stop at once)");
            }
        })?;
        Ok(())
    }

    fn happened(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Runs what is left of a run of studies and says what came out.
fn carry_out_study(
    options: &Options,
    run: &StudyRun,
    interrupts: &Arc<AtomicU32>,
) -> anyhow::Result<ExitCode> {
    let _lock = FolderLock::acquire(run.path())?;
    let settings = &run.experiment().settings;
    let (device, jobs) = jobs(options, run.meta())?;
    note(&format!(
        "{}: {} arms × {} seeds, {jobs} at a time\ndevice: {}\nrun: {}",
        settings.name,
        run.experiment().arms.len(),
        settings.seeds,
        run.meta().device_message,
        run.path().display()
    ));
    let outcome = run_arms(options, run, (device, jobs), interrupts)?;
    if outcome.done > 0 {
        let analysis = study::analyse(run)?;
        say(&format!("\n{}\nreport: {}", analysis.text, analysis.report.display()));
    }
    Ok(status(run.path(), &outcome, interrupts.load(Ordering::Relaxed) > 0))
}

/// The device of a run, and how many processes to run on it.
fn jobs(options: &Options, meta: &Meta) -> anyhow::Result<(DeviceChoice, usize)> {
    let device: DeviceChoice = meta.device.parse()?;
    Ok((device, options.jobs.unwrap_or_else(|| default_jobs(device))))
}

/// Runs the arms and seeds that are left, and says which failed.
fn run_arms<E: Matrix>(
    options: &Options,
    run: &RunFolder<E>,
    (device, jobs): (DeviceChoice, usize),
    interrupts: &Arc<AtomicU32>,
) -> anyhow::Result<MatrixOutcome> {
    let resources = run.experiment().resources();
    let matrix = MatrixOptions {
        jobs,
        memory: resources.memory_bytes(),
        device,
        stop_after: options.stop_after_iterations,
        interrupts: Arc::clone(interrupts),
    };
    let outcome = match options.launcher {
        Launcher::Local => run_matrix(run, &matrix),
        Launcher::Slurm => run_on_slurm(run, &resources, &matrix, options.jobs)?,
    };
    for (task, last_words) in &outcome.failed {
        note(&format!("error: {task} failed:\n    {}", last_words.join("\n    ")));
    }
    Ok(outcome)
}

/// Runs what is left of a run and says what came out.
fn carry_out(options: &Options, run: &RunDirectory, interrupts: &Arc<AtomicU32>) -> anyhow::Result<ExitCode> {
    let _lock = FolderLock::acquire(run.path())?;
    let settings = &run.experiment().settings;
    let (device, jobs) = jobs(options, run.meta())?;
    note(&format!(
        "{}: {} arms × {} seeds, {} each, {jobs} at a time\ndevice: {}\nrun: {}",
        settings.name,
        run.experiment().arms.len(),
        settings.seeds,
        settings.budget.words(),
        run.meta().device_message,
        run.path().display()
    ));
    let outcome = run_arms(options, run, (device, jobs), interrupts)?;
    if outcome.done > 0 {
        let analysis = analysis::analyse(run)?;
        let exploratory = if analysis.summary.exploratory { "exploratory: fewer than 5 seeds\n" } else { "" };
        say(&format!(
            "\n{} ({})\n{}\n{exploratory}{}\nreport: {}",
            settings.claim,
            analysis.summary.metric,
            analysis.table,
            analysis.summary.sentence,
            analysis.report.display()
        ));
    }
    Ok(status(run.path(), &outcome, interrupts.load(Ordering::Relaxed) > 0))
}

fn status(path: &Path, outcome: &MatrixOutcome, interrupted: bool) -> ExitCode {
    if outcome.done == outcome.total {
        return ExitCode::SUCCESS;
    }
    note(&format!(
        "{} of {} arms × seeds are done; go on with: cargo xtask experiment --resume {}",
        outcome.done,
        outcome.total,
        path.display()
    ));
    if interrupted { ExitCode::from(INTERRUPTED) } else { ExitCode::FAILURE }
}

fn default_jobs(device: DeviceChoice) -> usize {
    match device {
        DeviceChoice::Wgpu => 1,
        DeviceChoice::Cpu | DeviceChoice::Auto => thread::available_parallelism().map_or(1, Into::into),
    }
}

/// The command line as it can be typed again.
fn command() -> String {
    let quote = |argument: String| {
        let plain = argument.chars().all(|c| c.is_ascii_alphanumeric() || "-_=.,/:+".contains(c));
        if plain && !argument.is_empty() {
            argument
        } else {
            format!("'{}'", argument.replace('\'', r"'\''"))
        }
    };
    let arguments: Vec<String> = std::env::args().skip(1).map(quote).collect();
    format!("milepost {}", arguments.join(" "))
}

fn list() -> anyhow::Result<ExitCode> {
    for (name, _) in config::builtin_experiments() {
        let load = |scale| {
            config::load_any(&Request {
                experiment: name.to_owned(),
                scale: Some(scale),
                ..Request::default()
            })
        };
        let costs = Scale::ALL
            .into_iter()
            .filter_map(|scale| Some(format!("{} {}", scale.name(), cost(&load(scale).ok()?))))
            .collect::<Vec<_>>()
            .join(", ");
        let (dossier, claim, environment) = match load(Scale::default())? {
            AnyExperiment::Training(experiment) => {
                let environment = experiment.settings.environment.label();
                (experiment.settings.dossier, experiment.settings.claim, environment)
            }
            AnyExperiment::Fidelity(experiment) => (
                experiment.dossier,
                experiment.claim,
                format!("{} solved worlds", experiment.instances.len()),
            ),
            AnyExperiment::Study(experiment) => (
                experiment.settings.dossier,
                experiment.settings.claim,
                format!("a study of {} arms", experiment.arms.len()),
            ),
        };
        say(&format!(
            "{name}  ({dossier})\n    claim:       {claim}\n    environment: {environment}\n    cost:        {costs}"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// What an experiment costs, in words.
fn cost(experiment: &AnyExperiment) -> String {
    match experiment {
        AnyExperiment::Training(experiment) => {
            let runs = experiment.arms.len() as u64 * experiment.settings.seeds;
            let budget = &experiment.settings.budget;
            format!("{runs} × {} {}", budget.amount(), budget.unit().short())
        }
        AnyExperiment::Fidelity(experiment) => {
            let arms = experiment.suite();
            let runs: usize = arms.instances.iter().map(|i| arms.arms_of(i).count()).sum();
            format!("{} runs × {} batches", runs as u64 * experiment.seeds, experiment.batches)
        }
        AnyExperiment::Study(experiment) => {
            format!("{} runs", experiment.arms.len() as u64 * experiment.settings.seeds)
        }
    }
}
