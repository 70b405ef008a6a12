//! Box pushing (Sokoban), solvable levels only.

mod solver;

use milepost_core::{Outcome, Purpose, Stream, StreamKey};
use serde::{Deserialize, Serialize};

use crate::dynamics::{Dynamics, Transition};
use crate::error::{Check, TaskError};

/// Parameters of a [`BoxPushing`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BoxPushingConfig {
    /// Cells along each side, walls around the map included. Default 6.
    pub size: u32,
    /// Boxes, and as many targets: 1 or 2. Default 1.
    pub boxes: u32,
    /// Wall cells inside. Default 1.
    pub walls: u32,
    /// Steps. Default 15.
    pub horizon: u32,
    /// The fewest steps that a level must take. Default 4.
    pub least_steps: u32,
    /// Levels that an episode starts with one of. Default 4.
    pub levels: u32,
    /// Seed of the levels. Default 0.
    pub seed: u64,
}

impl Default for BoxPushingConfig {
    fn default() -> Self {
        Self { size: 6, boxes: 1, walls: 1, horizon: 15, least_steps: 4, levels: 4, seed: 0 }
    }
}

/// Push every box onto a target; a box in a corner is lost.
///
/// Isolates mistakes that cannot be undone: [`BoxPushing::steps_to_go`] tells exactly how good a step was. Success pays 1 and
/// ends the episode. Every level can be solved within the horizon. After the visual Sokoban of implicit step rewards
/// (OPRL), itself after Boxoban; the generator is Milepost's.
#[derive(Debug, Clone)]
pub struct BoxPushing {
    config: BoxPushingConfig,
    levels: Vec<Level>,
    /// By level.
    distances: Vec<solver::Distances>,
}

/// What a level is made of; cells are numbered `row · size + column`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Level {
    /// By cell.
    walls: Vec<bool>,
    /// In ascending order, a cell twice if there is one box.
    targets: [u16; 2],
    start: BoxPushingState,
}

/// State of a [`BoxPushing`]; cells are numbered `row · size + column`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BoxPushingState {
    /// Number of the level.
    pub level: u16,
    /// The agent's cell.
    pub agent: u16,
    /// The boxes' cells in ascending order; twice the same if there is one box.
    pub boxes: [u16; 2],
}

const CHECK: Check = Check("box-pushing");
/// Levels drawn before the parameters are given up.
const ATTEMPTS: u32 = 20_000;

impl BoxPushing {
    /// Towards row 0.
    pub const UP: u32 = 0;
    /// Away from column 0.
    pub const RIGHT: u32 = 1;
    /// Away from row 0.
    pub const DOWN: u32 = 2;
    /// Towards column 0.
    pub const LEFT: u32 = 3;

    /// The world with these parameters.
    pub fn new(config: BoxPushingConfig) -> Result<Self, TaskError> {
        CHECK.between("size", config.size, 5, 10)?;
        CHECK.between("boxes", config.boxes, 1, 2)?;
        let inside = (config.size - 2) * (config.size - 2);
        CHECK.between("walls", config.walls, 0, inside - 2 * config.boxes - 1)?;
        CHECK.between("horizon", config.horizon, 1, 1 << 16)?;
        CHECK.between("least-steps", config.least_steps, 1, config.horizon)?;
        CHECK.between("levels", config.levels, 1, 1 << 10)?;
        let mut world = Self { config, levels: Vec::new(), distances: Vec::new() };
        let mut stream = Stream::new(StreamKey::new(world.config.seed, Purpose::named("box-pushing levels")));
        for _ in 0..ATTEMPTS {
            if world.levels.len() == world.config.levels as usize {
                break;
            }
            let level = world.draw(&mut stream);
            if !world
                .levels
                .iter()
                .any(|known| (&known.walls, known.targets) == (&level.walls, level.targets))
            {
                world.try_level(level);
            }
        }
        let found = world.levels.len() as u32;
        let requirement = format!("at most the {found} levels that were found to take that many steps");
        CHECK.that(found == world.config.levels, "levels", world.config.levels, requirement)?;
        Ok(world)
    }

    fn draw(&self, stream: &mut Stream) -> Level {
        let (size, boxes) = (self.config.size as u16, self.config.boxes as usize);
        let border = |cell: u16| {
            let (row, column) = (cell / size, cell % size);
            row == 0 || column == 0 || row + 1 == size || column + 1 == size
        };
        let mut inside: Vec<u16> = (0..size * size).filter(|cell| !border(*cell)).collect();
        stream.shuffle(&mut inside);
        let mut walls: Vec<bool> = (0..size * size).map(border).collect();
        let (things, rest) = inside.split_at(2 * boxes + 1);
        for wall in &rest[..self.config.walls as usize] {
            walls[usize::from(*wall)] = true;
        }
        let level = self.levels.len() as u16;
        let start = BoxPushingState { level, agent: things[0], boxes: ordered(&things[1..=boxes]) };
        Level { walls, targets: ordered(&things[boxes + 1..]), start }
    }

    /// Keeps a level that takes as many steps as asked for.
    fn try_level(&mut self, level: Level) {
        let start = level.start;
        self.levels.push(level);
        let distances = solver::solve(self, start);
        let wanted = self.config.least_steps..=self.config.horizon;
        if distances.of(self, start).is_some_and(|steps| wanted.contains(&steps)) {
            self.distances.push(distances);
        } else {
            self.levels.pop();
        }
    }

    /// The fewest steps to success from a state that an episode can be in, the horizon aside; `None` if a box is lost.
    pub fn steps_to_go(&self, state: &BoxPushingState) -> Option<u32> {
        self.distances.get(usize::from(state.level))?.of(self, *state)
    }

    /// A shortest way from a state to success; `None` if a box is lost.
    pub fn solution(&self, state: &BoxPushingState) -> Option<Vec<u32>> {
        let mut left = self.steps_to_go(state)?;
        let (mut actions, mut now) = (Vec::new(), *state);
        while left > 0 {
            left -= 1;
            let nearer = |action: &u32| self.steps_to_go(&self.after(now, *action)) == Some(left);
            let action = (0..4).find(nearer)?;
            now = self.after(now, action);
            actions.push(action);
        }
        Some(actions)
    }

    fn level(&self, state: BoxPushingState) -> &Level {
        &self.levels[usize::from(state.level)]
    }

    fn is_solved(&self, state: BoxPushingState) -> bool {
        state.boxes == self.level(state).targets
    }

    fn after(&self, state: BoxPushingState, action: u32) -> BoxPushingState {
        let size = self.config.size as u16;
        // Nobody stands on the border, so no step leaves the map.
        let ahead = |cell: u16| match action {
            Self::UP => cell - size,
            Self::RIGHT => cell + 1,
            Self::DOWN => cell + size,
            _ => cell - 1,
        };
        let (walls, next) = (&self.level(state).walls, ahead(state.agent));
        if walls[usize::from(next)] {
            return state;
        }
        if !state.boxes.contains(&next) {
            return BoxPushingState { agent: next, ..state };
        }
        let beyond = ahead(next);
        if walls[usize::from(beyond)] || state.boxes.contains(&beyond) {
            return state;
        }
        let boxes = state.boxes.map(|cell| if cell == next { beyond } else { cell });
        BoxPushingState { agent: next, boxes: ordered(&boxes), ..state }
    }
}

/// One or two cells in ascending order.
fn ordered(cells: &[u16]) -> [u16; 2] {
    let (first, last) = (cells[0], cells[cells.len() - 1]);
    [first.min(last), first.max(last)]
}

impl Dynamics for BoxPushing {
    type State = BoxPushingState;

    fn name(&self) -> &'static str {
        "box-pushing"
    }

    fn actions(&self) -> usize {
        4
    }

    fn horizon(&self) -> u32 {
        self.config.horizon
    }

    fn starts(&self) -> Vec<(f64, BoxPushingState)> {
        let odds = 1.0 / self.levels.len() as f64;
        self.levels.iter().map(|level| (odds, level.start)).collect()
    }

    fn outcomes(&self, state: &BoxPushingState, action: u32, into: &mut Vec<Transition<BoxPushingState>>) {
        let next = self.after(*state, action);
        into.push(if self.is_solved(next) {
            Transition::end(1.0, 1.0, next, Outcome::Success)
        } else {
            Transition::step(1.0, 0.0, next)
        });
    }

    fn state_key(&self, state: &BoxPushingState) -> u64 {
        let parts = [state.level, state.agent, state.boxes[0], state.boxes[1]];
        parts.into_iter().fold(0, |key, part| key << 16 | u64::from(part))
    }

    /// `4 · size²`.
    fn features(&self) -> usize {
        (4 * self.config.size * self.config.size) as usize
    }

    /// A plane of cells each for walls, targets, boxes and the agent.
    fn observe(&self, state: &BoxPushingState, into: &mut [f32]) {
        into.fill(0.0);
        let (level, cells) = (self.level(*state), (self.config.size * self.config.size) as usize);
        for (feature, wall) in into.iter_mut().zip(&level.walls) {
            *feature = f32::from(u8::from(*wall));
        }
        let things = level.targets.map(|cell| (1, cell)).into_iter().chain(state.boxes.map(|cell| (2, cell)));
        for (plane, cell) in things.chain(std::iter::once((3, state.agent))) {
            into[plane * cells + usize::from(cell)] = 1.0;
        }
    }
}
