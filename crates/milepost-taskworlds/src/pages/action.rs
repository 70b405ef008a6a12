use milepost_core::{EnvError, Stream};

use super::config::PageConfig;
use super::page::SIDE;
use super::rect::Rect;
use super::world::Query;

/// One turn in factored form: which kind, and a category for each of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageAction {
    /// Asks the retriever.
    Search {
        /// Which entity.
        entity: u32,
        /// Which relation of it.
        relation: u32,
    },
    /// Opens a page of the last result list.
    Select {
        /// Position in the list, from 0.
        slot: u32,
    },
    /// Looks closer at a box of the open page. All four are pixels from 0 to 15, the far ones *included*, so that
    /// 16 categories reach every box; the box is degenerate if `x1 < x0` or `y1 < y0`.
    Crop {
        /// First column.
        x0: u32,
        /// First row.
        y0: u32,
        /// Last column.
        x1: u32,
        /// Last row.
        y1: u32,
    },
    /// Answers, which ends the episode.
    Answer {
        /// Which value.
        value: u32,
    },
}

impl PageAction {
    /// The crop that shows exactly `region`.
    #[must_use]
    pub const fn crop(region: Rect) -> Self {
        let (x0, y0) = (region.x0 as u32, region.y0 as u32);
        Self::Crop { x0, y0, x1: (region.x1 - 1) as u32, y1: (region.y1 - 1) as u32 }
    }

    /// The question as a search.
    #[must_use]
    pub const fn search(Query { entity, relation }: Query) -> Self {
        Self::Search { entity, relation }
    }

    /// Draws an action with `list` results to select from and, if `can_crop`, an open page.
    pub(super) fn draw(config: &PageConfig, list: usize, can_crop: bool, stream: &mut Stream) -> Self {
        let mut below = |n: u32| stream.below(u64::from(n)) as u32;
        let kinds = 2 + u32::from(list > 0) + u32::from(can_crop);
        match below(kinds) {
            0 => Self::Search { entity: below(config.entities), relation: below(config.relations) },
            1 => Self::Answer { value: below(config.values) },
            2 if list > 0 => Self::Select { slot: below(list as u32) },
            _ => Self::Crop { x0: below(SIDE), y0: below(SIDE), x1: below(SIDE), y1: below(SIDE) },
        }
    }

    /// Checks that each part is one of its categories.
    pub(super) fn validate(self, config: &PageConfig) -> Result<(), EnvError> {
        let parts: &[(u32, u32)] = match self {
            Self::Search { entity, relation } => &[(entity, config.entities), (relation, config.relations)],
            Self::Select { slot } => &[(slot, config.list)],
            Self::Crop { x0, y0, x1, y1 } => &[(x0, SIDE), (y0, SIDE), (x1, SIDE), (y1, SIDE)],
            Self::Answer { value } => &[(value, config.values)],
        };
        match parts.iter().find(|(part, count)| part >= count) {
            None => Ok(()),
            Some((part, count)) => Err(EnvError::ActionOutOfRange {
                environment: "page-qa".to_owned(),
                action: u64::from(*part),
                count: *count as usize,
            }),
        }
    }
}
