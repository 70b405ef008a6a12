#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod compare;
mod compile;
mod exception;
mod executor;
mod integer;
mod judge;
mod machine;
mod minipy;
mod number;
mod outcome;
mod reject;
mod source;
pub mod syntax;
pub mod text;
mod value;

pub use compare::Comparison;
pub use exception::ExceptionClass;
pub use executor::{Call, Executor, ExecutorInfo, Prepared};
pub use integer::Integer;
pub use judge::{Checker, Excerpt, Expected, Judge, ProgramReport, Test, TestReport, Verdict};
pub use minipy::MiniPy;
pub use outcome::{Captured, Crash, InfraError, InvalidResult, Limit, Limits, Outcome, Usage};
pub use reject::{Reason, Rejected};
pub use source::{MAX_SOURCE_BYTES, Source};
pub use value::{LiteralError, Value};
