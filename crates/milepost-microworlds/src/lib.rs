#![doc = include_str!("../README.md")]

pub mod arena;
pub mod arena2d;
mod dynamics;
mod error;
pub mod flows;
mod microworld;
mod observation;
mod table;
mod task;
pub mod tokens;
pub mod worlds;

pub use dynamics::{Dynamics, Transition, uniform_over_legal};
pub use error::TaskError;
pub use microworld::Microworld;
pub use observation::{Features, MicroObservation};
pub use table::{LawError, Table};
pub use task::{BuildError, TaskConfig, WorldVisitor};
