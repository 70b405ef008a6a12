use milepost_core::Probe;

use super::episode::PageWorld;
use super::measure::Measures;

/// Records what the world measures about an episode so far, for rewards that are computed from it on purpose.
/// Before the first reset it is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageProbe {
    /// `f`, as `page-format`.
    Format,
    /// `a`, as `page-answer`.
    Answer,
    /// `N`, as `page-ranking`.
    Ranking,
    /// `S`, as `page-selection`.
    Selection,
    /// `L`, as `page-localisation`.
    Localisation,
}

impl PageProbe {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::Format, Self::Answer, Self::Ranking, Self::Selection, Self::Localisation];

    /// The number that it records.
    #[must_use]
    pub const fn of(self, measures: &Measures) -> f64 {
        match self {
            Self::Format => measures.format.score(),
            Self::Answer => measures.answer,
            Self::Ranking => measures.ranking,
            Self::Selection => measures.selection,
            Self::Localisation => measures.localisation,
        }
    }
}

impl<E: PageWorld> Probe<E> for PageProbe {
    fn name(&self) -> &str {
        match self {
            Self::Format => "page-format",
            Self::Answer => "page-answer",
            Self::Ranking => "page-ranking",
            Self::Selection => "page-selection",
            Self::Localisation => "page-localisation",
        }
    }

    fn read(&mut self, environment: &E) -> f64 {
        let episode = environment.episode();
        episode.map_or(0.0, |episode| self.of(&Measures::of(episode.log(), episode.oracle())))
    }
}
