use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Fact, Signature, Variable};

/// A set of facts, by signature. Adding a fact twice or removing an absent one changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    by_signature: BTreeMap<Signature, BTreeSet<Vec<Variable>>>,
}

impl State {
    /// Adds a fact; `false` if it held already.
    pub fn add(&mut self, fact: &Fact) -> bool {
        self.by_signature.entry(fact.signature()).or_default().insert(fact.arguments.clone())
    }

    /// Removes a fact; `false` if it did not hold.
    pub fn remove(&mut self, fact: &Fact) -> bool {
        self.by_signature.get_mut(&fact.signature()).is_some_and(|facts| facts.remove(&fact.arguments))
    }

    /// Whether a fact holds.
    #[must_use]
    pub fn holds(&self, fact: &Fact) -> bool {
        self.by_signature.get(&fact.signature()).is_some_and(|facts| facts.contains(&fact.arguments))
    }

    /// Whether all of `facts` hold.
    #[must_use]
    pub fn hold(&self, facts: &[Fact]) -> bool {
        facts.iter().all(|fact| self.holds(fact))
    }

    /// The arguments of the facts with a signature, sorted by (name, type) of the first argument, then of
    /// the second, and so on: `r_10` comes before `r_2`.
    pub fn with_signature(&self, signature: &Signature) -> impl Iterator<Item = &[Variable]> + use<'_> {
        self.by_signature.get(signature).into_iter().flatten().map(Vec::as_slice)
    }

    /// All facts, sorted by predicate, types and arguments.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        self.by_signature.iter().flat_map(|(signature, facts)| {
            facts.iter().map(|arguments| Fact { name: signature.name.clone(), arguments: arguments.clone() })
        })
    }

    /// The entities that facts mention.
    #[must_use]
    pub fn variables(&self) -> BTreeSet<Variable> {
        self.by_signature.values().flatten().flatten().cloned().collect()
    }

    /// Number of facts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_signature.values().map(BTreeSet::len).sum()
    }

    /// Whether nothing holds.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_signature.values().all(BTreeSet::is_empty)
    }

    /// Applies an action whose preconditions hold; `false`, and no change, where they do not.
    pub fn apply(&mut self, action: &Action) -> bool {
        if !self.hold(&action.preconditions) {
            return false;
        }
        action.added().iter().for_each(|fact| {
            self.add(fact);
        });
        action.removed().iter().for_each(|fact| {
            self.remove(fact);
        });
        true
    }
}

impl FromIterator<Fact> for State {
    fn from_iter<I: IntoIterator<Item = Fact>>(facts: I) -> Self {
        let mut state = Self::default();
        for fact in facts {
            state.add(&fact);
        }
        state
    }
}
