use milepost_core::{Stream, TaskSeed};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::blueprint::{Blueprint, Kind, Place, Step};
use super::furnish::Names;
use super::map::{Direction, Map};
use super::write::{Cast, Script};
use super::{GenerateError, logic, stream};
use crate::game::Game;

/// A coin at the end of a path of rooms, as in TextWorld's coin collector.
///
/// Levels 1 to 100 have no other rooms, 101 to 200 one dead end beside each room of the path, 201 to 300 two.
/// The last two digits say how many rooms the path has (100 for a full hundred), which is the length of
/// the optimal plan: one walk less than rooms, and taking the coin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct CoinCollector {
    /// 1 to 300.
    pub level: usize,
}

impl Default for CoinCollector {
    /// Level 5: five rooms.
    fn default() -> Self {
        Self { level: 5 }
    }
}

impl CoinCollector {
    /// Steps of the optimal plan.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.level.saturating_sub(1) % 100 + 1
    }

    /// Dead ends beside each room of the path.
    const fn dead_ends(self) -> usize {
        self.level.saturating_sub(1) / 100
    }

    /// Rooms of the world.
    #[must_use]
    pub const fn rooms(&self) -> usize {
        self.steps() * (self.dead_ends() + 1)
    }

    /// The game that `seed` names.
    pub fn generate(&self, seed: TaskSeed) -> Result<Game, GenerateError> {
        if !(1..=300).contains(&self.level) {
            let (what, wanted) = ("the level of a coin collector", "1 to 300".to_owned());
            return Err(GenerateError::Range { what, found: self.level, wanted });
        }
        let (map, path) = self.map(&mut stream(seed, "coin map"));
        let mut words = stream(seed, "coin names");
        let mut names = Names::shuffled(&mut words);
        let rooms = (0..map.len()).map(|_| names.rooms.draw()).collect::<Result<_, _>>()?;
        let mut world = Blueprint::new(map, rooms, path[0]);
        let last = path[path.len() - 1];
        let coin = world.add(Kind::Object, "coin".to_owned(), Place::Room(last));
        let mut plan = Vec::new();
        world.walk(path[0], last, &mut Vec::new(), &mut plan);
        plan.push(Step::Take(coin));
        let win = Cast::new(&world).located(coin, Place::Carried).into_iter().collect();
        Script {
            knowledge: logic::coin(),
            blueprint: &world,
            plan: &plan,
            win,
            fail: Vec::new(),
            objective: "take the coin .".to_owned(),
            metadata: json!({ "family": "coin-collector", "level": self.level, "seed": seed.get() }),
        }
        .game()
    }

    /// A path, and dead ends in free directions of its rooms. The map is a tree, so that the path is the only
    /// way; it need not fit on a grid.
    fn map(self, stream: &mut Stream) -> (Map, Vec<usize>) {
        let mut map = Map::single();
        let mut path = vec![0];
        for _ in 1..self.steps() {
            let at = path[path.len() - 1];
            let room = grow(&mut map, at, stream);
            path.push(room);
        }
        for &room in &path {
            for _ in 0..self.dead_ends() {
                grow(&mut map, room, stream);
            }
        }
        (map, path)
    }
}

/// A new room in a random free direction. A room of a path with at most two dead ends always has one.
fn grow(map: &mut Map, from: usize, stream: &mut Stream) -> usize {
    let free: Vec<Direction> = map.free_directions(from);
    map.grow(from, free[stream.below(free.len() as u64) as usize])
}
