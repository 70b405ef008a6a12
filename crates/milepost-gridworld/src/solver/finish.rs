//! The ways to finish a deed.

use super::routes::{LOCK, OBSTACLE, Pose, Routes};
use super::situation::Situation;
use crate::position::Direction;
use crate::rules::{Deed, Held};
use crate::state::Action;

/// The price of putting down what is in hand.
pub(super) const HAND: u32 = 3;

/// A pose, and what to do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Act {
    pub(super) pose: Pose,
    /// `None` if being there is enough.
    pub(super) action: Option<Action>,
}

/// An act that finishes a deed (or the first half of it), and what is in its way besides the route to it.
pub(super) struct Finish {
    pub(super) act: Act,
    /// 0 if the act can be done as things are.
    pub(super) price: u32,
    pub(super) obstacle: Option<usize>,
}

impl Finish {
    /// All ways to finish the deed.
    pub(super) fn all(situation: Situation<'_>) -> Vec<Self> {
        let facing = |cells: &[usize], action| Self::facing(situation, cells, action);
        match &situation.aim.deed {
            Deed::Face(cells) => facing(cells, None),
            Deed::Use(cells, action) => facing(cells, Some(*action)),
            Deed::Take(cells) => facing(cells, Some(Action::Pickup)),
            Deed::Place { held: Held::Moved, drops, .. } => facing(drops, Some(Action::Drop)),
            Deed::Place { sources, .. } => facing(sources, Some(Action::Pickup)),
            Deed::Signal(cells) => {
                let poses = cells.iter().flat_map(|cell| Direction::ALL.map(|way| Pose::new(*cell, way)));
                let act = |pose| Act { pose, action: Some(Action::Done) };
                poses.map(|pose| Self { act: act(pose), price: 0, obstacle: None }).collect()
            }
        }
    }

    /// The ways to face one of the cells and do something there.
    pub(super) fn facing(situation: Situation<'_>, cells: &[usize], action: Option<Action>) -> Vec<Self> {
        let mut finishes = Vec::new();
        for cell in cells {
            let (price, obstacle) = match action {
                Some(Action::Toggle) if situation.is_locked(*cell) => (LOCK, Some(*cell)),
                Some(Action::Pickup) if !situation.hand_is_empty() => (HAND, None),
                Some(Action::Drop) if situation.cell(*cell).can_carry() => (OBSTACLE, Some(*cell)),
                Some(Action::Drop) if !situation.cell(*cell).is_empty() => continue,
                _ => (0, None),
            };
            let acts = Pose::facing(situation.level, *cell).map(|pose| Act { pose, action });
            finishes.extend(acts.map(|act| Self { act, price, obstacle }));
        }
        finishes
    }

    /// The cheapest, and what it costs.
    pub(super) fn nearest<'a>(routes: &Routes, finishes: &'a [Self]) -> Option<(u32, &'a Self)> {
        let cost = |finish: &Self| Some(routes.cost(finish.act.pose)? + finish.price);
        let priced = finishes.iter().filter_map(|finish| Some((cost(finish)?, finish)));
        priced.min_by_key(|(cost, finish)| (*cost, finish.act.pose))
    }
}
