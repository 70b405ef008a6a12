use std::sync::Arc;

use milepost_core::{TaskSeed, Vocabulary, VocabularyError};

use super::commands::Commands;
use super::ladder::Ladder;
use super::plan::PlanStep;
use super::{Prompt, TextQuestConfig};
use crate::engine::{ActionId, Session, World};
use crate::game::{Event, Game};
use crate::logic::{Action, Fact, template};
use crate::text::{FactNumbers, Scene, sentence};

/// One game, compiled for play in tokens. Immutable; episodes share it.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) seed: TaskSeed,
    /// The game's start; an episode begins as its clone.
    pub(super) start: Session,
    pub(super) scene: Scene,
    pub(super) commands: Commands,
    pub(super) plan: Vec<PlanStep>,
    /// What wins.
    pub(super) goal: Vec<u32>,
    pub(super) ladder: Ladder,
    /// What is said when an action was done, by its number.
    pub(super) feedback: Vec<Box<[u32]>>,
    /// What is asked.
    pub(super) prompt: Box<[u32]>,
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
    Game(#[from] crate::game::GameError),
    #[error(transparent)]
    Vocabulary(#[from] VocabularyError),
    #[error("the game's first quest has no plan; give its first win event actions")]
    NoPlan,
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
        let game = config.family.generate(seed)?;
        let world = Arc::new(World::new(game)?);
        let event = event(world.game()).ok_or(TaskError::NoPlan)?;
        let plan: Vec<PlanStep> = event
            .actions
            .iter()
            .zip(&event.commands)
            .map(|(action, command)| step(&world, action, command))
            .collect::<Option<_>>()
            .ok_or(TaskError::NoPlan)?;
        if plan.len() > Ladder::MAX_STEPS {
            return Err(TaskError::LongPlan(plan.len()));
        }
        let mut idle = vec![true; world.commands().len()];
        for action in (0..world.action_count() as u32).map(ActionId) {
            let changes = world
                .effects_of(action)
                .is_some_and(|(added, removed)| !(added.is_empty() && removed.is_empty()));
            if let Some(command) = world.command_of_action(action).filter(|_| changes) {
                idle[command.0 as usize] = false;
            }
        }
        let commands = world.commands().iter().map(String::as_str).zip(idle);
        Ok(Self {
            seed,
            scene: Scene::new(world.game(), world.as_ref(), vocabulary)?,
            commands: Commands::new(commands, vocabulary)?,
            ladder: Ladder::new(&plan),
            goal: numbers(&world, &event.condition),
            feedback: (0..world.action_count() as u32)
                .map(|action| feedback(&world, ActionId(action), vocabulary))
                .collect::<Result<_, _>>()?,
            prompt: vocabulary.encode(&prompt(config.prompt, world.game(), event))?.into(),
            max_turns: ((plan.len() as f64 * config.turns_per_step).floor() as u32).max(1),
            plan,
            start: Session::new(world.clone()),
        })
    }
}

/// What wins the game: the first win event of the first quest.
fn event(game: &Game) -> Option<&Event> {
    game.quests.first()?.win_events.first().filter(|event| !event.actions.is_empty())
}

fn numbers(world: &World, facts: &[Fact]) -> Vec<u32> {
    facts.iter().filter_map(|fact| world.fact_number(fact)).collect()
}

/// `None` where the command is none of the game's.
fn step(world: &World, action: &Action, command: &str) -> Option<PlanStep> {
    let added = action.added();
    let moves = |fact: &Fact| fact.name == "at" && fact.arguments.first().is_some_and(|v| v.kind == "P");
    Some(PlanStep {
        command: world.command_id(command)?.0,
        needed: numbers(world, &action.preconditions),
        walk: added.iter().all(moves),
        added: numbers(world, &added),
        removed: numbers(world, &action.removed()),
    })
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

fn prompt(prompt: Prompt, game: &Game, event: &Event) -> String {
    match prompt {
        Prompt::Goal => game.objective.clone(),
        Prompt::Walkthrough => format!("first {} .", event.commands.join(" , then ")),
    }
}
