use std::error::Error;
use std::fmt::Debug;

use milepost_core::{Batch, Trajectory};

use super::laws;
use crate::search::falsify;
use crate::strategies::{BatchShape, batch};

/// What a scorer promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// A valid batch is scored, without an error or a panic.
    AcceptsValidBatches,
    /// Every trajectory gets the named channels; nothing else of the batch changes.
    WritesOnlyItsChannel,
    /// Where a channel of that name is there already, the scorer refuses and leaves it as it was.
    RefusesATakenName,
    /// Two fresh scorers give a batch the same bits.
    IsDeterministic,
    /// Where the channel that it reads has no value, it has none either.
    MissingIsNotZero,
    /// A trajectory scores the same alone and in a batch.
    TrajectoriesAreIndependent,
    /// The discounted sum of its channel depends on the two ends alone.
    Telescopes,
    /// A scorer restored from saved state scores the next batch with the bits of the original.
    ResumesBitForBit,
}

/// A broken law, with the batch that shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("law {law:?} is broken: {what}\nshown by {batch}")]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// What was found, and what was expected.
    pub what: String,
    /// The smallest batch that was found to show it, as text.
    pub batch: String,
}

impl Violation {
    pub(super) fn new<O: Debug>(law: Law, batch: &Batch<O>, what: impl Into<String>) -> Self {
        Self { law, what: what.into(), batch: format!("{batch:?}") }
    }
}

/// A law that a scorer claims, of two batches: the second is scored after the first.
type Check<'a, S, O> = Box<dyn Fn(&mut Subject<'a, S, O>, &[Batch<O>; 2]) -> Result<(), Violation> + 'a>;

/// Lets a scorer score; the error is text.
type Score<'a, S, O> = dyn FnMut(&mut S, &mut Batch<O>) -> Result<(), String> + 'a;

/// A scorer under test.
pub(super) struct Subject<'a, S, O> {
    pub(super) channels: Vec<String>,
    pub(super) make: Box<dyn Fn() -> S + 'a>,
    pub(super) score: Box<Score<'a, S, O>>,
}

/// A scorer with its claims.
///
/// ```
/// use milepost_core::{Batch, Channel, Level, SignalError};
/// use milepost_testkit::scorer::ScorerLaws;
/// use milepost_testkit::strategies::BatchShape;
///
/// // The scorer under test: minus the number of turns, once a trajectory.
/// fn haste(batch: &mut Batch<u32>) -> Result<(), SignalError> {
///     for trajectory in batch.trajectories_mut() {
///         let turns = trajectory.turns.len() as f64;
///         trajectory.add_channel(Channel::dense("haste", Level::Trajectory, vec![-turns])?)?;
///     }
///     Ok(())
/// }
/// ScorerLaws::stateless(["haste"], haste)
///     .trajectories_are_independent()
///     .conformance(&BatchShape::default(), |key| key as u32, 64);
/// ```
pub struct ScorerLaws<'a, S, O> {
    subject: Subject<'a, S, O>,
    claims: Vec<Check<'a, S, O>>,
    tolerance: f64,
}

impl<S, O> Debug for ScorerLaws<'_, S, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScorerLaws").field("channels", &self.subject.channels).finish_non_exhaustive()
    }
}

impl<'a, O: Clone + Debug + PartialEq + 'a> ScorerLaws<'a, (), O> {
    /// A scorer without memory that writes `channels`.
    pub fn stateless<E: Error>(
        channels: impl IntoIterator<Item = &'a str>,
        mut score: impl FnMut(&mut Batch<O>) -> Result<(), E> + 'a,
    ) -> Self {
        Self::new(channels, || (), move |(), batch| score(batch))
    }
}

impl<'a, S: 'a, O: Clone + Debug + PartialEq + 'a> ScorerLaws<'a, S, O> {
    /// A scorer that writes `channels`: `make` makes a fresh one, `score` lets it score.
    pub fn new<E: Error>(
        channels: impl IntoIterator<Item = &'a str>,
        make: impl Fn() -> S + 'a,
        mut score: impl FnMut(&mut S, &mut Batch<O>) -> Result<(), E> + 'a,
    ) -> Self {
        let subject = Subject {
            channels: channels.into_iter().map(str::to_owned).collect(),
            make: Box::new(make),
            score: Box::new(move |scorer, batch| score(scorer, batch).map_err(|error| error.to_string())),
        };
        Self { subject, claims: Vec::new(), tolerance: 1e-9 }
    }

    fn claim(
        mut self,
        check: impl Fn(&mut Subject<'a, S, O>, &[Batch<O>; 2]) -> Result<(), Violation> + 'a,
    ) -> Self {
        self.claims.push(Box::new(check));
        self
    }

    /// How close sums must be, relative to one plus their size; `1e-9` unless it is said before the claim.
    #[must_use]
    pub const fn within(mut self, tolerance: f64) -> Self {
        self.tolerance = tolerance;
        self
    }

    /// The scorer reads the channel `name`, which must be among the channels of the batches
    /// ([`BatchShape::channels`]). Claims [`Law::MissingIsNotZero`].
    #[must_use]
    pub fn reads(self, name: &'a str) -> Self {
        self.claim(move |subject, batches| laws::missing_is_not_zero(subject, &batches[0], name))
    }

    /// Claims [`Law::TrajectoriesAreIndependent`].
    #[must_use]
    pub fn trajectories_are_independent(self) -> Self {
        self.claim(|subject, batches| laws::trajectories_are_independent(subject, &batches[0]))
    }

    /// Claims [`Law::Telescopes`] for each channel, at turn level and without missing values.
    /// `potential(trajectory, t)` is `Φ` of the state before turn `t`, for `t = 0..=T`.
    #[must_use]
    pub fn telescopes(self, gamma: f64, potential: impl Fn(&Trajectory<O>, usize) -> f64 + 'a) -> Self {
        let tolerance = self.tolerance;
        self.claim(move |subject, batches| {
            laws::telescopes(subject, &batches[0], gamma, &potential, tolerance)
        })
    }

    /// Claims [`Law::ResumesBitForBit`] for what `save` writes and `restore` reads.
    #[must_use]
    pub fn resumes<E: Error>(
        self,
        save: impl Fn(&S) -> Vec<u8> + 'a,
        restore: impl Fn(&mut S, &[u8]) -> Result<(), E> + 'a,
    ) -> Self {
        self.claim(move |subject, batches| {
            let restore =
                |scorer: &mut S, bytes: &[u8]| restore(scorer, bytes).map_err(|error| error.to_string());
            laws::resumes_bit_for_bit(subject, batches, &save, restore)
        })
    }

    /// Checks every law on one pair of batches, the second scored after the first where order matters.
    pub fn check_batches(&mut self, batches: &[Batch<O>; 2]) -> Result<(), Violation> {
        laws::writes_only_its_channel(&mut self.subject, &batches[0])?;
        laws::refuses_a_taken_name(&mut self.subject, &batches[0])?;
        laws::is_deterministic(&mut self.subject, batches)?;
        self.claims.iter().try_for_each(|claim| claim(&mut self.subject, batches))
    }

    /// Checks `cases` pairs of recorded batches. `observe` makes an observation of a state key.
    pub fn check(
        &mut self,
        shape: &BatchShape,
        observe: impl Fn(u64) -> O + Clone,
        cases: u32,
    ) -> Result<(), Violation> {
        let pairs = (batch(shape, observe.clone()), batch(shape, observe));
        let same = |a: &Violation, b: &Violation| a.law == b.law;
        falsify(&pairs, cases, |(a, b)| self.check_batches(&[a.clone(), b.clone()]), same)
    }

    /// As [`ScorerLaws::check`].
    ///
    /// # Panics
    /// With the [`Violation`].
    #[track_caller]
    pub fn conformance(&mut self, shape: &BatchShape, observe: impl Fn(u64) -> O + Clone, cases: u32) {
        self.check(shape, observe, cases).unwrap_or_else(|violation| panic!("{violation}"));
    }
}
