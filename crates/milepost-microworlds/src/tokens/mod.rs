//! Tasks over tokens whose truth is known: which step is wrong, what a prefix is worth, how good an answer is.

mod arith_chain;
mod arithmetic_ids;
mod config;
mod countdown_mini;
mod gold;
mod scribe;
mod single_turn;
mod trace_lab;

pub use arith_chain::{
    ArithChain, ArithChainConfig, ArithStep, Arithmetic, Chain, Habit, Operator, Route, Solver, SolverConfig,
};
pub use config::{TokenTaskConfig, TokenTaskVisitor};
pub use countdown_mini::{
    CountdownMini, CountdownMiniConfig, CountdownProblem, CountdownWriter, CountdownWriterConfig, Expression,
};
pub use gold::{GoldOnly, GoldScore};
pub use scribe::{Example, Scribe, corpus};
pub use single_turn::{AnswerProbe, SingleTurn, TurnTask};
pub use trace_lab::{
    Attribute, AttributeWeights, Attributes, Cue, CueShares, Domain, Fact, FactTable, Flip, GoldWeights,
    LabelledPair, Operand, PairSource, PairSourceConfig, PlacedSegment, Region, Relation, Segment,
    SegmentTruth, StepLabel, StepTeacher, Teacher, TeacherLabel, TraceFeatures, TraceLab, TraceLabConfig,
    TraceProblem, Writer, WriterConfig,
};
