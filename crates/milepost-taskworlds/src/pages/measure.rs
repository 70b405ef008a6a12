//! What is measured about an episode of search, selection, localisation and answer.
//!
//! The formulas are those of UniDoc-RL ([arXiv 2604.14967](https://arxiv.org/abs/2604.14967)) and of its code.
//! They are pure: any record of an episode can be measured, whether or not it comes from the world of pages.

use serde::{Deserialize, Serialize};

use super::log::EpisodeLog;
use super::oracle::PageOracle;
use super::rect::{Rect, iou};

/// The overlap at which a box counts as found.
pub const HIT: f64 = 0.5;

/// The lists of several searches as one: all first results, then all second ones, and so on; of duplicates the
/// first is kept.
#[must_use]
pub fn merged_list<P: Copy + PartialEq>(lists: &[&[P]]) -> Vec<P> {
    let depth = lists.iter().map(|list| list.len()).max().unwrap_or(0);
    let mut merged = Vec::new();
    for page in (0..depth).flat_map(|rank| lists.iter().filter_map(move |list| list.get(rank))) {
        if !merged.contains(page) {
            merged.push(*page);
        }
    }
    merged
}

/// `NDCG = DCG / IDCG` with binary relevance: `DCG = Σ_i (2^{rel_i} − 1) / log2(i + 1)`, `i` from 1; in the ideal
/// list all of `gold` come first. From 0 to 1.
///
/// A page counts once, however often it is listed. Without gold pages it is 0: the ratio is not defined, and
/// 0 keeps totals bounded.
#[must_use]
pub fn ndcg<P: Copy + PartialEq>(list: &[P], gold: &[P]) -> f64 {
    let discount = |rank: usize| 1.0 / libm::log2(rank as f64 + 2.0);
    let relevant = merged_list(&[gold]).len();
    let gained = merged_list(&[list])
        .iter()
        .enumerate()
        .filter(|(_, page)| gold.contains(page))
        .fold(0.0, |sum, (rank, _)| sum + discount(rank));
    let ideal = (0..relevant).fold(0.0, |sum, rank| sum + discount(rank));
    if ideal == 0.0 { 0.0 } else { gained / ideal }
}

/// 1 if `selected` is the first gold page of `list`, or its first page where it holds no gold; else 0, also where
/// nothing was selected or the list is empty.
#[must_use]
pub fn select_score<P: Copy + PartialEq>(list: &[P], selected: Option<P>, gold: &[P]) -> f64 {
    let target = list.iter().find(|page| gold.contains(page)).or(list.first());
    match (target, selected) {
        (Some(target), Some(selected)) if *target == selected => 1.0,
        _ => 0.0,
    }
}

/// Boxes that were issued against boxes that were to be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap {
    /// Gold boxes whose best overlap is at least [`HIT`].
    pub hits: usize,
    /// Gold boxes.
    pub gold: usize,
    /// Issued boxes, degenerate ones included.
    pub issued: usize,
}

impl Overlap {
    /// Counts them.
    #[must_use]
    pub fn count(issued: &[Rect], gold: &[Rect]) -> Self {
        let hits = gold.iter().filter(|target| issued.iter().any(|r| iou(*r, **target) >= HIT)).count();
        Self { hits, gold: gold.len(), issued: issued.len() }
    }

    /// `hits / gold`; 0 without gold boxes.
    #[must_use]
    pub fn recall(self) -> f64 {
        if self.gold == 0 { 0.0 } else { self.hits as f64 / self.gold as f64 }
    }

    /// `hits / issued`, at most 1: hits are counted on the side of the gold boxes, and one issued box may find
    /// two of them. 0 without issued boxes.
    #[must_use]
    pub fn precision(self) -> f64 {
        if self.issued == 0 { 0.0 } else { (self.hits as f64 / self.issued as f64).min(1.0) }
    }

    /// Harmonic mean of precision and recall; 0 where both are.
    #[must_use]
    pub fn f1(self) -> f64 {
        let (precision, recall) = (self.precision(), self.recall());
        if precision + recall == 0.0 { 0.0 } else { 2.0 * precision * recall / (precision + recall) }
    }
}

/// Localisation on one page: where there is nothing to find (`gold` is empty), 1 if no box was issued, else 0;
/// otherwise the F1 of [`Overlap`].
#[must_use]
pub fn localisation(issued: &[Rect], gold: &[Rect]) -> f64 {
    match (issued, gold) {
        ([], []) => 1.0,
        (_, []) => 0.0,
        _ => Overlap::count(issued, gold).f1(),
    }
}

/// Whether an episode has all its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Format {
    /// Something other than the answer is missing, or a turn was malformed. `f = 0`.
    Broken,
    /// Only the answer is missing. `f = 0.5`.
    Unanswered,
    /// Search, selection and answer are there. `f = 1`.
    Complete,
}

impl Format {
    /// The format of an episode. What the world replies to a search and a selection is there whenever they are.
    #[must_use]
    pub fn of(log: &EpisodeLog) -> Self {
        let selected = log.searches.iter().any(|search| !search.selections.is_empty());
        match (log.malformed || !selected, log.answer) {
            (true, _) => Self::Broken,
            (false, None) => Self::Unanswered,
            (false, Some(_)) => Self::Complete,
        }
    }

    /// `f`.
    #[must_use]
    pub const fn score(self) -> f64 {
        match self {
            Self::Broken => 0.0,
            Self::Unanswered => 0.5,
            Self::Complete => 1.0,
        }
    }
}

/// What each part of an episode adds to its total.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Weights {
    /// Of the answer.
    pub answer: f64,
    /// Of the ranking.
    pub ranking: f64,
    /// Of the selection.
    pub selection: f64,
    /// Of the localisation.
    pub localisation: f64,
    /// Of the format.
    pub format: f64,
}

impl Default for Weights {
    /// Those of the paper's code: 0.6 for the answer and 0.1 for each other part.
    fn default() -> Self {
        Self { answer: 0.6, ranking: 0.1, selection: 0.1, localisation: 0.1, format: 0.1 }
    }
}

impl Weights {
    /// The answer only, behind the same gate.
    pub const OUTCOME: Self =
        Self { answer: 1.0, ranking: 0.0, selection: 0.0, localisation: 0.0, format: 0.0 };
}

/// What the world measures about an episode; each number is from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measures {
    /// Which parts there are.
    pub format: Format,
    /// `a`: 1 if the answer is right.
    pub answer: f64,
    /// `N`: [`ndcg`] of the [`merged_list`] of all searches.
    pub ranking: f64,
    /// `S`: mean [`select_score`] over the searches. A search from which nothing was selected has 0; where several
    /// pages were, the first selection counts.
    pub selection: f64,
    /// `L`: mean [`localisation`] over the different selected pages that are annotated; 0 where none is.
    pub localisation: f64,
}

impl Measures {
    /// Measures an episode. Without a search, `N = S = L = 0`.
    #[must_use]
    pub fn of(log: &EpisodeLog, oracle: &PageOracle) -> Self {
        let gold = oracle.pages();
        let selection = mean(log.searches.iter().map(|search| {
            let selected = search.selections.first().map(|selection| selection.page);
            select_score(&search.results, selected, &gold)
        }));
        let localisation = mean(log.viewed().iter().filter_map(|viewed| {
            let annotation = oracle.annotation(viewed.page)?;
            let wanted = [annotation.region];
            Some(localisation(&viewed.boxes, if annotation.needs_crop { &wanted } else { &[] }))
        }));
        Self {
            format: Format::of(log),
            answer: f64::from(u8::from(log.answer == Some(oracle.answer))),
            ranking: ndcg(&merged_list(&log.lists()), &gold),
            selection,
            localisation,
        }
    }

    /// The total, gated by the format: 0 if it is broken, and without the answer's part if that is missing.
    ///
    /// `f = 1`: `w_a a + w_N N + w_S S + w_L L + w_f f`; `f = 0.5`: `w_N N + w_S S + w_L L + w_f f`; `f = 0`: 0.
    #[must_use]
    pub fn total(&self, weights: &Weights) -> f64 {
        let answer = match self.format {
            Format::Broken => return 0.0,
            Format::Unanswered => 0.0,
            Format::Complete => weights.answer * self.answer,
        };
        answer
            + weights.ranking * self.ranking
            + weights.selection * self.selection
            + weights.localisation * self.localisation
            + weights.format * self.format.score()
    }
}

/// The mean; 0 of nothing.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}
