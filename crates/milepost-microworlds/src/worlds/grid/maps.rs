use serde::{Deserialize, Serialize};

/// A map of a [`Grid`](super::Grid): a published one with its rewards, slip and budget, or rows of letters.
///
/// Letters: `.` free, `#` wall, `S` start, `G` goal, `X` pit, `C` cliff.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum GridMap {
    /// Seven by seven cells, two goals and a pit (trajectory attribution in offline reinforcement learning); cells of the
    /// source read as (row, column).
    #[default]
    Attribution7,
    /// The same work's eleven by eleven. Its start on an obstacle is left out.
    Attribution11,
    /// FrozenLake 4 by 4 of OpenAI Gym: a move goes where it is meant to, or to either side, with equal odds.
    FrozenLake4,
    /// FrozenLake 8 by 8.
    FrozenLake8,
    /// The 4 by 3 world of Russell and Norvig, *Artificial Intelligence: A Modern Approach*, figure 17.1.
    RussellNorvig,
    /// Cliff walking, Sutton and Barto, *Reinforcement Learning*, example 6.6.
    CliffWalking,
    /// The 4 by 4 gridworld of Sutton and Barto, example 4.1; every other cell is a start.
    SuttonBarto,
    /// Rows of one length. One step costs nothing, a goal pays 1, a pit −1, a cliff −1; no slip, 100 steps.
    Rows(Vec<String>),
}

/// What a map is published with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Published {
    pub(super) slip: f64,
    pub(super) step_reward: f64,
    pub(super) goal_reward: f64,
    pub(super) pit_reward: f64,
    pub(super) cliff_reward: f64,
    pub(super) horizon: u32,
}

const ATTRIBUTION_7: [&str; 7] =
    ["......G", ".#.#...", "S...S..", ".#.#...", "...X#.#", ".......", "..S.#.G"];
const ATTRIBUTION_11: [&str; 11] = [
    "G....#....G",
    ".....#.....",
    "S...S...G..",
    ".....#X....",
    "...X.#.....",
    "#.####.....",
    "..S..###.##",
    ".....#.X...",
    "..X..#.....",
    "...........",
    "....G#X.G..",
];
const FROZEN_LAKE_4: [&str; 4] = ["S...", ".X.X", "...X", "X..G"];
const FROZEN_LAKE_8: [&str; 8] =
    ["S.......", "........", "...X....", ".....X..", "...X....", ".XX...X.", ".X..X.X.", "...X...G"];
const RUSSELL_NORVIG: [&str; 3] = ["...G", ".#.X", "S..."];
const CLIFF_WALKING: [&str; 4] = ["............", "............", "............", "SCCCCCCCCCCG"];
const SUTTON_BARTO: [&str; 4] = ["GSSS", "SSSS", "SSSS", "SSSG"];

impl GridMap {
    pub(super) fn into_rows(self) -> Vec<String> {
        let owned = |rows: &[&str]| rows.iter().map(|row| (*row).to_owned()).collect();
        match self {
            Self::Attribution7 => owned(&ATTRIBUTION_7),
            Self::Attribution11 => owned(&ATTRIBUTION_11),
            Self::FrozenLake4 => owned(&FROZEN_LAKE_4),
            Self::FrozenLake8 => owned(&FROZEN_LAKE_8),
            Self::RussellNorvig => owned(&RUSSELL_NORVIG),
            Self::CliffWalking => owned(&CLIFF_WALKING),
            Self::SuttonBarto => owned(&SUTTON_BARTO),
            Self::Rows(rows) => rows,
        }
    }

    pub(super) const fn published(&self) -> Published {
        let plain = Published {
            slip: 0.0,
            step_reward: 0.0,
            goal_reward: 1.0,
            pit_reward: -1.0,
            cliff_reward: -1.0,
            horizon: 100,
        };
        match self {
            Self::Attribution7 => Published { step_reward: -0.1, horizon: 10, ..plain },
            Self::Attribution11 => Published { step_reward: -0.1, horizon: 30, ..plain },
            Self::FrozenLake4 => Published { slip: 2.0 / 3.0, pit_reward: 0.0, ..plain },
            Self::FrozenLake8 => Published { slip: 2.0 / 3.0, pit_reward: 0.0, horizon: 200, ..plain },
            // There a state pays 0.04 for being left, the last one before an end included.
            Self::RussellNorvig => {
                Published { slip: 0.2, step_reward: -0.04, goal_reward: 0.96, pit_reward: -1.04, ..plain }
            }
            Self::CliffWalking => {
                Published { step_reward: -1.0, goal_reward: -1.0, cliff_reward: -100.0, ..plain }
            }
            Self::SuttonBarto => Published { step_reward: -1.0, goal_reward: -1.0, ..plain },
            Self::Rows(_) => plain,
        }
    }
}
