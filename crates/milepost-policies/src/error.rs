/// Bad input to a policy.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// The encoder and the network disagree about the number of features.
    #[error(
        "the encoder gives {found} features, but the {network} network reads {expected}; use the encoder the network was built for"
    )]
    FeatureCount {
        /// Which kind of network.
        network: &'static str,
        /// What the network reads.
        expected: usize,
        /// What it was offered.
        found: usize,
    },
    /// A size in the configuration makes no network.
    #[error("network.{field} {reason}")]
    Config {
        /// The key.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A setting of the optimizer is out of range.
    #[error("optimizer.{field} {reason}")]
    Optimizer {
        /// The key.
        field: &'static str,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// A logit is NaN, or `+∞`, or all are `−∞`: no distribution follows from them.
    #[error("logit {action} is {value}; the policy has diverged (lower the learning rate or clip gradients)")]
    Logit {
        /// Which action.
        action: usize,
        /// The value found.
        value: f32,
    },
    /// There is nothing to choose from.
    #[error("a policy needs at least one action, but was given no logits")]
    NoActions,
    /// More states were met than the table has rows.
    #[error("state {key:#x} is new, but all {capacity} rows are taken; raise network.states")]
    StateCapacity {
        /// The state's key.
        key: u64,
        /// Rows for states that can be told apart.
        capacity: usize,
    },
}
