use milepost_core::{Outcome, Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of [`Interleaving`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct InterleavingConfig {
    /// Number of contexts. Default 5.
    pub contexts: u32,
    /// How many may be open at the same time. Default 3.
    pub parallel: u32,
    /// Objects of each kind, rewarded and not, that a context has. Default 2.
    pub objects: u32,
    /// Steps after which an episode is truncated. Default 100.
    pub length: u32,
    /// Probability that an episode ends after each step. Default 0.05.
    pub death: f64,
    /// Fixes which objects are rewarded in which context. Default 2020.
    pub seed: u64,
}

impl Default for InterleavingConfig {
    fn default() -> Self {
        Self { contexts: 5, parallel: 3, objects: 2, length: 100, death: 0.05, seed: 2020 }
    }
}

/// Several tasks under way at once: a choice is paid when its context comes up again, others in between.
///
/// In the query room of a context, two objects lie left and right; picking the one that the context rewards gets
/// its key and opens the context. In its answer room the key is paid, `linspace(0.2, 1, contexts)` by context, and
/// the context closes. With `n` contexts open, the next room is the answer room of one of them with probability
/// `n / parallel`, else the query room of a closed one. After the task interleaving of COCOA (Meulemans et al.,
/// arXiv 2306.16803). Nothing but death ends it, so it is truncated at its length (the original takes one step
/// more).
#[derive(Debug, Clone)]
pub struct Interleaving {
    config: InterleavingConfig,
    /// For each context its objects: the rewarded ones first.
    objects: Vec<Vec<u32>>,
}

/// Where the agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Room {
    /// Two objects to choose from.
    Query {
        /// Which of the context's rewarded objects.
        rewarded: u32,
        /// Which of the others.
        unrewarded: u32,
        /// Whether the rewarded one is on the right.
        flipped: bool,
    },
    /// What was earned is paid.
    Answer,
    /// Nowhere: the episode is over.
    Dead,
}

/// State of [`Interleaving`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct InterleavingState {
    /// The context of the room.
    pub context: u32,
    /// The room.
    pub room: Room,
    /// Contexts that wait for their answer, as bits.
    pub open: u32,
    /// Those of them whose key is held.
    pub keys: u32,
}

impl InterleavingState {
    const DEAD: Self = Self { context: 0, room: Room::Dead, open: 0, keys: 0 };
}

impl Interleaving {
    /// Picks the object on the left.
    pub const LEFT: u32 = 0;
    /// Picks the object on the right.
    pub const RIGHT: u32 = 1;

    /// The task with these parameters.
    pub fn new(config: InterleavingConfig) -> Result<Self, TaskError> {
        let check = Check("interleaving");
        let InterleavingConfig { contexts, parallel, objects, seed, .. } = config;
        check.between("contexts", contexts, 2, 12)?;
        check.between("parallel", parallel, 1, contexts - 1)?;
        check.between("objects", objects, 1, 64)?;
        check.between("length", config.length, 1, 1 << 16)?;
        check.probability("death", config.death)?;
        let split = |context: u32| {
            let purpose = Purpose::named("interleaving objects");
            let mut stream =
                Stream::new(StreamKey { task: u64::from(context), ..StreamKey::new(seed, purpose) });
            let mut order: Vec<u32> = (0..2 * objects).collect();
            stream.shuffle(&mut order);
            order
        };
        Ok(Self { config, objects: (0..contexts).map(split).collect() })
    }

    /// What the answer room of a context pays for its key.
    #[must_use]
    pub fn reward(&self, context: u32) -> f64 {
        0.2 + 0.8 * f64::from(context) / f64::from(self.config.contexts - 1)
    }

    /// Every room that may come next and its probability, answers first.
    fn rooms(&self, open: u32, keys: u32) -> impl Iterator<Item = (f64, InterleavingState)> + '_ {
        let InterleavingConfig { contexts, parallel, .. } = self.config;
        let count = open.count_ones();
        let is_open = move |context: &u32| open >> context & 1 == 1;
        // One of `count` open contexts with probability `count / parallel`, else one of the others.
        let answer = 1.0 / f64::from(parallel);
        let query = (1.0 - f64::from(count) / f64::from(parallel)) / f64::from(contexts - count);
        let answers = (0..contexts)
            .filter(is_open)
            .map(move |context| (answer, InterleavingState { context, room: Room::Answer, open, keys }));
        let closed = (0..contexts).filter(move |context| query > 0.0 && !is_open(context));
        answers.chain(closed.flat_map(move |context| {
            let rooms = self.queries();
            rooms.map(move |(odds, room)| (query * odds, InterleavingState { context, room, open, keys }))
        }))
    }

    /// All query rooms of a context, equally likely.
    fn queries(&self) -> impl Iterator<Item = (f64, Room)> {
        let objects = self.config.objects;
        let odds = 1.0 / f64::from(2 * objects * objects);
        (0..2 * objects * objects).map(move |number| {
            let (pair, flipped) = (number / 2, number % 2 == 1);
            let (rewarded, unrewarded) = (pair / objects, pair % objects);
            (odds, Room::Query { rewarded, unrewarded, flipped })
        })
    }
}

impl Dynamics for Interleaving {
    type State = InterleavingState;

    fn name(&self) -> &'static str {
        "interleaving"
    }

    fn actions(&self) -> usize {
        2
    }

    fn horizon(&self) -> u32 {
        self.config.length
    }

    fn starts(&self) -> Vec<(f64, InterleavingState)> {
        self.rooms(0, 0).collect()
    }

    fn outcomes(
        &self,
        state: &InterleavingState,
        action: u32,
        into: &mut Vec<Transition<InterleavingState>>,
    ) {
        let bit = 1 << state.context;
        let (reward, open, keys) = match state.room {
            Room::Query { flipped, .. } => {
                let found = action == u32::from(flipped);
                (0.0, state.open | bit, if found { state.keys | bit } else { state.keys })
            }
            Room::Answer => {
                let holds = state.keys & bit != 0;
                let reward = if holds { self.reward(state.context) } else { 0.0 };
                (reward, state.open & !bit, state.keys & !bit)
            }
            Room::Dead => return,
        };
        let death = self.config.death;
        if death < 1.0 {
            let rooms = self.rooms(open, keys);
            into.extend(rooms.map(|(odds, next)| Transition::step((1.0 - death) * odds, reward, next)));
        }
        if death > 0.0 {
            into.push(Transition::end(death, reward, InterleavingState::DEAD, Outcome::Failure));
        }
    }

    fn state_key(&self, state: &InterleavingState) -> u64 {
        let room = match state.room {
            Room::Dead => 0,
            Room::Answer => 1,
            Room::Query { rewarded, unrewarded, flipped } => {
                2 + (u64::from(rewarded) << 7 | u64::from(unrewarded) << 1 | u64::from(flipped))
            }
        };
        room << 28 | u64::from(state.context) << 24 | u64::from(state.open) << 12 | u64::from(state.keys)
    }

    fn features(&self) -> usize {
        let InterleavingConfig { contexts, objects, .. } = self.config;
        (1 + 3 * contexts + 4 * objects) as usize
    }

    /// Context (one-hot), whether this is its answer room, the left and the right object (one-hot), open contexts,
    /// keys held. All zero once dead.
    fn observe(&self, state: &InterleavingState, into: &mut [f32]) {
        into.fill(0.0);
        let InterleavingConfig { contexts, objects, .. } = self.config;
        let (context, rest) = into.split_at_mut(contexts as usize);
        let (answer, rest) = rest.split_at_mut(1);
        let (left, rest) = rest.split_at_mut(2 * objects as usize);
        let (right, rest) = rest.split_at_mut(2 * objects as usize);
        let (open, keys) = rest.split_at_mut(contexts as usize);
        match state.room {
            Room::Dead => return,
            Room::Answer => answer[0] = 1.0,
            Room::Query { rewarded, unrewarded, flipped } => {
                let own = &self.objects[state.context as usize];
                let good = own[rewarded as usize] as usize;
                let bad = own[(objects + unrewarded) as usize] as usize;
                left[if flipped { bad } else { good }] = 1.0;
                right[if flipped { good } else { bad }] = 1.0;
            }
        }
        context[state.context as usize] = 1.0;
        for bit in 0..contexts as usize {
            open[bit] = f32::from(u8::from(state.open >> bit & 1 == 1));
            keys[bit] = f32::from(u8::from(state.keys >> bit & 1 == 1));
        }
    }
}
