//! Where a run lies: `runs/<experiment>/<time>-<hash>/<arm>/seed-<n>/`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{RecordError, atomic};
use crate::clock::Moment;

const FORMAT: u64 = 1;
pub(super) const RESOLVED: &str = "resolved.toml";
const META: &str = "run.json";

/// How and where a run was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// Version of this file's format.
    pub format: u64,
    /// The version of Milepost.
    pub milepost: String,
    /// The source commit, where the launcher knew it.
    pub commit: String,
    /// Hash of the resolved configuration.
    pub config: String,
    /// The device that was used: `cpu` or `wgpu`.
    pub device: String,
    /// Which one, and why.
    pub device_message: String,
    /// When it was started.
    pub started: String,
    /// The command that makes it again.
    pub command: String,
}

impl Meta {
    /// For a run that starts now.
    pub(crate) fn new(config: String, device: (String, String), command: String) -> Self {
        Self {
            format: FORMAT,
            milepost: VERSION.into(),
            commit: std::env::var("MILEPOST_COMMIT").unwrap_or_else(|_| "unknown".into()),
            config,
            device: device.0,
            device_message: device.1,
            started: Moment::now().readable(),
            command,
        }
    }

    /// Refuses to go on with a run that another version made: its numbers may differ.
    pub(crate) fn check_resumable(&self, path: &Path) -> Result<(), RecordError> {
        if self.milepost == VERSION {
            return Ok(());
        }
        let reason = format!(
            "it was made by Milepost {}, this is {VERSION}; resume it with that version, or start a new run",
            self.milepost
        );
        Err(RecordError::Mismatch { path: path.to_owned(), reason })
    }
}

/// The version of Milepost.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Makes the folder of a new run with its resolved settings and how it was made.
pub(super) fn make_folder(
    runs: &Path,
    experiment: &str,
    meta: &Meta,
    settings: &Result<String, toml::ser::Error>,
) -> Result<PathBuf, RecordError> {
    let parent = runs.join(experiment);
    fs::create_dir_all(&parent).map_err(RecordError::io(&parent, "created"))?;
    let path = free_folder(&parent, &format!("{}-{}", Moment::now().compact(), &meta.config[..8]))?;
    let settings = settings
        .as_ref()
        .map_err(|error| RecordError::io(&path, "written")(std::io::Error::other(error.to_string())))?;
    let text = format!(
        "# Resolved by Milepost {} (commit {}), started {}.\n# config hash {}\n# device {}\n\n{settings}",
        meta.milepost, meta.commit, meta.started, meta.config, meta.device_message,
    );
    atomic::write(&path.join(RESOLVED), text.as_bytes())?;
    write_json(&path.join(META), meta)?;
    Ok(path)
}

/// How a run was made, and its resolved settings as text.
pub(super) fn read_folder(path: &Path) -> Result<(Meta, String), RecordError> {
    let not_a_run = |reason: String| RecordError::NotARun { path: path.to_owned(), reason };
    if !path.is_dir() {
        return Err(not_a_run("there is no such folder; give a folder such as runs/NAME/TIME-HASH".into()));
    }
    let meta_path = path.join(META);
    let bytes = fs::read(&meta_path).map_err(|error| {
        not_a_run(format!("{META} cannot be read ({error}); give a folder such as runs/NAME/TIME-HASH"))
    })?;
    let format = serde_json::from_slice::<serde_json::Value>(&bytes).ok().and_then(|m| m["format"].as_u64());
    if let Some(found) = format.filter(|format| *format > FORMAT) {
        return Err(RecordError::NewerFormat { path: meta_path, found, known: FORMAT });
    }
    let meta: Meta = serde_json::from_slice(&bytes)
        .map_err(|error| RecordError::damaged(&meta_path, format!("{error}; start the run afresh")))?;
    let resolved = path.join(RESOLVED);
    let text = fs::read_to_string(&resolved).map_err(RecordError::io(&resolved, "read"))?;
    Ok((meta, text))
}

/// Refuses settings that were edited after the run was made.
pub(super) fn check_hash(
    path: &Path,
    meta: &Meta,
    hash: Result<String, toml::ser::Error>,
) -> Result<(), RecordError> {
    let hash = hash.map_err(|error| RecordError::damaged(&path.join(RESOLVED), error.to_string()))?;
    if hash == meta.config {
        return Ok(());
    }
    let reason = format!(
        "{RESOLVED} has hash {}, but the run was made with {}; undo the edit, or start a new run",
        &hash[..hash.len().min(12)],
        &meta.config[..meta.config.len().min(12)]
    );
    Err(RecordError::Mismatch { path: path.to_owned(), reason })
}

/// The files of one arm and seed.
#[derive(Debug, Clone)]
pub(crate) struct TaskFolder {
    pub(super) path: PathBuf,
}

impl TaskFolder {
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
    pub(crate) fn events(&self) -> PathBuf {
        self.path.join("events.jsonl.gz")
    }
    pub(crate) fn timing(&self) -> PathBuf {
        self.path.join("timing.jsonl.gz")
    }
    pub(crate) fn tensorboard(&self) -> PathBuf {
        self.path.join("events.out.tfevents.0.milepost")
    }
    pub(crate) fn checkpoints(&self) -> PathBuf {
        self.path.join("checkpoints")
    }
    pub(crate) fn traces(&self) -> PathBuf {
        self.path.join("traces.json")
    }
    pub(crate) fn trajectories(&self) -> PathBuf {
        self.path.join("trajectories.jsonl.gz")
    }
    pub(crate) fn done(&self) -> PathBuf {
        self.path.join("done.json")
    }
    pub(crate) fn is_done(&self) -> bool {
        self.done().is_file()
    }
}

/// What `done.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Done {
    /// Hash of the resolved configuration.
    pub(crate) config: String,
    /// Iterations done.
    pub(crate) iterations: u64,
    /// What was spent, in the unit of the budget.
    pub(crate) steps: u64,
    /// How often a state had to share the overflow row of the policy's table.
    pub(crate) overflows: u64,
}

/// Writes a JSON file atomically.
pub(crate) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), RecordError> {
    let mut bytes =
        serde_json::to_vec_pretty(value).map_err(|error| RecordError::io(path, "written")(error.into()))?;
    bytes.push(b'\n');
    atomic::write(path, &bytes)
}

/// Reads a JSON file.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    let bytes = fs::read(path).map_err(RecordError::io(path, "read"))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        RecordError::damaged(path, format!("{error}; remove this arm and seed's folder and resume the run"))
    })
}

/// A folder below `parent` that did not exist; making it is what reserves it.
fn free_folder(parent: &Path, name: &str) -> Result<PathBuf, RecordError> {
    let mut attempt = 1;
    loop {
        let path = parent.join(if attempt == 1 { name.to_owned() } else { format!("{name}-{attempt}") });
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => attempt += 1,
            Err(error) => return Err(RecordError::io(&path, "created")(error)),
        }
    }
}
