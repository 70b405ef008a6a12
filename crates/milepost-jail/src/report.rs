//! What came of a test.

use std::time::Duration;

use crate::Plain;

/// A limit that was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Processor time.
    Cpu,
    /// Wall time.
    Wall,
    /// Address space.
    Memory,
    /// Standard output or standard error.
    Output,
}

/// Why a returned value is not plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Invalid {
    /// A function, an iterator, a subclass, a lone surrogate, …
    NotPlain,
    /// It holds itself.
    Cyclic,
    /// It has too many levels.
    TooDeep,
    /// It has too many nodes or bytes, or too large an integer.
    TooLarge,
}

/// How a process ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crash {
    /// By a signal.
    Signal(i32),
    /// By an exit, whatever its code.
    Exited(i32),
}

/// What one call of a program gave: a value, or the way in which there is none. Never a verdict.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Ending {
    /// A plain value.
    Returned(Plain),
    /// Python's compiler refuses the program.
    Rejected {
        /// Why.
        reason: String,
        /// Where, counted from 1.
        line: Option<u32>,
    },
    /// An exception that nobody caught.
    Raised {
        /// The nearest built-in class.
        class: String,
        /// The last line of the program on the way to it.
        line: Option<u32>,
    },
    /// A limit.
    Limit(Limit),
    /// A value that is not plain data.
    Invalid(Invalid),
    /// A forbidden system call.
    Violation,
    /// The end of the process without an answer.
    Crashed(Crash),
    /// A failure of the executor, never of the program: to be masked, never to be a zero reward.
    Infra(String),
}

/// Text that a program wrote.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captured {
    /// As much as was kept; what is not UTF-8 is replaced.
    pub text: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What came of one test.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// How it ended.
    pub ending: Ending,
    /// Processor time of the child.
    pub cpu: Duration,
    /// From the fork to the end.
    pub wall: Duration,
    /// The most resident bytes, those of the warm parent included.
    pub peak_bytes: u64,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
}
