use milepost_core::Probe;

use super::MilestoneRooms;
use crate::Microworld;

/// What an oracle knows of [`MilestoneRooms`] and a policy does not see; 0 before the first reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RoomsProbe {
    /// [`MilestoneRooms::milestones`], recorded as `milestones`.
    Milestones,
    /// [`MilestoneRooms::remaining`], recorded as `remaining`.
    Remaining,
    /// [`MilestoneRooms::potential`], recorded as `potential`.
    Potential,
}

impl Probe<Microworld<MilestoneRooms>> for RoomsProbe {
    fn name(&self) -> &'static str {
        match self {
            Self::Milestones => "milestones",
            Self::Remaining => "remaining",
            Self::Potential => "potential",
        }
    }

    fn read(&mut self, environment: &Microworld<MilestoneRooms>) -> f64 {
        let rooms = environment.dynamics();
        environment.state().map_or(0.0, |state| match self {
            Self::Milestones => f64::from(rooms.milestones(state)),
            Self::Remaining => f64::from(rooms.remaining(state)),
            Self::Potential => rooms.potential(state),
        })
    }
}
