use crate::data::Transitions;

/// Imagined transitions, first in, first out.
#[derive(Debug, Clone)]
pub struct ModelBuffer {
    rows: Transitions,
    capacity: usize,
    /// The oldest row once it is full.
    next: usize,
}

impl ModelBuffer {
    /// An empty buffer of at most `capacity` rows.
    #[must_use]
    pub fn new(capacity: usize, state_width: usize, action_width: usize) -> Self {
        let rows = Transitions { state_width, action_width, ..Transitions::default() };
        Self { rows, capacity: capacity.max(1), next: 0 }
    }

    /// What it holds; the order of rows means nothing.
    #[must_use]
    pub const fn rows(&self) -> &Transitions {
        &self.rows
    }

    /// Adds a row, in place of the oldest where it is full.
    pub fn push(&mut self, state: &[f32], action: &[f32], reward: f32, next: &[f32], terminal: bool) {
        let (rows, terminal) = (&mut self.rows, f32::from(u8::from(terminal)));
        if rows.len() < self.capacity {
            rows.states.extend_from_slice(state);
            rows.actions.extend_from_slice(action);
            rows.rewards.push(reward);
            rows.next_states.extend_from_slice(next);
            rows.terminals.push(terminal);
            return;
        }
        let at = self.next;
        self.next = (at + 1) % self.capacity;
        rows.states[at * state.len()..(at + 1) * state.len()].copy_from_slice(state);
        rows.actions[at * action.len()..(at + 1) * action.len()].copy_from_slice(action);
        rows.rewards[at] = reward;
        rows.next_states[at * next.len()..(at + 1) * next.len()].copy_from_slice(next);
        rows.terminals[at] = terminal;
    }
}
