mod floor;
mod probe;

pub use floor::{Floor, Spot};
pub use probe::RoomsProbe;

use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use super::coin;
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of [`MilestoneRooms`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MilestoneRoomsConfig {
    /// Columns and rows, the columns of walls included: from `2 · doors + 2` to 64. Default 8.
    pub size: u32,
    /// Locked doors `D`, one after the other; there are `K = 2D + 2` milestones. Default 1.
    pub doors: u32,
    /// Seed of the layout, which is the same in all episodes. Default 0.
    pub layout: u64,
    /// Probability that an action does nothing. Default 0.
    pub slip: f64,
    /// Steps. Default 192.
    pub horizon: u32,
}

impl Default for MilestoneRoomsConfig {
    fn default() -> Self {
        Self { size: 8, doors: 1, layout: 0, slip: 0.0, horizon: 192 }
    }
}

/// Rooms in a row, each locked with a key that lies in the room before it; taking the target in the last is success.
///
/// Isolates the length of the task: at one size of the grid, `K` = 2, 4, 6, … milestones lie on the way, of which only
/// the last pays (1). They are passed in this order: for each door, its key is taken and it is opened; then the target
/// is reached, and taken. All but reaching the target last once they are passed. Episodes without success are truncated.
/// After the milestone experiments on DoorKey, UnlockPickup and KeyCorridor that milestone rewards for agents call for
/// (MiRA, arXiv 2603.19685, plays in web pages); the rooms are Milepost's.
#[derive(Debug, Clone)]
pub struct MilestoneRooms {
    config: MilestoneRoomsConfig,
    floor: Floor,
}

/// State of [`MilestoneRooms`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MilestoneRoomsState {
    /// Where the agent is.
    pub at: Spot,
    /// Keys taken, doors opened and targets taken, in total: `2j` with `j` doors open and no key in hand, `2j + 1` with
    /// the key of door `j`; `2D + 1` once the target is taken.
    pub done: u32,
}

impl MilestoneRooms {
    /// Moves a column to the right.
    pub const RIGHT: u32 = 0;
    /// Moves a row down.
    pub const DOWN: u32 = 1;
    /// Moves a column to the left.
    pub const LEFT: u32 = 2;
    /// Moves a row up.
    pub const UP: u32 = 3;
    /// Takes the key or the target that lies here, or opens the door on the right with its key.
    pub const USE: u32 = 4;

    const MOVES: [(i32, i32); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

    /// The rooms with these parameters.
    pub fn new(config: MilestoneRoomsConfig) -> Result<Self, TaskError> {
        let check = Check("milestone-rooms");
        check.between("doors", config.doors, 0, 31)?;
        check.between("size", config.size, 2 * config.doors + 2, 64)?;
        check.that(
            (0.0..1.0).contains(&config.slip),
            "slip",
            config.slip,
            "a probability from 0 up to, but not, 1",
        )?;
        check.between("horizon", config.horizon, 1, 1 << 16)?;
        let floor = Floor::draw(config.size, config.doors, config.layout);
        Ok(Self { config, floor })
    }

    /// The parameters.
    pub const fn config(&self) -> &MilestoneRoomsConfig {
        &self.config
    }

    /// Where everything is.
    pub const fn floor(&self) -> &Floor {
        &self.floor
    }

    /// The state in which every episode starts.
    pub const fn start(&self) -> MilestoneRoomsState {
        MilestoneRoomsState { at: self.floor.start, done: 0 }
    }

    /// The number of milestones, `K = 2D + 2`.
    pub const fn milestone_count(&self) -> u32 {
        2 * self.config.doors + 2
    }

    /// How many milestones hold, from 0 to `K`; the first so many, as they can only be passed in order.
    pub fn milestones(&self, state: &MilestoneRoomsState) -> u32 {
        match self.next_spot(state) {
            None => self.milestone_count(),
            Some(target) if state.done == 2 * self.config.doors => state.done + u32::from(state.at == target),
            Some(_) => state.done,
        }
    }

    /// The fewest steps `d*` from here to success, if no action slips; 0 after success.
    pub fn remaining(&self, state: &MilestoneRoomsState) -> u32 {
        let (mut here, mut steps) = (*state, 0);
        while let Some(spot) = self.next_spot(&here) {
            steps += self.floor.distance(here.at, spot) + 1;
            here = MilestoneRoomsState { at: spot, done: here.done + 1 };
        }
        steps
    }

    /// The oracle's progress `Φ(s) = clip(1 − d*(s) / d*(s₀), 0, 1)`: 0 at the start and farther away, 1 at success.
    pub fn potential(&self, state: &MilestoneRoomsState) -> f64 {
        let whole = self.remaining(&self.start());
        (1.0 - f64::from(self.remaining(state)) / f64::from(whole)).max(0.0)
    }

    /// Where [`USE`](Self::USE) has an effect next; `None` after success.
    fn next_spot(&self, state: &MilestoneRoomsState) -> Option<Spot> {
        let room = state.done as usize / 2;
        if state.done.is_multiple_of(2) {
            Some(self.floor.things[room])
        } else {
            (room < self.floor.doors.len()).then(|| self.floor.before_door(room))
        }
    }

    /// What an action that does not slip leads to.
    fn after(&self, state: &MilestoneRoomsState, action: u32) -> MilestoneRoomsState {
        match Self::MOVES.get(action as usize) {
            Some(step) => MilestoneRoomsState {
                at: self.floor.walk(state.at, *step, state.done as usize / 2),
                ..*state
            },
            None if self.next_spot(state) == Some(state.at) => {
                MilestoneRoomsState { done: state.done + 1, ..*state }
            }
            None => *state,
        }
    }
}

impl Dynamics for MilestoneRooms {
    type State = MilestoneRoomsState;

    fn name(&self) -> &'static str {
        "milestone-rooms"
    }

    fn actions(&self) -> usize {
        5
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, MilestoneRoomsState)> {
        vec![(1.0, self.start())]
    }

    fn outcomes(
        &self,
        state: &MilestoneRoomsState,
        action: u32,
        into: &mut Vec<Transition<MilestoneRoomsState>>,
    ) {
        let moved = self.after(state, action);
        let slip = if moved == *state { 0.0 } else { self.config.slip };
        into.extend(coin(1.0 - slip).map(|(probability, works)| {
            let next = if works { moved } else { *state };
            if self.next_spot(&next).is_none() {
                Transition::end(probability, 1.0, next, Outcome::Success)
            } else {
                Transition::step(probability, 0.0, next)
            }
        }));
    }

    fn state_key(&self, state: &MilestoneRoomsState) -> u64 {
        u64::from(state.done) << 12 | u64::from(state.at.y) << 6 | u64::from(state.at.x)
    }

    fn features(&self) -> usize {
        2 * self.config.size as usize + self.milestone_count() as usize
    }

    /// One-hot: the column, the row, and how much has been done.
    fn observe(&self, state: &MilestoneRoomsState, into: &mut [f32]) {
        into.fill(0.0);
        let size = self.config.size;
        for index in [state.at.x, size + state.at.y, 2 * size + state.done] {
            into[index as usize] = 1.0;
        }
    }
}
