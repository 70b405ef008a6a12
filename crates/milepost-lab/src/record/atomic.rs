//! Files that are either there as a whole or not at all.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::RecordError;

/// Writes a file beside its place, then moves it there.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), RecordError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    let write = || {
        let mut file = File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&partial, path)
    };
    write().map_err(|source| {
        // Leaving a partial file behind is harmless: nothing reads it, and the next write replaces it.
        let _ = fs::remove_file(&partial);
        RecordError::io(path, "written")(source)
    })
}

/// Writes a folder of files beside its place, then moves it there. The place must be free.
pub(crate) fn write_folder(path: &Path, files: &[(String, Vec<u8>)]) -> Result<(), RecordError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".partial");
    let partial = path.with_file_name(name);
    if partial.exists() {
        fs::remove_dir_all(&partial).map_err(RecordError::io(&partial, "removed"))?;
    }
    fs::create_dir_all(&partial).map_err(RecordError::io(&partial, "created"))?;
    for (name, bytes) in files {
        write(&partial.join(name), bytes)?;
    }
    fs::rename(&partial, path).map_err(RecordError::io(path, "written"))
}

/// Moves a folder aside, then removes it: in its place it is either whole or not there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), RecordError> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".removed.partial");
    let aside = path.with_file_name(name);
    if aside.exists() {
        fs::remove_dir_all(&aside).map_err(RecordError::io(&aside, "removed"))?;
    }
    fs::rename(path, &aside).map_err(RecordError::io(path, "removed"))?;
    fs::remove_dir_all(&aside).map_err(RecordError::io(&aside, "removed"))
}
