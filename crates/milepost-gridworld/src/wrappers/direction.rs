use crate::gridworld::Episode;
use crate::object::Kind;
use crate::position::Position;
use crate::wrappers::{Unwrapped, View};

/// How the direction to the goal is told, from its offset `(dx, dy)`, `y` down. It is 0 at the goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bearing {
    /// `dy / dx`, infinite where `dx = 0`. Opposite directions are alike.
    #[default]
    Slope,
    /// `atan(dy / dx)`, from −π/2 to π/2. Opposite directions are alike.
    Angle,
    /// `atan2(dy, dx)`, from −π to π.
    FullAngle,
}

impl Bearing {
    fn of(self, dx: i32, dy: i32) -> f64 {
        if (dx, dy) == (0, 0) {
            return 0.0;
        }
        let (dx, dy) = (f64::from(dx), f64::from(dy));
        // Division by zero gives the infinity that is meant, but for a dx of −0, which an integer cannot be.
        match self {
            Self::Slope => dy / dx,
            Self::Angle => libm::atan(dy / dx),
            Self::FullAngle => libm::atan2(dy, dx),
        }
    }
}

/// An observation, and the direction to the goal.
#[derive(Debug, Clone, PartialEq)]
pub struct WithGoalDirection<O> {
    /// What is seen.
    pub seen: O,
    /// The direction from the agent to the goal, see [`Bearing`].
    pub goal_direction: f64,
}

/// Adds the direction to the goal: the first one, row by row from the top, of the level as it starts. A level without one
/// is refused at reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct GoalDirection(
    /// How it is told.
    pub Bearing,
);

fn goal<E: Unwrapped>(inner: &E) -> Option<Position> {
    let Episode { level, .. } = inner.unwrapped().episode.as_ref()?;
    let cells = level.initial.cells.iter().enumerate();
    let goals = cells.filter(|(_, cell)| cell.is(Kind::Goal)).map(|(index, _)| level.position(index));
    goals.min_by_key(|position| (position.y, position.x))
}

impl<E: Unwrapped> View<E> for GoalDirection {
    type Observation = WithGoalDirection<E::Observation>;

    fn accept(&self, inner: &E) -> Result<(), String> {
        let found = goal(inner).map(|_| ());
        found.ok_or_else(|| "the level has no goal to point to; choose an environment with one".to_owned())
    }

    fn new_observation(&self, inner: &E) -> Self::Observation {
        WithGoalDirection { seen: inner.new_observation(), goal_direction: 0.0 }
    }

    fn observe(&self, inner: &E, into: &mut Self::Observation) {
        inner.observe(&mut into.seen);
        into.goal_direction = match (goal(inner), inner.unwrapped().agent()) {
            (Some(goal), Some(agent)) => {
                self.0.of(i32::from(goal.x) - i32::from(agent.x), i32::from(goal.y) - i32::from(agent.y))
            }
            _ => 0.0,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

    #[test]
    fn bearings_are_those_of_the_eight_directions() {
        let infinity = f64::INFINITY;
        let table = [
            ((1, 0), 0.0, 0.0, 0.0),
            ((1, 1), 1.0, FRAC_PI_4, FRAC_PI_4),
            ((0, 2), infinity, FRAC_PI_2, FRAC_PI_2),
            ((-3, 3), -1.0, -FRAC_PI_4, 3.0 * FRAC_PI_4),
            ((-1, 0), 0.0, 0.0, PI),
            ((-1, -1), 1.0, FRAC_PI_4, -3.0 * FRAC_PI_4),
            ((0, -1), -infinity, -FRAC_PI_2, -FRAC_PI_2),
            ((1, -1), -1.0, -FRAC_PI_4, -FRAC_PI_4),
            ((0, 0), 0.0, 0.0, 0.0),
        ];
        for ((dx, dy), slope, angle, full) in table {
            assert_eq!(Bearing::Slope.of(dx, dy), slope, "({dx}, {dy})");
            assert_eq!(Bearing::Angle.of(dx, dy), angle, "({dx}, {dy})");
            assert_eq!(Bearing::FullAngle.of(dx, dy), full, "({dx}, {dy})");
        }
    }
}
