use std::sync::Arc;

use milepost_core::{Budget, Ending, EnvError, Outcome, StepOutcome, TaskSeed};

use super::action::PageAction;
use super::config::{ActionSpace, PageConfig};
use super::log::{EpisodeLog, SearchRecord, Viewed};
use super::oracle::PageOracle;
use super::page::Page;
use super::rect::Rect;
use super::view::Shown;
use super::world::{Query, World};
use crate::digest::digest;

/// What the last turn brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No turn was taken yet.
    Asked,
    /// A result list.
    Listed,
    /// The full view of a page.
    Opened,
    /// A part of the open page.
    Cropped,
    /// The end.
    Over,
}

impl Phase {
    /// Number of phases.
    pub const COUNT: usize = 5;
}

/// Either face of the world, factored or in tokens: what is measured about one holds for the other.
pub trait PageWorld {
    /// The current episode; `None` before the first reset.
    fn episode(&self) -> Option<&PageEpisode>;
}

/// The state of an episode.
#[derive(Debug, Clone)]
pub struct PageEpisode {
    config: Arc<PageConfig>,
    world: Arc<World>,
    log: EpisodeLog,
    phase: Phase,
    /// The last query.
    query: Option<Query>,
    /// Id of the open page.
    open: Option<u32>,
    /// The last box on the open page, and what it shows.
    crop: Option<(Rect, Shown)>,
    elapsed: u32,
    ending: Option<Ending>,
}

impl PageEpisode {
    pub(super) fn start(config: &Arc<PageConfig>, seed: TaskSeed) -> Self {
        Self {
            config: Arc::clone(config),
            world: Arc::new(World::draw(config, seed)),
            log: EpisodeLog::default(),
            phase: Phase::Asked,
            query: None,
            open: None,
            crop: None,
            elapsed: 0,
            ending: None,
        }
    }

    /// The pages and the question.
    #[must_use]
    pub fn world(&self) -> &World {
        &self.world
    }

    /// The annotation of the question, for rewards that are computed from it on purpose.
    #[must_use]
    pub fn oracle(&self) -> &PageOracle {
        self.world.oracle()
    }

    /// What was done so far.
    #[must_use]
    pub const fn log(&self) -> &EpisodeLog {
        &self.log
    }

    /// What the last turn brought.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The last result list; empty before the first search.
    #[must_use]
    pub fn results(&self) -> &[u32] {
        self.log.searches.last().map_or(&[], |search| &search.results)
    }

    /// The open page with its id.
    #[must_use]
    pub fn open(&self) -> Option<(u32, &Page)> {
        self.open.map(|id| (id, &self.world.pages()[id as usize]))
    }

    /// What the last box on the open page shows.
    #[must_use]
    pub fn cropped(&self) -> Option<Shown> {
        self.crop.map(|(_, shown)| shown)
    }

    /// Turns taken.
    #[must_use]
    pub const fn elapsed(&self) -> u32 {
        self.elapsed
    }

    pub(super) fn relations(&self) -> u32 {
        self.config.relations
    }

    /// Turns left.
    #[must_use]
    pub fn left(&self) -> u32 {
        self.config.max_turns.saturating_sub(self.elapsed)
    }

    pub(super) const fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// Whether what the action refers to is there: a result list for a selection, an open page for a crop.
    #[must_use]
    pub fn is_possible(&self, action: PageAction) -> bool {
        match action {
            PageAction::Search { .. } | PageAction::Answer { .. } => true,
            PageAction::Select { slot } => (slot as usize) < self.results().len(),
            PageAction::Crop { .. } => self.can_crop(),
        }
    }

    pub(super) fn actions(&self) -> ActionSpace {
        self.config.actions
    }

    /// Whether there is an open page that may be cropped.
    pub(super) fn can_crop(&self) -> bool {
        self.open.is_some() && self.config.actions == ActionSpace::Hierarchical
    }

    /// Takes a turn; `None` and whatever is not possible break the format, which ends the episode.
    pub(super) fn turn(&mut self, action: Option<PageAction>) -> Result<StepOutcome, EnvError> {
        let environment = || "page-qa".to_owned();
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        self.elapsed += 1;
        let outcome = if let Some(action) = action.filter(|action| self.is_possible(*action)) {
            self.act(action)
        } else {
            self.log.malformed = true;
            Some(Ending::Malformed)
        };
        let over = self.elapsed >= self.config.max_turns;
        self.ending = outcome.or_else(|| over.then_some(Ending::Truncated(Budget::Steps)));
        if outcome.is_some() {
            self.phase = Phase::Over;
        }
        let reward = f64::from(u8::from(self.ending.is_some_and(Ending::is_success)));
        Ok(StepOutcome { reward, ending: self.ending })
    }

    /// Carries out a possible action; how it ended the task, if it did.
    fn act(&mut self, action: PageAction) -> Option<Ending> {
        match action {
            PageAction::Search { entity, relation } => {
                let query = Query { entity, relation };
                let results = self.world.retrieve(query);
                self.log.searches.push(SearchRecord { results, selections: Vec::new() });
                self.query = Some(query);
                self.phase = Phase::Listed;
                None
            }
            PageAction::Select { slot } => {
                let search = self.log.searches.last_mut()?;
                let page = *search.results.get(slot as usize)?;
                search.selections.push(Viewed { page, boxes: Vec::new() });
                self.open = Some(page);
                self.crop = None;
                self.phase = Phase::Opened;
                None
            }
            PageAction::Crop { x0, y0, x1, y1 } => {
                let raw = Rect::new(x0 as i32, y0 as i32, x1 as i32 + 1, y1 as i32 + 1);
                let selections = self.log.searches.iter_mut().flat_map(|search| &mut search.selections);
                selections.last()?.boxes.push(raw);
                self.crop = Some((raw, Shown::of_box(raw, self.config.sharp, self.config.padding)));
                self.phase = Phase::Cropped;
                None
            }
            PageAction::Answer { value } => {
                self.log.answer = Some(value);
                let right = value == self.oracle().answer;
                let verdict = if right { Outcome::Success } else { Outcome::Failure };
                Some(Ending::Terminated(verdict))
            }
        }
    }

    /// A key of what the policy can see and of the end: how it got there does not count.
    pub(super) fn key(&self) -> u64 {
        let or_none = |value: Option<u64>| value.map_or(0, |value| value + 1);
        let query = self.query.map(|query| u64::from(query.entity) << 32 | u64::from(query.relation));
        let corner = |x: i32, y: i32| (x as u64) << 8 | y as u64;
        let crop = self.crop.map(|(r, _)| corner(r.x0, r.y0) << 16 | corner(r.x1, r.y1));
        digest([
            self.world.seed().get(),
            self.phase as u64,
            or_none(query),
            or_none(self.open.map(u64::from)),
            or_none(crop),
            or_none(self.log.answer.map(u64::from)),
            u64::from(self.log.malformed),
        ])
    }
}
