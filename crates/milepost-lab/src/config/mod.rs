//! Experiment files: what is compared, on what budget, and when the claim counts as reproduced.
//!
//! Precedence: the experiment file, then overlay files in order, then `--set` options. In each file the
//! chosen `[scales.NAME]` table goes over the file's own values. Lists are replaced whole, and a table
//! whose `kind` changes is replaced whole. A key that nothing reads is an error, wherever it stands.

mod across;
mod builtin;
mod claim;
mod environment;
mod error;
mod experiment;
mod fidelity;
mod layers;
mod metric;
mod parts;
mod policy;
mod read;
mod resolved;
mod resources;
mod scale;
mod schema;
mod settings;
mod study;
mod teacher;
mod tree;

use std::path::Path;

pub use builtin::all as builtin_experiments;
pub use claim::Claim;
pub use environment::EnvironmentConfig;
pub use error::ConfigError;
pub use experiment::{Arm, Experiment, Settings};
pub use fidelity::FidelityExperiment;
pub use metric::{Form, MetricName};
pub(crate) use metric::{LENGTH, RETURN, SUCCESS};
pub use policy::PolicyConfig;
pub use resources::Resources;
pub use scale::Scale;
pub use schema::{KINDS, schema};
pub(crate) use settings::BudgetUnit;
pub use settings::{BudgetConfig, CheckpointConfig, EvaluationConfig, MetricConfig};
pub use study::{PrimaryMetric, StudyArm, StudyExperiment, StudySettings};
pub use teacher::TeacherConfig;

/// The kind of a file that says none.
const TRAINING: &str = "training";

/// What a user asks for.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// A built-in experiment's name, or the path of a file that ends in `.toml`.
    pub experiment: String,
    /// Files laid over it, in order.
    pub overlays: Vec<String>,
    /// `KEY=VALUE` settings, in order.
    pub sets: Vec<String>,
    /// The scale, if not the file's own.
    pub scale: Option<Scale>,
}

/// An experiment of any kind.
#[derive(Debug, Clone, PartialEq)]
pub enum AnyExperiment {
    /// Policies are trained and compared.
    Training(Box<Experiment>),
    /// Credit methods are scored against exact truth.
    Fidelity(Box<FidelityExperiment>),
    /// Studies are run and compared.
    Study(Box<StudyExperiment>),
}

impl AnyExperiment {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Training(experiment) => &experiment.settings.name,
            Self::Fidelity(experiment) => &experiment.name,
            Self::Study(experiment) => &experiment.settings.name,
        }
    }

    /// Its kind, as a file names it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Training(_) => TRAINING,
            Self::Fidelity(_) => fidelity::KIND,
            Self::Study(_) => study::KIND,
        }
    }

    /// Keeps only the named arms.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), ConfigError> {
        match self {
            Self::Training(experiment) => experiment.keep_arms(names),
            Self::Fidelity(experiment) => experiment.keep_arms(names),
            Self::Study(experiment) => experiment.keep_arms(names),
        }
    }

    /// The file with every setting in it.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        match self {
            Self::Training(experiment) => experiment.to_toml(),
            Self::Fidelity(experiment) => experiment.to_toml(),
            Self::Study(experiment) => experiment.to_toml(),
        }
    }

    fn resolve(layers: &layers::Layers, scale: Option<Scale>) -> Result<Self, ConfigError> {
        Ok(match layers.kind() {
            Some(fidelity::KIND) => Self::Fidelity(Box::new(FidelityExperiment::resolve(layers, scale)?)),
            Some(study::KIND) => Self::Study(Box::new(StudyExperiment::resolve(layers, scale)?)),
            _ => Self::Training(Box::new(Experiment::resolve(layers, scale)?)),
        })
    }
}

/// Reads, merges and checks an experiment of any kind.
pub fn load_any(request: &Request) -> Result<AnyExperiment, ConfigError> {
    let mut layers = layers::Layers::default();
    let name = &request.experiment;
    if is_path(name) {
        layers.file(name, &read_file(name)?)?;
    } else {
        let names: Vec<&str> = builtin::all().map(|(name, _)| name).collect();
        let text =
            builtin::builtin(name).ok_or_else(|| ConfigError::unknown_name("experiment", name, names))?;
        layers.file(&format!("experiment {name}"), text)?;
    }
    for overlay in &request.overlays {
        layers.file(overlay, &read_file(overlay)?)?;
    }
    for set in &request.sets {
        layers.set(set)?;
    }
    AnyExperiment::resolve(&layers, request.scale)
}

/// Reads, merges and checks an experiment that trains.
pub fn load(request: &Request) -> Result<Experiment, ConfigError> {
    match load_any(request)? {
        AnyExperiment::Training(experiment) => Ok(*experiment),
        other => Err(ConfigError::OtherKind {
            experiment: request.experiment.clone(),
            found: other.kind(),
            wanted: "an experiment that trains",
        }),
    }
}

/// Reads an experiment that trains from text; `origin` is its name in error messages.
pub fn parse(origin: &str, text: &str) -> Result<Experiment, ConfigError> {
    let mut layers = layers::Layers::default();
    layers.file(origin, text)?;
    Experiment::resolve(&layers, None)
}

/// Reads an experiment of any kind from text; `origin` is its name in error messages.
pub fn parse_any(origin: &str, text: &str) -> Result<AnyExperiment, ConfigError> {
    let mut layers = layers::Layers::default();
    layers.file(origin, text)?;
    AnyExperiment::resolve(&layers, None)
}

fn is_path(name: &str) -> bool {
    let extension = Path::new(name).extension();
    extension.is_some_and(|e| e.eq_ignore_ascii_case("toml")) || name.contains(std::path::is_separator)
}

fn read_file(path: &str) -> Result<String, ConfigError> {
    std::fs::read_to_string(path).map_err(|source| ConfigError::Read { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests;
