use std::sync::Arc;

use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, StepOutcome, Stream, TaskSeed, TokenEnvironment, TurnFault,
    Vocabulary,
};

use super::call::Call;
use super::config::RuleDbConfig;
use super::episode::Episode;
use super::synthesis::synthesise;
use super::task::RuleDbTask;
use super::words::{Said, Words};
use crate::form;
use milepost_core::ParameterError;

/// A database that enforces rules, read and written in tokens.
///
/// | turn | reply |
/// |---|---|
/// | (the task) | `<begin> policy rule:capacity n1 … acting-as clerk any-order wish u1 wants n2 i3 otherwise u1 wants n1 i3 …` |
/// | `call get_user u1` | `row u1 silver n5 n1 o2 i3 n1 new …`: tier, balance, open orders, and the user's orders |
/// | `call get_item i3` | `row i3 n4 n2 n0`: stock, price, band |
/// | `call create_order u1 i3 n2` | `ok o4` |
/// | `call update_order o4 i2 n1`, `call cancel_order o4`, `call set_tier u1 gold` | `ok` |
/// | a call that the rules reject | `err rule:capacity open`: the rule and the field; nothing changes |
/// | `done` | `over`: the end |
///
/// Every turn ends with [`Vocabulary::END`]. A turn that is none of these is answered `malformed` and costs a turn. The
/// only reward is 1 for saying `done` in a state that is equivalent to the goal.
#[derive(Debug, Clone)]
pub struct RuleDb {
    config: Arc<RuleDbConfig>,
    words: Words,
    episode: Option<(TaskSeed, Episode)>,
}

impl RuleDb {
    /// The world with these parameters. Must be reset first.
    pub fn new(config: RuleDbConfig) -> Result<Self, ParameterError> {
        config.validate()?;
        Ok(Self { config: Arc::new(config), words: Words::new(), episode: None })
    }

    /// Its parameters.
    #[must_use]
    pub fn config(&self) -> &RuleDbConfig {
        &self.config
    }

    /// The current task; `None` before the first reset. Its goal and solution are hidden from the policy.
    #[must_use]
    pub fn task(&self) -> Option<&RuleDbTask> {
        self.episode().map(|episode| &*episode.task)
    }

    /// A call as a whole turn. An id or number that has no word makes a turn that is malformed.
    #[must_use]
    pub fn write(&self, call: Call) -> Vec<u32> {
        self.words.write(Said::Call(call))
    }

    /// The turn that says that all is done.
    #[must_use]
    pub fn done(&self) -> Vec<u32> {
        self.words.write(Said::Done)
    }

    /// What the client says, in tokens: the part of the prompt that knows neither tools nor rules.
    #[must_use]
    pub fn user_view(&self) -> Vec<u32> {
        let mut tokens = Vec::new();
        if let Some(task) = self.task() {
            self.words.say_user_view(task, &mut tokens);
        }
        tokens
    }

    pub(super) fn episode(&self) -> Option<&Episode> {
        self.episode.as_ref().map(|(_, episode)| episode)
    }

    /// Starts a task of one's own. Its states must be [valid](super::Database::is_valid), and its solution, if it has
    /// one, must lead to the goal.
    pub fn reset_to(&mut self, task: RuleDbTask) -> Result<(), EnvError> {
        let seed = task.key();
        task.validate().map_err(|reason| refuse(seed, reason))?;
        self.episode = Some((TaskSeed::literal(seed), Episode::start(task)));
        Ok(())
    }
}

fn refuse(seed: u64, reason: String) -> EnvError {
    EnvError::Task { environment: "rule-db".to_owned(), seed, reason }
}

impl Environment for RuleDb {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let task = synthesise(&self.config, seed).map_err(|error| refuse(seed.get(), error.to_string()))?;
        self.episode = Some((seed, Episode::start(task)));
        Ok(())
    }

    fn step(&mut self, action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        let said = self.words.read(action);
        match &mut self.episode {
            Some((_, episode)) => episode.turn(said, self.config.max_turns),
            None => Err(EnvError::NotReset { environment: "rule-db".to_owned() }),
        }
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    /// Nothing before the first reset.
    fn observe(&self, into: &mut Vec<u32>) {
        into.clear();
        if let Some(episode) = self.episode() {
            self.words.say(episode.reply, &episode.task, &episode.state, into);
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.episode().and_then(|episode| episode.ending)
    }

    fn elapsed(&self) -> u32 {
        self.episode().map_or(0, |episode| episode.elapsed)
    }

    fn state_key(&self) -> u64 {
        self.episode.as_ref().map_or(0, |(seed, episode)| episode.key(seed.get()))
    }
}

impl TokenEnvironment for RuleDb {
    fn vocabulary(&self) -> &Vocabulary {
        self.words.vocabulary()
    }

    fn turn_limit(&self) -> usize {
        self.words.longest()
    }

    /// Every call that could be made, whether or not its rows exist.
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        form::allowed(self.words.forms(), tokens, allowed);
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        self.episode().and_then(Episode::fault)
    }
}

impl Demonstrator for RuleDb {
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let said = self.episode()?.expert(self.config.max_turns)?;
        Some(self.words.write(said))
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        self.words.write(Call::draw(stream).map_or(Said::Done, Said::Call))
    }
}
