//! Records in an append-only file of JSON lines. Times, which differ from run to run, lie in a file of their
//! own, so that the records of a resumed run are those of an uninterrupted one.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use milepost_fidelity::protocol::Failure;
use milepost_fidelity::record::Record;
use serde::{Deserialize, Serialize};

use crate::record::RecordError;

/// The files of records of a run.
#[derive(Debug)]
pub(super) struct Records {
    made_in: PathBuf,
    timing_in: PathBuf,
    refused_in: PathBuf,
    all: Vec<Record>,
    refused: Vec<Failure>,
}

/// How long one run took.
#[derive(Debug, Serialize, Deserialize)]
struct Timing {
    instance: String,
    arm: String,
    seed: u64,
    nanoseconds_per_decision: f64,
}

impl Records {
    /// Reads what is there. A line that was cut off by a crash is removed.
    pub(super) fn open(folder: &Path) -> Result<Self, RecordError> {
        let file = |name: &str| folder.join(name);
        let (records, timing, failures) =
            (file("records.jsonl"), file("timing.jsonl"), file("failures.jsonl"));
        let mut all: Vec<Record> = read_lines(&records)?;
        for time in read_lines::<Timing>(&timing)? {
            let same =
                |r: &&mut Record| r.instance == time.instance && r.arm == time.arm && r.seed == time.seed;
            if let Some(record) = all.iter_mut().find(same) {
                record.cost.nanoseconds_per_decision = Some(time.nanoseconds_per_decision);
            }
        }
        let refused = read_lines(&failures)?;
        Ok(Self { made_in: records, timing_in: timing, refused_in: failures, all, refused })
    }

    /// All records, in the order in which they were made.
    pub(super) fn all(&self) -> &[Record] {
        &self.all
    }

    /// Runs that an estimator refused.
    pub(super) fn refused(&self) -> &[Failure] {
        &self.refused
    }

    /// How many runs are settled.
    pub(super) fn settled(&self) -> usize {
        self.all.len() + self.refused.len()
    }

    /// Whether a run is settled: recorded, or refused.
    pub(super) fn has(&self, instance: &str, arm: &str, seed: u64) -> bool {
        self.all.iter().any(|r| r.instance == instance && r.arm == arm && r.seed == seed)
            || self.refused.iter().any(|f| f.instance == instance && f.arm == arm && f.seed == seed)
    }

    /// Appends a refusal.
    pub(super) fn refuse(&mut self, failure: Failure) -> Result<(), RecordError> {
        let mut line = Vec::new();
        write_line(&mut line, &failure, &self.refused_in)?;
        self.refused.push(failure);
        append_bytes(&self.refused_in, &line)
    }

    /// Appends records; they are on the disk when this returns.
    pub(super) fn append(&mut self, new: Vec<Record>) -> Result<(), RecordError> {
        let mut times = Vec::new();
        let mut lines = Vec::new();
        for mut record in new {
            let time = record.cost.nanoseconds_per_decision.take();
            write_line(&mut lines, &record, &self.made_in)?;
            record.cost.nanoseconds_per_decision = time;
            if let Some(nanoseconds_per_decision) = time {
                let (instance, arm, seed) = (record.instance.clone(), record.arm.clone(), record.seed);
                let timing = Timing { instance, arm, seed, nanoseconds_per_decision };
                write_line(&mut times, &timing, &self.timing_in)?;
            }
            self.all.push(record);
        }
        append_bytes(&self.timing_in, &times)?;
        append_bytes(&self.made_in, &lines)
    }
}

fn write_line(out: &mut Vec<u8>, value: &impl Serialize, path: &Path) -> Result<(), RecordError> {
    serde_json::to_writer(&mut *out, value)
        .map_err(|error| RecordError::io(path, "written")(error.into()))?;
    out.push(b'\n');
    Ok(())
}

fn append_bytes(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let write = || {
        let mut file: File = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(RecordError::io(path, "appended to"))
}

/// The whole lines of a file, none if it does not exist; what follows the last line break is cut off.
fn read_lines<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Vec<T>, RecordError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RecordError::io(path, "read")(error)),
    };
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
    if whole < bytes.len() {
        let cut = || OpenOptions::new().write(true).open(path)?.set_len(whole as u64);
        cut().map_err(RecordError::io(path, "cut to whole lines"))?;
    }
    bytes[..whole]
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| {
            serde_json::from_slice(line).map_err(|error| {
                RecordError::damaged(path, format!("{error}; remove the damaged line and resume the run"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_cut_off_by_a_crash_is_removed_and_the_rest_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines.jsonl");
        fs::write(&path, "1\n2\n{\"half").expect("written");
        assert_eq!(read_lines::<u64>(&path).expect("readable"), [1, 2]);
        assert_eq!(fs::read_to_string(&path).expect("readable"), "1\n2\n");
        append_bytes(&path, b"3\n").expect("appended");
        assert_eq!(read_lines::<u64>(&path).expect("readable"), [1, 2, 3]);
        fs::write(&path, "1\nx\n").expect("written");
        assert!(read_lines::<u64>(&path).expect_err("damaged").to_string().contains("damaged line"));
        assert!(read_lines::<u64>(&folder.path().join("none")).expect("nothing").is_empty());
    }
}
