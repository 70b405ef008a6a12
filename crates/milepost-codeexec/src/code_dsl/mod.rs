//! `code-dsl`: short programs are written to a noisy specification and run on tests; the world that methods of code
//! generation are compared on.
//!
//! A hidden [pipeline](crate::pipeline) of two to four operations is described in words, some of them synonyms, perhaps with
//! a few examples. What it must withstand (an empty list, repeated values, negative values) is said beside the main
//! line, so that the natural program misses it. Tests are many and easy, some of medium difficulty, and few are hard.
//!
//! Programs are [pipelines](crate::pipeline), or MiniPy token by token ([`Language`]).
//!
//! - [`CodeTask`]: a task drawn from its seed and a [`TaskConfig`], with its [`Suite`] of shown and rewarded tests.
//! - [`CodeDsl`] is the world in which programs are submitted: one turn, or several with feedback of the shown tests.
//! - [`CodeTool`] is the world in which expressions are run by a tool, and the value is answered.
//! - [`CodeProbe`] and [`Submission`]: which rewarded tests each submission passed, for scorers; [`passed_tests`] reads
//!   recorded probes back.
//! - [`CodeGold`]: what an episode was worth on tests of its own, for evaluation only.
//! - [`DroppedGuards`]: a scripted writer that forgets what stands beside the main line, for warm starts.

mod config;
mod environment;
mod error;
mod expert;
mod gold;
mod guard;
mod language;
mod probe;
mod program;
mod suite;
mod task;
#[cfg(test)]
mod tests;
mod tool;
mod words;

pub use config::{CodeConfig, Mask, TaskConfig};
pub use environment::{CodeDsl, Submission};
pub use error::Fault;
pub use expert::DroppedGuards;
pub use gold::{CodeGold, CodeMeasure};
pub use guard::Guard;
pub use language::Language;
pub use probe::{CodeProbe, MAX_TESTS, passed_tests};
pub use program::{Program, Written};
pub use suite::{Case, Difficulty, Suite};
pub use task::{CodeTask, SpecWord};
pub use tool::{CallMask, CodeTool, SlippedCalls, ToolAction, ToolConfig, ToolEvent, ToolProbe};
pub use words::{Thought, Words};
