use crate::pipeline::{ErrorClass, ParseError, Pipeline, RunError, TypeFault};

/// Why a program has no value, and at which of its tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fault {
    /// In which way.
    pub class: ErrorClass,
    /// The offending token, counted from 0.
    pub at: usize,
}

impl Fault {
    /// Of tokens that are no program.
    #[must_use]
    pub const fn parse(error: ParseError) -> Self {
        Self { class: ErrorClass::Parse, at: error.at }
    }

    /// Of a program that is ill typed.
    #[must_use]
    pub const fn types(fault: TypeFault) -> Self {
        Self { class: ErrorClass::Type, at: fault.at }
    }

    /// Of a run.
    #[must_use]
    pub fn run(program: &Pipeline, error: RunError) -> Self {
        Self { class: error.class, at: program.token_of(error.op) }
    }
}
