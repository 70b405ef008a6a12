//! `arena2d`: a point mass that is pushed through a box with two walls towards a goal, and scripted
//! behaviours that record data sets of known quality.
//!
//! The state is position and velocity in the plane, the action a force; the law of motion is
//! [`Arena2d::motion`]. All data sets come from *scripts*, not from trained policies: [`Script::Skill`] mixes
//! stretches of random force with stretches of a controller that knows the way, so quality is one number.
//!
//! ```
//! use milepost_core::{Environment, Stream, StreamKey, Purpose, TaskSeed};
//! use milepost_microworlds::arena2d::{Arena2d, Arena2dConfig, ArenaData, record};
//!
//! let arena = Arena2d::new(Arena2dConfig::default())?;
//! let scripts = ArenaData::Mixed.scripts(20);
//! let mut stream = Stream::new(StreamKey::new(7, Purpose::named("arena2d data")));
//! let recording = record(&arena, scripts[0], TaskSeed::train(7, 0), &mut stream)?;
//! assert_eq!(recording.rewards.len(), 200);
//! assert_eq!(recording.observations.len(), 201 * arena.features());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod config;
mod environment;
mod motion;
mod recording;
mod script;

pub use config::{Arena2dConfig, ArenaReward};
pub use environment::Arena2d;
pub use motion::{ArenaState, GOAL, GOAL_RADIUS, WALLS, Wall};
pub use recording::{Recording, record};
pub use script::{ArenaData, Script, ScriptedBehaviour, expert_force};
