#![doc = include_str!("../README.md")]

mod error;
mod frame;
mod invariant;
mod judge;
mod milestones;
mod potential;
mod reward;
pub mod robo_dopamine;
mod schema;
mod scorer;
mod shaping;
mod slots;
mod stamp;
mod step;

pub use error::ProgressError;
pub use frame::{Frame, Image, View, Window};
pub use invariant::Invariant;
pub use judge::{ExactHops, PairJudge, Question};
pub use milestones::milestone_potential;
pub use potential::{Blend, Clipped, FrameIndex, Potential, StatePotential};
pub use reward::{Clamped, PotentialReward, StepReward, WeightedSum};
pub use schema::{Access, Field, FieldKind, Record, Schema, Value};
pub use scorer::{FrameScorer, Head, ScoredPotential, Scores};
pub use shaping::{Form, Shaping, TerminalPotential};
pub use stamp::{Stamp, Stamped};
pub use step::{EndKind, Event, Phase, StepView, Terms};
