#![doc = include_str!("../README.md")]

mod aggregate;
pub mod best_of_n;
mod centering;
mod error;
mod label;
pub mod loss;
mod math;
pub mod oracle;
mod pairs;
pub mod query;
mod temperature;
pub mod tournament;
pub mod transform;

pub use aggregate::Aggregate;
pub use centering::AverageReward;
pub use error::PreferenceError;
pub use label::Label;
pub use pairs::{PreferencePair, PreferenceSet, SourceId, UserId};
pub use temperature::fit_temperature;
