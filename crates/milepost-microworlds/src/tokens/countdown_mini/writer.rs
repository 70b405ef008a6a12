use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{CountdownMini, CountdownProblem, Expression};
use crate::error::{Check, TaskError};
use crate::tokens::{Scribe, TurnTask};

/// How good a base policy is at finding and at checking.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CountdownWriterConfig {
    /// Share of expressions that are drawn among all of the digits, the others being drawn among the solutions.
    /// Default 0.7.
    pub search_error: f64,
    /// Share of verdicts that are wrong, whatever the working before them. Default 0.05.
    pub check_error: f64,
}

impl Default for CountdownWriterConfig {
    fn default() -> Self {
        Self { search_error: 0.7, check_error: 0.05 }
    }
}

/// A scripted base policy that checks better than it finds.
#[derive(Debug, Clone)]
pub struct CountdownWriter {
    task: CountdownMini,
    config: CountdownWriterConfig,
}

impl CountdownWriter {
    /// The writer with these parameters.
    pub fn new(task: &CountdownMini, config: CountdownWriterConfig) -> Result<Self, TaskError> {
        let check = Check("countdown-mini writer");
        check.probability("search-error", config.search_error)?;
        check.probability("check-error", config.check_error)?;
        Ok(Self { task: task.clone(), config })
    }

    /// Every whole answer with its probability.
    fn law(&self, problem: &CountdownProblem) -> Vec<(Vec<u32>, f64)> {
        match *problem {
            CountdownProblem::Check { target, expression, .. } => {
                let right = expression.value(self.task.config().modulus) == target;
                let e = self.config.check_error;
                [(right, 1.0 - e), (!right, e)]
                    .map(|(yes, p)| (self.task.write_verdict(expression, yes), p))
                    .into()
            }
            CountdownProblem::Solve { digits, target } => {
                let (all, solutions) = (Expression::all(digits), self.task.solutions(digits, target));
                let e = if solutions.is_empty() { 1.0 } else { self.config.search_error };
                all.iter()
                    .map(|expression| {
                        let found = if solutions.contains(expression) {
                            (1.0 - e) / solutions.len() as f64
                        } else {
                            0.0
                        };
                        (self.task.write(*expression), e / all.len() as f64 + found)
                    })
                    .collect()
            }
        }
    }
}

impl Scribe<CountdownMini> for CountdownWriter {
    fn answer(&self, problem: &CountdownProblem, stream: &mut Stream) -> Vec<u32> {
        self.complete(problem, &[], stream).unwrap_or_default()
    }

    fn complete(&self, problem: &CountdownProblem, tokens: &[u32], stream: &mut Stream) -> Option<Vec<u32>> {
        let law = self.law(problem);
        let weight = |(turn, p): &(Vec<u32>, f64)| if turn.starts_with(tokens) { *p } else { 0.0 };
        let drawn = stream.categorical(&law.iter().map(weight).collect::<Vec<_>>())?;
        Some(law[drawn].0[tokens.len()..].to_vec())
    }

    fn value(&self, problem: &CountdownProblem, tokens: &[u32]) -> Option<f64> {
        let (mut right, mut all) = (0.0, 0.0);
        for (turn, p) in self.law(problem).iter().filter(|(turn, _)| turn.starts_with(tokens)) {
            all += p;
            right += if self.task.verdict(problem, turn) == Some(true) { *p } else { 0.0 };
        }
        (all > 0.0).then(|| right / all)
    }
}
