use milepost_core::{TokenEnvironment, TurnFault};

use crate::judge::StepKind;

/// What turns do in a world, as far as a step tree must know.
pub trait StepProtocol<E>: Clone + Send {
    /// What `turn` would do in the present state. The world is not to be told of it.
    fn kind(&self, environment: &E, turn: &[u32]) -> StepKind;

    /// Appends to `allowed` (empty when called), in increasing order, the tokens that may follow `tokens` in
    /// a turn that answers; `false` where answers have no grammar, so that none can be forced.
    fn answer_grammar(&self, environment: &E, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let _ = (environment, tokens, allowed);
        false
    }
}

/// Finds out by taking the turn in a copy of the world: for simulated worlds, in which a try costs nothing.
/// What ends the episode is an answer. Answers are never forced, and tries are not counted as steps.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByTrial;

impl<E: TokenEnvironment> StepProtocol<E> for ByTrial {
    fn kind(&self, environment: &E, turn: &[u32]) -> StepKind {
        let mut copy = environment.clone();
        match copy.step(&turn.to_vec()) {
            Err(_) => StepKind::Malformed,
            Ok(_) if copy.fault() == Some(TurnFault::Malformed) => StepKind::Malformed,
            Ok(outcome) if outcome.ending.is_some() => StepKind::Answer,
            Ok(_) => StepKind::Act,
        }
    }
}
