use milepost_core::{Stream, TaskSeed};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::blueprint::{Blueprint, Door, Kind, Latch, Place, Recipe, Step};
use super::furnish::Names;
use super::map::Map;
use super::write::{Cast, Script};
use super::{GenerateError, logic, stream};
use crate::game::Game;
use crate::logic::Fact;

/// A meal to be made of a recipe and eaten, after TextWorld's cooking games.
///
/// Ingredients are collected from all over the house, cut with the knife, cooked with the right appliance, and
/// made into the meal in the kitchen. What is cut or cooked in another way, burned or eaten too early fails the quest.
/// The recorded plan fetches the ingredients one after the other; it wins, but need not be the shortest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Cooking {
    /// Ingredients of the recipe, 1 to 3.
    pub ingredients: usize,
    /// Rooms, 1 to 20; one is the kitchen.
    pub rooms: usize,
    /// How many ingredients must be fetched; the player starts with the others.
    pub fetch: usize,
    /// Whether ingredients must be cut.
    pub cut: bool,
    /// Whether ingredients must be cooked. Without it none is of the kind that cannot be eaten raw.
    pub cook: bool,
    /// Whether doors and the fridge are closed.
    pub closed: bool,
    /// Food that is not in the recipe, 0 to 8.
    pub distractors: usize,
}

impl Default for Cooking {
    /// One ingredient in a flat of two rooms, to be fetched, cut and cooked.
    fn default() -> Self {
        Self { ingredients: 1, rooms: 2, fetch: 1, cut: true, cook: true, closed: true, distractors: 2 }
    }
}

/// How an ingredient is cut: the command and what it makes true.
const CUTS: [(&str, &str); 3] = [("slice", "sliced"), ("chop", "chopped"), ("dice", "diced")];

/// An appliance, the verb of the recipe, and what it makes true.
const COOKS: [(Kind, &str, &str); 3] =
    [(Kind::Stove, "fry", "fried"), (Kind::Oven, "roast", "roasted"), (Kind::Toaster, "grill", "grilled")];

/// What the recipe wants of an ingredient: indices into [`CUTS`] and [`COOKS`].
#[derive(Debug, Clone, Copy)]
struct Wanted {
    food: usize,
    cut: Option<usize>,
    cook: Option<usize>,
}

/// The kitchen's appliances and the knife, as entities.
struct Kitchen {
    appliances: [usize; 3],
    knife: usize,
    fridge: usize,
    table: usize,
}

impl Cooking {
    /// Sizes in one word, for instance `cooking-r2-f2-w6`, with a letter for each of cut, cook and closed.
    #[must_use]
    pub fn label(&self) -> String {
        let flags = [(self.cut, "-cut"), (self.cook, "-cook"), (self.closed, "-closed")];
        let flags: String = flags.into_iter().filter(|(on, _)| *on).map(|(_, name)| name).collect();
        format!("cooking-r{}-f{}-w{}{flags}", self.ingredients, self.fetch, self.rooms)
    }

    /// The game that `seed` names.
    pub fn generate(&self, seed: TaskSeed) -> Result<Game, GenerateError> {
        let ranges = [
            ("ingredients", self.ingredients, 1, 3),
            ("rooms", self.rooms, 1, 20),
            ("ingredients to fetch", self.fetch, 0, self.ingredients),
            ("distractors", self.distractors, 0, 8),
        ];
        for (what, found, least, most) in ranges {
            if !(least..=most).contains(&found) {
                return Err(GenerateError::Range { what, found, wanted: format!("{least} to {most}") });
            }
        }
        let mut stream = stream(seed, "cooking");
        let mut names = Names::shuffled(&mut stream);
        let mut world = self.house(&mut names, &mut stream)?;
        let kitchen = kitchen(&mut world, self.closed);
        let wanted = self.food(&mut world, &kitchen, &mut names, &mut stream)?;
        let meal = world.add(Kind::Meal, "meal".to_owned(), Place::Nowhere);
        let ingredients = wanted.iter().map(|w| w.food).collect();
        world.recipe = Some(Recipe { ingredients, meal, room: KITCHEN });
        let plan = plan(&world, &kitchen, &wanted, meal);
        let cast = Cast::new(&world);
        Script {
            knowledge: logic::cooking(),
            blueprint: &world,
            plan: &plan,
            win: win(&cast, &wanted, meal),
            fail: fail(&cast, &wanted, meal),
            objective: objective(&world, &wanted),
            metadata: json!({ "family": "cooking", "settings": self, "seed": seed.get() }),
        }
        .game()
    }

    /// Rooms, the kitchen first, and doors in some passages.
    fn house(&self, names: &mut Names, stream: &mut Stream) -> Result<Blueprint, GenerateError> {
        let extra = stream.below(self.rooms as u64 / 2 + 1) as usize;
        let map = Map::on_grid(self.rooms, extra, stream);
        let mut rooms = vec!["kitchen".to_owned()];
        while rooms.len() < self.rooms {
            rooms.extend(Some(names.rooms.draw()?).filter(|name| name != "kitchen"));
        }
        let start = stream.below(self.rooms as u64) as usize;
        let mut world = Blueprint::new(map, rooms, start);
        for passage in 0..world.map.passages().len() {
            if self.closed && stream.uniform() < 0.4 {
                let Ok(material) = names.materials.draw() else { break };
                world.doors.push(Door { passage, latch: Latch::Closed, material });
            }
        }
        Ok(world)
    }

    /// The ingredients and what must be done with them, and food that is not wanted.
    fn food(
        &self,
        world: &mut Blueprint,
        kitchen: &Kitchen,
        names: &mut Names,
        stream: &mut Stream,
    ) -> Result<Vec<Wanted>, GenerateError> {
        let mut wanted = Vec::new();
        for index in 0..self.ingredients {
            let meat = self.cook && stream.uniform() < 0.5;
            let cooked = self.cook && (meat || stream.uniform() < 0.7);
            let cook = cooked.then(|| stream.below(COOKS.len() as u64) as usize);
            let cut = self.cut.then(|| stream.below(CUTS.len() as u64) as usize);
            let place = if index < self.fetch { somewhere(world, kitchen, stream) } else { Place::Carried };
            let (kind, deck) =
                if meat { (Kind::Meat, &mut names.meat) } else { (Kind::Fruit, &mut names.fruit) };
            let food = world.add(kind, deck.draw()?, place);
            wanted.push(Wanted { food, cut, cook });
        }
        for _ in 0..self.distractors {
            let place = somewhere(world, kitchen, stream);
            world.add(Kind::Fruit, names.fruit.draw()?, place);
        }
        Ok(wanted)
    }
}

/// The kitchen is the first room.
const KITCHEN: usize = 0;

fn kitchen(world: &mut Blueprint, closed: bool) -> Kitchen {
    let here = Place::Room(KITCHEN);
    let appliances = [Kind::Stove, Kind::Oven, Kind::Toaster]
        .map(|kind| world.add(kind, kind.type_name().to_owned(), here));
    let fridge = Kind::Container(if closed { Latch::Closed } else { Latch::Open });
    let fridge = world.add(fridge, "fridge".to_owned(), here);
    let table = world.add(Kind::Supporter, "table".to_owned(), here);
    let knife = world.add(Kind::Knife, "knife".to_owned(), Place::On(table));
    Kitchen { appliances, knife, fridge, table }
}

/// In the fridge, on the table, or on the floor of a room.
fn somewhere(world: &Blueprint, kitchen: &Kitchen, stream: &mut Stream) -> Place {
    let draw = stream.uniform();
    let room = stream.below(world.map.len() as u64) as usize;
    match draw {
        d if d < 0.3 => Place::In(kitchen.fridge),
        d if d < 0.5 => Place::On(kitchen.table),
        _ => Place::Room(room),
    }
}

/// Fetch every ingredient, prepare each in the kitchen, make the meal and eat it.
fn plan(world: &Blueprint, kitchen: &Kitchen, wanted: &[Wanted], meal: usize) -> Vec<Step> {
    let (mut plan, mut shut, mut at) = (Vec::new(), world.shut_doors(), world.player);
    let closed = Kind::Container(Latch::Closed);
    let mut fridge_is_closed = world.entities[kitchen.fridge].kind == closed;
    for wanted in wanted {
        let place = world.entities[wanted.food].place;
        let room = match place {
            Place::Room(room) => room,
            Place::In(_) | Place::On(_) => KITCHEN,
            Place::Carried | Place::Nowhere => continue,
        };
        world.walk(at, room, &mut shut, &mut plan);
        at = room;
        if matches!(place, Place::In(_)) && std::mem::take(&mut fridge_is_closed) {
            plan.push(Step::Open(kitchen.fridge));
        }
        plan.push(Step::Take(wanted.food));
    }
    world.walk(at, KITCHEN, &mut shut, &mut plan);
    if wanted.iter().any(|wanted| wanted.cut.is_some()) {
        plan.push(Step::Take(kitchen.knife));
    }
    for wanted in wanted {
        plan.extend(wanted.cut.map(|cut| Step::Cut(CUTS[cut].0, wanted.food, kitchen.knife)));
        plan.extend(wanted.cook.map(|cook| Step::Cook(wanted.food, kitchen.appliances[cook])));
    }
    plan.extend([Step::Prepare, Step::Eat(meal)]);
    plan
}

/// The meal has been eaten, and every ingredient was prepared as the recipe says.
fn win(cast: &Cast<'_>, wanted: &[Wanted], meal: usize) -> Vec<Fact> {
    let mut facts = vec![cast.is("consumed", meal)];
    for wanted in wanted {
        facts.extend(wanted.cut.map(|cut| cast.is(CUTS[cut].1, wanted.food)));
        facts.extend(wanted.cook.map(|cook| cast.is(COOKS[cook].2, wanted.food)));
    }
    facts
}

/// What cannot be put right.
fn fail(cast: &Cast<'_>, wanted: &[Wanted], meal: usize) -> Vec<Vec<Fact>> {
    let mut fail = Vec::new();
    for wanted in wanted {
        fail.extend(["burned", "consumed"].map(|predicate| vec![cast.is(predicate, wanted.food)]));
        let cuts = CUTS.iter().enumerate().filter(|(index, _)| Some(*index) != wanted.cut);
        fail.extend(cuts.map(|(_, (_, done))| vec![cast.is(done, wanted.food)]));
        let cooks = COOKS.iter().enumerate().filter(|(index, _)| Some(*index) != wanted.cook);
        fail.extend(cooks.map(|(_, (_, _, done))| vec![cast.is(done, wanted.food)]));
        // The meal was made too early.
        let made: Vec<Fact> = cast.located(meal, Place::Carried).into_iter().collect();
        if wanted.cut.is_some() {
            fail.push([made.as_slice(), &[cast.is("uncut", wanted.food)]].concat());
        }
        if wanted.cook.is_some() {
            for raw in ["raw", "needs_cooking"] {
                fail.push([made.as_slice(), &[cast.is(raw, wanted.food)]].concat());
            }
        }
    }
    fail
}

/// The recipe in the words that all games share.
fn objective(world: &Blueprint, wanted: &[Wanted]) -> String {
    let mut parts: Vec<String> = Vec::new();
    for wanted in wanted {
        let cut = wanted.cut.map(|cut| CUTS[cut].0);
        let cook = wanted.cook.map(|cook| COOKS[cook].1);
        let verbs: Vec<&str> = cut.into_iter().chain(cook).collect();
        let verbs = if verbs.is_empty() { "take".to_owned() } else { verbs.join(" and ") };
        parts.push(format!("{verbs} the {} ,", world.entities[wanted.food].name));
    }
    format!("{} then prepare the meal and eat it .", parts.join(" "))
}
