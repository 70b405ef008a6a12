use milepost_core::{
    DiscreteEnvironment, Ending, EnvError, Environment, StepOutcome, TaskSeed, TokenEnvironment,
};

use super::turns::{self, NUMBERED};
use super::{Law, Options, Violation};
use crate::environment;

/// A token world whose turns are told by numbers, so that the suite of discrete environments applies.
#[derive(Debug, Clone)]
struct Numbered<E> {
    world: E,
    /// The turn of a number in the world's current state.
    turn: fn(&E, u32) -> Vec<u32>,
}

impl<E: TokenEnvironment> Environment for Numbered<E> {
    type Observation = Vec<u32>;
    type Action = u32;

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        self.world.reset(seed)
    }

    fn step(&mut self, action: &u32) -> Result<StepOutcome, EnvError> {
        if *action >= NUMBERED {
            return Err(EnvError::ActionOutOfRange {
                environment: "a world of numbered turns".to_owned(),
                action: u64::from(*action),
                count: NUMBERED as usize,
            });
        }
        let turn = (self.turn)(&self.world, *action);
        self.world.step(&turn)
    }

    fn new_observation(&self) -> Vec<u32> {
        self.world.new_observation()
    }

    fn observe(&self, into: &mut Vec<u32>) {
        self.world.observe(into);
    }

    fn ending(&self) -> Option<Ending> {
        self.world.ending()
    }

    fn elapsed(&self) -> u32 {
        self.world.elapsed()
    }

    fn state_key(&self) -> u64 {
        self.world.state_key()
    }
}

impl<E: TokenEnvironment> DiscreteEnvironment for Numbered<E> {
    fn action_count(&self) -> usize {
        NUMBERED as usize
    }
}

/// The laws of [`crate::environment`] hold: seeds are honoured, clones are snapshots (what the world says
/// included), observing changes nothing, turns are counted, a turn after the end is an error.
pub fn environment_laws_hold<E: TokenEnvironment>(prototype: &E, options: &Options) -> Result<(), Violation> {
    environment_laws_hold_for(prototype, turns::numbered, options)
}

/// As [`environment_laws_hold`], in episodes that choose among the turns that `turn` numbers from 0 to 63: a pure
/// function of the state and the number.
pub(super) fn environment_laws_hold_for<E: TokenEnvironment>(
    prototype: &E,
    turn: fn(&E, u32) -> Vec<u32>,
    options: &Options,
) -> Result<(), Violation> {
    let numbered = Numbered { world: prototype.clone(), turn };
    let options = environment::Options {
        tasks: options.tasks.clone(),
        walks: options.walks,
        max_steps: options.max_turns,
        seeds: options.seeds,
        keys: options.keys,
    };
    match environment::check(&numbered, &options) {
        Ok(_) => Ok(()),
        Err(environment::Violation { law, task, step, what }) => {
            Err(Violation::new(Law::Environment(law), task, step, what))
        }
    }
}
