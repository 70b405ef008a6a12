use milepost_algorithms::WarmStart;
use serde::{Deserialize, Serialize};

use super::environment::EnvironmentConfig;
use super::policy::PolicyConfig;

/// Where the teacher comes from that a method distils from: a network that learns from the world's expert before the run,
/// and then stays as it is. It is charged to no budget: it stands for a larger model that somebody else has trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TeacherConfig {
    /// Its network, of the policy's kind and any size.
    pub policy: PolicyConfig,
    /// What it learns from.
    pub warm_start: WarmStart,
    /// Where its expert acts, if not where the arm trains: that environment with these keys laid on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<EnvironmentConfig>,
}
