/// Bad offline data, or a use that the data do not allow.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A column has the wrong length.
    #[error("trajectory {trajectory}: {column} has {found} numbers where {expected} are needed")]
    Length {
        /// The trajectory's id.
        trajectory: u64,
        /// Which column.
        column: &'static str,
        /// Its length.
        found: usize,
        /// The length that fits the others.
        expected: usize,
    },
    /// A state holds NaN or an infinity.
    #[error("trajectory {trajectory}: its state at step {step} is not finite; leave the trajectory out")]
    State {
        /// The trajectory's id.
        trajectory: u64,
        /// The step.
        step: usize,
    },
    /// A reward is NaN or infinite.
    #[error("trajectory {trajectory}: reward {index} is {value}; repair or leave out the trajectory")]
    Reward {
        /// The trajectory's id.
        trajectory: u64,
        /// The step.
        index: usize,
        /// What was found.
        value: f64,
    },
    /// An action lies outside the action space.
    #[error("trajectory {trajectory}: action {step} is {found:?}, but must be {rule}")]
    Action {
        /// The trajectory's id.
        trajectory: u64,
        /// The step.
        step: usize,
        /// The action.
        found: Vec<f32>,
        /// What an action must be.
        rule: &'static str,
    },
    /// A variance is negative or not finite.
    #[error(
        "trajectory {trajectory}: the label of step {step} has a variance that is negative or not finite"
    )]
    Variance {
        /// The trajectory's id.
        trajectory: u64,
        /// The step.
        step: usize,
    },
    /// Two trajectories have one id.
    #[error("two trajectories have the id {trajectory}; ids must differ")]
    DuplicateId {
        /// The id.
        trajectory: u64,
    },
    /// A learner that needs actions was given trajectories without.
    #[error(
        "{missing} of {total} trajectories have no actions (the first is {first}); label them or use the labelled part"
    )]
    MissingActions {
        /// Trajectories without actions.
        missing: usize,
        /// All trajectories.
        total: usize,
        /// The id of the first without.
        first: u64,
    },
    /// There is nothing to learn from.
    #[error("the data set has no {what}")]
    Empty {
        /// What is missing.
        what: &'static str,
    },
    /// A parameter is out of range.
    #[error("`{parameter}` is {value}, but must be {rule}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: String,
        /// What would be accepted.
        rule: &'static str,
    },
    /// The split asks for more labelled trajectories than the quality cut leaves.
    #[error(
        "{wanted} labelled trajectories are asked for, but only {available} are below the quality cut; lower p or raise q"
    )]
    Split {
        /// round(p · n).
        wanted: usize,
        /// Trajectories below the cut.
        available: usize,
    },
    /// The two references of a normalised score are equal.
    #[error("the normalised score is undefined: the random and the expert policy both return {reference}")]
    Score {
        /// Their return.
        reference: f64,
    },
    /// A learner was built for data of another width.
    #[error("{what} have {found} components, but {expected} are expected")]
    Width {
        /// States or actions.
        what: &'static str,
        /// Found.
        found: usize,
        /// Expected.
        expected: usize,
    },
}

/// `Err` with the rule, unless it holds.
pub(crate) fn require(
    holds: bool,
    parameter: &'static str,
    value: impl std::fmt::Display,
    rule: &'static str,
) -> Result<(), DataError> {
    if holds { Ok(()) } else { Err(DataError::Parameter { parameter, value: value.to_string(), rule }) }
}
