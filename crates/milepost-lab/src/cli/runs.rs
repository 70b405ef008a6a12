use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;

use crate::analysis::table::aligned;
use crate::record::lock::FolderLock;
use crate::record::{AnyRun, Matrix, RunFolder};
use crate::terminal::{note, say};

#[derive(Debug, clap::Args)]
pub(super) struct Options {
    /// Only runs of these experiments.
    experiments: Vec<String>,
    /// Where runs were written.
    #[arg(long, value_name = "DIR", default_value = "runs")]
    runs_dir: PathBuf,
    /// Remove all but the latest N runs of each experiment, with everything in them.
    #[arg(long, value_name = "N")]
    keep: Option<usize>,
    /// Really remove them; without it, what would be removed is listed.
    #[arg(long, requires = "keep")]
    yes: bool,
}

/// One run as the index shows it.
struct Entry {
    experiment: String,
    path: PathBuf,
    row: Vec<String>,
}

pub(super) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let entries = index(&options.runs_dir, &options.experiments)?;
    if entries.is_empty() {
        say(&format!("no runs in {}", options.runs_dir.display()));
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(keep) = options.keep {
        return remove_old(&entries, keep, options.yes);
    }
    let head = ["run", "started", "commit", "done", "size", "verdict"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> =
        std::iter::once(head).chain(entries.into_iter().map(|entry| entry.row)).collect();
    say(&aligned(&rows));
    Ok(ExitCode::SUCCESS)
}

/// All runs, experiment by experiment, oldest first. A folder that is no run, or is damaged, is listed as such.
fn index(runs: &Path, experiments: &[String]) -> anyhow::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for folder in folders(runs)? {
        let experiment = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !experiments.is_empty() && !experiments.contains(&experiment) {
            continue;
        }
        for path in folders(&folder)? {
            entries.push(Entry { experiment: experiment.clone(), row: row(&path), path });
        }
    }
    Ok(entries)
}

fn folders(place: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(place) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("{} cannot be read", place.display()))?,
    };
    let mut folders = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{} cannot be read", place.display()))?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    Ok(folders)
}

fn row(path: &Path) -> Vec<String> {
    let shown = path.display().to_string();
    let size = size(path);
    match AnyRun::open(path) {
        Err(error) => vec![shown, "–".into(), "–".into(), "–".into(), size, format!("unreadable: {error}")],
        Ok(run) => {
            let (meta, _) = run.describe();
            let done = match &run {
                AnyRun::Training(run) => progress(run),
                AnyRun::Study(run) => progress(run),
                AnyRun::Fidelity(run) => {
                    let done = run.path().join("summary.json").is_file();
                    if done { "all".into() } else { "some".into() }
                }
            };
            let commit: String = meta.commit.chars().take(9).collect();
            vec![shown, meta.started.clone(), commit, done, size, verdict(path)]
        }
    }
}

fn progress<E: Matrix>(run: &RunFolder<E>) -> String {
    let tasks = run.tasks();
    let done = tasks.iter().filter(|(arm, seed)| run.task(arm, *seed).is_done()).count();
    format!("{done}/{}", tasks.len())
}

/// The outcome that a run's summary records, if it has one.
fn verdict(path: &Path) -> String {
    let summary = fs::read(path.join("summary.json")).ok();
    let summary = summary.and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes).ok());
    let Some(summary) = summary else { return "–".into() };
    let verdict = summary.get("verdict").or_else(|| summary.pointer("/claims/0/verdict"));
    let outcome = verdict.and_then(|verdict| verdict.get("outcome"));
    match outcome {
        Some(serde_json::Value::String(word)) => word.replace('-', " "),
        // An inconclusive outcome carries its reason.
        Some(serde_json::Value::Object(map)) => {
            map.keys().next().map_or_else(|| "–".into(), |word| word.replace('-', " "))
        }
        _ => "–".into(),
    }
}

/// Bytes below a folder, readably.
fn size(path: &Path) -> String {
    fn bytes(path: &Path) -> u64 {
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        entries
            .map(|entry| match entry.metadata() {
                Ok(meta) if meta.is_dir() => bytes(&entry.path()),
                Ok(meta) => meta.len(),
                Err(_) => 0,
            })
            .sum()
    }
    let megabytes = bytes(path) as f64 / 1e6;
    if megabytes < 10.0 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") }
}

/// Removes all but the latest runs of each experiment. A run that somebody is working on stays.
fn remove_old(entries: &[Entry], keep: usize, really: bool) -> anyhow::Result<ExitCode> {
    let newer = |entry: &Entry| {
        entries.iter().filter(|other| other.experiment == entry.experiment && other.path > entry.path).count()
    };
    let old: Vec<&Entry> = entries.iter().filter(|entry| newer(entry) >= keep).collect();
    for entry in &old {
        let shown = entry.path.display();
        if !really {
            say(&format!("would remove {shown}"));
            continue;
        }
        match FolderLock::acquire(&entry.path) {
            Err(error) => note(&format!("kept {shown}: {error}")),
            Ok(_lock) => {
                fs::remove_dir_all(&entry.path).with_context(|| format!("{shown} cannot be removed"))?;
                say(&format!("removed {shown}"));
            }
        }
    }
    if !really && !old.is_empty() {
        say("nothing was removed; add --yes to remove them");
    }
    Ok(ExitCode::SUCCESS)
}
