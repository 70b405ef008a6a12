//! Experiment files about studies: arms are values of one kind of study, judged by one or more claims.

use milepost_studies::{Metric, Study, StudyConfig};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::claim::{Claim, claims};
use super::error::ConfigError;
use super::layers::Layers;
use super::read::Reader;
use super::resolved::{self, is_file_name, named};
use super::resources::Resources;
use super::scale::Scale;
use super::tree::merge;

/// The `kind` of such a file.
pub(super) const KIND: &str = "study";

/// Keys that a scale may set in such a file.
pub(super) const SCALED: [&str; 3] = ["seeds", "study", "arms"];

/// The metric that the verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrimaryMetric {
    /// Its name, one of the study's.
    pub primary: String,
    /// The curve that belongs to it, one of those that the study records; the metric's own name if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
}

/// One of the compared studies.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyArm {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// The study: the base study with this arm's settings laid on it.
    pub study: StudyConfig,
}

/// Everything in such a file but its arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct StudySettings {
    /// Always `study`.
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
    /// Number of seeds, 0 to `seeds − 1`; shared by all arms, so that they are paired.
    pub seeds: u64,
    /// What is measured; named before the run.
    pub metric: PrimaryMetric,
    /// When the claim counts as reproduced.
    pub verdict: Claim,
    /// Further claims, judged and shown like the first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Claim>,
    /// Whether this is only a part of the file's arms: claims about the others have no verdict.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partial: bool,
    /// What an arm and seed asks of a cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resources: Option<Resources>,
}

/// An experiment about studies with every choice made.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyExperiment {
    /// Everything but the arms.
    pub settings: StudySettings,
    /// The compared studies, in the order of the file.
    pub arms: Vec<StudyArm>,
}

impl StudyExperiment {
    /// Merges the layers and reads them. Every scale is checked, not only the chosen one.
    pub(super) fn resolve(layers: &Layers, scale: Option<Scale>) -> Result<Self, ConfigError> {
        let chosen = layers.choose(scale)?;
        for other in layers.scales().into_iter().filter(|other| *other != chosen) {
            Self::at(layers, other)?;
        }
        Self::at(layers, chosen)
    }

    fn at(layers: &Layers, scale: Scale) -> Result<Self, ConfigError> {
        let reader = Reader { layers, scale };
        let mut tree = layers.merged(scale)?;
        let base = reader.take_table(&mut tree, "study")?;
        let arms = reader.take_table(&mut tree, "arms")?;
        if arms.is_empty() {
            return Err(reader.invalid("arms", "there are none; add a table such as [arms.baseline]"));
        }
        let settings: StudySettings = reader.read(&tree, "")?;
        if settings.kind != KIND {
            return Err(reader.invalid("kind", format!("is `{}`; write `{KIND}`", settings.kind)));
        }
        reader.refuse_dead_settings(&base, &arms, "study")?;
        let arms = arms
            .iter()
            .map(|(name, table)| StudyArm::read(&reader, &base, name, table))
            .collect::<Result<Vec<_>, _>>()?;
        let experiment = Self { settings, arms };
        experiment.validate(&reader)?;
        Ok(experiment)
    }

    fn validate(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        if self.settings.seeds == 0 {
            return Err(reader.invalid("seeds", "is 0; it must be at least 1"));
        }
        if !is_file_name(&self.settings.name) {
            return Err(reader.invalid("name", "must consist of letters, digits, - and _; it names a folder"));
        }
        if let Some(resources) = &self.settings.resources {
            resources.validate(reader)?;
        }
        let metrics = self.metrics();
        for arm in &self.arms {
            if arm.study.metrics() != metrics {
                let reason = "measures other things than the first arm; arms must be of one kind of study";
                return Err(reader.invalid(&format!("arms.{}", arm.name), reason));
            }
        }
        self.metric(&self.settings.metric.primary)
            .map_err(|error| reader.invalid("metric.primary", error.to_string()))?;
        for (path, claim) in claims(&self.settings.verdict, &self.settings.further) {
            let metric = |name: &str| self.metric(name).map(drop);
            let partial = self.settings.partial;
            let arm = |name: &str| if partial { Ok(()) } else { self.arm(name).map(drop) };
            claim.check(reader, &path, &metric, &arm)?;
        }
        Ok(())
    }

    /// The numbers that every arm reports.
    #[must_use]
    pub fn metrics(&self) -> Vec<Metric> {
        self.arms.first().map_or_else(Vec::new, |arm| arm.study.metrics())
    }

    /// The metric of this name.
    pub fn metric(&self, name: &str) -> Result<Metric, ConfigError> {
        named("metric", &self.metrics(), name, |metric| metric.name).copied()
    }

    /// The arm called `name`.
    pub fn arm(&self, name: &str) -> Result<&StudyArm, ConfigError> {
        named("arm", &self.arms, name, |arm| &arm.name)
    }

    /// Keeps only the named arms.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), ConfigError> {
        for name in names {
            self.arm(name)?;
        }
        let before = self.arms.len();
        self.arms.retain(|arm| names.contains(&arm.name));
        self.settings.partial |= self.arms.len() < before;
        Ok(())
    }

    /// The resolved file: every arm complete, nothing left to defaults. Reading it gives this value again.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&self.to_table()?)
    }

    /// The identity of this configuration: blake3 of the resolved file with sorted keys.
    pub fn hash(&self) -> Result<String, toml::ser::Error> {
        resolved::hash(self.to_table()?)
    }

    fn to_table(&self) -> Result<Table, toml::ser::Error> {
        let written =
            |arm: &StudyArm| Ok((arm.name.clone(), arm.about.clone(), Table::try_from(&arm.study)?));
        resolved::table(&self.settings, self.arms.iter().map(written))
    }
}

impl StudyArm {
    fn read(reader: &Reader<'_>, base: &Table, name: &str, table: &Value) -> Result<Self, ConfigError> {
        let path = format!("arms.{name}");
        if !is_file_name(name) {
            let reason = "must be named with letters, digits, - and _; the name is a folder";
            return Err(reader.invalid(&path, reason));
        }
        let (about, merged) = reader.lay_arm(base, name, table)?;
        let study: StudyConfig = reader.read_within(&merged, &on_defaults(&merged), &path)?;
        study.validate().map_err(|error| reader.invalid(&path, error.to_string()))?;
        Ok(Self { name: name.to_owned(), about, study })
    }
}

/// A study's settings laid over the defaults of its kind, so that a table that names some keys of a part leaves the others
/// as the *study* has them by default, and not as the part's type has.
fn on_defaults(settings: &Table) -> Table {
    let kind: Table =
        settings.get("kind").map(|kind| ("kind".to_owned(), kind.clone())).into_iter().collect();
    let study = Value::Table(kind).try_into::<StudyConfig>();
    // A kind that is not known is refused where the settings are read.
    let mut complete = study.ok().and_then(|study| Table::try_from(study).ok()).unwrap_or_default();
    merge(&mut complete, settings);
    complete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_part_leaves_out_is_what_the_study_has_by_default() {
        let settings: Table = "kind = \"ss-orl\"\ninverse.past = 0".parse().expect("a table");
        let study: StudyConfig = Value::Table(on_defaults(&settings)).try_into().expect("read");
        let bare: StudyConfig = toml::from_str("kind = \"ss-orl\"").expect("read");
        let (StudyConfig::SsOrl(study), StudyConfig::SsOrl(bare)) = (study, bare) else {
            panic!("an ss-orl")
        };
        assert_eq!((study.inverse.past, bare.inverse.past), (0, 1));
        assert_eq!(study.inverse.hidden, bare.inverse.hidden);
        assert_eq!(study.inverse.steps, bare.inverse.steps);
    }
}
