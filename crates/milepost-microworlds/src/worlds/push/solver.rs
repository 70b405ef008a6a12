//! Exact distances to success: every state of a level is visited forwards, then distances spread backwards.

use std::collections::{HashMap, VecDeque};

use super::{BoxPushing, BoxPushingState};
use crate::dynamics::Dynamics;

/// The fewest steps to success, by state key; states from which it is out of reach are left out.
#[derive(Debug, Clone)]
pub(super) struct Distances(HashMap<u64, u32>);

impl Distances {
    pub(super) fn of(&self, world: &BoxPushing, state: BoxPushingState) -> Option<u32> {
        self.0.get(&world.state_key(&state)).copied()
    }
}

pub(super) fn solve(world: &BoxPushing, start: BoxPushingState) -> Distances {
    let mut states = vec![start];
    let mut numbers = HashMap::from([(world.state_key(&start), 0)]);
    let mut before: Vec<Vec<usize>> = vec![Vec::new()];
    let mut number = 0;
    while number < states.len() {
        let state = states[number];
        let actions = if world.is_solved(state) { 0..0 } else { 0..4 };
        for next in actions.map(|action| world.after(state, action)) {
            let next_number = *numbers.entry(world.state_key(&next)).or_insert(states.len());
            if next_number == states.len() {
                states.push(next);
                before.push(Vec::new());
            }
            before[next_number].push(number);
        }
        number += 1;
    }
    let solved = (0..states.len()).filter(|number| world.is_solved(states[*number]));
    let mut frontier: VecDeque<(usize, u32)> = solved.map(|number| (number, 0)).collect();
    let mut distances = HashMap::new();
    for (number, _) in &frontier {
        distances.insert(world.state_key(&states[*number]), 0);
    }
    while let Some((number, steps)) = frontier.pop_front() {
        for earlier in &before[number] {
            distances.entry(world.state_key(&states[*earlier])).or_insert_with(|| {
                frontier.push_back((*earlier, steps + 1));
                steps + 1
            });
        }
    }
    Distances(distances)
}
