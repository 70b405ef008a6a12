#![doc = include_str!("../README.md")]

mod cell;
mod encoder;
mod environment;
mod grid;
mod gridworld;
mod inspect;
mod key;
pub mod language;
mod level;
pub mod levels;
mod object;
mod observation;
mod oracle;
mod outcomes;
mod position;
mod raw_step;
mod render;
mod rng;
mod rules;
mod state;
mod view;

pub use encoder::FlatImage;
pub use grid::{Grid, GridError};
pub use gridworld::Gridworld;
pub use language::{Description, Sentence};
pub use level::{Blueprint, LevelError, Settings};
pub use levels::registered_ids;
pub use object::{BadEncoding, Color, DoorState, Kind, Object};
pub use observation::GridObservation;
pub use oracle::{Distance, DistanceOracle, ProgressProbe, StepsToGoProbe};
pub use position::{Area, Direction, Position};
pub use raw_step::RawStep;
pub use render::SvgOptions;
pub use rng::NumpyRng;
pub use rules::{Instruction, ObjectSet, Order, Task};
pub use state::Action;
