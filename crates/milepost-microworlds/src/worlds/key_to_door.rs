use milepost_core::{Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use super::{coin, verdict};
use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// What lies in a cell between the key and the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// An apple to the left.
    AppleLeft,
    /// An apple to the right.
    AppleRight,
}

impl Cell {
    const ALL: [Self; 3] = [Self::Empty, Self::AppleLeft, Self::AppleRight];
}

/// Where the apples are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Apples {
    /// Drawn once for all episodes, from this seed.
    Seeded(u64),
    /// Drawn anew in every episode. A cell is drawn when it is reached; nothing is seen of it before.
    PerEpisode,
    /// Written out, one letter for each cell from 1 to `length − 3`: `l`, `r` or `.`.
    Cells(String),
}

/// Parameters of a [`KeyToDoor`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct KeyToDoorConfig {
    /// Cells `L` of the conveyor, which is also the number of steps: at least 3. Rewards are scaled by `23 / L`.
    /// Published lengths are 23, 43, 63, 83 and 103. Default 23.
    pub length: u32,
    /// Where the apples are. Default: from seed 2022.
    pub apples: Apples,
    /// Probability that a drawn cell holds an apple, left and right alike. Default 0.8.
    pub apple_probability: f64,
    /// What the treasure pays, before scaling. Default 0.2; −0.2 for the world after the reward switch.
    pub treasure: f64,
    /// Whether the door must be opened; if not, the key alone leads to the treasure. Default true.
    pub door: bool,
}

impl Default for KeyToDoorConfig {
    fn default() -> Self {
        Self { length: 23, apples: Apples::Seeded(2022), apple_probability: 0.8, treasure: 0.2, door: true }
    }
}

/// A conveyor past a key, many apples and a door: a small delayed reward under a large, noisy, immediate one.
///
/// The belt moves one cell in each step. The key lies in cell 0; an apple pays `{0.1, 0.9} · 23/L` with even odds
/// to the action that picks its side; the door in cell `L − 2` opens for [`KeyToDoor::OPEN`] with the key; the last
/// cell pays the treasure if it is open, whatever is done. Reaching the treasure is success. After the conveyor
/// task of COCOA (Meulemans et al., arXiv 2306.16803); the layouts of its generator are not reproduced, only their
/// law.
#[derive(Debug, Clone)]
pub struct KeyToDoor {
    config: KeyToDoorConfig,
    /// Cells `1..=L − 3`; `None` if drawn in each episode.
    layout: Option<Vec<Cell>>,
}

/// State of a [`KeyToDoor`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyToDoorState {
    /// The cell, from 0; `L` after the end.
    pub position: u32,
    /// What lies here.
    pub cell: Cell,
    /// Whether the key is held; in the last cell, whether the treasure is there.
    pub holds: bool,
}

const CHECK: Check = Check("key-to-door");

impl KeyToDoor {
    /// Takes the key.
    pub const KEY: u32 = 0;
    /// Picks an apple on the left.
    pub const LEFT: u32 = 1;
    /// Picks an apple on the right.
    pub const RIGHT: u32 = 2;
    /// Opens the door.
    pub const OPEN: u32 = 3;

    /// The conveyor with these parameters.
    pub fn new(config: KeyToDoorConfig) -> Result<Self, TaskError> {
        CHECK.between("length", config.length, 3, 1 << 16)?;
        CHECK.probability("apple-probability", config.apple_probability)?;
        CHECK.finite("treasure", config.treasure)?;
        let cells = config.length as usize - 3;
        let layout = match &config.apples {
            Apples::PerEpisode => None,
            Apples::Seeded(seed) => Some(draw_layout(*seed, cells, config.apple_probability)),
            Apples::Cells(letters) => Some(read_layout(letters, cells)?),
        };
        Ok(Self { config, layout })
    }

    /// The parameters.
    pub const fn config(&self) -> &KeyToDoorConfig {
        &self.config
    }

    /// What lies in cells 1 to `L − 3`; `None` if every episode draws it.
    pub fn layout(&self) -> Option<&[Cell]> {
        self.layout.as_deref()
    }

    /// The factor `23 / L` of all rewards.
    fn scale(&self) -> f64 {
        23.0 / f64::from(self.config.length)
    }

    const fn door(&self) -> u32 {
        self.config.length - 2
    }

    /// The probability that `cell` is what lies at a position.
    fn odds(&self, position: u32, cell: Cell) -> f64 {
        let certain = if position == 0 || position >= self.door() {
            Cell::Empty
        } else if let Some(layout) = &self.layout {
            layout[position as usize - 1]
        } else {
            let apple = self.config.apple_probability;
            return if cell == Cell::Empty { 1.0 - apple } else { apple / 2.0 };
        };
        f64::from(u8::from(cell == certain))
    }
}

fn draw_layout(seed: u64, cells: usize, apple_probability: f64) -> Vec<Cell> {
    let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("key-to-door layout")));
    let mut cell = || match stream.uniform() {
        u if u < apple_probability / 2.0 => Cell::AppleLeft,
        u if u < apple_probability => Cell::AppleRight,
        _ => Cell::Empty,
    };
    (0..cells).map(|_| cell()).collect()
}

fn read_layout(letters: &str, cells: usize) -> Result<Vec<Cell>, TaskError> {
    let requirement = || format!("{cells} letters out of `l`, `r` and `.`");
    let read: Vec<Cell> = letters
        .chars()
        .filter_map(|letter| match letter {
            'l' => Some(Cell::AppleLeft),
            'r' => Some(Cell::AppleRight),
            '.' => Some(Cell::Empty),
            _ => None,
        })
        .collect();
    let complete = read.len() == cells && letters.chars().count() == cells;
    CHECK.that(complete, "apples", format!("{letters:?}"), requirement())?;
    Ok(read)
}

impl Dynamics for KeyToDoor {
    type State = KeyToDoorState;

    fn name(&self) -> &'static str {
        "key-to-door"
    }

    fn actions(&self) -> usize {
        4
    }

    fn horizon(&self) -> u32 {
        self.config.length
    }

    fn starts(&self) -> Vec<(f64, KeyToDoorState)> {
        vec![(1.0, KeyToDoorState { position: 0, cell: Cell::Empty, holds: false })]
    }

    fn outcomes(&self, state: &KeyToDoorState, action: u32, into: &mut Vec<Transition<KeyToDoorState>>) {
        let position = state.position + 1;
        if position == self.config.length {
            let reward = if state.holds { self.config.treasure * self.scale() } else { 0.0 };
            let next = KeyToDoorState { position, ..*state };
            into.push(Transition::end(1.0, reward, next, verdict(state.holds)));
            return;
        }
        let holds = if state.position == 0 {
            action == Self::KEY
        } else if state.position == self.door() {
            state.holds && (action == Self::OPEN || !self.config.door)
        } else {
            state.holds
        };
        let picked =
            matches!((state.cell, action), (Cell::AppleLeft, Self::LEFT) | (Cell::AppleRight, Self::RIGHT));
        for (luck, sweet) in coin(if picked { 0.5 } else { 0.0 }) {
            let reward = match (picked, sweet) {
                (false, _) => 0.0,
                (true, true) => 0.9 * self.scale(),
                (true, false) => 0.1 * self.scale(),
            };
            for cell in Cell::ALL {
                let probability = luck * self.odds(position, cell);
                if probability > 0.0 {
                    into.push(Transition::step(
                        probability,
                        reward,
                        KeyToDoorState { position, cell, holds },
                    ));
                }
            }
        }
    }

    fn state_key(&self, state: &KeyToDoorState) -> u64 {
        u64::from(state.position) << 3 | (state.cell as u64) << 1 | u64::from(state.holds)
    }

    fn features(&self) -> usize {
        8
    }

    /// Share of the way; one-hot: key here, door here, last cell, nothing, apple left, apple right; whether the
    /// key is held (in the last cell, whether the treasure is there).
    fn observe(&self, state: &KeyToDoorState, into: &mut [f32]) {
        into.fill(0.0);
        into[0] = state.position as f32 / self.config.length as f32;
        let thing = match state.position {
            0 => 1,
            position if position == self.door() => 2,
            position if position > self.door() => 3,
            _ => 4 + state.cell as usize,
        };
        into[thing] = 1.0;
        into[7] = f32::from(u8::from(state.holds));
    }
}
