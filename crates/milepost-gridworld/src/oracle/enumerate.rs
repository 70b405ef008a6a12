//! All states of a level, and how far each is from success.

use std::collections::VecDeque;

use super::Distances;
use crate::level::Level;
use crate::rng::NumpyRng;
use crate::rules::{self, Rule};
use crate::state::{Action, Verdict};

/// What one action leads to, as numbers of states.
struct Transition {
    from: u32,
    to: u32,
}

/// The states of a level, numbered in the order in which they were found.
struct Graph {
    /// By number.
    keys: Vec<u64>,
    transitions: Vec<Transition>,
    /// States in which some action succeeds.
    winning: Vec<u32>,
}

/// The distances of all states from which success can be reached; `None` if there are more than
/// `max_states` states, or if something moves by itself.
pub(super) fn distances(level: &Level, max_states: usize) -> Option<Distances> {
    if matches!(level.rule, Rule::AvoidObstacles { .. }) {
        return None;
    }
    let graph = forwards(level, max_states)?;
    let steps = backwards(&graph);
    Some(
        graph
            .keys
            .into_iter()
            .zip(steps)
            .filter_map(|(key, steps)| steps.map(|steps| (key, steps)))
            .collect(),
    )
}

fn forwards(level: &Level, max_states: usize) -> Option<Graph> {
    let mut graph = Graph { keys: Vec::new(), transitions: Vec::new(), winning: Vec::new() };
    let mut numbers = Distances::default();
    let mut queue = VecDeque::new();
    let mut unused = NumpyRng::new(0);
    let start = level.initial.clone();
    numbers.insert(rules::state_key(&start), 0);
    graph.keys.push(rules::state_key(&start));
    queue.push_back(start);
    let mut next = level.initial.clone();
    let mut from = 0;
    while let Some(state) = queue.pop_front() {
        let mut wins = false;
        for action in &Action::ALL[..level.settings.action_count as usize] {
            next.clone_from(&state);
            match rules::step(level, &mut next, &mut unused, *action) {
                Verdict::Success => wins = true,
                Verdict::Failure(_) => {}
                Verdict::Continue => {
                    let key = rules::state_key(&next);
                    let fresh = numbers.len() as u32;
                    let to = *numbers.entry(key).or_insert(fresh);
                    if to == fresh {
                        if graph.keys.len() == max_states {
                            return None;
                        }
                        graph.keys.push(key);
                        queue.push_back(next.clone());
                    }
                    if to != from {
                        graph.transitions.push(Transition { from, to });
                    }
                }
            }
        }
        if wins {
            graph.winning.push(from);
        }
        from += 1;
    }
    Some(graph)
}

fn backwards(graph: &Graph) -> Vec<Option<u32>> {
    let count = graph.keys.len();
    // Predecessors of state `s` are at `first[s]..first[s + 1]`.
    let mut first = vec![0usize; count + 1];
    for transition in &graph.transitions {
        first[transition.to as usize + 1] += 1;
    }
    for state in 0..count {
        first[state + 1] += first[state];
    }
    let mut filled = first.clone();
    let mut predecessors = vec![0u32; graph.transitions.len()];
    for transition in &graph.transitions {
        let slot = &mut filled[transition.to as usize];
        predecessors[*slot] = transition.from;
        *slot += 1;
    }
    let mut steps = vec![None; count];
    let mut queue: VecDeque<u32> = graph.winning.iter().copied().collect();
    for state in &graph.winning {
        steps[*state as usize] = Some(1);
    }
    while let Some(state) = queue.pop_front() {
        let farther = steps[state as usize].map(|s: u32| s + 1);
        for predecessor in &predecessors[first[state as usize]..first[state as usize + 1]] {
            let entry = &mut steps[*predecessor as usize];
            if entry.is_none() {
                *entry = farther;
                queue.push_back(*predecessor);
            }
        }
    }
    steps
}
