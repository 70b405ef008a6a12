#![doc = include_str!("../README.md")]

pub mod aggregate;
mod check;
mod error;
pub mod gae;
pub mod group;
pub mod normalize;
pub mod placement;
pub mod reward_to_go;
pub mod whiten;

pub use aggregate::{Aggregation, BatchTotals};
pub use error::CreditError;
pub use gae::{Gae, StepEnd};
pub use group::{Groups, GroupsReport};
pub use normalize::{Centre, Normalize, PoolReport, Scale};
pub use reward_to_go::{reward_to_go, reward_to_go_masked};
pub use whiten::{Whitening, whiten, whiten_with};
