//! Where settings come from, in order of precedence: files, overlays, options.

use toml::{Table, Value};

use super::error::ConfigError;
use super::scale::Scale;
use super::tree;
use super::{fidelity, study};

/// Keys that a scale may set.
pub(super) const SCALED: [&str; 5] = ["budget", "seeds", "evaluation", "checkpoint", "method"];

/// What of the method a scale may set: what is learned before training, which has its cost too.
const SCALED_METHOD: [&str; 2] = ["warm-start", "teacher"];

/// What kind of experiment a file describes; training, if it does not say.
fn kind_of(table: &Table) -> Option<&str> {
    table.get("kind").and_then(Value::as_str)
}

/// Refuses a scale that would change a method beyond what is learned before training.
fn check_scaled_methods(origin: &str, scales: &Table) -> Result<(), ConfigError> {
    for (name, scaled) in scales {
        let method = scaled.get("method").and_then(Value::as_table);
        let key = method.into_iter().flat_map(Table::keys).find(|key| !SCALED_METHOD.contains(&key.as_str()));
        if let Some(key) = key {
            return Err(ConfigError::UnknownKey {
                origin: origin.to_owned(),
                path: format!("scales.{name}.method.{key}"),
                hint: format!("; of the method a scale may set {}", SCALED_METHOD.join(", ")),
            });
        }
    }
    Ok(())
}

/// Settings from one place.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    origin: String,
    table: Table,
    scales: Table,
}

/// All settings, lowest precedence first.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    layers: Vec<Layer>,
    sets: Vec<(String, Vec<String>, Value)>,
}

impl Layers {
    /// Adds a file's text.
    pub(super) fn file(&mut self, origin: &str, text: &str) -> Result<(), ConfigError> {
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| ConfigError::Syntax {
            origin: origin.to_owned(),
            reason: error.to_string().trim_end().to_owned(),
        })?;
        let scales = match table.remove("scales") {
            None => Table::new(),
            Some(Value::Table(scales)) => scales,
            Some(other) => {
                return Err(ConfigError::Invalid {
                    origin: origin.to_owned(),
                    path: "scales".into(),
                    reason: format!("is a {}; write tables such as [scales.small]", other.type_str()),
                });
            }
        };
        for (name, scaled) in &scales {
            Scale::parse(name)?;
            let keys = scaled.as_table().into_iter().flat_map(Table::keys);
            let allowed = match kind_of(&table) {
                Some(fidelity::KIND) => &fidelity::SCALED[..],
                Some(study::KIND) => &study::SCALED,
                _ => &SCALED,
            };
            if let Some(key) = keys.into_iter().find(|key| !allowed.contains(&key.as_str())) {
                return Err(ConfigError::UnknownKey {
                    origin: origin.to_owned(),
                    path: format!("scales.{name}.{key}"),
                    hint: format!("; a scale may set {}", allowed.join(", ")),
                });
            }
        }
        if !matches!(kind_of(&table), Some(fidelity::KIND | study::KIND)) {
            check_scaled_methods(origin, &scales)?;
        }
        self.layers.push(Layer { origin: origin.to_owned(), table, scales });
        Ok(())
    }

    /// Adds `KEY=VALUE`. The value is TOML; what is not TOML is taken as a string.
    pub(super) fn set(&mut self, text: &str) -> Result<(), ConfigError> {
        let syntax = || ConfigError::SetSyntax { text: text.to_owned() };
        let (key, value) = text.split_once('=').ok_or_else(syntax)?;
        let keys: Vec<String> = key.trim().split('.').map(str::to_owned).collect();
        if keys.iter().any(String::is_empty) || keys[0] == "scales" {
            return Err(syntax());
        }
        let value = format!("value = {value}")
            .parse::<Table>()
            .ok()
            .and_then(|mut table| table.remove("value"))
            .unwrap_or_else(|| Value::String(value.trim().to_owned()));
        self.sets.push((format!("--set {text}"), keys, value));
        Ok(())
    }

    /// What kind of experiment the layers describe; training, if none says.
    pub(super) fn kind(&self) -> Option<&str> {
        self.layers.iter().rev().find_map(|layer| kind_of(&layer.table))
    }

    /// The scale that the layers ask for: the highest `scale` key, else the default.
    pub(super) fn scale(&self) -> Result<Scale, ConfigError> {
        let set = self.sets.iter().rev().find(|(_, keys, _)| keys == &["scale"]).map(|(_, _, value)| value);
        let named = set.or_else(|| self.layers.iter().rev().find_map(|layer| layer.table.get("scale")));
        match named {
            None => Ok(Scale::default()),
            Some(Value::String(name)) => Scale::parse(name),
            Some(other) => Scale::parse(&other.to_string()),
        }
    }

    /// The scale to run at: the one asked for, which must be described if any is, else the file's own.
    pub(super) fn choose(&self, asked: Option<Scale>) -> Result<Scale, ConfigError> {
        let chosen = asked.map_or_else(|| self.scale(), Ok)?;
        let mut known = self.scales();
        if known.is_empty() {
            known.push(self.scale()?);
        }
        if known.contains(&chosen) {
            return Ok(chosen);
        }
        let names: Vec<&str> = known.iter().map(|scale| scale.name()).collect();
        Err(ConfigError::unknown_name("scale", chosen.name(), names))
    }

    /// The scales that some layer describes.
    pub(super) fn scales(&self) -> Vec<Scale> {
        let described =
            |scale: &Scale| self.layers.iter().any(|layer| layer.scales.contains_key(scale.name()));
        Scale::ALL.into_iter().filter(described).collect()
    }

    /// Everything merged, for one scale.
    pub(super) fn merged(&self, scale: Scale) -> Result<Table, ConfigError> {
        let mut tree = Table::new();
        for layer in &self.layers {
            tree::merge(&mut tree, &layer.table);
            if let Some(Value::Table(scaled)) = layer.scales.get(scale.name()) {
                tree::merge(&mut tree, scaled);
            }
        }
        for (origin, keys, value) in &self.sets {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            tree::set(&mut tree, &keys, value.clone()).map_err(|place| ConfigError::Invalid {
                origin: origin.clone(),
                path: place.path,
                reason: place.reason,
            })?;
        }
        tree.insert("scale".into(), Value::String(scale.name().into()));
        Ok(tree)
    }

    /// Who wrote `path`, and under which path: the layer of highest precedence that has it. A part of an
    /// arm may come from the base method or study; a scaled key from its scale.
    pub(super) fn origin_of(&self, path: &str, scale: Scale) -> (String, String) {
        let mut candidates = vec![path.to_owned()];
        if let Some(("arms", rest)) = path.split_once('.')
            && let Some((_, part)) = rest.split_once('.')
        {
            candidates.extend([format!("method.{part}"), format!("study.{part}")]);
        }
        for candidate in &candidates {
            let set = self.sets.iter().rev().find(|(_, keys, value)| {
                let key = keys.join(".");
                candidate == &key
                    || key.strip_prefix(candidate.as_str()).is_some_and(|rest| rest.starts_with('.'))
                    || candidate
                        .strip_prefix(&format!("{key}."))
                        .is_some_and(|rest| value.as_table().is_some_and(|table| tree::contains(table, rest)))
            });
            if let Some((origin, ..)) = set {
                return (origin.clone(), candidate.clone());
            }
            for layer in self.layers.iter().rev() {
                let scaled = format!("{}.{candidate}", scale.name());
                if tree::contains(&layer.scales, &scaled) {
                    return (layer.origin.clone(), format!("scales.{scaled}"));
                }
                if tree::contains(&layer.table, candidate) {
                    return (layer.origin.clone(), candidate.clone());
                }
            }
        }
        let lowest =
            self.layers.first().map_or_else(|| "the experiment".to_owned(), |layer| layer.origin.clone());
        (lowest, path.to_owned())
    }
}
