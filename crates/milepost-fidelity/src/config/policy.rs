use serde::{Deserialize, Serialize};

use crate::metrics::step_to_divergence;
use crate::protocol::Instance;
use crate::{FidelityError, NodePolicy, Sharing};

/// The policy that draws the episodes.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", deny_unknown_fields, rename_all = "kebab-case")]
pub enum PolicyConfig {
    /// The one that the task is studied under.
    #[default]
    Reference,
    /// Every legal action with equal probability.
    Uniform,
    /// A checkpoint of training: the reference after steps of exact policy gradient, each as long as the
    /// divergence allows.
    Ascended {
        /// How many steps.
        steps: u32,
        /// Nats per episode of each.
        divergence: f64,
    },
}

impl PolicyConfig {
    /// The instance under this policy; `instance` has the reference policy.
    pub(crate) fn apply(self, instance: Instance, sharing: Sharing) -> Result<Instance, FidelityError> {
        match self {
            Self::Reference => Ok(instance),
            Self::Uniform => {
                let uniform = NodePolicy::uniform(instance.world(), sharing)?;
                instance.with_policy(uniform)
            }
            Self::Ascended { steps, divergence } => {
                if !divergence.is_finite() || divergence <= 0.0 {
                    let rule = "be finite and greater than 0";
                    return Err(FidelityError::Parameter {
                        parameter: "divergence",
                        value: divergence,
                        rule,
                    });
                }
                let mut now = instance;
                for _ in 0..steps {
                    let (world, policy, truth) = (now.world(), now.policy(), now.truth());
                    let gradient = truth.gradient(world, policy);
                    let Some(eta) = step_to_divergence(world, policy, truth, &gradient, divergence) else {
                        break;
                    };
                    let better = policy.stepped(&gradient, eta);
                    now = now.with_policy(better)?;
                }
                Ok(now)
            }
        }
    }
}
