use milepost_core::Encoder;

use super::captions::SurfaceId;
use crate::engine::{Session, World};
use crate::generate::{Direction, house};
use crate::logic::{Fact, Variable};

/// What is seen in the house.
#[derive(Debug, Clone, PartialEq)]
pub struct HouseObservation {
    /// Which room this is, what is carried, what is here and how it is, and where the exits are, each 0 or 1:
    /// [`HouseEncoder::FEATURES`] numbers. What is elsewhere is not seen.
    pub features: Vec<f32>,
    /// What was said last.
    pub surface: SurfaceId,
}

/// Reads the features of a [`HouseObservation`]; the caption is for rewards.
#[derive(Debug, Clone, Copy, Default)]
pub struct HouseEncoder;

const ROOMS: usize = house::ROOMS.len();
const PORTABLE: usize = 9;
const FIXED: usize = 6;
const CONTAINERS: usize = 2;
/// Open, closed, locked.
const LATCHES: [&str; 3] = ["open", "closed", "locked"];

impl HouseEncoder {
    /// Rooms (8), carried (9), portable things here (9), fixed things here (6), containers here that are open, closed,
    /// locked (6), exits (4), closed doors (4), and whether the potato that is seen is cooked or burned (2).
    pub const FEATURES: usize = ROOMS + 2 * PORTABLE + FIXED + CONTAINERS * LATCHES.len() + 8 + 2;
}

impl Encoder<HouseObservation> for HouseEncoder {
    fn len(&self) -> usize {
        Self::FEATURES
    }

    fn encode(&self, observation: &HouseObservation, _state_key: u64, out: &mut [f32]) {
        for (out, feature) in out.iter_mut().zip(&observation.features) {
            *out = *feature;
        }
    }
}

/// The features of one house as clauses: a feature is 1 if all facts of one of its clauses hold.
#[derive(Debug)]
pub(super) struct Features {
    clauses: Vec<(usize, Vec<u32>)>,
}

impl Features {
    pub(super) fn new(world: &World) -> Self {
        let mut builder = Builder::new(world);
        builder.rooms();
        let portable = builder.of_kinds(&["o", "k", "f"]);
        let fixed = builder.of_kinds(&["c", "s", "stove"]);
        let containers = builder.of_kinds(&["c"]);
        for thing in &portable {
            builder.carried(thing);
        }
        for thing in &portable {
            builder.seen(thing, &[]);
        }
        for thing in &fixed {
            builder.seen(thing, &[]);
        }
        for container in &containers {
            for latch in LATCHES {
                builder.seen(container, &[Fact::new(latch, [container.clone()])]);
            }
        }
        builder.exits();
        if let Some(potato) = builder.named("potato") {
            for state in ["cooked", "burned"] {
                builder.cooked(&potato, state);
            }
        }
        Self { clauses: builder.clauses }
    }

    /// Writes the features, [`HouseEncoder::FEATURES`] numbers.
    pub(super) fn write(&self, session: &Session, into: &mut Vec<f32>) {
        into.clear();
        into.resize(HouseEncoder::FEATURES, 0.0);
        for (feature, facts) in &self.clauses {
            if facts.iter().all(|fact| session.holds_number(*fact)) {
                into[*feature] = 1.0;
            }
        }
    }
}

struct Builder<'a> {
    world: &'a World,
    rooms: Vec<Variable>,
    things: Vec<Variable>,
    clauses: Vec<(usize, Vec<u32>)>,
    /// The next feature.
    next: usize,
}

impl<'a> Builder<'a> {
    fn new(world: &'a World) -> Self {
        let variables = |room: bool| {
            let entities = world.game().entities.iter();
            let kept = entities.filter(move |entity| entity.name.is_some() && (entity.kind == "r") == room);
            kept.map(|entity| Variable::new(&entity.id, &entity.kind)).collect()
        };
        Self { world, rooms: variables(true), things: variables(false), clauses: Vec::new(), next: 0 }
    }

    /// Things of exactly these types, in the order of the game, which is the same in every house.
    fn of_kinds(&self, kinds: &[&str]) -> Vec<Variable> {
        self.things.iter().filter(|thing| kinds.contains(&thing.kind.as_str())).cloned().collect()
    }

    fn named(&self, name: &str) -> Option<Variable> {
        let entity = self.world.game().entities.iter().find(|entity| entity.name.as_deref() == Some(name))?;
        Some(Variable::new(&entity.id, &entity.kind))
    }

    /// The feature is 1 if all facts hold; a fact that can never hold makes the clause void.
    fn clause(&mut self, feature: usize, facts: &[Fact]) {
        let numbers = facts.iter().map(|fact| self.world.fact_number(fact)).collect::<Option<Vec<u32>>>();
        self.clauses.extend(numbers.map(|numbers| (feature, numbers)));
    }

    fn feature(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    fn player_in(room: &Variable) -> Fact {
        Fact::new("at", [Variable::constant("P"), room.clone()])
    }

    fn rooms(&mut self) {
        for room in self.rooms.clone() {
            let feature = self.feature();
            self.clause(feature, &[Self::player_in(&room)]);
        }
        // Smaller houses lack the last.
        self.next = ROOMS;
    }

    fn carried_fact(thing: &Variable) -> Fact {
        Fact::new("in", [thing.clone(), Variable::constant("I")])
    }

    fn carried(&mut self, thing: &Variable) {
        let feature = self.feature();
        self.clause(feature, &[Self::carried_fact(thing)]);
    }

    /// A feature that is 1 while the thing is in sight and the other facts hold.
    fn seen(&mut self, thing: &Variable, also: &[Fact]) {
        let feature = self.feature();
        self.seen_clauses(feature, thing, also);
    }

    fn seen_clauses(&mut self, feature: usize, thing: &Variable, also: &[Fact]) {
        let keepers = self.of_kinds(&["c", "s", "stove"]);
        for room in self.rooms.clone() {
            let here = Self::player_in(&room);
            let at = |what: &Variable| Fact::new("at", [what.clone(), room.clone()]);
            let facts = [&[here.clone(), at(thing)], also].concat();
            self.clause(feature, &facts);
            for keeper in &keepers {
                let mut facts = vec![here.clone(), at(keeper)];
                if keeper.kind == "c" {
                    facts.push(Fact::new("in", [thing.clone(), keeper.clone()]));
                    facts.push(Fact::new("open", [keeper.clone()]));
                } else {
                    facts.push(Fact::new("on", [thing.clone(), keeper.clone()]));
                }
                facts.extend_from_slice(also);
                self.clause(feature, &facts);
            }
        }
    }

    fn cooked(&mut self, food: &Variable, state: &str) {
        let feature = self.feature();
        let done = Fact::new(state, [food.clone()]);
        self.clause(feature, &[Self::carried_fact(food), done.clone()]);
        self.seen_clauses(feature, food, &[done]);
    }

    /// For each direction whether there is an exit, then for each whether a closed door is in it.
    fn exits(&mut self) {
        let exits: Vec<usize> = Direction::ALL.iter().map(|_| self.feature()).collect();
        let closed: Vec<usize> = Direction::ALL.iter().map(|_| self.feature()).collect();
        for fact in self.world.game().facts.clone() {
            let [there, here] = fact.arguments.as_slice() else { continue };
            let Some(direction) = Direction::ALL.into_iter().find(|d| fact.name == d.predicate()) else {
                continue;
            };
            for (from, to, direction) in [(here, there, direction), (there, here, direction.opposite())] {
                self.clause(exits[direction as usize], &[Self::player_in(from)]);
                for door in self.of_kinds(&["d"]) {
                    let link = Fact::new("link", [from.clone(), door.clone(), to.clone()]);
                    let shut = Fact::new("closed", [door]);
                    self.clause(closed[direction as usize], &[Self::player_in(from), link, shut]);
                }
            }
        }
    }
}
