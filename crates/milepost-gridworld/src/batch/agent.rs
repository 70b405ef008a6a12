//! What changes with almost every step, in 16 bytes a slot.
//!
//! Most steps turn, walk, bump into something or try in vain, and need nothing but the agent and the byte in
//! front of it. The other steps are left to the rules of the scalar engine, for which the slot's [`State`]
//! first catches up with the agent.

use super::packed::{self, PackedMap, WIDEST, appearance};
use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Direction;
use crate::rules::Rule;
use crate::state::{Action, State, Verdict};

#[derive(Debug, Clone, Copy)]
pub(super) struct Agent {
    pub(super) x: u8,
    pub(super) y: u8,
    pub(super) direction: Direction,
    /// What it holds, as its [`appearance`].
    pub(super) hand: u8,
    /// Bit `a` is set if the rules must hear of every action `a`.
    heeded: u8,
    pub(super) steps: u32,
    pub(super) max_steps: u32,
}

impl Agent {
    /// The agent of an episode that starts.
    pub(super) fn new(level: &Level) -> Self {
        let mut agent = Self {
            x: 0,
            y: 0,
            direction: Direction::Right,
            hand: 0,
            heeded: if level.settings.view_size > WIDEST { u8::MAX } else { heeded(&level.rule) },
            steps: 0,
            max_steps: level.settings.max_steps,
        };
        agent.follow(&level.initial);
        agent
    }

    /// Takes what `state` says of the agent.
    pub(super) fn follow(&mut self, state: &State) {
        (self.x, self.y, self.direction) = (state.x as u8, state.y as u8, state.direction);
        (self.hand, self.steps) = (appearance(state.carrying), state.steps);
    }

    /// Tells `state` of the steps taken without it.
    pub(super) fn report(&self, state: &mut State) {
        state.stand(i32::from(self.x), i32::from(self.y), self.direction);
        state.steps = self.steps;
    }

    /// The step, if it is one that changes nothing but where the agent is.
    #[inline]
    pub(super) fn step(&mut self, map: &PackedMap, action: Action) -> Option<Verdict> {
        if self.heeded >> action as u8 & 1 == 1 {
            return None;
        }
        let (dx, dy) = self.direction.vector();
        let front = map.front(self, (dx, dy));
        if packed::handles(action, self.hand == const { appearance(Cell::EMPTY) }, front) {
            return None;
        }
        self.steps += 1;
        let forward = action == Action::Forward;
        // Selected, not branched on: nothing can predict a policy's next action.
        let walks = -i32::from(forward && packed::can_enter(front));
        self.x = (i32::from(self.x) + (dx & walks)) as u8;
        self.y = (i32::from(self.y) + (dy & walks)) as u8;
        self.direction = self.direction.turned(action.turns());
        Some(if forward && packed::is(front, Kind::Goal) {
            Verdict::Success
        } else if forward && packed::is(front, Kind::Lava) {
            Verdict::Failure(0.0)
        } else {
            Verdict::Continue
        })
    }
}

/// The actions after which a rule may have something to say although no cell changed and nothing was
/// picked up or dropped. Rules about where the agent is or what it did before heed every action.
fn heeded(rule: &Rule) -> u8 {
    let actions: &[Action] = match rule {
        Rule::Nothing => &[],
        Rule::GoTo { .. } => &[Action::Toggle, Action::Done],
        Rule::PutNear { .. } => &[Action::Pickup, Action::Drop],
        Rule::OpenDoor { .. } => &[Action::Toggle],
        Rule::PickUp { .. } => &[Action::Pickup],
        Rule::Fetch { .. }
        | Rule::Remember { .. }
        | Rule::OpenInOrder { .. }
        | Rule::AvoidObstacles { .. }
        | Rule::Instruction(_) => &Action::ALL,
    };
    actions.iter().fold(0, |bits, action| bits | 1 << *action as u8)
}
