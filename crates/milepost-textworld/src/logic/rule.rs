use std::collections::BTreeSet;
use std::fmt;

use super::{Action, Bindings, Name, Placeholder, Predicate, template};

/// What may be done to a world: `take :: $at(P, r) & at(o, r) -> in(o, I)`.
///
/// A rule removes the conditions that stand only on its left and adds those that stand only on its right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The unique name; rules are tried in the order of their names.
    pub name: Name,
    /// What must hold, in the order in which it is matched.
    pub preconditions: Vec<Predicate>,
    /// What holds afterwards: carried-over conditions first.
    pub postconditions: Vec<Predicate>,
    /// The command's text with `{placeholder}` slots; none for constraints.
    pub command: Option<String>,
    /// The rule that undoes this one.
    pub reverse: Option<Name>,
}

impl Rule {
    /// Every placeholder once, in the order of first use.
    #[must_use]
    pub fn placeholders(&self) -> Vec<Placeholder> {
        let mut seen = BTreeSet::new();
        let all = self.preconditions.iter().chain(&self.postconditions).flat_map(|p| &p.arguments);
        all.filter(|placeholder| seen.insert((*placeholder).clone())).cloned().collect()
    }

    /// The placeholders that no precondition mentions: they may stand for any unused entity of their type.
    #[must_use]
    pub fn free_placeholders(&self) -> Vec<Placeholder> {
        let bound: BTreeSet<&Placeholder> = self.preconditions.iter().flat_map(|p| &p.arguments).collect();
        self.placeholders().into_iter().filter(|placeholder| !bound.contains(placeholder)).collect()
    }

    /// The action that this rule is under `bindings`; `None` where a placeholder stands for nothing.
    /// `reverse` is the rule that undoes this one, for the action's reverse command.
    #[must_use]
    pub fn instantiate(&self, bindings: &Bindings, reverse: Option<&Self>) -> Option<Action> {
        let facts = |conditions: &[Predicate]| -> Option<Vec<_>> {
            conditions.iter().map(|condition| condition.instantiate(bindings)).collect()
        };
        let bind = |text: &String| template::bind(text, bindings);
        Some(Action {
            name: self.name.clone(),
            preconditions: facts(&self.preconditions)?,
            postconditions: facts(&self.postconditions)?,
            command_template: self.command.as_ref().map(bind),
            reverse_name: self.reverse.clone(),
            reverse_command_template: reverse.and_then(|rule| rule.command.as_ref()).map(bind),
        })
    }
}

/// As in a .twl text: conditions that stand on both sides are written once, with `$`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let before = self.preconditions.iter().map(|condition| {
            let kept = if self.postconditions.contains(condition) { "$" } else { "" };
            format!("{kept}{condition}")
        });
        let after =
            self.postconditions.iter().filter(|c| !self.preconditions.contains(c)).map(Predicate::to_string);
        let join = |parts: Vec<String>| parts.join(" & ");
        write!(f, "{} :: {} -> {}", self.name, join(before.collect()), join(after.collect()))
    }
}

/// A predicate that stands for others: `south_of(r, r') = north_of(r', r)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// What is written.
    pub pattern: Predicate,
    /// What it means.
    pub replacement: Vec<Predicate>,
}

impl Alias {
    /// What `used`, a use of the pattern, means.
    #[must_use]
    pub fn expand(&self, used: &Predicate) -> Vec<Predicate> {
        let renaming = self.pattern.arguments.iter().cloned().zip(used.arguments.iter().cloned()).collect();
        self.replacement.iter().map(|predicate| predicate.rename(&renaming)).collect()
    }
}
