use std::collections::BTreeMap;

use super::{Alias, Bindings, Name, Placeholder, Rule, Signature, Types, Variable};

/// The logic of a family of games: types, predicates, rules and constraints. Aliases are expanded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnowledgeBase {
    /// The types.
    pub types: Types,
    /// The declared predicates, sorted. Rules may use others: the declarations are not binding.
    pub predicates: Vec<Signature>,
    /// The aliases by signature, their replacements expanded.
    pub aliases: Vec<Alias>,
    /// The rules in order of their names.
    pub rules: BTreeMap<Name, Rule>,
    /// What a world must not match, in order of the names. Used to generate worlds, not to play.
    pub constraints: BTreeMap<Name, Rule>,
    /// The .twl text; what a game file embeds.
    pub source: String,
}

impl KnowledgeBase {
    /// The rule that undoes `rule`.
    #[must_use]
    pub fn reverse(&self, rule: &str) -> Option<&Rule> {
        self.rules.get(rule)?.reverse.as_ref().and_then(|name| self.rules.get(name))
    }

    /// The bindings that every match starts from: each constant stands for itself.
    #[must_use]
    pub fn constants(&self) -> Bindings {
        let own = |kind: &Name| (Placeholder::new(kind, kind), Variable::constant(kind));
        self.types.constants().map(own).collect()
    }
}
