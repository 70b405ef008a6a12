//! Pipelines: a language of a few tokens below MiniPy, for policies that learn to write programs from nothing.
//!
//! A pipeline is a list of operations with bars between: `evens | add 3 | sum`. It takes a list of integers and gives a
//! list or an integer. Numbers are written digit by digit; results of arithmetic are taken modulo [`MODULUS`].
//!
//! | operation | takes | gives | the same in MiniPy |
//! |---|---|---|---|
//! | `sort` `rev` `uniq` `evens` `odds` | list | list | `sorted(v)`, `v[::-1]`, first occurrences, `x % 2` |
//! | `cumsum` | list | list | running sums, `% 1000` |
//! | `take k` `drop k` | list | list | `v[:k]`, `v[k:]` |
//! | `add c` `mul c` | list | list | `(x + c) % 1000`, `x * c % 1000` |
//! | `gt c` | list | list | `[x for x in v if x > c]` |
//! | `orelse c` | list | list | `v or [c]` |
//! | `sum` `len` | list | int | `sum(v) % 1000`, `len(v)` |
//! | `max` `first` | list | int | of an empty list: `ValueError` |
//! | `wrap` | int | list | `[v]` |
//!
//! Every pipeline [prints as MiniPy](Pipeline::to_minipy), and the printed program gives the same values and raises the
//! same exceptions. [`Pipelines`] is an [`Executor`](crate::Executor), so one judge serves both.

mod executor;
mod generate;
mod grammar;
mod mutate;
mod op;
mod parse;
mod print;
mod program;
mod run;
#[cfg(test)]
mod tests;
mod token;

pub use executor::Pipelines;
pub use generate::{MAX_GENERATED_OPS, random_pipeline};
pub use grammar::{Grammar, Next};
pub use mutate::{MutationScore, mutate, mutation_score, neighbours};
pub use op::{MAX_CONSTANT, Op, OpKind, Type};
pub use parse::{ParseError, ParseFault};
pub use program::{Pipeline, TypeFault};
pub use run::{Data, ErrorClass, RunError, StepLimits};
pub use token::{MAX_TOKENS, Token};

/// Results of arithmetic are taken modulo this.
pub const MODULUS: i64 = 1000;
