//! How far a state seems from doing the next deed, and what stands in the way.

use super::hopeless::reach;
use super::routes::{LOCK, OBSTACLE, Pose, Routes, Terrain, can_open};
use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::position::Direction;
use crate::rules::{Aim, Deed, Held};
use crate::state::{Action, State};

/// The price of putting down what is in hand.
const HAND: u32 = 3;

/// A pose, and what to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) pose: Pose,
    /// `None` if being there is enough.
    pub(super) action: Option<Action>,
}

/// What a state promises.
#[derive(Debug, Default)]
pub(super) struct Outlook {
    /// An estimate of the steps to the deed, things in the way at a price.
    pub(super) cost: u32,
    /// Things to be picked up: those in the way, and keys.
    pub(super) pickups: Vec<usize>,
    /// Boxes to be opened, for the keys in them.
    pub(super) boxes: Vec<usize>,
    /// Whether what is in hand must be put down.
    pub(super) hand: bool,
}

/// A way to finish the deed: an act, and what is in its way besides the route to it.
struct Finish {
    act: Act,
    price: u32,
    obstacle: Option<usize>,
}

/// The poses at which the deed can be done as the map is, hand and routes permitting.
pub(super) fn finishing_acts(level: &Level, state: &State, aim: &Aim) -> Vec<Act> {
    finishes(level, state, aim)
        .into_iter()
        .filter(|finish| finish.price == 0)
        .map(|finish| finish.act)
        .collect()
}

fn finishes(level: &Level, state: &State, aim: &Aim) -> Vec<Finish> {
    let facing = |cells: &[usize], action| Finish::facing(level, state, cells, action);
    match &aim.deed {
        Deed::Face(cells) => facing(cells, None),
        Deed::Use(cells, action) => facing(cells, Some(*action)),
        Deed::Take(cells) => facing(cells, Some(Action::Pickup)),
        Deed::Place { held: Held::Moved, drops, .. } => facing(drops, Some(Action::Drop)),
        Deed::Place { sources, .. } => facing(sources, Some(Action::Pickup)),
        Deed::Signal(cells) => {
            let poses = cells.iter().flat_map(|cell| Direction::ALL.map(|way| Pose::new(*cell, way)));
            let act = |pose| Act { pose, action: Some(Action::Done) };
            poses.map(|pose| Finish { act: act(pose), price: 0, obstacle: None }).collect()
        }
    }
}

impl Finish {
    /// The ways to face one of the cells and do something there.
    fn facing(level: &Level, state: &State, cells: &[usize], action: Option<Action>) -> Vec<Self> {
        let mut finishes = Vec::new();
        for cell in cells {
            let (price, obstacle) = match action {
                Some(Action::Toggle) if is_locked(state, *cell) => (LOCK, Some(*cell)),
                Some(Action::Pickup) if !state.carrying.is_empty() => (HAND, None),
                Some(Action::Drop) if state.cells[*cell].can_carry() => (OBSTACLE, Some(*cell)),
                Some(Action::Drop) if !state.cells[*cell].is_empty() => continue,
                _ => (0, None),
            };
            let acts = Pose::facing(level, *cell).map(|pose| Act { pose, action });
            finishes.extend(acts.map(|act| Self { act, price, obstacle }));
        }
        finishes
    }

    /// The cheapest, and what it costs.
    fn nearest<'a>(routes: &Routes, finishes: &'a [Self]) -> Option<(u32, &'a Self)> {
        let priced =
            finishes.iter().filter_map(|finish| Some((routes.cost(finish.act.pose)? + finish.price, finish)));
        priced.min_by_key(|(cost, finish)| (*cost, finish.act.pose))
    }
}

/// What the present state promises; `None` if the deed is out of reach even through things and locked doors.
pub(super) fn outlook(level: &Level, state: &State, aim: &Aim) -> Option<Outlook> {
    let reached = reach(level, state);
    let terrain = Terrain::Relaxed(&reached);
    let routes = Routes::new(level, state, aim, terrain)?;
    let finishes = finishes(level, state, aim);
    let Some((cost, finish)) = Finish::nearest(&routes, &finishes) else {
        return held_target(state, aim).then(|| Outlook { cost: 2 * HAND, hand: true, ..Outlook::default() });
    };
    let mut outlook =
        Outlook { cost, hand: !state.carrying.is_empty() && finish.price > 0, ..Outlook::default() };
    let mut obstacles: Vec<usize> = finish.obstacle.into_iter().collect();
    obstacles.extend(on_route(level, state, aim, &routes, finish.act.pose));
    outlook.cost += carry_on(level, state, aim, (finish.act.pose, terrain), &mut obstacles).unwrap_or(LOCK);
    outlook.clear(level, state, aim, &routes, obstacles)?;
    Some(outlook)
}

/// Whether what is to be picked up (again), or to be put something next to, is in hand.
fn held_target(state: &State, aim: &Aim) -> bool {
    !state.carrying.is_empty() && matches!(aim.deed, Deed::Take(_) | Deed::Place { .. })
}

/// Adds what is left to do after the first act of a deed of two: carrying what was picked up to where it goes.
fn carry_on(
    level: &Level,
    state: &State,
    aim: &Aim,
    (from, terrain): (Pose, Terrain<'_>),
    obstacles: &mut Vec<usize>,
) -> Option<u32> {
    let drops = match &aim.deed {
        Deed::Place { held: Held::Other, drops, .. } => drops,
        // It can be put down anywhere.
        Deed::Place { held: Held::Beside, .. } => return Some(HAND),
        _ => return Some(0),
    };
    let routes = Routes::from(from, level, state, aim, terrain);
    let drops = Finish::facing(level, state, drops, Some(Action::Drop));
    let (cost, finish) = Finish::nearest(&routes, &drops)?;
    obstacles.extend(finish.obstacle);
    obstacles.extend(on_route(level, state, aim, &routes, finish.act.pose));
    Some(cost + 1)
}

impl Outlook {
    /// Notes what must be picked up or opened so that `obstacles` are out of the way, keys included.
    fn clear(
        &mut self,
        level: &Level,
        state: &State,
        aim: &Aim,
        routes: &Routes,
        mut obstacles: Vec<usize>,
    ) -> Option<()> {
        let mut cleared = Vec::new();
        while let Some(cell) = obstacles.pop() {
            if cleared.contains(&cell) {
                continue;
            }
            cleared.push(cell);
            self.hand |= !state.carrying.is_empty();
            if state.cells[cell].is(Kind::Door) {
                let (cost, pose, source) = nearest_key(level, state, routes, state.cells[cell])?;
                self.cost += cost;
                let hidden = !opens(state.cells[source], state.cells[cell]);
                if hidden { &mut self.boxes } else { &mut self.pickups }.push(source);
                obstacles.extend(on_route(level, state, aim, routes, pose));
            } else {
                self.pickups.push(cell);
            }
        }
        Some(())
    }
}

/// The cells on a relaxed route that hold a thing or a locked door whose key is not in hand.
fn on_route(level: &Level, state: &State, aim: &Aim, routes: &Routes, pose: Pose) -> Vec<usize> {
    let in_the_way = |cell: &usize| {
        let content = state.cells[*cell];
        (content.can_carry() || is_locked(state, *cell)) && !can_open(level, state, *cell, aim)
    };
    let mut obstacles: Vec<usize> =
        routes.route(pose).into_iter().map(Pose::cell).filter(in_the_way).collect();
    obstacles.dedup();
    obstacles
}

fn is_locked(state: &State, cell: usize) -> bool {
    let door = state.cells[cell];
    door.is_locked_door() && !door.toggled_door(state.carrying).is_open_door()
}

fn opens(key: Cell, door: Cell) -> bool {
    key.is(Kind::Key) && door.toggled_door(key).is_open_door()
}

/// The cheapest place from which a key of `door` can be had, bare or in a box: cost, pose and cell.
fn nearest_key(level: &Level, state: &State, routes: &Routes, door: Cell) -> Option<(u32, Pose, usize)> {
    let holds_key = |mut cell: Cell| {
        while !cell.is_empty() && !opens(cell, door) {
            cell = level.content(cell);
        }
        !cell.is_empty()
    };
    let cells = (0..state.cells.len()).filter(|cell| holds_key(state.cells[*cell]));
    cells
        .flat_map(|cell| Pose::facing(level, cell).map(move |pose| (pose, cell)))
        .filter_map(|(pose, cell)| Some((routes.cost(pose)?, pose, cell)))
        .min()
}
