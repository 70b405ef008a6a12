//! The winning policy of one event, kept while the game goes on.

use std::borrow::Cow;

use super::actions::{ActionTable, PlanAction};
use super::bits::Bits;
use super::tree::DependencyTree;

/// What is left to do until an event happens.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    tree: DependencyTree,
    policy: Vec<PlanAction>,
    /// The tree, flattened; none where it has changed since.
    flat: Option<Vec<PlanAction>>,
}

impl Plan {
    /// The plan at the start: the event's actions and its trigger.
    pub(super) fn new(table: &ActionTable, actions: Vec<PlanAction>) -> Self {
        Self { tree: DependencyTree::of_plan(table, &actions), policy: actions, flat: None }
    }

    pub(super) const fn tree(&self) -> &DependencyTree {
        &self.tree
    }

    /// The tree's actions in an order in which they can be done, the event's trigger included.
    pub(super) fn flattened(&self, table: &ActionTable) -> Cow<'_, [PlanAction]> {
        match &self.flat {
            Some(flat) => Cow::Borrowed(flat),
            None => Cow::Owned(self.tree.flatten(table)),
        }
    }

    /// The actions, the event's trigger included.
    pub(super) fn policy(&self) -> &[PlanAction] {
        &self.policy
    }

    /// After a step that led to `facts`: shortens the plan if it can be; else takes `action` out of it.
    /// `true` if the event can no longer be reached, as far as TextWorld can tell.
    pub(super) fn update(&mut self, table: &ActionTable, facts: &Bits, action: Option<PlanAction>) -> bool {
        if self.compress(table, facts) {
            return false;
        }
        let Some(action) = action.filter(|_| !self.tree.is_empty()) else { return false };
        let removal = self.tree.remove(table, action);
        if removal.modified {
            self.flat = None;
            self.tree.drop_unused();
        }
        if removal.changed && removal.reverse.is_some() {
            self.policy = self.flat(table).to_vec();
        }
        removal.changed && removal.reverse.is_none()
    }

    /// Leaves out stretches of the plan while what remains can be done from `facts`.
    fn compress(&mut self, table: &ActionTable, facts: &Bits) -> bool {
        let mut shortest = shorter(table, facts, self.flat(table));
        let compressed = shortest.is_some();
        while let Some(policy) = shortest {
            self.tree = DependencyTree::of_plan(table, &policy);
            self.flat = None;
            shortest = shorter(table, facts, &policy);
            self.policy = policy;
        }
        compressed
    }

    fn flat(&mut self, table: &ActionTable) -> &[PlanAction] {
        let tree = &self.tree;
        self.flat.get_or_insert_with(|| tree.flatten(table))
    }
}

/// The first sequence that leaves out a stretch of `policy` and can be done from `facts`. Stretches are
/// tried from the earliest start on, for each from the longest on; the last action is never left out.
fn shorter(table: &ActionTable, facts: &Bits, policy: &[PlanAction]) -> Option<Vec<PlanAction>> {
    let mut reached = facts.clone();
    let mut trial = facts.clone();
    for start in 0..policy.len() {
        for end in (start + 1..policy.len()).rev() {
            // Most stretches end before an action that cannot be done.
            if !reached.contains_all(table.needed(policy[end])) {
                continue;
            }
            trial.copy_from(&reached);
            if policy[end..].iter().all(|action| advance(table, &mut trial, *action)) {
                return Some([&policy[..start], &policy[end..]].concat());
            }
        }
        // What cannot be done up to here cannot be done further either.
        if !advance(table, &mut reached, policy[start]) {
            return None;
        }
    }
    None
}

/// Takes away what the action needs and adds what it leaves; `false` unless each of its preconditions, as
/// often as written, was there to be taken.
fn advance(table: &ActionTable, facts: &mut Bits, action: PlanAction) -> bool {
    let taken = table.preconditions(action).iter().filter(|fact| facts.remove(**fact)).count();
    if taken != table.preconditions(action).len() {
        return false;
    }
    for fact in table.left(action) {
        facts.insert(*fact);
    }
    true
}
