use milepost_core::{Environment, Vocabulary, VocabularyError};
use milepost_gridworld::{Action, DoorState, Gridworld, Kind, Position};

/// Largest offset that has a word of its own.
const REACH: i32 = 7;

/// What one needs to know to choose, as the judge may say it: the first four name the stage, the others the view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Principle {
    /// The door is locked, and the key is not in hand.
    NeedKey,
    /// The door is locked, and the key is in hand.
    UnlockDoor,
    /// The door is shut, but not locked.
    OpenDoor,
    /// The door is open.
    GoToGoal,
    /// What is needed next is right ahead.
    TargetAhead,
    /// Something else is right ahead.
    BlockedAhead,
    /// The way ahead is clear, and what is needed next lies ahead.
    ClearAhead,
    /// The way ahead is clear, but what is needed next does not lie ahead.
    TurnFirst,
}

impl Principle {
    pub(super) const ALL: [Self; 8] = [
        Self::NeedKey,
        Self::UnlockDoor,
        Self::OpenDoor,
        Self::GoToGoal,
        Self::TargetAhead,
        Self::BlockedAhead,
        Self::ClearAhead,
        Self::TurnFirst,
    ];
    /// Those that name the stage.
    pub(super) const STAGES: usize = 4;
}

/// What an action does to the distance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Closer,
    Level,
    /// Further away, or out of reach.
    Away,
}

/// What a judge is told of a state, and what is true of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Situation {
    /// `[Words::STATE]`
    pub(super) tokens: Vec<u32>,
    /// Whether each principle holds; exactly one of the stage and one of the view does.
    pub(super) holds: [bool; 8],
}

impl Situation {
    /// The two that hold.
    pub(super) fn principles(&self) -> [Principle; 2] {
        let of = |range: std::ops::Range<usize>| {
            let index = range.clone().find(|index| self.holds[*index]).unwrap_or(range.start);
            Principle::ALL[index]
        };
        [of(0..Principle::STAGES), of(Principle::STAGES..Principle::ALL.len())]
    }
}

/// The judge's vocabulary.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub(super) vocabulary: Vocabulary,
}

impl Words {
    const NONE: u32 = 3;
    const CANDIDATES: u32 = 4;
    const ASKED: u32 = 5;
    const VERDICTS: u32 = 6;
    const CHANGES: u32 = 8;
    const PRINCIPLES: u32 = 11;
    const ACTIONS: u32 = 19;
    const DOORS: u32 = 26;
    const KEYS: u32 = 30;
    const FRONTS: u32 = 33;
    const AHEAD: u32 = 39;
    const ASIDE: u32 = Self::AHEAD + 2 * REACH as u32 + 1;
    /// Tokens of a state.
    pub(super) const STATE: usize = 11;
    /// Tokens of a prompt: begin, the state, two candidates and two marks.
    pub(super) const PROMPT: usize = Self::STATE + 5;

    pub(super) fn new() -> Result<Self, VocabularyError> {
        let mut words: Vec<String> =
            ["none", "candidates", "?", "first", "second", "closer", "level", "away"]
                .into_iter()
                .chain(["need-key", "unlock-door", "open-door", "go-to-goal"])
                .chain(["target-ahead", "blocked-ahead", "clear-ahead", "turn-first"])
                .chain(["left", "right", "forward", "pickup", "drop", "toggle", "done"])
                .chain(["no-door", "door-open", "door-shut", "door-locked"])
                .chain(["no-key", "key-held", "key-there"])
                .chain(["front-empty", "front-wall", "front-key", "front-door", "front-goal", "front-other"])
                .map(str::to_owned)
                .collect();
        words.extend((-REACH..=REACH).map(|offset| format!("ahead{offset}")));
        words.extend((-REACH..=REACH).map(|offset| format!("aside{offset}")));
        Ok(Self { vocabulary: Vocabulary::new(words)? })
    }

    pub(super) const fn verdict(first: bool) -> u32 {
        Self::VERDICTS + if first { 0 } else { 1 }
    }

    pub(super) const fn change(change: Change) -> u32 {
        Self::CHANGES + change as u32
    }

    pub(super) const fn principle(principle: Principle) -> u32 {
        Self::PRINCIPLES + principle as u32
    }

    pub(super) const fn action(action: u32) -> u32 {
        Self::ACTIONS + action
    }

    pub(super) fn verdicts() -> Vec<u32> {
        vec![Self::verdict(true), Self::verdict(false)]
    }

    pub(super) fn changes() -> Vec<u32> {
        (Self::CHANGES..Self::PRINCIPLES).collect()
    }

    pub(super) fn principles() -> Vec<u32> {
        (Self::PRINCIPLES..Self::ACTIONS).collect()
    }

    /// The principle that a token names.
    pub(super) fn named(token: u32) -> Option<usize> {
        (Self::PRINCIPLES..Self::ACTIONS).contains(&token).then(|| (token - Self::PRINCIPLES) as usize)
    }

    /// `begin state candidates a b ?`
    pub(super) fn prompt(situation: &Situation, candidates: [u32; 2]) -> Vec<u32> {
        let mut prompt = vec![Vocabulary::BEGIN];
        prompt.extend(&situation.tokens);
        prompt.push(Self::CANDIDATES);
        prompt.extend(candidates.map(Self::action));
        prompt.push(Self::ASKED);
        prompt
    }

    /// `begin state candidates a end`: what a scalar judge reads.
    pub(super) fn single(situation: &Situation, candidate: u32) -> Vec<u32> {
        let mut sequence = vec![Vocabulary::BEGIN];
        sequence.extend(&situation.tokens);
        sequence.extend([Self::CANDIDATES, Self::action(candidate), Vocabulary::END]);
        sequence
    }

    /// What a judge is told of the present state, after these last two actions.
    pub(super) fn situation(world: &Gridworld, last: [Option<u32>; 2]) -> Option<Situation> {
        let agent = world.agent()?;
        let (dx, dy) = world.direction().vector();
        let place = |kind: Kind| {
            let (width, height) = world.extent();
            let cells = (0..height).flat_map(|y| (0..width).map(move |x| Position::new(x, y)));
            cells.into_iter().find(|cell| world.object_at(*cell).is_some_and(|o| o.kind() == kind))
        };
        // Ahead, and to the right.
        let seen = |position: Position| {
            let (x, y) =
                (i32::from(position.x) - i32::from(agent.x), i32::from(position.y) - i32::from(agent.y));
            (x * dx + y * dy, y * dx - x * dy)
        };
        let offsets = |position: Option<Position>| match position.map(seen) {
            None => [Self::NONE; 2],
            Some((ahead, aside)) => {
                let word = |offset: i32| (offset.clamp(-REACH, REACH) + REACH) as u32;
                [Self::AHEAD + word(ahead), Self::ASIDE + word(aside)]
            }
        };
        let [key, door, goal] = [Kind::Key, Kind::Door, Kind::Goal].map(place);
        let held = world.carrying().is_some_and(|object| object.kind() == Kind::Key);
        let door_word = match door.and_then(|at| world.object_at(at)).map(|object| object.door_state()) {
            None => 0,
            Some(DoorState::Open) => 1,
            Some(DoorState::Closed) => 2,
            Some(DoorState::Locked) => 3,
        };
        let key_word = if held { 1 } else { u32::from(key.is_some()) * 2 };
        let front = Position::new((i32::from(agent.x) + dx) as u8, (i32::from(agent.y) + dy) as u8);
        let front_word = match world.object_at(front).map(|object| object.kind()) {
            None => 0,
            Some(Kind::Wall) => 1,
            Some(Kind::Key) => 2,
            Some(Kind::Door) => 3,
            Some(Kind::Goal) => 4,
            Some(_) => 5,
        };
        let mut tokens = Vec::with_capacity(Self::STATE);
        for position in [key, door, goal] {
            tokens.extend(offsets(position));
        }
        tokens.extend([Self::DOORS + door_word, Self::KEYS + key_word, Self::FRONTS + front_word]);
        tokens.extend(last.map(|action| action.map_or(Self::NONE, Self::action)));

        let stage = match (door_word, held) {
            (3, false) => Principle::NeedKey,
            (3, true) => Principle::UnlockDoor,
            (2, _) => Principle::OpenDoor,
            _ => Principle::GoToGoal,
        };
        let target = match stage {
            Principle::NeedKey => key,
            Principle::UnlockDoor | Principle::OpenDoor => door,
            _ => goal,
        };
        let passable = front_word == 0 || front_word == 4 || (front_word == 3 && door_word == 1);
        let view = if target == Some(front) {
            Principle::TargetAhead
        } else if !passable {
            Principle::BlockedAhead
        } else if target.is_some_and(|target| seen(target).0 > 0) {
            Principle::ClearAhead
        } else {
            Principle::TurnFirst
        };
        let mut holds = [false; 8];
        holds[stage as usize] = true;
        holds[view as usize] = true;
        Some(Situation { tokens, holds })
    }
}

/// The actions there are.
pub(super) const ACTIONS: u32 = Action::ALL.len() as u32;

/// Whether an episode goes on.
pub(super) fn goes_on(world: &Gridworld) -> bool {
    world.ending().is_none()
}
