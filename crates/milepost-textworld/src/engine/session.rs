use std::sync::Arc;

use super::actions::PlanAction;
use super::position::{Position, mix};
use super::progress::Progress;
use super::tracker::{Settled, Trail};
use super::world::World;
use super::{ActionId, CommandId, Reply, Resolve};
use crate::logic::Fact;

/// One play of a game. A value: `Clone` is a snapshot, and cheap, as the world itself is shared.
///
/// Stepping keeps the admissible commands up to date. The winning policy costs far more, so it is followed
/// only when asked for; what it says is the same as if it had been followed at every step.
#[derive(Debug, Clone)]
pub struct Session {
    world: Arc<World>,
    resolve: Resolve,
    pub(super) position: Position,
    progress: Progress,
    trail: Trail,
    moves: u32,
    /// The action of the last command, if that was done.
    last: Option<ActionId>,
}

impl Session {
    /// The start of a game, played by TextWorld's own engine.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self::with_resolve(world, Resolve::default())
    }

    /// The start of a game.
    #[must_use]
    pub fn with_resolve(world: Arc<World>, resolve: Resolve) -> Self {
        Self {
            resolve,
            position: world.start.position.clone(),
            progress: world.start.progress.clone(),
            trail: Trail::new(Arc::clone(&world.start.tracker)),
            moves: 0,
            last: None,
            world,
        }
    }

    /// Goes back to the start. Nothing is allocated.
    pub fn restart(&mut self) {
        let start = &self.world.start;
        self.position.copy_from(&start.position);
        self.progress.copy_from(&start.progress);
        self.trail.restart(&start.tracker);
        self.moves = 0;
        self.last = None;
    }

    /// The game.
    #[must_use]
    pub const fn world(&self) -> &Arc<World> {
        &self.world
    }

    /// The commands that can be done now, sorted by their texts. Costs nothing: they are kept up to date.
    pub fn admissible(&self) -> impl Iterator<Item = CommandId> {
        self.position.admissible().iter().map(CommandId)
    }

    /// Number of admissible commands.
    #[must_use]
    pub fn admissible_count(&self) -> usize {
        self.position.admissible().count()
    }

    /// The `index`-th admissible command in the order of the texts.
    #[must_use]
    pub fn nth_admissible(&self, index: usize) -> Option<CommandId> {
        self.position.admissible().nth(index).map(CommandId)
    }

    /// Whether a command can be done now.
    #[must_use]
    pub fn is_admissible(&self, command: CommandId) -> bool {
        (command.0 as usize) < self.world.commands().len() && self.position.admissible().contains(command.0)
    }

    /// The texts of the admissible commands, sorted.
    pub fn admissible_commands(&self) -> impl Iterator<Item = &str> {
        self.admissible().filter_map(|command| self.world.command(command))
    }

    /// Every action that is possible now, in TextWorld's order: several may share a command.
    pub fn valid_actions(&self) -> impl Iterator<Item = ActionId> {
        self.position.valid().iter().map(ActionId)
    }

    /// Does what a text says if it is, apart from white space around it, exactly an admissible command.
    pub fn step(&mut self, text: &str) -> Reply {
        match self.world.command_id(text.trim()) {
            Some(command) => self.step_command(command),
            None => self.not_done(Reply::Invalid),
        }
    }

    /// Does a command.
    #[inline]
    pub fn step_command(&mut self, command: CommandId) -> Reply {
        if !self.is_admissible(command) {
            return self.not_done(Reply::Invalid);
        }
        if let Some(instance) = self.resolve.resolve(&self.world.tables, &self.position, command.0) {
            return self.apply(instance);
        }
        // In the compiled game a refused command takes its turn.
        self.moves += 1;
        self.not_done(Reply::Refused)
    }

    /// Does the `index`-th admissible command; [`Reply::Invalid`] where there are not so many.
    #[inline]
    pub fn step_admissible(&mut self, index: usize) -> Reply {
        match self.nth_admissible(index) {
            Some(command) => self.step_command(command),
            None => self.not_done(Reply::Invalid),
        }
    }

    fn not_done(&mut self, reply: Reply) -> Reply {
        self.last = None;
        reply
    }

    #[inline]
    fn apply(&mut self, instance: u32) -> Reply {
        self.position.apply(&self.world.tables, instance);
        self.trail.push(instance);
        self.moves += 1;
        self.last = Some(ActionId(instance));
        if self.world.tables.is_fateful(instance) {
            self.progress = self.trail.progress(&self.world.tables);
        } else {
            self.progress.update(&self.world.tables, self.position.facts(), |_| false);
        }
        Reply::Done(ActionId(instance))
    }

    /// The facts that hold now, in the order in which the game first met them.
    pub fn facts(&self) -> impl Iterator<Item = Fact> {
        self.position.facts().iter().map(|id| self.world.tables.facts.fact(id))
    }

    /// Whether a fact holds now.
    #[must_use]
    pub fn holds(&self, fact: &Fact) -> bool {
        self.world.tables.facts.find(fact).is_some_and(|id| self.position.facts().contains(id))
    }

    /// Points so far: the sum of reward times completions over the quests.
    #[must_use]
    pub fn score(&self) -> i64 {
        self.progress.score(&self.world.tables)
    }

    /// Times that a quest was completed; `None` where there is no such quest.
    #[must_use]
    pub fn completions(&self, quest: usize) -> Option<u32> {
        (quest < self.world.tables.quests.len()).then(|| self.progress.completions(quest))
    }

    /// Commands that took a turn.
    #[must_use]
    pub const fn moves(&self) -> u32 {
        self.moves
    }

    /// The action of the last command; none at the start and where the command was not done.
    #[must_use]
    pub const fn last_action(&self) -> Option<ActionId> {
        self.last
    }

    /// Whether every mandatory quest that can be won is completed.
    #[must_use]
    pub fn is_won(&self) -> bool {
        self.progress.is_won(&self.world.tables)
    }

    /// Whether a mandatory quest failed or can no longer be completed.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.progress.is_lost(&self.world.tables)
    }

    /// Whether the game is won or lost. It can still be played on, as in TextWorld.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_won() || self.is_lost()
    }

    /// The commands that win the game from here. `None` once it is won or lost, and where a mandatory quest
    /// comes without actions.
    #[must_use]
    pub fn policy(&self) -> Option<Vec<String>> {
        let policy = self.trail.settled(&self.world.tables).policy?;
        Some(policy.iter().map(|action| self.plan_text(*action)).collect())
    }

    /// The number of commands in [`Session::policy`].
    #[must_use]
    pub fn policy_length(&self) -> Option<usize> {
        self.trail.settled(&self.world.tables).policy.map(|policy| policy.len())
    }

    /// Whether the last command brought the end nearer: 1 if the game is won, -1 if it is lost, else the
    /// sign of (length of the policy before the last command - length of the policy now), 0 where either is
    /// missing or the command was not done.
    #[must_use]
    pub fn intermediate_reward(&self) -> i32 {
        if self.is_won() {
            return 1;
        }
        if self.is_lost() {
            return -1;
        }
        if self.last.is_none() {
            return 0;
        }
        let Settled { policy, previous } = self.trail.settled(&self.world.tables);
        match (previous, policy) {
            (Some(before), Some(now)) => i32::from(before > now.len()) - i32::from(before < now.len()),
            _ => 0,
        }
    }

    /// Follows the plans up to now. Afterwards the policy and the intermediate reward cost nothing until the
    /// next step; call it after each step if you ask for them after each.
    pub fn follow_plans(&mut self) {
        self.trail.settle(&self.world.tables);
    }

    fn plan_text(&self, action: PlanAction) -> String {
        // An action that no command names can stand in a plan that no longer works.
        self.world
            .tables
            .text_of(action)
            .unwrap_or_else(|| self.world.tables.actions.name_of(action).to_string())
    }

    /// Equal for states with the same facts and quests; differs between games, but for chance.
    ///
    /// The plans are left out. TextWorld judges by them whether an action that nothing undoes loses the game,
    /// and they depend on the path that was taken, so states with equal keys might have other futures. None was
    /// met in 119 038 random steps of the recorded games, where 572 of 16 737 keys came with several plans.
    #[must_use]
    pub fn state_key(&self) -> u64 {
        mix(self.position.key() ^ self.progress.digest())
    }
}
