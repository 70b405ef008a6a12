use crate::Context;

/// When two steps count as the same place: the key of a table, of a step group, of a critic.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Key {
    /// Time and full state: a node of the unrolled world.
    #[default]
    TimeAndState,
    /// Full state, whatever the time. A critic with this key sees what the policy may not see.
    State,
    /// Time and what the policy sees.
    TimeAndObservation,
    /// What the policy sees, whatever the time.
    Observation,
}

impl Key {
    /// The key of a node.
    pub(super) fn of(self, context: &Context<'_>, node: u32) -> u64 {
        match self {
            Self::TimeAndState => u64::from(node),
            Self::State => context.state_key(node),
            Self::TimeAndObservation => {
                u64::from(context.time(node)) << 32 | u64::from(context.observation(node))
            }
            Self::Observation => u64::from(context.observation(node)),
        }
    }

    /// Its name in configurations and tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::TimeAndState => "time-and-state",
            Self::State => "state",
            Self::TimeAndObservation => "time-and-observation",
            Self::Observation => "observation",
        }
    }
}
