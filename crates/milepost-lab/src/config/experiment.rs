use serde::{Deserialize, Serialize};
use toml::{Table, Value};

use super::error::ConfigError;
use super::layers::Layers;
use super::parts::{Method, Policy, check_method};
use super::read::Reader;
use super::scale::Scale;
use super::settings::{
    BudgetConfig, CheckpointConfig, EnvironmentConfig, EvaluationConfig, MetricConfig, VerdictConfig,
};
use super::tree;

/// Everything in an experiment file but its arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
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
    /// Number of training seeds, 0 to `seeds − 1`; shared by all arms, so that they are paired.
    pub seeds: u64,
    /// What every arm may spend.
    pub budget: BudgetConfig,
    /// Where the policy acts.
    pub environment: EnvironmentConfig,
    /// The network.
    pub policy: Policy,
    /// How it is judged.
    pub evaluation: EvaluationConfig,
    /// How often it can be picked up again.
    #[serde(default)]
    pub checkpoint: CheckpointConfig,
    /// What is measured.
    pub metric: MetricConfig,
    /// When the claim counts as reproduced.
    pub verdict: VerdictConfig,
}

/// One of the compared recipes.
#[derive(Debug, Clone, PartialEq)]
pub struct Arm {
    /// Its name.
    pub name: String,
    /// What it is, in words.
    pub about: String,
    /// The method: the base method with this arm's parts laid on it.
    pub method: Method,
}

/// An experiment with every choice made.
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// Everything but the arms.
    pub settings: Settings,
    /// The compared recipes, in the order of the file.
    pub arms: Vec<Arm>,
}

impl Experiment {
    /// Merges the layers and reads them. Every scale is checked, not only the chosen one.
    pub(super) fn resolve(layers: &Layers, scale: Option<Scale>) -> Result<Self, ConfigError> {
        let described = layers.scales();
        let chosen = scale.map_or_else(|| layers.scale(), Ok)?;
        let resolved = Self::at(layers, chosen)?;
        if described.is_empty() {
            let written = layers.scale()?;
            if chosen != written {
                return Err(ConfigError::unknown_name("scale", chosen.name(), [written.name()]));
            }
        } else if !described.contains(&chosen) {
            return Err(ConfigError::unknown_name(
                "scale",
                chosen.name(),
                described.iter().map(|s| s.name()),
            ));
        }
        for other in described.into_iter().filter(|other| *other != chosen) {
            Self::at(layers, other)?;
        }
        Ok(resolved)
    }

    fn at(layers: &Layers, scale: Scale) -> Result<Self, ConfigError> {
        let reader = Reader { layers, scale };
        let mut tree = layers.merged(scale)?;
        let base = take_table(&reader, &mut tree, "method")?;
        let arms = take_table(&reader, &mut tree, "arms")?;
        if arms.is_empty() {
            return Err(reader.invalid("arms", "there are none; add a table such as [arms.baseline]"));
        }
        if let Some(key) = tree.keys().find(|key| !Settings::KEYS.contains(&key.as_str())) {
            let known = Settings::KEYS.into_iter().chain(["method", "arms", "scales"]);
            return Err(reader.unknown_key(key, key, known.collect::<Vec<_>>()));
        }
        let settings: Settings = reader.read(&tree, "")?;
        let resolved = arms
            .iter()
            .map(|(name, table)| Arm::read(&reader, &base, name, table))
            .collect::<Result<Vec<_>, _>>()?;
        refuse_dead_settings(&reader, &base, &arms)?;
        let experiment = Self { settings, arms: resolved };
        experiment.validate(&reader)?;
        Ok(experiment)
    }

    fn validate(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        let s = &self.settings;
        for (path, value) in [
            ("seeds", s.seeds),
            ("budget.environment-steps", s.budget.environment_steps),
            ("evaluation.tasks", s.evaluation.tasks),
            ("evaluation.every", s.evaluation.every),
            ("checkpoint.every", s.checkpoint.every),
        ] {
            if value == 0 {
                return Err(reader.invalid(path, "is 0; it must be at least 1"));
            }
        }
        if !(s.metric.threshold > 0.0 && s.metric.threshold <= 1.0) {
            return Err(reader
                .invalid("metric.threshold", format!("is {}; it must lie in (0, 1]", s.metric.threshold)));
        }
        if !(s.verdict.confidence > 0.0 && s.verdict.confidence < 1.0) {
            let reason = format!("is {}; it must lie in (0, 1), for example 0.95", s.verdict.confidence);
            return Err(reader.invalid("verdict.confidence", reason));
        }
        if s.verdict.agree > s.verdict.of || s.verdict.of == 0 {
            let reason =
                format!("is {}; it must be at most `of`, which is {}", s.verdict.agree, s.verdict.of);
            return Err(reader.invalid("verdict.agree", reason));
        }
        if !is_file_name(&s.name) {
            return Err(reader.invalid("name", "must consist of letters, digits, - and _; it names a folder"));
        }
        if let Some(arm) = self.arms.iter().find(|arm| !is_file_name(&arm.name)) {
            return Err(reader.invalid(
                &format!("arms.{}", arm.name),
                "must be named with letters, digits, - and _; the name is a folder",
            ));
        }
        let names: Vec<&str> = self.arms.iter().map(|arm| arm.name.as_str()).collect();
        for (path, arm) in [("verdict.better", &s.verdict.better), ("verdict.than", &s.verdict.than)] {
            if !names.contains(&arm.as_str()) {
                let unknown = ConfigError::unknown_name("arm", arm, names.iter().copied());
                return Err(reader.invalid(path, unknown.to_string()));
            }
        }
        Ok(())
    }

    /// Keeps only the named arms.
    pub fn keep_arms(&mut self, names: &[String]) -> Result<(), ConfigError> {
        for name in names {
            if !self.arms.iter().any(|arm| &arm.name == name) {
                return Err(ConfigError::unknown_name(
                    "arm",
                    name,
                    self.arms.iter().map(|arm| arm.name.as_str()),
                ));
            }
        }
        self.arms.retain(|arm| names.contains(&arm.name));
        Ok(())
    }

    /// The arm called `name`.
    pub fn arm(&self, name: &str) -> Result<&Arm, ConfigError> {
        self.arms.iter().find(|arm| arm.name == name).ok_or_else(|| {
            ConfigError::unknown_name("arm", name, self.arms.iter().map(|arm| arm.name.as_str()))
        })
    }

    /// The resolved file: every arm complete, nothing left to defaults. Reading it gives this value again.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(&self.to_table()?)
    }

    /// The identity of this configuration: blake3 of the resolved file with sorted keys.
    pub fn hash(&self) -> Result<String, toml::ser::Error> {
        let sorted = tree::sorted(&Value::Table(self.to_table()?));
        Ok(blake3::hash(toml::to_string(&sorted)?.as_bytes()).to_hex().to_string())
    }

    fn to_table(&self) -> Result<Table, toml::ser::Error> {
        let mut table = Table::try_from(&self.settings)?;
        let mut arms = Table::new();
        for arm in &self.arms {
            let mut entry = Table::new();
            entry.insert("about".into(), Value::String(arm.about.clone()));
            entry.extend(Table::try_from(&arm.method)?);
            arms.insert(arm.name.clone(), Value::Table(entry));
        }
        table.insert("arms".into(), Value::Table(arms));
        Ok(table)
    }
}

impl Settings {
    const KEYS: [&'static str; 13] = [
        "name",
        "dossier",
        "claim",
        "question",
        "scale",
        "seeds",
        "budget",
        "environment",
        "policy",
        "evaluation",
        "checkpoint",
        "metric",
        "verdict",
    ];
}

impl Arm {
    fn read(reader: &Reader<'_>, base: &Table, name: &str, table: &Value) -> Result<Self, ConfigError> {
        let path = format!("arms.{name}");
        let Value::Table(own) = table else {
            return Err(reader.invalid(&path, format!("is a {}; write a table [{path}]", table.type_str())));
        };
        let mut merged = base.clone();
        tree::merge(&mut merged, own);
        let about = match merged.remove("about") {
            None => String::new(),
            Some(Value::String(about)) => about,
            Some(_) => return Err(reader.invalid(&format!("{path}.about"), "must be a string")),
        };
        let method: Method = reader.read(&merged, &path)?;
        check_method(&method).map_err(|reason| reader.invalid(&path, reason))?;
        Ok(Self { name: name.to_owned(), about, method })
    }
}

/// A base setting that every arm replaces would be a knob that does nothing.
fn refuse_dead_settings(reader: &Reader<'_>, base: &Table, arms: &Table) -> Result<(), ConfigError> {
    let mut leaves = Vec::new();
    tree::leaves(base, "", &mut leaves);
    let overridden = |leaf: &String| {
        arms.values().filter_map(Value::as_table).all(|arm| {
            let mut merged = base.clone();
            tree::merge(&mut merged, arm);
            tree::contains(arm, leaf) || !tree::contains(&merged, leaf)
        })
    };
    match leaves.into_iter().find(overridden) {
        None => Ok(()),
        Some(leaf) => {
            let (origin, path) = reader.layers.origin_of(&format!("method.{leaf}"), reader.scale);
            Err(ConfigError::NoEffect { origin, path })
        }
    }
}

fn take_table(reader: &Reader<'_>, tree: &mut Table, key: &str) -> Result<Table, ConfigError> {
    match tree.remove(key) {
        None => Ok(Table::new()),
        Some(Value::Table(table)) => Ok(table),
        Some(other) => Err(reader.invalid(key, format!("is a {}; write a table [{key}]", other.type_str()))),
    }
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}
