use std::sync::Arc;

use milepost_core::Environment;
use milepost_gridworld::{Color, DoorState, GridObservation, Gridworld, Kind, Object, Position};
use milepost_progress::{Frame, View};

use crate::StudyError;

/// Channels of a cell seen from above: wall, door closed, door open, key, ball, agent looking right, down, left and up,
/// the mark of the pad, hidden.
const GLOBAL: usize = 11;
const HIDDEN: usize = 10;

/// Channels of a cell in the agent's own view: out of sight, wall, door closed, door open, key, ball, mark of the pad.
const EGO: usize = 7;

/// What two cameras see: one above the map, with one column in front of which something stands, and the agent's own. The
/// camera above does not see what the agent holds; the agent's own sees it in the agent's place.
pub(crate) fn frame(world: &Gridworld, occluded: u8) -> Result<Arc<Frame>, StudyError> {
    let (width, height) = world.extent();
    // Inner rows; inner columns and the outer wall on the right, where the mark is.
    let (rows, columns) = (usize::from(height) - 2, usize::from(width) - 1);
    let mut values = vec![0.0; rows * columns * GLOBAL];
    for (row, column) in (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))) {
        let at = Position::new(column as u8 + 1, row as u8 + 1);
        let cell = &mut values[(row * columns + column) * GLOBAL..][..GLOBAL];
        if at.x == occluded {
            cell[HIDDEN] = 1.0;
            continue;
        }
        if let Some(channel) = world.object_at(at).and_then(|object| global_channel(&object)) {
            cell[channel] = 1.0;
        }
        if world.agent() == Some(at) {
            cell[5 + world.direction() as usize] = 1.0;
        }
    }
    let fault = StudyError::part("a view");
    let global = View::new("global", [rows, columns, GLOBAL], values).map_err(&fault)?;
    let mut seen = world.new_observation();
    world.observe(&mut seen);
    let (side, values) = ego(&seen);
    let ego = View::new("ego", [side, side, EGO], values).map_err(&fault)?;
    Ok(Arc::new(Frame { views: vec![global, ego], ..Frame::default() }))
}

fn global_channel(object: &Object) -> Option<usize> {
    match (object.kind(), object.color()) {
        (Kind::Wall, Color::Green) => Some(9),
        (Kind::Wall, _) => Some(0),
        (Kind::Door, _) => Some(if object.door_state() == DoorState::Open { 2 } else { 1 }),
        (Kind::Key, _) => Some(3),
        (Kind::Ball, _) => Some(4),
        _ => None,
    }
}

/// MiniGrid's codes of a cell (type, colour, state), one channel each.
fn ego(seen: &GridObservation) -> (usize, Vec<f32>) {
    let cells = seen.image.len() / 3;
    let mut values = vec![0.0; cells * EGO];
    for (code, cell) in seen.image.chunks_exact(3).zip(values.chunks_exact_mut(EGO)) {
        let channel = match (code[0], code[1], code[2]) {
            (0, ..) => Some(0),
            (2, 1, _) => Some(6),
            (2, ..) => Some(1),
            (4, _, 0) => Some(3),
            (4, ..) => Some(2),
            (5, ..) => Some(4),
            (6, ..) => Some(5),
            _ => None,
        };
        if let Some(channel) = channel {
            cell[channel] = 1.0;
        }
    }
    (cells.isqrt(), values)
}
