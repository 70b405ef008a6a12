//! Limits, and what comes out of a run.

use std::sync::Arc;
use std::time::Duration;

use crate::{ExceptionClass, Rejected, Value};

/// What one test may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps of MiniPy: one an instruction, more for built-ins in proportion to their work.
    pub fuel: u64,
    /// Bytes of live values, counted with what has not been swept yet.
    pub bytes: u64,
    /// Calls inside one another.
    pub depth: usize,
    /// Bits of an integer.
    pub integer_bits: u64,
    /// Bytes of standard output.
    pub stdout: usize,
    /// Levels of the returned value.
    pub result_depth: usize,
    /// Nodes of the returned value.
    pub result_nodes: usize,
    /// Wall time, for executors that measure it. MiniPy does not.
    pub wall: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: 10_000_000,
            bytes: 64 << 20,
            depth: 1000,
            integer_bits: 16_384,
            stdout: 64 << 10,
            result_depth: 64,
            result_nodes: 200_000,
            wall: Duration::from_secs(2),
        }
    }
}

/// A limit that was reached. Deep recursion is an exception of the program instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Steps.
    Fuel,
    /// Processor time.
    Cpu,
    /// Wall time.
    Wall,
    /// Bytes, or bits of an integer.
    Memory,
    /// Standard output.
    Output,
}

/// Why a returned value is not plain data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidResult {
    /// A function, an iterator, an exception, …
    NotPlain,
    /// It holds itself.
    Cyclic,
    /// It has too many levels.
    TooDeep,
    /// It has too many nodes.
    TooLarge,
}

/// Text that a program wrote: the beginning of it, and how long it was.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Captured {
    /// As much as was kept.
    pub text: Arc<str>,
    /// Its whole length in bytes.
    pub bytes: u64,
}

/// What a test used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Usage {
    /// Steps of MiniPy, those of loading the module included.
    pub fuel: Option<u64>,
    /// Processor time.
    pub cpu: Option<Duration>,
    /// The most bytes at one time.
    pub peak_bytes: Option<u64>,
    /// Standard output.
    pub stdout: Captured,
    /// Standard error.
    pub stderr: Captured,
}

/// How a process ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Crash {
    /// By a signal.
    Signal(i32),
    /// By an exit.
    Exited(i32),
    /// It ended as it should, but said nothing.
    NoAnswer,
}

/// A failure of the executor, never of the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InfraError {
    /// A program was prepared by another executor.
    #[error("the program was prepared by `{prepared}`, not by `{executor}`; prepare it again")]
    Foreign {
        /// Who prepared it.
        prepared: String,
        /// Who should run it.
        executor: String,
    },
    /// The executor could not start or lost its worker.
    #[error("the executor failed: {0}")]
    Worker(String),
}

/// What one call of a program gave: a value, or the way in which there is none.
///
/// This is what a judge sees; rewards and observations see its [`Verdict`](crate::Verdict).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// A plain value.
    Returned(Value, Usage),
    /// An operation outside MiniPy was reached.
    Rejected(Rejected),
    /// An exception that nobody caught.
    Raised {
        /// The nearest built-in class.
        class: ExceptionClass,
        /// The line of the program.
        line: Option<u32>,
        /// What was used.
        usage: Usage,
    },
    /// A limit.
    Limit(Limit, Usage),
    /// A value that is not plain data.
    InvalidResult(InvalidResult, Usage),
    /// A forbidden system call.
    Violation {
        /// Which, if it is known.
        call: Option<String>,
        /// What was used.
        usage: Usage,
    },
    /// The end of a process without an answer.
    Crashed {
        /// How.
        how: Crash,
        /// What was used.
        usage: Usage,
    },
    /// Ours; masked.
    Infra(InfraError),
}

impl Outcome {
    /// What was used, where that is known.
    #[must_use]
    pub fn usage(&self) -> Option<&Usage> {
        match self {
            Self::Returned(_, usage)
            | Self::Raised { usage, .. }
            | Self::Limit(_, usage)
            | Self::InvalidResult(_, usage)
            | Self::Violation { usage, .. }
            | Self::Crashed { usage, .. } => Some(usage),
            Self::Rejected(_) | Self::Infra(_) => None,
        }
    }
}
