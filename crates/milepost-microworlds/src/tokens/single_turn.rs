use std::fmt::Debug;

use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, Outcome, Probe, Purpose, StepOutcome, Stream, StreamKey,
    TaskSeed, TokenEnvironment, TurnFault, Vocabulary,
};

/// A task of one turn: a prompt, an answer, a verdict. [`SingleTurn`] makes an environment of it.
pub trait TurnTask: Clone + Send {
    /// What one prompt asks.
    type Problem: Clone + Debug + PartialEq + Send;

    /// Its name, as an experiment file spells it.
    fn name(&self) -> &'static str;

    /// Every token that is read or written.
    fn vocabulary(&self) -> &Vocabulary;

    /// A problem drawn at random.
    fn draw(&self, stream: &mut Stream) -> Self::Problem;

    /// Appends the prompt, [`Vocabulary::BEGIN`] first.
    fn prompt(&self, problem: &Self::Problem, into: &mut Vec<u32>);

    /// The most tokens of an answer to any problem, its end included.
    fn turn_limit(&self) -> usize;

    /// Appends, in increasing order, the tokens that may follow `tokens` in a well-formed answer; none after
    /// tokens that no well-formed answer begins with.
    fn allowed(&self, problem: &Self::Problem, tokens: &[u32], into: &mut Vec<u32>);

    /// Whether `turn` solves the problem; `None` if it is not a whole, well-formed answer.
    fn verdict(&self, problem: &Self::Problem, turn: &[u32]) -> Option<bool>;

    /// An answer that solves the problem.
    fn expert(&self, problem: &Self::Problem) -> Vec<u32>;

    /// A number for what a whole, well-formed turn answers, right or wrong: equal numbers are equal answers. `None`
    /// for other turns, and in tasks whose answers are not told apart.
    fn answer(&self, problem: &Self::Problem, turn: &[u32]) -> Option<u32> {
        let _ = (problem, turn);
        None
    }
}

/// Records what was answered, as `answer`: the number of [`TurnTask::answer`], −1 where there is none (yet). It says
/// nothing about what is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerProbe;

impl<T: TurnTask> Probe<SingleTurn<T>> for AnswerProbe {
    fn name(&self) -> &'static str {
        "answer"
    }

    fn read(&mut self, environment: &SingleTurn<T>) -> f64 {
        environment.answered().map_or(-1.0, f64::from)
    }
}

/// A [`TurnTask`] as an environment: the prompt is observed, one turn answers it, the episode is over.
///
/// The reward is 1 for an answer that solves the problem, else 0. A malformed turn ends the episode with
/// [`Ending::Malformed`]. After the end nothing more is said: the observation is empty.
#[derive(Debug, Clone)]
pub struct SingleTurn<T: TurnTask> {
    task: T,
    problem: Option<T::Problem>,
    ending: Option<Ending>,
    answered: Option<u32>,
}

impl<T: TurnTask> SingleTurn<T> {
    /// The environment, to be reset before the first turn.
    pub const fn new(task: T) -> Self {
        Self { task, problem: None, ending: None, answered: None }
    }

    /// The task itself.
    pub const fn task(&self) -> &T {
        &self.task
    }

    /// What the current prompt asks; `None` before the first reset.
    pub const fn problem(&self) -> Option<&T::Problem> {
        self.problem.as_ref()
    }

    /// What the last turn answered ([`TurnTask::answer`]).
    pub const fn answered(&self) -> Option<u32> {
        self.answered
    }

    /// Poses a given problem, as a reset would pose a drawn one.
    pub fn pose(&mut self, problem: T::Problem) {
        (self.problem, self.ending, self.answered) = (Some(problem), None, None);
    }

    fn said(&self, into: &mut Vec<u32>) {
        if let (Some(problem), None) = (&self.problem, self.ending) {
            self.task.prompt(problem, into);
        }
    }
}

impl<T: TurnTask> Environment for SingleTurn<T> {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let key = StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::named(self.task.name())) };
        let problem = self.task.draw(&mut Stream::new(key));
        self.pose(problem);
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        let environment = || self.task.name().to_owned();
        let Some(problem) = &self.problem else {
            return Err(EnvError::NotReset { environment: environment() });
        };
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        let (reward, ending) = match self.task.verdict(problem, turn) {
            Some(true) => (1.0, Ending::Terminated(Outcome::Success)),
            Some(false) => (0.0, Ending::Terminated(Outcome::Failure)),
            None => (0.0, Ending::Malformed),
        };
        self.answered = self.task.answer(problem, turn);
        self.ending = Some(ending);
        Ok(StepOutcome { reward, ending: self.ending })
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        into.clear();
        self.said(into);
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        u32::from(self.ending.is_some())
    }

    /// FNV-1a of the prompt; what is over shares one key.
    fn state_key(&self) -> u64 {
        let mut said = Vec::new();
        self.said(&mut said);
        said.iter().fold(0xcbf2_9ce4_8422_2325, |hash, token| {
            (hash ^ u64::from(*token)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    }
}

impl<T: TurnTask> TokenEnvironment for SingleTurn<T> {
    fn vocabulary(&self) -> &Vocabulary {
        self.task.vocabulary()
    }

    fn turn_limit(&self) -> usize {
        self.task.turn_limit()
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        match &self.problem {
            Some(problem) => self.task.allowed(problem, tokens, allowed),
            None => allowed.push(Vocabulary::END),
        }
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        (self.ending == Some(Ending::Malformed)).then_some(TurnFault::Malformed)
    }
}

impl<T: TurnTask> Demonstrator for SingleTurn<T> {
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let problem = self.problem.as_ref().filter(|_| self.ending.is_none())?;
        Some(self.task.expert(problem))
    }

    /// A walk through the grammar, each allowed token equally likely.
    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        let (mut turn, mut allowed) = (Vec::new(), Vec::new());
        loop {
            allowed.clear();
            self.grammar(&turn, &mut allowed);
            if allowed.is_empty() {
                return turn;
            }
            turn.push(allowed[stream.below(allowed.len() as u64) as usize]);
            if self.is_finished(&turn) {
                return turn;
            }
        }
    }
}
