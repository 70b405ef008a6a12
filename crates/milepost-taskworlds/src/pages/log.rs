use super::rect::Rect;

/// A page that was selected, and the boxes issued on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Viewed {
    /// The page.
    pub page: u32,
    /// Boxes as issued, degenerate ones included, unpadded.
    pub boxes: Vec<Rect>,
}

/// A search: what it found, and what was then selected of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SearchRecord {
    /// The result list, best first.
    pub results: Vec<u32>,
    /// Selections made from it, in order.
    pub selections: Vec<Viewed>,
}

/// What was done in an episode, as far as it is measured.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EpisodeLog {
    /// Searches in order.
    pub searches: Vec<SearchRecord>,
    /// The answer, if one was given.
    pub answer: Option<u32>,
    /// Whether a turn could not be understood, or came before what it refers to.
    pub malformed: bool,
}

impl EpisodeLog {
    /// The different pages that were selected, in order of their first selection, with all boxes issued on them.
    #[must_use]
    pub fn viewed(&self) -> Vec<Viewed> {
        let mut pages: Vec<Viewed> = Vec::new();
        for selection in self.searches.iter().flat_map(|search| &search.selections) {
            match pages.iter_mut().find(|viewed| viewed.page == selection.page) {
                Some(viewed) => viewed.boxes.extend_from_slice(&selection.boxes),
                None => pages.push(selection.clone()),
            }
        }
        pages
    }

    /// The result lists in order.
    #[must_use]
    pub fn lists(&self) -> Vec<&[u32]> {
        self.searches.iter().map(|search| search.results.as_slice()).collect()
    }
}
