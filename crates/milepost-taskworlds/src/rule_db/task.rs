use std::collections::BTreeSet;

use super::call::{Call, Role};
use super::rules::{RuleBook, RuleKind};
use super::tables::Database;
use super::wish::{Order, Wish};

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
