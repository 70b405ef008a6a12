//! Checkpoints: a folder of files with a manifest that vouches for them.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::directory::VERSION;
use super::{RecordError, atomic};

const FORMAT: u64 = 1;
const MANIFEST: &str = "manifest.json";
/// How many checkpoints are kept: a damaged one can be deleted in favour of the one before.
const KEPT: usize = 2;

/// What a checkpoint belongs to, and where the logs stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp {
    /// Hash of the resolved configuration.
    pub(crate) config: String,
    /// The version of Milepost.
    pub(crate) milepost: String,
    /// The arm.
    pub(crate) arm: String,
    /// The seed.
    pub(crate) seed: u64,
    /// Iterations done.
    pub(crate) iteration: u64,
    /// Environment steps done.
    pub(crate) steps: u64,
    /// Bytes of the event log.
    pub(crate) events: u64,
    /// Bytes of the timing log.
    pub(crate) timing: u64,
    /// Bytes of the TensorBoard file.
    pub(crate) tensorboard: u64,
}

impl Stamp {
    /// Refuses a checkpoint of another run; `place` is the folder of the arm and seed.
    pub(crate) fn check(&self, place: &Path, config: &str, arm: &str, seed: u64) -> Result<(), RecordError> {
        let differs = [
            ("configuration", self.config.as_str(), config),
            ("version of Milepost", self.milepost.as_str(), VERSION),
            ("arm", self.arm.as_str(), arm),
            ("seed", &self.seed.to_string(), &seed.to_string()),
        ]
        .into_iter()
        .find(|(_, found, wanted)| found != wanted)
        .map(|(what, found, wanted)| {
            format!(
                "the {what} of its checkpoint is {found}, but this run's is {wanted}; start a new run instead"
            )
        });
        match differs {
            None => Ok(()),
            Some(reason) => Err(RecordError::Mismatch { path: place.to_owned(), reason }),
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Manifest {
    format: u64,
    stamp: Stamp,
    files: Vec<Entry>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Entry {
    name: String,
    blake3: String,
}

/// A checkpoint that was read and checked.
#[derive(Debug, Clone)]
pub(crate) struct Checkpoint {
    /// What it belongs to.
    pub(crate) stamp: Stamp,
    /// File names and contents.
    pub(crate) parts: Vec<(String, Vec<u8>)>,
}

/// Writes a checkpoint below `folder` and removes all but the latest.
pub(crate) fn write(
    folder: &Path,
    stamp: Stamp,
    mut parts: Vec<(String, Vec<u8>)>,
) -> Result<(), RecordError> {
    let place = folder.join(format!("iteration-{:08}", stamp.iteration));
    if place.exists() {
        atomic::remove_folder(&place)?;
    }
    let files =
        parts.iter().map(|(name, bytes)| Entry { name: name.clone(), blake3: digest(bytes) }).collect();
    let manifest = serde_json::to_vec_pretty(&Manifest { format: FORMAT, stamp, files })
        .map_err(|error| RecordError::io(&place, "written")(error.into()))?;
    parts.push((MANIFEST.into(), manifest));
    atomic::write_folder(&place, &parts)?;
    let mut old = list(folder)?;
    old.truncate(old.len().saturating_sub(KEPT));
    old.iter().try_for_each(|path| atomic::remove_folder(path))
}

/// The latest checkpoint below `folder`, if there is one. A damaged one is an error: going on from an
/// older one is the user's decision.
pub(crate) fn latest(folder: &Path) -> Result<Option<Checkpoint>, RecordError> {
    list(folder)?.pop().map(|path| read(&path)).transpose()
}

fn read(path: &Path) -> Result<Checkpoint, RecordError> {
    let damaged = |what: String| {
        RecordError::damaged(
            path,
            format!("{what}; delete this folder to go on from the checkpoint before it"),
        )
    };
    let manifest = path.join(MANIFEST);
    let bytes = fs::read(&manifest).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
    let format = serde_json::from_slice::<serde_json::Value>(&bytes).ok().and_then(|m| m["format"].as_u64());
    if let Some(found) = format.filter(|format| *format > FORMAT) {
        return Err(RecordError::NewerFormat { path: manifest, found, known: FORMAT });
    }
    let manifest: Manifest =
        serde_json::from_slice(&bytes).map_err(|error| damaged(format!("{MANIFEST}: {error}")))?;
    let mut parts = Vec::with_capacity(manifest.files.len());
    for Entry { name, blake3 } in manifest.files {
        let bytes = fs::read(path.join(&name)).map_err(|error| damaged(format!("{name}: {error}")))?;
        if digest(&bytes) != blake3 {
            return Err(damaged(format!("{name} does not have the content that was written")));
        }
        parts.push((name, bytes));
    }
    Ok(Checkpoint { stamp: manifest.stamp, parts })
}

/// Complete checkpoints, oldest first.
fn list(folder: &Path) -> Result<Vec<PathBuf>, RecordError> {
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).map_err(RecordError::io(folder, "read"))?;
    let mut paths = Vec::new();
    for entry in entries {
        let path = entry.map_err(RecordError::io(folder, "read"))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with("iteration-") && !name.ends_with(".partial") {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(iteration: u64) -> Stamp {
        Stamp {
            config: "c".into(),
            milepost: "v".into(),
            arm: "a".into(),
            seed: 1,
            iteration,
            steps: iteration * 10,
            events: 1,
            timing: 2,
            tensorboard: 3,
        }
    }

    #[test]
    fn the_latest_checkpoint_comes_back_and_old_ones_go() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(latest(folder.path()).expect("readable").is_none());
        for iteration in 1..=4 {
            let parts = vec![("weights".to_owned(), vec![iteration as u8; 3])];
            write(folder.path(), stamp(iteration), parts).expect("writable");
        }
        let checkpoint = latest(folder.path()).expect("readable").expect("four were written");
        assert_eq!(checkpoint.stamp, stamp(4));
        assert_eq!(checkpoint.parts, [("weights".to_owned(), vec![4; 3])]);
        assert_eq!(list(folder.path()).expect("readable").len(), KEPT);
    }

    #[test]
    fn a_checkpoint_that_was_half_removed_is_none() {
        let folder = tempfile::tempdir().expect("a folder");
        for iteration in 1..=2 {
            write(folder.path(), stamp(iteration), vec![("weights".to_owned(), vec![0; 3])])
                .expect("writable");
        }
        // A power cut in the middle of the removal of the second.
        let half = folder.path().join("iteration-00000002.removed.partial");
        fs::rename(folder.path().join("iteration-00000002"), &half).expect("moves");
        fs::remove_file(half.join(MANIFEST)).expect("there");
        assert_eq!(latest(folder.path()).expect("readable").expect("the first").stamp, stamp(1));
        for iteration in 2..=3 {
            write(folder.path(), stamp(iteration), vec![("weights".to_owned(), vec![0; 3])])
                .expect("writable");
        }
        write(folder.path(), stamp(2), vec![("weights".to_owned(), vec![1; 3])]).expect("replaces");
        assert!(!half.exists(), "what was left of it goes when its place is needed");
    }

    #[test]
    fn a_checkpoint_of_a_newer_format_or_of_another_run_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), stamp(1), Vec::new()).expect("writable");
        let manifest = folder.path().join("iteration-00000001").join(MANIFEST);
        let text = fs::read_to_string(&manifest).expect("there");
        fs::write(&manifest, text.replace("\"format\": 1", "\"format\": 2")).expect("writable");
        let error = latest(folder.path()).expect_err("newer").to_string();
        assert!(error.contains("has format 2") && error.contains("use the version that wrote it"), "{error}");
        let stamp = Stamp { milepost: VERSION.into(), ..stamp(1) };
        assert!(stamp.check(folder.path(), "c", "a", 1).is_ok());
        let error = stamp.check(folder.path(), "d", "a", 1).expect_err("another").to_string();
        assert!(error.contains("configuration") && error.contains("start a new run"), "{error}");
    }

    #[test]
    fn a_flipped_bit_or_a_missing_file_is_named_with_the_remedy() {
        let folder = tempfile::tempdir().expect("a folder");
        write(folder.path(), stamp(7), vec![("weights".to_owned(), vec![0; 3])]).expect("writable");
        let weights = folder.path().join("iteration-00000007/weights");
        fs::write(&weights, [0, 1, 0]).expect("writable");
        let error = latest(folder.path()).expect_err("damaged").to_string();
        assert!(error.contains("iteration-00000007") && error.contains("weights does not have"), "{error}");
        fs::remove_file(&weights).expect("there");
        let error = latest(folder.path()).expect_err("damaged").to_string();
        assert!(error.contains("delete this folder"), "{error}");
    }
}
