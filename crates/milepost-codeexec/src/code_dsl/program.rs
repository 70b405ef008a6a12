use std::fmt;

use super::{Case, Fault};
use crate::grammar::{Grammar, MAX_TOKENS, Token, spell};
use crate::pipeline::{ErrorClass, Pipeline};
use crate::{ExceptionClass, Judge, Limits, MiniPy, ProgramReport, Source, TestReport, Verdict, syntax};

/// A program that was submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A pipeline.
    Pipeline(Pipeline),
    /// One function `f` of MiniPy.
    MiniPy(Written),
}

/// A MiniPy program of the [grammar](crate::grammar), as it was written token by token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    tokens: Vec<Token>,
    source: Source,
}

/// What a MiniPy program may use on one test. A target needs less than a hundredth of it; a loop without an end costs a
/// fraction of a millisecond.
const LIMITS: Limits = Limits {
    fuel: 20_000,
    bytes: 1 << 20,
    depth: 64,
    integer_bits: 1024,
    stdout: 1024,
    result_depth: 4,
    result_nodes: 1000,
    // MiniPy looks at no clock.
    wall: std::time::Duration::MAX,
};

impl Written {
    /// Reads a whole program.
    pub(super) fn new(tokens: Vec<Token>) -> Result<Self, Fault> {
        let mut reader = Grammar::Function.reader(MAX_TOKENS);
        let refused = tokens.iter().position(|token| !reader.push(*token));
        match refused.or((reader.owed() > 0).then_some(tokens.len())) {
            Some(at) => Err(Fault { class: ErrorClass::Parse, at }),
            None => Ok(Self { source: Source::from(spell(&tokens)), tokens }),
        }
    }

    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> &[Token] {
        &self.tokens
    }

    /// Its text.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }

    fn report(&self, cases: &[Case]) -> ProgramReport {
        let tests: Vec<_> = cases.iter().map(Case::to_test).collect();
        let judge = Judge { executor: MiniPy, limits: LIMITS, stop_at_first_failure: false };
        judge.judge(&self.source, Grammar::ENTRY, &tests)
    }

    /// Whether a test was passed, or why it gave no value.
    fn outcome(&self, report: &TestReport) -> Result<bool, Fault> {
        let class = match &report.verdict {
            Verdict::Pass => return Ok(true),
            Verdict::Wrong { .. } | Verdict::InvalidResult => return Ok(false),
            Verdict::Exception(class) if class.is_a(ExceptionClass::TypeError) => ErrorClass::Type,
            Verdict::Exception(_) => ErrorClass::Value,
            Verdict::Rejected => ErrorClass::Parse,
            _ => ErrorClass::Limit,
        };
        Err(Fault { class, at: report.line.map_or(0, |line| self.first_of(line)) })
    }

    /// The first token of a line, counted from 1.
    fn first_of(&self, line: u32) -> usize {
        let ends = self.tokens.iter().enumerate().filter(|(_, token)| token.text() == "NEWLINE");
        (line as usize).checked_sub(2).and_then(|before| ends.map(|(at, _)| at + 1).nth(before)).unwrap_or(0)
    }
}

impl Program {
    /// Whether it can be run at all: well typed, and accepted by its language.
    pub fn check(&self) -> Result<(), Fault> {
        match self {
            Self::Pipeline(program) => program.check().map(drop).map_err(Fault::types),
            Self::MiniPy(program) => {
                let rejected = program.report(&[]).rejected;
                let at = |line| program.first_of(line);
                rejected.map_or(Ok(()), |rejected| {
                    Err(Fault { class: ErrorClass::Parse, at: rejected.line.map_or(0, at) })
                })
            }
        }
    }

    /// For each case whether it gives the expected value, or why it gives none: of a program that cannot be run, why not.
    #[must_use]
    pub fn outcomes(&self, cases: &[Case]) -> Vec<Result<bool, Fault>> {
        match self {
            Self::Pipeline(program) => {
                let typed = program.check().map_err(Fault::types);
                let outcome = |case: &Case| {
                    typed?;
                    let value = program.value(&case.input).map_err(|error| Fault::run(program, error))?;
                    Ok(value == case.output)
                };
                cases.iter().map(outcome).collect()
            }
            Self::MiniPy(program) => {
                program.report(cases).tests.iter().map(|report| program.outcome(report)).collect()
            }
        }
    }

    /// Which cases it passes.
    #[must_use]
    pub fn passed(&self, cases: &[Case]) -> Vec<bool> {
        self.outcomes(cases).into_iter().map(|outcome| outcome == Ok(true)).collect()
    }

    /// What it gives for the input of a case, in words.
    #[must_use]
    pub fn says(&self, case: &Case) -> String {
        match self {
            Self::Pipeline(program) => match program.value(&case.input) {
                Ok(value) => value.to_string(),
                Err(error) => format!("{:?} error", error.class),
            },
            Self::MiniPy(program) => {
                let report = program.report(std::slice::from_ref(case));
                match report.tests.first().map(|test| &test.verdict) {
                    Some(Verdict::Wrong { got }) => got.text().to_owned(),
                    Some(Verdict::Pass) | None => case.output.to_string(),
                    Some(verdict) => verdict.to_string(),
                }
            }
        }
    }
}

/// As it was written; MiniPy in its canonical printing.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pipeline(program) => program.fmt(f),
            Self::MiniPy(program) => {
                let text = program.source.text().unwrap_or_default();
                match syntax::parse(text) {
                    Ok(tree) => f.write_str(syntax::print(&tree).trim_end()),
                    Err(_) => f.write_str(text),
                }
            }
        }
    }
}
