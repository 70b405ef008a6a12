#![doc = include_str!("../README.md")]

mod belief;
mod card;
pub mod config;
mod contributions;
mod episodes;
mod error;
mod estimator;
pub mod estimators;
mod meter;
pub mod metrics;
pub mod orderings;
mod policy;
pub mod protocol;
pub mod record;
pub mod reference;
pub mod report;
mod return_law;
mod tape;
mod truth;
mod value_counts;
mod world;

pub use belief::Restore;
pub use card::{CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};
pub use episodes::{Batch, play_on};
pub use error::FidelityError;
pub use estimator::{Baseline, Context, Credit, CreditEstimator, Estimate, Needs, Reading};
pub use meter::Meter;
pub use policy::{NodePolicy, Sharing};
pub use tape::{TRUNK, Tape, branch};
pub use truth::Truth;
pub use world::{END, LayeredWorld, Outcome};
