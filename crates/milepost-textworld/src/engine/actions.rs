use std::collections::HashMap;

use super::facts::FactId;
use super::rows::Rows;
use crate::logic::Name;

/// Sets of facts that actions need, leave, add and remove, for every action that is written down somewhere:
/// the instances of the rules, then the actions of the quests.
#[derive(Debug, Default)]
pub(super) struct ActionTable {
    names: Vec<Name>,
    name_numbers: HashMap<Name, u32>,
    /// For each name the rule that undoes it.
    reverses: Vec<Option<u32>>,
    /// For each action its name.
    name_of: Vec<u32>,
    preconditions: Rows,
    postconditions: Rows,
    /// As above, but sorted and each fact once.
    needed: Rows,
    left: Rows,
    added: Rows,
    removed: Rows,
    /// For each action the digests of `added` and `removed`, and of `needed` and `left`.
    change_digests: Vec<[u64; 2]>,
    state_digests: Vec<[u64; 2]>,
    /// Numbers of `needed` and `left`: equal sets have equal numbers.
    needed_set: Vec<u32>,
    left_set: Vec<u32>,
    set_numbers: HashMap<Vec<FactId>, u32>,
    /// The first action with a name and sets.
    by_content: HashMap<(u32, u32, u32), u32>,
}

/// An action of a plan: one that is written down, or one turned around any number of times.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlanAction {
    base: u32,
    swapped: bool,
    /// The name, and how many `r_` stand before it.
    name: u32,
    inversions: u32,
    needed_set: u32,
    left_set: u32,
}

/// Equal as TextWorld has it: the same name, and the same conditions as sets.
impl PartialEq for PlanAction {
    fn eq(&self, other: &Self) -> bool {
        let key = |action: &Self| (action.name, action.inversions, action.needed_set, action.left_set);
        key(self) == key(other)
    }
}

impl PlanAction {
    /// The number of the action in the table, and whether it is turned around.
    pub(super) const fn base(self) -> (u32, bool) {
        (self.base, self.swapped)
    }

    /// Whether the name stands without `r_` before it.
    pub(super) const fn is_written_name(self) -> bool {
        self.inversions == 0
    }

    /// A number that equal actions share within a game.
    pub(super) fn digest(self) -> u64 {
        let mixed = u64::from(self.name) << 40 ^ u64::from(self.inversions) << 32;
        super::position::mix(mixed ^ u64::from(self.needed_set) << 16 ^ u64::from(self.left_set))
    }
}

impl ActionTable {
    /// The number of an action's name. `reverse` says which rule undoes it.
    pub(super) fn name(&mut self, name: &Name, reverse: &dyn Fn(&Name) -> Option<Name>) -> u32 {
        if let Some(number) = self.name_numbers.get(name) {
            return *number;
        }
        let number = self.names.len() as u32;
        self.names.push(name.clone());
        self.name_numbers.insert(name.clone(), number);
        self.reverses.push(None);
        let undo = reverse(name).map(|undo| self.name(&undo, reverse));
        self.reverses[number as usize] = undo;
        number
    }

    /// Adds an action; returns its number.
    pub(super) fn push(&mut self, name: u32, preconditions: &[FactId], postconditions: &[FactId]) -> u32 {
        let number = self.name_of.len() as u32;
        let (needed, left) = (sorted(preconditions), sorted(postconditions));
        let without = |these: &[u32], others: &[u32]| -> Vec<u32> {
            these.iter().filter(|fact| others.binary_search(fact).is_err()).copied().collect()
        };
        let (added, removed) = (without(&left, &needed), without(&needed, &left));
        self.change_digests.push([digest(&added), digest(&removed)]);
        self.state_digests.push([digest(&needed), digest(&left)]);
        self.name_of.push(name);
        self.preconditions.push(preconditions.iter().copied());
        self.postconditions.push(postconditions.iter().copied());
        self.needed.push(needed.iter().copied());
        self.left.push(left.iter().copied());
        self.added.push(added);
        self.removed.push(removed);
        let (needed_set, left_set) = (self.set(needed), self.set(left));
        self.needed_set.push(needed_set);
        self.left_set.push(left_set);
        self.by_content.entry((name, needed_set, left_set)).or_insert(number);
        number
    }

    fn set(&mut self, facts: Vec<FactId>) -> u32 {
        let next = self.set_numbers.len() as u32;
        *self.set_numbers.entry(facts).or_insert(next)
    }

    /// An action as part of a plan.
    pub(super) fn plan(&self, base: u32) -> PlanAction {
        PlanAction {
            base,
            swapped: false,
            name: self.name_of[base as usize],
            inversions: 0,
            needed_set: self.needed_set[base as usize],
            left_set: self.left_set[base as usize],
        }
    }

    /// The action that undoes another, and whether a rule does so. Where none does it is the bare inverse.
    pub(super) fn opposite(&self, action: PlanAction) -> (PlanAction, bool) {
        let undo = if action.inversions == 0 { self.reverses[action.name as usize] } else { None };
        let (name, inversions) = undo.map_or((action.name, action.inversions + 1), |undo| (undo, 0));
        let turned = PlanAction {
            base: action.base,
            swapped: !action.swapped,
            name,
            inversions,
            needed_set: action.left_set,
            left_set: action.needed_set,
        };
        (turned, undo.is_some())
    }

    /// Whether a rule undoes the action.
    pub(super) fn is_reversible(&self, base: u32) -> bool {
        self.reverses[self.name_of[base as usize] as usize].is_some()
    }

    /// An action that is written down and equals `action`.
    pub(super) fn written(&self, action: PlanAction) -> Option<u32> {
        let key = (action.name, action.needed_set, action.left_set);
        if action.inversions == 0 { self.by_content.get(&key).copied() } else { None }
    }

    pub(super) fn name_of(&self, action: PlanAction) -> &Name {
        &self.names[action.name as usize]
    }

    /// The preconditions in order, as often as they are written.
    pub(super) fn preconditions(&self, action: PlanAction) -> &[FactId] {
        let rows = if action.swapped { &self.postconditions } else { &self.preconditions };
        rows.row(action.base)
    }

    /// The preconditions as a set, sorted.
    pub(super) fn needed(&self, action: PlanAction) -> &[FactId] {
        if action.swapped { self.left.row(action.base) } else { self.needed.row(action.base) }
    }

    /// The postconditions as a set, sorted.
    pub(super) fn left(&self, action: PlanAction) -> &[FactId] {
        if action.swapped { self.needed.row(action.base) } else { self.left.row(action.base) }
    }

    /// What it adds, sorted.
    pub(super) fn added(&self, action: PlanAction) -> &[FactId] {
        if action.swapped { self.removed.row(action.base) } else { self.added.row(action.base) }
    }

    /// What it removes, sorted.
    pub(super) fn removed(&self, action: PlanAction) -> &[FactId] {
        if action.swapped { self.added.row(action.base) } else { self.removed.row(action.base) }
    }

    /// A few bits of [`ActionTable::added`]: sets with a fact in common have a bit in common.
    pub(super) fn added_digest(&self, action: PlanAction) -> u64 {
        self.change_digests[action.base as usize][usize::from(action.swapped)]
    }

    /// A few bits of [`ActionTable::needed`].
    pub(super) fn needed_digest(&self, action: PlanAction) -> u64 {
        self.state_digests[action.base as usize][usize::from(action.swapped)]
    }

    /// What applying action `base` adds and removes.
    #[inline]
    pub(super) fn effects(&self, base: u32) -> (&[FactId], &[FactId]) {
        (self.added.row(base), self.removed.row(base))
    }

    /// The preconditions of all actions as sets.
    pub(super) const fn all_needed(&self) -> &Rows {
        &self.needed
    }

    /// How many preconditions action `base` lists.
    pub(super) fn precondition_count(&self, base: u32) -> usize {
        self.preconditions.row(base).len()
    }
}

/// A bit for each fact; some share one.
fn digest(facts: &[FactId]) -> u64 {
    facts.iter().fold(0, |bits, fact| bits | 1 << (fact % 64))
}

fn sorted(facts: &[FactId]) -> Vec<FactId> {
    let mut facts = facts.to_vec();
    facts.sort_unstable();
    facts.dedup();
    facts
}
