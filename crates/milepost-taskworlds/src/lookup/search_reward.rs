use super::event::LookupEvent;
use super::score::f1;
use super::{Fact, LookupOracle};

impl LookupOracle {
    /// A heuristic reward of the last of `events`, where it searched: what its documents add, minus what they repeat.
    ///
    /// `(1/h) Σ_u max(0, c_u − m_u) − (documents shown before)/(documents)`, with `c_u` the largest bag-of-words F1 of a
    /// document that came back with the gold document of hop `u`, and `m_u` the same over all earlier searches. In
    /// `[−1, 1]`; 0 where nothing was searched. No judge is asked: it is read off the texts alone.
    ///
    /// Source: the step reward of StepSearch (arXiv 2505.15107), with F1 in the place of its cosine of TF-IDF vectors.
    #[must_use]
    pub fn search_reward(&self, events: &[LookupEvent]) -> f64 {
        let Some((last, earlier)) = events.split_last() else { return 0.0 };
        let documents = last.documents();
        if documents.is_empty() {
            return 0.0;
        }
        let shown = || earlier.iter().flat_map(LookupEvent::documents).map(|document| document.fact);
        let closest = |facts: &mut dyn Iterator<Item = Fact>, gold: Fact| {
            facts.map(|fact| self.resemblance(fact, gold)).fold(0.0, f64::max)
        };
        let gain = |gold: Fact| {
            let now = closest(&mut documents.iter().map(|document| document.fact), gold);
            (now - closest(&mut shown(), gold)).max(0.0)
        };
        let gained: f64 = self.facts().map(gain).sum();
        let again = documents.iter().filter(|document| shown().any(|fact| fact == document.fact)).count();
        gained / self.hops() as f64 - again as f64 / documents.len() as f64
    }

    /// Bag-of-words F1 of what two documents state.
    fn resemblance(&self, one: Fact, other: Fact) -> f64 {
        let words = |fact: Fact| -> Vec<u32> {
            let Fact { subject, relation, object } = fact;
            let (words, relation) = (self.words(), self.words().relation(relation));
            words.name(subject).chain([relation]).chain(words.name(object)).collect()
        };
        f1(&words(one), &words(other))
    }
}
