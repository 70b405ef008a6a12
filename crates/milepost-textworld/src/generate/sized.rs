use milepost_core::TaskSeed;
use serde::{Deserialize, Serialize};

use super::distract::Distractors;
use super::lay::{Size, lay};
use super::skeleton::{Goal, Ingredients};
use super::{GenerateError, logic, objective, stream};
use crate::game::Game;

/// Quests by size: `w{rooms}-o{objects}-q{steps}`, the family of the multi-turn recipe (arXiv 2510.01132).
///
/// Rooms are a random tree on a grid plus extra passages. Objects are everything but rooms and doors:
/// containers, supporters, keys, food and things, of which some have nothing to do with the quest. The quest asks to
/// take, put, insert, cook or eat one thing, behind as many walks, doors, containers and locks as make its
/// optimal plan exactly `steps` long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct SizedQuest {
    /// Rooms, 1 to 30.
    pub rooms: usize,
    /// Objects, 1 to 60.
    pub objects: usize,
    /// Steps of the optimal plan, 1 to 60.
    pub steps: usize,
}

impl Default for SizedQuest {
    /// `w2-o3-q4`.
    fn default() -> Self {
        Self { rooms: 2, objects: 3, steps: 4 }
    }
}

const INGREDIENTS: Ingredients = Ingredients {
    goals: &[Goal::Hold, Goal::Put, Goal::Insert, Goal::Eat, Goal::CookAndEat, Goal::CookAndPut],
    closed: true,
    locked: true,
    supporters: true,
};

impl SizedQuest {
    /// The size as the family writes it.
    #[must_use]
    pub fn label(&self) -> String {
        format!("w{}-o{}-q{}", self.rooms, self.objects, self.steps)
    }

    /// The game that `seed` names.
    pub fn generate(&self, seed: TaskSeed) -> Result<Game, GenerateError> {
        for (what, found, most) in
            [("rooms", self.rooms, 30), ("objects", self.objects, 60), ("steps", self.steps, 60)]
        {
            if !(1..=most).contains(&found) {
                return Err(GenerateError::Range { what, found, wanted: format!("1 to {most}") });
            }
        }
        let distractors = Distractors::FillTo(self.objects);
        let size = Size { rooms: self.rooms, steps: self.steps, distractors };
        let laid = lay(size, &INGREDIENTS, &mut stream(seed, "sized quest"))?;
        let metadata = serde_json::json!({ "family": "quest", "size": self.label(), "seed": seed.get() });
        objective::script(&laid, logic::cooking(), metadata)
    }
}
