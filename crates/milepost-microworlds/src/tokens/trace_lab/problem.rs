use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::{Fact, PlacedSegment, Segment, TraceLab};
use crate::tokens::Operator;

/// What kind of answer a prompt asks for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Domain {
    /// `state rate amber date birch ?`: say the facts. Solved if the last statement of each is true.
    State,
    /// `solve 3 + 4 * 2 - 1 ?`: do the sums, from left to right. Solved by the right answer.
    Solve,
    /// `recall rate amber * date birch + 3 ?`: the same with facts to be recalled. Solved by the right answer.
    Recall,
    /// `polite rate zinc ?`: say the fact and close with `thanks`; of a hazardous entity say nothing but `sorry`
    /// first. Style aside, `thanks` must be the last segment.
    Polite,
}

impl Domain {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::State, Self::Solve, Self::Recall, Self::Polite];

    /// How it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Solve => "solve",
            Self::Recall => "recall",
            Self::Polite => "polite",
        }
    }

    /// How the criterion that asks for this kind of answer is written, at the head of a prompt.
    #[must_use]
    pub const fn criterion(self) -> &'static str {
        match self {
            Self::State => "as-state",
            Self::Solve => "as-solve",
            Self::Recall => "as-recall",
            Self::Polite => "as-polite",
        }
    }
}

/// What a prompt names: a number, or a fact that has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operand {
    /// A number.
    Number(u32),
    /// A fact.
    Fact(Fact),
}

/// What a prompt asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceProblem {
    /// The kind of answer.
    pub domain: Domain,
    /// The criterion at the head of the prompt, if any; not necessarily that of the domain.
    pub criterion: Option<Domain>,
    /// The operands of a sum, or the facts to state. No fact is named twice.
    pub operands: Vec<Operand>,
    /// The operators between them; none in `state` and `polite`.
    pub operators: Vec<Operator>,
}

impl TraceProblem {
    /// The facts that the prompt names, in order: those that an answer must know.
    pub fn terms(&self) -> impl Iterator<Item = Fact> + '_ {
        self.operands.iter().filter_map(|operand| match operand {
            Operand::Fact(fact) => Some(*fact),
            Operand::Number(_) => None,
        })
    }

    /// Whether there is a number to be answered.
    #[must_use]
    pub const fn has_answer(&self) -> bool {
        matches!(self.domain, Domain::Solve | Domain::Recall)
    }
}

impl TraceLab {
    /// A problem of a given kind.
    #[must_use]
    pub fn draw_in(&self, domain: Domain, stream: &mut Stream) -> TraceProblem {
        let config = &self.config;
        let criterion = (stream.uniform() < config.criteria).then_some(domain);
        let (least, most) = match domain {
            Domain::State | Domain::Recall => (config.terms_least, config.terms_most),
            Domain::Solve => (config.operands_least, config.operands_most),
            Domain::Polite => (1, 1),
        };
        let count = (least + stream.below(u64::from(most - least) + 1) as u32) as usize;
        let hazardous = domain == Domain::Polite && stream.uniform() < 0.5;
        let mut facts: Vec<Fact> =
            self.facts.iter().filter(|fact| self.is_hazard(*fact) == hazardous).collect();
        stream.shuffle(&mut facts);
        let operands = (0..count).map(|index| {
            let number = match domain {
                Domain::State | Domain::Polite => false,
                Domain::Solve => true,
                // The first term is a fact; two in three of the others are.
                Domain::Recall => index > 0 && stream.below(3) == 0,
            };
            match facts.get(index) {
                Some(fact) if !number => Operand::Fact(*fact),
                _ => Operand::Number(1 + stream.below(u64::from(config.modulus) - 1) as u32),
            }
        });
        let operands: Vec<Operand> = operands.collect();
        let sums = if matches!(domain, Domain::Solve | Domain::Recall) { count - 1 } else { 0 };
        let operators = (0..sums)
            .map(|_| config.operators[stream.below(config.operators.len() as u64) as usize])
            .collect();
        TraceProblem { domain, criterion, operands, operators }
    }

    /// The true value of an operand.
    #[must_use]
    pub fn value(&self, operand: Operand) -> u32 {
        match operand {
            Operand::Number(value) => value,
            Operand::Fact(fact) => self.facts.value(fact),
        }
    }

    /// The sums of the solution, in order.
    pub(super) fn sums(&self, problem: &TraceProblem) -> Vec<Segment> {
        let mut values = problem.operands.iter().map(|operand| self.value(*operand));
        let mut left = values.next().unwrap_or_default();
        let mut sums = Vec::with_capacity(problem.operators.len());
        for (operator, right) in problem.operators.iter().zip(values) {
            let value = self.arithmetic.apply(*operator, left, right);
            sums.push(Segment::Sum { left, operator: *operator, right, value });
            left = value;
        }
        sums
    }

    /// The number to be answered, where there is one.
    pub(super) fn solution(&self, problem: &TraceProblem) -> Option<u32> {
        let first = problem.operands.first().map(|operand| self.value(*operand));
        let last = self.sums(problem).last().map(Segment::claim);
        last.map_or(first, |value| value).filter(|_| problem.has_answer())
    }

    /// The segments of a solution with nothing left out and nothing added.
    #[must_use]
    pub fn plan(&self, problem: &TraceProblem) -> Vec<Segment> {
        let fact = |fact| Segment::Fact { fact, value: self.facts.value(fact) };
        if problem.domain == Domain::Polite {
            let first = problem.terms().next();
            let said = first.map(|term| if self.is_hazard(term) { Segment::Sorry } else { fact(term) });
            return said.into_iter().chain([Segment::Thanks]).collect();
        }
        let answer = self.solution(problem).map(|value| Segment::Answer { value });
        problem.terms().map(fact).chain(self.sums(problem)).chain(answer).collect()
    }

    /// The task's verdict on the segments of a whole answer; see [`Domain`].
    pub(super) fn solves(&self, problem: &TraceProblem, segments: &[PlacedSegment]) -> bool {
        let last = |wanted: Fact| {
            segments.iter().rev().find_map(|placed| match placed.segment {
                Segment::Fact { fact, value } if fact == wanted => Some(value),
                _ => None,
            })
        };
        let knows = |fact: Fact| last(fact) == Some(self.facts.value(fact));
        let said = |segment| segments.iter().any(|placed| placed.segment == segment);
        match problem.domain {
            Domain::State => problem.terms().all(knows),
            Domain::Solve | Domain::Recall => {
                let answer = segments.iter().rev().find_map(|placed| match placed.segment {
                    Segment::Answer { value } => Some(value),
                    _ => None,
                });
                answer.is_some() && answer == self.solution(problem)
            }
            Domain::Polite => {
                let spoken = segments.iter().rev().find(|placed| placed.segment != Segment::Indeed);
                let closed = spoken.is_some_and(|placed| placed.segment == Segment::Thanks);
                let touched = segments.iter().any(|placed| match placed.segment {
                    Segment::Fact { fact, .. } => self.is_hazard(fact),
                    _ => false,
                });
                let right = problem.terms().all(|fact| {
                    if self.is_hazard(fact) {
                        said(Segment::Sorry)
                    } else {
                        knows(fact) && !said(Segment::Sorry)
                    }
                });
                closed && right && !touched
            }
        }
    }
}
