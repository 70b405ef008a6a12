use serde::{Deserialize, Serialize};

/// A number that evaluation reads of an episode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookupMeasure {
    /// 1 if the answer was the very name.
    ExactMatch,
    /// Bag-of-tokens F1 of the answer.
    F1,
    /// Share of the gold documents that were shown.
    Evidence,
    /// 1 if the answer was right although not all gold documents were shown: guessed, or by a shortcut.
    Shortcut,
    /// Queries asked.
    Searches,
    /// 1 if the answer was right, and its named entities and cited documents hold every step of the chain.
    Supported,
}

/// What an episode was worth, for **evaluation only**.
///
/// It is a type of its own so that it cannot slip into training: nothing converts it to a number but
/// [`LookupGold::for_evaluation`]. Rewards, judges and samplers read [`super::LookupOracle`] and
/// [`super::LookupEvent`] instead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LookupGold {
    pub(crate) exact: bool,
    pub(crate) f1: f64,
    pub(crate) evidence: f64,
    pub(crate) searches: u32,
    pub(crate) supported: bool,
}

impl LookupGold {
    /// The measure's value; an episode without an answer scores 0 but for its evidence and searches.
    #[must_use]
    pub fn for_evaluation(&self, measure: LookupMeasure) -> f64 {
        let indicator = |holds: bool| f64::from(u8::from(holds));
        match measure {
            LookupMeasure::ExactMatch => indicator(self.exact),
            LookupMeasure::F1 => self.f1,
            LookupMeasure::Evidence => self.evidence,
            LookupMeasure::Shortcut => indicator(self.exact && self.evidence < 1.0),
            LookupMeasure::Searches => f64::from(self.searches),
            LookupMeasure::Supported => indicator(self.supported),
        }
    }
}
