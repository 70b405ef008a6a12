use std::sync::{Arc, OnceLock};

use super::facts::FactId;
use super::position::Position;
use super::progress::Progress;
use super::tables::Tables;
use super::tracker::Tracker;
use super::understanding::Patterns;
use super::{ActionId, CommandId, Limits};
use crate::game::{Game, GameError};
use crate::logic::{Fact, Name, Variable};

/// A game made ready to be played: every possible action and command is known, and numbered.
///
/// Immutable; any number of [`Session`](super::Session)s share one.
#[derive(Debug)]
pub struct World {
    pub(super) tables: Tables,
    pub(super) start: Start,
    /// How commands may be put; made when it is first asked for.
    patterns: OnceLock<Patterns>,
}

/// How a game starts.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) position: Position,
    pub(super) progress: Progress,
    pub(super) tracker: Arc<Tracker>,
}

impl World {
    /// Makes a game ready, with the default limits.
    pub fn new(game: Game) -> Result<Self, GameError> {
        Self::with_limits(game, Limits::default())
    }

    /// Makes a game ready.
    pub fn with_limits(game: Game, limits: Limits) -> Result<Self, GameError> {
        let (tables, facts) = Tables::new(game, limits)?;
        let mut position = Position::empty(&tables);
        for fact in facts {
            position.add(&tables, fact);
        }
        let tracker = Arc::new(Tracker::new(&tables, position.facts()));
        let start = Start { position, progress: tracker.progress().clone(), tracker };
        Ok(Self { tables, start, patterns: OnceLock::new() })
    }

    pub(super) fn patterns(&self) -> &Patterns {
        self.patterns.get_or_init(|| Patterns::new(&self.tables))
    }

    /// The game that is played.
    #[must_use]
    pub const fn game(&self) -> &Game {
        &self.tables.game
    }

    /// Every command that can ever be admissible, sorted. A [`CommandId`] is a place in this list.
    #[must_use]
    pub fn commands(&self) -> &[String] {
        &self.tables.commands
    }

    /// The text of a command.
    #[must_use]
    pub fn command(&self, id: CommandId) -> Option<&str> {
        self.tables.commands.get(id.0 as usize).map(String::as_str)
    }

    /// The command with exactly this text.
    #[must_use]
    pub fn command_id(&self, text: &str) -> Option<CommandId> {
        let place = self.tables.commands.binary_search_by(|command| command.as_str().cmp(text)).ok()?;
        Some(CommandId(place as u32))
    }

    /// Number of actions that can ever be possible. An [`ActionId`] is below it.
    #[must_use]
    pub fn action_count(&self) -> usize {
        self.tables.instances.len()
    }

    /// The rule of an action.
    #[must_use]
    pub fn rule_of(&self, action: ActionId) -> Option<&Name> {
        self.tables.instances.get(action.0 as usize).map(|instance| &instance.rule)
    }

    /// What the placeholders of an action's rule stand for, in the order of their first use.
    pub fn bindings_of(&self, action: ActionId) -> impl Iterator<Item = (&Name, &Variable)> {
        let instance = self.tables.instances.get(action.0 as usize);
        let bindings = instance.into_iter().flat_map(|instance| &instance.bindings);
        bindings.map(|(placeholder, variable)| (placeholder, self.tables.facts.variable(*variable)))
    }

    /// The command that names an action.
    #[must_use]
    pub fn command_of_action(&self, action: ActionId) -> Option<CommandId> {
        self.tables.command_of.get(action.0 as usize).map(|command| CommandId(*command))
    }

    /// What an action adds and what it removes.
    #[must_use]
    pub fn effects_of(&self, action: ActionId) -> Option<(Vec<Fact>, Vec<Fact>)> {
        ((action.0 as usize) < self.tables.instances.len()).then(|| {
            let (added, removed) = self.tables.actions.effects(action.0);
            let facts = |ids: &[FactId]| ids.iter().map(|id| self.tables.facts.fact(*id)).collect();
            (facts(added), facts(removed))
        })
    }
}
