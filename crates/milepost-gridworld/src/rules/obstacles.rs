//! Obstacles that move at random before the agent does: the only rule that draws random numbers.

use super::Memory;
use crate::cell::Cell;
use crate::level::Level;
use crate::object::Kind;
use crate::rng::NumpyRng;
use crate::state::{Action, State, Verdict};

/// Draws after which an obstacle stays where it is.
const DRAWS: i32 = 101;

/// Obstacles move, in order, then the agent acts. Walking into what was in front of the agent *before*
/// the obstacles moved (a wall included) fails with -1, even if the way has become free.
pub(super) fn step(level: &Level, state: &mut State, rng: &mut NumpyRng, action: Action) -> Verdict {
    let action = effective(action);
    let blocked = is_blocked(level, state);
    for obstacle in 0..count(state) {
        for _ in 0..DRAWS {
            let (columns, rows) = neighbourhood(level, position(state, obstacle));
            let x = rng.integers(columns.0, columns.1);
            let y = rng.integers(rows.0, rows.1);
            if let Some(target) = level.index(x, y).filter(|index| is_free(level, state, *index)) {
                relocate(level, state, obstacle, target);
                break;
            }
        }
    }
    finish(level, state, action, blocked)
}

/// Actions other than moving turn left.
const fn effective(action: Action) -> Action {
    match action {
        Action::Left | Action::Right | Action::Forward => action,
        _ => Action::Left,
    }
}

fn is_blocked(level: &Level, state: &State) -> bool {
    let front = state.front_cell(level);
    !front.is_empty() && !front.is(Kind::Goal)
}

fn finish(level: &Level, state: &mut State, action: Action, blocked: bool) -> Verdict {
    state.steps += 1;
    let map = state.act(level, action);
    if action == Action::Forward && blocked { Verdict::Failure(-1.0) } else { map }
}

fn count(state: &State) -> usize {
    match &state.memory {
        Memory::Obstacles(cells) => cells.len(),
        _ => 0,
    }
}

fn position(state: &State, obstacle: usize) -> usize {
    match &state.memory {
        Memory::Obstacles(cells) => cells[obstacle],
        _ => 0,
    }
}

/// The 3 by 3 block around a cell, as half-open ranges. Its top-left corner is clamped at 0 and *then*
/// extended by three, so at the map's edge it reaches one cell further.
fn neighbourhood(level: &Level, index: usize) -> ((i32, i32), (i32, i32)) {
    let (x, y) = level.coordinates(index);
    let (left, top) = ((x - 1).max(0), (y - 1).max(0));
    ((left, (left + 3).min(level.width())), (top, (top + 3).min(level.height())))
}

fn is_free(level: &Level, state: &State, index: usize) -> bool {
    state.cells[index].is_empty() && level.coordinates(index) != (state.x, state.y)
}

fn relocate(level: &Level, state: &mut State, obstacle: usize, target: usize) {
    if let Memory::Obstacles(cells) = &mut state.memory {
        let source = std::mem::replace(&mut cells[obstacle], target);
        let ball = state.cells[source];
        state.set(level, target, ball);
        state.set(level, source, Cell::EMPTY);
    }
}

/// Every way in which the obstacles can move before `action`, with its probability and the verdict.
///
/// An obstacle with `k` free cells among the `n` of its block moves to each with probability
/// `(1 - (1 - k/n)^101) / k`, and stays otherwise. Ways of equal outcome are not merged.
pub(crate) fn branches(level: &Level, state: &State, action: Action) -> Vec<(f64, State, Verdict)> {
    let action = effective(action);
    let blocked = is_blocked(level, state);
    let mut ways = vec![(1.0, state.clone())];
    for obstacle in 0..count(state) {
        ways = ways.into_iter().flat_map(|(p, state)| moves(level, &state, obstacle, p)).collect();
    }
    ways.into_iter()
        .map(|(probability, mut state)| {
            let verdict = finish(level, &mut state, action, blocked);
            (probability, state, verdict)
        })
        .collect()
}

fn moves(level: &Level, state: &State, obstacle: usize, probability: f64) -> Vec<(f64, State)> {
    let (columns, rows) = neighbourhood(level, position(state, obstacle));
    let block = f64::from((columns.1 - columns.0) * (rows.1 - rows.0));
    let free: Vec<usize> = (columns.0..columns.1)
        .flat_map(|x| (rows.0..rows.1).map(move |y| (x, y)))
        .filter_map(|(x, y)| level.index(x, y).filter(|index| is_free(level, state, *index)))
        .collect();
    let stays = (1.0 - free.len() as f64 / block).powi(DRAWS);
    let mut ways: Vec<(f64, State)> = free
        .iter()
        .map(|target| {
            let mut moved = state.clone();
            relocate(level, &mut moved, obstacle, *target);
            (probability * (1.0 - stays) / free.len() as f64, moved)
        })
        .collect();
    if stays > 0.0 {
        ways.push((probability * stays, state.clone()));
    }
    ways
}
