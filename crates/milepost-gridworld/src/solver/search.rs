//! Best-first search over errands: go somewhere and do one thing.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::errands::errands;
use super::outlook::Outlook;
use super::situation::Situation;
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

impl Node {
    /// `None` if nothing can come of the state.
    fn new(level: &Level, state: State, actions: Vec<Action>) -> Option<Self> {
        let aim = level.rule.aim(level, &state)?;
        let outlook = Outlook::of(Situation { level, state: &state, aim: &aim })?;
        Some(Self { state, actions, aim, outlook })
    }

    fn errands(&self, level: &Level, breadth: Breadth) -> Vec<Vec<Action>> {
        errands(Situation { level, state: &self.state, aim: &self.aim }, &self.outlook, breadth)
    }
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
    let root = Node::new(level, start.clone(), Vec::new())?;
    let part = root.aim.part;
    let mut seen = BTreeSet::from([rules::state_key(start)]);
    let mut nodes = vec![root];
    let mut queue = BinaryHeap::from([Reverse((0, 0))]);
    for _ in 0..breadth.states {
        let Reverse((_, number)) = queue.pop()?;
        for errand in nodes[number].errands(level, breadth) {
            match run(level, &nodes[number], part, &errand) {
                Arrival::Done(actions) => return Some(actions),
                Arrival::Further(state, actions) if seen.insert(rules::state_key(&state)) => {
                    if let Some(node) = Node::new(level, state, actions) {
                        let estimate = node.actions.len() as u32 + breadth.greed * node.outlook.cost;
                        queue.push(Reverse((estimate, nodes.len())));
                        nodes.push(node);
                    }
                }
                Arrival::Further(..) | Arrival::Failed => {}
            }
        }
    }
    None
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
