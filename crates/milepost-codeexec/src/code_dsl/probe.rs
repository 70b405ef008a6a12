use milepost_core::{FLAGS_OF_A_RECORD as BITS, Probe, SignalError, StateRecords, recorded_flags};

use super::{CodeDsl, Submission};

/// Records that hold which tests were passed.
const WORDS: usize = 9;
/// The most rewarded tests of a task.
pub const MAX_TESTS: usize = BITS * WORDS;

/// Records what the submission that led to a state came to, for rewards that are computed from it. Before the first turn it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeProbe {
    /// Number of rewarded tests, `M`, as `code-tests`, the same in every state.
    Tests,
    /// Which of 32 rewarded tests were passed, the first as the lowest bit, as `code-passed-0` to `code-passed-8`.
    Passed(u8),
    /// Share of the rewarded tests passed, as `code-pass-rate`.
    PassRate,
    /// 1 if all were passed, as `code-solved`.
    Solved,
    /// Share of the shown tests passed, as `code-shown-rate`.
    ShownRate,
    /// 1 if there was an error: of the tokens, the types, or a run on a shown test; as `code-error`.
    Error,
}

const PASSED: [&str; WORDS] = [
    "code-passed-0",
    "code-passed-1",
    "code-passed-2",
    "code-passed-3",
    "code-passed-4",
    "code-passed-5",
    "code-passed-6",
    "code-passed-7",
    "code-passed-8",
];

impl CodeProbe {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Self> {
        let others = [Self::Tests, Self::PassRate, Self::Solved, Self::ShownRate, Self::Error];
        (0..WORDS as u8).map(Self::Passed).chain(others)
    }

    /// The names of the records that [`passed_tests`] reads.
    pub fn names_of_passed_tests() -> impl Iterator<Item = &'static str> {
        PASSED.into_iter().chain(["code-tests"])
    }

    fn of(self, submission: &Submission) -> f64 {
        let bool = |holds: bool| f64::from(u8::from(holds));
        match self {
            Self::Tests => submission.passed.len() as f64,
            Self::Passed(word) => {
                let tests = submission.passed.iter().skip(usize::from(word) * BITS).take(BITS);
                let bits =
                    tests.enumerate().fold(0_u32, |bits, (at, passed)| bits | u32::from(*passed) << at);
                f64::from(bits)
            }
            Self::PassRate => share(&submission.passed),
            Self::Solved => bool(submission.solves()),
            Self::ShownRate => share(&submission.shown),
            Self::Error => bool(submission.error.is_some()),
        }
    }
}

fn share(passed: &[bool]) -> f64 {
    passed.iter().filter(|passed| **passed).count() as f64 / passed.len().max(1) as f64
}

impl Probe<CodeDsl> for CodeProbe {
    fn name(&self) -> &'static str {
        match self {
            Self::Tests => "code-tests",
            Self::Passed(word) => PASSED.get(usize::from(*word)).copied().unwrap_or("code-passed"),
            Self::PassRate => "code-pass-rate",
            Self::Solved => "code-solved",
            Self::ShownRate => "code-shown-rate",
            Self::Error => "code-error",
        }
    }

    fn read(&mut self, environment: &CodeDsl) -> f64 {
        if *self == Self::Tests {
            return environment.task().map_or(0.0, |task| task.train().cases().len() as f64);
        }
        environment.submissions().last().map_or(0.0, |submission| self.of(submission))
    }
}

/// Which rewarded tests each turn of a recorded trajectory passed: `M`, and `[T · M]` turn by turn, from the records of
/// [`CodeProbe::Tests`] and [`CodeProbe::Passed`].
///
/// # Errors
/// Names the record that is missing.
pub fn passed_tests(records: &StateRecords) -> Result<(usize, Vec<bool>), SignalError> {
    recorded_flags(records, "code-tests", "code-passed")
}
