//! A conformance suite for worlds that are read and written in tokens: the laws of
//! [`milepost_core::TokenEnvironment`] and [`milepost_core::Demonstrator`], beside those of
//! [`milepost_core::Environment`], as checks that anybody can run on a world of their own.
//!
//! ```
//! use milepost_testkit::tokens::{self, HighLow, Options};
//! // `HighLow` stands for your world. Panics with the name of the first law that is broken.
//! let met = tokens::demonstrator_conformance(&HighLow::default(), &Options::default());
//! assert!(met.malformed > 0 && met.refused > 0, "no fault was ever met");
//! assert!(met.solved > 0, "the expert never started, so nothing was said about it");
//! ```
//!
//! A world without an expert is held to [`conformance`]. Every law is also a function of its own that returns
//! a [`Violation`]. Turns are drawn from keyed streams, so a failure repeats.

mod demonstrator;
mod episode;
mod high_low;
mod laws;
mod numbered;
#[cfg(test)]
mod tests;
mod turns;

use milepost_core::{Demonstrator, TaskSeed, TokenEnvironment};

use crate::environment::{self, KeyScope, SeedEffect};

pub use demonstrator::{
    experts_are_well_formed, experts_succeed, noise_mixes_expert_and_chance, random_turns_are_well_formed,
};
pub use high_low::HighLow;
pub use laws::{
    allowed_tokens_are_words, faults_are_reported, grammatical_turns_are_understood, nonsense_is_answered,
    turns_end, vocabularies_are_fixed, worlds_say_words,
};
pub use numbered::environment_laws_hold;

/// What a token world promises. Each is checked by the function named here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Law {
    /// [`vocabularies_are_fixed`].
    VocabulariesAreFixed,
    /// [`worlds_say_words`].
    WorldsSayWords,
    /// [`turns_end`].
    TurnsEnd,
    /// [`allowed_tokens_are_words`].
    AllowedTokensAreWords,
    /// [`grammatical_turns_are_understood`].
    GrammaticalTurnsAreUnderstood,
    /// [`nonsense_is_answered`].
    NonsenseIsAnswered,
    /// [`faults_are_reported`].
    FaultsAreReported,
    /// One of the laws of every environment, by [`environment_laws_hold`].
    Environment(environment::Law),
    /// [`experts_are_well_formed`].
    ExpertsAreWellFormed,
    /// [`experts_succeed`].
    ExpertsSucceed,
    /// [`random_turns_are_well_formed`].
    RandomTurnsAreWellFormed,
    /// [`noise_mixes_expert_and_chance`].
    NoiseMixesExpertAndChance,
    /// A reset or a well-formed turn was answered with an error, so no law could be checked.
    LegalCallsSucceed,
}

/// A broken law, with the episode that shows it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("law {law:?} is broken for {task:?} at turn {turn}: {what}")]
pub struct Violation {
    /// Which law.
    pub law: Law,
    /// The task whose episode shows it.
    pub task: TaskSeed,
    /// The turn at which it shows.
    pub turn: usize,
    /// What was found, and what was expected.
    pub what: String,
}

impl Violation {
    fn new(law: Law, task: TaskSeed, turn: usize, what: impl Into<String>) -> Self {
        Self { law, task, turn, what: what.into() }
    }
}

/// What the expert promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpertPromise {
    /// Whoever follows it from the start to the end succeeds, unless it is silent at the start.
    #[default]
    FromTheStart,
    /// Whoever follows it from any state in which it speaks succeeds.
    FromAnywhere,
    /// Luck may be against it: only its turns are checked, and that some episode succeeds.
    Tries,
}

/// How thoroughly to check, and what the world declares about itself.
#[derive(Debug, Clone)]
pub struct Options {
    /// Tasks to try.
    pub tasks: Vec<TaskSeed>,
    /// Random episodes for each task.
    pub walks: u32,
    /// Turns after which an episode is given up if it has not ended.
    pub max_turns: usize,
    /// Whether tasks differ.
    pub seeds: SeedEffect,
    /// What a state key stands for.
    pub keys: KeyScope,
    /// What the expert promises.
    pub expert: ExpertPromise,
}

impl Default for Options {
    /// Eight training tasks, four episodes each, at most 100 turns.
    fn default() -> Self {
        Self {
            tasks: (0..8).map(|index| TaskSeed::train(0, index)).collect(),
            walks: 4,
            max_turns: 100,
            seeds: SeedEffect::default(),
            keys: KeyScope::default(),
            expert: ExpertPromise::default(),
        }
    }
}

/// What the episodes of a check met. A law says nothing about what never happened: assert on these counts
/// where that matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Coverage {
    /// Episodes of mixed turns, most of them well-formed.
    pub episodes: usize,
    /// Their turns.
    pub turns: usize,
    /// Those of them that ended within [`Options::max_turns`].
    pub endings: usize,
    /// Turns that could not be understood.
    pub malformed: usize,
    /// Turns that the world refused.
    pub refused: usize,
    /// Tasks that the expert solved from the start; 0 where only [`check`] ran.
    pub solved: usize,
}

/// Checks every law of a token world.
///
/// # Panics
/// With the first [`Violation`].
#[track_caller]
pub fn conformance<E: TokenEnvironment>(prototype: &E, options: &Options) -> Coverage {
    check(prototype, options).unwrap_or_else(|violation| panic!("{violation}"))
}

/// Checks every law of [`conformance`] and those of an expert.
///
/// # Panics
/// With the first [`Violation`].
#[track_caller]
pub fn demonstrator_conformance<E: Demonstrator>(prototype: &E, options: &Options) -> Coverage {
    check_demonstrator(prototype, options).unwrap_or_else(|violation| panic!("{violation}"))
}

/// As [`conformance`], as a value.
pub fn check<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<Coverage, Violation> {
    world_laws(prototype, options)?;
    environment_laws_hold(prototype, options)?;
    episode::coverage(prototype, turns::mixed, options)
}

/// As [`demonstrator_conformance`], as a value.
pub fn check_demonstrator<E: Demonstrator>(prototype: &E, options: &Options) -> Result<Coverage, Violation> {
    world_laws(prototype, options)?;
    experts_are_well_formed(prototype, options)?;
    random_turns_are_well_formed(prototype, options)?;
    noise_mixes_expert_and_chance(prototype, options)?;
    // The expert leads walks deeper than chance would.
    numbered::environment_laws_hold_for(prototype, turns::guided, options)?;
    let solved = experts_succeed(prototype, options)?;
    Ok(Coverage { solved, ..episode::coverage(prototype, turns::mixed, options)? })
}

fn world_laws<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    vocabularies_are_fixed(prototype, options)?;
    turns_end(prototype, options)?;
    nonsense_is_answered(prototype, options)?;
    allowed_tokens_are_words(prototype, options)?;
    grammatical_turns_are_understood(prototype, options)?;
    worlds_say_words(prototype, options)?;
    faults_are_reported(prototype, options)
}
