use milepost_core::EnvError;

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
