use milepost_core::{Ending, EnvError, Environment, Stream, TaskSeed};

use super::{Arena2d, Script, ScriptedBehaviour};

/// One recorded episode of `T` steps, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Recording {
    /// `[T + 1, features]`, the last row after the last step.
    pub observations: Vec<f32>,
    /// `[T, 2]`, the forces.
    pub actions: Vec<f32>,
    /// `[T]`.
    pub rewards: Vec<f64>,
    /// How the episode ended.
    pub ending: Ending,
}

/// Plays `script` on `task` and records what it saw, did and was paid.
pub fn record(
    arena: &Arena2d,
    script: Script,
    task: TaskSeed,
    stream: &mut Stream,
) -> Result<Recording, EnvError> {
    let mut arena = arena.clone();
    arena.reset(task)?;
    let mut behaviour = ScriptedBehaviour::new(script);
    let mut seen = arena.new_observation();
    let (mut observations, mut actions, mut rewards) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        arena.observe(&mut seen);
        observations.extend_from_slice(&seen);
        if let Some(ending) = arena.ending() {
            return Ok(Recording { observations, actions, rewards, ending });
        }
        let state = *arena.state().ok_or_else(|| EnvError::NotReset { environment: "arena2d".to_owned() })?;
        // Rounded to what the record can hold, so that the record is what was done.
        let force = behaviour.act(&state, stream).map(|force| force as f32);
        actions.extend(force);
        rewards.push(arena.step(&force.map(f64::from))?.reward);
    }
}
