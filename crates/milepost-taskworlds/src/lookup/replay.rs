use milepost_core::{EnvError, Environment, SpanKind, Trajectory};

use super::LookupQa;

impl LookupQa {
    /// The world as a recorded trajectory left it, so that its oracle, events and gold can be read long after it was
    /// sampled: everything is a function of the task and the turns. `self` is the prototype that it was sampled
    /// from.
    pub fn replay<O>(&self, trajectory: &Trajectory<O>) -> Result<Self, EnvError> {
        let mut world = self.clone();
        world.reset(trajectory.task)?;
        for turn in 0..trajectory.turns.len() {
            let written =
                trajectory.spans.iter().filter(|s| s.kind == SpanKind::Policy && s.turn as usize == turn);
            let tokens = written.flat_map(|span| &trajectory.tokens[span.range()]).copied().collect();
            world.step(&tokens)?;
        }
        Ok(world)
    }
}
