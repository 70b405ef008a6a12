use serde::{Deserialize, Serialize};

use crate::FidelityError;
use crate::config::{InstanceConfig, SuiteConfig};
use crate::record::{InstanceFacts, Record};

use super::{Instance, Job, Options, Sampling, run_jobs};

/// A run that could not be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Failure {
    /// Name of the instance.
    pub instance: String,
    /// Name of the estimator.
    pub arm: String,
    /// Seed of the tape.
    pub seed: u64,
    /// Why.
    pub reason: String,
}

/// Everything that a suite measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct SuiteOutcome {
    /// What was asked for.
    pub config: SuiteConfig,
    /// The difficulty of each instance, in the order of the configuration.
    pub facts: Vec<InstanceFacts>,
    /// The runs: instance by instance, arm by arm, seed by seed.
    pub records: Vec<Record>,
    /// Runs that an estimator refused, with its reason.
    pub failures: Vec<Failure>,
    /// Version of this crate.
    pub version: String,
}

impl SuiteOutcome {
    /// The runs of an arm on an instance, seed by seed.
    pub fn runs(&self, instance: &str, arm: &str) -> Vec<&Record> {
        self.records.iter().filter(|r| r.instance == instance && r.arm == arm).collect()
    }
}

/// Runs every arm of a suite on every instance with every seed. An arm that refuses an instance (too many cases
/// to enumerate, say) is a [`Failure`] of that run alone; an interruption ends it all.
pub fn run_suite(config: &SuiteConfig, options: Options<'_>) -> Result<SuiteOutcome, FidelityError> {
    config.check()?;
    let instances: Vec<Instance> =
        config.instances.iter().map(InstanceConfig::build).collect::<Result<_, _>>()?;
    let seeds = config.first_seed..config.first_seed + config.seeds;
    let jobs: Vec<Job<'_>> = instances
        .iter()
        .zip(&config.instances)
        .flat_map(|(instance, own)| config.arms_of(own).map(move |arm| (instance, own, arm)))
        .flat_map(|(instance, own, arm)| {
            let (group, batches) = (own.group, own.batches.unwrap_or(config.batches));
            let sampling = move |seed| Sampling { group, batches, seed };
            seeds.clone().map(move |seed| Job { instance, arm, sampling: sampling(seed) })
        })
        .collect();
    let (mut records, mut failures) = (Vec::new(), Vec::new());
    for (job, result) in jobs.iter().zip(run_jobs(&jobs, options)) {
        match result {
            Ok(record) => records.push(record),
            Err(FidelityError::Interrupted) => return Err(FidelityError::Interrupted),
            Err(error) => failures.push(Failure {
                instance: job.instance.name().to_owned(),
                arm: job.arm.build().name(),
                seed: job.sampling.seed,
                reason: error.to_string(),
            }),
        }
    }
    Ok(SuiteOutcome {
        config: config.clone(),
        facts: instances.iter().map(Instance::facts).collect(),
        records,
        failures,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    })
}
