#![doc = include_str!("../README.md")]

mod cell;
mod encoder;
mod grid;
mod gridworld;
mod key;
mod level;
pub mod levels;
mod object;
mod observation;
mod oracle;
mod position;
mod render;
mod rng;
mod rules;
mod state;
mod view;

pub use encoder::FlatImage;
pub use grid::{Grid, GridError};
pub use gridworld::{Gridworld, RawStep};
pub use level::{Blueprint, LevelError, Settings};
pub use levels::registered_ids;
pub use object::{BadEncoding, Color, DoorState, Kind, Object};
pub use observation::GridObservation;
pub use oracle::{Distance, DistanceOracle, ProgressProbe, StepsToGoProbe};
pub use position::{Direction, Position};
pub use render::SvgOptions;
pub use rng::NumpyRng;
pub use rules::{Instruction, ObjectSet, Task};
pub use state::Action;
