#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![allow(clippy::single_match_else, reason = "a language is a table of cases; both of two are cases")]

mod audit;
pub mod code_dsl;
mod compare;
mod compile;
mod digest;
mod exception;
mod executor;
mod generate;
pub mod grammar;
mod integer;
mod judge;
mod machine;
mod minipy;
pub mod mutation;
mod next;
mod number;
mod outcome;
pub mod pipeline;
mod problems;
mod reject;
mod source;
pub mod syntax;
pub mod text;
mod value;

pub use audit::{Audit, AuditError};
pub use compare::Comparison;
pub use exception::ExceptionClass;
pub use executor::{Call, Executor, ExecutorInfo, Prepared};
pub use generate::{GeneratedProgram, GeneratedType, random_arguments, random_program};
pub use integer::Integer;
pub use judge::{Checker, Excerpt, Expected, Judge, ProgramReport, Test, TestReport, Verdict};
pub use minipy::MiniPy;
pub use next::Next;
pub use outcome::{Captured, Crash, InfraError, InvalidResult, Limit, Limits, Outcome, Usage};
pub use problems::{Problem, ProblemError};
pub use reject::{Reason, Rejected};
pub use source::{MAX_SOURCE_BYTES, Source};
pub use value::{LiteralError, Value};

/// The book's page, so that its example compiles and passes.
#[doc = include_str!("../../../docs/src/minipy.md")]
#[cfg(doctest)]
struct Page;

/// The book's page on `code-dsl`.
#[doc = include_str!("../../../docs/src/code-dsl.md")]
#[cfg(doctest)]
struct CodeDslPage;
