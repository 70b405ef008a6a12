use serde::{Deserialize, Serialize};

use super::SegmentState;

/// Where a sampler stands, for a checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SamplerState {
    /// Segments of episodes that go on.
    Segments(SegmentState),
    /// Groups of whole episodes.
    Groups {
        /// Index of the next training task.
        next_task: u64,
    },
}
