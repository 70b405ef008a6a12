use serde::{Deserialize, Serialize};

use crate::TrainError;

/// Which trajectories are drawn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum SamplerConfig {
    /// Fixed-length segments of episodes that go on from one iteration to the next, as PPO wants them.
    Segments {
        /// Environments stepped side by side.
        environments: usize,
        /// Steps of each environment in one iteration.
        steps: usize,
    },
    /// Whole episodes, several on each task, as group baselines want them.
    Groups {
        /// Tasks in one iteration.
        tasks: usize,
        /// Episodes on each task.
        group_size: usize,
    },
}

impl SamplerConfig {
    pub(crate) fn validate(&self) -> Result<(), TrainError> {
        let (a, b) = match self {
            Self::Segments { environments, steps } => (("environments", *environments), ("steps", *steps)),
            Self::Groups { tasks, group_size } => (("tasks", *tasks), ("group-size", *group_size)),
        };
        for (key, value) in [a, b] {
            if value == 0 {
                return Err(TrainError::Config {
                    reason: format!("`sampler.{key}` is 0; it must be at least 1"),
                });
            }
        }
        Ok(())
    }

    /// How many trajectories are drawn side by side.
    #[must_use]
    pub const fn slots(&self) -> usize {
        match self {
            Self::Segments { environments, .. } => *environments,
            Self::Groups { tasks, group_size } => *tasks * *group_size,
        }
    }
}
