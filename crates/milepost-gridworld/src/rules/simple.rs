//! The rules that remember nothing. Each returns a verdict that replaces the map's, or `None`.

use crate::cell::Cell;
use crate::level::Level;
use crate::object::{Color, Kind};
use crate::state::{Action, State, Verdict};

const FAILURE: Option<Verdict> = Some(Verdict::Failure(0.0));
const SUCCESS: Option<Verdict> = Some(Verdict::Success);

const fn success_if(achieved: bool) -> Option<Verdict> {
    if achieved { SUCCESS } else { FAILURE }
}

/// Having anything in hand ends the episode.
pub(super) fn fetch(state: &State, kind: Kind, color: Color) -> Option<Verdict> {
    if state.carrying.is_empty() { None } else { success_if(state.carrying.looks_like(kind, color)) }
}

/// Toggling and signalling end the episode; facing the target is not asked for.
pub(super) fn go_to(state: &State, action: Action, target: (i32, i32)) -> Option<Verdict> {
    match action {
        Action::Toggle => FAILURE,
        Action::Done => success_if((state.x - target.0).abs() + (state.y - target.1).abs() == 1),
        _ => None,
    }
}

/// Holding a wrong object after a pickup, and any drop with something in hand, end the episode.
pub(super) fn put_near(
    level: &Level,
    state: &State,
    held_before: Cell,
    action: Action,
    (kind, color): (Kind, Color),
    target: (i32, i32),
) -> Option<Verdict> {
    match action {
        Action::Pickup if !state.carrying.is_empty() && !state.carrying.looks_like(kind, color) => FAILURE,
        Action::Drop if !held_before.is_empty() => {
            let front = state.front(level);
            let dropped = front.filter(|index| state.cells[*index] == held_before);
            success_if(dropped.is_some_and(|index| {
                let (x, y) = level.coordinates(index);
                (x - target.0).abs() <= 1 && (y - target.1).abs() <= 1
            }))
        }
        _ => None,
    }
}

/// Standing in one of two cells ends the episode.
pub(super) fn remember(state: &State, success: (i32, i32), failure: (i32, i32)) -> Option<Verdict> {
    let here = (state.x, state.y);
    if here == failure {
        FAILURE
    } else if here == success {
        SUCCESS
    } else {
        None
    }
}

/// The second door being open ends the episode, well if the first was open before this step.
pub(super) fn open_in_order(
    state: &State,
    (first_before, second_before): (bool, bool),
    (first, second): (usize, usize),
) -> Option<Verdict> {
    if state.cells[second].is_open_door() {
        success_if(first_before)
    } else if state.cells[first].is_open_door() && second_before {
        FAILURE
    } else {
        None
    }
}

/// Any toggle while the door is open is success.
pub(super) fn open_door(state: &State, action: Action, door: usize) -> Option<Verdict> {
    if action == Action::Toggle && state.cells[door].is_open_door() { SUCCESS } else { None }
}

/// A pickup with the object in hand is success.
pub(super) fn pick_up(state: &State, action: Action, object: u8) -> Option<Verdict> {
    if action == Action::Pickup && state.carrying.id() == object { SUCCESS } else { None }
}
