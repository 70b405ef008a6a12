use milepost_microworlds::{Dynamics, TaskConfig, WorldVisitor};
use serde::{Deserialize, Serialize};

use super::{EstimatorConfig, PolicyConfig};
use crate::protocol::Instance;
use crate::{FidelityError, Sharing};

/// A task, the policy in it, and how its episodes are batched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InstanceConfig {
    /// Its name in tables; the task's label if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The world.
    pub task: TaskConfig,
    /// The policy.
    #[serde(default)]
    pub policy: PolicyConfig,
    /// Which nodes share their logits.
    #[serde(default)]
    pub sharing: Sharing,
    /// Episodes in a batch.
    #[serde(default = "eight")]
    pub group: usize,
    /// Steps of a turn, if steps form turns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn_length: Option<u32>,
    /// Batches for each seed; the suite's if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batches: Option<u64>,
    /// Arms beside those of the suite.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arms: Vec<EstimatorConfig>,
}

const fn eight() -> usize {
    8
}

impl From<TaskConfig> for InstanceConfig {
    fn from(task: TaskConfig) -> Self {
        Self {
            name: None,
            task,
            policy: PolicyConfig::default(),
            sharing: Sharing::default(),
            group: eight(),
            turn_length: None,
            batches: None,
            arms: Vec::new(),
        }
    }
}

impl InstanceConfig {
    /// Its name in tables.
    #[must_use]
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| self.task.label())
    }

    /// Unrolls and solves the task.
    pub fn build(&self) -> Result<Instance, FidelityError> {
        let name = self.label();
        let unroll = Unroll { name: &name, sharing: self.sharing };
        let task = |reason: String| FidelityError::Task { task: name.clone(), reason };
        let instance = self.task.visit(unroll).map_err(|error| task(error.to_string()))??;
        let instance = self.policy.apply(instance, self.sharing)?;
        Ok(match self.turn_length {
            Some(length) => instance.with_turns(length),
            None => instance,
        })
    }
}

struct Unroll<'a> {
    name: &'a str,
    sharing: Sharing,
}

impl WorldVisitor for Unroll<'_> {
    type Output = Result<Instance, FidelityError>;

    fn visit<D: Dynamics>(self, world: D) -> Self::Output {
        Instance::of(self.name, &world, self.sharing)
    }
}
