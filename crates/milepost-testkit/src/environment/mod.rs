//! A conformance suite for environments: the laws of [`milepost_core::Environment`] as checks that
//! anybody can run on a world of their own.
//!
//! ```
//! use milepost_testkit::environment::{self, Options};
//! # use milepost_testkit::environment::Corridor;
//! // Panics with the name of the first law that is broken.
//! environment::conformance(&Corridor::default(), &Options::default());
//! environment::enumerable_conformance(&Corridor::default(), &Options::default());
//! ```
//!
//! Every law is also a function of its own that returns a [`Violation`]. The checks walk through
//! episodes with random legal actions, drawn from a keyed stream, so a failure repeats.

mod actions;
mod corridor;
mod enumerable;
mod episode;
mod laws;
#[cfg(test)]
mod tests;

use std::fmt::Debug;

use actions::Continuous;
use milepost_core::{
    DiscreteEnvironment, Enumerable, EnvError, Environment, Purpose, Stream, StreamKey, TaskSeed,
};

pub use actions::RandomActions;
pub use corridor::Corridor;
pub use enumerable::{
    keys_fix_the_future, outcomes_are_distributions, outcomes_have_their_probabilities,
    steps_are_among_outcomes, the_horizon_is_kept,
};
pub use laws::{
    actions_out_of_range_are_refused, clones_are_exact, endings_are_final, invalid_actions_are_refused,
    keys_fix_observations, observing_is_pure, seeds_are_honoured, seeds_matter, steps_are_counted,
};

/// What an environment promises. Each is checked by the function named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// [`seeds_are_honoured`].
    SeedsAreHonoured,
    /// [`seeds_matter`].
    SeedsMatter,
    /// [`clones_are_exact`].
    ClonesAreExact,
    /// [`endings_are_final`].
    EndingsAreFinal,
    /// [`actions_out_of_range_are_refused`].
    ActionsOutOfRangeAreRefused,
    /// [`invalid_actions_are_refused`].
    InvalidActionsAreRefused,
    /// [`observing_is_pure`].
    ObservingIsPure,
    /// [`steps_are_counted`].
    StepsAreCounted,
    /// [`keys_fix_observations`].
    KeysFixObservations,
    /// [`outcomes_are_distributions`].
    OutcomesAreDistributions,
    /// [`steps_are_among_outcomes`].
    StepsAreAmongOutcomes,
    /// [`outcomes_have_their_probabilities`].
    OutcomesHaveTheirProbabilities,
    /// [`keys_fix_the_future`].
    KeysFixTheFuture,
    /// [`the_horizon_is_kept`].
    TheHorizonIsKept,
    /// A legal call was answered with an error, so no law could be checked.
    LegalCallsSucceed,
}

/// A broken law, with the episode that shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("law {law:?} is broken for {task:?} at step {step}: {what}")]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// The task whose episode shows it.
    pub task: TaskSeed,
    /// The step at which it shows.
    pub step: usize,
    /// What was found, and what was expected.
    pub what: String,
}

impl Violation {
    fn new(law: Law, task: TaskSeed, step: usize, what: impl Into<String>) -> Self {
        Self { law, task, step, what: what.into() }
    }

    fn error(task: TaskSeed, step: usize, call: &str, error: &EnvError) -> Self {
        Self::new(Law::LegalCallsSucceed, task, step, format!("{call} failed: {error}"))
    }
}

/// Whether tasks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeedEffect {
    /// Some two of the tried seeds give different episodes for the same actions.
    #[default]
    Varies,
    /// Every seed is the same task; nothing is checked.
    None,
}

/// What a state key stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyScope {
    /// The dynamics only: observations may hold more than the key, such as a clock.
    #[default]
    Dynamics,
    /// Everything that can be seen: equal keys mean equal observations.
    Observation,
}

/// How thoroughly to check, and what the world declares about itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tasks to try.
    pub tasks: Vec<TaskSeed>,
    /// Random walks for each task.
    pub walks: u32,
    /// Steps after which a walk is given up if its episode has not ended.
    pub max_steps: usize,
    /// Whether tasks differ.
    pub seeds: SeedEffect,
    /// What a state key stands for.
    pub keys: KeyScope,
}

impl Default for Options {
    /// Eight training tasks, two walks each, at most 200 steps.
    fn default() -> Self {
        Self {
            tasks: (0..8).map(|index| TaskSeed::train(0, index)).collect(),
            walks: 2,
            max_steps: 200,
            seeds: SeedEffect::default(),
            keys: KeyScope::default(),
        }
    }
}

/// What the walks of a check met. A law about endings says nothing where no episode ended: assert on
/// these counts where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Episodes walked.
    pub episodes: usize,
    /// Steps taken.
    pub steps: usize,
    /// Episodes that ended within the allowed steps.
    pub endings: usize,
}

/// Checks every law of a discrete environment.
///
/// # Panics
/// With the first [`Violation`].
#[track_caller]
pub fn conformance<E: DiscreteEnvironment>(prototype: &E, options: &Options) -> Coverage {
    check(prototype, options).unwrap_or_else(|violation| panic!("{violation}"))
}

/// Checks every law of an environment with continuous actions, which are drawn by `draw`; `invalid` are some that are
/// no numbers.
///
/// # Panics
/// With the first [`Violation`].
#[track_caller]
pub fn continuous_conformance<E>(
    prototype: &E,
    draw: fn(&mut Stream) -> E::Action,
    invalid: &[E::Action],
    options: &Options,
) -> Coverage
where
    E: Environment<Action: Clone + Debug + Send + Sync>,
{
    check_continuous(prototype, draw, invalid, options).unwrap_or_else(|violation| panic!("{violation}"))
}

/// Checks every law of [`conformance`] and those of an enumerable world.
///
/// # Panics
/// With the first [`Violation`].
#[track_caller]
pub fn enumerable_conformance<E: Enumerable>(prototype: &E, options: &Options) -> Coverage {
    check_enumerable(prototype, options).unwrap_or_else(|violation| panic!("{violation}"))
}

/// As [`conformance`], as a value.
pub fn check<E: DiscreteEnvironment>(prototype: &E, options: &Options) -> Result<Coverage, Violation> {
    check_any(prototype, options)?;
    actions_out_of_range_are_refused(prototype, options)?;
    episode::coverage(prototype, options)
}

/// The laws that do not ask what an action is.
fn check_any<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    seeds_are_honoured(prototype, options)?;
    if options.seeds == SeedEffect::Varies {
        seeds_matter(prototype, options)?;
    }
    observing_is_pure(prototype, options)?;
    clones_are_exact(prototype, options)?;
    steps_are_counted(prototype, options)?;
    endings_are_final(prototype, options)?;
    if options.keys == KeyScope::Observation {
        keys_fix_observations(prototype, options)?;
    }
    Ok(())
}

/// As [`continuous_conformance`], as a value.
pub fn check_continuous<E>(
    prototype: &E,
    draw: fn(&mut Stream) -> E::Action,
    invalid: &[E::Action],
    options: &Options,
) -> Result<Coverage, Violation>
where
    E: Environment<Action: Clone + Debug + Send + Sync>,
{
    let example = draw(&mut Stream::new(StreamKey::new(0, Purpose::named("conformance example"))));
    let world = Continuous { inner: prototype.clone(), draw, example };
    check_any(&world, options)?;
    invalid_actions_are_refused(&world, invalid, options)?;
    episode::coverage(&world, options)
}

/// As [`enumerable_conformance`], as a value.
pub fn check_enumerable<E: Enumerable>(prototype: &E, options: &Options) -> Result<Coverage, Violation> {
    let coverage = check(prototype, options)?;
    outcomes_are_distributions(prototype, options)?;
    steps_are_among_outcomes(prototype, options)?;
    outcomes_have_their_probabilities(prototype, options)?;
    keys_fix_the_future(prototype, options)?;
    the_horizon_is_kept(prototype, options)?;
    Ok(coverage)
}

/// Observes into a fresh buffer.
fn observed<E: Environment>(environment: &E) -> E::Observation {
    let mut observation = environment.new_observation();
    environment.observe(&mut observation);
    observation
}

/// `Err` unless the two are equal.
fn same<T: PartialEq + Debug>(
    law: Law,
    task: TaskSeed,
    step: usize,
    what: &str,
    found: &T,
    expected: &T,
) -> Result<(), Violation> {
    if found == expected {
        return Ok(());
    }
    Err(Violation::new(law, task, step, format!("{what}: found {found:?}, expected {expected:?}")))
}
