use super::event::{LookupAction, LookupEvent, ShownDocument};
use super::{LookupGold, LookupOracle, LookupQa};

impl LookupQa {
    /// What is true of the task; `None` before the first reset.
    #[must_use]
    pub fn oracle(&self) -> Option<LookupOracle> {
        let task = self.task.clone()?;
        Some(LookupOracle::new(task, self.words.clone(), self.config.thoughts > 0))
    }

    /// What was done so far: one entry a turn.
    #[must_use]
    pub fn events(&self) -> &[LookupEvent] {
        &self.events
    }

    /// The documents shown so far, in the order in which they first were. Ids repeat only where nothing can be cited
    /// and there are fewer of them than documents.
    #[must_use]
    pub fn shown(&self) -> Vec<ShownDocument> {
        let labels = self.task.as_ref().map_or(&[][..], |task| &task.labels);
        self.shown
            .iter()
            .zip(labels.iter().cycle())
            .map(|(fact, label)| ShownDocument { fact: *fact, label: *label })
            .collect()
    }

    /// The number of leading hops whose gold documents were all shown.
    #[must_use]
    pub fn resolved(&self) -> usize {
        self.oracle().map_or(0, |oracle| oracle.resolved(&self.events))
    }

    /// What the episode was worth so far; `None` before the first reset. For evaluation only.
    #[must_use]
    pub fn gold(&self) -> Option<LookupGold> {
        let oracle = self.oracle()?;
        let found = oracle.evidence(&self.events).into_iter().filter(|shown| *shown).count();
        let answer = self.events.last().and_then(LookupEvent::answer);
        let exact = answer.is_some_and(|answer| answer.entity == oracle.answer());
        Some(LookupGold {
            exact,
            f1: answer.map_or(0.0, |answer| self.overlap(answer.entity, oracle.answer())),
            evidence: found as f64 / oracle.hops() as f64,
            searches: self.events.iter().filter(|event| event.query().is_some()).count() as u32,
            supported: exact && self.is_supported(&oracle),
        })
    }

    /// Whether the last answer names every entity on the way and cites, for every hop, a document that states it.
    fn is_supported(&self, oracle: &LookupOracle) -> bool {
        match self.events.last().map(|event| &event.action) {
            Some(LookupAction::Answer { answer, evidence }) => {
                answer.via == oracle.entities()[1..oracle.hops()]
                    && oracle.facts().all(|gold| evidence.contains(&Some(gold)))
            }
            _ => false,
        }
    }
}
