use milepost_core::{
    Budget, Ending, EnvError, Environment, Outcome, Purpose, StepOutcome, Stream, StreamKey, TaskSeed,
};

use super::motion::{self, ArenaState, GOAL_RADIUS};
use super::{Arena2dConfig, ArenaReward};
use crate::TaskError;

/// The arena as an environment with continuous actions.
///
/// Observation: position and velocity (position alone if the velocity is hidden). Action: a force, clipped
/// to `[−1, 1]²`. A task is a start at rest in the leftmost room; nothing else is random.
#[derive(Debug, Clone)]
pub struct Arena2d {
    config: Arena2dConfig,
    state: Option<ArenaState>,
    elapsed: u32,
    ending: Option<Ending>,
}

const NAME: &str = "arena2d";

impl Arena2d {
    /// An arena with these parameters, to be reset.
    pub fn new(config: Arena2dConfig) -> Result<Self, TaskError> {
        config.check()?;
        Ok(Self { config, state: None, elapsed: 0, ending: None })
    }

    /// Components of a force.
    pub const ACTIONS: usize = 2;

    /// Numbers in an observation: 4, or 2 with the velocity hidden.
    #[must_use]
    pub const fn features(&self) -> usize {
        if self.config.hide_velocity { 2 } else { 4 }
    }

    /// The parameters.
    #[must_use]
    pub const fn config(&self) -> &Arena2dConfig {
        &self.config
    }

    /// Where the body is, `None` before the first reset.
    #[must_use]
    pub const fn state(&self) -> Option<&ArenaState> {
        self.state.as_ref()
    }

    /// The law of motion: a unit mass under a clipped force with drag, stopped by walls; one tick of 0.05.
    #[must_use]
    pub fn motion(&self, state: &ArenaState, force: [f64; 2]) -> ArenaState {
        motion::moved(state, force, self.config.drag)
    }
}

impl Environment for Arena2d {
    type Observation = Vec<f32>;
    type Action = [f64; 2];

    fn reset(&mut self, seed: TaskSeed) -> Result<(), EnvError> {
        let key = StreamKey { task: seed.get(), ..StreamKey::new(0, Purpose::ENVIRONMENT) };
        let mut stream = Stream::new(key);
        let position = [-0.9 + 0.3 * stream.uniform(), -0.9 + 1.2 * stream.uniform()];
        self.state = Some(ArenaState { position, velocity: [0.0; 2] });
        (self.elapsed, self.ending) = (0, None);
        Ok(())
    }

    fn step(&mut self, action: &[f64; 2]) -> Result<StepOutcome, EnvError> {
        let environment = || NAME.to_owned();
        let state = self.state.ok_or_else(|| EnvError::NotReset { environment: environment() })?;
        if let Some(ending) = self.ending {
            return Err(EnvError::StepAfterEnd { environment: environment(), ending });
        }
        if let Some(component) = action.iter().position(|force| !force.is_finite()) {
            let reason =
                format!("component {component} of the force is {}, which is no number", action[component]);
            return Err(EnvError::InvalidAction { environment: environment(), reason });
        }
        let next = self.motion(&state, *action);
        self.state = Some(next);
        self.elapsed += 1;
        let distance = motion::goal_distance(next.position);
        let reached = self.config.reward == ArenaReward::Sparse && distance <= GOAL_RADIUS;
        self.ending = if reached {
            Some(Ending::Terminated(Outcome::Success))
        } else {
            (self.elapsed == self.config.horizon).then_some(Ending::Truncated(Budget::Steps))
        };
        let reward = match self.config.reward {
            ArenaReward::Dense => -distance,
            ArenaReward::Sparse => f64::from(u8::from(reached)),
        };
        Ok(StepOutcome { reward, ending: self.ending })
    }

    fn new_observation(&self) -> Vec<f32> {
        Vec::with_capacity(self.features())
    }

    fn observe(&self, into: &mut Vec<f32>) {
        let ArenaState { position, velocity } = self.state.unwrap_or_default();
        into.clear();
        into.extend(position.map(|x| x as f32));
        if !self.config.hide_velocity {
            into.extend(velocity.map(|v| v as f32));
        }
    }

    fn ending(&self) -> Option<Ending> {
        self.ending
    }

    fn elapsed(&self) -> u32 {
        self.elapsed
    }

    fn state_key(&self) -> u64 {
        let ArenaState { position, velocity } = self.state.unwrap_or_default();
        let over = matches!(self.ending, Some(Ending::Terminated(_)));
        position.into_iter().chain(velocity).map(|x| (x + 0.0).to_bits()).chain([u64::from(over)]).fold(
            0xcbf2_9ce4_8422_2325,
            // FNV-1a over words, spread by a multiplication that also reaches the low bits.
            |hash, word| (hash ^ word ^ (word >> 32)).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23),
        )
    }
}
