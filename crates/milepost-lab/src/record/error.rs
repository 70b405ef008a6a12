use std::path::{Path, PathBuf};

/// Why a run cannot be written or read. Every message names the file and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The system refused.
    #[error("{} cannot be {action}: {source}{remedy}", path.display(), remedy = remedy(source))]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What was to be done with it: `read`, `written`, …
        action: &'static str,
        /// Why it could not.
        source: std::io::Error,
    },
    /// The content makes no sense.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// Written by a later version.
    #[error(
        "{} has format {found}, but this version of Milepost ({version}) reads formats up to {known}; use the version that wrote it, or a newer one",
        path.display(),
        version = env!("CARGO_PKG_VERSION")
    )]
    NewerFormat {
        /// The file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The latest format known here.
        known: u64,
    },
    /// Another process writes there.
    #[error(
        "{} is in use by {owner}; two processes never write to one run. Wait for it to finish, or start another run",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Who, as far as is known.
        owner: String,
    },
    /// Not a run folder.
    #[error("{} is not a run: {reason}", path.display())]
    NotARun {
        /// The folder.
        path: PathBuf,
        /// What is missing and what to do.
        reason: String,
    },
    /// The run was made from something else.
    #[error("{} cannot be resumed: {reason}", path.display())]
    Mismatch {
        /// The folder or file.
        path: PathBuf,
        /// What differs and what to do.
        reason: String,
    },
}

impl RecordError {
    /// Wraps an error of the system with the path and the action.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), action, source }
    }

    pub(crate) fn damaged(path: &Path, reason: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), reason: reason.into() }
    }
}

fn remedy(source: &std::io::Error) -> &'static str {
    use std::io::ErrorKind as Kind;
    match source.kind() {
        Kind::StorageFull | Kind::QuotaExceeded => "; free some space, then resume the run",
        Kind::PermissionDenied | Kind::ReadOnlyFilesystem => "; choose a writable folder with --runs-dir",
        _ => "",
    }
}
