//! Best-first search over errands: go somewhere and do one thing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::outlook::{Act, Outlook, finishing_acts, outlook};
use super::routes::{Pose, Routes, Terrain, can_open};
use crate::cell::Cell;
use crate::level::Level;
use crate::rng::NumpyRng;
use crate::rules::{self, Aim};
use crate::state::{Action, State, Verdict};

/// How widely a search looks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Breadth {
    /// Places considered for putting something down, and for finishing.
    pub(super) places: usize,
    /// Whether everything that can be reached is considered for picking up or opening.
    pub(super) everything: bool,
    /// How much more an estimated step counts than one that was taken.
    pub(super) greed: u32,
    /// States looked at.
    pub(super) states: usize,
}

struct Node {
    state: State,
    actions: Vec<Action>,
    aim: Aim,
    outlook: Outlook,
}

/// Where an errand leads.
enum Arrival {
    /// The part of the task is done.
    Done(Vec<Action>),
    Further(State, Vec<Action>),
    Failed,
}

/// Actions after which the next part of the task is done.
pub(super) fn search(level: &Level, start: &State, breadth: Breadth) -> Option<Vec<Action>> {
    let mut seen = BTreeSet::from([rules::state_key(start)]);
    let mut nodes: Vec<Node> = Vec::new();
    let mut queue = BinaryHeap::new();
    let aim = level.rule.aim(level, start)?;
    let part = aim.part;
    let outlook = outlook(level, start, &aim)?;
    nodes.push(Node { state: start.clone(), actions: Vec::new(), aim, outlook });
    queue.push(Reverse((0, 0)));
    let mut looked_at = 0;
    while let Some(Reverse((_, number))) = queue.pop() {
        looked_at += 1;
        if looked_at > breadth.states {
            return None;
        }
        for errand in errands(level, &nodes[number], breadth) {
            match run(level, &nodes[number], part, &errand) {
                Arrival::Done(actions) => return Some(actions),
                Arrival::Failed => {}
                Arrival::Further(state, actions) => {
                    if !seen.insert(rules::state_key(&state)) {
                        continue;
                    }
                    let Some(aim) = level.rule.aim(level, &state) else { continue };
                    let Some(outlook) = self::outlook(level, &state, &aim) else { continue };
                    queue.push(Reverse((actions.len() as u32 + breadth.greed * outlook.cost, nodes.len())));
                    nodes.push(Node { state, actions, aim, outlook });
                }
            }
        }
    }
    None
}

/// What might be done next, as actions.
fn errands(level: &Level, node: &Node, breadth: Breadth) -> Vec<Vec<Action>> {
    let Node { state, aim, outlook, .. } = node;
    let Some(routes) = Routes::new(level, state, aim, Terrain::Real) else { return Vec::new() };
    let nearest = |acts: Vec<Act>, most: usize| {
        let mut reachable: Vec<(u32, Pose, Act)> =
            acts.into_iter().filter_map(|act| Some((routes.cost(act.pose)?, act.pose, act))).collect();
        reachable.sort_by_key(|(cost, pose, _)| (*cost, *pose));
        reachable.truncate(most);
        reachable.into_iter().map(|(.., act)| act)
    };
    let facing = |cell: usize, action: Action| -> Vec<Act> {
        Pose::facing(level, cell).map(|pose| Act { pose, action: Some(action) }).collect()
    };
    let mut acts: Vec<Act> = nearest(finishing_acts(level, state, aim), breadth.places).collect();
    let all = |wanted: &dyn Fn(Cell) -> bool| -> Vec<usize> {
        (0..state.cells.len()).filter(|cell| breadth.everything && wanted(state.cells[*cell])).collect()
    };
    if state.carrying.is_empty() {
        for cell in outlook.pickups.iter().copied().chain(all(&Cell::can_carry)) {
            acts.extend(nearest(facing(cell, Action::Pickup), 1));
        }
    } else if outlook.hand || breadth.everything {
        let empty = (0..state.cells.len()).filter(|cell| state.cells[*cell].is_empty());
        let best = empty.filter_map(|cell| nearest(facing(cell, Action::Drop), 1).next());
        acts.extend(nearest(best.collect(), breadth.places));
    }
    // A locked door is worth opening from outside: the key may have to be put down before going in.
    let unlocked = |cell: &usize| {
        let door = state.cells[*cell];
        door.is_locked_door() && door.toggled_door(state.carrying).is_open_door()
    };
    for cell in (0..state.cells.len()).filter(unlocked) {
        acts.extend(nearest(facing(cell, Action::Toggle), 1));
    }
    let hides = |cell: Cell| !level.content(cell).is_empty();
    for cell in outlook.pickups.iter().copied().filter(|cell| can_open(level, state, *cell, aim)) {
        acts.extend(nearest(facing(cell, Action::Toggle), 1));
    }
    for cell in outlook.boxes.iter().copied().chain(all(&hides)) {
        acts.extend(nearest(facing(cell, Action::Toggle), 1));
    }
    acts.into_iter()
        .map(|act| {
            let mut actions = routes.actions(state, act.pose);
            actions.extend(act.action.or(actions.is_empty().then_some(Action::Done)));
            actions
        })
        .collect()
}

/// Runs an errand on the level's own rules, as far as the next part of the task.
fn run(level: &Level, node: &Node, part: usize, errand: &[Action]) -> Arrival {
    let mut state = node.state.clone();
    let mut actions = node.actions.clone();
    let mut unused = NumpyRng::new(0);
    for action in errand {
        if *action as u32 >= level.settings.action_count {
            return Arrival::Failed;
        }
        actions.push(*action);
        match rules::step(level, &mut state, &mut unused, *action) {
            Verdict::Success => return Arrival::Done(actions),
            Verdict::Failure(_) => return Arrival::Failed,
            Verdict::Continue => {}
        }
        if level.rule.aim(level, &state).is_some_and(|aim| aim.part != part) {
            return Arrival::Done(actions);
        }
    }
    Arrival::Further(state, actions)
}
