//! Walking to a goal among things that move by themselves.

use super::finish::{Act, Finish};
use super::hopeless::reach;
use super::routes::{Routes, Terrain};
use super::situation::Situation;
use crate::level::Level;
use crate::object::Kind;
use crate::state::{Action, State};

/// The first action of the cheapest route to a goal, obstacles counted as things in the way. Walking into
/// anything but a goal ends the episode, so the agent only walks into cells that are free before the
/// obstacles move, and turns on the spot otherwise.
pub(super) fn careful_step(level: &Level, state: &State) -> Option<Action> {
    let aim = level.rule.aim(level, state)?;
    let situation = Situation { level, state, aim: &aim };
    let routes = Routes::new(situation, Terrain::Relaxed(&reach(level, state)))?;
    let finishes = Finish::all(situation);
    let (_, Finish { act: Act { pose, .. }, .. }) = Finish::nearest(&routes, &finishes)?;
    let route = routes.route(*pose);
    let [from, to] = [route.first()?, route.get(1).unwrap_or(pose)];
    let action = match to {
        to if to.cell() != from.cell() || to == from => Action::Forward,
        to if to.direction() == from.direction().clockwise() => Action::Right,
        _ => Action::Left,
    };
    let front = state.front_cell(level);
    let free = front.is_empty() || front.is(Kind::Goal);
    Some(if action == Action::Forward && !free { Action::Left } else { action })
}
