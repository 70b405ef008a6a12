use crate::PolicyError;

/// Candidates that cannot be chosen among.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ChoiceError {
    /// There is nothing to choose from.
    #[error("there is no candidate to choose; a choice needs at least one")]
    NoCandidates,
    /// A candidate has no tokens.
    #[error("candidate {index} is empty; its probability would be 1 whatever the model")]
    EmptyCandidate {
        /// Which.
        index: usize,
    },
    /// Two candidates are the same.
    #[error("candidates {first} and {second} are the same tokens; list each once")]
    Duplicate {
        /// Which.
        first: usize,
        /// And which.
        second: usize,
    },
    /// Two candidates cannot be told apart token by token.
    #[error(
        "candidate {prefix} begins candidate {longer}: token by token it cannot be told where the choice ends; end each candidate with an end token, or score it as a whole"
    )]
    Prefix {
        /// The shorter.
        prefix: usize,
        /// The longer.
        longer: usize,
    },
    /// The temperature is not a positive number.
    #[error("temperature is {value}; a number above 0 is needed")]
    Temperature {
        /// The value, as text.
        value: String,
    },
    /// There is not one score for each candidate.
    #[error("{scores} scores were given for {candidates} candidates; give one for each")]
    ScoreCount {
        /// Scores given.
        scores: usize,
        /// Candidates.
        candidates: usize,
    },
    /// A score is not a number.
    #[error(
        "candidate {index} has the score {value}; the model has diverged (lower the learning rate or clip gradients)"
    )]
    Score {
        /// Which candidate.
        index: usize,
        /// Its score, as text.
        value: String,
    },
    /// The model cannot read the context or a candidate.
    #[error(transparent)]
    Policy(#[from] PolicyError),
}
