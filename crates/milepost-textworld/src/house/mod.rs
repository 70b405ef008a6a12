//! QuestHouse: one house, one quest, and a caption for everything that happens, for rewards that are learned
//! from what captions say (ONI, arXiv 2410.23022).
//!
//! ```
//! use milepost_core::{Environment, TaskSeed};
//! use milepost_textworld::house::{QuestHouse, QuestHouseConfig, SubgoalOracle};
//!
//! let mut house = QuestHouse::new(QuestHouseConfig { paraphrases: true, ..QuestHouseConfig::default() });
//! let oracle = SubgoalOracle::new(house.captions());
//! house.reset(TaskSeed::literal(0))?;
//! let mut subgoals = Vec::new();
//! while let Some(action) = house.expert_action() {
//!     house.step(&action)?;
//!     if oracle.describes_subgoal(house.caption()) {
//!         subgoals.push(house.captions().text(house.caption()).to_owned());
//!     }
//! }
//! assert_eq!(subgoals.len(), 6);
//! assert_eq!(subgoals[5], "you put the potato on the table .");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod captions;
mod environment;
mod features;
mod oracle;
mod paraphrase;
mod task;
#[cfg(test)]
mod tests;

pub use captions::{CaptionId, Captions, SurfaceId};
pub use environment::{QuestHouse, QuestHouseConfig};
pub use features::{HouseEncoder, HouseObservation};
pub use oracle::SubgoalOracle;
