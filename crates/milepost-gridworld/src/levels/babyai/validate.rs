use crate::language::{Description, Scene, Sentence};
use crate::levels::GenerateError;
use crate::object::{Color, DoorState, Kind};

/// Rejects an instruction that is done already or asks for the impossible: each action as BabyAI checks it.
/// With `avoid_keys`, one must not be told to do anything to a key of a locked door, either.
pub(super) fn validate(
    scene: &Scene<'_>,
    sentence: &Sentence,
    avoid_keys: bool,
) -> Result<(), GenerateError> {
    let locked = if avoid_keys { colors_of_locked_doors(scene) } else { Vec::new() };
    for action in sentence.actions() {
        if let Sentence::PutNext { moved, beside, .. } = action {
            check_apart(scene, *moved, *beside)?;
        }
        let key = |description: &Description| {
            description.kind == Some(Kind::Key)
                && description.color.is_some_and(|color| locked.contains(&color))
        };
        let about_key = match action {
            Sentence::GoTo(objects) | Sentence::Open { objects, .. } | Sentence::PickUp { objects, .. } => {
                key(objects)
            }
            Sentence::PutNext { moved, beside, .. } => key(moved) || key(beside),
            Sentence::Sequence { .. } | Sentence::Both(..) => false,
        };
        if about_key {
            return Err(GenerateError::Rejected { reason: "it is about the key of a locked door" });
        }
    }
    Ok(())
}

fn colors_of_locked_doors(scene: &Scene<'_>) -> Vec<Color> {
    let objects = scene.grid.iter().filter_map(|(_, object)| object);
    objects
        .filter(|object| object.kind() == Kind::Door && object.door_state() == DoorState::Locked)
        .map(crate::Object::color)
        .collect()
}

/// Nothing that is to be moved may be what it is to be moved to, or be beside it.
fn check_apart(scene: &Scene<'_>, moved: Description, beside: Description) -> Result<(), GenerateError> {
    let beside = scene.matching(beside);
    for place in scene.matching(moved) {
        if beside.contains(&place) {
            return Err(GenerateError::Rejected { reason: "something would be put next to itself" });
        }
        if beside.iter().any(|other| place.x.abs_diff(other.x) + place.y.abs_diff(other.y) == 1) {
            return Err(GenerateError::Rejected { reason: "what is to be put together is together" });
        }
    }
    Ok(())
}
