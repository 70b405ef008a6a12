use milepost_core::{Stream, TaskSeed};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::blueprint::{Blueprint, Door, Kind, Latch, Opens, Place, Step};
use super::map::Map;
use super::write::{Cast, Script};
use super::{GenerateError, logic, stream};
use crate::game::Game;

/// One house, always the same things in it, and one quest: unlock the brass box with the brass key, cook the
/// potato that is in it, and put it on the table.
///
/// The seed draws how the rooms lie, the two closed doors between them, and where the box, the key and the loose
/// things are. Stove, table, shelf, desk and cabinet have their rooms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct House {
    /// 6 to 8.
    pub rooms: usize,
}

impl Default for House {
    /// Seven rooms.
    fn default() -> Self {
        Self { rooms: 7 }
    }
}

/// The rooms; smaller houses lack the last.
pub(crate) const ROOMS: [&str; 8] =
    ["kitchen", "parlor", "library", "study", "cellar", "garden", "attic", "garage"];

/// What has its room, by index.
const FURNITURE: [(Kind, &str, usize); 5] = [
    (Kind::Stove, "stove", 0),
    (Kind::Supporter, "table", 1),
    (Kind::Supporter, "shelf", 2),
    (Kind::Supporter, "desk", 3),
    (Kind::Container(Latch::Closed), "cabinet", 4),
];

/// What the quest is about: in its order the box, what is in it, and what opens it.
const QUEST: [(Kind, &str); 3] =
    [(Kind::Container(Latch::Locked), "brass box"), (Kind::Meat, "potato"), (Kind::Key, "brass key")];

/// What else can be carried.
const LOOSE: [(Kind, &str); 7] = [
    (Kind::Key, "iron key"),
    (Kind::Fruit, "apple"),
    (Kind::Object, "lamp"),
    (Kind::Object, "book"),
    (Kind::Object, "candle"),
    (Kind::Object, "mug"),
    (Kind::Object, "rope"),
];

const DOORS: [&str; 2] = ["wooden", "iron"];

/// Everything in the house but its rooms: type and name, the same for every seed.
pub(crate) fn inventory() -> Vec<(&'static str, String)> {
    let furniture = FURNITURE.iter().map(|(kind, name, _)| (*kind, *name));
    let things = furniture.chain(QUEST).chain(LOOSE).map(|(kind, name)| (kind.type_name(), name.to_owned()));
    things.chain(DOORS.iter().map(|material| ("d", format!("{material} door")))).collect()
}

impl House {
    /// The game that `seed` names.
    pub fn generate(self, seed: TaskSeed) -> Result<Game, GenerateError> {
        if !(6..=8).contains(&self.rooms) {
            let what = "the number of rooms of a house";
            return Err(GenerateError::Range { what, found: self.rooms, wanted: "6 to 8".to_owned() });
        }
        let mut stream = stream(seed, "house");
        let map = map(self.rooms, &mut stream);
        let names = ROOMS[..self.rooms].iter().map(|&name| name.to_owned()).collect();
        let mut world = Blueprint::new(map, names, stream.below(self.rooms as u64) as usize);
        doors(&mut world, &mut stream);
        let [stove, table, ..] =
            FURNITURE.map(|(kind, name, room)| world.add(kind, name.to_owned(), Place::Room(room)));
        let [chest, potato, key] = QUEST.map(|(kind, name)| world.add(kind, name.to_owned(), Place::Nowhere));
        let box_room = stream.below(self.rooms as u64) as usize;
        world.entities[chest].place = Place::Room(box_room);
        world.entities[potato].place = Place::In(chest);
        world.entities[key].place = somewhere(&world, &mut stream);
        world.matches.push((key, Opens::Container(chest)));
        for (kind, name) in LOOSE {
            let place = somewhere(&world, &mut stream);
            world.add(kind, name.to_owned(), place);
        }
        let errand = Errand { key, chest, potato, stove, table };
        let plan = errand.plan(&world);
        let cast = Cast::new(&world);
        let delivered = cast.located(potato, Place::On(table));
        let fail = ["burned", "consumed"].map(|predicate| vec![cast.is(predicate, potato)]);
        Script {
            knowledge: logic::cooking(),
            blueprint: &world,
            plan: &plan,
            win: delivered.into_iter().chain([cast.is("cooked", potato)]).collect(),
            fail: fail.into(),
            objective: "cook the potato , then put it on the table .".to_owned(),
            metadata: json!({ "family": "house", "rooms": self.rooms, "seed": seed.get() }),
        }
        .game()
    }
}

/// The passages that are the only way between their ends.
fn bridges(map: &Map) -> Vec<usize> {
    let passages = map.passages();
    (0..passages.len()).filter(|p| map.separates(*p, passages[*p].from, passages[*p].to)).collect()
}

/// As many extra passages, at most two, as leave a place for every door.
fn map(rooms: usize, stream: &mut Stream) -> Map {
    let maps = [2, 1].map(|extra| Map::on_grid(rooms, extra, stream));
    let fits = maps.into_iter().find(|map| bridges(map).len() >= DOORS.len());
    fits.unwrap_or_else(|| Map::on_grid(rooms, 0, stream))
}

/// Closed doors in passages that are the only way.
fn doors(world: &mut Blueprint, stream: &mut Stream) {
    let mut places = bridges(&world.map);
    stream.shuffle(&mut places);
    for (passage, material) in places.into_iter().zip(DOORS) {
        world.doors.push(Door { passage, latch: Latch::Closed, material: material.to_owned() });
    }
}

/// On a piece of furniture (not the stove) or on the floor of a room.
fn somewhere(world: &Blueprint, stream: &mut Stream) -> Place {
    let draw = stream.below(3);
    let room = stream.below(world.map.len() as u64) as usize;
    let supporter = 1 + stream.below(3) as usize;
    if draw == 0 { Place::On(supporter) } else { Place::Room(room) }
}

/// The things that the quest needs.
struct Errand {
    key: usize,
    chest: usize,
    potato: usize,
    stove: usize,
    table: usize,
}

impl Errand {
    fn plan(&self, world: &Blueprint) -> Vec<Step> {
        let room = |thing: usize| match world.entities[thing].place {
            Place::Room(room) => room,
            Place::On(keeper) | Place::In(keeper) => FURNITURE[keeper].2,
            Place::Carried | Place::Nowhere => world.player,
        };
        let mut shut = world.shut_doors();
        let mut plan = Vec::new();
        let mut at = world.player;
        let acts: [(usize, &[Step]); 4] = [
            (room(self.key), &[Step::Take(self.key)]),
            (
                room(self.chest),
                &[Step::Unlock(self.chest, self.key), Step::Open(self.chest), Step::Take(self.potato)],
            ),
            (room(self.stove), &[Step::Cook(self.potato, self.stove)]),
            (room(self.table), &[Step::Put(self.potato, self.table)]),
        ];
        for (there, steps) in acts {
            world.walk(at, there, &mut shut, &mut plan);
            plan.extend_from_slice(steps);
            at = there;
        }
        plan
    }
}
