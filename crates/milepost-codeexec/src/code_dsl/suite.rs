use milepost_core::Stream;

use super::TaskConfig;
use crate::pipeline::{Data, Pipeline};
use crate::{Call, Comparison, Expected, Test};

/// A test: an input and what the target gives for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The input.
    pub input: Vec<i64>,
    /// What is expected.
    pub output: Data,
}

impl Case {
    /// Whether `program` gives the expected value.
    #[must_use]
    pub fn passes(&self, program: &Pipeline) -> bool {
        program.value(&self.input).as_ref() == Ok(&self.output)
    }

    /// The same as a test of a [`crate::Judge`].
    #[must_use]
    pub fn to_test(&self) -> Test {
        let input = Data::List(self.input.clone()).to_value();
        Test {
            call: Call::new(vec![input]),
            expected: Expected::Returns(self.output.to_value(), Comparison::Typed),
        }
    }
}

/// How hard a test is meant to be. For analysis: neither world nor reward looks at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Difficulty {
    /// At most two values, sorted: most operations do nothing.
    Easy,
    /// Passed by the natural program, and not by at least half of the programs with an operation less.
    Medium,
    /// Needs a guard.
    Hard,
}

/// Tests of one task with the difficulty of each.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suite {
    cases: Vec<Case>,
    difficulties: Vec<Difficulty>,
}

impl Suite {
    /// The tests.
    #[must_use]
    pub fn cases(&self) -> &[Case] {
        &self.cases
    }

    /// How hard each is.
    #[must_use]
    pub fn difficulties(&self) -> &[Difficulty] {
        &self.difficulties
    }

    /// The tests for a [`crate::Judge`].
    #[must_use]
    pub fn to_tests(&self) -> Vec<Test> {
        self.cases.iter().map(Case::to_test).collect()
    }

    /// Which of the tests `program` passes, `[M]`.
    #[must_use]
    pub fn passed(&self, program: &Pipeline) -> Vec<bool> {
        self.cases.iter().map(|case| case.passes(program)).collect()
    }

    fn push(&mut self, case: Case, difficulty: Difficulty) {
        self.cases.push(case);
        self.difficulties.push(difficulty);
    }
}

/// Draws tests of one target; no input is drawn twice.
pub(super) struct Writer<'a> {
    /// With its guards.
    pub(super) target: &'a Pipeline,
    /// Without them.
    pub(super) natural: &'a Pipeline,
    /// With one guard less, in the order of the guards.
    pub(super) unguarded: &'a [Pipeline],
    /// The main line with one operation less, where that is well typed.
    pub(super) shorter: &'a [Pipeline],
    /// Inputs that are taken.
    pub(super) taken: Vec<Vec<i64>>,
}

/// Draws of one test before the target is given up.
const TRIES: usize = 200;
/// Draws of a hard test that needs every guard before one is taken that needs only its own.
const TRIES_FOR_ALL: usize = 40;

impl Writer<'_> {
    /// A suite of easy, medium and hard tests, the easy ones `copies` times; `None` where the target has no such tests.
    pub(super) fn suite(&mut self, config: &TaskConfig, stream: &mut Stream) -> Option<Suite> {
        // What is hardest to find comes first, so that a target without it is given up soon.
        let guards = self.unguarded.len();
        let needing = if guards == 0 { 0 } else { config.hard };
        let hard: Vec<Case> =
            (0..needing).map(|index| self.hard(index as usize % guards, stream)).collect::<Option<_>>()?;
        let count = config.medium + config.hard - needing;
        let medium: Vec<Case> = (0..count).map(|_| self.medium(stream)).collect::<Option<_>>()?;
        let mut suite = Suite::default();
        for _ in 0..config.easy {
            let case = self.draw(stream, easy_input, |_, _| true)?;
            for _ in 0..config.copies {
                suite.push(case.clone(), Difficulty::Easy);
            }
        }
        for case in medium {
            suite.push(case, Difficulty::Medium);
        }
        for case in hard {
            suite.push(case, Difficulty::Hard);
        }
        Some(suite)
    }

    /// A test that the natural program passes and at least half of the shorter programs do not.
    pub(super) fn medium(&mut self, stream: &mut Stream) -> Option<Case> {
        self.draw(stream, medium_input, |writer, case| {
            let fail = writer.shorter.iter().filter(|program| !case.passes(program)).count();
            fail * 2 >= writer.shorter.len()
        })
    }

    /// A test of the kind that feedback shows: easy or medium in turn.
    pub(super) fn shown(&mut self, index: u32, stream: &mut Stream) -> Option<Case> {
        if index.is_multiple_of(2) { self.draw(stream, easy_input, |_, _| true) } else { self.medium(stream) }
    }

    /// A case that the natural program passes.
    fn draw(
        &mut self,
        stream: &mut Stream,
        input: impl Fn(&mut Stream) -> Vec<i64>,
        wanted: impl Fn(&Self, &Case) -> bool,
    ) -> Option<Case> {
        for _ in 0..TRIES {
            let Some(case) = self.case(input(stream)) else { continue };
            if case.passes(self.natural) && wanted(self, &case) {
                self.taken.push(case.input.clone());
                return Some(case);
            }
        }
        None
    }

    /// A test that the natural program fails and that needs the guard `index`; all guards, where such a test is found soon.
    fn hard(&mut self, index: usize, stream: &mut Stream) -> Option<Case> {
        for tries in 0..TRIES {
            let Some(case) = self.case(hard_input(stream)) else { continue };
            if case.passes(self.natural) || case.passes(&self.unguarded[index]) {
                continue;
            }
            let needs_all = self.unguarded.iter().all(|program| !case.passes(program));
            if needs_all || tries >= TRIES_FOR_ALL {
                self.taken.push(case.input.clone());
                return Some(case);
            }
        }
        None
    }

    /// The test of an input that is new and on which the target does not fail.
    fn case(&self, input: Vec<i64>) -> Option<Case> {
        if self.taken.contains(&input) {
            return None;
        }
        let output = self.target.value(&input).ok()?;
        Some(Case { input, output })
    }
}

/// At most two values, sorted and distinct.
fn easy_input(stream: &mut Stream) -> Vec<i64> {
    let mut input: Vec<i64> = (0..stream.below(3)).map(|_| stream.below(30) as i64).collect();
    input.sort_unstable();
    input.dedup();
    input
}

/// Three to six distinct values from 0 to 24.
fn medium_input(stream: &mut Stream) -> Vec<i64> {
    let mut input = Vec::new();
    for _ in 0..3 + stream.below(4) {
        let value = stream.below(25) as i64;
        if !input.contains(&value) {
            input.push(value);
        }
    }
    input
}

/// Up to six values, negative and repeated ones among them.
fn hard_input(stream: &mut Stream) -> Vec<i64> {
    let mut input: Vec<i64> = Vec::new();
    for _ in 0..stream.below(7) {
        let value = match (stream.below(3), input.first()) {
            (0, Some(first)) => *first,
            (1, _) => -1 - stream.below(12) as i64,
            _ => stream.below(25) as i64,
        };
        input.push(value);
    }
    input
}
