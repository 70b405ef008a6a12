use serde::{Deserialize, Serialize};

use super::ConfigError;

/// How much an experiment costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    /// Seconds: shows that the machinery runs. No verdict.
    Smoke,
    /// Minutes.
    #[default]
    Small,
    /// As long as the question deserves.
    Full,
}

impl Scale {
    /// All scales, cheapest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Small, Self::Full];

    /// Its name in files and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Small => "small",
            Self::Full => "full",
        }
    }

    /// The scale called `name`.
    pub fn parse(name: &str) -> Result<Self, ConfigError> {
        Self::ALL
            .into_iter()
            .find(|scale| scale.name() == name)
            .ok_or_else(|| ConfigError::unknown_name("scale", name, Self::ALL.map(Self::name)))
    }
}
