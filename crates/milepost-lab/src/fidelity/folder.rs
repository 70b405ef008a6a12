use std::path::{Path, PathBuf};

use crate::config::{self, AnyExperiment, FidelityExperiment};
use crate::record::RecordError;
use crate::record::directory::{Meta, check_hash, make_folder, read_folder};

/// The folder of one run.
#[derive(Debug, Clone)]
pub(crate) struct FidelityRun {
    path: PathBuf,
    meta: Meta,
    experiment: FidelityExperiment,
}

impl FidelityRun {
    /// Makes a folder for a new run.
    pub(crate) fn create(
        runs: &Path,
        experiment: FidelityExperiment,
        meta: Meta,
    ) -> Result<Self, RecordError> {
        let path = make_folder(runs, &experiment.name, &meta, &experiment.to_toml())?;
        Ok(Self { path, meta, experiment })
    }

    /// Opens a run that exists, if it is one of this kind, and checks that it was not edited.
    pub(crate) fn open(path: &Path) -> Result<Option<Self>, RecordError> {
        let (meta, text) = read_folder(path)?;
        let parsed = config::parse_any(&path.join("resolved.toml").display().to_string(), &text);
        let parsed = parsed.map_err(|error| RecordError::damaged(path, error.to_string()))?;
        let AnyExperiment::Fidelity(experiment) = parsed else { return Ok(None) };
        check_hash(path, &meta, experiment.hash())?;
        Ok(Some(Self { path: path.to_owned(), meta, experiment: *experiment }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) const fn meta(&self) -> &Meta {
        &self.meta
    }

    pub(crate) const fn experiment(&self) -> &FidelityExperiment {
        &self.experiment
    }
}
