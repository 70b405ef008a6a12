use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, StepOutcome, Stream, TaskSeed, TokenEnvironment, TurnFault,
    Vocabulary,
};

use super::action::PageAction;
use super::config::PageConfig;
use super::environment::PageQa;
use super::episode::{PageEpisode, PageWorld, Phase};
use super::words::Words;
use crate::form::{self, Form};
use milepost_core::ParameterError;

/// The world of pages in tokens: the same pages, actions and rewards as [`PageQa`], read and written in words.
///
/// | turn | reply |
/// |---|---|
/// | (the question) | `<begin> question e3 r2` |
/// | `search e3 r2` | `list p17 e3 p4 e3 …`: ids and titles, best first |
/// | `select n0` | `page e3 cell n4 n6 n7 n7 r2 ? cell …`: of each cell its box (last column and row included), relation, and value or `?` |
/// | `crop n4 n6 n7 n7` | `crop r2 v5`: what can be read of the cells in the box, or `crop blank` |
/// | `answer v5` | `over` |
///
/// A cell can be read where its pixels can: see [`Shown`](super::Shown). Glyphs that are cut off are not guessed.
/// Every turn ends with [`Vocabulary::END`]. A turn that is none of these, or refers to what is not there, is
/// answered `malformed` and ends the episode; a degenerate box is refused and shows nothing.
#[derive(Debug, Clone)]
pub struct PageText {
    inner: PageQa,
    words: Words,
    fault: Option<TurnFault>,
}

impl PageText {
    /// The world with these parameters. Must be reset first.
    pub fn new(config: PageConfig) -> Result<Self, ParameterError> {
        let inner = PageQa::new(config)?;
        let words = Words::new(inner.config());
        Ok(Self { inner, words, fault: None })
    }

    /// Its parameters.
    #[must_use]
    pub fn config(&self) -> &PageConfig {
        self.inner.config()
    }

    /// The action as a whole turn. A part that has no word makes a turn that is malformed.
    #[must_use]
    pub fn write(&self, action: PageAction) -> Vec<u32> {
        self.words.write(action)
    }

    /// The turns that can be understood in the current state.
    fn forms(&self) -> Vec<Form> {
        let episode = self.inner.episode();
        let list = episode.map_or(0, |episode| episode.results().len());
        self.words.forms(self.config(), list, episode.is_some_and(PageEpisode::can_crop))
    }
}

impl PageWorld for PageText {
    fn episode(&self) -> Option<&PageEpisode> {
        self.inner.episode()
    }
}

impl Environment for PageText {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.fault = None;
        self.inner.reset(seed)
    }

    fn step(&mut self, action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        let understood = self.words.read(action).filter(|action| action.validate(self.config()).is_ok());
        let outcome = self.inner.turn(understood)?;
        let degenerate = self.inner.phase() == Phase::Cropped
            && self
                .episode()
                .and_then(PageEpisode::cropped)
                .is_some_and(|shown| shown.region.is_degenerate());
        self.fault = match outcome.ending {
            Some(Ending::Malformed) => Some(TurnFault::Malformed),
            _ => degenerate.then_some(TurnFault::Refused),
        };
        Ok(outcome)
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    /// Nothing before the first reset.
    fn observe(&self, into: &mut Vec<u32>) {
        into.clear();
        if let Some(episode) = self.inner.episode() {
            self.words.say(episode, into);
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.inner.ending()
    }

    fn elapsed(&self) -> u32 {
        self.inner.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.inner.state_key()
    }
}

impl TokenEnvironment for PageText {
    fn vocabulary(&self) -> &Vocabulary {
        self.words.vocabulary()
    }

    /// A crop is the longest: verb, four numbers, end.
    fn turn_limit(&self) -> usize {
        6
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        form::allowed(&self.forms(), tokens, allowed);
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        self.fault
    }
}

impl Demonstrator for PageText {
    fn expert_turn(&self) -> Option<Vec<u32>> {
        self.inner.expert_action().map(|action| self.write(action))
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        self.write(self.inner.random_action(stream))
    }
}
