use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{EstimatorConfig, InstanceConfig};
use crate::FidelityError;

/// A table of arms × instances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SuiteConfig {
    /// Its name.
    pub name: String,
    /// Number of seeds; all arms of a seed see the same episodes.
    pub seeds: u64,
    /// The first seed.
    #[serde(default)]
    pub first_seed: u64,
    /// Batches for each seed.
    pub batches: u64,
    /// The arm that the others are compared with, by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<String>,
    /// The instances.
    pub instances: Vec<InstanceConfig>,
    /// The arms, run on every instance.
    pub arms: Vec<EstimatorConfig>,
}

impl SuiteConfig {
    /// An error if nothing would be run, or two rows of a table would have the same name.
    pub fn check(&self) -> Result<(), FidelityError> {
        let some = |what, n: u64| if n > 0 { Ok(()) } else { Err(FidelityError::Empty { what }) };
        some("the list of seeds", self.seeds)?;
        some("the list of batches", self.batches)?;
        some("the list of instances", self.instances.len() as u64)?;
        let mut instances = BTreeSet::new();
        for instance in &self.instances {
            let label = instance.label();
            if !instances.insert(label.clone()) {
                return Err(FidelityError::Twice { what: "instance", name: label });
            }
            let arms: Vec<String> = self.arms_of(instance).map(|arm| arm.build().name()).collect();
            some("the list of arms", arms.len() as u64)?;
            if let Some(baseline) = self.baseline.as_ref().filter(|baseline| !arms.contains(baseline)) {
                return Err(FidelityError::Unknown { what: "baseline", name: baseline.clone() });
            }
            let mut names = BTreeSet::new();
            if let Some(name) = arms.into_iter().find(|name| !names.insert(name.clone())) {
                return Err(FidelityError::Twice { what: "arm", name });
            }
        }
        Ok(())
    }

    /// The arms that are run on an instance.
    pub fn arms_of<'a>(&'a self, instance: &'a InstanceConfig) -> impl Iterator<Item = &'a EstimatorConfig> {
        self.arms.iter().chain(&instance.arms)
    }
}
