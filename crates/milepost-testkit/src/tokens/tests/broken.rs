use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, StepOutcome, Stream, TaskSeed, TokenEnvironment, TurnFault,
    Vocabulary,
};

use crate::tokens::HighLow;

/// What is wrong with a [`Broken`] world, or merely different.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Fault {
    None,
    /// No fault: there need not be a grammar.
    NoGrammar,
    /// No fault: a turn may end with a word of its own.
    OwnEnd,
    VocabularyOfTheTask,
    TurnLimitOfTheTask,
    SaysPadding,
    SaysTheEnd,
    SaysWordless,
    SaysNothingFirst,
    LimitIsZero,
    FinishedBeforeItBegins,
    NeverFull,
    AllowsUnordered,
    AllowsPadding,
    AllowsWordless,
    AllowsAtRandom,
    GrammarComesAndGoes,
    GrammarIsTooWide,
    GrammarIsTooLong,
    GrammarIsStuck,
    RefusesNonsenseWithAnError,
    RefusesLegal,
    PanicsOnEmpty,
    PanicsOnWordless,
    WordlessIsFine,
    RemembersFaults,
    EndsMalformedSilently,
    RepliesAreShared,
    ResetRemembers,
    SeedIgnored,
    StepsAfterTheEnd,
    ExpertUngrammatical,
    ExpertUnfinished,
    ExpertHesitates,
    ExpertRepeatsItself,
    ExpertSpeaksOn,
    ExpertFallsSilent,
    ExpertNeverRight,
    ExpertGivesUpTooLate,
    RandomUngrammatical,
    RandomIsConstant,
    RandomReadsTheClock,
    NoiseIgnored,
    NoiseAlways,
    NoiseIsNonsense,
}

/// A [`HighLow`] with one fault, and counters for the fault to keep.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    inner: HighLow,
    fault: Fault,
    /// Shared by clones, as in a careless snapshot.
    shared: Arc<AtomicU32>,
    /// Counts questions.
    asked: Arc<AtomicU32>,
    other: Vocabulary,
    task: u64,
    remembered: Option<TurnFault>,
    over: Option<Ending>,
}

impl Broken {
    pub(super) fn new(fault: Fault) -> Self {
        Self {
            inner: HighLow::default(),
            fault,
            shared: Arc::default(),
            asked: Arc::default(),
            other: Vocabulary::new(["other"]).expect("a word"),
            task: 0,
            remembered: None,
            over: None,
        }
    }

    /// A turn that is no fault and does not say the digit.
    fn wrong_turn(&self) -> Option<Vec<u32>> {
        let turns = (11..19).map(|digit| vec![4, digit, Vocabulary::END]);
        turns.into_iter().find(|turn| {
            let mut after = self.inner.clone();
            after.step(turn).is_ok_and(|outcome| outcome.reward == 0.0) && after.fault().is_none()
        })
    }

    fn ask(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::Relaxed)
    }
}

impl Environment for Broken {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        (self.task, self.over) = (seed.get(), None);
        if self.fault != Fault::ResetRemembers {
            self.shared = Arc::default();
        }
        self.inner.reset(if self.fault == Fault::SeedIgnored { TaskSeed::literal(1) } else { seed })
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        if let (Some(ending), true) = (self.ending(), self.fault == Fault::StepsAfterTheEnd) {
            return Ok(StepOutcome { reward: 0.0, ending: Some(ending) });
        }
        let wordless = turn.iter().any(|token| self.inner.vocabulary().word(*token).is_none());
        match self.fault {
            Fault::PanicsOnEmpty => assert!(!turn.is_empty(), "deliberate"),
            Fault::PanicsOnWordless => assert!(!wordless, "deliberate"),
            _ => {}
        }
        if self.fault == Fault::RefusesLegal && self.elapsed() == 1 {
            return Err(EnvError::IllegalAction { environment: "Broken".to_owned(), action: 0 });
        }
        let mut turn = turn.clone();
        if self.fault == Fault::OwnEnd && self.is_finished(&turn) && turn.last() != Some(&Vocabulary::END) {
            turn.push(Vocabulary::END);
        }
        let mut outcome = self.inner.step(&turn)?;
        self.shared.fetch_add(1, Ordering::Relaxed);
        let fault = self.inner.fault();
        match self.fault {
            Fault::RefusesNonsenseWithAnError if fault == Some(TurnFault::Malformed) => {
                return Err(EnvError::IllegalAction { environment: "Broken".to_owned(), action: 0 });
            }
            Fault::EndsMalformedSilently if fault == Some(TurnFault::Malformed) => {
                self.over = Some(Ending::Malformed);
                outcome.ending = self.over;
            }
            Fault::RemembersFaults => self.remembered = fault,
            _ => {}
        }
        Ok(outcome)
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        self.inner.observe(into);
        match self.fault {
            Fault::SaysPadding if self.elapsed() > 0 => into.push(Vocabulary::PAD),
            Fault::SaysTheEnd if self.elapsed() > 1 => into.push(Vocabulary::END),
            Fault::SaysWordless => into.push(self.vocabulary().len() as u32),
            Fault::SaysNothingFirst if self.elapsed() == 0 => into.clear(),
            Fault::RepliesAreShared | Fault::ResetRemembers => {
                into.push(11 + self.shared.load(Ordering::Relaxed) % 8);
            }
            _ => {}
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.over.or(self.inner.ending())
    }

    fn elapsed(&self) -> u32 {
        self.inner.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.inner.state_key()
    }
}

impl TokenEnvironment for Broken {
    fn vocabulary(&self) -> &Vocabulary {
        match self.fault {
            Fault::VocabularyOfTheTask if self.task % 2 == 1 => &self.other,
            _ => self.inner.vocabulary(),
        }
    }

    fn turn_limit(&self) -> usize {
        match self.fault {
            Fault::TurnLimitOfTheTask => 5 + (self.task % 2) as usize,
            Fault::LimitIsZero => 0,
            Fault::GrammarIsTooLong => 4,
            _ => self.inner.turn_limit(),
        }
    }

    fn is_finished(&self, tokens: &[u32]) -> bool {
        match self.fault {
            Fault::FinishedBeforeItBegins if tokens.is_empty() => true,
            Fault::OwnEnd => {
                let whole = tokens.len() > 1 && tokens[tokens.len() - 2] == 4;
                whole || self.inner.is_finished(tokens)
            }
            Fault::NeverFull | Fault::GrammarIsTooLong => tokens.last() == Some(&Vocabulary::END),
            _ => self.inner.is_finished(tokens),
        }
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let has = self.inner.grammar(tokens, allowed);
        match self.fault {
            Fault::AllowsUnordered => allowed.reverse(),
            Fault::AllowsPadding => allowed.insert(0, Vocabulary::PAD),
            Fault::AllowsWordless => allowed.push(1000),
            Fault::AllowsAtRandom if self.ask().is_multiple_of(3) && allowed.len() > 1 => allowed.truncate(1),
            Fault::GrammarIsTooWide if tokens.is_empty() => allowed.push(18),
            Fault::GrammarIsStuck if tokens.len() == 2 => allowed.clear(),
            Fault::NoGrammar => {
                allowed.clear();
                return false;
            }
            Fault::OwnEnd if tokens.len() > 1 && tokens[tokens.len() - 2] == 4 => allowed.clear(),
            Fault::GrammarComesAndGoes => return has && self.elapsed() < 2,
            _ => {}
        }
        has
    }

    fn fault(&self) -> Option<TurnFault> {
        match self.fault {
            Fault::WordlessIsFine => None,
            Fault::EndsMalformedSilently if self.over.is_some() => Some(TurnFault::Refused),
            Fault::RemembersFaults => self.remembered,
            _ => self.inner.fault(),
        }
    }
}

impl Demonstrator for Broken {
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let mut turn = match self.inner.expert_turn() {
            None if self.fault == Fault::ExpertSpeaksOn => return Some(vec![4, 11, Vocabulary::END]),
            turn => turn?,
        };
        match self.fault {
            Fault::ExpertUngrammatical => turn.insert(1, 4),
            Fault::OwnEnd | Fault::ExpertUnfinished => turn.truncate(2),
            Fault::ExpertHesitates if self.ask().is_multiple_of(2) => turn.insert(0, 3),
            Fault::ExpertRepeatsItself => turn[1] = 11,
            Fault::ExpertFallsSilent if self.elapsed() > 0 => return None,
            Fault::ExpertNeverRight => return self.wrong_turn(),
            Fault::ExpertGivesUpTooLate if self.elapsed() + 1 == HighLow::BUDGET => return self.wrong_turn(),
            _ => {}
        }
        Some(turn)
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        match self.fault {
            Fault::RandomUngrammatical => vec![4, 4, Vocabulary::END],
            Fault::RandomIsConstant => vec![4, 11, Vocabulary::END],
            Fault::RandomReadsTheClock => vec![4, 11 + self.ask() % 8, Vocabulary::END],
            Fault::OwnEnd => {
                let mut turn = self.inner.random_turn(stream);
                turn.truncate(turn.len() - 1);
                turn
            }
            _ => self.inner.random_turn(stream),
        }
    }

    fn noisy_turn(&self, noise: f64, stream: &mut Stream) -> Vec<u32> {
        let noise = match self.fault {
            Fault::NoiseIgnored => 0.0,
            Fault::NoiseAlways => 1.0,
            Fault::NoiseIsNonsense if noise > 0.0 => return Vec::new(),
            _ => noise,
        };
        if stream.uniform() < noise {
            return self.random_turn(stream);
        }
        self.expert_turn().unwrap_or_else(|| self.random_turn(stream))
    }
}
