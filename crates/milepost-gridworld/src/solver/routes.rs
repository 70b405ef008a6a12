//! Shortest routes of one agent over a map on which nothing else changes.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::situation::Situation;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Direction;
use crate::state::{Action, State};

/// The price of walking through a thing that would have to be carried away.
pub(super) const OBSTACLE: u32 = 8;
/// The price of walking through a locked door whose key is not in hand.
pub(super) const LOCK: u32 = 60;

/// What stands in the way.
#[derive(Debug, Clone, Copy)]
pub(super) enum Terrain<'a> {
    /// Routes lead through what [can be opened](Situation::can_open), and around everything else.
    Real,
    /// Routes also walk through things and locked doors, at a price. Only cells that are not
    /// [hopeless](super::hopeless::reach) are walked through.
    Relaxed(&'a [bool]),
}

/// A cell and a direction, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pose(u32);

impl Pose {
    pub(super) const fn new(cell: usize, direction: Direction) -> Self {
        Self((cell as u32) << 2 | direction as u32)
    }

    pub(super) const fn cell(self) -> usize {
        (self.0 >> 2) as usize
    }

    pub(super) const fn direction(self) -> Direction {
        Direction::from_code(self.0 as u8)
    }

    const fn index(self) -> usize {
        self.0 as usize
    }

    /// The poses from which a cell is in front.
    pub(super) fn facing(level: &Level, cell: usize) -> impl Iterator<Item = Self> {
        let (x, y) = level.coordinates(cell);
        Direction::ALL.into_iter().filter_map(move |direction| {
            let (dx, dy) = direction.vector();
            Some(Self::new(level.index(x - dx, y - dy)?, direction))
        })
    }
}

/// The cheapest routes from where the agent is to every pose.
pub(super) struct Routes {
    start: Pose,
    /// By pose; `u32::MAX` where no route leads.
    cost: Vec<u32>,
    previous: Vec<Pose>,
}

impl Routes {
    /// The routes from where the agent is.
    pub(super) fn new(situation: Situation<'_>, terrain: Terrain<'_>) -> Option<Self> {
        let state = situation.state;
        let start = Pose::new(situation.level.index(state.x, state.y)?, state.direction);
        Some(Self::from(start, situation, terrain))
    }

    /// Dijkstra's algorithm: a turn costs 1, a step 1, and what must be opened 1 more.
    pub(super) fn from(start: Pose, situation: Situation<'_>, terrain: Terrain<'_>) -> Self {
        let level = situation.level;
        let poses = level.cell_count() * 4;
        let mut routes = Self { start, cost: vec![u32::MAX; poses], previous: vec![start; poses] };
        let mut queue = BinaryHeap::from([Reverse((0, start))]);
        routes.cost[start.index()] = 0;
        while let Some(Reverse((cost, pose))) = queue.pop() {
            if cost > routes.cost[pose.index()] {
                continue;
            }
            let direction = pose.direction();
            let turned = [direction.clockwise(), direction.counter_clockwise()];
            let turns = turned.map(|direction| Some((Pose::new(pose.cell(), direction), 1)));
            let (x, y) = level.coordinates(pose.cell());
            let (dx, dy) = direction.vector();
            let step = level
                .index(x + dx, y + dy)
                .and_then(|cell| Some((Pose::new(cell, direction), price(situation, cell, terrain)?)));
            for (next, price) in turns.into_iter().chain([step]).flatten() {
                if cost + price < routes.cost[next.index()] {
                    routes.cost[next.index()] = cost + price;
                    routes.previous[next.index()] = pose;
                    queue.push(Reverse((cost + price, next)));
                }
            }
        }
        routes
    }

    /// The cost of a route to a pose; `None` if there is none.
    pub(super) fn cost(&self, pose: Pose) -> Option<u32> {
        Some(self.cost[pose.index()]).filter(|cost| *cost != u32::MAX)
    }

    /// The poses on the way to a pose, both ends included.
    pub(super) fn route(&self, mut pose: Pose) -> Vec<Pose> {
        let mut route = vec![pose];
        while pose != self.start {
            pose = self.previous[pose.index()];
            route.push(pose);
        }
        route.reverse();
        route
    }

    /// The actions that lead to a pose on [`Terrain::Real`].
    pub(super) fn actions(&self, state: &State, pose: Pose) -> Vec<Action> {
        let mut actions = Vec::new();
        for leg in self.route(pose).windows(2) {
            let (from, to) = (leg[0], leg[1]);
            if from.cell() == to.cell() {
                let clockwise = from.direction().clockwise() == to.direction();
                actions.push(if clockwise { Action::Right } else { Action::Left });
            } else {
                if !state.cells[to.cell()].can_enter() {
                    actions.push(Action::Toggle);
                }
                actions.push(Action::Forward);
            }
        }
        actions
    }
}

/// What a step into a cell costs; `None` if it cannot be made.
fn price(situation: Situation<'_>, cell: usize, terrain: Terrain<'_>) -> Option<u32> {
    let content = situation.cell(cell);
    if content.is(Kind::Goal) || content.is(Kind::Lava) || situation.aim.shunned.contains(&cell) {
        return None;
    }
    if content.can_enter() {
        return Some(1);
    }
    if situation.can_open(cell) {
        return Some(2);
    }
    match terrain {
        Terrain::Relaxed(reached) if reached[cell] && content.is_locked_door() => Some(2 + LOCK),
        Terrain::Relaxed(reached) if reached[cell] && content.can_carry() => Some(1 + OBSTACLE),
        _ => None,
    }
}
