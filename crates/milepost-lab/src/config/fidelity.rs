//! Experiment files of the other kind: no training, credit methods scored against exact truth.

use milepost_fidelity::config::{self as suites, EstimatorConfig, InstanceConfig, SuiteConfig, credit_bench};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::error::ConfigError;
use super::layers::Layers;
use super::read::Reader;
use super::scale::Scale;
use super::tree;

/// The `kind` of such a file.
pub(super) const KIND: &str = "credit-fidelity";

/// The suite that a file can name instead of listing instances and arms.
pub(super) const SUITE: &str = "credit-bench";

/// Keys that a scale may set in such a file.
pub(super) const SCALED: [&str; 4] = ["seeds", "batches", "instances", "check-expectations"];

/// A table of credit methods × instances, as a file writes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct FidelityExperiment {
    /// Always `credit-fidelity`.
    pub kind: String,
    /// Its name; the folder its runs go to.
    pub name: String,
    /// The method it belongs to.
    pub dossier: String,
    /// One falsifiable sentence.
    pub claim: String,
    /// What one wants to know.
    pub question: String,
    /// How much it costs.
    #[serde(default)]
    pub scale: Scale,
    /// Number of seeds; all arms of a seed see the same episodes.
    pub seeds: u64,
    /// Batches for each seed.
    pub batches: u64,
    /// The arm that the others are compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// Also check the expected orderings and the reference numbers.
    #[serde(default)]
    pub check_expectations: bool,
    /// The worlds, with the policies in them.
    pub instances: Vec<InstanceConfig>,
    /// The credit methods, run on every instance.
    pub arms: Vec<EstimatorConfig>,
}

impl FidelityExperiment {
    pub(super) fn resolve(layers: &Layers, scale: Option<Scale>) -> Result<Self, ConfigError> {
        let scale = layers.choose(scale)?;
        let reader = Reader { layers, scale };
        let mut table = layers.merged(scale)?;
        if let Some(name) = table.remove("suite") {
            let mut filled = built_in(&reader, &name, scale)?;
            tree::merge(&mut filled, &table);
            table = filled;
        }
        let experiment: Self = reader.read(&table, "")?;
        if experiment.kind != KIND {
            return Err(reader.invalid("kind", format!("is `{}`; write `{KIND}`", experiment.kind)));
        }
        experiment.suite().check().map_err(|error| reader.invalid("instances", error.to_string()))?;
        Ok(experiment)
    }

    /// The suite to run.
    #[must_use]
    pub fn suite(&self) -> SuiteConfig {
        SuiteConfig {
            name: self.name.clone(),
            seeds: self.seeds,
            first_seed: 0,
            batches: self.batches,
            baseline: self.baseline.clone(),
            instances: self.instances.clone(),
            arms: self.arms.clone(),
        }
    }

    /// Keeps the arms of these names, in the file's order; the baseline stays.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), ConfigError> {
        let known: Vec<String> = self
            .arms
            .iter()
            .chain(self.instances.iter().flat_map(|instance| &instance.arms))
            .map(|arm| arm.build().name())
            .collect();
        if let Some(name) = names.iter().find(|name| !known.contains(name)) {
            return Err(ConfigError::unknown_name("arm", name, known.iter().map(String::as_str)));
        }
        let keep = |arm: &EstimatorConfig| {
            let name = arm.build().name();
            names.contains(&name) || self.baseline.as_ref() == Some(&name)
        };
        self.arms.retain(keep);
        self.instances.iter_mut().for_each(|instance| instance.arms.retain(keep));
        self.instances.retain(|instance| !(self.arms.is_empty() && instance.arms.is_empty()));
        Ok(())
    }

    /// The file with every setting in it; a suite that it named is written out.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// Hash of the resolved settings.
    pub fn hash(&self) -> Result<String, toml::ser::Error> {
        Ok(blake3::hash(self.to_toml()?.as_bytes()).to_hex().to_string())
    }
}

/// What `suite = "…"` stands for: everything that the file does not set itself.
fn built_in(reader: &Reader<'_>, name: &Value, scale: Scale) -> Result<Table, ConfigError> {
    if name.as_str() != Some(SUITE) {
        let unknown = ConfigError::unknown_name("suite", name.as_str().unwrap_or("(not a name)"), [SUITE]);
        return Err(reader.invalid("suite", unknown.to_string()));
    }
    let suite = credit_bench(match scale {
        Scale::Smoke => suites::Scale::Smoke,
        Scale::Small => suites::Scale::Small,
        Scale::Full => suites::Scale::Full,
    });
    let mut table = Table::try_from(&suite).map_err(|error| reader.invalid("suite", error.to_string()))?;
    table.remove("name");
    table.remove("first-seed");
    Ok(table)
}
