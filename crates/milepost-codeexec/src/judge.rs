//! The judge: tests are data, values come out of an executor, verdicts are made here.

use std::fmt;
use std::sync::Arc;

use crate::{
    Call, Comparison, ExceptionClass, Executor, ExecutorInfo, Limits, LiteralError, MiniPy, Outcome,
    Prepared, Rejected, Source, Usage, Value,
};

/// The longest excerpt of a wrong value.
const EXCERPT_CHARS: usize = 200;

/// One test: a call and what is expected of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// The call.
    pub call: Call,
    /// What is expected.
    pub expected: Expected,
}

impl Test {
    /// A call with the literals of a tuple of arguments and of the value that is expected.
    pub fn returns(args: &str, expected: &str, comparison: Comparison) -> Result<Self, LiteralError> {
        let Value::Tuple(args) = Value::parse(args)? else { return Err(LiteralError::NotArguments) };
        Ok(Self { call: Call::new(args), expected: Expected::Returns(Value::parse(expected)?, comparison) })
    }
}

/// What a test expects.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Expected {
    /// A value.
    Returns(Value, Comparison),
    /// A text on standard output; trailing white space of lines and at the end is ignored.
    Prints(Arc<str>),
    /// An exception of this class or one below it.
    Raises(ExceptionClass),
    /// Whatever a trusted program accepts.
    Checked(Checker),
}

/// A trusted MiniPy program that gets the tuple of arguments and the returned value, and returns `True` if the value
/// is right. It runs in an instance of its own.
#[derive(Debug, Clone)]
pub struct Checker {
    program: Prepared,
}

impl PartialEq for Checker {
    fn eq(&self, other: &Self) -> bool {
        self.program.entry() == other.program.entry()
            && std::ptr::eq(self.program.inner_address(), other.program.inner_address())
    }
}

impl Checker {
    /// Prepares a checker with the function `entry`.
    pub fn new(source: &Source, entry: &str) -> Result<Self, Rejected> {
        Ok(Self { program: MiniPy.prepare(source, entry)? })
    }

    fn accepts(&self, args: &[Value], got: &Value, limits: &Limits) -> Option<bool> {
        let call = Call::new(vec![Value::Tuple(args.to_vec()), got.clone()]);
        match MiniPy.run(&self.program, &[call], limits).pop() {
            Some(Outcome::Returned(Value::Bool(verdict), _)) => Some(verdict),
            _ => None,
        }
    }
}

/// The beginning of a wrong value's `repr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The excerpt of a value.
    #[must_use]
    pub fn of(value: &Value) -> Self {
        let text = value.to_string();
        let mut short: String = text.chars().take(EXCERPT_CHARS).collect();
        if short.len() < text.len() {
            short.push('…');
        }
        Self(short)
    }

    /// Its text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }
}

/// What a test came to. Rewards and observations see this, never the expected value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// As expected.
    Pass,
    /// Another value.
    Wrong {
        /// The beginning of it.
        got: Excerpt,
    },
    /// An exception that was not expected.
    Exception(ExceptionClass),
    /// Fuel, processor time or wall time.
    Timeout,
    /// Bytes, or bits of an integer.
    Memory,
    /// Standard output.
    Output,
    /// Not plain data.
    InvalidResult,
    /// A forbidden system call.
    Violation,
    /// The end of a process without an answer.
    Crash,
    /// Refused.
    Rejected,
    /// Not run: an earlier test had failed.
    Skipped,
    /// Ours: no verdict about the program. Masked.
    Infra,
}

impl Verdict {
    /// Whether the test passed.
    #[must_use]
    pub fn is_pass(&self) -> bool {
        *self == Self::Pass
    }

    /// Whether it says anything about the program.
    #[must_use]
    pub fn is_valid(&self) -> bool {
        !matches!(self, Self::Infra | Self::Skipped)
    }
}

/// The verdict as one word: `pass`, `wrong`, `exception:ValueError`, …
impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Pass => "pass",
            Self::Wrong { .. } => "wrong",
            Self::Exception(class) => return write!(f, "exception:{class}"),
            Self::Timeout => "timeout",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::InvalidResult => "invalid_result",
            Self::Violation => "violation",
            Self::Crash => "crash",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Infra => "infra",
        };
        f.write_str(word)
    }
}

/// One test's verdict and what it used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestReport {
    /// The verdict.
    pub verdict: Verdict,
    /// What was used; empty where nothing ran.
    pub usage: Usage,
    /// The line of an exception that was not caught.
    pub line: Option<u32>,
}

/// A program's verdicts, one a test, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramReport {
    /// The tests.
    pub tests: Vec<TestReport>,
    /// Why the program was refused, if it was refused whole.
    pub rejected: Option<Rejected>,
    /// What ran it.
    pub executor: ExecutorInfo,
}

impl ProgramReport {
    /// Whether every test passed, and there is one.
    #[must_use]
    pub fn solved(&self) -> bool {
        !self.tests.is_empty() && self.tests.iter().all(|test| test.verdict.is_pass())
    }

    /// One row of the matrix passed\[submission, test\].
    #[must_use]
    pub fn passed(&self) -> Vec<bool> {
        self.tests.iter().map(|test| test.verdict.is_pass()).collect()
    }

    /// The row's validity: false where the verdict says nothing about the program.
    #[must_use]
    pub fn valid(&self) -> Vec<bool> {
        self.tests.iter().map(|test| test.verdict.is_valid()).collect()
    }
}

/// Runs programs on an executor and judges what comes out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Judge<E = MiniPy> {
    /// What runs the programs.
    pub executor: E,
    /// What each test may use.
    pub limits: Limits,
    /// Whether the tests after the first failure are skipped.
    pub stop_at_first_failure: bool,
}

impl<E: Executor> Judge<E> {
    /// A judge with the default limits that runs every test.
    #[must_use]
    pub fn new(executor: E) -> Self {
        Self { executor, limits: Limits::default(), stop_at_first_failure: false }
    }

    /// Judges a program from its text.
    pub fn judge(&self, source: &Source, entry: &str, tests: &[Test]) -> ProgramReport {
        match self.executor.prepare(source, entry) {
            Ok(program) => self.judge_prepared(&program, tests),
            Err(rejected) => {
                let refused =
                    TestReport { verdict: Verdict::Rejected, usage: Usage::default(), line: rejected.line };
                ProgramReport {
                    tests: vec![refused; tests.len()],
                    rejected: Some(rejected),
                    executor: self.executor.describe(),
                }
            }
        }
    }

    /// Judges a program that has been prepared.
    pub fn judge_prepared(&self, program: &Prepared, tests: &[Test]) -> ProgramReport {
        let mut reports = Vec::with_capacity(tests.len());
        if self.stop_at_first_failure {
            for test in tests {
                let failed = reports.last().is_some_and(|last: &TestReport| !last.verdict.is_pass());
                if failed {
                    let skipped =
                        TestReport { verdict: Verdict::Skipped, usage: Usage::default(), line: None };
                    reports.resize(tests.len(), skipped);
                    break;
                }
                reports.extend(self.reports(program, std::slice::from_ref(test)));
            }
        } else {
            reports = self.reports(program, tests);
        }
        ProgramReport { tests: reports, rejected: None, executor: self.executor.describe() }
    }

    fn reports(&self, program: &Prepared, tests: &[Test]) -> Vec<TestReport> {
        let calls: Vec<Call> = tests.iter().map(|test| test.call.clone()).collect();
        let mut outcomes = self.executor.run(program, &calls, &self.limits).into_iter();
        tests
            .iter()
            .map(|test| match outcomes.next() {
                Some(outcome) => self.report(test, &outcome),
                None => TestReport { verdict: Verdict::Infra, usage: Usage::default(), line: None },
            })
            .collect()
    }

    fn report(&self, test: &Test, outcome: &Outcome) -> TestReport {
        let line = match outcome {
            Outcome::Raised { line, .. } => *line,
            Outcome::Rejected(rejected) => rejected.line,
            _ => None,
        };
        let verdict = self.verdict(test, outcome);
        let usage = outcome.usage().cloned().unwrap_or_default();
        TestReport { verdict, usage, line }
    }

    fn verdict(&self, test: &Test, outcome: &Outcome) -> Verdict {
        match outcome {
            Outcome::Returned(got, usage) => {
                let accepted = match &test.expected {
                    Expected::Returns(expected, comparison) => Some(comparison.accepts(expected, got)),
                    Expected::Prints(expected) => {
                        let whole = usage.stdout.bytes == usage.stdout.text.len() as u64;
                        Some(whole && same_text(expected, &usage.stdout.text))
                    }
                    Expected::Raises(_) => Some(false),
                    Expected::Checked(checker) => checker.accepts(&test.call.args, got, &self.limits),
                };
                match accepted {
                    Some(true) => Verdict::Pass,
                    Some(false) => Verdict::Wrong { got: Excerpt::of(got) },
                    // A checker that fails is our failure, not the program's.
                    None => Verdict::Infra,
                }
            }
            Outcome::Raised { class, .. } => match &test.expected {
                Expected::Raises(expected) if class.is_a(*expected) => Verdict::Pass,
                _ => Verdict::Exception(*class),
            },
            Outcome::Rejected(_) => Verdict::Rejected,
            Outcome::Limit(crate::Limit::Memory, _) => Verdict::Memory,
            Outcome::Limit(crate::Limit::Output, _) => Verdict::Output,
            Outcome::Limit(..) => Verdict::Timeout,
            Outcome::InvalidResult(..) => Verdict::InvalidResult,
            Outcome::Violation { .. } => Verdict::Violation,
            Outcome::Crashed { .. } => Verdict::Crash,
            Outcome::Infra(_) => Verdict::Infra,
        }
    }
}

fn same_text(expected: &str, got: &str) -> bool {
    let lines = |text: &str| -> Vec<String> {
        text.trim_end().lines().map(|line| line.trim_end().to_owned()).collect()
    };
    lines(expected) == lines(got)
}
