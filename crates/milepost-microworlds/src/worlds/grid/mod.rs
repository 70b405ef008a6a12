//! Gridworlds that are drawn as text, with moves that may slip.

mod maps;

pub use maps::GridMap;

use milepost_core::Outcome;
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};
use maps::Published;

/// Parameters of a [`Grid`]. Those left out are those of the map's source.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct GridConfig {
    /// The map. Default the seven by seven cells of trajectory attribution.
    pub map: GridMap,
    /// Probability that a move goes sideways instead, half of it to each side.
    pub slip: Option<f64>,
    /// What a step pays that neither ends the episode nor falls off a cliff.
    pub step_reward: Option<f64>,
    /// What reaching a goal pays.
    pub goal_reward: Option<f64>,
    /// What falling into a pit pays.
    pub pit_reward: Option<f64>,
    /// What falling off a cliff pays.
    pub cliff_reward: Option<f64>,
    /// Steps after which an episode is truncated.
    pub horizon: Option<u32>,
}

/// Walking on a map to a goal: the gridworlds of textbooks.
///
/// A goal ends the episode in success, a pit in failure; a cliff leads back to the first start; moves into walls and out of
/// the map stay. Starts are equally likely.
#[derive(Debug, Clone)]
pub struct Grid {
    tiles: Vec<Tile>,
    columns: u32,
    starts: Vec<u32>,
    parameters: Published,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tile {
    Wall,
    Free,
    Goal,
    Pit,
    Cliff,
}

const CHECK: Check = Check("grid");

impl Grid {
    /// Towards column 0.
    pub const LEFT: u32 = 0;
    /// Towards row 0.
    pub const UP: u32 = 1;
    /// Away from column 0.
    pub const RIGHT: u32 = 2;
    /// Away from row 0.
    pub const DOWN: u32 = 3;

    /// The world with these parameters.
    pub fn new(config: GridConfig) -> Result<Self, TaskError> {
        let GridConfig { map, slip, step_reward, goal_reward, pit_reward, cliff_reward, horizon } = config;
        let published = map.published();
        let parameters = Published {
            slip: slip.unwrap_or(published.slip),
            step_reward: step_reward.unwrap_or(published.step_reward),
            goal_reward: goal_reward.unwrap_or(published.goal_reward),
            pit_reward: pit_reward.unwrap_or(published.pit_reward),
            cliff_reward: cliff_reward.unwrap_or(published.cliff_reward),
            horizon: horizon.unwrap_or(published.horizon),
        };
        CHECK.probability("slip", parameters.slip)?;
        CHECK.finite("step-reward", parameters.step_reward)?;
        CHECK.finite("goal-reward", parameters.goal_reward)?;
        CHECK.finite("pit-reward", parameters.pit_reward)?;
        CHECK.finite("cliff-reward", parameters.cliff_reward)?;
        CHECK.between("horizon", parameters.horizon, 1, 1 << 16)?;
        Self::read(&map.into_rows(), parameters)
    }

    fn read(rows: &[String], parameters: Published) -> Result<Self, TaskError> {
        let columns = rows.first().map_or(0, String::len);
        let even = columns > 0 && rows.iter().all(|row| row.len() == columns);
        CHECK.that(
            even && columns * rows.len() <= 4096,
            "map",
            rows.join("/"),
            "rows of one length, up to 4096 cells",
        )?;
        let mut tiles = Vec::new();
        let mut starts = Vec::new();
        for letter in rows.iter().flat_map(|row| row.chars()) {
            let known = "made of `.` free, `#` wall, `S` start, `G` goal, `X` pit and `C` cliff";
            CHECK.that(".#SGXC".contains(letter), "map", letter, known)?;
            if letter == 'S' {
                starts.push(tiles.len() as u32);
            }
            tiles.push(match letter {
                '#' => Tile::Wall,
                'G' => Tile::Goal,
                'X' => Tile::Pit,
                'C' => Tile::Cliff,
                _ => Tile::Free,
            });
        }
        CHECK.that(!starts.is_empty(), "map", rows.join("/"), "a map with a start, `S`")?;
        Ok(Self { tiles, columns: columns as u32, starts, parameters })
    }

    /// The number of the cell in `row` and `column`: `row · columns + column`.
    pub const fn cell(&self, row: u32, column: u32) -> u32 {
        row * self.columns + column
    }

    /// The cell that a move leads to, before a cliff is fallen off.
    fn moved(&self, from: u32, direction: u32) -> u32 {
        let rows = self.tiles.len() as u32 / self.columns;
        let (row, column) = (from / self.columns, from % self.columns);
        let next = match direction {
            Self::LEFT if column > 0 => from - 1,
            Self::UP if row > 0 => from - self.columns,
            Self::RIGHT if column + 1 < self.columns => from + 1,
            Self::DOWN if row + 1 < rows => from + self.columns,
            _ => from,
        };
        if self.tiles[next as usize] == Tile::Wall { from } else { next }
    }

    fn arrive(&self, probability: f64, next: u32) -> Transition<u32> {
        let Published { step_reward, goal_reward, pit_reward, cliff_reward, .. } = self.parameters;
        match self.tiles[next as usize] {
            Tile::Goal => Transition::end(probability, goal_reward, next, Outcome::Success),
            Tile::Pit => Transition::end(probability, pit_reward, next, Outcome::Failure),
            Tile::Cliff => Transition::step(probability, cliff_reward, self.starts[0]),
            Tile::Free | Tile::Wall => Transition::step(probability, step_reward, next),
        }
    }

    /// Success first, failure last.
    fn merit(&self, cell: u32) -> u8 {
        match self.tiles[cell as usize] {
            Tile::Goal => 0,
            Tile::Free | Tile::Wall => 1,
            Tile::Cliff => 2,
            Tile::Pit => 3,
        }
    }
}

impl Dynamics for Grid {
    /// The number of a cell.
    type State = u32;

    fn name(&self) -> &'static str {
        "grid"
    }

    fn actions(&self) -> usize {
        4
    }

    fn horizon(&self) -> u32 {
        self.parameters.horizon
    }

    fn starts(&self) -> Vec<(f64, u32)> {
        self.starts.iter().map(|cell| (1.0 / self.starts.len() as f64, *cell)).collect()
    }

    /// One for each cell that a move or a slip can lead to.
    fn outcomes(&self, state: &u32, action: u32, into: &mut Vec<Transition<u32>>) {
        let slip = self.parameters.slip;
        let mut cells: Vec<(u32, f64)> = Vec::with_capacity(3);
        for (turn, probability) in [(0, 1.0 - slip), (1, slip / 2.0), (3, slip / 2.0)] {
            let next = self.moved(*state, (action + turn) % 4);
            match cells.iter_mut().find(|(cell, _)| *cell == next) {
                Some((_, sum)) => *sum += probability,
                None => cells.push((next, probability)),
            }
        }
        cells.retain(|(_, probability)| *probability > 0.0);
        cells.sort_by_key(|(cell, _)| self.merit(*cell));
        into.extend(cells.into_iter().map(|(cell, probability)| self.arrive(probability, cell)));
    }

    fn state_key(&self, state: &u32) -> u64 {
        u64::from(*state)
    }

    fn features(&self) -> usize {
        self.tiles.len()
    }

    /// One-hot.
    fn observe(&self, state: &u32, into: &mut [f32]) {
        into.fill(0.0);
        into[*state as usize] = 1.0;
    }
}
