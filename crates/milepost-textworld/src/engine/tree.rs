//! TextWorld's dependency tree: which actions must come before which.
//!
//! A node's children are actions that add something it needs. One pushed action may hang in many places; all
//! of these nodes share one *element*, which remembers where it was hung last.

use super::actions::{ActionTable, PlanAction};
use super::facts::FactId;
use super::sort;

/// The most actions a flattened tree may have; a cycle of a hostile game ends here.
const LONGEST_PLAN: usize = 4096;
/// Elements that nodes no longer use are dropped when there are so many times more of them than nodes.
const SLACK: usize = 8;

#[derive(Debug, Clone, Copy)]
struct Element {
    action: PlanAction,
    parent: Option<u32>,
    /// A few bits of what the action needs.
    needed: u64,
}

#[derive(Debug, Clone)]
struct Node {
    element: u32,
    children: Vec<Node>,
}

/// What [`DependencyTree::remove`] did.
pub(super) struct Removal {
    /// Whether the plan is another one now, as TextWorld has it.
    pub(super) changed: bool,
    /// Whether any node came or went.
    pub(super) modified: bool,
    /// What undoes the action, if a rule does.
    pub(super) reverse: Option<PlanAction>,
}

/// A forest of actions.
#[derive(Debug, Clone, Default)]
pub(super) struct DependencyTree {
    elements: Vec<Element>,
    roots: Vec<Node>,
}

impl DependencyTree {
    /// The tree of a plan: its actions pushed from the last to the first.
    pub(super) fn of_plan(table: &ActionTable, plan: &[PlanAction]) -> Self {
        let mut tree = Self::default();
        for action in plan.iter().rev() {
            tree.push(table, *action);
        }
        tree
    }

    /// All roots of all trees.
    pub(super) fn forest<'a>(trees: impl Iterator<Item = &'a Self>) -> Self {
        let mut forest = Self::default();
        for tree in trees {
            let offset = forest.elements.len() as u32;
            let moved = tree
                .elements
                .iter()
                .map(|element| Element { parent: element.parent.map(|parent| parent + offset), ..*element });
            forest.elements.extend(moved);
            forest.roots.extend(tree.roots.iter().map(|root| root.moved(&|element| element + offset)));
        }
        forest
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.roots.is_empty()
    }

    /// Hangs an action under every node that needs what it adds, unless the node's children add all of that
    /// already. Into an empty tree it goes as the root. `false` if it fits nowhere.
    pub(super) fn push(&mut self, table: &ActionTable, action: PlanAction) -> bool {
        let element = self.elements.len() as u32;
        let mut hung = Element { action, parent: None, needed: table.needed_digest(action) };
        let gains = table.added_digest(action);
        let added = if self.roots.is_empty() {
            self.roots.push(Node { element, children: Vec::new() });
            true
        } else {
            let mut added = false;
            for root in &mut self.roots {
                added |= root.push(table, &self.elements, element, &mut hung, gains);
            }
            added
        };
        if added {
            self.elements.push(hung);
        }
        added
    }

    /// Takes an action out after it was done: if a leaf equals it, all nodes that do go with everything below
    /// them. Then what undoes it is pushed, as the plan may need what it removed.
    pub(super) fn remove(&mut self, table: &ActionTable, action: PlanAction) -> Removal {
        let taken = self.roots.iter().any(|root| root.has_leaf(&self.elements, action));
        if taken {
            let elements = &self.elements;
            let stays = |node: &Node| elements[node.element as usize].action != action;
            self.roots.retain(stays);
            self.roots.iter_mut().for_each(|root| root.retain(&stays));
        }
        let (opposite, reversible) = table.opposite(action);
        let reverse = reversible.then_some(opposite);
        if self.roots.is_empty() {
            return Removal { changed: taken, modified: taken, reverse };
        }
        let pushed = self.push(table, opposite);
        // TextWorld forgets that the action was taken out where a rule can undo it.
        let changed = if reversible { pushed } else { taken || pushed };
        Removal { changed, modified: taken || pushed, reverse }
    }

    /// The actions in an order in which they can be done: leaves are taken off greedily, those first that
    /// remove least of what others require.
    pub(super) fn flatten(&self, table: &ActionTable) -> Vec<PlanAction> {
        let mut tree = self.clone();
        let mut plan = Vec::new();
        let mut avoided: Option<PlanAction> = None;
        while !tree.is_empty() && plan.len() < LONGEST_PLAN {
            let leaves = tree.sorted_leaves(table);
            let actions = || leaves.iter().map(|leaf| tree.action(*leaf));
            // Not what undoes the action before, if there is another.
            let other = actions().find(|action| avoided != Some(*action));
            let Some(next) = other.or_else(|| actions().next_back()) else { break };
            plan.push(next);
            let removal = tree.remove(table, next);
            avoided = removal.reverse.filter(|_| removal.changed);
            tree.take_bare_roots(table, &mut plan);
        }
        plan
    }

    /// Moves every root without children to the plan.
    ///
    /// As in TextWorld the roots are listed first: one that went together with an equal one before it is
    /// still taken.
    fn take_bare_roots(&mut self, table: &ActionTable, plan: &mut Vec<PlanAction>) {
        let listed: Vec<u32> = self.roots.iter().map(|root| root.element).collect();
        let mut gone_bare = Vec::new();
        for element in listed {
            let bare = match self.roots.iter().find(|root| root.element == element) {
                Some(root) => root.children.is_empty(),
                None => gone_bare.contains(&element),
            };
            if !bare {
                continue;
            }
            let action = self.action(element);
            plan.push(action);
            let equal = |node: &Node| self.action(node.element) == action;
            let going = self.roots.iter().filter(|root| equal(root) && root.children.iter().all(equal));
            gone_bare.extend(going.map(|root| root.element));
            self.remove(table, action);
        }
    }

    fn action(&self, element: u32) -> PlanAction {
        self.elements[element as usize].action
    }

    /// The elements of the leaves, each once, in post-order.
    fn leaves(&self) -> Vec<u32> {
        let mut found = Vec::new();
        self.roots.iter().for_each(|root| root.leaves(&mut found));
        found
    }

    fn sorted_leaves(&self, table: &ActionTable) -> Vec<u32> {
        let leaves = self.leaves();
        if leaves.len() < 2 {
            return leaves;
        }
        let required: Vec<Vec<FactId>> = leaves.iter().map(|leaf| self.required(table, *leaf)).collect();
        let removes = |x: usize, y: usize| {
            let removed = table.removed(self.action(leaves[x]));
            removed.iter().filter(|fact| required[y].contains(fact)).count()
        };
        let order = sort::python_sort((0..leaves.len()).collect(), |x, y| removes(*y, *x) > removes(*x, *y));
        order.into_iter().map(|index| leaves[index]).collect()
    }

    /// What an action and those that depend on it still require.
    fn required(&self, table: &ActionTable, element: u32) -> Vec<FactId> {
        let mut required = table.needed(self.action(element)).to_vec();
        let mut current = self.elements[element as usize];
        while let Some(parent) = current.parent {
            let above = self.elements[parent as usize];
            let added = table.added(current.action);
            required.extend(table.needed(above.action));
            required.retain(|fact| added.binary_search(fact).is_err());
            current = above;
        }
        required
    }

    /// Forgets elements that no node and no parent chain uses, if there are many.
    pub(super) fn drop_unused(&mut self) {
        let nodes: usize = self.roots.iter().map(Node::count).sum();
        if self.elements.len() < SLACK * (nodes + SLACK) {
            return;
        }
        let mut used = vec![false; self.elements.len()];
        self.roots.iter().for_each(|root| root.visit(&mut |element| used[element as usize] = true));
        for element in 0..used.len() {
            let mut current = used[element].then_some(element as u32);
            while let Some(parent) = current.and_then(|e| self.elements[e as usize].parent) {
                used[parent as usize] = true;
                current = Some(parent);
            }
        }
        let mut next = 0;
        let places: Vec<u32> = used
            .iter()
            .map(|used| {
                next += u32::from(*used);
                next.saturating_sub(1)
            })
            .collect();
        let place = |element: u32| places[element as usize];
        let kept = self.elements.iter().zip(&used).filter(|(_, used)| **used);
        let kept = kept.map(|(e, _)| Element { parent: e.parent.map(place), ..*e });
        self.elements = kept.collect();
        self.roots = self.roots.iter().map(|root| root.moved(&place)).collect();
    }
}

impl Node {
    /// `gains` are a few bits of what the new action adds.
    fn push(
        &mut self,
        table: &ActionTable,
        elements: &[Element],
        new: u32,
        hung: &mut Element,
        gains: u64,
    ) -> bool {
        let mut added = false;
        for child in &mut self.children {
            added |= child.push(table, elements, new, hung, gains);
        }
        let own = &elements[self.element as usize];
        if own.needed & gains == 0 {
            return added;
        }
        let needed = table.needed(own.action);
        let gains = table.added(hung.action);
        let helps = gains.iter().any(|fact| needed.binary_search(fact).is_ok());
        if helps && !self.has_all(table, elements, gains) {
            self.children.push(Self { element: new, children: Vec::new() });
            hung.parent = Some(self.element);
            return true;
        }
        added
    }

    /// Whether the children together add all of `gains`.
    fn has_all(&self, table: &ActionTable, elements: &[Element], gains: &[FactId]) -> bool {
        let adds = |child: &Self, fact: &FactId| {
            table.added(elements[child.element as usize].action).binary_search(fact).is_ok()
        };
        gains.iter().all(|fact| self.children.iter().any(|child| adds(child, fact)))
    }

    fn retain(&mut self, stays: &impl Fn(&Self) -> bool) {
        self.children.retain(stays);
        self.children.iter_mut().for_each(|child| child.retain(stays));
    }

    fn has_leaf(&self, elements: &[Element], action: PlanAction) -> bool {
        if self.children.is_empty() {
            return elements[self.element as usize].action == action;
        }
        self.children.iter().any(|child| child.has_leaf(elements, action))
    }

    fn leaves(&self, found: &mut Vec<u32>) {
        self.children.iter().for_each(|child| child.leaves(found));
        if self.children.is_empty() && !found.contains(&self.element) {
            found.push(self.element);
        }
    }

    fn visit(&self, see: &mut impl FnMut(u32)) {
        see(self.element);
        self.children.iter().for_each(|child| child.visit(see));
    }

    fn count(&self) -> usize {
        1 + self.children.iter().map(Self::count).sum::<usize>()
    }

    fn moved(&self, place: &impl Fn(u32) -> u32) -> Self {
        let children = self.children.iter().map(|child| child.moved(place)).collect();
        Self { element: place(self.element), children }
    }
}
