//! What the arms of a run have in common, made once.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::lock::FolderLock;
use super::{RecordError, atomic};

/// Another arm may take this long to make what both share.
const PATIENCE: Duration = Duration::from_hours(24);

/// A folder of values by key, each written once.
#[derive(Debug, Clone)]
pub(crate) struct Shared(PathBuf);

impl Shared {
    /// Values below `folder`.
    pub(crate) const fn below(folder: PathBuf) -> Self {
        Self(folder)
    }

    /// The value of a key. Whoever asks first makes it; others wait for it. A key must name everything that the value
    /// depends on.
    pub(crate) fn get<E: From<RecordError>>(
        &self,
        key: &str,
        make: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let folder = self.0.join(blake3::hash(key.as_bytes()).to_hex().as_str());
        let place = folder.join("value");
        fs::create_dir_all(&folder).map_err(RecordError::io(&folder, "created"))?;
        let _lock = FolderLock::acquire_within(&folder, PATIENCE)?;
        if place.is_file() {
            return Ok(fs::read(&place).map_err(RecordError::io(&place, "read"))?);
        }
        let bytes = make()?;
        atomic::write(&place, &bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_made_once_and_a_failure_is_not_kept() {
        let folder = tempfile::tempdir().expect("a folder");
        let shared = Shared::below(folder.path().join("shared"));
        let failure = || RecordError::damaged(folder.path(), "no luck");
        assert!(shared.get("a", || Err(failure())).is_err());
        let made = shared.get("a", || Ok::<_, RecordError>(vec![1])).expect("made");
        let read = shared.get("a", || Err(failure())).expect("kept");
        let other = shared.get("b", || Ok::<_, RecordError>(vec![2])).expect("made");
        assert_eq!((made, read, other), (vec![1], vec![1], vec![2]));
    }
}
