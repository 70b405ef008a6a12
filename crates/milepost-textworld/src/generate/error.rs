/// A game that cannot be generated, with what to change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GenerateError {
    /// A size out of range.
    #[error("{what} is {found}, but must be {wanted}")]
    Range {
        /// Which parameter.
        what: &'static str,
        /// What it is.
        found: usize,
        /// What it may be.
        wanted: String,
    },
    /// No quest of this size was found.
    #[error(
        "no quest of {steps} steps was found for {rooms} rooms with these things in them; ask for fewer steps, or for more rooms or objects"
    )]
    NoQuest {
        /// Rooms.
        rooms: usize,
        /// Steps of the plan.
        steps: usize,
    },
    /// The lists of names are used up.
    #[error("there are not enough names for so many {what}; make the world smaller")]
    NamesExhausted {
        /// What has no name.
        what: &'static str,
    },
    /// A step of the plan is not possible where it stands: a bug of the generator.
    #[error(
        "step {step} of the plan, \"{command}\", is not possible there; please report the seed and the sizes"
    )]
    BrokenPlan {
        /// Which step, counted from 0.
        step: usize,
        /// Its command.
        command: String,
    },
}
