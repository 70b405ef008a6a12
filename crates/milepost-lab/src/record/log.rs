//! Append-only logs: JSON lines, each flush a complete gzip member.
//!
//! The first line names the format and its version. A crash loses at most the lines that were not yet
//! flushed; a half-written member at the end is detected and cut off, never misread.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::RecordError;
use super::gzip::Members;

/// The latest format of logs.
pub(crate) const FORMAT: u64 = 1;

/// The first line of a log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    /// Version of the format.
    pub(crate) format: u64,
    /// What the lines are: `events` or `timing`.
    pub(crate) kind: String,
    /// The version of Milepost that wrote it.
    pub(crate) milepost: String,
    /// Hash of the resolved configuration.
    pub(crate) config: String,
    /// The arm.
    pub(crate) arm: String,
    /// The seed.
    pub(crate) seed: u64,
}

/// Writes a log.
#[derive(Debug)]
pub(crate) struct LogWriter {
    file: File,
    path: PathBuf,
    pending: Vec<u8>,
    members: Members,
    length: u64,
}

impl LogWriter {
    /// Starts a new log, replacing what is there.
    pub(crate) fn create(path: &Path, header: &Header) -> Result<Self, RecordError> {
        let file = File::create(path).map_err(RecordError::io(path, "created"))?;
        let mut log = Self::new(file, path, 0);
        log.push(header)?;
        log.flush()?;
        Ok(log)
    }

    /// Goes on with a log that was `length` bytes long at the moment to go on from; what came later is cut.
    pub(crate) fn resume(path: &Path, length: u64) -> Result<Self, RecordError> {
        let mut file =
            OpenOptions::new().read(true).write(true).open(path).map_err(RecordError::io(path, "opened"))?;
        let found = file.metadata().map_err(RecordError::io(path, "read"))?.len();
        if found < length {
            let reason = format!(
                "it has {found} bytes, but the checkpoint was written when it had {length}; remove this arm and seed's folder to run it afresh"
            );
            return Err(RecordError::damaged(path, reason));
        }
        file.set_len(length).map_err(RecordError::io(path, "cut"))?;
        file.seek(SeekFrom::End(0)).map_err(RecordError::io(path, "read"))?;
        Ok(Self::new(file, path, length))
    }

    fn new(file: File, path: &Path, length: u64) -> Self {
        Self { file, path: path.to_owned(), pending: Vec::new(), members: Members::new(), length }
    }

    /// Adds a line; it reaches the file with the next flush.
    pub(crate) fn push(&mut self, line: &impl Serialize) -> Result<(), RecordError> {
        serde_json::to_writer(&mut self.pending, line)
            .map_err(|error| RecordError::io(&self.path, "written")(error.into()))?;
        self.pending.push(b'\n');
        Ok(())
    }

    /// Writes the pending lines as one gzip member.
    pub(crate) fn flush(&mut self) -> Result<(), RecordError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let mut write = || -> std::io::Result<()> {
            let member = self.members.member(&self.pending)?;
            self.file.write_all(member)?;
            self.length += member.len() as u64;
            Ok(())
        };
        let written = write();
        // What could not be written is not tried again: half a member may stand in the file, and nothing may follow it.
        self.pending.clear();
        written.map_err(RecordError::io(&self.path, "written"))
    }

    /// Bytes in the file.
    pub(crate) const fn len(&self) -> u64 {
        self.length
    }
}

/// What an error left pending is still written, if it can be: whoever reads may need the lines that lead to it.
impl Drop for LogWriter {
    fn drop(&mut self) {
        self.flush().ok();
    }
}

/// A log that was read.
#[derive(Debug, Clone)]
pub(crate) struct Log<T> {
    /// Its first line.
    pub(crate) header: Header,
    /// The other lines.
    pub(crate) lines: Vec<T>,
    /// Bytes at the end that belonged to a half-written member and were left out.
    pub(crate) cut: u64,
}

/// Reads a log as far as it was completely written.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Log<T>, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io(path, "read"))?;
    let (text, cut) = decompress(path, &bytes)?;
    let mut lines = text.lines();
    let first = lines.next().ok_or_else(|| RecordError::damaged(path, "it is empty"))?;
    let header = read_header(path, first)?;
    let lines = lines
        .enumerate()
        .map(|(index, line)| {
            serde_json::from_str(line)
                .map_err(|error| RecordError::damaged(path, format!("line {}: {error}", index + 2)))
        })
        .collect::<Result<_, _>>()?;
    Ok(Log { header, lines, cut })
}

fn read_header(path: &Path, line: &str) -> Result<Header, RecordError> {
    #[derive(Deserialize)]
    struct Format {
        format: u64,
    }
    let damaged = |error: serde_json::Error| RecordError::damaged(path, format!("its first line: {error}"));
    let Format { format } = serde_json::from_str(line).map_err(damaged)?;
    if format > FORMAT {
        return Err(RecordError::NewerFormat { path: path.to_owned(), found: format, known: FORMAT });
    }
    serde_json::from_str(line).map_err(damaged)
}

/// The text of all complete members, and how many bytes at the end belong to a half-written one.
fn decompress(path: &Path, bytes: &[u8]) -> Result<(String, u64), RecordError> {
    let mut text = String::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut member = String::new();
        let mut decoder = GzDecoder::new(rest);
        match decoder.read_to_string(&mut member) {
            Ok(_) => {
                text.push_str(&member);
                rest = decoder.into_inner();
            }
            // A torn write ends too early, or leaves bytes that no complete member follows.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof || !member_follows(&rest[1..]) => {
                return Ok((text, rest.len() as u64));
            }
            Err(error) => {
                let at = bytes.len() - rest.len();
                let reason = format!(
                    "byte {at}: {error}; records follow that cannot be trusted, so run this arm and seed afresh"
                );
                return Err(RecordError::damaged(path, reason));
            }
        }
    }
    Ok((text, 0))
}

/// Whether a complete gzip member starts somewhere in `bytes`.
fn member_follows(bytes: &[u8]) -> bool {
    const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];
    bytes
        .windows(3)
        .enumerate()
        .filter(|(_, window)| *window == MAGIC)
        .any(|(start, _)| GzDecoder::new(&bytes[start..]).read_to_end(&mut Vec::new()).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(format: u64) -> Header {
        Header {
            format,
            kind: "events".into(),
            milepost: "0".into(),
            config: "c".into(),
            arm: "a".into(),
            seed: 0,
        }
    }

    fn written(folder: &Path, lines: u64) -> (PathBuf, Vec<u64>) {
        let path = folder.join("log.jsonl.gz");
        let mut log = LogWriter::create(&path, &header(FORMAT)).expect("writable");
        let mut lengths = vec![log.len()];
        for line in 0..lines {
            log.push(&line).expect("serialisable");
            log.flush().expect("writable");
            lengths.push(log.len());
        }
        (path, lengths)
    }

    #[test]
    fn a_log_cut_at_any_byte_gives_its_complete_lines_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, lengths) = written(folder.path(), 4);
        let bytes = std::fs::read(&path).expect("readable");
        for end in lengths[0] as usize..=bytes.len() {
            std::fs::write(&path, &bytes[..end]).expect("writable");
            let log: Log<u64> = read(&path).expect("readable");
            let whole = lengths.iter().filter(|length| **length <= end as u64).count() - 1;
            assert_eq!(log.lines, (0..whole as u64).collect::<Vec<_>>(), "cut at {end}");
            assert_eq!(log.cut, end as u64 - lengths[whole]);
        }
    }

    #[test]
    fn damage_in_the_middle_is_an_error_not_a_shorter_log() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, lengths) = written(folder.path(), 4);
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes[lengths[1] as usize + 11] ^= 0xFF;
        std::fs::write(&path, &bytes).expect("writable");
        assert!(matches!(read::<u64>(&path), Err(RecordError::Damaged { .. })));
    }

    #[test]
    fn a_zero_filled_tail_is_cut() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, _) = written(folder.path(), 2);
        let mut bytes = std::fs::read(&path).expect("readable");
        bytes.extend([0; 100]);
        std::fs::write(&path, &bytes).expect("writable");
        let log: Log<u64> = read(&path).expect("readable");
        assert_eq!((log.lines, log.cut), (vec![0, 1], 100));
    }

    #[test]
    fn resuming_cuts_what_came_after_the_checkpoint() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, lengths) = written(folder.path(), 4);
        let whole = std::fs::read(&path).expect("readable");
        let mut log = LogWriter::resume(&path, lengths[2]).expect("long enough");
        for line in 2..4 {
            log.push(&line).expect("serialisable");
            log.flush().expect("writable");
        }
        assert_eq!(std::fs::read(&path).expect("readable"), whole);
        assert!(LogWriter::resume(&path, whole.len() as u64 + 1).is_err());
    }

    #[test]
    fn a_newer_format_says_so() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("log.jsonl.gz");
        LogWriter::create(&path, &header(FORMAT + 1)).expect("writable");
        let error = read::<u64>(&path).expect_err("newer").to_string();
        assert!(error.contains("format 2") && error.contains("up to 1"), "{error}");
    }
}
