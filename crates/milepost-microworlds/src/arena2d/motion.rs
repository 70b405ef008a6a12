/// Position and velocity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ArenaState {
    /// In the box `[−1, 1]²`.
    pub position: [f64; 2],
    /// Lengths per unit of time.
    pub velocity: [f64; 2],
}

/// A thin wall along the second axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wall {
    /// Where it cuts the first axis.
    pub x: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
}

/// The walls: the first is open at the top, the second at the bottom, so the way is an S.
pub const WALLS: [Wall; 2] =
    [Wall { x: -0.33, low: -1.0, high: 0.4 }, Wall { x: 0.33, low: -0.4, high: 1.0 }];
/// The goal's centre.
pub const GOAL: [f64; 2] = [0.75, 0.6];
/// Within this distance the goal is reached.
pub const GOAL_RADIUS: f64 = 0.1;

/// Length of a step in time.
const TICK: f64 = 0.05;
/// A body that hits a wall stays this far from it, so that it keeps its side.
const SKIN: f64 = 1e-3;

/// `√(x² + y²)`, from `libm` so that records agree between machines.
pub(super) fn length([x, y]: [f64; 2]) -> f64 {
    libm::sqrt(x * x + y * y)
}

/// Distance of a position to the goal.
pub(super) fn goal_distance(position: [f64; 2]) -> f64 {
    length([GOAL[0] - position[0], GOAL[1] - position[1]])
}

/// One tick of a unit mass under `force`, each component clipped to `[−1, 1]` (semi-implicit Euler):
///
/// v ← v + Δt (F − drag · v); p ← p + Δt v.
///
/// A collision with a wall or the box stops the component of the velocity across it.
pub(super) fn moved(state: &ArenaState, force: [f64; 2], drag: f64) -> ArenaState {
    let ArenaState { position: from, mut velocity } = *state;
    for axis in 0..2 {
        velocity[axis] += TICK * (force[axis].clamp(-1.0, 1.0) - drag * velocity[axis]);
    }
    let mut to = [from[0] + TICK * velocity[0], from[1] + TICK * velocity[1]];
    for wall in &WALLS {
        let (before, after) = (from[0] < wall.x, to[0] < wall.x);
        if before == after {
            continue;
        }
        let crossing = from[1] + (to[1] - from[1]) * (wall.x - from[0]) / (to[0] - from[0]);
        if (wall.low..=wall.high).contains(&crossing) {
            to[0] = if before { wall.x - SKIN } else { wall.x + SKIN };
            velocity[0] = 0.0;
        }
    }
    for axis in 0..2 {
        if to[axis].abs() > 1.0 {
            to[axis] = to[axis].clamp(-1.0, 1.0);
            velocity[axis] = 0.0;
        }
    }
    ArenaState { position: to, velocity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn states() -> impl Strategy<Value = ArenaState> {
        (prop::array::uniform2(-1f64..1.0), prop::array::uniform2(-1.5f64..1.5))
            .prop_map(|(position, velocity)| ArenaState { position, velocity })
    }

    proptest! {
        #[test]
        fn bodies_stay_in_the_box_and_never_pass_through_a_wall(
            start in states(), forces in prop::collection::vec(prop::array::uniform2(-2f64..2.0), 1..80),
        ) {
            let mut state = start;
            for force in forces {
                let next = moved(&state, force, 0.1);
                prop_assert!(next.position.iter().all(|x| x.abs() <= 1.0));
                for wall in WALLS {
                    if (state.position[0] < wall.x) != (next.position[0] < wall.x) {
                        let t = (wall.x - state.position[0]) / (next.position[0] - state.position[0]);
                        let y = state.position[1] + t * (next.position[1] - state.position[1]);
                        // The box may have moved the end of the step; the crossing itself is then near ±1.
                        prop_assert!(!(wall.low..=wall.high).contains(&y) || y.abs() > 0.99, "crossed at {y}");
                    }
                }
                state = next;
            }
        }

        #[test]
        fn forces_beyond_the_clip_act_like_the_clip(state in states(), force in prop::array::uniform2(1f64..9.0)) {
            prop_assert_eq!(moved(&state, force, 0.1), moved(&state, [1.0, 1.0], 0.1));
        }

        #[test]
        fn in_free_space_the_force_can_be_read_from_the_change_of_velocity(
            velocity in prop::array::uniform2(-1f64..1.0), force in prop::array::uniform2(-1f64..1.0),
        ) {
            let state = ArenaState { position: [0.0, 0.0], velocity };
            let next = moved(&state, force, 0.1);
            for axis in 0..2 {
                let read = (next.velocity[axis] - velocity[axis]) / TICK + 0.1 * velocity[axis];
                prop_assert!((read - force[axis]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn a_wall_stops_what_runs_into_it() {
        let state = ArenaState { position: [-0.35, 0.0], velocity: [1.0, 0.2] };
        let next = moved(&state, [1.0, 0.0], 0.1);
        assert_eq!((next.position[0], next.velocity[0]), (-0.33 - SKIN, 0.0));
        assert!(next.velocity[1] > 0.19, "it slides along");
    }
}
