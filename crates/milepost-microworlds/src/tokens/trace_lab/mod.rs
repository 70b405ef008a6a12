//! A small language of traces with a gold score: facts to recall, sums to do, manners to keep.

mod attributes;
mod config;
mod facts;
mod features;
mod pairs;
mod problem;
mod score;
mod segment;
mod step_teacher;
mod truth;
mod words;
mod writer;

#[cfg(test)]
mod tests;

pub use attributes::{Attribute, AttributeWeights, Attributes};
pub use config::TraceLabConfig;
pub use facts::{Fact, FactTable, Relation};
pub use features::TraceFeatures;
pub use pairs::{
    Cue, CueShares, Flip, LabelledPair, PairSource, PairSourceConfig, Region, Teacher, TeacherLabel,
};
pub use problem::{Domain, Operand, TraceProblem};
pub use score::GoldWeights;
pub use segment::{PlacedSegment, Segment};
pub use step_teacher::{StepLabel, StepTeacher};
pub use truth::SegmentTruth;
pub use writer::{Writer, WriterConfig};

use milepost_core::{Stream, Vocabulary};

use self::segment::Expects;
use self::words::Words;
use super::{Arithmetic, TurnTask};
use crate::error::TaskError;

/// Short traces of facts and sums, written in answer to four kinds of prompt ([`Domain`]).
///
/// An answer is a list of segments ([`Segment`]) set apart by `;`: `rate amber = 3 ; 3 * 4 = 1 ; answer 1 <end>`.
/// Any segment may be written anywhere, so an answer can be right, wrong, incomplete, repetitive, wordy, or off the
/// point. What is known about it:
///
/// - the task's own verdict, which is the reward of the environment: sparse, exact, and blind to how it came about;
/// - for evaluation only: the gold score ([`TraceLab::gold`]), the truth of every segment ([`TraceLab::truth`]),
///   six ordinal attributes ([`TraceLab::attributes`]) and what a user makes of them ([`TraceLab::gold_of_user`]);
/// - for training: what can be seen ([`TraceLab::features`], [`TraceLab::segments`]) and labels of teachers of known
///   quality ([`PairSource`], [`StepTeacher`]).
#[derive(Debug, Clone)]
pub struct TraceLab {
    config: TraceLabConfig,
    words: Words,
    arithmetic: Arithmetic,
    facts: FactTable,
}

impl TraceLab {
    /// The task with these parameters.
    pub fn new(config: TraceLabConfig) -> Result<Self, TaskError> {
        config.check()?;
        let words = Words::new(&config)?;
        let arithmetic = Arithmetic::exact(config.modulus);
        let facts = FactTable::draw(config.modulus, config.relations, config.entities, config.fact_seed);
        Ok(Self { config, words, arithmetic, facts })
    }

    /// The parameters.
    pub const fn config(&self) -> &TraceLabConfig {
        &self.config
    }

    /// The closed table of facts that the prompts ask about.
    pub const fn facts(&self) -> &FactTable {
        &self.facts
    }

    /// Whether to state anything about an entity is a hazard: true of the last [`TraceLabConfig::hazards`].
    #[must_use]
    pub const fn is_hazard(&self, fact: Fact) -> bool {
        fact.entity >= self.config.entities - self.config.hazards
    }

    /// The segments of an answer or of the beginning of one, without a last segment that is not whole; `None` if no
    /// well-formed answer begins so. Together their tokens are the answer, without gaps.
    #[must_use]
    pub fn segments(&self, tokens: &[u32]) -> Option<Vec<PlacedSegment>> {
        self.words.parse(tokens, self.config.segments).map(|reading| reading.segments)
    }

    /// Writes an answer.
    #[must_use]
    pub fn write(&self, segments: &[Segment]) -> Vec<u32> {
        self.words.write(segments)
    }
}

impl TurnTask for TraceLab {
    type Problem = TraceProblem;

    fn name(&self) -> &'static str {
        "trace-lab"
    }

    fn vocabulary(&self) -> &Vocabulary {
        &self.words.vocabulary
    }

    fn draw(&self, stream: &mut Stream) -> TraceProblem {
        let domains = &self.config.domains;
        self.draw_in(domains[stream.below(domains.len() as u64) as usize], stream)
    }

    fn prompt(&self, problem: &TraceProblem, into: &mut Vec<u32>) {
        self.words.prompt(problem, into);
    }

    /// The longest segment is a sum, five tokens; each segment is followed by `;` or the end.
    fn turn_limit(&self) -> usize {
        6 * self.config.segments as usize
    }

    fn allowed(&self, _: &TraceProblem, tokens: &[u32], into: &mut Vec<u32>) {
        let Some(reading) = self.words.parse(tokens, self.config.segments) else { return };
        let full = reading.segments.len() + 1 == self.config.segments as usize;
        self.words.may_follow(reading.expects, full, into);
    }

    fn verdict(&self, problem: &TraceProblem, turn: &[u32]) -> Option<bool> {
        let reading = self.words.parse(turn, self.config.segments)?;
        (reading.expects == Expects::Nothing).then(|| self.solves(problem, &reading.segments))
    }

    fn expert(&self, problem: &TraceProblem) -> Vec<u32> {
        self.write(&self.plan(problem))
    }
}
