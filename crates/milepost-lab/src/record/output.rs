//! Results that are not part of a run: plain files in a folder of the user's choice.

use std::fs;
use std::path::Path;

use super::{RecordError, atomic};

/// Writes files into a folder, which is made if need be. Returns their paths.
pub(crate) fn write_files(folder: &Path, files: &[(&str, Vec<u8>)]) -> Result<Vec<String>, RecordError> {
    fs::create_dir_all(folder).map_err(RecordError::io(folder, "created"))?;
    files
        .iter()
        .map(|(name, bytes)| {
            let path = folder.join(name);
            atomic::write(&path, bytes)?;
            Ok(path.display().to_string())
        })
        .collect()
}
