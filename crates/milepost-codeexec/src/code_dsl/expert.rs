use milepost_core::{Demonstrator, Stream, TokenEnvironment, Vocabulary};
use serde::{Deserialize, Serialize};

use super::CodeDsl;

/// A scripted writer that forgets what stands beside the main line, for warm starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct DroppedGuards {
    /// Probability, for each guard and submission, that it is left out.
    pub probability: f64,
}

impl Default for DroppedGuards {
    /// 0.7: a writer of one or two guards passes all tests in about one submission of five.
    fn default() -> Self {
        Self { probability: 0.7 }
    }
}

impl CodeDsl {
    /// The target with guards left out at random; `None` where the episode is over.
    pub fn hasty_turn(&self, writer: DroppedGuards, stream: &mut Stream) -> Option<Vec<u32>> {
        let task = self.task().filter(|_| self.is_running())?;
        let program = task.with_guards(|_| stream.uniform() >= writer.probability);
        Some(whole(self.write(&program)))
    }

    fn is_running(&self) -> bool {
        milepost_core::Environment::ending(self).is_none()
    }
}

fn whole(mut turn: Vec<u32>) -> Vec<u32> {
    turn.push(Vocabulary::END);
    turn
}

/// A turn drawn token by token, each uniformly among those that the grammar allows.
pub(super) fn draw_by_grammar<E: TokenEnvironment>(world: &E, stream: &mut Stream) -> Vec<u32> {
    let (mut turn, mut allowed) = (Vec::new(), Vec::new());
    while turn.is_empty() || !world.is_finished(&turn) {
        allowed.clear();
        world.grammar(&turn, &mut allowed);
        if allowed.is_empty() {
            break;
        }
        turn.push(allowed[stream.below(allowed.len() as u64) as usize]);
    }
    turn
}

impl Demonstrator for CodeDsl {
    /// The target.
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let task = self.task().filter(|_| self.is_running())?;
        Some(whole(self.write(task.target())))
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        draw_by_grammar(self, stream)
    }

    /// The turn of [`DroppedGuards`] with probability `noise`. Where the task has no guard that could be dropped, a random
    /// turn with probability `noise`.
    fn noisy_turn(&self, noise: f64, stream: &mut Stream) -> Vec<u32> {
        let guarded = self.task().is_some_and(|task| !task.guards().is_empty());
        if guarded && let Some(turn) = self.hasty_turn(DroppedGuards { probability: noise }, stream) {
            return turn;
        }
        let random = stream.uniform() < noise;
        self.expert_turn().filter(|_| !random).unwrap_or_else(|| self.random_turn(stream))
    }
}
