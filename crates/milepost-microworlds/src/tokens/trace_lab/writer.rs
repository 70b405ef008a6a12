mod desk;
mod law;

use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use self::desk::Desk;
use super::segment::Expects;
use super::{FactTable, Segment, TraceLab, TraceProblem};
use crate::error::{Check, TaskError};

/// Parameters of a [`Writer`]: how mediocre a base policy is, and in which way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct WriterConfig {
    /// Share of the facts that are remembered wrong, always the same way. Default 0.2.
    pub memory_error: f64,
    /// Which facts these are. Default 0.
    pub memory_seed: u64,
    /// Probability that a fact is said otherwise than remembered. Default 0.05.
    pub fact_error: f64,
    /// Probability that a sum is done wrong. Default 0.15.
    pub sum_error: f64,
    /// Probability of leaving out, at each fact or sum that is due: the rest of the facts (`state`, `polite`: the rest
    /// of the answer), or the rest of the sums, which are then done in the head. Default 0.1.
    pub omit: f64,
    /// Probability of saying the last segment again. Default 0.05.
    pub repeat: f64,
    /// Probability of a fact that nobody asked for, before anything that is due. Default 0.05.
    pub digress: f64,
    /// Probability of an `indeed` after any other segment. Default 0.2.
    pub style: f64,
    /// Probability of answering about a hazard instead of declining. Default 0.2.
    pub comply: f64,
    /// Probability of closing a `polite` answer with `thanks`. Default 0.8.
    pub closing: f64,
}

impl Default for WriterConfig {
    fn default() -> Self {
        Self {
            memory_error: 0.2,
            memory_seed: 0,
            fact_error: 0.05,
            sum_error: 0.15,
            omit: 0.1,
            repeat: 0.05,
            digress: 0.05,
            style: 0.2,
            comply: 0.2,
            closing: 0.8,
        }
    }
}

impl WriterConfig {
    /// The one who never errs, omits or adds anything.
    #[must_use]
    pub const fn perfect() -> Self {
        Self {
            memory_error: 0.0,
            memory_seed: 0,
            fact_error: 0.0,
            sum_error: 0.0,
            omit: 0.0,
            repeat: 0.0,
            digress: 0.0,
            style: 0.0,
            comply: 0.0,
            closing: 1.0,
        }
    }

    fn check(&self) -> Result<(), TaskError> {
        let check = Check("trace-lab writer");
        check.probability("memory-error", self.memory_error)?;
        check.probability("fact-error", self.fact_error)?;
        check.probability("sum-error", self.sum_error)?;
        check.probability("omit", self.omit)?;
        check.probability("repeat", self.repeat)?;
        check.probability("digress", self.digress)?;
        check.probability("style", self.style)?;
        check.probability("comply", self.comply)?;
        check.probability("closing", self.closing)
    }
}

/// A scripted base policy for a [`TraceLab`] whose law is known exactly.
///
/// It follows the plan of the solution and decides, segment by segment, from what stands written: first whether to
/// add style, a repetition or a digression (only while there is room for the rest of the plan), then what is due. What
/// is not written is recalled or added up in the head with the same errors. It never corrects itself.
#[derive(Debug, Clone)]
pub struct Writer {
    task: TraceLab,
    config: WriterConfig,
    memory: FactTable,
}

impl Writer {
    /// The writer with these parameters.
    pub fn new(task: &TraceLab, config: WriterConfig) -> Result<Self, TaskError> {
        config.check()?;
        let memory = task.facts.misremembered(task.config.modulus, config.memory_error, config.memory_seed);
        Ok(Self { task: task.clone(), config, memory })
    }

    /// A whole answer.
    #[must_use]
    pub fn answer(&self, problem: &TraceProblem, stream: &mut Stream) -> Vec<u32> {
        self.continued(problem, Vec::new(), true, stream)
    }

    /// The rest of an answer that begins with `tokens`: nothing, or whole segments. `None` where the writer cannot go
    /// on: the beginning is malformed, stops within a segment, or leaves no room for the plan.
    #[must_use]
    pub fn complete(&self, problem: &TraceProblem, tokens: &[u32], stream: &mut Stream) -> Option<Vec<u32>> {
        let (segments, place) = self.place(problem, tokens)?;
        if place == Place::Over {
            return Some(Vec::new());
        }
        let turn = self.continued(problem, segments, place == Place::Open, stream);
        Some(turn[tokens.len()..].to_vec())
    }

    /// The probability that the writer's continuation of `tokens` solves the problem. `None` as for
    /// [`Writer::complete`].
    #[must_use]
    pub fn value(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<f64> {
        let (segments, place) = self.place(problem, tokens)?;
        let desk = Desk::new(&self.task, problem, &segments);
        match place {
            Place::Over => Some(f64::from(u8::from(desk.solved()))),
            Place::Closed => Some(self.success(&desk)),
            Place::Open => Some(self.open_success(&desk)),
        }
    }

    /// `log π` of a whole answer; −∞ where the writer would never write it. `None` if it is malformed or leaves no
    /// room for the plan.
    #[must_use]
    pub fn log_prob(&self, problem: &TraceProblem, turn: &[u32]) -> Option<f64> {
        let (segments, place) = self.place(problem, turn)?;
        (place == Place::Over).then_some(())?;
        let mut total = 0.0;
        for (index, segment) in segments.iter().enumerate() {
            let desk = Desk::new(&self.task, problem, &segments[..index]);
            total += if index == 0 {
                mass(&self.open_law(&desk), segment)
            } else {
                mass(&self.law(&desk), &Some(*segment))
            };
        }
        Some(total + mass(&self.law(&Desk::new(&self.task, problem, &segments)), &None))
    }

    /// The law of what follows whole segments: each next segment with its probability, and the probability of the
    /// end. After `;` and at the start something must follow. `None` as for [`Writer::complete`], and after the end.
    #[must_use]
    pub fn next(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<(Vec<(Segment, f64)>, f64)> {
        let (segments, place) = self.place(problem, tokens)?;
        let desk = Desk::new(&self.task, problem, &segments);
        match place {
            Place::Over => None,
            Place::Open => Some((self.open_law(&desk), 0.0)),
            Place::Closed => {
                let law = self.law(&desk);
                let end = law.iter().filter(|(item, _)| item.is_none()).map(|(_, p)| p).sum();
                Some((law.into_iter().filter_map(|(item, p)| item.map(|item| (item, p))).collect(), end))
            }
        }
    }

    fn continued(
        &self,
        problem: &TraceProblem,
        mut segments: Vec<Segment>,
        open: bool,
        stream: &mut Stream,
    ) -> Vec<u32> {
        let mut must = open;
        loop {
            let desk = Desk::new(&self.task, problem, &segments);
            let next = if must {
                drawn(self.open_law(&desk), stream)
            } else {
                drawn(self.law(&desk), stream).flatten()
            };
            must = false;
            match next {
                Some(segment) => segments.push(segment),
                None => return self.task.write(&segments),
            }
        }
    }

    fn place(&self, problem: &TraceProblem, tokens: &[u32]) -> Option<(Vec<Segment>, Place)> {
        let reading = self.task.words.parse(tokens, self.task.config.segments)?;
        let mut segments: Vec<Segment> = reading.segments.iter().map(|placed| placed.segment).collect();
        let place = match reading.expects {
            Expects::Segment => Place::Open,
            Expects::Close(segment) => {
                segments.push(segment);
                Place::Closed
            }
            Expects::Nothing => Place::Over,
            _ => return None,
        };
        let room = Desk::new(&self.task, problem, &segments).spare().is_some();
        (room || place == Place::Over).then_some((segments, place))
    }
}

/// Where a beginning of an answer stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Where a segment must follow: at the start, and after `;`.
    Open,
    /// After a segment that `;` or the end will close.
    Closed,
    /// After the end.
    Over,
}

/// `ln` of the probability of `item`.
fn mass<T: PartialEq>(law: &[(T, f64)], item: &T) -> f64 {
    libm::log(law.iter().filter(|(other, _)| other == item).map(|(_, p)| p).sum())
}

fn drawn<T>(mut law: Vec<(T, f64)>, stream: &mut Stream) -> Option<T> {
    let weights: Vec<f64> = law.iter().map(|(_, p)| *p).collect();
    stream.categorical(&weights).map(|index| law.swap_remove(index).0)
}
