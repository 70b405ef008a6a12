use milepost_core::Encoder;

use super::config::PageConfig;
use super::episode::{PageEpisode, Phase};
use super::page::{TITLE, title};
use super::view::{Shown, VIEW_LEN};

/// Numbers of a title glyph.
const GLYPH: usize = (TITLE * TITLE) as usize;

/// What the policy sees of the world of pages. What is not there is zero.
#[derive(Debug, Clone, PartialEq)]
pub struct PageObservation {
    /// The question: its entity and its relation, each as one of many, `[entities + relations]`.
    pub question: Vec<f32>,
    /// The title glyphs of the last result list, `[list, 3, 3]`.
    pub titles: Vec<f32>,
    /// The full view of the open page, `[3, 8, 8]`.
    pub view: Vec<f32>,
    /// The last crop of the open page, `[3, 8, 8]`.
    pub crop: Vec<f32>,
    /// What the last turn brought.
    pub phase: Phase,
}

impl PageObservation {
    pub(super) fn blank(config: &PageConfig) -> Self {
        Self {
            question: vec![0.0; (config.entities + config.relations) as usize],
            titles: vec![0.0; config.list as usize * GLYPH],
            view: vec![0.0; VIEW_LEN],
            crop: vec![0.0; VIEW_LEN],
            phase: Phase::Asked,
        }
    }

    /// Everything zero, in the sizes of `config`.
    pub(super) fn clear(&mut self, config: &PageConfig) {
        let zero = |row: &mut Vec<f32>, len: usize| {
            row.clear();
            row.resize(len, 0.0);
        };
        zero(&mut self.question, (config.entities + config.relations) as usize);
        zero(&mut self.titles, config.list as usize * GLYPH);
        zero(&mut self.view, VIEW_LEN);
        zero(&mut self.crop, VIEW_LEN);
        self.phase = Phase::Asked;
    }

    /// Writes the state of an episode over zeros.
    pub(super) fn fill(&mut self, episode: &PageEpisode) {
        let question = episode.world().question();
        let relations = self.question.len() - episode.relations() as usize;
        self.question[question.entity as usize] = 1.0;
        self.question[relations + question.relation as usize] = 1.0;
        for (page, glyph) in episode.results().iter().zip(self.titles.chunks_mut(GLYPH)) {
            glyph.copy_from_slice(&title(episode.world().pages()[*page as usize].entity));
        }
        if let Some((_, page)) = episode.open() {
            Shown::FULL.render(page, &mut self.view);
            if let Some(shown) = episode.cropped() {
                shown.render(page, &mut self.crop);
            }
        }
        self.phase = episode.phase();
    }
}

/// All parts of a [`PageObservation`] in a row: question, titles, view, crop, and the phase as one of many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageEncoder {
    len: usize,
}

impl PageEncoder {
    /// For the observations of a world with these parameters.
    #[must_use]
    pub fn new(config: &PageConfig) -> Self {
        let question = (config.entities + config.relations) as usize;
        Self { len: question + config.list as usize * GLYPH + 2 * VIEW_LEN + Phase::COUNT }
    }
}

impl Encoder<PageObservation> for PageEncoder {
    fn len(&self) -> usize {
        self.len
    }

    fn encode(&self, observation: &PageObservation, _state_key: u64, out: &mut [f32]) {
        let mut phase = [0.0; Phase::COUNT];
        phase[observation.phase as usize] = 1.0;
        let parts = [&observation.question, &observation.titles, &observation.view, &observation.crop]
            .map(Vec::as_slice);
        let all = parts.into_iter().chain([phase.as_slice()]).flatten();
        for (slot, number) in out.iter_mut().zip(all) {
            *slot = *number;
        }
    }
}
