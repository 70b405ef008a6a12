use std::sync::Arc;

use milepost_core::{
    Ending, EnvError, Environment, Outcome, ParameterError, StepOutcome, TaskSeed, TokenEnvironment,
    TurnFault, Vocabulary,
};

use super::words::say_spec;
use super::{CodeConfig, CodeTask, Fault, Program, Words};
use crate::digest::digest;
use crate::pipeline::Pipeline;

/// Programs are submitted and tested.
///
/// A turn is a program of the configured [`super::Language`] and [`Vocabulary::END`]. After each the world says `pass` or `fail` for every shown test, and
/// `ok`, `wrong` or the class of the first error among them. The episode ends with success and reward 1 when every
/// rewarded test is passed; as failure when the last submission does not. Tokens that are no program are
/// [`TurnFault::Malformed`]; a program that is ill typed or fails on a shown test is [`TurnFault::Refused`].
#[derive(Debug, Clone, PartialEq)]
pub struct CodeDsl {
    config: Arc<CodeConfig>,
    words: Arc<Words>,
    task: Option<Arc<CodeTask>>,
    submissions: Vec<Submission>,
    said: Vec<u32>,
    ending: Option<Ending>,
}

/// What one turn submitted, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The program, or why there is none.
    pub program: Result<Program, Fault>,
    /// Which shown tests it passed.
    pub shown: Vec<bool>,
    /// The first error: of the tokens, of the types, or of a run on a shown test.
    pub error: Option<Fault>,
    /// Which rewarded tests it passed, `[M]`.
    pub passed: Vec<bool>,
}

impl Submission {
    /// Tests of a task on a program.
    fn judge(task: &CodeTask, program: Result<Program, Fault>) -> Self {
        let runnable = program.as_ref().map_err(|fault| *fault).and_then(|program| {
            program.check()?;
            Ok(program)
        });
        let fails = |count: usize| vec![false; count];
        match runnable {
            Err(fault) => Self {
                shown: fails(task.shown().len()),
                error: Some(fault),
                passed: fails(task.train().cases().len()),
                program,
            },
            Ok(runnable) => {
                let shown = runnable.outcomes(task.shown());
                Self {
                    error: shown.iter().find_map(|outcome| outcome.err()),
                    shown: shown.into_iter().map(|outcome| outcome == Ok(true)).collect(),
                    passed: runnable.passed(task.train().cases()),
                    program,
                }
            }
        }
    }

    /// Whether it passed every rewarded test.
    #[must_use]
    pub fn solves(&self) -> bool {
        self.passed.iter().all(|passed| *passed)
    }

    fn feedback(&self) -> impl Iterator<Item = u32> {
        let word = |passed: &bool| if *passed { Words::PASS } else { Words::FAIL };
        let class = match (self.error, self.shown.iter().all(|passed| *passed)) {
            (Some(fault), _) => Words::error(fault.class),
            (None, true) => Words::OK,
            (None, false) => Words::WRONG,
        };
        self.shown.iter().map(word).chain([class])
    }
}

const NAME: &str = "code-dsl";

impl CodeDsl {
    /// A world with these parameters.
    pub fn new(config: CodeConfig) -> Result<Self, ParameterError> {
        config.validate()?;
        let words = Words::new(config.language).map_err(|error| ParameterError::words(NAME, &error))?;
        Ok(Self {
            config: Arc::new(config),
            words: Arc::new(words),
            task: None,
            submissions: Vec::new(),
            said: Vec::new(),
            ending: None,
        })
    }

    /// The parameters.
    #[must_use]
    pub fn config(&self) -> &CodeConfig {
        &self.config
    }

    /// Words and their ids.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// The task, once there is one: hidden state, for experts, judges and scorers.
    #[must_use]
    pub fn task(&self) -> Option<&CodeTask> {
        self.task.as_deref()
    }

    /// The words of a pipeline in the world's language, without an end.
    #[must_use]
    pub fn write(&self, program: &Pipeline) -> Vec<u32> {
        self.config.language.write(program)
    }

    /// What was submitted so far, a submission a turn.
    #[must_use]
    pub fn submissions(&self) -> &[Submission] {
        &self.submissions
    }

    /// The most tokens of an episode: the prompt, every turn as long as it can be, and every reply but the last. What a
    /// policy's context must hold for it never to be cut.
    #[must_use]
    pub fn token_bound(&self) -> usize {
        let CodeConfig { task, turns, .. } = &*self.config;
        let spec = 2 + 3 * task.most_ops as usize + 2 * task.guards as usize;
        let (input, output) = (2 + 6 * 2 + 5, 2 + 6 * 3 + 5);
        let prompt = spec + task.examples as usize * (2 + input + output) + 1;
        let (turns, reply) = (*turns as usize, task.shown as usize + 1);
        prompt + turns * self.turn_limit() + (turns - 1) * reply
    }
}

impl Default for CodeDsl {
    /// The world of [`CodeConfig::default`].
    fn default() -> Self {
        Self::new(CodeConfig::default()).unwrap_or_else(|error| unreachable!("the defaults: {error}"))
    }
}

impl Environment for CodeDsl {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let task = draw_task(NAME, &self.config.task, seed)?;
        self.said.clear();
        say_spec(&task, &mut self.said);
        self.said.push(Words::WRITE);
        self.task = Some(Arc::new(task));
        self.submissions.clear();
        self.ending = None;
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: NAME.to_owned(), ending });
        }
        let Some(task) = &self.task else {
            return Err(EnvError::NotReset { environment: NAME.to_owned() });
        };
        let submission = Submission::judge(task, self.config.language.read(turn));
        self.said.clear();
        self.said.extend(submission.feedback());
        let solved = submission.solves();
        self.submissions.push(submission);
        if solved {
            self.ending = Some(Ending::Terminated(Outcome::Success));
        } else if self.elapsed() == self.config.turns {
            self.ending = Some(Ending::Terminated(Outcome::Failure));
        }
        Ok(StepOutcome { reward: f64::from(u8::from(solved)), ending: self.ending })
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        into.clone_from(&self.said);
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        self.submissions.len() as u32
    }

    /// The task, what the world said last, and whether it is over.
    fn state_key(&self) -> u64 {
        let Some(task) = &self.task else { return 0 };
        let over = u64::from(self.ending.is_some());
        digest([task.seed().get(), over].into_iter().chain(self.said.iter().copied().map(u64::from)))
    }
}

/// The task of a seed, or an error that names the seed.
pub(super) fn draw_task(
    world: &str,
    config: &super::TaskConfig,
    seed: TaskSeed,
) -> Result<CodeTask, EnvError> {
    CodeTask::draw(config, seed).ok_or_else(|| EnvError::Task {
        environment: world.to_owned(),
        seed: seed.get(),
        reason: "no target has the tests that are asked for; ask for fewer medium or hard tests".to_owned(),
    })
}

impl TokenEnvironment for CodeDsl {
    fn vocabulary(&self) -> &Vocabulary {
        self.words.vocabulary()
    }

    fn turn_limit(&self) -> usize {
        self.config.language.longest(&self.config.task) + 1
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let CodeConfig { language, mask, task, .. } = &*self.config;
        language.next(*mask, language.longest(task), tokens, allowed);
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        let last = self.submissions.last()?;
        match last.program {
            Err(_) => Some(TurnFault::Malformed),
            Ok(_) => last.error.map(|_| TurnFault::Refused),
        }
    }
}
