//! The architect: rules that mean something together.

use std::collections::BTreeSet;

use milepost_core::Stream;

use super::call::Role;
use super::config::RuleDbConfig;
use super::rules::{RuleBook, RuleKind, RuleSet};
use super::search::{reachable, writes};
use super::tables::{Database, LARGEST};
use super::triggers::{acting, violations};
use super::violation::RuleId;

/// What is wrong with a set of rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Inconsistency {
    /// A rule changes nothing without another one.
    #[error("rule `{}` means nothing without rule `{}`; add it", rule.name(), needs.name())]
    Needs {
        /// The rule.
        rule: RuleKind,
        /// What it needs.
        needs: RuleKind,
    },
    /// A rule never rejects a call and never acts.
    #[error("rule `{}` was not triggered in any of {states} states; drop it or change its parameter", rule.name())]
    NeverTriggered {
        /// The rule.
        rule: RuleKind,
        /// States that were tried.
        states: usize,
    },
    /// The rules forbid everything.
    #[error("no legal call changes the state: the rules contradict each other; relax one")]
    Contradiction,
}

/// Draws rules with their parameters, and the rules that they need.
pub(super) fn draw_rules(config: &RuleDbConfig, stream: &mut Stream) -> RuleBook {
    let mut kinds: Vec<RuleKind> = RuleKind::ALL.to_vec();
    stream.shuffle(&mut kinds);
    if let Some(focus) = config.focus {
        kinds.sort_by_key(|kind| *kind != focus);
    }
    let span = u64::from(config.most_rules - config.least_rules) + 1;
    kinds.truncate(config.least_rules as usize + stream.below(span) as usize);
    let needed: Vec<RuleKind> = kinds.iter().filter_map(|kind| kind.requires()).collect();
    let all: BTreeSet<RuleKind> = kinds.into_iter().chain(needed).collect();
    RuleBook::new(all.into_iter().map(|kind| {
        let (least, most) = kind.parameters().into_inner();
        (kind, least + stream.below((most - least + 1) as u64) as i8)
    }))
}

/// Checks that each rule means something: that what it needs is there, and that in some of the `states`, and for
/// some role, it rejects a call or acts after one.
pub fn consistency(book: &RuleBook, states: &[Database]) -> Result<(), Inconsistency> {
    for (rule, _) in book.iter() {
        if let Some(needs) = rule.requires().filter(|needs| !book.has(*needs)) {
            return Err(Inconsistency::Needs { rule, needs });
        }
    }
    let in_force = book.iter().count();
    let mut triggered = RuleSet::default();
    let cases = states.iter().flat_map(|state| {
        let calls = writes(state, LARGEST).into_iter();
        calls.flat_map(move |call| Role::ALL.map(|role| (role, state, call)))
    });
    for (role, state, call) in cases {
        let found = violations(book, role, state, call);
        triggered = found.iter().fold(triggered, |set, violation| match violation.rule {
            RuleId::Rule(rule) => set.with(rule),
            _ => set,
        });
        if found.is_empty() {
            triggered = triggered.union(acting(book, state, call));
        }
        if triggered.len() == in_force {
            return Ok(());
        }
    }
    let silent = book.iter().map(|(rule, _)| rule).find(|rule| !triggered.contains(*rule));
    silent.map_or(Ok(()), |rule| Err(Inconsistency::NeverTriggered { rule, states: states.len() }))
}

/// Checks by bounded breadth-first search that some legal call changes the state.
pub fn not_contradictory(book: &RuleBook, role: Role, start: &Database) -> Result<(), Inconsistency> {
    if reachable(book, role, start, 1) > 1 { Ok(()) } else { Err(Inconsistency::Contradiction) }
}
