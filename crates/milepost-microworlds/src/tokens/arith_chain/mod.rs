//! Chains of modular arithmetic with a scratchpad.

mod arithmetic;
mod config;
mod progress;
mod route;
mod solver;
mod truth;

#[cfg(test)]
mod tests;

pub use arithmetic::{Arithmetic, Operator};
pub use config::ArithChainConfig;
pub use route::Route;
pub use solver::{Habit, Solver, SolverConfig};
pub use truth::ArithStep;

use milepost_core::{Stream, Vocabulary};

use self::config::Words;
use self::progress::{Expects, Progress};
use super::TurnTask;
use crate::error::TaskError;

/// A prompt: a start value and operations that are applied from left to right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The value to start from, below the modulus.
    pub start: u32,
    /// Operators and operands in order; `n` of them.
    pub operations: Vec<(Operator, u32)>,
}

/// Modular arithmetic with a scratchpad: short, exactly judged at every step, and easy to teach wrong.
///
/// Prompt `<begin> v0 op1 c1 … opn cn =`, to be read from left to right modulo `m`; operands are from 1 to `m − 1`.
/// Answer `[route] value ; value ; … ans v <end>`, at most `2n + 4` tokens. The values are those of a [`Route`];
/// fewer may be written, or none. Only the value after `ans` decides: a wrong step may still end well.
///
/// - Step truth: [`ArithChain::steps`], for evaluation only.
/// - Base policies of any prior quality: a [`Solver`] with random and consistent errors and habits of route. It is a
///   policy whose next-token law and prefix values are exact.
#[derive(Debug, Clone)]
pub struct ArithChain {
    config: ArithChainConfig,
    words: Words,
    arithmetic: Arithmetic,
}

impl ArithChain {
    /// The task with these parameters.
    pub fn new(config: ArithChainConfig) -> Result<Self, TaskError> {
        let words = config.check()?;
        let arithmetic = Arithmetic::exact(config.modulus);
        Ok(Self { config, words, arithmetic })
    }

    /// The parameters.
    pub const fn config(&self) -> &ArithChainConfig {
        &self.config
    }

    /// The true value of a chain.
    #[must_use]
    pub fn solution(&self, chain: &Chain) -> u32 {
        let operations = chain.operations.iter();
        operations.fold(chain.start, |x, (operator, c)| self.arithmetic.apply(*operator, x, *c))
    }

    /// The whole scratchpad of a route, every step right.
    #[must_use]
    pub fn worked(&self, chain: &Chain, route: Route) -> Vec<u32> {
        let mut turn = Vec::new();
        if self.config.routes.len() > 1 {
            turn.push(self.words.route(route));
        }
        let mut running = route.start(chain);
        for entry in 0..route.entries(chain) {
            if entry > 0 {
                turn.push(self.words.next);
            }
            let value = route.value(chain, &self.arithmetic, entry, running);
            turn.push(self.words.numbers.value(value));
            running = route.after(chain, entry, running, value);
        }
        let answer = route.answer(chain, &self.arithmetic, running);
        turn.extend([self.words.answer, self.words.numbers.value(answer), Vocabulary::END]);
        turn
    }

    /// How far `tokens` have come; `None` if no well-formed answer begins so.
    fn progress(&self, chain: &Chain, tokens: &[u32]) -> Option<Progress> {
        let mut progress = Progress::new(&self.config.routes);
        for token in tokens {
            progress.read(chain, &self.words, &self.config.routes, *token)?;
        }
        Some(progress)
    }
}

impl TurnTask for ArithChain {
    type Problem = Chain;

    fn name(&self) -> &'static str {
        "arith-chain"
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.words.vocabulary
    }

    fn draw(&self, stream: &mut Stream) -> Chain {
        let ArithChainConfig { modulus, least, most, ref operators, .. } = self.config;
        let n = least + stream.below(u64::from(most - least) + 1) as u32;
        let start = stream.below(u64::from(modulus)) as u32;
        let operations = (0..n).map(|_| {
            let operator = operators[stream.below(operators.len() as u64) as usize];
            (operator, 1 + stream.below(u64::from(modulus) - 1) as u32)
        });
        Chain { start, operations: operations.collect() }
    }

    fn prompt(&self, chain: &Chain, into: &mut Vec<u32>) {
        into.extend([Vocabulary::BEGIN, self.words.numbers.value(chain.start)]);
        for (operator, c) in &chain.operations {
            into.extend([self.words.numbers.operator(*operator), self.words.numbers.value(*c)]);
        }
        into.push(self.words.equals);
    }

    fn turn_limit(&self) -> usize {
        2 * self.config.most as usize + 4
    }

    fn allowed(&self, chain: &Chain, tokens: &[u32], into: &mut Vec<u32>) {
        let Some(progress) = self.progress(chain, tokens) else { return };
        let words = &self.words;
        let values = (0..self.config.modulus).map(|value| words.numbers.value(value));
        match progress.expects {
            Expects::Route => {
                into.extend(self.config.routes.iter().map(|route| words.route(*route)));
                into.sort_unstable();
            }
            Expects::EntryOrAnswer => {
                into.extend(values);
                into.push(words.answer);
            }
            Expects::Entry | Expects::Value => into.extend(values),
            Expects::NextOrAnswer => into.extend([words.next, words.answer]),
            Expects::Answer => into.push(words.answer),
            Expects::End => into.push(Vocabulary::END),
            Expects::Nothing => {}
        }
    }

    fn verdict(&self, chain: &Chain, turn: &[u32]) -> Option<bool> {
        let progress = self.progress(chain, turn)?;
        (progress.expects == Expects::Nothing).then_some(())?;
        progress.answer.map(|(_, value)| value == self.solution(chain))
    }

    fn expert(&self, chain: &Chain) -> Vec<u32> {
        self.worked(chain, self.config.routes[0])
    }

    /// The value after `ans`.
    fn answer(&self, chain: &Chain, turn: &[u32]) -> Option<u32> {
        let progress = self.progress(chain, turn)?;
        (progress.expects == Expects::Nothing).then_some(progress.answer?.1)
    }
}
