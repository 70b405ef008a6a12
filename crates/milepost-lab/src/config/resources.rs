use serde::{Deserialize, Serialize};

use super::error::ConfigError;
use super::read::Reader;

/// What one arm and seed asks of a cluster, or of this machine. Says nothing about results: launchers alone read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Resources {
    /// Wall-clock limit as the cluster writes it, such as `02:00:00`; the partition's own if not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<String>,
    /// Memory as Slurm writes it, such as `4G` (`K`, `M`, `G`, `T`; megabytes without a letter); the partition's own if not
    /// given. On one machine no more processes run at a time than memory holds.
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
    /// [`Resources::memory`] in bytes; `None` where it is not given or not a size.
    #[must_use]
    pub fn memory_bytes(&self) -> Option<u64> {
        let word = self.memory.as_deref()?;
        let shift = match word.chars().last()?.to_ascii_uppercase() {
            'K' => 10,
            'G' => 30,
            'T' => 40,
            _ => 20,
        };
        let number: u64 = word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).parse().ok()?;
        let letters = word.len() - word.trim_end_matches(|letter: char| letter.is_ascii_alphabetic()).len();
        let known = letters == 0 || letters == 1 && "KMGTkmgt".contains(&word[word.len() - 1..]);
        number.checked_shl(shift).filter(|_| known && number > 0)
    }

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
        if self.memory.is_some() && self.memory_bytes().is_none() {
            let reason = "must be a number with K, M, G or T, for example `4G`";
            return Err(reader.invalid("resources.memory", reason));
        }
        if let Some(option) = self.options.iter().find(|option| !option.starts_with('-')) {
            let reason = format!("`{option}` is no option; write for example `--account=lab`");
            return Err(reader.invalid("resources.options", reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_slurm_writes_it() {
        let bytes =
            |word: &str| Resources { memory: Some(word.into()), ..Resources::default() }.memory_bytes();
        for (word, expected) in [("512", 512 << 20), ("8K", 8 << 10), ("4G", 4 << 30), ("1t", 1 << 40)] {
            assert_eq!(bytes(word), Some(expected), "{word}");
        }
        for word in ["", "G", "4GB", "0", "-1G", "4.5G"] {
            assert_eq!(bytes(word), None, "{word}");
        }
    }
}
