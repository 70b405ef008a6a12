//! Every trajectory of a small world with its probability, so that expectations are sums and not estimates.
//!
//! The objective is the expected undiscounted return within the horizon: running out of steps ends the
//! episode and nothing is bootstrapped there.
//!
//! ```
//! use milepost_core::{Environment, TaskSeed};
//! use milepost_testkit::{environment::Corridor, enumeration::{Paths, Softmax}};
//!
//! let mut world = Corridor::new(3, 4);
//! world.reset(TaskSeed::literal(1))?;
//! let paths = Paths::of(&world, &Softmax::drawn(7, 1.0), 10_000)?;
//! let total: f64 = paths.iter().map(|path| path.probability).sum();
//! assert!((total - 1.0).abs() < 1e-12);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod paths;
mod softmax;

pub use paths::{EnumerationError, Gradient, Path, Paths, Step};
pub use softmax::Softmax;
