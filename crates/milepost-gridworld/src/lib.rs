#![doc = include_str!("../README.md")]

mod cell;
mod grid;
mod gridworld;
mod key;
mod level;
pub mod levels;
mod object;
mod observation;
mod position;
mod rng;
mod rules;
mod state;
mod view;

pub use grid::{Grid, GridError};
pub use gridworld::{Gridworld, RawStep};
pub use level::{Blueprint, LevelError, Settings};
pub use levels::registered_ids;
pub use object::{BadEncoding, Color, DoorState, Kind, Object};
pub use observation::GridObservation;
pub use position::{Direction, Position};
pub use rng::NumpyRng;
pub use rules::{Instruction, ObjectSet, Task};
pub use state::Action;
