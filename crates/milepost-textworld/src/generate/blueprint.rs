use super::map::{Direction, Map};

/// Whether something that opens is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Latch {
    Open,
    Closed,
    Locked,
}

impl Latch {
    /// The predicate that says so.
    pub(crate) const fn predicate(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Locked => "locked",
        }
    }
}

/// What kind of thing an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Object,
    Key,
    Fruit,
    Meat,
    Knife,
    Meal,
    Container(Latch),
    Supporter,
    Stove,
    Oven,
    Toaster,
}

impl Kind {
    /// The type in the knowledge base.
    pub(crate) const fn type_name(self) -> &'static str {
        match self {
            Self::Object | Self::Knife => "o",
            Self::Key => "k",
            Self::Fruit | Self::Meat => "f",
            Self::Meal => "meal",
            Self::Container(_) => "c",
            Self::Supporter => "s",
            Self::Stove => "stove",
            Self::Oven => "oven",
            Self::Toaster => "toaster",
        }
    }
}

/// Where an entity is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the floor of a room.
    Room(usize),
    /// In a container.
    In(usize),
    /// On a supporter.
    On(usize),
    /// With the player.
    Carried,
    /// Not yet made.
    Nowhere,
}

/// An entity of a world to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entity {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) place: Place,
}

/// A door in a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Door {
    pub(crate) passage: usize,
    pub(crate) latch: Latch,
    /// What its name begins with.
    pub(crate) material: String,
}

impl Door {
    /// Its name.
    pub(crate) fn name(&self) -> String {
        format!("{} door", self.material)
    }
}

/// What a key opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opens {
    Container(usize),
    Door(usize),
}

/// The recipe of a meal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recipe {
    pub(crate) ingredients: Vec<usize>,
    pub(crate) meal: usize,
    pub(crate) room: usize,
}

/// A world before it is written as facts. Rooms, doors and entities are indices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Blueprint {
    pub(crate) map: Map,
    pub(crate) rooms: Vec<String>,
    pub(crate) doors: Vec<Door>,
    pub(crate) entities: Vec<Entity>,
    /// Keys (entities) and what they open.
    pub(crate) matches: Vec<(usize, Opens)>,
    pub(crate) player: usize,
    pub(crate) recipe: Option<Recipe>,
}

/// One step of a plan, as indices into a blueprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Go(Direction),
    OpenDoor(usize),
    UnlockDoor(usize, usize),
    Open(usize),
    Unlock(usize, usize),
    /// Take from where the blueprint has it.
    Take(usize),
    Put(usize, usize),
    Insert(usize, usize),
    Cook(usize, usize),
    /// Cut the second in the way of the first (`slice`) with the third.
    Cut(&'static str, usize, usize),
    Prepare,
    Eat(usize),
}

impl Blueprint {
    /// A world with rooms only.
    pub(crate) fn new(map: Map, rooms: Vec<String>, player: usize) -> Self {
        let (doors, entities, matches) = (Vec::new(), Vec::new(), Vec::new());
        Self { map, rooms, doors, entities, matches, player, recipe: None }
    }

    /// Adds an entity.
    pub(crate) fn add(&mut self, kind: Kind, name: String, place: Place) -> usize {
        self.entities.push(Entity { kind, name, place });
        self.entities.len() - 1
    }

    /// The door in a passage.
    pub(crate) fn door_in(&self, passage: usize) -> Option<usize> {
        self.doors.iter().position(|door| door.passage == passage)
    }

    /// The command that a step is.
    pub(crate) fn command(&self, step: Step) -> String {
        let name = |entity: usize| self.entities[entity].name.as_str();
        let door = |door: usize| self.doors[door].name();
        match step {
            Step::Go(direction) => format!("go {}", direction.word()),
            Step::OpenDoor(d) => format!("open {}", door(d)),
            Step::UnlockDoor(d, k) => format!("unlock {} with {}", door(d), name(k)),
            Step::Open(c) => format!("open {}", name(c)),
            Step::Unlock(c, k) => format!("unlock {} with {}", name(c), name(k)),
            Step::Take(o) => match self.entities[o].place {
                Place::In(from) | Place::On(from) => format!("take {} from {}", name(o), name(from)),
                Place::Room(_) | Place::Carried | Place::Nowhere => format!("take {}", name(o)),
            },
            Step::Put(o, s) => format!("put {} on {}", name(o), name(s)),
            Step::Insert(o, c) => format!("insert {} into {}", name(o), name(c)),
            Step::Cook(f, with) => format!("cook {} with {}", name(f), name(with)),
            Step::Cut(how, f, with) => format!("{how} {} with {}", name(f), name(with)),
            Step::Prepare => "prepare meal".to_owned(),
            Step::Eat(f) => format!("eat {}", name(f)),
        }
    }

    /// Appends the walk between two rooms, doors opened on the way (locked ones with their key) where `shut`
    /// still lists them; opened doors leave the list.
    pub(crate) fn walk(&self, from: usize, to: usize, shut: &mut Vec<usize>, steps: &mut Vec<Step>) {
        let mut at = from;
        for (direction, next) in self.map.walk(from, to) {
            let door = self.map.passage_between(at, next).and_then(|passage| self.door_in(passage));
            if let Some(door) = door.filter(|door| shut.contains(door)) {
                shut.retain(|d| *d != door);
                let key = self.matches.iter().find(|(_, opens)| *opens == Opens::Door(door));
                if let (Latch::Locked, Some((key, _))) = (self.doors[door].latch, key) {
                    steps.push(Step::UnlockDoor(door, *key));
                }
                steps.push(Step::OpenDoor(door));
            }
            steps.push(Step::Go(direction));
            at = next;
        }
    }

    /// The doors that are not open.
    pub(crate) fn shut_doors(&self) -> Vec<usize> {
        (0..self.doors.len()).filter(|d| self.doors[*d].latch != Latch::Open).collect()
    }
}
