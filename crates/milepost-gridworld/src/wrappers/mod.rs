//! MiniGrid's wrappers, as types around a [`Gridworld`].
//!
//! | MiniGrid 3.2.0 | here |
//! |---|---|
//! | `FullyObsWrapper` | [`FullyObserved`] |
//! | `RGBImgObsWrapper`, `RGBImgPartialObsWrapper` | [`RgbFrame`], [`RgbView`] |
//! | `ImgObsWrapper` | [`ImageOnly`] |
//! | `FlatObsWrapper` | [`FlatText`] |
//! | `OneHotPartialObsWrapper` | [`OneHot`] |
//! | `DictObservationSpaceWrapper` | [`MissionWords`] |
//! | `SymbolicObsWrapper` | [`Symbolic`] |
//! | `DirectionObsWrapper` | [`GoalDirection`] |
//! | `ViewSizeWrapper` | [`ViewSize`] |
//! | `NoDeath` | [`NoDeath`] |
//! | `ActionBonus`, `PositionBonus` | [`VisitBonus`] |
//! | `ReseedWrapper` | [`Reseed`] |
//!
//! The first nine change what is seen: each is a [`View`], and [`Observed`] is the environment that looks through it.
//! Wrappers nest, and [`Unwrapped`] reaches the world inside.
//!
//! ```
//! use milepost_core::{Environment, TaskSeed};
//! use milepost_gridworld::Gridworld;
//! use milepost_gridworld::wrappers::{FlatText, Observed, ViewSize};
//!
//! let world = Gridworld::make("MiniGrid-DoorKey-5x5-v0")?;
//! // A view of 5 by 5 cells, then one row of numbers with the mission in it.
//! let mut world = Observed::new(Observed::new(world, ViewSize::new(5)?), FlatText::default());
//! world.reset(TaskSeed::literal(3))?;
//! let mut seen = world.new_observation();
//! world.observe(&mut seen);
//! assert_eq!(seen.len(), 5 * 5 * 3 + 96 * 28);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bonus;
mod direction;
mod flat;
mod full;
mod image;
mod no_death;
mod observed;
mod one_hot;
mod pixels;
mod reseed;
mod symbolic;
mod view_size;
mod words;

use milepost_core::DiscreteEnvironment;

pub use bonus::{BonusScope, Visit, VisitBonus};
pub use direction::{Bearing, GoalDirection, WithGoalDirection};
pub use flat::FlatText;
pub use full::FullyObserved;
pub use image::{HasImage, ImageOnly};
pub use no_death::{GoalIsNoDeath, NoDeath};
pub use observed::{Observed, View};
pub use one_hot::OneHot;
pub use pixels::{RgbFrame, RgbObservation, RgbView};
pub use reseed::{NoSeeds, Reseed};
pub use symbolic::{Symbolic, SymbolicObservation};
pub use view_size::ViewSize;
pub use words::{MissionWords, WithMission};

use crate::Gridworld;

/// A gridworld, or a wrapper around one.
pub trait Unwrapped: DiscreteEnvironment {
    /// The world inside.
    fn unwrapped(&self) -> &Gridworld;
}

impl Unwrapped for Gridworld {
    fn unwrapped(&self) -> &Gridworld {
        self
    }
}
