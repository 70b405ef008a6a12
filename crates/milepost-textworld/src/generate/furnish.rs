use milepost_core::Stream;

use super::GenerateError;
use super::blueprint::{Blueprint, Door, Kind, Latch, Opens, Place, Step};
use super::lay::{Barriers, Laid};
use super::map::Map;
use super::names::{self, Deck};
use super::skeleton::{Act, Role, Skeleton, Thing};

/// The names that are still free.
pub(crate) struct Names {
    pub(crate) rooms: Deck,
    pub(crate) containers: Deck,
    pub(crate) supporters: Deck,
    pub(crate) objects: Deck,
    pub(crate) fruit: Deck,
    pub(crate) meat: Deck,
    /// A key opens what is made of the same material.
    pub(crate) materials: Deck,
}

impl Names {
    /// All lists, shuffled.
    pub(crate) fn shuffled(stream: &mut Stream) -> Self {
        let mut deck = |what, nouns, adjectives| Deck::shuffled(what, nouns, adjectives, stream);
        Self {
            rooms: deck("rooms", names::ROOMS, names::MOODS),
            containers: deck("containers", names::CONTAINERS, names::MOODS),
            supporters: deck("supporters", names::SUPPORTERS, names::MOODS),
            objects: deck("objects", names::OBJECTS, names::MOODS),
            fruit: deck("food", names::FRUIT, names::MOODS),
            meat: deck("food to cook", names::MEAT, names::MOODS),
            materials: deck("materials", names::MATERIALS, &[]),
        }
    }
}

/// Makes a world of a skeleton whose stops are rooms of a map, and the plan that achieves its goal.
pub(crate) fn furnish(
    map: Map,
    skeleton: &Skeleton,
    stops: &[usize],
    barriers: &Barriers,
    stream: &mut Stream,
) -> Result<(Laid, Names), GenerateError> {
    let mut names = Names::shuffled(stream);
    let rooms = (0..map.len()).map(|_| names.rooms.draw()).collect::<Result<_, _>>()?;
    let mut blueprint = Blueprint::new(map, rooms, stops[0]);
    add_doors(&mut blueprint, barriers, &mut names)?;
    add_things(&mut blueprint, skeleton, stops, &mut names, stream)?;
    let plan = plan(&blueprint, skeleton, stops);
    let (item, target) = match skeleton.acts.last() {
        Some((_, Act::Put(o, t) | Act::Insert(o, t) | Act::Cook(o, t))) => (*o, Some(*t)),
        Some((_, Act::Take(o) | Act::Eat(o) | Act::Open(o) | Act::Unlock(o, _))) => (*o, None),
        None => (0, None),
    };
    Ok((Laid { blueprint, plan, goal: skeleton.goal, item, target, decoy: None }, names))
}

/// The gate first, so that it is door 0.
fn add_doors(blueprint: &mut Blueprint, barriers: &Barriers, names: &mut Names) -> Result<(), GenerateError> {
    let locked = barriers.gate.iter().map(|passage| (*passage, Latch::Locked));
    let closed = barriers.doors.iter().map(|passage| (*passage, Latch::Closed));
    for (passage, latch) in locked.chain(closed) {
        let material = names.materials.draw()?;
        blueprint.doors.push(Door { passage, latch, material });
    }
    Ok(())
}

fn add_things(
    blueprint: &mut Blueprint,
    skeleton: &Skeleton,
    stops: &[usize],
    names: &mut Names,
    stream: &mut Stream,
) -> Result<(), GenerateError> {
    let mut materials = vec![None; skeleton.things.len()];
    for (index, thing) in skeleton.things.iter().enumerate() {
        if let Role::KeyOf(lock) = thing.role {
            let material = names.materials.draw()?;
            materials[lock] = Some(material.clone());
            materials[index] = Some(material);
        } else if thing.role == Role::GateKey {
            materials[index] = blueprint.doors.first().map(|door| door.material.clone());
        }
    }
    for (index, thing) in skeleton.things.iter().enumerate() {
        let (kind, mut name) = match thing.role {
            Role::Object => (Kind::Object, names.objects.draw()?),
            Role::Fruit => (Kind::Fruit, names.fruit.draw()?),
            Role::Meat => (Kind::Meat, names.meat.draw()?),
            Role::KeyOf(_) | Role::GateKey => (Kind::Key, "key".to_owned()),
            Role::Open => (Kind::Container(Latch::Open), names.containers.draw()?),
            Role::Closed => (Kind::Container(Latch::Closed), names.containers.draw()?),
            Role::Locked => {
                let noun = names::CONTAINERS[stream.below(names::CONTAINERS.len() as u64) as usize];
                (Kind::Container(Latch::Locked), noun.to_owned())
            }
            Role::Supporter => (Kind::Supporter, names.supporters.draw()?),
            Role::Stove => (Kind::Stove, "stove".to_owned()),
        };
        if let Some(material) = &materials[index] {
            name = format!("{material} {name}");
        }
        blueprint.add(kind, name, place(thing, skeleton, stops));
        match thing.role {
            Role::KeyOf(lock) => blueprint.matches.push((index, Opens::Container(lock))),
            Role::GateKey => blueprint.matches.push((index, Opens::Door(0))),
            _ => {}
        }
    }
    Ok(())
}

fn place(thing: &Thing, skeleton: &Skeleton, stops: &[usize]) -> Place {
    match thing.keeper {
        None => Place::Room(stops[thing.stop]),
        Some(keeper) if skeleton.things[keeper].role == Role::Supporter => Place::On(keeper),
        Some(keeper) => Place::In(keeper),
    }
}

/// The acts, with the walks from stop to stop between them.
fn plan(blueprint: &Blueprint, skeleton: &Skeleton, stops: &[usize]) -> Vec<Step> {
    let mut shut = blueprint.shut_doors();
    let mut plan = Vec::new();
    let mut at = 0;
    for &(stop, act) in &skeleton.acts {
        while at < stop {
            blueprint.walk(stops[at], stops[at + 1], &mut shut, &mut plan);
            at += 1;
        }
        plan.push(match act {
            Act::Take(o) => Step::Take(o),
            Act::Unlock(c, k) => Step::Unlock(c, k),
            Act::Open(c) => Step::Open(c),
            Act::Put(o, s) => Step::Put(o, s),
            Act::Insert(o, c) => Step::Insert(o, c),
            Act::Cook(f, with) => Step::Cook(f, with),
            Act::Eat(f) => Step::Eat(f),
        });
    }
    plan
}
