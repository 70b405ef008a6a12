use std::sync::Arc;

use milepost_core::{
    Budget, DiscreteEnvironment, Ending, EnvError, Environment, Outcome, Purpose, StepOutcome, Stream,
    StreamKey, TaskSeed,
};
use serde::{Deserialize, Serialize};

use super::captions::{CaptionId, Captions, SurfaceId, commands};
use super::features::HouseObservation;
use super::task::Task;
use crate::cache::TaskCache;
use crate::engine::{CommandId, Reply, Session};
use crate::generate::House;
use crate::guide::Follower;

/// How a [`QuestHouse`] is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct QuestHouseConfig {
    /// Rooms, 6 to 8.
    pub rooms: usize,
    /// Steps after which an episode is truncated, at least 1.
    pub max_steps: u32,
    /// Whether what happens is said in one of five ways, drawn for each step, rather than always in the same.
    pub paraphrases: bool,
}

impl Default for QuestHouseConfig {
    /// Seven rooms, 120 steps, no paraphrases.
    fn default() -> Self {
        Self { rooms: House::default().rooms, max_steps: 120, paraphrases: false }
    }
}

/// The house as an environment with numbered actions, a reward of 1 for the quest, and a caption for every step.
///
/// Actions are the commands that change something, the same in every house ([`QuestHouse::command`]); those that are not
/// possible in the current state are illegal. Burning or eating the potato fails the quest.
#[derive(Debug, Clone)]
pub struct QuestHouse {
    shared: Arc<Shared>,
    play: Option<Play>,
}

#[derive(Debug)]
struct Shared {
    config: QuestHouseConfig,
    commands: Vec<String>,
    captions: Captions,
    cache: TaskCache<Task>,
}

#[derive(Debug, Clone)]
struct Play {
    seed: TaskSeed,
    task: Arc<Task>,
    session: Session,
    /// The commands that were done.
    done: Vec<CommandId>,
    follower: Follower,
    elapsed: u32,
    ending: Option<Ending>,
    caption: CaptionId,
}

const NAME: &str = "QuestHouse";

impl QuestHouse {
    /// A house; `reset` says which.
    #[must_use]
    pub fn new(config: QuestHouseConfig) -> Self {
        let shared =
            Shared { config, commands: commands(), captions: Captions::new(), cache: TaskCache::new() };
        Self { shared: Arc::new(shared), play: None }
    }

    /// What can be said in any house.
    #[must_use]
    pub fn captions(&self) -> &Captions {
        &self.shared.captions
    }

    /// What was said last, whatever the words.
    #[must_use]
    pub fn caption(&self) -> CaptionId {
        self.play.as_ref().map_or(self.shared.captions.start(), |play| play.caption)
    }

    /// The words in which it was said: a function of the task, the step and what was said.
    #[must_use]
    pub fn surface(&self) -> SurfaceId {
        let mut surfaces = self.shared.captions.surfaces(self.caption());
        let plain = SurfaceId(0);
        let Some(play) = self.play.as_ref().filter(|_| self.shared.config.paraphrases) else {
            return surfaces.next().unwrap_or(plain);
        };
        let purpose = Purpose::named("house paraphrase");
        let key = StreamKey { task: play.seed.get(), step: play.elapsed, ..StreamKey::new(0, purpose) };
        let form = Stream::new(key).below(surfaces.len() as u64) as usize;
        surfaces.nth(form).unwrap_or(plain)
    }

    /// The words that were said last.
    #[must_use]
    pub fn caption_text(&self) -> &str {
        self.shared.captions.surface_text(self.surface())
    }

    /// The command that an action is; `None` for a number that is none.
    #[must_use]
    pub fn command(&self, action: u32) -> Option<&str> {
        self.shared.commands.get(action as usize).map(String::as_str)
    }

    /// The next action that wins the game; `None` once it is over, or where nothing is known to win.
    ///
    /// It sees hidden state: use it for demonstrations and tests.
    #[must_use]
    pub fn expert_action(&self) -> Option<u32> {
        let play = self.play.as_ref().filter(|play| play.ending.is_none())?;
        let command = play.task.guide.next(&play.session, &play.done, &play.follower)?;
        let action = play.task.commands.iter().position(|known| *known == Some(command))?;
        Some(action as u32)
    }

    /// The play of the game itself; `None` before the first reset.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.play.as_ref().map(|play| &play.session)
    }
}

impl Environment for QuestHouse {
    type Observation = HouseObservation;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let Shared { config, commands, captions, cache } = self.shared.as_ref();
        let house = House { rooms: config.rooms };
        let task = cache.get(seed, || Task::new(house, commands, captions, seed));
        let error = |reason| EnvError::Task { environment: NAME.to_owned(), seed: seed.get(), reason };
        let task = task.map_err(|e| error(e.to_string()))?;
        let (session, caption) = (task.start.clone(), captions.start());
        let (done, follower) = (Vec::new(), Follower::default());
        self.play = Some(Play { seed, task, session, done, follower, elapsed: 0, ending: None, caption });
        Ok(())
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        let environment = || NAME.to_owned();
        let count = self.action_count();
        let Self { shared, play: Some(play) } = self else {
            return Err(EnvError::NotReset { environment: environment() });
        };
        if let Some(ending) = play.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        let Some(command) = play.task.commands.get(*action as usize) else {
            let action = u64::from(*action);
            return Err(EnvError::ActionOutOfRange { environment: environment(), action, count });
        };
        let illegal = || EnvError::IllegalAction { environment: environment(), action: u64::from(*action) };
        let command = command.ok_or_else(illegal)?;
        let Reply::Done(done) = play.session.step_command(command) else { return Err(illegal()) };
        play.done.push(command);
        play.elapsed += 1;
        play.caption = play.task.captions[done.0 as usize];
        let won = play.session.is_won();
        play.ending = if won {
            Some(Ending::Terminated(Outcome::Success))
        } else if play.session.is_lost() {
            Some(Ending::Terminated(Outcome::Failure))
        } else if play.elapsed >= shared.config.max_steps {
            Some(Ending::Truncated(Budget::Steps))
        } else {
            None
        };
        Ok(StepOutcome { reward: if won { 1.0 } else { 0.0 }, ending: play.ending })
    }

    fn new_observation(&self) -> HouseObservation {
        HouseObservation { features: Vec::new(), surface: SurfaceId(0) }
    }

    fn observe(&self, into: &mut HouseObservation) {
        into.surface = self.surface();
        if let Some(play) = &self.play {
            play.task.features.write(&play.session, &mut into.features);
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.play.as_ref().and_then(|play| play.ending)
    }

    fn elapsed(&self) -> u32 {
        self.play.as_ref().map_or(0, |play| play.elapsed)
    }

    fn state_key(&self) -> u64 {
        self.play.as_ref().map_or(0, |play| play.session.state_key())
    }
}

impl DiscreteEnvironment for QuestHouse {
    fn action_count(&self) -> usize {
        self.shared.commands.len()
    }

    fn is_legal(&self, action: u32) -> bool {
        let Some(play) = &self.play else { return false };
        let command = play.task.commands.get(action as usize).copied().flatten();
        command.is_some_and(|command| play.session.is_admissible(command))
    }
}
