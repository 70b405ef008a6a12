//! Which instances of a rule a state allows, in TextWorld's order. This is the definition; the engine
//! grounds all rules once and keeps count instead, and its tests compare the two.

use std::collections::BTreeSet;

use super::{Bindings, KnowledgeBase, Placeholder, Predicate, Rule, Signature, State, Variable};

/// The bindings under which the preconditions of `rule` hold in `state`.
///
/// Depth first over the preconditions in order. At each, the signatures of
/// [`Types::tuple_subtypes`](super::Types::tuple_subtypes) in order, and for each its facts sorted. Two
/// placeholders never stand for the same entity, constants included. Placeholders that only postconditions
/// mention range over all unused entities of their type, in order of their names.
#[must_use]
pub fn matches(knowledge: &KnowledgeBase, state: &State, rule: &Rule) -> Vec<Bindings> {
    matches_from(knowledge, state, rule, knowledge.constants())
}

/// As [`matches()`], with some placeholders bound beforehand (the constants should be among them).
#[must_use]
pub fn matches_from(
    knowledge: &KnowledgeBase,
    state: &State,
    rule: &Rule,
    bindings: Bindings,
) -> Vec<Bindings> {
    let used = bindings.values().cloned().collect();
    let signatures = rule.preconditions.iter().map(|condition| signatures(knowledge, condition)).collect();
    let mut search = Search { knowledge, state, rule, signatures, bindings, used, found: Vec::new() };
    search.precondition(0);
    search.found
}

/// The matches of all rules of the knowledge base, rules in order of their names: TextWorld's valid actions.
#[must_use]
pub fn all_matches<'k>(knowledge: &'k KnowledgeBase, state: &State) -> Vec<(&'k Rule, Bindings)> {
    let of = |rule: &'k Rule| matches(knowledge, state, rule).into_iter().map(move |found| (rule, found));
    knowledge.rules.values().flat_map(of).collect()
}

/// The signatures of the facts that can stand for a condition, in the order in which they are tried.
fn signatures(knowledge: &KnowledgeBase, condition: &Predicate) -> Vec<Signature> {
    let tuples = knowledge.types.tuple_subtypes(&condition.signature().kinds);
    tuples.into_iter().map(|kinds| Signature { name: condition.name.clone(), kinds }).collect()
}

struct Search<'a> {
    knowledge: &'a KnowledgeBase,
    state: &'a State,
    rule: &'a Rule,
    /// For each precondition.
    signatures: Vec<Vec<Signature>>,
    bindings: Bindings,
    used: BTreeSet<Variable>,
    found: Vec<Bindings>,
}

impl Search<'_> {
    fn precondition(&mut self, depth: usize) {
        let Some(condition) = self.rule.preconditions.get(depth) else {
            return self.free(&self.rule.free_placeholders());
        };
        let state = self.state;
        for index in 0..self.signatures[depth].len() {
            for arguments in state.with_signature(&self.signatures[depth][index]) {
                let mut bound = Vec::new();
                let fits =
                    condition.arguments.iter().zip(arguments).all(|(placeholder, variable)| {
                        match self.bindings.get(placeholder) {
                            Some(known) => known == variable,
                            None => self.bind(placeholder, variable, &mut bound),
                        }
                    });
                if fits {
                    self.precondition(depth + 1);
                }
                self.unbind(bound);
            }
        }
    }

    fn free(&mut self, placeholders: &[Placeholder]) {
        let unbound = placeholders.iter().position(|p| !self.bindings.contains_key(p));
        let Some(index) = unbound else { return self.found.push(self.bindings.clone()) };
        let placeholder = &placeholders[index];
        for variable in self.state.variables() {
            let mut bound = Vec::new();
            if self.knowledge.types.is_a(&variable.kind, &placeholder.kind)
                && self.bind(placeholder, &variable, &mut bound)
            {
                self.free(&placeholders[index + 1..]);
            }
            self.unbind(bound);
        }
    }

    /// `false` where the entity is taken.
    fn bind(&mut self, placeholder: &Placeholder, variable: &Variable, bound: &mut Vec<Placeholder>) -> bool {
        if !self.used.insert(variable.clone()) {
            return false;
        }
        self.bindings.insert(placeholder.clone(), variable.clone());
        bound.push(placeholder.clone());
        true
    }

    fn unbind(&mut self, bound: Vec<Placeholder>) {
        for placeholder in bound {
            if let Some(variable) = self.bindings.remove(&placeholder) {
                self.used.remove(&variable);
            }
        }
    }
}
