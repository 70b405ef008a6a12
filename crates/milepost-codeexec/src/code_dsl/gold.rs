use serde::{Deserialize, Serialize};

use super::{CodeDsl, Difficulty};

/// A number that evaluation reads of an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CodeMeasure {
    /// 1 if the last submission passes every test of evaluation.
    AllPassed,
    /// Share of the tests of evaluation that the last submission passes.
    PassRate,
    /// The same among hard tests; 1 where there is none.
    HardRate,
    /// Share of the rewarded tests that it passes, each difficulty counted as often as in evaluation, less
    /// [`CodeMeasure::PassRate`]: above 0 where a policy has learnt its tests.
    Gap,
    /// Programs submitted.
    Submissions,
}

/// What an episode was worth on tests that no reward has seen, for **evaluation only**.
///
/// It is a type of its own so that it cannot slip into training: its tests are drawn here and lie nowhere else, and nothing
/// converts it to a number but [`CodeGold::for_evaluation`]. Rewards read [`super::Submission`] and
/// [`super::CodeProbe`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CodeGold {
    all_passed: bool,
    pass_rate: f64,
    hard_rate: f64,
    gap: f64,
    submissions: u32,
}

impl CodeGold {
    /// Of the last submission; `None` before the first, and where no tests of evaluation can be drawn.
    #[must_use]
    pub fn of(world: &CodeDsl) -> Option<Self> {
        let (task, last) = (world.task()?, world.submissions().last()?);
        let config = &world.config().task;
        let suite = task.gold(config)?;
        let program = last.program.as_ref();
        let passed = program
            .map_or_else(|_| vec![false; suite.cases().len()], |program| program.passed(suite.cases()));
        let hard: Vec<bool> = suite
            .difficulties()
            .iter()
            .zip(&passed)
            .filter(|(difficulty, _)| **difficulty == Difficulty::Hard)
            .map(|(_, passed)| *passed)
            .collect();
        // Copies of an easy test stand together; one of each counts.
        let copies = config.copies as usize;
        let easy = (config.easy as usize) * copies;
        let once = |index: &usize| *index >= easy || index.is_multiple_of(copies);
        let train: Vec<bool> = (0..last.passed.len()).filter(once).map(|index| last.passed[index]).collect();
        let pass_rate = share(&passed);
        Some(Self {
            all_passed: passed.iter().all(|passed| *passed),
            pass_rate,
            hard_rate: share(&hard),
            gap: share(&train) - pass_rate,
            submissions: world.submissions().len() as u32,
        })
    }

    /// The measure's value.
    #[must_use]
    pub fn for_evaluation(&self, measure: CodeMeasure) -> f64 {
        match measure {
            CodeMeasure::AllPassed => f64::from(u8::from(self.all_passed)),
            CodeMeasure::PassRate => self.pass_rate,
            CodeMeasure::HardRate => self.hard_rate,
            CodeMeasure::Gap => self.gap,
            CodeMeasure::Submissions => f64::from(self.submissions),
        }
    }
}

fn share(passed: &[bool]) -> f64 {
    if passed.is_empty() {
        return 1.0;
    }
    passed.iter().filter(|passed| **passed).count() as f64 / passed.len() as f64
}
