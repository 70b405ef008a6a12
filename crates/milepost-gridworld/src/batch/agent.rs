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
use crate::rules::{Instruction, Rule, Task};
use crate::state::{Action, State, Verdict};

#[derive(Debug, Clone, Copy)]
pub(super) struct Agent {
    pub(super) x: u8,
    pub(super) y: u8,
    pub(super) direction: Direction,
    /// What it holds, as its [`appearance`].
    pub(super) hand: u8,
    /// What the rules must hear of now.
    heeded: Heeded,
    /// What they must hear of while the hand is empty and objects are where they were last noted.
    usual: Heeded,
    /// Whether an object may not be where the rules last noted it.
    displaced: bool,
    /// Whether a part of an instruction may not have noted what is in hand now.
    unnoted: bool,
    pub(super) steps: u32,
    pub(super) max_steps: u32,
}

impl Agent {
    /// The agent of an episode that starts.
    pub(super) fn new(level: &Level) -> Self {
        let usual = if level.settings.view_size > WIDEST { Heeded::ALL } else { Heeded::by(level) };
        let mut agent = Self {
            x: 0,
            y: 0,
            direction: Direction::Right,
            hand: 0,
            heeded: usual,
            usual,
            displaced: false,
            unnoted: false,
            steps: 0,
            max_steps: level.settings.max_steps,
        };
        agent.read(&level.initial);
        agent.heeded = agent.heeded(level);
        agent
    }

    fn read(&mut self, state: &State) {
        (self.x, self.y, self.direction) = (state.x as u8, state.y as u8, state.direction);
        (self.hand, self.steps) = (appearance(state.carrying), state.steps);
    }

    /// Tells `state` of the steps taken without it.
    pub(super) fn report(&self, state: &mut State) {
        state.stand(i32::from(self.x), i32::from(self.y), self.direction);
        state.steps = self.steps;
    }

    /// Takes over what the rules made of `action` in `state`, with what was in front of it before and is after.
    pub(super) fn follow(&mut self, level: &Level, state: &State, action: Action, before: u8, after: u8) {
        let held = self.hand;
        self.read(state);
        let handled = self.hand != held;
        let opened = action == Action::Toggle && packed::is(before, Kind::Box);
        // Every drop, successful or not, makes the rules note where things are.
        self.displaced = action != Action::Drop && (self.displaced || handled || opened);
        // A part that fails or succeeds keeps parts after it from noting what is in hand; moving away from
        // objects makes none fail or succeed.
        let moved = !matches!(action, Action::Pickup | Action::Drop | Action::Toggle);
        let noted = moved && !self.displaced && !packed::has_identity(after);
        self.unnoted = (self.unnoted || handled) && !noted;
        self.heeded = self.heeded(level);
    }

    /// Trying in vain to pick up or drop something matters to some rules, but never with an empty hand and
    /// every object where it was noted.
    fn heeded(&self, level: &Level) -> Heeded {
        let tries = matches!(level.rule, Rule::PutNear { .. } | Rule::PickUp { .. } | Rule::Instruction(_));
        if self.unnoted || (self.displaced && self.usual.faces()) {
            Heeded::ALL
        } else if tries && (self.displaced || !self.has_free_hand()) {
            self.usual.with(&[Action::Pickup, Action::Drop])
        } else {
            self.usual
        }
    }

    fn has_free_hand(&self) -> bool {
        self.hand == const { appearance(Cell::EMPTY) }
    }

    /// The step, if it is one that changes nothing but where the agent is.
    #[inline]
    pub(super) fn step(&mut self, map: &PackedMap, action: Action) -> Option<Verdict> {
        if self.heeded.hears(action) {
            return None;
        }
        let (dx, dy) = self.direction.vector();
        let (x, y) = (i32::from(self.x), i32::from(self.y));
        let front = map.at(x + dx, y + dy);
        if packed::handles(action, self.has_free_hand(), front) {
            return None;
        }
        let forward = action == Action::Forward;
        // Selected, not branched on: nothing can predict a policy's next action.
        let walks = -i32::from(forward && packed::can_enter(front));
        let (x, y) = (x + (dx & walks), y + (dy & walks));
        let direction = self.direction.turned(action.turns());
        if self.heeded.faces() && faces_object(map, (x, y), direction) {
            return None;
        }
        (self.x, self.y, self.direction) = (x as u8, y as u8, direction);
        self.steps += 1;
        Some(if forward && packed::is(front, Kind::Goal) {
            Verdict::Success
        } else if forward && packed::is(front, Kind::Lava) {
            Verdict::Failure(0.0)
        } else {
            Verdict::Continue
        })
    }
}

#[inline(never)]
fn faces_object(map: &PackedMap, (x, y): (i32, i32), direction: Direction) -> bool {
    let (dx, dy) = direction.vector();
    packed::has_identity(map.at(x + dx, y + dy))
}

/// The steps that the rules must hear of although no cell changed and nothing was picked up or dropped.
///
/// Bit `a` stands for action `a`, bit 7 for steps after which the agent faces an object with an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Heeded(u8);

impl Heeded {
    const NONE: Self = Self(0);
    const ALL: Self = Self(0x7f);
    const FACING: u8 = 0x80;

    const fn hears(self, action: Action) -> bool {
        self.0 >> action as u8 & 1 == 1
    }

    const fn faces(self) -> bool {
        self.0 & Self::FACING != 0
    }

    fn with(self, actions: &[Action]) -> Self {
        Self(actions.iter().fold(self.0, |bits, action| bits | 1 << *action as u8))
    }

    /// What a level's rule heeds, from its first step on, while the hand is empty.
    fn by(level: &Level) -> Self {
        let start = &level.initial;
        let free_hand = start.carrying.is_empty();
        match &level.rule {
            Rule::Nothing | Rule::PutNear { .. } | Rule::PickUp { .. } => Self::NONE,
            Rule::GoTo { .. } => Self::NONE.with(&[Action::Toggle, Action::Done]),
            Rule::Fetch { .. } if free_hand => Self::NONE,
            Rule::Remember { success, failure } if ![*success, *failure].contains(&(start.x, start.y)) => {
                Self::NONE.with(&[Action::Forward, Action::Pickup])
            }
            Rule::OpenInOrder { second, .. } if !start.cells[*second].is_open_door() => Self::NONE,
            Rule::OpenDoor { door } if !start.cells[*door].is_open_door() => Self::NONE,
            Rule::Instruction(_) if free_hand => Self::by_instruction(level),
            // These depend on more than what the agent does from here.
            Rule::Fetch { .. }
            | Rule::Remember { .. }
            | Rule::OpenInOrder { .. }
            | Rule::OpenDoor { .. }
            | Rule::AvoidObstacles { .. }
            | Rule::Instruction(_) => Self::ALL,
        }
    }

    /// Something can be gone to at any step that ends in front of where it was last noted: in front of an
    /// object, therefore, unless something was picked up or a box opened since. Everything else succeeds or
    /// fails with an action on what is in front.
    fn by_instruction(level: &Level) -> Self {
        let Task::Instruction(instruction) = &level.task else { return Self::ALL };
        let mut heeded = Self::NONE;
        for action in instruction.actions() {
            if let Instruction::GoTo(objects) = action {
                let known = |position| level.at(position).is_some_and(|cell| cell.id() != 0);
                if !objects.iter().all(|position| known(*position)) {
                    return Self::ALL;
                }
                heeded.0 |= Self::FACING;
            }
        }
        heeded
    }
}
