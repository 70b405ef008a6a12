use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::read::Reader;

/// What one arm and seed asks of a cluster. Says nothing about results: the launcher alone reads it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resources {
    /// Wall-clock limit as the cluster writes it, such as `02:00:00`; the partition's own if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Memory as the cluster writes it, such as `4G`; the partition's own if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory: Option<String>,
    /// Processor cores. Default 1.
    pub cores: u32,
    /// GPUs. Default 0.
    pub gpus: u32,
    /// The partition; the cluster's own default if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partition: Option<String>,
    /// Further options of the submission, word by word, such as `["--account=lab"]`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// How often an arm and seed is submitted before it counts as failed. Default 3.
    pub attempts: u32,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            time: None,
            memory: None,
            cores: 1,
            gpus: 0,
            partition: None,
            options: Vec::new(),
            attempts: 3,
        }
    }
}

impl Resources {
    pub(super) fn validate(&self, reader: &Reader<'_>) -> Result<(), ConfigError> {
        for (path, count) in [("resources.cores", self.cores), ("resources.attempts", self.attempts)] {
            if count == 0 {
                return Err(reader.invalid(path, "is 0; it must be at least 1"));
            }
        }
        let words = [("time", &self.time), ("memory", &self.memory), ("partition", &self.partition)];
        for (key, word) in words {
            if word.as_ref().is_some_and(|word| word.is_empty() || word.contains(char::is_whitespace)) {
                return Err(reader.invalid(
                    &format!("resources.{key}"),
                    "must be one word, as the cluster writes it, for example `02:00:00` or `4G`",
                ));
            }
        }
        if let Some(option) = self.options.iter().find(|option| !option.starts_with('-')) {
            let reason = format!("`{option}` is no option; write for example `--account=lab`");
            return Err(reader.invalid("resources.options", reason));
        }
        Ok(())
    }
}
