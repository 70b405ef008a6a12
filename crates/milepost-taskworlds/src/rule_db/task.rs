use std::collections::BTreeSet;

use super::call::{Call, Role};
use super::canonical::{equivalent, state_key};
use super::difference::Difference;
use super::rules::{RuleBook, RuleKind};
use super::tables::{Database, LARGEST};
use super::triggers::replay;
use super::wish::{Order, Wish};
use crate::digest::digest;

/// A task: bring the database from `start` to `goal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDbTask {
    /// The rules in force.
    pub book: RuleBook,
    /// Who calls.
    pub role: Role,
    /// The first state.
    pub start: Database,
    /// The state to be reached, up to what [`canonical`](super::canonical) leaves out.
    pub goal: Database,
    /// Further states that count as the goal, for instructions that do not pin it. [`synthesise`](super::synthesise)
    /// pins the goal and leaves this empty.
    pub alternatives: Vec<Database>,
    /// What the client says.
    pub wishes: Vec<Wish>,
    /// In which order the wishes may be granted.
    pub order: Order,
    /// Calls that lead from `start` to `goal`, none of them without effect; `None` where no such calls are known,
    /// which happens with [`Generator::Backward`](super::Generator::Backward) only.
    pub solution: Option<Vec<Call>>,
    /// Where the first state is at the boundary of a rule: the rule, and a call that it alone rejects, by one.
    pub boundary: Option<(RuleKind, Call)>,
    /// Users that have nothing to do with the goal.
    pub distractor_users: BTreeSet<u8>,
    /// Items that have nothing to do with the goal.
    pub distractor_items: BTreeSet<u8>,
    /// Drafts it took, the kept one included.
    pub drafts: u32,
}

impl RuleDbTask {
    /// What is wrong with it, and the remedy.
    pub(super) fn validate(&self) -> Result<(), String> {
        for (name, state) in [("start", &self.start), ("goal", &self.goal)] {
            if !state.is_valid() {
                return Err(format!("its {name} is not a valid state; see `Database::is_valid`"));
            }
        }
        if !self.alternatives.iter().all(Database::is_valid) {
            return Err("one of its alternatives is not a valid state; see `Database::is_valid`".to_owned());
        }
        if let Some((rule, parameter)) = self.book.iter().find(|(_, p)| !(0..=LARGEST).contains(p)) {
            return Err(format!("rule `{}` has the parameter {parameter}; use one from 0 to 9", rule.name()));
        }
        let Some(solution) = &self.solution else { return Ok(()) };
        match replay(&self.book, self.role, &self.start, solution) {
            Some(end) if equivalent(&end, &self.goal) => Ok(()),
            Some(_) => {
                Err("its solution ends elsewhere than in its goal; give `None` for no solution".to_owned())
            }
            None => Err("a call of its solution is rejected; give `None` for no solution".to_owned()),
        }
    }

    /// Every state that counts as the goal.
    pub fn goals(&self) -> impl Iterator<Item = &Database> {
        std::iter::once(&self.goal).chain(&self.alternatives)
    }

    /// What should have changed, if the goal is the one to which `state` agrees most by `F`; the first of equals.
    #[must_use]
    pub fn wanted(&self, state: &Database) -> Difference {
        let made = Difference::between(&self.start, state);
        let goals = self.goals().map(|goal| Difference::between(&self.start, goal));
        let score = |wanted: &Difference| made.agreement(wanted).f1();
        goals
            .reduce(|best, other| if score(&other) > score(&best) { other } else { best })
            .unwrap_or_default()
    }

    /// A number of what decides how episodes go.
    pub(super) fn key(&self) -> u64 {
        let rules = self.book.iter().flat_map(|(kind, parameter)| [kind as u64, parameter as u64]);
        let rest = [self.role as u64, state_key(&self.start)];
        digest(rules.chain(rest).chain(self.goals().map(state_key)))
    }
}
