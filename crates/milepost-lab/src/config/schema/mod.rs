//! JSON Schema of experiment files, for editors: completion, documentation and the errors that can be seen without
//! reading the whole file.
//!
//! The types say it once: `schemars` reads the same attributes as `serde`. A file is not one value of those types but
//! layers of them (`[method]` below `[arms.NAME]`, `[scales.NAME]` above both), so below the top nothing is required,
//! and what fits any variant of a choice is accepted. What a schema accepts can therefore still be refused when it is
//! read; an unknown key and a value of the wrong type never get so far.

mod layered;
#[cfg(test)]
mod tests;

use milepost_algorithms::{MethodConfig, WarmStart};
use milepost_studies::StudyConfig;
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::environment::EnvironmentConfig;
use super::error::ConfigError;
use super::experiment::Settings;
use super::fidelity::{self, FidelityExperiment};
use super::scale::Scale;
use super::study::{self, StudySettings};
use super::teacher::TeacherConfig;
use super::{TRAINING, layers};

/// The kinds of experiment files, each with a schema of its own.
pub const KINDS: [&str; 3] = [TRAINING, study::KIND, fidelity::KIND];

/// The names of folders: arms and experiments.
const FILE_NAME: &str = "^[A-Za-z0-9_-]+$";

/// The schema (draft 7, which editors read) of experiment files of a kind: one of [`KINDS`]. The same program gives the
/// same bytes.
pub fn schema(kind: &str) -> Result<String, ConfigError> {
    let mut parts = Parts::default();
    let (title, properties, required) = match kind {
        TRAINING => ("An experiment that trains policies", training(&mut parts), &TOP[..]),
        study::KIND => ("An experiment about studies", studies(&mut parts), &STUDY_TOP[..]),
        fidelity::KIND => ("An experiment that scores credit methods", scoring(&mut parts), &CREDIT_TOP[..]),
        _ => return Err(ConfigError::unknown_name("kind", kind, KINDS)),
    };
    let mut root = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    root["definitions"] = parts.definitions();
    Ok(format!("{root:#}\n"))
}

/// What a file of each kind must say itself: the rest may come from a scale or an overlay.
const TOP: [&str; 7] = ["name", "dossier", "claim", "question", "metric", "verdict", "arms"];
const STUDY_TOP: [&str; 8] = ["kind", "name", "dossier", "claim", "question", "metric", "verdict", "arms"];
const CREDIT_TOP: [&str; 5] = ["kind", "name", "dossier", "claim", "question"];

/// Types on their way into a schema.
struct Parts {
    types: SchemaGenerator,
    /// Definitions that are no type: an arm, what a scale changes.
    own: Map<String, Value>,
}

impl Default for Parts {
    fn default() -> Self {
        Self { types: SchemaSettings::draft07().into_generator(), own: Map::new() }
    }
}

impl Parts {
    /// The schema of a type, in place or as a reference.
    fn of<T: JsonSchema>(&mut self) -> Value {
        layered::relax(self.types.subschema_for::<T>().to_value())
    }

    /// The keys of a type that is a table.
    fn keys<T: JsonSchema>(&mut self) -> Map<String, Value> {
        let Value::Object(mut schema) = layered::relax(T::json_schema(&mut self.types).to_value()) else {
            return Map::new();
        };
        match schema.remove("properties") {
            Some(Value::Object(properties)) => properties,
            _ => Map::new(),
        }
    }

    /// Gives a schema a name, and refers to it.
    fn define(&mut self, name: &str, schema: Value) -> Value {
        self.own.insert(name.to_owned(), schema);
        json!({ "$ref": format!("{}{name}", layered::DEFINITIONS) })
    }

    /// What the others refer to.
    fn definitions(mut self) -> Value {
        let definitions = self.types.take_definitions(true).into_iter();
        let definitions: Map<_, _> =
            definitions.map(|(name, schema)| (name, layered::relax(schema))).collect();
        let inlined = definitions
            .iter()
            .map(|(name, schema)| (name.clone(), layered::inline(schema.clone(), &definitions)));
        Value::Object(inlined.chain(self.own).collect())
    }
}

/// A table with these keys and no others.
fn table(properties: &Map<String, Value>, about: &str) -> Value {
    json!({ "type": "object", "description": about, "properties": properties, "additionalProperties": false })
}

/// A table of tables by name.
fn named(entry: &Value, about: &str) -> Value {
    json!({
        "type": "object",
        "description": about,
        "minProperties": 1,
        "propertyNames": { "pattern": FILE_NAME },
        "additionalProperties": entry,
    })
}

/// The `[scales]` table, where a scale may set the keys `allowed` of a file.
fn scales(parts: &mut Parts, properties: &Map<String, Value>, allowed: &[&str]) -> Value {
    let kept = allowed.iter().filter_map(|key| Some(((*key).to_owned(), properties.get(*key)?.clone())));
    let scale = parts.define("scale", table(&kept.collect(), "What this scale changes."));
    let scales = Scale::ALL.into_iter().map(|name| (name.name().to_owned(), scale.clone()));
    table(&scales.collect(), "What the scales change: `--scale smoke` (seconds), `small` (minutes), `full`.")
}

fn training(parts: &mut Parts) -> Map<String, Value> {
    let mut properties = parts.keys::<Settings>();
    let aids = Map::from_iter([
        ("warm-start".to_owned(), parts.of::<WarmStart>()),
        ("teacher".to_owned(), parts.of::<TeacherConfig>()),
    ]);
    let mut method = parts.keys::<MethodConfig>();
    method.extend(aids.clone());
    method.insert("warm-start-environment".into(), parts.of::<EnvironmentConfig>());
    let mut arm = method.clone();
    arm.insert("environment".into(), parts.of::<EnvironmentConfig>());
    let worlds = named(&arm["environment"], "Every arm is run in each of these, as the arm ARM-NAME.");
    properties.insert("environments".into(), worlds);
    properties.insert("method".into(), table(&method, "The parts that all arms share."));
    arm.insert("about".into(), json!({ "type": "string", "description": ABOUT }));
    let arm = parts.define("arm", table(&arm, "One of the compared recipes."));
    properties.insert("arms".into(), named(&arm, ARMS));
    let mut scaled = properties.clone();
    scaled.insert("method".into(), table(&aids, "What of the method a scale changes."));
    properties.insert("scales".into(), scales(parts, &scaled, &layers::SCALED));
    properties
}

fn studies(parts: &mut Parts) -> Map<String, Value> {
    let mut properties = parts.keys::<StudySettings>();
    properties.insert("kind".into(), json!({ "const": study::KIND }));
    let study = parts.of::<StudyConfig>();
    // An arm's keys are those of some study, and what it is in words.
    let mut arm = parts.definition_of(&study);
    layered::allow(&mut arm, "about", &json!({ "type": "string", "description": ABOUT }));
    properties.insert("study".into(), study);
    let arm = parts.define("arm", arm);
    properties.insert("arms".into(), named(&arm, ARMS));
    let scaled = scales(parts, &properties, &study::SCALED);
    properties.insert("scales".into(), scaled);
    properties
}

fn scoring(parts: &mut Parts) -> Map<String, Value> {
    let mut properties = parts.keys::<FidelityExperiment>();
    properties.insert("kind".into(), json!({ "const": fidelity::KIND }));
    let suite =
        json!({ "const": fidelity::SUITE, "description": "Stands for instances, arms, seeds and batches." });
    properties.insert("suite".into(), suite);
    let scaled = scales(parts, &properties, &fidelity::SCALED);
    properties.insert("scales".into(), scaled);
    properties
}

const ABOUT: &str = "What it is, in words.";
const ARMS: &str = "The compared recipes: each a table of the parts that differ.";

impl Parts {
    /// What a reference refers to, in place.
    fn definition_of(&self, schema: &Value) -> Value {
        let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix(layered::DEFINITIONS));
        let found = name.and_then(|name| self.types.definitions().get(name)).cloned();
        found.map_or_else(|| schema.clone(), layered::relax)
    }
}
