use milepost_core::Stream;

use super::GenerateError;
use super::blueprint::{Blueprint, Door, Kind, Latch, Place, Step};
use super::furnish::Names;
use super::lay::Laid;
use super::skeleton::Ingredients;

/// What there is besides the quest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Distractors {
    /// Things of all kinds, until there are so many in all.
    FillTo(usize),
    /// One portable thing that must not be taken.
    Decoy,
}

impl Distractors {
    /// Whether a quest may have so many things.
    pub(crate) fn leave_room_for(self, things: usize) -> bool {
        match self {
            Self::FillTo(all) => things <= all,
            Self::Decoy => true,
        }
    }
}

/// Chance of a door in a passage that the plan does not use.
const DOOR: f64 = 0.3;

/// Adds what has nothing to do with the quest. Nothing of it makes the quest shorter or longer: doors stand in
/// passages that the plan does not use, and no key of it fits.
pub(crate) fn add(
    laid: &mut Laid,
    distractors: Distractors,
    ingredients: &Ingredients,
    names: &mut Names,
    stream: &mut Stream,
) -> Result<(), GenerateError> {
    if ingredients.closed {
        add_doors(laid, names, stream);
    }
    let world = &mut laid.blueprint;
    match distractors {
        Distractors::FillTo(objects) => {
            while world.entities.len() < objects {
                let kind = kind(ingredients, stream);
                let (kind, name) = named(kind, names)?;
                let place = place(world, kind, stream);
                world.add(kind, name, place);
            }
        }
        Distractors::Decoy => {
            let place = place(world, Kind::Object, stream);
            laid.decoy = Some(world.add(Kind::Object, names.objects.draw()?, place));
        }
    }
    Ok(())
}

/// The passages that the plan walks through.
fn walked(laid: &Laid) -> Vec<usize> {
    let mut at = laid.blueprint.player;
    let mut passages = Vec::new();
    for step in &laid.plan {
        let Step::Go(direction) = step else { continue };
        if let Some(next) = laid.blueprint.map.exit(at, *direction) {
            passages.extend(laid.blueprint.map.passage_between(at, next));
            at = next;
        }
    }
    passages
}

fn add_doors(laid: &mut Laid, names: &mut Names, stream: &mut Stream) {
    let walked = walked(laid);
    for passage in 0..laid.blueprint.map.passages().len() {
        let wanted = stream.uniform() < DOOR;
        let latch = if stream.uniform() < 0.5 { Latch::Open } else { Latch::Closed };
        if !wanted || walked.contains(&passage) {
            continue;
        }
        // Doors end with the materials.
        let Ok(material) = names.materials.draw() else { return };
        laid.blueprint.doors.push(Door { passage, latch, material });
    }
}

/// Half of the things can be carried, the others hold them.
fn kind(ingredients: &Ingredients, stream: &mut Stream) -> Kind {
    let shut = if ingredients.closed { Latch::Closed } else { Latch::Open };
    let fixed = if ingredients.supporters { 1.0 } else { 0.0 };
    let kinds = [
        (Kind::Object, 4.0),
        (Kind::Fruit, 2.0),
        (Kind::Key, if ingredients.locked { 1.0 } else { 0.0 }),
        (Kind::Container(Latch::Open), fixed),
        (Kind::Container(shut), fixed),
        (Kind::Supporter, 2.0 * fixed),
    ];
    let weights = kinds.map(|(_, weight)| weight);
    kinds[stream.categorical(&weights).unwrap_or(0)].0
}

/// A name of its own; where the materials are used up, an object takes the place of a key.
fn named(kind: Kind, names: &mut Names) -> Result<(Kind, String), GenerateError> {
    Ok(match kind {
        Kind::Key => match names.materials.draw() {
            Ok(material) => (Kind::Key, format!("{material} key")),
            Err(_) => (Kind::Object, names.objects.draw()?),
        },
        Kind::Fruit => (Kind::Fruit, names.fruit.draw()?),
        Kind::Container(latch) => (Kind::Container(latch), names.containers.draw()?),
        Kind::Supporter => (Kind::Supporter, names.supporters.draw()?),
        other => (other, names.objects.draw()?),
    })
}

/// Somewhere: half of what can be carried is in or on something, where there is anything.
fn place(world: &Blueprint, kind: Kind, stream: &mut Stream) -> Place {
    let floor = Place::Room(stream.below(world.map.len() as u64) as usize);
    let keepers: Vec<Place> = (0..world.entities.len())
        .filter_map(|entity| match world.entities[entity].kind {
            Kind::Container(_) => Some(Place::In(entity)),
            Kind::Supporter | Kind::Stove => Some(Place::On(entity)),
            _ => None,
        })
        .collect();
    let portable = !matches!(kind, Kind::Container(_) | Kind::Supporter);
    if !portable || keepers.is_empty() || stream.uniform() < 0.5 {
        return floor;
    }
    keepers[stream.below(keepers.len() as u64) as usize]
}
