use std::collections::BTreeMap;

use milepost_core::{Vocabulary, VocabularyError};

use crate::game::Game;
use crate::generate::Direction;
use crate::logic::{Fact, Name, Variable};

/// The facts of a game by number, and which of them can ever hold.
pub(crate) trait FactNumbers {
    /// The number of a fact; `None` where it can never hold.
    fn number(&self, fact: &Fact) -> Option<u32>;
    /// All facts that can ever hold.
    fn all(&self) -> Vec<(u32, Fact)>;
}

/// How a game's world looks, compiled: for every room what may be there and the facts that decide it. Nothing
/// is looked up by name when it is written.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    things: Vec<Thing>,
    rooms: Vec<Room>,
    /// What may be carried.
    carried: Vec<(u32, usize)>,
    words: Words,
}

#[derive(Debug, Clone)]
struct Thing {
    name: Box<[u32]>,
    /// Facts about it and the word that each adds before the name.
    states: Vec<(u32, u32)>,
    /// What may be in or on it.
    contents: Vec<(u32, usize)>,
    /// Facts that hide them.
    shut: Vec<u32>,
}

#[derive(Debug, Clone)]
struct Room {
    name: Box<[u32]>,
    /// The player is here.
    player: u32,
    things: Vec<(u32, usize)>,
    exits: Vec<(u32, Option<usize>)>,
}

/// The words that sentences are made of.
#[derive(Debug, Clone)]
struct Words {
    stop: u32,
    comma: u32,
    you: u32,
    see: u32,
    have: u32,
    exits: u32,
    with: u32,
    and: u32,
    /// Clockwise from north.
    directions: [u32; 4],
}

/// Predicates of one thing that are said before its name.
const STATES: &[&str] =
    &["closed", "locked", "open", "burned", "fried", "roasted", "grilled", "sliced", "chopped", "diced"];

/// Those that hide what is inside.
const SHUT: &[&str] = &["closed", "locked"];

impl Scene {
    /// Compiles what can be seen in a game.
    pub(crate) fn new(
        game: &Game,
        facts: &impl FactNumbers,
        vocabulary: &Vocabulary,
    ) -> Result<Self, VocabularyError> {
        let word = |word: &str| {
            let unknown = || VocabularyError::Unknown { word: word.to_owned() };
            vocabulary.id(word).ok_or_else(unknown)
        };
        let words = Words {
            stop: word(".")?,
            comma: word(",")?,
            you: word("you")?,
            see: word("see")?,
            have: word("have")?,
            exits: word("exits")?,
            with: word("with")?,
            and: word("and")?,
            directions: [word("north")?, word("east")?, word("south")?, word("west")?],
        };
        let all = facts.all();
        let mut index = Index::new(game, vocabulary)?;
        for (number, fact) in &all {
            index.read(*number, fact, &word)?;
        }
        index.finish(game, facts, vocabulary, words)
    }
}

/// What was read of the facts so far.
#[derive(Default)]
struct Index<'a> {
    things: Vec<Thing>,
    numbers: BTreeMap<&'a Name, usize>,
    carried: Vec<(u32, usize)>,
    /// By room.
    here: BTreeMap<Name, Vec<(u32, usize)>>,
    /// By room and direction.
    neighbours: BTreeMap<(Name, Direction), Name>,
    /// By the two rooms.
    doors: BTreeMap<(Name, Name), usize>,
}

type Word<'a> = &'a dyn Fn(&str) -> Result<u32, VocabularyError>;

impl<'a> Index<'a> {
    /// All things of a game that have names, in order.
    fn new(game: &'a Game, vocabulary: &Vocabulary) -> Result<Self, VocabularyError> {
        let mut index = Self::default();
        for entity in game.entities.iter().filter(|entity| entity.kind != "r") {
            let Some(name) = &entity.name else { continue };
            index.numbers.insert(&entity.id, index.things.len());
            let name = vocabulary.encode(name)?.into();
            index.things.push(Thing { name, states: Vec::new(), shut: Vec::new(), contents: Vec::new() });
        }
        Ok(index)
    }

    fn thing(&self, variable: &Variable) -> Option<usize> {
        self.numbers.get(&variable.name).copied()
    }

    fn read(&mut self, number: u32, fact: &Fact, word: Word<'_>) -> Result<(), VocabularyError> {
        match (fact.name.as_str(), fact.arguments.as_slice()) {
            (state, [thing]) if STATES.contains(&state) => {
                let Some(index) = self.thing(thing) else { return Ok(()) };
                self.things[index].states.push((number, word(state)?));
                if SHUT.contains(&state) {
                    self.things[index].shut.push(number);
                }
            }
            ("in" | "on", [thing, keeper]) => match (self.thing(thing), self.thing(keeper)) {
                (Some(index), Some(keeper)) => self.things[keeper].contents.push((number, index)),
                (Some(index), None) if keeper.kind == "I" => self.carried.push((number, index)),
                _ => {}
            },
            ("at", [thing, room]) => {
                if let Some(index) = self.thing(thing) {
                    self.here.entry(room.name.clone()).or_default().push((number, index));
                }
            }
            ("link", [from, door, to]) => {
                if let Some(door) = self.thing(door) {
                    self.doors.insert((from.name.clone(), to.name.clone()), door);
                }
            }
            (predicate, [there, here]) => {
                // Files of TextWorld may write all four directions, rules know two.
                let direction =
                    Direction::ALL.into_iter().find(|direction| direction.predicate() == predicate);
                if let Some(direction) = direction {
                    let (there, here) = (&there.name, &here.name);
                    self.neighbours.insert((here.clone(), direction), there.clone());
                    self.neighbours.insert((there.clone(), direction.opposite()), here.clone());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(
        mut self,
        game: &Game,
        facts: &impl FactNumbers,
        vocabulary: &Vocabulary,
        words: Words,
    ) -> Result<Scene, VocabularyError> {
        let order: Vec<u32> = STATES.iter().filter_map(|state| vocabulary.id(state)).collect();
        for thing in &mut self.things {
            thing.contents.sort_by_key(|(_, index)| *index);
            thing.states.sort_by_key(|(_, word)| order.iter().position(|w| w == word));
        }
        self.carried.sort_by_key(|(_, index)| *index);
        let mut rooms = Vec::new();
        for entity in game.entities.iter().filter(|entity| entity.kind == "r") {
            let room = Variable::new(&entity.id, "r");
            // A room that the player can never enter is never described.
            let Some(player) = facts.number(&Fact::new("at", [Variable::constant("P"), room])) else {
                continue;
            };
            let mut things = self.here.remove(&entity.id).unwrap_or_default();
            things.sort_by_key(|(_, index)| *index);
            let mut exits = Vec::new();
            for direction in Direction::ALL {
                if let Some(there) = self.neighbours.get(&(entity.id.clone(), direction)) {
                    let door = self.doors.get(&(entity.id.clone(), there.clone())).copied();
                    exits.push((words.directions[direction as usize], door));
                }
            }
            let name = vocabulary.encode(entity.name.as_deref().unwrap_or_default())?.into();
            rooms.push(Room { name, player, things, exits });
        }
        Ok(Scene { things: self.things, rooms, carried: self.carried, words })
    }
}

/// Writes what can be seen.
pub(crate) struct Writer<'a, H> {
    scene: &'a Scene,
    /// Whether the fact with a number holds.
    holds: &'a H,
    into: &'a mut Vec<u32>,
}

impl<'a, H: Fn(u32) -> bool> Writer<'a, H> {
    /// Appends to `into`.
    pub(crate) fn new(scene: &'a Scene, holds: &'a H, into: &'a mut Vec<u32>) -> Self {
        Self { scene, holds, into }
    }

    /// `cellar . you see closed chest , table with lamp and mug . exits north , closed brass door east .`
    pub(crate) fn room(&mut self) {
        let scene = self.scene;
        let words = &scene.words;
        let Some(room) = scene.rooms.iter().find(|room| (self.holds)(room.player)) else { return };
        self.into.extend_from_slice(&room.name);
        self.into.push(words.stop);
        self.list(&[words.you, words.see], &room.things, words.comma);
        if room.exits.is_empty() {
            return;
        }
        self.into.push(words.exits);
        for (index, (direction, door)) in room.exits.iter().enumerate() {
            if index > 0 {
                self.into.push(words.comma);
            }
            if let Some(door) = door {
                self.name(&scene.things[*door]);
            }
            self.into.push(*direction);
        }
        self.into.push(words.stop);
    }

    /// `you have brass key , lamp .`; nothing where nothing is carried.
    pub(crate) fn inventory(&mut self) {
        let scene = self.scene;
        self.list(&[scene.words.you, scene.words.have], &scene.carried, scene.words.comma);
    }

    /// The things of which the facts hold, each with what can be seen in or on it.
    fn list(&mut self, opening: &[u32], things: &[(u32, usize)], between: u32) {
        let (scene, holds) = (self.scene, self.holds);
        let mut first = true;
        for (_, index) in things.iter().filter(|(fact, _)| holds(*fact)) {
            if first {
                self.into.extend_from_slice(opening);
            } else {
                self.into.push(between);
            }
            first = false;
            let thing = &scene.things[*index];
            self.name(thing);
            self.contents(thing);
        }
        if !first {
            self.into.push(self.scene.words.stop);
        }
    }

    fn name(&mut self, thing: &Thing) {
        let holds = self.holds;
        for (_, word) in thing.states.iter().filter(|(fact, _)| holds(*fact)) {
            self.into.push(*word);
        }
        self.into.extend_from_slice(&thing.name);
    }

    fn contents(&mut self, thing: &Thing) {
        if thing.shut.iter().any(|fact| (self.holds)(*fact)) {
            return;
        }
        let (scene, holds) = (self.scene, self.holds);
        let mut next = scene.words.with;
        for (_, index) in thing.contents.iter().filter(|(fact, _)| holds(*fact)) {
            self.into.push(next);
            self.name(&scene.things[*index]);
            next = scene.words.and;
        }
    }
}
