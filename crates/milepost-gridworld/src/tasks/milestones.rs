use milepost_core::{Ending, Environment};

use crate::gridworld::Gridworld;
use crate::object::{DoorState, Kind};
use crate::position::Position;
use crate::rules::Task;

/// A subgoal on the way through doors to a target (MiRA, milestone-based rewards for agents).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Milestone {
    /// A key is in hand.
    KeyTaken,
    /// A door that was locked (or closed, in levels without locked doors) is open.
    DoorOpened,
    /// The agent faces the object that it is to pick up, or stands on the goal.
    TargetReached,
    /// The object that it was to pick up is in hand.
    TargetTaken,
}

impl Milestone {
    /// Every milestone, in the usual order.
    pub const ALL: [Self; 4] = [Self::KeyTaken, Self::DoorOpened, Self::TargetReached, Self::TargetTaken];

    /// Whether it can ever hold in the current level.
    #[must_use]
    pub fn applies(self, world: &Gridworld) -> bool {
        let Some(level) = world.level() else { return false };
        let holds = |kind: Kind| level.initial.cells.iter().any(|cell| cell.is(kind));
        match self {
            Self::KeyTaken => holds(Kind::Key) || hidden(world, Kind::Key),
            Self::DoorOpened => !doors_to_open(world).is_empty(),
            Self::TargetReached => target(world).is_some() || holds(Kind::Goal),
            Self::TargetTaken => target(world).is_some(),
        }
    }

    /// Whether it holds in the present state.
    #[must_use]
    pub fn holds(self, world: &Gridworld) -> bool {
        let at = |position: Position, kind: Kind| world.object_at(position).is_some_and(|o| o.kind() == kind);
        let succeeded = world.ending().is_some_and(Ending::is_success);
        match self {
            Self::KeyTaken => world.carrying().is_some_and(|held| held.kind() == Kind::Key),
            Self::DoorOpened => doors_to_open(world).into_iter().any(|door| {
                world
                    .object_at(door)
                    .is_some_and(|o| o.kind() == Kind::Door && o.door_state() == DoorState::Open)
            }),
            Self::TargetReached => match (target(world), world.agent()) {
                (Some(target), Some(agent)) => {
                    let (dx, dy) = world.direction().vector();
                    (i32::from(agent.x) + dx, i32::from(agent.y) + dy) == (target.x.into(), target.y.into())
                }
                (None, Some(agent)) => at(agent, Kind::Goal),
                _ => false,
            },
            Self::TargetTaken => target(world).is_some() && succeeded,
        }
    }
}

/// The cell of the one object that is to be picked up. It stays there until it is, and then the episode is over.
fn target(world: &Gridworld) -> Option<Position> {
    match world.task()? {
        Task::PickUp { object } => Some(*object),
        _ => None,
    }
}

/// Whether a box hides something of `kind`.
fn hidden(world: &Gridworld, kind: Kind) -> bool {
    let Some(level) = world.level() else { return false };
    level.initial.cells.iter().any(|cell| level.content(*cell).is(kind))
}

/// The doors that were locked at the start; if there are none, those that were closed.
fn doors_to_open(world: &Gridworld) -> Vec<Position> {
    let Some(level) = world.level() else { return Vec::new() };
    let doors = |accepted: fn(crate::cell::Cell) -> bool| -> Vec<Position> {
        let cells = level.initial.cells.iter().enumerate();
        cells.filter(|(_, cell)| accepted(**cell)).map(|(index, _)| level.position(index)).collect()
    };
    let locked = doors(crate::cell::Cell::is_locked_door);
    if locked.is_empty() { doors(|cell| cell.is(Kind::Door) && !cell.is_open_door()) } else { locked }
}

/// Which milestones of an episode have been passed, and when. Passed once is passed: undoing it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestones {
    passed: Vec<(Milestone, Option<u32>)>,
}

impl Milestones {
    /// The milestones of the episode that `world` has just started, with those that hold already.
    #[must_use]
    pub fn start(world: &Gridworld) -> Self {
        let applicable = Milestone::ALL.into_iter().filter(|milestone| milestone.applies(world));
        let mut milestones = Self { passed: applicable.map(|milestone| (milestone, None)).collect() };
        milestones.update(world);
        milestones
    }

    /// Looks at the state after a step.
    pub fn update(&mut self, world: &Gridworld) {
        self.update_by(world.elapsed(), |milestone| milestone.holds(world));
    }

    /// The same, with another judge of which milestones hold after `step` steps.
    pub fn update_by(&mut self, step: u32, mut holds: impl FnMut(Milestone) -> bool) {
        for (milestone, passed) in &mut self.passed {
            if passed.is_none() && holds(*milestone) {
                *passed = Some(step);
            }
        }
    }

    /// The milestones of the level, in the usual order, each with the number of steps after which it was first passed.
    #[must_use]
    pub fn passed(&self) -> &[(Milestone, Option<u32>)] {
        &self.passed
    }

    /// How many have been passed.
    #[must_use]
    pub fn count(&self) -> usize {
        self.passed.iter().filter(|(_, step)| step.is_some()).count()
    }

    /// The share that has been passed; 1 in a level without milestones.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.passed.is_empty() { 1.0 } else { self.count() as f64 / self.passed.len() as f64 }
    }
}
