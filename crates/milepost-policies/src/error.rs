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
    /// An autoencoder that cannot be built, or rows that it cannot read.
    #[error("autoencoder: {reason}")]
    Autoencoder {
        /// What is wrong.
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
    /// A sequence does not fit into the model's context.
    #[error(
        "{length} tokens do not fit into the context of {context}; shorten the transcript (a context rule) or build the model with a larger context"
    )]
    ContextOverflow {
        /// Tokens of the sequence.
        length: usize,
        /// Tokens that fit.
        context: usize,
    },
    /// A sequence has no token to start from.
    #[error("context {row} is empty; a policy reads at least one token, such as <begin>")]
    EmptyContext {
        /// Which of the batch.
        row: usize,
    },
    /// There is nothing to read.
    #[error("a batch of sequences is empty; give at least one")]
    EmptyBatch,
    /// A token is not one that the model knows.
    #[error(
        "token {token} is outside the model's vocabulary of {vocabulary}; use the vocabulary the model was built for"
    )]
    UnknownToken {
        /// The token.
        token: u32,
        /// Tokens the model knows.
        vocabulary: usize,
    },
    /// A decoding step names a row that the session does not have.
    #[error("row {row} was to be continued, but the session has {live} rows")]
    UnknownRow {
        /// The row.
        row: usize,
        /// Rows of the session.
        live: usize,
    },
    /// A decoding step has not one token for each row.
    #[error("{tokens} tokens were given for {rows} rows; give one token for each row that goes on")]
    RowCount {
        /// Rows that go on.
        rows: usize,
        /// Tokens given.
        tokens: usize,
    },
    /// A token was to be drawn or scored under a restriction that it does not satisfy.
    #[error("{reason}")]
    Allowed {
        /// What is wrong and what would be right.
        reason: String,
    },
    /// Results could not be read from the device.
    #[error("results could not be read from the device: {reason}")]
    Device {
        /// What the device said.
        reason: String,
    },
}

impl PolicyError {
    pub(crate) const fn autoencoder(reason: String) -> Self {
        Self::Autoencoder { reason }
    }
}
