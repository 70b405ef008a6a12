//! Playing a generated game fast, and knowing what wins it.

mod follower;
mod plan;

use std::sync::{Arc, OnceLock};

use crate::engine::{CommandId, Session, World};
use crate::game::{Game, GameError};
use crate::logic::{Action, Fact};

pub(crate) use follower::Follower;
pub(crate) use plan::PlanStep;
use plan::resume;

/// The plan of a game whose first quest has one, and TextWorld's winning policy where the plan is of no use.
///
/// The game is played without the quests' plans. Following these costs far more than a step wherever an action cannot be
/// undone, and they decide nothing but what TextWorld takes for unfinishable: our games say as facts what fails
/// them. So how an episode goes on depends on the facts alone.
#[derive(Debug)]
pub(crate) struct Guide {
    game: Game,
    plan: Vec<PlanStep>,
    /// What wins.
    goal: Vec<u32>,
    /// The game with its plans, made when first asked for.
    planned: OnceLock<Option<Arc<World>>>,
}

/// A game that has no plan or cannot be played.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GuideError {
    #[error(transparent)]
    Game(#[from] GameError),
    #[error("the game's first quest has no plan; give its first win event actions and their commands")]
    NoPlan,
}

impl Guide {
    /// Reads the plan; returns the start of the game too.
    pub(crate) fn new(game: Game) -> Result<(Self, Session), GuideError> {
        let mut plain = game.clone();
        for event in plain.quests.iter_mut().flat_map(|quest| &mut quest.win_events) {
            event.actions.clear();
        }
        let world = Arc::new(World::new(plain)?);
        let event =
            game.quests.first().and_then(|quest| quest.win_events.first()).ok_or(GuideError::NoPlan)?;
        let steps = event.actions.iter().zip(&event.commands);
        let plan: Vec<PlanStep> = steps
            .map(|(action, command)| step(&world, action, command))
            .collect::<Option<_>>()
            .ok_or(GuideError::NoPlan)?;
        if plan.is_empty() || plan.len() != event.actions.len() {
            return Err(GuideError::NoPlan);
        }
        let goal = numbers(&world, &event.condition);
        Ok((Self { plan, goal, game, planned: OnceLock::new() }, Session::new(world)))
    }

    /// The steps of the plan.
    pub(crate) fn plan(&self) -> &[PlanStep] {
        &self.plan
    }

    /// The commands of the plan.
    pub(crate) fn commands(&self) -> &[String] {
        &self.game.quests[0].win_events[0].commands
    }

    /// What is asked.
    pub(crate) fn objective(&self) -> &str {
        &self.game.objective
    }

    /// What to do next: the command at which the plan can be taken up, else the first of the winning policy. `done`
    /// are the commands so far.
    pub(crate) fn next(
        &self,
        session: &Session,
        done: &[CommandId],
        follower: &Follower,
    ) -> Option<CommandId> {
        if let Some(command) = resume(&self.plan, &self.goal, |fact| session.holds_number(fact)) {
            return Some(CommandId(command));
        }
        let policy = follower.read(self, session, done, Session::policy)??;
        session.world().command_id(policy.first()?).filter(|command| session.is_admissible(*command))
    }

    /// The start of the game with its plans.
    fn planned(&self) -> Option<Session> {
        let planned = self.planned.get_or_init(|| World::new(self.game.clone()).ok().map(Arc::new));
        planned.clone().map(Session::new)
    }
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
