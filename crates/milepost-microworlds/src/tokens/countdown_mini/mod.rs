//! Three digits, a target, an expression: easier to check than to find.

mod config;
mod expression;
mod writer;

#[cfg(test)]
mod tests;

pub use config::CountdownMiniConfig;
pub use expression::Expression;
pub use writer::{CountdownWriter, CountdownWriterConfig};

use milepost_core::{Stream, Vocabulary};

use self::config::Words;
use super::{Operator, TurnTask};
use crate::error::TaskError;

/// What one prompt asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CountdownProblem {
    /// To write an expression of the digits that has the value of the target.
    Solve {
        /// Three digits.
        digits: [u32; 3],
        /// The value to reach.
        target: u32,
    },
    /// To say whether an expression solves the problem.
    Check {
        /// Three digits.
        digits: [u32; 3],
        /// The value to reach.
        target: u32,
        /// The expression in question, of these digits.
        expression: Expression,
    },
}

/// Countdown with three digits, modulo `m`, read from left to right.
///
/// | prompt | answer |
/// |---|---|
/// | `<begin> solve 3 4 7 = 8` | `4 * 7 + 3 <end>`: each digit once, value 31 = 9 modulo 11: wrong |
/// | `<begin> check 3 4 7 = 8 : 4 * 7 + 3 ?` | `no <end>`; with working, `6 9 no <end>` |
///
/// Problems are solvable by construction. To check an expression is to evaluate it; to find one is to search: that is
/// what makes a policy's verdict on its own answers a reward from outside
/// ([`CountdownMini::question`]; arXiv 2603.08660, where the task is larger). With `check-working` a verdict is preceded
/// by the values of the expression's two steps, so that checking is arithmetic one step at a time.
#[derive(Debug, Clone)]
pub struct CountdownMini {
    config: CountdownMiniConfig,
    words: Words,
}

impl CountdownMini {
    /// The task with these parameters.
    pub fn new(config: CountdownMiniConfig) -> Result<Self, TaskError> {
        let words = config.check()?;
        Ok(Self { config, words })
    }

    /// The parameters.
    pub const fn config(&self) -> &CountdownMiniConfig {
        &self.config
    }

    /// The problem of saying whether the answer `turn` to a problem is right. `None` for an answer that is not well
    /// formed, and for a problem that is itself such a question.
    #[must_use]
    pub fn question(&self, problem: &CountdownProblem, turn: &[u32]) -> Option<CountdownProblem> {
        let CountdownProblem::Solve { digits, target } = *problem else { return None };
        let expression = self.words.expression(digits, turn.strip_suffix(&[Vocabulary::END])?)?;
        Some(CountdownProblem::Check { digits, target, expression })
    }

    /// Whether a turn is a whole verdict that says yes.
    #[must_use]
    pub fn says_yes(&self, turn: &[u32]) -> bool {
        self.said_yes(turn) == Some(true)
    }

    /// What a whole verdict says; `None` for any other turn.
    fn said_yes(&self, turn: &[u32]) -> Option<bool> {
        let (verdict, working) = turn.strip_suffix(&[Vocabulary::END])?.split_last()?;
        let values = working.iter().filter(|token| self.words.numbers.as_value(**token).is_some()).count();
        if values != working.len() || values != self.working() {
            return None;
        }
        let [yes, no] = self.verdict_words();
        if *verdict == yes { Some(true) } else { (*verdict == no).then_some(false) }
    }

    /// How many values precede a verdict.
    const fn working(&self) -> usize {
        if self.config.check_working { 2 } else { 0 }
    }

    /// A verdict on an expression as it is written, with its working, the end included.
    fn write_verdict(&self, expression: Expression, yes: bool) -> Vec<u32> {
        let Words { numbers, .. } = &self.words;
        let working = expression.steps(self.config.modulus).map(|value| numbers.value(value));
        let [right, wrong] = self.verdict_words();
        let verdict = if yes { right } else { wrong };
        working.into_iter().take(self.working()).chain([verdict, Vocabulary::END]).collect()
    }

    /// The words of a verdict, yes and no.
    #[must_use]
    pub const fn verdict_words(&self) -> [u32; 2] {
        [self.words.yes, self.words.no]
    }

    /// Every expression of the digits that solves a problem, in a fixed order.
    #[must_use]
    pub fn solutions(&self, digits: [u32; 3], target: u32) -> Vec<Expression> {
        let solves = |expression: &Expression| expression.value(self.config.modulus) == target;
        Expression::all(digits).into_iter().filter(solves).collect()
    }

    /// The written form of an expression or a verdict, its end included.
    fn write(&self, expression: Expression) -> Vec<u32> {
        let mut turn = Vec::new();
        self.words.write(expression, &mut turn);
        turn.push(Vocabulary::END);
        turn
    }
}

impl TurnTask for CountdownMini {
    type Problem = CountdownProblem;

    fn name(&self) -> &'static str {
        "countdown-mini"
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.words.vocabulary
    }

    /// Digits from 1, so that products say something; the target is the value of an expression drawn at random. The
    /// expression to be checked is right in half of the questions, where there is a wrong one.
    fn draw(&self, stream: &mut Stream) -> CountdownProblem {
        let modulus = self.config.modulus;
        let digits = [(); 3].map(|()| 1 + stream.below(u64::from(modulus) - 1) as u32);
        let all = Expression::all(digits);
        let target = all[stream.below(all.len() as u64) as usize].value(modulus);
        if stream.uniform() >= self.config.check_share {
            return CountdownProblem::Solve { digits, target };
        }
        let (right, wrong): (Vec<_>, Vec<_>) = all.into_iter().partition(|e| e.value(modulus) == target);
        let pool = if wrong.is_empty() || stream.uniform() < 0.5 { right } else { wrong };
        let expression = pool[stream.below(pool.len() as u64) as usize];
        CountdownProblem::Check { digits, target, expression }
    }

    fn prompt(&self, problem: &CountdownProblem, into: &mut Vec<u32>) {
        let words = &self.words;
        let (form, digits, target) = match problem {
            CountdownProblem::Solve { digits, target } => (words.solve, digits, target),
            CountdownProblem::Check { digits, target, .. } => (words.check, digits, target),
        };
        into.extend([Vocabulary::BEGIN, form]);
        into.extend(digits.iter().map(|digit| words.numbers.value(*digit)));
        into.extend([words.equals, words.numbers.value(*target)]);
        if let CountdownProblem::Check { expression, .. } = problem {
            into.push(words.colon);
            words.write(*expression, into);
            into.push(words.question);
        }
    }

    /// Three digits, two operators, the end.
    fn turn_limit(&self) -> usize {
        6
    }

    fn allowed(&self, problem: &CountdownProblem, tokens: &[u32], into: &mut Vec<u32>) {
        let words = &self.words;
        match problem {
            CountdownProblem::Check { .. } => {
                let (working, verdict) = tokens.split_at(tokens.len().min(self.working()));
                if working.iter().any(|token| words.numbers.as_value(*token).is_none()) {
                    return;
                }
                match verdict {
                    [] if working.len() < self.working() => {
                        into.extend((0..self.config.modulus).map(|value| words.numbers.value(value)));
                    }
                    [] => into.extend([words.yes, words.no]),
                    [verdict] if self.verdict_words().contains(verdict) => into.push(Vocabulary::END),
                    _ => {}
                }
            }
            CountdownProblem::Solve { digits, .. } => {
                let Some(left) = words.left(*digits, tokens) else { return };
                if left.is_empty() {
                    into.push(Vocabulary::END);
                } else if tokens.len() % 2 == 1 {
                    into.extend(Operator::ALL.map(|operator| words.numbers.operator(operator)));
                } else {
                    into.extend(left.into_iter().map(|digit| words.numbers.value(digit)));
                    into.dedup();
                }
            }
        }
    }

    fn verdict(&self, problem: &CountdownProblem, turn: &[u32]) -> Option<bool> {
        match *problem {
            CountdownProblem::Solve { digits, target } => {
                let said = turn.strip_suffix(&[Vocabulary::END])?;
                Some(self.words.expression(digits, said)?.value(self.config.modulus) == target)
            }
            CountdownProblem::Check { target, expression, .. } => {
                let right = expression.value(self.config.modulus) == target;
                self.said_yes(turn).map(|said| said == right)
            }
        }
    }

    fn expert(&self, problem: &CountdownProblem) -> Vec<u32> {
        match *problem {
            CountdownProblem::Solve { digits, target } => {
                self.solutions(digits, target).first().map_or_else(Vec::new, |first| self.write(*first))
            }
            CountdownProblem::Check { target, expression, .. } => {
                self.write_verdict(expression, expression.value(self.config.modulus) == target)
            }
        }
    }

    /// The expression as it is written, or the verdict.
    fn answer(&self, problem: &CountdownProblem, turn: &[u32]) -> Option<u32> {
        self.verdict(problem, turn)?;
        let words = self.words.vocabulary.len() as u32;
        let said = turn.strip_suffix(&[Vocabulary::END])?;
        Some(said.iter().fold(0, |code, token| code * words + token))
    }
}
