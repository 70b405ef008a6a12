//! A level: everything about an episode that does not change, checked and packed.

use crate::cell::Cell;
use crate::grid::Grid;
use crate::key;
use crate::object::Object;
use crate::position::{Direction, Position};
use crate::rng::NumpyRng;
use crate::rules::{Rule, Task};
use crate::state::State;

/// How a level is played, whatever its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Cells along each side of the agent's view: odd, 3 to 13.
    pub view_size: usize,
    /// Whether walls and closed doors leave what is behind them visible.
    pub see_through_walls: bool,
    /// Steps after which an episode is truncated, at least 1.
    pub max_steps: u32,
    /// How many of the seven [`crate::Action`]s there are: 7, or 3 for moving only.
    pub action_count: u32,
}

impl Settings {
    /// MiniGrid's defaults: a view of 7 by 7 that walls block, and all actions.
    #[must_use]
    pub const fn new(max_steps: u32) -> Self {
        Self { view_size: 7, see_through_walls: false, max_steps, action_count: 7 }
    }

    /// The same, with walls that can be seen through.
    #[must_use]
    pub const fn see_through(self) -> Self {
        Self { see_through_walls: true, ..self }
    }

    pub(crate) fn check(self) -> Result<(), LevelError> {
        if self.view_size.is_multiple_of(2) || !(3..=13).contains(&self.view_size) {
            return Err(LevelError::ViewSize(self.view_size));
        }
        if self.max_steps == 0 {
            return Err(LevelError::NoSteps);
        }
        if !(1..=7).contains(&self.action_count) {
            return Err(LevelError::ActionCount(self.action_count));
        }
        Ok(())
    }
}

/// The initial state of an episode, in words that a generator or a recording speaks.
#[derive(Debug, Clone, PartialEq)]
pub struct Blueprint {
    /// The map.
    pub grid: Grid,
    /// Where the agent stands.
    pub agent: Position,
    /// Where it looks.
    pub direction: Direction,
    /// What it holds, and the cell that names the object in [`Blueprint::task`].
    pub carrying: Option<(Object, Position)>,
    /// What it is to do.
    pub task: Task,
    /// What it is told to do.
    pub mission: String,
    /// The random stream of what moves by itself (dynamic obstacles). `None` takes the stream of the
    /// episode's seed, as it stands after the level was drawn.
    pub rng: Option<NumpyRng>,
}

/// A level that cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LevelError {
    /// The view cannot be centred, or is too small or too large.
    #[error("the view size is {0}; it must be an odd number from 3 to 13")]
    ViewSize(usize),
    /// No step may be taken.
    #[error("max_steps is 0; an episode needs at least one step")]
    NoSteps,
    /// There are not that many actions.
    #[error("{0} actions were asked for; there are 1 to 7")]
    ActionCount(u32),
    /// The map has no cells.
    #[error("the map has no cells; width and height must be at least 1")]
    EmptyMap,
    /// The agent is not on the map, or in a cell that cannot be entered.
    #[error("the agent cannot stand at ({}, {}); choose a cell on the map that is empty, floor, goal, lava or an open door", .0.x, .0.y)]
    Agent(Position),
    /// What the agent holds cannot be carried.
    #[error("the agent cannot carry a {0}; keys, balls and boxes can be carried")]
    Carrying(&'static str),
    /// There are more doors, keys, balls and boxes than identities.
    #[error(
        "the level has {0} doors, keys, balls and boxes (content of boxes included); at most 255 can be told apart"
    )]
    TooManyObjects(usize),
    /// The task names a cell that has no such object.
    #[error("the task refers to {what} at ({}, {}), where there is none", position.x, position.y)]
    Task {
        /// What should be there.
        what: &'static str,
        /// The cell.
        position: Position,
    },
}

/// A checked level. All that an episode changes is a [`State`].
#[derive(Debug)]
pub(crate) struct Level {
    width: i32,
    height: i32,
    pub(crate) settings: Settings,
    pub(crate) mission: String,
    pub(crate) task: Task,
    pub(crate) rule: Rule,
    /// By identity: what a box hides. Entry 0 belongs to objects without identity.
    contents: Vec<Cell>,
    /// By identity: what tells an object from another that looks the same; 0 if nothing does.
    salts: Vec<u64>,
    static_key: u64,
    pub(crate) initial: State,
}

/// Identities given out so far.
#[derive(Default)]
struct Census {
    contents: Vec<Cell>,
}

impl Census {
    fn admit(&mut self, object: &Object) -> Cell {
        if !object.kind().has_identity() {
            return Cell::new(object.encode(), 0);
        }
        let id = self.contents.len();
        self.contents.push(Cell::EMPTY);
        if let Some(content) = object.contains() {
            self.contents[id] = self.admit(content);
        }
        Cell::new(object.encode(), id as u8)
    }
}

impl Level {
    pub(crate) fn new(blueprint: Blueprint, settings: Settings) -> Result<Self, LevelError> {
        settings.check()?;
        let Blueprint { grid, agent, direction, carrying, task, mission, rng: _ } = blueprint;
        if grid.width() == 0 || grid.height() == 0 {
            return Err(LevelError::EmptyMap);
        }
        let mut census = Census { contents: vec![Cell::EMPTY] };
        let cells: Vec<Cell> =
            grid.iter().map(|(_, object)| object.map_or(Cell::EMPTY, |o| census.admit(o))).collect();
        let held = carrying.as_ref().map_or(Cell::EMPTY, |(object, _)| census.admit(object));
        if !held.is_empty() && !held.can_carry() {
            return Err(LevelError::Carrying(carrying.map_or("thing", |(object, _)| object.kind().name())));
        }
        if census.contents.len() > 256 {
            return Err(LevelError::TooManyObjects(census.contents.len() - 1));
        }
        let mut level = Self {
            width: i32::from(grid.width()),
            height: i32::from(grid.height()),
            settings,
            mission,
            rule: Rule::Nothing,
            task: Task::Free,
            salts: vec![0; census.contents.len()],
            contents: census.contents,
            static_key: 0,
            initial: State {
                cells,
                x: i32::from(agent.x),
                y: i32::from(agent.y),
                direction,
                carrying: held,
                steps: 0,
                key: 0,
                memory: crate::rules::Memory::default(),
            },
        };
        if !level.at(agent).is_some_and(Cell::can_enter) {
            return Err(LevelError::Agent(agent));
        }
        let held_from = carrying.map(|(_, from)| from);
        level.rule = Rule::compile(&task, &level, held_from)?;
        level.initial.memory = level.rule.memory(&level, held_from);
        level.salts = level.object_salts();
        level.static_key = level.fixed_part(task.fingerprint());
        level.task = task;
        level.initial.key = key::from_scratch(&level, &level.initial);
        Ok(level)
    }

    /// Boxes that hide something are told apart by what they hide, objects of the task by their part in it.
    fn object_salts(&self) -> Vec<u64> {
        let mut salts = self.rule.salts(self.contents.len());
        // Contents were admitted after the boxes that hide them.
        for id in (1..salts.len()).rev() {
            let content = self.contents[id];
            if !content.is_empty() {
                let inside = key::fold(u64::from(content.appearance()), salts[usize::from(content.id())]);
                salts[id] = key::fold(salts[id], inside);
            }
        }
        salts
    }

    fn fixed_part(&self, task: u64) -> u64 {
        let settings = &self.settings;
        let shape = [
            self.height as u64,
            settings.view_size as u64,
            u64::from(settings.see_through_walls),
            u64::from(settings.max_steps),
            u64::from(settings.action_count),
        ];
        shape.into_iter().fold(task, key::fold)
    }

    /// Where cell `(x, y)` is stored; `None` outside the map.
    pub(crate) const fn index(&self, x: i32, y: i32) -> Option<usize> {
        if (x as u32) < self.width as u32 && (y as u32) < self.height as u32 {
            Some((x * self.height + y) as usize)
        } else {
            None
        }
    }

    /// The inverse of [`Level::index`].
    pub(crate) const fn coordinates(&self, index: usize) -> (i32, i32) {
        (index as i32 / self.height, index as i32 % self.height)
    }

    /// The cell of an index.
    pub(crate) fn position(&self, index: usize) -> Position {
        let (x, y) = self.coordinates(index);
        Position::new(x as u8, y as u8)
    }

    /// The object that a cell holds, with what it hides.
    pub(crate) fn object(&self, cell: Cell) -> Option<Object> {
        let object = Object::decode(cell.code()).ok()??;
        Some(match self.object(self.content(cell)) {
            Some(content) => Object::box_with(object.color(), content),
            None => object,
        })
    }

    /// What is at a cell when an episode starts; `None` outside the map.
    pub(crate) fn at(&self, position: Position) -> Option<Cell> {
        self.index(i32::from(position.x), i32::from(position.y)).map(|index| self.initial.cells[index])
    }

    pub(crate) const fn width(&self) -> i32 {
        self.width
    }

    pub(crate) const fn height(&self) -> i32 {
        self.height
    }

    pub(crate) const fn cell_count(&self) -> usize {
        (self.width * self.height) as usize
    }

    /// What an object hides, [`Cell::EMPTY`] if nothing.
    pub(crate) fn content(&self, cell: Cell) -> Cell {
        self.contents[usize::from(cell.id())]
    }

    pub(crate) fn salt(&self, cell: Cell) -> u64 {
        self.salts[usize::from(cell.id())]
    }

    /// One more than the largest identity.
    pub(crate) fn id_count(&self) -> usize {
        self.contents.len()
    }

    pub(crate) const fn static_key(&self) -> u64 {
        self.static_key
    }
}
