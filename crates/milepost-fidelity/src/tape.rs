use milepost_core::{Purpose, Stream, StreamKey};

/// The noise of a benchmark run: a pure function of (seed, episode, branch, time, purpose), so that two
/// branches can share it or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tape {
    seed: u64,
}

/// The branch of the recorded episodes themselves.
pub const TRUNK: u64 = 0;

impl Tape {
    /// The tape of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// Its seed.
    #[must_use]
    pub const fn seed(self) -> u64 {
        self.seed
    }

    /// The uniform number that picks the action of a step.
    #[must_use]
    pub fn action(self, episode: u64, branch: u64, time: u32) -> f64 {
        self.uniform(Purpose::POLICY, episode, branch, time)
    }

    /// The uniform number that picks the outcome of a step.
    #[must_use]
    pub fn outcome(self, episode: u64, branch: u64, time: u32) -> f64 {
        self.uniform(Purpose::ENVIRONMENT, episode, branch, time)
    }

    /// The uniform number that picks the start of an episode.
    #[must_use]
    pub fn start(self, episode: u64) -> f64 {
        self.uniform(Purpose::TRAIN_TASK, episode, TRUNK, 0)
    }

    /// A stream of an estimator's own, apart from everything that episodes draw: the same for every batch
    /// (noise that belongs to the world, such as the errors of a critic).
    #[must_use]
    pub fn estimator(self, name: &str) -> Stream {
        Stream::new(StreamKey::new(self.seed, Purpose::named(name)))
    }

    /// A stream of an estimator's own for the batch whose first episode is `episode`.
    #[must_use]
    pub fn estimator_at(self, name: &str, episode: u64) -> Stream {
        Stream::new(StreamKey { episode, task: 1, ..StreamKey::new(self.seed, Purpose::named(name)) })
    }

    fn uniform(self, purpose: Purpose, episode: u64, branch: u64, step: u32) -> f64 {
        Stream::new(StreamKey { run_seed: self.seed, purpose, task: branch, episode, step }).uniform()
    }
}

/// The number of a branch, told apart by the time it leaves the trunk, a kind, and a repetition. Never [`TRUNK`].
#[must_use]
pub const fn branch(time: u32, kind: u8, repetition: u32) -> u64 {
    (1 << 63) | (kind as u64) << 55 | (time as u64 & 0x7F_FFFF) << 32 | repetition as u64
}
