use std::sync::Arc;

use milepost_core::{
    Budget, Demonstrator, Ending, EnvError, Environment, Outcome, StepOutcome, Stream, TaskSeed,
    TokenEnvironment, TurnFault, Vocabulary, VocabularyError,
};

use super::TextQuestConfig;
use super::commands::Templates;
use super::ladder::Climbed;
use super::task::Task;
use crate::cache::TaskCache;
use crate::engine::{CommandId, Reply, Session};
use crate::guide::Follower;
use crate::text::{Feedback, Lexicon, Words, Writer};

/// A quest in tokens: the world says what can be seen, the policy answers with a command.
///
/// A turn is the words of a command and [`Vocabulary::END`]. The prompt is what is asked, and the first room; a
/// reply is what the command did, the room, and what is carried. The grammar is that of the admissible commands.
/// Other commands are answered `nothing happens .` ([`TurnFault::Refused`]), other words
/// `not understood .` ([`TurnFault::Malformed`]); both take their turn. Winning ends an episode with success, failing the
/// quest with failure, and after a number of turns it is truncated.
#[derive(Debug, Clone)]
pub struct TextQuest {
    shared: Arc<Shared>,
    task: Option<Arc<Task>>,
    play: Option<Play>,
}

/// What no episode changes.
#[derive(Debug)]
struct Shared {
    config: TextQuestConfig,
    vocabulary: Vocabulary,
    templates: Templates,
    cache: TaskCache<Task>,
    nothing_happens: Box<[u32]>,
    not_understood: Box<[u32]>,
}

/// An episode.
#[derive(Debug, Clone)]
struct Play {
    session: Session,
    /// The commands that were done.
    done: Vec<CommandId>,
    follower: Follower,
    climbed: Climbed,
    elapsed: u32,
    ending: Option<Ending>,
    said: Feedback,
}

impl TextQuest {
    /// A world of the configured family. The games themselves are made by `reset`.
    pub fn new(config: TextQuestConfig) -> Result<Self, VocabularyError> {
        let lexicon = match config.words {
            Words::Family => config.family.lexicon(),
            Words::All => Lexicon::Cooking,
        };
        let vocabulary = lexicon.vocabulary();
        let templates = Templates::new(&config.family.knowledge(), &vocabulary, Lexicon::is_name)?;
        let shared = Shared {
            nothing_happens: vocabulary.encode("nothing happens .")?.into(),
            not_understood: vocabulary.encode("not understood .")?.into(),
            config,
            cache: TaskCache::new(),
            templates,
            vocabulary,
        };
        Ok(Self { shared: Arc::new(shared), task: None, play: None })
    }

    /// How it was configured.
    #[must_use]
    pub fn config(&self) -> &TextQuestConfig {
        &self.shared.config
    }

    /// The play of the game itself: facts, admissible commands, score. Plans are not followed in it: see
    /// [`TextQuest::winning_policy`]. `None` before the first reset.
    #[must_use]
    pub fn session(&self) -> Option<&Session> {
        self.play.as_ref().map(|play| &play.session)
    }

    /// Steps of the game's plan: the most rewards that the dense scheme can pay. 0 before the first reset.
    #[must_use]
    pub fn plan_length(&self) -> usize {
        self.task.as_ref().map_or(0, |task| task.ladder.len())
    }

    /// Steps of the plan achieved so far, those gone around included.
    #[must_use]
    pub fn steps_achieved(&self) -> usize {
        self.play.as_ref().map_or(0, |play| play.climbed.count_ones() as usize)
    }

    /// The commands that win from here, as TextWorld's engine has it. Costs more than a step. `None` once the game
    /// is over or cannot be won any more. Where a plan walks the same way twice it can be longer than the plan.
    #[must_use]
    pub fn winning_policy(&self) -> Option<Vec<String>> {
        self.followed(Session::policy)?
    }

    /// The prompt of an episode that has just begun, with the commands of the plan in the place of what is asked: for
    /// those who help with a hint. `None` before the first reset, after the first turn, and where the plan cannot be
    /// said in the world's words.
    #[must_use]
    pub fn hinted_prompt(&self) -> Option<Vec<u32>> {
        let (task, play) = self.playing()?;
        let mut prompt = task.walkthrough.as_deref().filter(|_| play.elapsed == 0)?.to_vec();
        self.describe(task, play, &mut prompt);
        Some(prompt)
    }

    /// The room, and what is carried.
    fn describe(&self, task: &Task, play: &Play, into: &mut Vec<u32>) {
        let holds = |fact| play.session.holds_number(fact);
        let mut writer = Writer::new(&task.scene, &holds, into);
        writer.room();
        if self.shared.config.inventory {
            writer.inventory();
        }
    }

    /// Whether the last turn brought the end nearer, as TextWorld's engine has it: the sign of the change of the winning
    /// policy's length, 1 for winning, −1 for losing; 0 for a turn that was not done. Costs more than a step.
    #[must_use]
    pub fn intermediate_reward(&self) -> i32 {
        match self.play.as_ref().map(|play| play.said) {
            Some(Feedback::Did(_)) => self.followed(Session::intermediate_reward).unwrap_or(0),
            _ => 0,
        }
    }

    /// Reads something off the play with the quests' plans.
    fn followed<R>(&self, read: impl FnOnce(&Session) -> R) -> Option<R> {
        let (task, play) = self.playing()?;
        play.follower.read(&task.guide, &play.session, &play.done, read)
    }

    /// The words of `tokens`, as [`Vocabulary::decode`].
    #[must_use]
    pub fn text(&self, tokens: &[u32]) -> String {
        self.shared.vocabulary.decode(tokens)
    }

    fn name(&self) -> String {
        format!("TextQuest {}", self.shared.config.family.label())
    }

    /// The game that is played, and how it stands.
    pub(super) fn game(&self) -> Option<(&Arc<Task>, &Session)> {
        Some((self.task.as_ref()?, &self.play.as_ref()?.session))
    }

    fn playing(&self) -> Option<(&Task, &Play)> {
        Some((self.task.as_deref()?, self.play.as_ref()?))
    }

    /// The commands that the grammar offers.
    fn offered<'a>(&'a self, task: &'a Task, play: &'a Play) -> impl Iterator<Item = u32> + 'a {
        let idle_too = self.shared.config.idle_commands;
        let open = play.ending.is_none();
        let all = play.session.admissible().map(|command| command.0);
        all.filter(move |command| open && (idle_too || !task.commands.is_idle(*command)))
    }
}

impl Shared {
    /// The command that a turn is; what is wrong with it otherwise.
    fn read(&self, task: &Task, turn: &[u32]) -> Result<u32, TurnFault> {
        let Some((&Vocabulary::END, words)) = turn.split_last() else { return Err(TurnFault::Malformed) };
        match task.commands.find(words) {
            Some(command) => Ok(command),
            None if self.templates.understand(words) => Err(TurnFault::Refused),
            None => Err(TurnFault::Malformed),
        }
    }
}

impl Environment for TextQuest {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let shared = &self.shared;
        let task = shared.cache.get(seed, || Task::new(&shared.config, &shared.vocabulary, seed));
        let error = |reason| EnvError::Task { environment: self.name(), seed: seed.get(), reason };
        let task = task.map_err(|e| error(e.to_string()))?;
        self.play = Some(Play {
            session: task.start.clone(),
            done: Vec::new(),
            follower: Follower::default(),
            climbed: 0,
            elapsed: 0,
            ending: None,
            said: Feedback::Start,
        });
        self.task = Some(task);
        Ok(())
    }

    fn step(&mut self, turn: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        let environment = self.name();
        let Self { shared, task: Some(task), play: Some(play) } = self else {
            return Err(EnvError::NotReset { environment });
        };
        if let Some(ending) = play.ending {
            return Err(EnvError::StepAfterEnd { environment, ending });
        }
        play.elapsed += 1;
        let mut reward = 0.0;
        play.said = match shared.read(task, turn) {
            Err(TurnFault::Malformed) => Feedback::NotUnderstood,
            Err(TurnFault::Refused) => Feedback::Nothing,
            Ok(command) => match play.session.step_command(CommandId(command)) {
                Reply::Done(action) => {
                    play.done.push(CommandId(command));
                    let before = play.climbed;
                    play.climbed = if play.session.is_won() {
                        task.ladder.top()
                    } else {
                        task.ladder.climb(before, |fact| play.session.holds_number(fact))
                    };
                    reward = task.ladder.reward(before, play.climbed, shared.config.rewards);
                    Feedback::Did(action.0)
                }
                Reply::Invalid | Reply::Refused => Feedback::Nothing,
            },
        };
        play.ending = if play.session.is_won() {
            Some(Ending::Terminated(Outcome::Success))
        } else if play.session.is_lost() {
            Some(Ending::Terminated(Outcome::Failure))
        } else if play.elapsed >= task.max_turns {
            Some(Ending::Truncated(Budget::Steps))
        } else {
            None
        };
        Ok(StepOutcome { reward, ending: play.ending })
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        into.clear();
        let Some((task, play)) = self.playing() else { return };
        match play.said {
            Feedback::Start => into.extend_from_slice(&task.prompt),
            Feedback::Did(action) => into.extend_from_slice(&task.feedback[action as usize]),
            Feedback::Nothing => into.extend_from_slice(&self.shared.nothing_happens),
            Feedback::NotUnderstood => into.extend_from_slice(&self.shared.not_understood),
        }
        self.describe(task, play, into);
    }

    fn ending(&self) -> Option<Ending> {
        self.play.as_ref().and_then(|play| play.ending)
    }

    fn elapsed(&self) -> u32 {
        self.play.as_ref().map_or(0, |play| play.elapsed)
    }

    fn state_key(&self) -> u64 {
        let Some((_, play)) = self.playing() else { return 0 };
        let climbed = (play.climbed as u64) ^ ((play.climbed >> 64) as u64).rotate_left(32);
        mix(play.session.state_key() ^ mix(climbed))
    }
}

/// SplitMix64's output function (Steele, Lea and Flood, OOPSLA 2014).
const fn mix(value: u64) -> u64 {
    let z = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

impl TokenEnvironment for TextQuest {
    fn vocabulary(&self) -> &Vocabulary {
        &self.shared.vocabulary
    }

    fn turn_limit(&self) -> usize {
        self.shared.templates.longest() + 1
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        if let Some((task, play)) = self.playing() {
            for command in self.offered(task, play) {
                if let Some(rest) = task.commands.tokens(command).strip_prefix(tokens) {
                    allowed.push(rest.first().copied().unwrap_or(Vocabulary::END));
                }
            }
            allowed.sort_unstable();
            allowed.dedup();
        }
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        match self.play.as_ref()?.said {
            Feedback::Nothing => Some(TurnFault::Refused),
            Feedback::NotUnderstood => Some(TurnFault::Malformed),
            Feedback::Start | Feedback::Did(_) => None,
        }
    }
}

impl Demonstrator for TextQuest {
    /// The next command of the plan where it can be taken up, else the first of the game's winning policy.
    ///
    /// From the start it wins in exactly the steps of the plan. Where chance has led an episode far off, the
    /// policy, which is TextWorld's, can be silent or go in circles: rarely.
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let (task, play) = self.playing()?;
        if play.ending.is_some() {
            return None;
        }
        task.guide.next(&play.session, &play.done, &play.follower).map(|command| turn(task, command.0))
    }

    /// One of the commands that the grammar offers, all equally likely.
    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        let Some((task, play)) = self.playing() else { return vec![Vocabulary::END] };
        let offered = self.offered(task, play).count() as u64;
        if offered == 0 {
            return vec![Vocabulary::END];
        }
        let chosen = stream.below(offered) as usize;
        self.offered(task, play)
            .nth(chosen)
            .map_or_else(|| vec![Vocabulary::END], |command| turn(task, command))
    }
}

fn turn(task: &Task, command: u32) -> Vec<u32> {
    let mut tokens = task.commands.tokens(command).to_vec();
    tokens.push(Vocabulary::END);
    tokens
}
