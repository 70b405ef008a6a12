//! Expressions in `a`, `b` and `c`, and the arguments on which they are tried.

mod mappings;
mod numbers;
mod sequences;
mod texts;

pub(crate) type Cases = (&'static [&'static str], &'static [&'static str]);

pub(crate) const CASES: [&Cases; 4] = [&numbers::CASES, &texts::CASES, &sequences::CASES, &mappings::CASES];
