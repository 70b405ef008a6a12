//! How far a state seems from doing the next deed, and what stands in the way.

use super::finish::{Finish, HAND};
use super::hopeless::reach;
use super::routes::{LOCK, Pose, Routes, Terrain};
use super::situation::Situation;
use crate::cell::Cell;
use crate::object::Kind;
use crate::rules::{Deed, Held};
use crate::state::Action;

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

impl Outlook {
    /// What the present state promises; `None` if the deed is out of reach even through things and locked
    /// doors.
    pub(super) fn of(situation: Situation<'_>) -> Option<Self> {
        let reached = reach(situation.level, situation.state);
        let terrain = Terrain::Relaxed(&reached);
        let routes = Routes::new(situation, terrain)?;
        let finishes = Finish::all(situation);
        let Some((cost, finish)) = Finish::nearest(&routes, &finishes) else {
            return holds_target(situation).then(|| Self { cost: 2 * HAND, hand: true, ..Self::default() });
        };
        let hand = !situation.hand_is_empty() && finish.price > 0;
        let mut outlook = Self { cost, hand, ..Self::default() };
        let mut obstacles: Vec<usize> = finish.obstacle.into_iter().collect();
        obstacles.extend(on_route(situation, &routes, finish.act.pose));
        outlook.cost += second_half(situation, finish.act.pose, terrain, &mut obstacles).unwrap_or(LOCK);
        outlook.clear(situation, &routes, obstacles)?;
        Some(outlook)
    }

    /// Notes what must be picked up or opened so that `obstacles` are out of the way, keys included. `None` if
    /// there is no key.
    fn clear(&mut self, situation: Situation<'_>, routes: &Routes, mut obstacles: Vec<usize>) -> Option<()> {
        let mut cleared = Vec::new();
        while let Some(index) = obstacles.pop() {
            if cleared.contains(&index) {
                continue;
            }
            cleared.push(index);
            self.hand |= !situation.hand_is_empty();
            let content = situation.cell(index);
            if content.is(Kind::Door) {
                let (cost, pose, source) = nearest_key(situation, routes, content)?;
                self.cost += cost;
                let hidden = !opens(situation.cell(source), content);
                if hidden { &mut self.boxes } else { &mut self.pickups }.push(source);
                obstacles.extend(on_route(situation, routes, pose));
            } else {
                self.pickups.push(index);
            }
        }
        Some(())
    }
}

/// Whether what is to be picked up (again), or to be put something next to, is in hand.
fn holds_target(situation: Situation<'_>) -> bool {
    !situation.hand_is_empty() && matches!(situation.aim.deed, Deed::Take(_) | Deed::Place { .. })
}

/// The cost of what is left to do after the first half of a deed of two: carrying what was picked up at `from`
/// to where it goes. Adds what is in the way of that.
fn second_half(
    situation: Situation<'_>,
    from: Pose,
    terrain: Terrain<'_>,
    obstacles: &mut Vec<usize>,
) -> Option<u32> {
    let drops = match &situation.aim.deed {
        Deed::Place { held: Held::Other, drops, .. } => drops,
        // What something is to be put next to can be put down anywhere.
        Deed::Place { held: Held::Beside, .. } => return Some(HAND),
        _ => return Some(0),
    };
    let routes = Routes::from(from, situation, terrain);
    let finishes = Finish::facing(situation, drops, Some(Action::Drop));
    let (cost, finish) = Finish::nearest(&routes, &finishes)?;
    obstacles.extend(finish.obstacle);
    obstacles.extend(on_route(situation, &routes, finish.act.pose));
    Some(cost + 1)
}

/// The obstructed cells on a relaxed route.
fn on_route(situation: Situation<'_>, routes: &Routes, pose: Pose) -> Vec<usize> {
    let cells = routes.route(pose).into_iter().map(Pose::cell);
    let mut obstacles: Vec<usize> = cells.filter(|index| situation.is_obstructed(*index)).collect();
    obstacles.dedup();
    obstacles
}

fn opens(key: Cell, door: Cell) -> bool {
    key.is(Kind::Key) && door.toggled_door(key).is_open_door()
}

/// The cheapest place from which a key of `door` can be had, bare or in a box: cost, pose and cell.
fn nearest_key(situation: Situation<'_>, routes: &Routes, door: Cell) -> Option<(u32, Pose, usize)> {
    let holds_key = |mut cell: Cell| {
        while !cell.is_empty() && !opens(cell, door) {
            cell = situation.level.content(cell);
        }
        !cell.is_empty()
    };
    let cells = situation.cells_where(holds_key).into_iter();
    cells
        .flat_map(|cell| Pose::facing(situation.level, cell).map(move |pose| (pose, cell)))
        .filter_map(|(pose, cell)| Some((routes.cost(pose)?, pose, cell)))
        .min()
}
