use std::sync::Arc;

use milepost_core::{
    Budget, Ending, EnvError, Environment, Outcome, StepOutcome, TaskSeed, TokenEnvironment, TurnFault,
    Vocabulary,
};

use super::event::{LookupAction, LookupEvent, ShownDocument};
use super::retriever::retrieve;
use super::score::f1;
use super::turn::{Act, Answer, Reading, Rules};
use super::words::{Thought, Words};
use super::world::Task;
use super::{Fact, LookupConfig, OutcomeReward, Query};
use crate::digest::digest;
use milepost_core::ParameterError;

/// Questions of several hops over a corpus that has to be searched.
///
/// A turn is `thought* q e r <end>` or `thought* ans e (via e)* (cite d)* <end>`. A query is answered with documents,
/// `doc d e r e' eod` each (`d` where citations are allowed); an answer ends the episode and is paid. A turn
/// of another shape ends it as [`Ending::Malformed`] with reward 0; the last turn's query, as truncated.
#[derive(Debug, Clone, PartialEq)]
pub struct LookupQa {
    pub(super) config: Arc<LookupConfig>,
    pub(super) words: Arc<Words>,
    pub(super) rules: Rules,
    pub(super) task: Option<Arc<Task>>,
    pub(super) events: Vec<LookupEvent>,
    said: Vec<u32>,
    /// Every document shown so far; its place is the place of its id.
    pub(super) shown: Vec<Fact>,
    ending: Option<Ending>,
}

const NAME: &str = "lookup-qa";

impl LookupQa {
    /// A world with these parameters.
    pub fn new(config: LookupConfig) -> Result<Self, ParameterError> {
        config.validate()?;
        let words = Words::new(&config);
        let words = words.unwrap_or_else(|error| unreachable!("the words of a lookup world: {error}"));
        Ok(Self {
            rules: Rules::new(&config),
            config: Arc::new(config),
            words: Arc::new(words),
            task: None,
            events: Vec::new(),
            said: Vec::new(),
            shown: Vec::new(),
            ending: None,
        })
    }

    /// The parameters.
    #[must_use]
    pub fn config(&self) -> &LookupConfig {
        &self.config
    }

    /// Words and their ids.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Appends to `allowed` (empty when called), in increasing order, the tokens that may follow `tokens` in a turn that
    /// answers, whichever turn it is.
    pub fn answer_grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) {
        if let Some(reading) = Reading::new(&self.words, self.rules).read(tokens) {
            reading.allowed_in_answer(allowed);
        }
    }

    /// F1 of two names.
    pub(super) fn overlap(&self, entity: u32, other: u32) -> f64 {
        let tokens = |entity| self.words.name(entity).collect::<Vec<u32>>();
        f1(&tokens(entity), &tokens(other))
    }

    /// What stands in a document's place among the shown ones; it is shown from now on.
    fn show(&mut self, task: &Task, document: Query) -> ShownDocument {
        let fact = task.fact(document);
        let place = self.shown.iter().position(|other| *other == fact).unwrap_or_else(|| {
            self.shown.push(fact);
            self.shown.len() - 1
        });
        // Without citations nobody reads ids, and there may be more documents than ids.
        ShownDocument { fact, label: task.labels[place % task.labels.len()] }
    }

    fn search(&mut self, task: &Task, query: Query) -> LookupAction {
        let turn = self.events.len() as u32;
        let documents: Vec<ShownDocument> = retrieve(&self.config, task.seed, query, turn)
            .into_iter()
            .map(|document| self.show(task, document))
            .collect();
        for document in &documents {
            let Fact { subject, relation, object } = document.fact;
            self.said.push(Words::DOC);
            if self.config.citations > 0 {
                self.said.push(self.words.label(document.label));
            }
            self.said.extend(self.words.name(subject));
            self.said.push(self.words.relation(relation));
            self.said.extend(self.words.name(object));
            self.said.push(Words::EOD);
        }
        LookupAction::Search { query, documents }
    }

    /// What the document shown under `label` states, if there is one.
    fn cited(&self, task: &Task, label: u32) -> Option<Fact> {
        let place = task.labels.iter().position(|other| *other == label)?;
        self.shown.get(place).copied()
    }

    fn answered(&mut self, task: &Task, answer: Answer) -> (LookupAction, f64) {
        let exact = answer.entity == task.answer();
        let outcome = if exact { Outcome::Success } else { Outcome::Failure };
        self.ending = Some(Ending::Terminated(outcome));
        let reward = match self.config.outcome {
            OutcomeReward::ExactMatch => f64::from(u8::from(exact)),
            OutcomeReward::F1 => self.overlap(answer.entity, task.answer()),
        };
        let evidence = answer.citations.iter().map(|label| self.cited(task, *label)).collect();
        (LookupAction::Answer { answer, evidence }, reward)
    }
}

impl Default for LookupQa {
    /// The world of [`LookupConfig::default`].
    fn default() -> Self {
        Self::new(LookupConfig::default()).unwrap_or_else(|error| unreachable!("the defaults: {error}"))
    }
}

impl Environment for LookupQa {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let task = Task::draw(&self.config, seed);
        self.said = task.prompt(&self.words, &[]);
        self.task = Some(Arc::new(task));
        self.events.clear();
        self.shown.clear();
        self.ending = None;
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: NAME.to_owned(), ending });
        }
        let Some(task) = self.task.clone() else {
            return Err(EnvError::NotReset { environment: NAME.to_owned() });
        };
        let resolved = self.resolved();
        self.said.clear();
        let understood = Reading::new(&self.words, self.rules).read(turn).and_then(Reading::finish);
        let (thoughts, (action, reward)): (Vec<Thought>, _) = match understood {
            None => {
                self.ending = Some(Ending::Malformed);
                (Vec::new(), (LookupAction::Malformed { tokens: turn.clone() }, 0.0))
            }
            Some((thoughts, Act::Query(query))) => (thoughts, (self.search(&task, query), 0.0)),
            Some((thoughts, Act::Answer(answer))) => (thoughts, self.answered(&task, answer)),
        };
        self.events.push(LookupEvent { resolved, thoughts, action });
        if self.ending.is_none() && self.elapsed() == self.config.turns {
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

    /// The task, the documents shown with their ids, and whether it is over. Which near misses a query brings
    /// also depends on the turn it is asked in: that luck is the clock's, not the state's.
    fn state_key(&self) -> u64 {
        let Some(task) = &self.task else { return 0 };
        let mut shown: Vec<[u32; 3]> =
            self.shown().iter().map(|d| [d.label, d.fact.subject, d.fact.relation]).collect();
        shown.sort_unstable();
        let over = u64::from(self.ending.is_some_and(|ending| !ending.bootstraps()));
        digest([task.seed, over].into_iter().chain(shown.into_iter().flatten().map(u64::from)))
    }
}

impl TokenEnvironment for LookupQa {
    fn vocabulary(&self) -> &Vocabulary {
        self.words.vocabulary()
    }

    fn turn_limit(&self) -> usize {
        self.rules.turn_limit()
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let last = self.elapsed() + 1 >= self.config.turns;
        if let Some(reading) = Reading::new(&self.words, self.rules).read(tokens) {
            reading.allowed(!(last && self.config.force_answer), allowed);
        }
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        let malformed = matches!(self.events.last()?.action, LookupAction::Malformed { .. });
        malformed.then_some(TurnFault::Malformed)
    }
}
