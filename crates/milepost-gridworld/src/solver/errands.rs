//! What might be done next: go somewhere and act once.

use super::finish::{Act, Finish};
use super::outlook::Outlook;
use super::routes::{Pose, Routes, Terrain};
use super::search::Breadth;
use super::situation::Situation;
use crate::state::Action;

/// Errands that might bring the deed about, as actions.
pub(super) fn errands(situation: Situation<'_>, outlook: &Outlook, breadth: Breadth) -> Vec<Vec<Action>> {
    let Some(routes) = Routes::new(situation, Terrain::Real) else { return Vec::new() };
    let planner = Planner { situation, routes, breadth };
    let mut acts = planner.finishing();
    acts.extend(if situation.hand_is_empty() { planner.pickups(outlook) } else { planner.drops(outlook) });
    acts.extend(planner.openings(outlook));
    acts.into_iter().map(|act| planner.actions(act)).collect()
}

struct Planner<'a> {
    situation: Situation<'a>,
    routes: Routes,
    breadth: Breadth,
}

impl Planner<'_> {
    /// Those of the acts that can be reached, nearest first.
    fn nearest(&self, acts: impl IntoIterator<Item = Act>, most: usize) -> Vec<Act> {
        let costs = acts.into_iter().filter_map(|act| Some((self.routes.cost(act.pose)?, act)));
        let mut reachable: Vec<(u32, Act)> = costs.collect();
        reachable.sort_by_key(|(cost, act)| (*cost, act.pose));
        reachable.truncate(most);
        reachable.into_iter().map(|(_, act)| act).collect()
    }

    /// The nearest way to act on a cell.
    fn act_on(&self, cell: usize, action: Action) -> Option<Act> {
        let poses = Pose::facing(self.situation.level, cell);
        self.nearest(poses.map(|pose| Act { pose, action: Some(action) }), 1).pop()
    }

    fn finishing(&self) -> Vec<Act> {
        let finishes = Finish::all(self.situation).into_iter().filter(|finish| finish.price == 0);
        self.nearest(finishes.map(|finish| finish.act), self.breadth.places)
    }

    fn pickups(&self, outlook: &Outlook) -> Vec<Act> {
        let mut cells = outlook.pickups.clone();
        if self.breadth.everything {
            cells.extend(self.situation.cells_where(crate::cell::Cell::can_carry));
        }
        cells.into_iter().filter_map(|cell| self.act_on(cell, Action::Pickup)).collect()
    }

    fn drops(&self, outlook: &Outlook) -> Vec<Act> {
        if !outlook.hand && !self.breadth.everything {
            return Vec::new();
        }
        let empty = self.situation.cells_where(crate::cell::Cell::is_empty).into_iter();
        self.nearest(empty.filter_map(|cell| self.act_on(cell, Action::Drop)), self.breadth.places)
    }

    /// Boxes, and locked doors: a door is worth opening from outside, as the key may have to be put down before
    /// going in.
    fn openings(&self, outlook: &Outlook) -> Vec<Act> {
        let situation = self.situation;
        let mut cells: Vec<usize> =
            (0..situation.state.cells.len()).filter(|cell| situation.can_unlock(*cell)).collect();
        cells.extend(outlook.pickups.iter().filter(|cell| situation.can_open(**cell)));
        cells.extend(&outlook.boxes);
        if self.breadth.everything {
            cells.extend(situation.cells_where(|cell| !situation.level.content(cell).is_empty()));
        }
        cells.into_iter().filter_map(|cell| self.act_on(cell, Action::Toggle)).collect()
    }

    /// The way to an act, and the act. Where being there is enough and the agent is there, anything will do.
    fn actions(&self, act: Act) -> Vec<Action> {
        let mut actions = self.routes.actions(self.situation.state, act.pose);
        actions.extend(act.action.or(actions.is_empty().then_some(Action::Done)));
        actions
    }
}
