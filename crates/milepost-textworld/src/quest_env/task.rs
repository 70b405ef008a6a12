use milepost_core::{TaskSeed, Vocabulary, VocabularyError};

use super::commands::Commands;
use super::ladder::Ladder;
use super::{Prompt, TextQuestConfig};
use crate::engine::{ActionId, Session, World};
use crate::guide::{Guide, GuideError};
use crate::logic::{Fact, template};
use crate::text::{FactNumbers, Scene, sentence};

/// One game, compiled for play in tokens. Immutable; episodes share it.
#[derive(Debug)]
pub(super) struct Task {
    /// The game's start; an episode begins as its clone.
    pub(super) start: Session,
    pub(super) guide: Guide,
    pub(super) scene: Scene,
    pub(super) commands: Commands,
    pub(super) ladder: Ladder,
    /// What is said when an action was done, by its number.
    pub(super) feedback: Vec<Box<[u32]>>,
    /// What is asked.
    pub(super) prompt: Box<[u32]>,
    /// The commands of the plan, where the vocabulary has them all.
    pub(super) walkthrough: Option<Box<[u32]>>,
    /// After how many turns an episode is truncated.
    pub(super) max_turns: u32,
}

impl FactNumbers for World {
    fn number(&self, fact: &Fact) -> Option<u32> {
        self.fact_number(fact)
    }

    fn all(&self) -> Vec<(u32, Fact)> {
        self.numbered_facts().collect()
    }
}

/// Why a game cannot be played in tokens.
#[derive(Debug, thiserror::Error)]
pub(super) enum TaskError {
    #[error(transparent)]
    Generate(#[from] crate::generate::GenerateError),
    #[error(transparent)]
    Guide(#[from] GuideError),
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    #[error("the plan has {0} steps, but at most {max} can be rewarded; make the quest shorter", max = Ladder::MAX_STEPS)]
    LongPlan(usize),
}

impl Task {
    /// Makes the game that `seed` names and compiles it.
    pub(super) fn new(
        config: &TextQuestConfig,
        vocabulary: &Vocabulary,
        seed: TaskSeed,
    ) -> Result<Self, TaskError> {
        let (guide, start) = Guide::new(config.family.generate(seed)?)?;
        let steps = guide.plan().len();
        if steps > Ladder::MAX_STEPS {
            return Err(TaskError::LongPlan(steps));
        }
        let world = start.world().as_ref();
        let commands = world.commands().iter().map(String::as_str).zip(idle_commands(world));
        let feedback =
            (0..world.action_count() as u32).map(|action| feedback(world, ActionId(action), vocabulary));
        Ok(Self {
            scene: Scene::new(world.game(), world, vocabulary)?,
            commands: Commands::new(commands, vocabulary)?,
            ladder: Ladder::new(guide.plan()),
            feedback: feedback.collect::<Result<_, _>>()?,
            prompt: vocabulary.encode(&prompt(config.prompt, &guide))?.into(),
            walkthrough: vocabulary.encode(&prompt(Prompt::Walkthrough, &guide)).ok().map(Into::into),
            max_turns: ((steps as f64 * config.turns_per_step).floor() as u32).max(1),
            guide,
            start,
        })
    }
}

/// For each command whether it changes nothing.
fn idle_commands(world: &World) -> Vec<bool> {
    let mut idle = vec![true; world.commands().len()];
    for action in (0..world.action_count() as u32).map(ActionId) {
        let effects = world.effects_of(action);
        let changes = effects.is_some_and(|(added, removed)| !(added.is_empty() && removed.is_empty()));
        if let Some(command) = world.command_of_action(action).filter(|_| changes) {
            idle[command.0 as usize] = false;
        }
    }
    idle
}

fn feedback(world: &World, action: ActionId, vocabulary: &Vocabulary) -> Result<Box<[u32]>, VocabularyError> {
    let rule = world.rule_of(action).map_or("", |rule| rule.as_str());
    let text = template::fill(sentence(rule), |slot, text| {
        let variable = world.bindings_of(action).find(|(placeholder, _)| *placeholder == slot);
        let entity = variable.and_then(|(_, variable)| world.game().entity(&variable.name));
        text.push_str(entity.and_then(|entity| entity.name.as_deref()).unwrap_or_default());
        Ok::<(), VocabularyError>(())
    })?;
    Ok(vocabulary.encode(&text)?.into())
}

fn prompt(prompt: Prompt, guide: &Guide) -> String {
    match prompt {
        Prompt::Goal => guide.objective().to_owned(),
        Prompt::Walkthrough => format!("first {} .", guide.commands().join(" , then ")),
    }
}
