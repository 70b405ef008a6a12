use std::collections::BTreeMap;

use milepost_core::TaskSeed;

use super::captions::{CaptionId, Captions, Happening};
use super::features::Features;
use crate::engine::{ActionId, CommandId, Session, World};
use crate::generate::{GenerateError, House};
use crate::guide::{Guide, GuideError};
use crate::logic::template;
use crate::text::sentence;

/// One house, compiled. Immutable; episodes share it.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) start: Session,
    pub(super) guide: Guide,
    /// The game's command for each action of the environment; none where it can never be done in this house.
    pub(super) commands: Vec<Option<CommandId>>,
    /// What is said when an action of the game was done.
    pub(super) captions: Vec<CaptionId>,
    pub(super) features: Features,
}

/// Why a house cannot be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum TaskError {
    #[error(transparent)]
    Generate(#[from] GenerateError),
    #[error(transparent)]
    Guide(#[from] GuideError),
}

impl Task {
    pub(super) fn new(
        house: House,
        commands: &[String],
        captions: &Captions,
        seed: TaskSeed,
    ) -> Result<Self, TaskError> {
        let (guide, start) = Guide::new(house.generate(seed)?)?;
        let world = start.world().as_ref();
        let caption = |action| captions.find(&happening(world, action)).unwrap_or(captions.start());
        Ok(Self {
            commands: commands.iter().map(|command| world.command_id(command)).collect(),
            captions: (0..world.action_count() as u32).map(|action| caption(ActionId(action))).collect(),
            features: Features::new(world),
            guide,
            start,
        })
    }
}

/// What an action is, in the words that captions are filed under.
pub(super) fn happening(world: &World, action: ActionId) -> Happening {
    let rule = world.rule_of(action).map(ToString::to_string).unwrap_or_default();
    let mut names = BTreeMap::new();
    for slot in template::slots(sentence(&rule)) {
        let bound = world.bindings_of(action).find(|(placeholder, _)| *placeholder == slot);
        let entity = bound.and_then(|(_, variable)| world.game().entity(&variable.name));
        if let Some(name) = entity.and_then(|entity| entity.name.clone()) {
            names.insert(slot.to_owned(), name);
        }
    }
    Happening { rule, names }
}
