use std::sync::Arc;

use milepost_core::{Ending, EnvError, Environment, StepOutcome, Stream, TaskSeed};

use super::action::PageAction;
use super::config::PageConfig;
use super::episode::{PageEpisode, PageWorld, Phase};
use super::expert::expert;
use super::observation::PageObservation;
use milepost_core::ParameterError;

/// The world of pages in factored form: numbers are seen, and an action is a choice for each of its parts.
///
/// A right answer pays 1, everything else nothing. An action that refers to what is not there (a selection before
/// any search, a crop before any selection) ends the episode as [`Ending::Malformed`].
#[derive(Debug, Clone)]
pub struct PageQa {
    config: Arc<PageConfig>,
    episode: Option<PageEpisode>,
}

impl PageQa {
    /// The world with these parameters. Must be reset first.
    pub fn new(config: PageConfig) -> Result<Self, ParameterError> {
        config.validate()?;
        Ok(Self { config: Arc::new(config), episode: None })
    }

    /// Its parameters.
    #[must_use]
    pub fn config(&self) -> &PageConfig {
        &self.config
    }

    /// Takes a turn; `None` stands for one that could not be understood.
    pub(super) fn turn(&mut self, action: Option<PageAction>) -> Result<StepOutcome, EnvError> {
        match &mut self.episode {
            Some(episode) => episode.turn(action),
            None => Err(EnvError::NotReset { environment: "page-qa".to_owned() }),
        }
    }
}

impl PageWorld for PageQa {
    fn episode(&self) -> Option<&PageEpisode> {
        self.episode.as_ref()
    }
}

impl Environment for PageQa {
    type Observation = PageObservation;
    type Action = PageAction;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.episode = Some(PageEpisode::start(&self.config, seed));
        Ok(())
    }

    fn step(&mut self, action: &PageAction) -> Result<StepOutcome, EnvError> {
        action.validate(&self.config)?;
        self.turn(Some(*action))
    }

    fn new_observation(&self) -> PageObservation {
        PageObservation::blank(&self.config)
    }

    /// Before the first reset there is nothing to see: all zeros.
    fn observe(&self, into: &mut PageObservation) {
        into.clear(&self.config);
        if let Some(episode) = &self.episode {
            into.fill(episode);
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.episode.as_ref().and_then(PageEpisode::ending)
    }

    fn elapsed(&self) -> u32 {
        self.episode.as_ref().map_or(0, PageEpisode::elapsed)
    }

    fn state_key(&self) -> u64 {
        self.episode.as_ref().map_or(0, PageEpisode::key)
    }
}

impl PageQa {
    /// What the last turn brought; [`Phase::Asked`] before the first reset.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.episode.as_ref().map_or(Phase::Asked, PageEpisode::phase)
    }

    /// The action of an expert who knows where the answer stands, but answers only after having read it; `None`
    /// where the episode is over or the answer can no longer be read in time.
    #[must_use]
    pub fn expert_action(&self) -> Option<PageAction> {
        expert(self.episode.as_ref()?)
    }

    /// An action of a kind that is possible now, all kinds as likely, every part drawn uniformly.
    pub fn random_action(&self, stream: &mut Stream) -> PageAction {
        let list = self.episode.as_ref().map_or(0, |episode| episode.results().len());
        let can_crop = self.episode.as_ref().is_some_and(PageEpisode::can_crop);
        PageAction::draw(&self.config, list, can_crop, stream)
    }

    /// The action of a noisy expert: with probability `noise`, and where the expert has none, a random one.
    pub fn noisy_action(&self, noise: f64, stream: &mut Stream) -> PageAction {
        if stream.uniform() < noise {
            return self.random_action(stream);
        }
        self.expert_action().unwrap_or_else(|| self.random_action(stream))
    }
}
