use milepost_core::{Demonstrator, Environment, Stream};
use serde::{Deserialize, Serialize};

use super::CallMask;
use super::environment::{CodeTool, ToolAction, ToolEvent};
use super::slip::mistake;
use super::turn::write;
use crate::code_dsl::expert::draw_by_grammar;
use crate::code_dsl::words::say_data;
use crate::code_dsl::{Thought, Words};
use crate::pipeline::{Token, mutate};

/// A scripted caller that makes mistakes and repairs them, for warm starts: its episodes show errors and the repaired calls
/// that follow.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct SlippedCalls {
    /// Probability that a call has a mistake.
    pub slip: f64,
    /// Probability that a call right after a failed one has a mistake.
    pub again: f64,
}

impl Default for SlippedCalls {
    /// Nearly half of the first calls fail, nearly half of the repairs too.
    fn default() -> Self {
        Self { slip: 0.45, again: 0.45 }
    }
}

impl CodeTool {
    /// The expert's turn, with a mistake in its call as the caller makes them: under [`CallMask::Free`] a token left out or written
    /// twice, so that the call fails; else a near miss, which runs. `None` where the episode is over.
    pub fn slipped_turn(&self, caller: SlippedCalls, stream: &mut Stream) -> Option<Vec<u32>> {
        let expert = self.expert_turn()?;
        let probability = if self.last_failed() { caller.again } else { caller.slip };
        let target = self.task()?.target();
        if self.call_of(&expert).is_none() || stream.uniform() >= probability {
            return Some(expert);
        }
        let call = match self.config.mask {
            CallMask::Free => mistake(target, stream),
            CallMask::Syntax | CallMask::Typed => {
                mutate(target, stream).map_or_else(Vec::new, |m| m.tokens())
            }
        };
        if call.is_empty() {
            return Some(expert);
        }
        Some(self.call(&call))
    }

    fn last_failed(&self) -> bool {
        self.events.last().is_some_and(ToolEvent::is_fault)
    }

    /// A call as a careful caller writes it: with a plan, or with an apology after a failure.
    fn call(&self, tokens: &[Token]) -> Vec<u32> {
        let thought = if self.last_failed() { Thought::Sorry } else { Thought::Plan };
        let call = tokens.iter().map(|token| Words::token(*token));
        write(self.thinking(thought), Words::RUN, call)
    }

    fn thinking(&self, thought: Thought) -> Option<Thought> {
        (self.config.thoughts > 0).then_some(thought)
    }
}

impl Demonstrator for CodeTool {
    /// Runs the target, until it has answered; then answers. In the last turn it answers what it has known all along.
    fn expert_turn(&self) -> Option<Vec<u32>> {
        let question = self.task.as_ref().filter(|_| self.ending().is_none())?;
        let known = self.events.iter().any(|event| {
            let ToolAction::Run { result: Ok(data), .. } = &event.action else { return false };
            *data == question.answer
        });
        if known || self.is_last_turn() {
            let mut value = Vec::new();
            say_data(&question.answer, &mut value);
            return Some(write(self.thinking(Thought::Check), Words::ANSWER, value));
        }
        Some(self.call(&question.task.target().tokens()))
    }

    fn random_turn(&self, stream: &mut Stream) -> Vec<u32> {
        draw_by_grammar(self, stream)
    }

    /// The turn of [`SlippedCalls`], both probabilities `noise`: a share `noise` of first calls fail, and a share `1 − noise` of
    /// failures is repaired at once.
    fn noisy_turn(&self, noise: f64, stream: &mut Stream) -> Vec<u32> {
        let caller = SlippedCalls { slip: noise, again: noise };
        self.slipped_turn(caller, stream).unwrap_or_else(|| self.random_turn(stream))
    }
}
