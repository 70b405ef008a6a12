//! The folder of a run, whatever kind of experiment is in it.

use std::path::{Path, PathBuf};

use super::RecordError;
use super::directory::{Meta, RESOLVED, TaskFolder, check_hash, make_folder, read_folder};
use crate::config::{self, AnyExperiment, Experiment, FidelityExperiment, Resources, StudyExperiment};

/// The folder of one run of an experiment of kind `E`.
#[derive(Debug, Clone)]
pub struct RunFolder<E> {
    path: PathBuf,
    meta: Meta,
    experiment: E,
}

/// The folder of a run that trains.
pub type RunDirectory = RunFolder<Experiment>;

/// The folder of a run of any kind.
#[derive(Debug, Clone)]
pub enum AnyRun {
    /// Policies are trained and compared.
    Training(Box<RunDirectory>),
    /// Credit methods are scored against exact truth.
    Fidelity(Box<RunFolder<FidelityExperiment>>),
    /// Studies are run and compared.
    Study(Box<RunFolder<StudyExperiment>>),
}

/// What a run folder must know of the experiment in it.
pub(crate) trait Resolved {
    fn name(&self) -> &str;
    fn text(&self) -> Result<String, toml::ser::Error>;
    fn hash(&self) -> Result<String, toml::ser::Error>;
}

/// An experiment that is a matrix of arms and seeds.
pub(crate) trait Matrix: Resolved {
    fn arms(&self) -> Vec<&str>;
    fn seeds(&self) -> u64;
    /// Work in an arm and seed, in what progress messages count, and what that is called if it has a rate.
    fn work(&self) -> (u64, Option<&'static str>);
    /// What an arm and seed asks of a cluster.
    fn resources(&self) -> Resources;
}

impl AnyRun {
    /// Opens a run that exists, and checks that it is whole and was not edited.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let (meta, text) = read_folder(path)?;
        let resolved = path.join(RESOLVED);
        let any = config::parse_any(&resolved.display().to_string(), &text)
            .map_err(|error| RecordError::damaged(path, error.to_string()))?;
        Ok(match any {
            AnyExperiment::Training(experiment) => {
                Self::Training(Box::new(RunFolder::checked(path, meta, *experiment)?))
            }
            AnyExperiment::Fidelity(experiment) => {
                Self::Fidelity(Box::new(RunFolder::checked(path, meta, *experiment)?))
            }
            AnyExperiment::Study(experiment) => {
                Self::Study(Box::new(RunFolder::checked(path, meta, *experiment)?))
            }
        })
    }

    /// The run, if it trains.
    pub(crate) fn training(self, path: &Path) -> Result<RunDirectory, RecordError> {
        match self {
            Self::Training(run) => Ok(*run),
            Self::Fidelity(_) | Self::Study(_) => {
                let reason = "it trains no policy; give a run of an experiment that does".to_owned();
                Err(RecordError::NotARun { path: path.to_owned(), reason })
            }
        }
    }

    /// How it was made, and the name of its experiment.
    pub(crate) fn describe(&self) -> (&Meta, &str) {
        match self {
            Self::Training(run) => (run.meta(), run.experiment().name()),
            Self::Fidelity(run) => (run.meta(), run.experiment().name()),
            Self::Study(run) => (run.meta(), run.experiment().name()),
        }
    }
}

impl RunDirectory {
    /// Opens a run that trains, and checks that it is whole and was not edited.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        AnyRun::open(path)?.training(path)
    }
}

impl<E> RunFolder<E> {
    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// How it was made.
    pub const fn meta(&self) -> &Meta {
        &self.meta
    }

    /// What it compares.
    pub const fn experiment(&self) -> &E {
        &self.experiment
    }

    /// The files of one arm and seed.
    pub(crate) fn task(&self, arm: &str, seed: u64) -> TaskFolder {
        TaskFolder { path: self.path.join(arm).join(format!("seed-{seed}")) }
    }
}

#[allow(private_bounds, reason = "which experiments have folders is decided here")]
impl<E: Resolved> RunFolder<E> {
    /// Makes a folder for a new run.
    pub(crate) fn create(runs: &Path, experiment: E, meta: Meta) -> Result<Self, RecordError> {
        let path = make_folder(runs, experiment.name(), &meta, &experiment.text())?;
        Ok(Self { path, meta, experiment })
    }

    /// Refuses settings that were edited after the run was made.
    fn checked(path: &Path, meta: Meta, experiment: E) -> Result<Self, RecordError> {
        check_hash(path, &meta, experiment.hash())?;
        Ok(Self { path: path.to_owned(), meta, experiment })
    }
}

#[allow(private_bounds, reason = "which experiments are matrices is decided here")]
impl<E: Matrix> RunFolder<E> {
    /// All arms and seeds: seed by seed, so that an interrupted run has complete comparisons.
    pub(crate) fn tasks(&self) -> Vec<(String, u64)> {
        let arms = self.experiment.arms();
        (0..self.experiment.seeds())
            .flat_map(|seed| arms.iter().map(move |arm| ((*arm).to_owned(), seed)))
            .collect()
    }
}

/// Writes the parts of [`Resolved`] that all kinds share.
macro_rules! resolved {
    ($kind:ty, $name:expr) => {
        impl Resolved for $kind {
            fn name(&self) -> &str {
                let name: fn(&Self) -> &str = $name;
                name(self)
            }
            fn text(&self) -> Result<String, toml::ser::Error> {
                self.to_toml()
            }
            fn hash(&self) -> Result<String, toml::ser::Error> {
                self.hash()
            }
        }
    };
}

resolved!(Experiment, |experiment| &experiment.settings.name);
resolved!(FidelityExperiment, |experiment| &experiment.name);
resolved!(StudyExperiment, |experiment| &experiment.settings.name);

impl Matrix for Experiment {
    fn arms(&self) -> Vec<&str> {
        self.arms.iter().map(|arm| arm.name.as_str()).collect()
    }
    fn seeds(&self) -> u64 {
        self.settings.seeds
    }
    fn work(&self) -> (u64, Option<&'static str>) {
        (self.settings.budget.amount(), Some(self.settings.budget.unit().short()))
    }
    fn resources(&self) -> Resources {
        self.settings.resources.clone().unwrap_or_default()
    }
}

impl Matrix for StudyExperiment {
    fn arms(&self) -> Vec<&str> {
        self.arms.iter().map(|arm| arm.name.as_str()).collect()
    }
    fn seeds(&self) -> u64 {
        self.settings.seeds
    }
    fn work(&self) -> (u64, Option<&'static str>) {
        (STUDY_PARTS, None)
    }
    fn resources(&self) -> Resources {
        self.settings.resources.clone().unwrap_or_default()
    }
}

/// In so many parts a study tells how far it is.
pub(crate) const STUDY_PARTS: u64 = 1000;
