use milepost_core::TaskSeed;
use serde::{Deserialize, Serialize};

use super::distract::Distractors;
use super::lay::{Size, lay};
use super::skeleton::{Goal, Ingredients};
use super::{GenerateError, logic, objective, stream};
use crate::game::Game;

/// Two things, of which one is to be taken and the other must not be, as in TextWorld's treasure hunter.
///
/// Levels 1 to 10 have 5 rooms and 1 to 5 steps; nothing is closed. Levels 11 to 20 have 10 rooms and 2 to 10
/// steps; doors and containers may be closed. Levels 21 to 30 have 20 rooms and 3 to 20 steps; they may be locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct TreasureHunter {
    /// 1 to 30.
    pub level: usize,
}

impl Default for TreasureHunter {
    /// Level 10: five rooms, five steps.
    fn default() -> Self {
        Self { level: 10 }
    }
}

const GOALS: &[Goal] = &[Goal::Hold];

impl TreasureHunter {
    /// Which third of the levels, from 0.
    const fn mode(self) -> usize {
        self.level.saturating_sub(1) / 10
    }

    /// Rooms of the world.
    #[must_use]
    pub const fn rooms(&self) -> usize {
        5 << self.mode()
    }

    /// Steps of the optimal plan: ten numbers at equal distances from the first to the last of the mode,
    /// rounded half to even.
    #[must_use]
    pub fn steps(&self) -> usize {
        let (first, last) = [(1.0, 5.0), (2.0, 10.0), (3.0, 20.0)][self.mode().min(2)];
        let share = (self.level.saturating_sub(1) % 10) as f64 / 9.0;
        let exact: f64 = first + (last - first) * share;
        exact.round_ties_even() as usize
    }

    /// The game that `seed` names.
    pub fn generate(&self, seed: TaskSeed) -> Result<Game, GenerateError> {
        if !(1..=30).contains(&self.level) {
            let (what, wanted) = ("the level of a treasure hunter", "1 to 30".to_owned());
            return Err(GenerateError::Range { what, found: self.level, wanted });
        }
        let mode = self.mode();
        let ingredients = Ingredients { goals: GOALS, closed: mode > 0, locked: mode > 1, supporters: true };
        let size = Size { rooms: self.rooms(), steps: self.steps(), distractors: Distractors::Decoy };
        let laid = lay(size, &ingredients, &mut stream(seed, "treasure hunter"))?;
        let metadata =
            serde_json::json!({ "family": "treasure-hunter", "level": self.level, "seed": seed.get() });
        objective::script(&laid, logic::house(), metadata)
    }
}
