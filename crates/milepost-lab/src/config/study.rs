//! Experiment files about studies: arms are values of one kind of study, judged by one or more claims.

use milepost_eval::verdict::Direction;
use milepost_studies::{Metric, Study, StudyConfig};
use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::error::ConfigError;
use super::layers::Layers;
use super::read::Reader;
use super::resolved::{self, check_rule, is_file_name, named};
use super::resources::Resources;
use super::scale::Scale;

/// The `kind` of such a file.
pub(super) const KIND: &str = "study";

/// Keys that a scale may set in such a file.
pub(super) const SCALED: [&str; 3] = ["seeds", "study", "arms"];

/// The metric that the verdict is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PrimaryMetric {
    /// Its name, one of the study's.
    pub primary: String,
    /// The curve that belongs to it, one of those that the study records; the metric's own name if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curve: Option<String>,
}

/// When a claim counts as reproduced: an arm's advantage over another arm, or over a constant, beyond
/// `margin` has its whole interval above 0, and at least `agree` of every `of` seeds have that sign. The
/// advantage is the difference oriented by the metric: positive is better.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Claim {
    /// The claim in words; the experiment's own for the verdict.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub claim: String,
    /// The metric; the primary one if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// The arm that the claim favours.
    pub better: String,
    /// Further arms of the favoured side: in each seed the best of them and `better` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub better_or: Vec<String>,
    /// The arm it is compared with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub than: Option<String>,
    /// Further arms of the other side: in each seed the best of them and `than` counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub than_or: Vec<String>,
    /// Instead of `than`: the score must be above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Instead of `than`: the score must be below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// How much better it must be; negative: how much worse it may be.
    #[serde(default)]
    pub margin: f64,
    /// Coverage of the interval.
    #[serde(default = "confidence")]
    pub confidence: f64,
    /// How many seeds of every `of` must agree.
    #[serde(default = "agree")]
    pub agree: u64,
    /// See `agree`.
    #[serde(default = "of")]
    pub of: u64,
}

const fn confidence() -> f64 {
    0.95
}
const fn agree() -> u64 {
    4
}
const fn of() -> u64 {
    5
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
        let further = self.settings.further.iter().enumerate();
        let further = further.map(|(index, claim)| (format!("further.{index}"), claim));
        for (path, claim) in std::iter::once(("verdict".to_owned(), &self.settings.verdict)).chain(further) {
            self.check_claim(claim)
                .map_err(|(key, reason)| reader.invalid(&format!("{path}.{key}"), reason))?;
            check_rule(reader, &path, claim.confidence, claim.agree, claim.of)?;
        }
        Ok(())
    }

    /// What is wrong with a claim: the key and the reason.
    fn check_claim(&self, claim: &Claim) -> Result<(), (&'static str, String)> {
        self.metric_of(claim).map_err(|error| ("metric", error.to_string()))?;
        let arms = std::iter::once(("better", &claim.better))
            .chain(claim.better_or.iter().map(|arm| ("better-or", arm)))
            .chain(claim.than.iter().map(|arm| ("than", arm)))
            .chain(claim.than_or.iter().map(|arm| ("than-or", arm)));
        for (key, arm) in arms {
            self.arm(arm).map_err(|error| (key, error.to_string()))?;
        }
        let others = usize::from(claim.than.is_some())
            + usize::from(claim.at_least.is_some())
            + usize::from(claim.at_most.is_some());
        if others != 1 {
            return Err(("than", "give exactly one of `than`, `at-least` and `at-most`".into()));
        }
        if !claim.margin.is_finite() {
            return Err(("margin", format!("is {}; it must be a finite number", claim.margin)));
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

    /// The metric that a claim is about.
    pub fn metric_of(&self, claim: &Claim) -> Result<Metric, ConfigError> {
        self.metric(claim.metric.as_ref().unwrap_or(&self.settings.metric.primary))
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
        self.arms.retain(|arm| names.contains(&arm.name));
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

impl Claim {
    /// Which scores speak for the claim: those above or below a constant, or those that the metric calls better.
    #[must_use]
    pub const fn direction(&self, metric: Direction) -> Direction {
        match (self.at_least, self.at_most) {
            (Some(_), _) => Direction::HigherIsBetter,
            (None, Some(_)) => Direction::LowerIsBetter,
            (None, None) => metric,
        }
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
        let study: StudyConfig = reader.read(&merged, &path)?;
        study.validate().map_err(|error| reader.invalid(&path, error.to_string()))?;
        Ok(Self { name: name.to_owned(), about, study })
    }
}
