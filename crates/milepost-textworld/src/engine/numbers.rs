//! Facts by number, for readers that look at the same facts at every step.

use super::{Session, World};
use crate::logic::Fact;

impl World {
    /// The number of a fact; `None` where it can never hold.
    pub(crate) fn fact_number(&self, fact: &Fact) -> Option<u32> {
        self.tables.facts.find(fact)
    }

    /// Every fact that can ever hold, with its number.
    pub(crate) fn numbered_facts(&self) -> impl Iterator<Item = (u32, Fact)> {
        (0..self.tables.facts.len() as u32).map(|number| (number, self.tables.facts.fact(number)))
    }
}

impl Session {
    /// Whether the fact with a number holds now.
    #[inline]
    pub(crate) fn holds_number(&self, fact: u32) -> bool {
        self.position.facts().contains(fact)
    }
}
