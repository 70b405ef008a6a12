/// Why a world could not be unrolled, or credit could not be estimated or scored.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FidelityError {
    /// Nothing to work on.
    #[error("{what} is empty; give at least one")]
    Empty {
        /// What is empty.
        what: &'static str,
    },
    /// The world has no step budget, so it cannot be unrolled over time.
    #[error("{world} has no horizon; only episodes of bounded length can be unrolled over time")]
    NoHorizon {
        /// The world's name.
        world: String,
    },
    /// Too many pairs of time and state.
    #[error("more than {cap} pairs of time and state can be reached; raise the cap or shrink the task")]
    TooManyStates {
        /// The cap that was given.
        cap: usize,
    },
    /// A state in which nothing can be done.
    #[error("no action has an outcome after {time} steps in the state with key {key:#018x}")]
    DeadEnd {
        /// Steps taken before.
        time: u32,
        /// Key of the state.
        key: u64,
    },
    /// Probabilities that do not sum to 1, are negative, or not finite.
    #[error("{what} is not a distribution: its probabilities sum to {sum}")]
    NotADistribution {
        /// What was given.
        what: String,
        /// What the probabilities sum to.
        sum: f64,
    },
    /// Arrays of different sizes.
    #[error("{what} has {found} entries where {expected} are needed")]
    Size {
        /// What was given.
        what: String,
        /// Entries it has.
        found: usize,
        /// Entries it needs.
        expected: usize,
    },
    /// A parameter outside its range.
    #[error("{parameter} is {value}; it must {rule}")]
    Parameter {
        /// The parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// What it must satisfy.
        rule: &'static str,
    },
    /// An estimator returned a number that is not finite.
    #[error(
        "{estimator} returned {value} for step {step} of episode {episode} (seed {seed}); credit must be finite"
    )]
    NonFinite {
        /// The estimator.
        estimator: String,
        /// The seed of the batch.
        seed: u64,
        /// Which episode of the batch.
        episode: usize,
        /// Which step of it.
        step: usize,
        /// What was returned.
        value: f64,
    },
    /// An estimator used something that it did not declare in its needs.
    #[error("{what} was used without being declared; add it to the estimator's needs")]
    Undeclared {
        /// What was used.
        what: &'static str,
    },
    /// An estimator was asked before it was fitted.
    #[error("{estimator} must be fitted on episodes of their own before it can estimate")]
    NotFitted {
        /// The estimator.
        estimator: String,
    },
    /// More cases than can be enumerated.
    #[error("{what}: more than {cap} cases; shrink the task or sample instead")]
    TooManyCases {
        /// What was enumerated.
        what: &'static str,
        /// The cap.
        cap: usize,
    },
    /// The caller asked to stop.
    #[error("the run was interrupted; nothing of it is kept")]
    Interrupted,
    /// A task could not be built.
    #[error("task {task}: {reason}")]
    Task {
        /// The task.
        task: String,
        /// What was wrong with it.
        reason: String,
    },
    /// Two entries of a suite with the same name.
    #[error("{what} {name} is listed twice; give it a name of its own or drop one")]
    Twice {
        /// What kind of entry.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A name that refers to nothing.
    #[error("there is no {what} {name}; name one that the suite lists")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// A credit rule refused its input.
    #[error(transparent)]
    Credit(#[from] milepost_credit::CreditError),
    /// A statistic could not be computed.
    #[error(transparent)]
    Stats(#[from] milepost_eval::StatsError),
}
