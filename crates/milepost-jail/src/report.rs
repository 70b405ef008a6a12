//! What came of a test.

use std::time::Duration;

use milepost_codeexec::{
    Crash, ExceptionClass, InfraError, InvalidResult, Limit, Outcome, Rejected, Usage, Value,
};

/// How one call of a program ended: a value, or the way in which there is none. Never a verdict.
///
/// [`Outcome`] without the usage, which the kernel tells apart from it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// A plain value.
    Returned(Value),
    /// Python's compiler refuses the program.
    Rejected(Rejected),
    /// An exception that nobody caught.
    Raised {
        /// The nearest built-in class.
        class: ExceptionClass,
        /// The last line of the program on the way to it.
        line: Option<u32>,
    },
    /// A limit.
    Limit(Limit),
    /// A value that is not plain data.
    Invalid(InvalidResult),
    /// A forbidden system call.
    Violation,
    /// The end of the process without an answer.
    Crashed(Crash),
    /// A failure of the executor, never of the program: to be masked, never to be a zero reward.
    Infra(InfraError),
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// What the kernel counted, and what was written. Peak bytes are resident, those of the warm parent included.
    pub usage: Usage,
    /// From the fork to the end.
    pub wall: Duration,
}

impl From<Report> for Outcome {
    fn from(Report { ending, usage, .. }: Report) -> Self {
        match ending {
            Ending::Returned(value) => Self::Returned(value, usage),
            Ending::Rejected(why) => Self::Rejected(why),
            Ending::Raised { class, line } => Self::Raised { class, line, usage },
            Ending::Limit(limit) => Self::Limit(limit, usage),
            Ending::Invalid(why) => Self::InvalidResult(why, usage),
            Ending::Violation => Self::Violation { call: None, usage },
            Ending::Crashed(how) => Self::Crashed { how, usage },
            Ending::Infra(why) => Self::Infra(why),
        }
    }
}
