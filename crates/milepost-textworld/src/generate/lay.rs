use milepost_core::Stream;

use super::blueprint::{Blueprint, Step};
use super::distract::{self, Distractors};
use super::furnish::furnish;
use super::map::Map;
use super::skeleton::{Goal, Ingredients, Skeleton};
use super::{GenerateError, route};

/// What is asked of a quest.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rooms: usize,
    pub(crate) steps: usize,
    pub(crate) distractors: Distractors,
}

/// A quest on a map: the world, the plan, and what it is about.
pub(crate) struct Laid {
    pub(crate) blueprint: Blueprint,
    pub(crate) plan: Vec<Step>,
    pub(crate) goal: Goal,
    /// The entity that the quest is about.
    pub(crate) item: usize,
    /// What it is brought to.
    pub(crate) target: Option<usize>,
    /// What must not be taken.
    pub(crate) decoy: Option<usize>,
}

/// Draws that are tried before a size is given up.
const ATTEMPTS: usize = 4000;
/// At most this many closed doors that the plan opens, the gate aside.
const DOORS: usize = 2;

/// Draws a quest whose optimal plan has exactly `size.steps` steps on a map of `size.rooms` rooms.
pub(crate) fn lay(size: Size, ingredients: &Ingredients, stream: &mut Stream) -> Result<Laid, GenerateError> {
    for _ in 0..ATTEMPTS {
        let skeleton = Skeleton::draw(ingredients, stream);
        let Some(walked) = size.steps.checked_sub(skeleton.fixed_steps()) else { continue };
        if !size.distractors.leave_room_for(skeleton.things.len()) {
            continue;
        }
        let most = if ingredients.closed { DOORS.min(walked / 2) } else { 0 };
        let doors = stream.below(most as u64 + 1) as usize;
        let extra = stream.below(size.rooms as u64 / 2 + 1) as usize;
        let map = Map::on_grid(size.rooms, extra, stream);
        let Some(stops) = route::stops(&map, skeleton.stops, walked - doors, stream) else { continue };
        let Some(barriers) = Barriers::place(&map, &skeleton, &stops, doors, stream) else { continue };
        let (mut laid, mut names) = furnish(map, &skeleton, &stops, &barriers, stream)?;
        distract::add(&mut laid, size.distractors, ingredients, &mut names, stream)?;
        return Ok(laid);
    }
    Err(GenerateError::NoQuest { rooms: size.rooms, steps: size.steps })
}

/// The passages with doors that the plan must open.
pub(crate) struct Barriers {
    pub(crate) gate: Option<usize>,
    pub(crate) doors: Vec<usize>,
}

impl Barriers {
    /// Passages without which the player cannot get from one stop to the next; the gate's separates all stops
    /// up to its key's from the next one. `None` where there are not enough.
    fn place(
        map: &Map,
        skeleton: &Skeleton,
        stops: &[usize],
        doors: usize,
        stream: &mut Stream,
    ) -> Option<Self> {
        let passages = 0..map.passages().len();
        let mut gate = None;
        if let Some(wanted) = skeleton.gate {
            let beyond = *stops.get(wanted.after + 1)?;
            let before = &stops[..=wanted.after];
            let mut fits: Vec<usize> = passages
                .clone()
                .filter(|p| before.iter().all(|stop| map.separates(*p, *stop, beyond)))
                .collect();
            stream.shuffle(&mut fits);
            gate = Some(fits.pop()?);
        }
        let needed = |p: usize| stops.windows(2).any(|leg| map.separates(p, leg[0], leg[1]));
        let mut fits: Vec<usize> = passages.filter(|p| Some(*p) != gate && needed(*p)).collect();
        if fits.len() < doors {
            return None;
        }
        stream.shuffle(&mut fits);
        fits.truncate(doors);
        Some(Self { gate, doors: fits })
    }
}
