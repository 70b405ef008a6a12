//! From a blueprint to a game: facts, names, and the plan as actions.

use std::sync::Arc;

use serde_json::{Value, json};

use super::GenerateError;
use super::blueprint::{Blueprint, Kind, Latch, Opens, Place, Step};
use super::map::Direction;
use crate::game::{Entity, Event, Game, Quest};
use crate::logic::{Action, Fact, KnowledgeBase, State, Variable, matches, template};

/// The entities of a blueprint as variables, and what is said of them.
pub(crate) struct Cast<'a> {
    blueprint: &'a Blueprint,
    rooms: Vec<Variable>,
    doors: Vec<Variable>,
    things: Vec<Variable>,
}

impl<'a> Cast<'a> {
    /// Variables numbered by type in the order of the blueprint: `r_0`, `c_0`, `c_1`.
    pub(crate) fn new(blueprint: &'a Blueprint) -> Self {
        let mut counts = std::collections::BTreeMap::<&str, usize>::new();
        let things = blueprint.entities.iter().map(|entity| {
            let kind = entity.kind.type_name();
            let count = counts.entry(kind).or_default();
            *count += 1;
            Variable::new(format!("{kind}_{}", *count - 1), kind)
        });
        Self {
            blueprint,
            things: things.collect(),
            rooms: (0..blueprint.rooms.len()).map(|r| Variable::new(format!("r_{r}"), "r")).collect(),
            doors: (0..blueprint.doors.len()).map(|d| Variable::new(format!("d_{d}"), "d")).collect(),
        }
    }

    /// A fact about one thing, such as `cooked(f_0)`.
    pub(crate) fn is(&self, predicate: &str, thing: usize) -> Fact {
        Fact::new(predicate, [self.things[thing].clone()])
    }

    /// Where a thing is, as a fact.
    pub(crate) fn located(&self, thing: usize, place: Place) -> Option<Fact> {
        let (predicate, whereabouts) = match place {
            Place::Room(room) => ("at", self.rooms[room].clone()),
            Place::In(container) => ("in", self.things[container].clone()),
            Place::On(supporter) => ("on", self.things[supporter].clone()),
            Place::Carried => ("in", Variable::constant("I")),
            Place::Nowhere => return None,
        };
        Some(Fact::new(predicate, [self.things[thing].clone(), whereabouts]))
    }

    /// Everything that holds at the start.
    pub(crate) fn facts(&self) -> Vec<Fact> {
        let mut facts =
            vec![Fact::new("at", [Variable::constant("P"), self.rooms[self.blueprint.player].clone()])];
        self.passages(&mut facts);
        for (thing, entity) in self.blueprint.entities.iter().enumerate() {
            facts.extend(self.located(thing, entity.place));
            facts.extend(properties(entity.kind).iter().map(|predicate| self.is(predicate, thing)));
        }
        for (key, opens) in &self.blueprint.matches {
            let lock = match *opens {
                Opens::Container(container) => &self.things[container],
                Opens::Door(door) => &self.doors[door],
            };
            facts.push(Fact::new("match", [self.things[*key].clone(), lock.clone()]));
        }
        self.recipe(&mut facts);
        facts
    }

    fn passages(&self, facts: &mut Vec<Fact>) {
        for (index, passage) in self.blueprint.map.passages().iter().enumerate() {
            let (from, to) = (&self.rooms[passage.from], &self.rooms[passage.to]);
            // `X_of(r', r)`: r' lies in that direction of r. South and east are the others backwards.
            let (predicate, first, second) = match passage.direction {
                Direction::North => ("north_of", to, from),
                Direction::South => ("north_of", from, to),
                Direction::West => ("west_of", to, from),
                Direction::East => ("west_of", from, to),
            };
            facts.push(Fact::new(predicate, [first.clone(), second.clone()]));
            let mut open = true;
            if let Some(door) = self.blueprint.door_in(index) {
                let (latch, door) = (self.blueprint.doors[door].latch, &self.doors[door]);
                open = latch == Latch::Open;
                facts.push(Fact::new(latch.predicate(), [door.clone()]));
                facts.push(Fact::new("link", [from.clone(), door.clone(), to.clone()]));
                facts.push(Fact::new("link", [to.clone(), door.clone(), from.clone()]));
            }
            if open {
                facts.push(Fact::new("free", [from.clone(), to.clone()]));
                facts.push(Fact::new("free", [to.clone(), from.clone()]));
            }
        }
    }

    fn recipe(&self, facts: &mut Vec<Fact>) {
        let Some(recipe) = &self.blueprint.recipe else { return };
        let book = Variable::constant("RECIPE");
        for (index, food) in recipe.ingredients.iter().enumerate() {
            facts.push(self.is(&format!("ingredient_{}", index + 1), *food));
        }
        facts.push(Fact::new(format!("needs_{}", recipe.ingredients.len()), [book.clone()]));
        facts.push(Fact::new("cooking_location", [self.rooms[recipe.room].clone(), book.clone()]));
        facts.push(Fact::new("out", [self.things[recipe.meal].clone(), book]));
    }

    /// Names for all of them.
    pub(crate) fn entities(&self) -> Vec<Entity> {
        let rooms = self.rooms.iter().zip(self.blueprint.rooms.iter().cloned());
        let doors = self.doors.iter().zip(self.blueprint.doors.iter().map(super::blueprint::Door::name));
        let things = self.things.iter().zip(self.blueprint.entities.iter().map(|e| e.name.clone()));
        let constants = [Variable::constant("P"), Variable::constant("I")];
        let nameless = constants.iter().map(|v| Entity::named(&v.name, &v.kind, None));
        let named = rooms.chain(doors).chain(things).map(|(v, name)| {
            let (adjective, noun) = name.split_once(' ').map_or((None, name.as_str()), |(a, n)| (Some(a), n));
            Entity {
                noun: Some(noun.to_owned()),
                adj: adjective.map(str::to_owned),
                ..Entity::named(&v.name, &v.kind, Some(&name))
            }
        });
        nameless.chain(named).collect()
    }
}

/// What holds of a thing because of what it is.
const fn properties(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Fruit => &["edible", "raw", "uncut"],
        Kind::Meat => &["inedible", "needs_cooking", "uncut"],
        Kind::Knife => &["sharp"],
        Kind::Oven | Kind::Toaster | Kind::Container(Latch::Closed) => &["closed"],
        Kind::Container(Latch::Open) => &["open"],
        Kind::Container(Latch::Locked) => &["locked"],
        Kind::Object | Kind::Key | Kind::Meal | Kind::Supporter | Kind::Stove => &[],
    }
}

/// What makes a game of a world and a plan.
pub(crate) struct Script<'a> {
    pub(crate) knowledge: Arc<KnowledgeBase>,
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) plan: &'a [Step],
    /// What must hold at once in the end.
    pub(crate) win: Vec<Fact>,
    /// Each fails the quest as soon as all its facts hold.
    pub(crate) fail: Vec<Vec<Fact>>,
    pub(crate) objective: String,
    /// What the game's metadata says besides the walkthrough.
    pub(crate) metadata: Value,
}

impl Script<'_> {
    /// The game. Its one quest is won by the plan, whose steps are looked up one after the other.
    pub(crate) fn game(self) -> Result<Game, GenerateError> {
        let cast = Cast::new(self.blueprint);
        let mut game = Game::new(self.knowledge, cast.facts());
        game.entities = cast.entities();
        let commands: Vec<String> = self.plan.iter().map(|step| self.blueprint.command(*step)).collect();
        let actions = actions(&game, &commands)?;
        let failing = |condition| Event { condition, actions: Vec::new(), commands: Vec::new() };
        game.quests = vec![Quest {
            description: self.objective.clone(),
            reward: 1,
            commands: commands.clone(),
            win_events: vec![Event { condition: self.win, actions, commands: commands.clone() }],
            fail_events: self.fail.into_iter().map(failing).collect(),
            optional: false,
            repeatable: false,
        }];
        game.objective = self.objective;
        if let Value::Object(metadata) = self.metadata {
            game.metadata = metadata;
        }
        game.metadata.insert("walkthrough".to_owned(), json!(commands));
        Ok(game)
    }
}

/// The actions that commands are, one after the other from the start of a game.
fn actions(game: &Game, commands: &[String]) -> Result<Vec<Action>, GenerateError> {
    let mut state: State = game.facts.iter().cloned().collect();
    let mut actions = Vec::new();
    for (step, command) in commands.iter().enumerate() {
        let action = action(game, &state, command)
            .ok_or_else(|| GenerateError::BrokenPlan { step, command: command.clone() })?;
        state.apply(&action);
        actions.push(action);
    }
    Ok(actions)
}

/// The first action whose text is the command, among the rules whose templates begin with its verb.
fn action(game: &Game, state: &State, command: &str) -> Option<Action> {
    let verb = command.split(' ').next()?;
    let rules = game.knowledge.rules.values().filter(|rule| {
        rule.command.as_ref().is_some_and(|template| {
            template == command || (template.split(' ').next() == Some(verb) && template.contains('{'))
        })
    });
    for rule in rules {
        let reverse = game.knowledge.reverse(&rule.name);
        for bindings in matches(&game.knowledge, state, rule) {
            let action = rule.instantiate(&bindings, reverse)?;
            if text(game, action.command_template.as_deref()?)? == command {
                return Some(action);
            }
        }
    }
    None
}

/// A template with the names of its entities; `None` where one has no name.
fn text(game: &Game, template: &str) -> Option<String> {
    let named = template::fill(template, |slot, text| {
        let name = game.entity(slot).and_then(|entity| entity.name.as_deref()).ok_or(())?;
        text.push_str(name);
        Ok::<(), ()>(())
    });
    named.ok()
}
