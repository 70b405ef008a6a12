use milepost_core::Stream;

/// What a quest wants to be true in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Goal {
    /// A thing is carried.
    Hold,
    /// A thing lies on a supporter.
    Put,
    /// A thing lies in a container.
    Insert,
    /// Food has been eaten.
    Eat,
    /// Food has been cooked and eaten.
    CookAndEat,
    /// Food is cooked and lies on a supporter.
    CookAndPut,
}

/// What a family allows its quests to be made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ingredients {
    /// The goals to choose from.
    pub(crate) goals: &'static [Goal],
    /// Whether containers and doors may be closed.
    pub(crate) closed: bool,
    /// Whether they may be locked.
    pub(crate) locked: bool,
    /// Whether things may lie on supporters.
    pub(crate) supporters: bool,
}

/// What a thing is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// Something to carry.
    Object,
    /// Something to eat as it is.
    Fruit,
    /// Something to cook and eat.
    Meat,
    /// Opens the thing with this index.
    KeyOf(usize),
    /// Opens the door of the gate.
    GateKey,
    /// An open container.
    Open,
    /// A closed container.
    Closed,
    /// A locked container.
    Locked,
    /// A supporter.
    Supporter,
    /// A supporter to cook with.
    Stove,
}

/// A thing that the quest needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Thing {
    pub(crate) role: Role,
    /// At which stop it is; for a kept thing that of its keeper.
    pub(crate) stop: usize,
    /// In or on which thing it is.
    pub(crate) keeper: Option<usize>,
}

/// A step that is not a walk. Things are indices into [`Skeleton::things`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Take it from where it is kept.
    Take(usize),
    /// Unlock a container with a key.
    Unlock(usize, usize),
    /// Open a container.
    Open(usize),
    /// Put the first on the second.
    Put(usize, usize),
    /// Insert the first into the second.
    Insert(usize, usize),
    /// Cook the first with the second.
    Cook(usize, usize),
    /// Eat it.
    Eat(usize),
}

/// A locked door between two stops: what comes after `after` cannot be reached without its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gate {
    pub(crate) key: usize,
    /// The last stop before the door.
    pub(crate) after: usize,
}

/// A quest without a map: what is to be done at each of a number of stops.
///
/// The acts are a chain of landmarks. Each makes something true that is false before it, that no other
/// action of the world can make true and without which what follows is impossible; so every solution holds all
/// of them, and visits their stops in this order. On a map its optimal length is therefore the number of acts,
/// the distances from stop to stop, and the doors that must be opened between them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Skeleton {
    pub(crate) goal: Goal,
    pub(crate) things: Vec<Thing>,
    /// Each act with the stop where it is done. Stop 0 is the player's start.
    pub(crate) acts: Vec<(usize, Act)>,
    pub(crate) stops: usize,
    pub(crate) gate: Option<Gate>,
}

/// Chance that one more lock is put in front of something.
const LOCK: f64 = 0.35;
/// Chance that what is not locked up is shut in.
const SHUT: f64 = 0.4;
/// Chance that what lies open lies on a supporter.
const ON: f64 = 0.4;
/// Chance that a locked door stands at the beginning.
const GATE: f64 = 0.2;

impl Skeleton {
    /// Draws a goal and what stands in its way.
    pub(crate) fn draw(ingredients: &Ingredients, stream: &mut Stream) -> Self {
        let goal = ingredients.goals[stream.below(ingredients.goals.len() as u64) as usize];
        let mut new = Self { goal, things: Vec::new(), acts: Vec::new(), stops: 0, gate: None };
        if ingredients.locked && stream.uniform() < GATE {
            let key = new.hold(Role::GateKey, ingredients, stream);
            new.gate = Some(Gate { key, after: new.stops });
        }
        let item = match goal {
            Goal::Hold | Goal::Put | Goal::Insert => Role::Object,
            Goal::Eat => Role::Fruit,
            Goal::CookAndEat | Goal::CookAndPut => Role::Meat,
        };
        let item = new.hold(item, ingredients, stream);
        if matches!(goal, Goal::CookAndEat | Goal::CookAndPut) {
            let stove = new.place(Role::Stove, None);
            new.act(Act::Cook(item, stove));
        }
        match goal {
            Goal::Hold => {}
            Goal::Eat | Goal::CookAndEat => new.act(Act::Eat(item)),
            Goal::Put | Goal::CookAndPut => {
                let supporter = new.place(Role::Supporter, None);
                new.act(Act::Put(item, supporter));
            }
            Goal::Insert => {
                let closed = ingredients.closed && stream.uniform() < SHUT;
                let container = new.place(if closed { Role::Closed } else { Role::Open }, None);
                if closed {
                    new.act(Act::Open(container));
                }
                new.act(Act::Insert(item, container));
            }
        }
        new
    }

    /// Steps that do not depend on the map: the acts, and unlocking and opening the gate.
    pub(crate) fn fixed_steps(&self) -> usize {
        self.acts.len() + if self.gate.is_some() { 2 } else { 0 }
    }

    /// The acts that get hold of a new thing of the given role; returns the thing.
    fn hold(&mut self, role: Role, ingredients: &Ingredients, stream: &mut Stream) -> usize {
        if ingredients.locked && stream.uniform() < LOCK {
            let key = self.hold(Role::Object, ingredients, stream);
            let container = self.place(Role::Locked, None);
            self.things[key].role = Role::KeyOf(container);
            self.act(Act::Unlock(container, key));
            self.act(Act::Open(container));
            return self.kept(role, Some(container));
        }
        if ingredients.closed && stream.uniform() < SHUT {
            let container = self.place(Role::Closed, None);
            self.act(Act::Open(container));
            return self.kept(role, Some(container));
        }
        if ingredients.supporters && stream.uniform() < ON {
            let supporter = self.place(Role::Supporter, None);
            return self.kept(role, Some(supporter));
        }
        self.kept(role, None)
    }

    /// A thing to take: at the stop of its keeper, or at one of its own.
    fn kept(&mut self, role: Role, keeper: Option<usize>) -> usize {
        let thing = match keeper {
            Some(keeper) => {
                self.things.push(Thing { role, stop: self.stops, keeper: Some(keeper) });
                self.things.len() - 1
            }
            None => self.place(role, None),
        };
        self.act(Act::Take(thing));
        thing
    }

    /// A thing at a new stop.
    fn place(&mut self, role: Role, keeper: Option<usize>) -> usize {
        self.stops += 1;
        self.things.push(Thing { role, stop: self.stops, keeper });
        self.things.len() - 1
    }

    fn act(&mut self, act: Act) {
        self.acts.push((self.stops, act));
    }
}
