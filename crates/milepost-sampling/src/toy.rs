//! A world of a few words, small enough to be enumerated: for exact tests of samplers, a user's own as well.

use milepost_core::{
    Demonstrator, Ending, EnvError, Environment, Outcome, StepOutcome, Stream, TaskSeed, TokenEnvironment,
    TurnFault, Vocabulary,
};

/// A lock with a code of `x` and `y`. A turn is a dial, which may be preceded by the thought `hm`:
/// - `x` or `y` turns the lock. After as many as the code is long the lock is `open` (success, reward 1)
///   if they are the code, else `shut` (failure, reward 0);
/// - `z` does not fit: it is refused, and jams the lock, so that from then on `tick` is said for `tock` and
///   `tock` for `tick`;
/// - `quit` ends the episode in failure;
/// - anything else is malformed: it is answered `huh`, and nothing happens.
///
/// The code is the lowest bits of the task's seed, the first dial the lowest; `x` is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Lock {
    vocabulary: Vocabulary,
    length: u32,
    code: Option<u64>,
    dialled: Vec<u32>,
    jammed: bool,
    said: Vec<u32>,
    fault: Option<TurnFault>,
    ending: Option<Ending>,
    elapsed: u32,
}

const WORDS: [&str; 12] = ["lock", "hm", "x", "y", "z", "quit", "tick", "tock", "jam", "huh", "open", "shut"];
const NAME: &str = "toy lock";

impl Lock {
    /// The prompt.
    pub const LOCK: u32 = 3;
    /// A thought.
    pub const HM: u32 = 4;
    /// Dials 0.
    pub const X: u32 = 5;
    /// Dials 1.
    pub const Y: u32 = 6;
    /// Does not fit.
    pub const Z: u32 = 7;
    /// Gives up.
    pub const QUIT: u32 = 8;
    /// Said where a dial fits and the lock is not jammed.
    pub const TICK: u32 = 9;
    /// Said where a dial fits and the lock is jammed.
    pub const TOCK: u32 = 10;
    /// Said where a dial does not fit.
    pub const JAM: u32 = 11;
    /// Said where a turn is malformed.
    pub const HUH: u32 = 12;
    /// Said after the right code.
    pub const OPEN: u32 = 13;
    /// Said after a wrong code.
    pub const SHUT: u32 = 14;
    /// Number of words, the reserved ones included.
    pub const WORDS: usize = 15;

    /// A lock with a code of `length` dials, 1 to 64.
    pub fn new(length: u32) -> Result<Self, EnvError> {
        let refused =
            |reason: &str| EnvError::Task { environment: NAME.into(), seed: 0, reason: reason.into() };
        if !(1..=64).contains(&length) {
            return Err(refused("a code has 1 to 64 dials"));
        }
        Ok(Self {
            vocabulary: Vocabulary::new(WORDS).map_err(|error| refused(&error.to_string()))?,
            length,
            code: None,
            dialled: Vec::new(),
            jammed: false,
            said: Vec::new(),
            fault: None,
            ending: None,
            elapsed: 0,
        })
    }

    /// The word that dial `place` of the code asks for; `None` before the first reset and past the end.
    #[must_use]
    pub fn dial(&self, place: usize) -> Option<u32> {
        let code = self.code.filter(|_| place < self.length as usize)?;
        Some(Self::X + (code >> place & 1) as u32)
    }

    /// Number of dials turned.
    #[must_use]
    pub const fn dialled(&self) -> usize {
        self.dialled.len()
    }

    /// Number of dials turned before the first wrong one.
    #[must_use]
    pub fn right(&self) -> usize {
        self.dialled.iter().enumerate().take_while(|(place, word)| self.dial(*place) == Some(**word)).count()
    }

    /// The dial of a well-formed turn.
    fn command(tokens: &[u32]) -> Option<u32> {
        match tokens {
            [word, Vocabulary::END] | [Self::HM, word, Vocabulary::END] if Self::is_command(*word) => {
                Some(*word)
            }
            _ => None,
        }
    }

    const fn is_command(word: u32) -> bool {
        Self::X <= word && word <= Self::QUIT
    }

    fn act(&mut self, command: Option<u32>) -> (f64, Option<Ending>) {
        let hum = if self.jammed { Self::TOCK } else { Self::TICK };
        match command {
            None => {
                self.fault = Some(TurnFault::Malformed);
                self.said.push(Self::HUH);
                (0.0, None)
            }
            Some(Self::QUIT) => (0.0, Some(Ending::Terminated(Outcome::Failure))),
            Some(Self::Z) => {
                self.fault = Some(TurnFault::Refused);
                self.jammed = !self.jammed;
                self.said.push(Self::JAM);
                (0.0, None)
            }
            Some(dial) => {
                self.dialled.push(dial);
                self.said.push(hum);
                if self.dialled.len() < self.length as usize {
                    return (0.0, None);
                }
                let right = self.right() == self.dialled.len();
                self.said.push(if right { Self::OPEN } else { Self::SHUT });
                let outcome = if right { Outcome::Success } else { Outcome::Failure };
                (f64::from(u8::from(right)), Some(Ending::Terminated(outcome)))
            }
        }
    }
}

impl Environment for Lock {
    type Observation = Vec<u32>;
    type Action = Vec<u32>;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let mask = u64::MAX >> (64 - self.length);
        self.code = Some(seed.get() & mask);
        self.dialled.clear();
        self.jammed = false;
        self.said = vec![Vocabulary::BEGIN, Self::LOCK];
        self.fault = None;
        self.ending = None;
        self.elapsed = 0;
        Ok(())
    }

    fn step(&mut self, action: &Vec<u32>) -> Result<StepOutcome, EnvError> {
        if self.code.is_none() {
            return Err(EnvError::NotReset { environment: NAME.into() });
        }
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: NAME.into(), ending });
        }
        self.said.clear();
        self.fault = None;
        self.elapsed += 1;
        let (reward, ending) = self.act(Self::command(action));
        self.ending = ending;
        Ok(StepOutcome { reward, ending })
    }

    fn new_observation(&self) -> Vec<u32> {
        Vec::new()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        into.clone_from(&self.said);
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        self.elapsed
    }

    fn state_key(&self) -> u64 {
        let state = self.dialled.iter().map(|word| u64::from(*word));
        [self.code.unwrap_or(0), u64::from(self.jammed), u64::from(self.ending.is_some())]
            .into_iter()
            .chain(state)
            .fold(0xcbf2_9ce4_8422_2325, |hash, part| {
                (hash ^ part).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(17)
            })
    }
}

impl TokenEnvironment for Lock {
    fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    fn turn_limit(&self) -> usize {
        3
    }

    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        match tokens {
            [] => allowed.extend(Self::HM..=Self::QUIT),
            [Self::HM] => allowed.extend(Self::X..=Self::QUIT),
            _ => allowed.push(Vocabulary::END),
        }
        true
    }

    fn fault(&self) -> Option<TurnFault> {
        self.fault
    }
}

impl Demonstrator for Lock {
    fn expert_turn(&self) -> Option<Vec<u32>> {
        if self.ending.is_some() || self.right() < self.dialled.len() {
            return None;
        }
        self.dial(self.dialled.len()).map(|word| vec![word, Vocabulary::END])
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        let command = Self::X + stream.below(4) as u32;
        if stream.uniform() < 0.5 {
            vec![Self::HM, command, Vocabulary::END]
        } else {
            vec![command, Vocabulary::END]
        }
    }
}
