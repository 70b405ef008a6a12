use std::sync::Arc;

use milepost_core::{
    Budget, Ending, EnvError, Environment, Outcome, ParameterError, Probe, Purpose, StepOutcome, Stream,
    StreamKey, TaskSeed, TokenEnvironment, TurnFault, Vocabulary,
};

use super::ToolConfig;
use super::slip::stutter;
use super::turn::{Act, allowed, call_of, read, turn_limit};
use crate::code_dsl::environment::draw_task;
use crate::code_dsl::words::{say_data, say_spec};
use crate::code_dsl::{CodeTask, Fault, Language, Thought, Words};
use crate::digest::digest;
use crate::pipeline::{Data, Pipeline, Token};

/// A described transformation is to be evaluated on a given list; a tool runs expressions on it.
///
/// A turn is `thought* run expression <end>` or `thought* ans value <end>`. A call that succeeds is answered with `=` and
/// the value; one that fails with the class of the error and the offending token, and is [`TurnFault::Refused`]. An
/// answer ends the episode, with reward 1 if it is the target's value. A turn of another shape is
/// [`TurnFault::Malformed`], is answered with `parse-error`, and costs its turn. After the last turn the episode is
/// truncated.
///
/// With `flaky`, some calls reach the tool with the name of an operation written twice. Which do is fixed by the task, the turn's
/// number and all tokens of the turn, so that a replay meets the same slips; asking again is luck of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeTool {
    pub(super) config: Arc<ToolConfig>,
    words: Arc<Words>,
    pub(super) task: Option<Arc<Question>>,
    pub(super) events: Vec<ToolEvent>,
    said: Vec<u32>,
    ending: Option<Ending>,
}

/// What is asked.
#[derive(Debug, PartialEq)]
pub(super) struct Question {
    pub(super) task: CodeTask,
    /// The list.
    pub(super) given: Vec<i64>,
    /// What the target gives for it.
    pub(super) answer: Data,
}

/// What one turn did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolEvent {
    /// What was thought first.
    pub thoughts: Vec<Thought>,
    /// What was done.
    pub action: ToolAction,
}

impl ToolEvent {
    /// Whether it was a call that failed.
    #[must_use]
    pub const fn is_failed_call(&self) -> bool {
        matches!(self.action, ToolAction::Run { result: Err(_), .. })
    }

    /// Whether it was a call that failed, or no turn at all.
    #[must_use]
    pub const fn is_fault(&self) -> bool {
        self.is_failed_call() || matches!(self.action, ToolAction::Malformed)
    }
}

/// What a turn did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolAction {
    /// An expression was run.
    Run {
        /// As it was written.
        written: Vec<Token>,
        /// Whether it reached the tool with a slip.
        slipped: bool,
        /// What the tool said.
        result: Result<Data, Fault>,
    },
    /// A value was answered.
    Answer {
        /// Which.
        value: Data,
        /// Whether it was right.
        right: bool,
    },
    /// The turn could not be understood.
    Malformed,
}

const NAME: &str = "code-tool";

impl CodeTool {
    /// A world with these parameters.
    pub fn new(config: ToolConfig) -> Result<Self, ParameterError> {
        config.validate()?;
        let words = Words::new(Language::Pipeline).map_err(|error| ParameterError::words(NAME, &error))?;
        Ok(Self {
            config: Arc::new(config),
            words: Arc::new(words),
            task: None,
            events: Vec::new(),
            said: Vec::new(),
            ending: None,
        })
    }

    /// The parameters.
    #[must_use]
    pub fn config(&self) -> &ToolConfig {
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
        self.task.as_ref().map(|question| &question.task)
    }

    /// The value that is to be answered: hidden state.
    #[must_use]
    pub fn answer(&self) -> Option<&Data> {
        self.task.as_ref().map(|question| &question.answer)
    }

    /// What happened so far, an event a turn.
    #[must_use]
    pub fn events(&self) -> &[ToolEvent] {
        &self.events
    }

    /// Where the call of a turn begins, its thoughts left out; `None` where the turn holds no call. What a sampler that repairs
    /// calls needs to know.
    #[must_use]
    pub fn call_of(&self, turn: &[u32]) -> Option<usize> {
        call_of(&self.config, turn)
    }

    /// Calls that failed so far.
    #[must_use]
    pub fn failed_calls(&self) -> u32 {
        self.events.iter().filter(|event| event.is_failed_call()).count() as u32
    }

    /// What the tool makes of a call.
    fn run(&self, question: &Question, turn: &[u32], written: Vec<Token>) -> ToolAction {
        let words = [question.task.seed().get(), u64::from(self.elapsed())];
        let luck = digest(words.into_iter().chain(turn.iter().copied().map(u64::from)));
        let mut stream = Stream::new(StreamKey::new(luck, Purpose::named("flaky tool")));
        let slipped = stream.uniform() < self.config.flaky;
        let received = if slipped { stutter(&written, &mut stream) } else { written.clone() };
        let result = Pipeline::parse(&received).map_err(Fault::parse).and_then(|program| {
            program.check().map_err(Fault::types)?;
            program.value(&question.given).map_err(|error| Fault::run(&program, error))
        });
        ToolAction::Run { written, slipped, result }
    }

    pub(super) fn is_last_turn(&self) -> bool {
        self.elapsed() >= self.config.calls
    }
}

impl Default for CodeTool {
    /// The world of [`ToolConfig::default`].
    fn default() -> Self {
        Self::new(ToolConfig::default()).unwrap_or_else(|error| unreachable!("the defaults: {error}"))
    }
}

impl Environment for CodeTool {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let task = draw_task(NAME, &self.config.task, seed)?;
        let Some(case) = task.train().cases().last().cloned() else {
            let reason = "a task without tests gives no list; ask for a medium test".to_owned();
            return Err(EnvError::Task { environment: NAME.to_owned(), seed: seed.get(), reason });
        };
        self.said.clear();
        say_spec(&task, &mut self.said);
        self.said.push(Words::GIVEN);
        say_data(&Data::List(case.input.clone()), &mut self.said);
        self.task = Some(Arc::new(Question { task, given: case.input, answer: case.output }));
        self.events.clear();
        self.ending = None;
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: NAME.to_owned(), ending });
        }
        let Some(question) = self.task.clone() else {
            return Err(EnvError::NotReset { environment: NAME.to_owned() });
        };
        let (thoughts, act) = read(&self.config, turn);
        self.said.clear();
        let mut reward = 0.0;
        let action = match act {
            None => {
                let at = thoughts.len();
                self.said.extend(Words::fault(Fault { class: crate::pipeline::ErrorClass::Parse, at }));
                ToolAction::Malformed
            }
            Some(Act::Run(written)) => {
                let action = self.run(&question, turn, written);
                if let ToolAction::Run { result, .. } = &action {
                    match result {
                        Ok(data) => {
                            self.said.push(Words::EQUALS);
                            say_data(data, &mut self.said);
                        }
                        Err(fault) => self.said.extend(Words::fault(*fault)),
                    }
                }
                action
            }
            Some(Act::Answer(value)) => {
                let right = value == question.answer;
                let outcome = if right { Outcome::Success } else { Outcome::Failure };
                self.ending = Some(Ending::Terminated(outcome));
                self.said.push(if right { Words::OK } else { Words::WRONG });
                reward = f64::from(u8::from(right));
                ToolAction::Answer { value, right }
            }
        };
        self.events.push(ToolEvent { thoughts, action });
        if self.ending.is_none() && self.elapsed() > self.config.calls {
            self.ending = Some(Ending::Truncated(Budget::Steps));
        }
        Ok(StepOutcome { reward, ending: self.ending })
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
        self.events.len() as u32
    }

    /// The task, what the world said last, and whether it is over. Which calls slip also depends on the turn they are made in:
    /// that luck is the clock's, not the state's.
    fn state_key(&self) -> u64 {
        let Some(question) = &self.task else { return 0 };
        let over = u64::from(self.ending.is_some_and(|ending| !ending.bootstraps()));
        let words = [question.task.seed().get(), over];
        digest(words.into_iter().chain(self.said.iter().copied().map(u64::from)))
    }
}

impl TokenEnvironment for CodeTool {
    fn vocabulary(&self) -> &Vocabulary {
        self.words.vocabulary()
    }

    fn turn_limit(&self) -> usize {
        turn_limit(&self.config)
    }

    fn grammar(&self, tokens: &[u32], into: &mut Vec<u32>) -> bool {
        allowed(&self.config, !self.is_last_turn(), tokens, into);
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        match &self.events.last()?.action {
            ToolAction::Malformed => Some(TurnFault::Malformed),
            ToolAction::Run { result: Err(_), .. } => Some(TurnFault::Refused),
            ToolAction::Run { .. } | ToolAction::Answer { .. } => None,
        }
    }
}

/// Records what the turn that led to a state did. Before the first turn it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolProbe {
    /// 1 if its call failed, as `tool-failed`.
    Failed,
    /// 1 if its call succeeded right after one that failed, as `tool-repaired`.
    Repaired,
    /// 1 if it thought [`Thought::Sorry`] although the turn before did not fail, as `tool-out-of-place`.
    OutOfPlace,
}

impl ToolProbe {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Failed, Self::Repaired, Self::OutOfPlace];
}

impl Probe<CodeTool> for ToolProbe {
    fn name(&self) -> &'static str {
        match self {
            Self::Failed => "tool-failed",
            Self::Repaired => "tool-repaired",
            Self::OutOfPlace => "tool-out-of-place",
        }
    }

    fn read(&mut self, environment: &CodeTool) -> f64 {
        let Some((last, before)) = environment.events().split_last() else { return 0.0 };
        let before_failed = before.last().is_some_and(ToolEvent::is_fault);
        let holds = match self {
            Self::Failed => last.is_failed_call(),
            Self::Repaired => before_failed && matches!(last.action, ToolAction::Run { result: Ok(_), .. }),
            Self::OutOfPlace => !before_failed && last.thoughts.contains(&Thought::Sorry),
        };
        f64::from(u8::from(holds))
    }
}
