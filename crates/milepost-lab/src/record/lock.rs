use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use super::RecordError;
use crate::clock::Stopwatch;

/// Keeps other processes out of a folder for as long as it lives. The lock belongs to the process: when
/// it dies, however it dies, the system lets go, and the next one takes over.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Locks `folder`, waiting for as long as `patience` for its owner to finish.
    pub(crate) fn acquire_within(folder: &Path, patience: Duration) -> Result<Self, RecordError> {
        let watch = Stopwatch::start();
        loop {
            match Self::acquire(folder) {
                Err(RecordError::InUse { .. }) if watch.elapsed() < patience => {
                    thread::sleep(Duration::from_millis(100));
                }
                settled => return settled,
            }
        }
    }

    /// Locks `folder`, or says who has it.
    pub(crate) fn acquire(folder: &Path) -> Result<Self, RecordError> {
        let path = folder.join("lock");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(RecordError::io(&path, "locked"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut owner = String::new();
                let known = file.read_to_string(&mut owner).is_ok() && !owner.trim().is_empty();
                let owner =
                    if known { format!("process {}", owner.trim()) } else { "another process".into() };
                return Err(RecordError::InUse { path: folder.to_owned(), owner });
            }
            Err(TryLockError::Error(source)) => return Err(RecordError::io(&path, "locked")(source)),
        }
        let claim = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        claim(&mut file).map_err(RecordError::io(&path, "written"))?;
        Ok(Self { _file: file })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_owner_and_a_stale_lock_is_taken_over() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = FolderLock::acquire(folder.path()).expect("free");
        let refused = FolderLock::acquire(folder.path()).expect_err("taken").to_string();
        assert!(refused.contains(&format!("process {}", std::process::id())), "{refused}");
        drop(first);
        std::fs::write(folder.path().join("lock"), "999999999\n").expect("a dead process's lock");
        FolderLock::acquire(folder.path()).expect("the owner is gone");
    }
}
