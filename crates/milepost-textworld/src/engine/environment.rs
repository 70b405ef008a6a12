use std::sync::Arc;

use milepost_core::{
    Budget, DiscreteEnvironment, Ending, EnvError, Environment, Outcome, Purpose, StepOutcome, Stream,
    StreamKey, TaskSeed,
};

use super::position::mix;
use super::{CommandId, Reply, Resolve, Session, Understanding, World};

/// What is done in a [`TextGame`].
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GameAction {
    /// The admissible command at this place in their sorted list, which the observation holds.
    Admissible(u32),
    /// A command by its number in [`World::commands`].
    Command(CommandId),
    /// A command as typed. What is not understood takes a step and changes nothing.
    Text(String),
}

/// How typed commands are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Reading {
    /// Exactly an admissible command, as TextWorld's engine for .json games has it.
    #[default]
    Exact,
    /// As [`Session::understand`] has it: abbreviations, synonyms, articles, parts of names.
    Loose,
}

/// What a [`TextGame`] shows: what can be done, and the points. Text is rendered elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GameObservation {
    /// The admissible commands in the order of their texts.
    pub commands: Vec<CommandId>,
    /// Points so far.
    pub score: i64,
}

/// One or more TextWorld games as an environment: a task is one of the games.
///
/// The reward is what the score gained. The episode ends with success when the game is won, with failure
/// when it is lost, and is truncated after a number of steps. Commands that are not understood take a step,
/// change nothing and are counted: see [`TextGame::not_done`].
#[derive(Debug, Clone)]
pub struct TextGame {
    worlds: Arc<[Arc<World>]>,
    max_steps: u32,
    resolve: Resolve,
    reading: Reading,
    play: Option<Play>,
}

#[derive(Debug, Clone)]
struct Play {
    game: usize,
    session: Session,
    elapsed: u32,
    reply: Option<Reply>,
    not_done: u32,
    ending: Option<Ending>,
}

const NAME: &str = "TextGame";

impl TextGame {
    /// Steps after which an episode is truncated, if nothing else is asked for.
    pub const MAX_STEPS: u32 = 100;

    /// One game.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self {
            worlds: [world].into(),
            max_steps: Self::MAX_STEPS,
            resolve: Resolve::default(),
            reading: Reading::default(),
            play: None,
        }
    }

    /// Several games; a task's seed draws one. `None` where there are none.
    #[must_use]
    pub fn pool(worlds: impl IntoIterator<Item = Arc<World>>) -> Option<Self> {
        let worlds: Arc<[_]> = worlds.into_iter().collect();
        let first = Arc::clone(worlds.first()?);
        Some(Self { worlds, ..Self::new(first) })
    }

    /// The same with another number of steps before truncation.
    #[must_use]
    pub fn with_max_steps(self, max_steps: u32) -> Self {
        Self { max_steps, ..self }
    }

    /// The same with the rules of another of TextWorld's engines.
    #[must_use]
    pub fn with_resolve(self, resolve: Resolve) -> Self {
        Self { resolve, play: None, ..self }
    }

    /// The same with another way to read typed commands.
    #[must_use]
    pub fn with_reading(self, reading: Reading) -> Self {
        Self { reading, ..self }
    }

    /// The current play; `None` before the first reset. Facts, policy and texts are asked of it.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.play.as_ref().map(|play| &play.session)
    }

    /// What became of the last action; `None` after a reset.
    #[must_use]
    pub fn reply(&self) -> Option<Reply> {
        self.play.as_ref()?.reply
    }

    /// How many actions of this episode were not done: no admissible command, or refused by the game.
    #[must_use]
    pub fn not_done(&self) -> u32 {
        self.play.as_ref().map_or(0, |play| play.not_done)
    }

    /// The reward that TextWorld calls intermediate; see [`Session::intermediate_reward`].
    #[must_use]
    pub fn intermediate_reward(&self) -> i32 {
        self.play.as_ref().map_or(0, |play| play.session.intermediate_reward())
    }
}

impl Environment for TextGame {
    type Observation = GameObservation;
    type Action = GameAction;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let purpose = Purpose::named("textworld game");
        let mut stream = Stream::new(StreamKey { task: seed.get(), ..StreamKey::new(0, purpose) });
        let game = stream.below(self.worlds.len() as u64) as usize;
        match &mut self.play {
            Some(play) if play.game == game => {
                play.session.restart();
                (play.elapsed, play.reply, play.not_done, play.ending) = (0, None, 0, None);
            }
            play => {
                let session = Session::with_resolve(Arc::clone(&self.worlds[game]), self.resolve);
                *play = Some(Play { game, session, elapsed: 0, reply: None, not_done: 0, ending: None });
            }
        }
        if let Some(play) = &mut self.play {
            play.ending = play.verdict(self.max_steps);
        }
        Ok(())
    }

    fn step(&mut self, action: &GameAction) -> Result<StepOutcome, EnvError> {
        let environment = || NAME.to_owned();
        let Some(play) = &mut self.play else {
            return Err(EnvError::NotReset { environment: environment() });
        };
        if let Some(ending) = play.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        let before = play.session.score();
        let out_of_range = |action: u32, count: usize| EnvError::ActionOutOfRange {
            environment: environment(),
            action: u64::from(action),
            count,
        };
        let reply = match action {
            GameAction::Admissible(index) => {
                let command = play.session.nth_admissible(*index as usize);
                let command = command.ok_or_else(|| out_of_range(*index, play.session.admissible_count()))?;
                play.session.step_command(command)
            }
            GameAction::Command(command) => {
                let count = play.session.world().commands().len();
                if command.0 as usize >= count {
                    return Err(out_of_range(command.0, count));
                }
                play.session.step_command(*command)
            }
            GameAction::Text(text) => play.type_in(text, self.reading),
        };
        play.elapsed += 1;
        play.not_done += u32::from(!matches!(reply, Reply::Done(_)));
        play.reply = Some(reply);
        play.ending = play.verdict(self.max_steps);
        Ok(StepOutcome { reward: (play.session.score() - before) as f64, ending: play.ending })
    }

    fn new_observation(&self) -> GameObservation {
        let most = self.worlds.iter().map(|world| world.commands().len()).max().unwrap_or(0);
        GameObservation { commands: Vec::with_capacity(most), score: 0 }
    }

    fn observe(&self, into: &mut GameObservation) {
        into.commands.clear();
        into.score = 0;
        if let Some(play) = &self.play {
            into.commands.extend(play.session.admissible());
            into.score = play.session.score();
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.play.as_ref()?.ending
    }

    fn elapsed(&self) -> u32 {
        self.play.as_ref().map_or(0, |play| play.elapsed)
    }

    fn state_key(&self) -> u64 {
        self.play.as_ref().map_or(0, |play| mix(play.session.state_key() ^ play.game as u64))
    }
}

impl Play {
    fn type_in(&mut self, text: &str, reading: Reading) -> Reply {
        if reading == Reading::Loose
            && let Understanding::Accepted(command) = self.session.understand(text)
        {
            return self.session.step_command(command);
        }
        self.session.step(text)
    }

    fn verdict(&self, max_steps: u32) -> Option<Ending> {
        if self.session.is_won() {
            Some(Ending::Terminated(Outcome::Success))
        } else if self.session.is_lost() {
            Some(Ending::Terminated(Outcome::Failure))
        } else if self.elapsed >= max_steps {
            Some(Ending::Truncated(Budget::Steps))
        } else {
            None
        }
    }
}

/// A [`TextGame`] of one game whose actions are numbered: action `i` is the `i`-th of all commands that can
/// ever be admissible ([`World::commands`]), and legal while it is admissible.
#[derive(Debug, Clone)]
pub struct CommandGame {
    game: TextGame,
    commands: usize,
}

impl CommandGame {
    /// One game.
    #[must_use]
    pub fn new(world: Arc<World>) -> Self {
        Self { commands: world.commands().len(), game: TextGame::new(world) }
    }

    /// The same with another number of steps before truncation.
    #[must_use]
    pub fn with_max_steps(self, max_steps: u32) -> Self {
        Self { game: self.game.with_max_steps(max_steps), ..self }
    }

    /// The game underneath.
    #[must_use]
    pub const fn game(&self) -> &TextGame {
        &self.game
    }
}

impl Environment for CommandGame {
    type Observation = GameObservation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.game.reset(seed)
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let running = self.game.session().is_some() && self.game.ending().is_none();
        if running && (*action as usize) < self.commands && !self.is_legal(*action) {
            let environment = "CommandGame".to_owned();
            return Err(EnvError::IllegalAction { environment, action: u64::from(*action) });
        }
        self.game.step(&GameAction::Command(CommandId(*action)))
    }

    fn new_observation(&self) -> GameObservation {
        self.game.new_observation()
    }

    fn observe(&self, into: &mut GameObservation) {
        self.game.observe(into);
    }

    fn ending(&self) -> Option<Ending> {
        self.game.ending()
    }

    fn elapsed(&self) -> u32 {
        self.game.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.game.state_key()
    }
}

impl DiscreteEnvironment for CommandGame {
    fn action_count(&self) -> usize {
        self.commands
    }

    fn is_legal(&self, action: u32) -> bool {
        self.game.session().is_some_and(|session| session.is_admissible(CommandId(action)))
    }
}
