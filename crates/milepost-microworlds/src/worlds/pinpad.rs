//! Pads to be stepped on in the right order.

use std::collections::VecDeque;

use milepost_core::{Outcome, Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`Pinpad`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PinpadConfig {
    /// Cells along each side. Default 6 (published 7).
    pub size: u32,
    /// Number of coloured cells. Default 8.
    pub colors: u32,
    /// Number of wall cells. Default 2 (published 4).
    pub walls: u32,
    /// Steps. Default 60 (published 100).
    pub horizon: u32,
    /// Colours in the order in which they must be entered. Default 0, 1, 2, …, 7, the first eight of the published test
    /// task.
    pub sequence: Vec<u32>,
    /// Layouts that an episode starts with one of. Default 2.
    pub layouts: u32,
    /// Seed of the layouts. Default 0.
    pub seed: u64,
}

impl Default for PinpadConfig {
    fn default() -> Self {
        Self { size: 6, colors: 8, walls: 2, horizon: 60, sequence: (0..8).collect(), layouts: 2, seed: 0 }
    }
}

impl PinpadConfig {
    /// The published size: 7 by 7 cells, 4 walls, 100 steps and the test task of twelve colours.
    #[must_use]
    pub fn published() -> Self {
        let sequence = (0..8).chain(0..4).collect();
        Self { size: 7, walls: 4, horizon: 100, sequence, ..Self::default() }
    }
}

/// Enter coloured cells in a given order, which the policy is not shown; a wrong colour is the end.
///
/// Isolates credit for long compositions of short skills. Only entering counts: standing still, and coming back to the
/// colour just completed, change nothing. Completing the sequence pays 1. Layouts in which it cannot be completed in time
/// are drawn again. After the pinpad grid of internal reinforcement learning (arXiv 2512.20605).
#[derive(Debug, Clone)]
pub struct Pinpad {
    config: PinpadConfig,
    layouts: Vec<Layout>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Layout {
    start: u32,
    /// The cell of each colour.
    pads: Vec<u32>,
    walls: Vec<u32>,
}

/// State of a [`Pinpad`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PinpadState {
    /// Number of the layout.
    pub layout: u32,
    /// Number of the agent's cell: `row · size + column`.
    pub cell: u32,
    /// Colours completed.
    pub done: u32,
    /// Whether a wrong colour was entered.
    pub wrong: bool,
}

const CHECK: Check = Check("pinpad");
/// Layouts drawn before the parameters are given up.
const ATTEMPTS: u32 = 10_000;

impl Pinpad {
    /// Towards row 0.
    pub const UP: u32 = 0;
    /// Away from column 0.
    pub const RIGHT: u32 = 1;
    /// Away from row 0.
    pub const DOWN: u32 = 2;
    /// Towards column 0.
    pub const LEFT: u32 = 3;

    /// The world with these parameters.
    pub fn new(config: PinpadConfig) -> Result<Self, TaskError> {
        CHECK.between("size", config.size, 2, 16)?;
        CHECK.between("colors", config.colors, 1, config.size * config.size - 1)?;
        CHECK.between("walls", config.walls, 0, config.size * config.size - 1 - config.colors)?;
        CHECK.between("horizon", config.horizon, 1, 1 << 16)?;
        CHECK.between("layouts", config.layouts, 1, 1 << 10)?;
        let (sequence, most) = (&config.sequence, config.colors - 1);
        CHECK.between("sequence", sequence.iter().copied().max().unwrap_or(u32::MAX), 0, most)?;
        let repeats = sequence.windows(2).any(|pair| pair[0] == pair[1]);
        CHECK.that(!repeats, "sequence", format!("{sequence:?}"), "without a colour twice in a row")?;
        let mut world = Self { config, layouts: Vec::new() };
        let mut stream = Stream::new(StreamKey::new(world.config.seed, Purpose::named("pinpad layouts")));
        for _ in 0..ATTEMPTS {
            if world.layouts.len() == world.config.layouts as usize {
                break;
            }
            let layout = world.draw(&mut stream);
            if !world.layouts.iter().any(|known| known.looks_like(&layout)) {
                world.layouts.push(layout);
                let number = world.layouts.len() as u32 - 1;
                if world.shortest(number).is_none_or(|steps| steps > world.config.horizon) {
                    world.layouts.pop();
                }
            }
        }
        let found = world.layouts.len() as u32;
        CHECK.that(
            found == world.config.layouts,
            "layouts",
            world.config.layouts,
            format!("at most the {found} layouts in which the sequence can be completed in time"),
        )?;
        Ok(world)
    }

    fn draw(&self, stream: &mut Stream) -> Layout {
        let mut cells: Vec<u32> = (0..self.config.size * self.config.size).collect();
        stream.shuffle(&mut cells);
        let (colors, walls) = (self.config.colors as usize, self.config.walls as usize);
        let pads = cells[1..=colors].to_vec();
        Layout { start: cells[0], pads, walls: cells[colors + 1..=colors + walls].to_vec() }
    }

    fn start(&self, layout: u32) -> PinpadState {
        PinpadState { layout, cell: self.layouts[layout as usize].start, done: 0, wrong: false }
    }

    /// The fewest steps that complete the sequence in a layout; `None` if it cannot be completed.
    pub fn shortest(&self, layout: u32) -> Option<u32> {
        let mut known =
            vec![false; (self.config.size * self.config.size) as usize * (self.config.sequence.len() + 1)];
        let mut frontier = VecDeque::from([(self.start(layout), 0)]);
        while let Some((state, steps)) = frontier.pop_front() {
            if self.is_complete(&state) {
                return Some(steps);
            }
            for next in (0..4).map(|action| self.after(&state, action)).filter(|next| !next.wrong) {
                let index = next.done * self.config.size * self.config.size + next.cell;
                if !std::mem::replace(&mut known[index as usize], true) {
                    frontier.push_back((next, steps + 1));
                }
            }
        }
        None
    }

    fn is_complete(&self, state: &PinpadState) -> bool {
        state.done as usize == self.config.sequence.len()
    }

    fn after(&self, state: &PinpadState, action: u32) -> PinpadState {
        let (size, layout) = (self.config.size, &self.layouts[state.layout as usize]);
        let (row, column) = (state.cell / size, state.cell % size);
        let next = match action {
            Self::UP if row > 0 => state.cell - size,
            Self::RIGHT if column + 1 < size => state.cell + 1,
            Self::DOWN if row + 1 < size => state.cell + size,
            Self::LEFT if column > 0 => state.cell - 1,
            _ => state.cell,
        };
        if next == state.cell || layout.walls.contains(&next) {
            return *state;
        }
        let moved = PinpadState { cell: next, ..*state };
        let Some(color) = layout.pads.iter().position(|pad| *pad == next) else { return moved };
        let (done, sequence) = (state.done as usize, &self.config.sequence);
        if sequence[done] as usize == color {
            PinpadState { done: state.done + 1, ..moved }
        } else if done > 0 && sequence[done - 1] as usize == color {
            moved
        } else {
            PinpadState { wrong: true, ..moved }
        }
    }
}

impl Layout {
    /// Whether a policy sees the same layout; where the agent starts is no part of it.
    fn looks_like(&self, other: &Self) -> bool {
        self.pads == other.pads && self.walls == other.walls
    }
}

impl Dynamics for Pinpad {
    type State = PinpadState;

    fn name(&self) -> &'static str {
        "pinpad"
    }

    fn actions(&self) -> usize {
        4
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, PinpadState)> {
        let count = self.layouts.len();
        (0..count as u32).map(|layout| (1.0 / count as f64, self.start(layout))).collect()
    }

    fn outcomes(&self, state: &PinpadState, action: u32, into: &mut Vec<Transition<PinpadState>>) {
        let next = self.after(state, action);
        into.push(if self.is_complete(&next) {
            Transition::end(1.0, 1.0, next, Outcome::Success)
        } else if next.wrong {
            Transition::end(1.0, 0.0, next, Outcome::Failure)
        } else {
            Transition::step(1.0, 0.0, next)
        });
    }

    fn state_key(&self, state: &PinpadState) -> u64 {
        self.observation_key(state) | u64::from(state.done) << 1 | u64::from(state.wrong)
    }

    /// Layout and cell: neither the sequence nor what of it is done can be seen.
    fn observation_key(&self, state: &PinpadState) -> u64 {
        u64::from(state.layout) << 48 | u64::from(state.cell) << 33
    }

    /// `size² · (walls + colors + 1)`.
    fn features(&self) -> usize {
        let PinpadConfig { size, colors, walls, .. } = self.config;
        (size * size * (walls + colors + 1)) as usize
    }

    /// A plane of cells for each wall, each colour and the agent, one-hot.
    fn observe(&self, state: &PinpadState, into: &mut [f32]) {
        into.fill(0.0);
        let layout = &self.layouts[state.layout as usize];
        let cells = (self.config.size * self.config.size) as usize;
        let things = layout.walls.iter().chain(&layout.pads).chain(std::iter::once(&state.cell));
        for (plane, cell) in things.enumerate() {
            into[plane * cells + *cell as usize] = 1.0;
        }
    }
}
