use serde::{Deserialize, Serialize};

use super::Vocabulary;
use crate::{Environment, Stream};

/// A world that is read and written in tokens: one action is all the tokens of a turn.
///
/// [`Environment::observe`] writes what the world has said since the policy's last turn: after a reset
/// the prompt, after a step the reply. A context is made of these stretches and the policy's turns.
///
/// Laws, checked by `milepost_testkit::tokens` beside those of [`Environment`]:
/// - every token that the world says is in its vocabulary and is neither [`Vocabulary::PAD`] nor
///   [`Vocabulary::END`];
/// - a turn that keeps to [`TokenEnvironment::grammar`] ends within [`TokenEnvironment::turn_limit`] tokens
///   and is not [`TurnFault::Malformed`];
/// - any token sequence may be stepped: nonsense is a fault that the world answers, never an error.
pub trait TokenEnvironment: Environment<Observation = Vec<u32>, Action = Vec<u32>> {
    /// Every token that is read or written.
    fn vocabulary(&self) -> &Vocabulary;

    /// The most tokens of one turn, its [`Vocabulary::END`] included.
    fn turn_limit(&self) -> usize;

    /// Whether `tokens` are a whole turn. A turn ends with [`Vocabulary::END`] or when it is full.
    fn is_finished(&self, tokens: &[u32]) -> bool {
        tokens.last() == Some(&Vocabulary::END) || tokens.len() >= self.turn_limit()
    }

    /// Appends to `allowed` (empty when called), in increasing order, the tokens that may follow `tokens`
    /// in a well-formed turn from the current state. `false` where the world has no grammar.
    fn grammar(&self, tokens: &[u32], allowed: &mut Vec<u32>) -> bool {
        let _ = (tokens, allowed);
        false
    }

    /// What was wrong with the last turn, if anything.
    fn fault(&self) -> Option<TurnFault> {
        None
    }
}

/// What was wrong with a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum TurnFault {
    /// It could not be understood.
    Malformed,
    /// It was understood, but the world refused it: a command that is not possible here, a call that raised
    /// an error.
    Refused,
}

/// A token world that comes with an expert.
///
/// The expert sees hidden state: use it to make demonstrations, hints and judges, never as an observation.
pub trait Demonstrator: TokenEnvironment {
    /// A whole turn (its end included) of the expert; `None` where the task is over or cannot be achieved.
    fn expert_turn(&self) -> Option<Vec<u32>>;

    /// A whole, well-formed turn drawn at random.
    fn random_turn(&self, stream: &mut Stream) -> Vec<u32>;

    /// The turn of a noisy expert: with probability `noise` a random one. Where the expert has nothing to
    /// say, always a random one.
    fn noisy_turn(&self, noise: f64, stream: &mut Stream) -> Vec<u32> {
        if stream.uniform() < noise {
            return self.random_turn(stream);
        }
        self.expert_turn().unwrap_or_else(|| self.random_turn(stream))
    }
}
