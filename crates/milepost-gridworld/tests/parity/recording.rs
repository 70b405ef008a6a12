//! The recorded form of levels and episodes, and its translation into a [`Blueprint`].

use std::collections::BTreeMap;

use milepost_gridworld::{
    Blueprint, Color, Direction, Grid, Gridworld, Instruction, Kind, NumpyRng, Object, Position, Settings,
    Task,
};
use serde::Deserialize;
use serde_json::Value;

type Cell = (u8, u8);

#[derive(Deserialize)]
pub(crate) struct Record {
    pub(crate) env: String,
    pub(crate) seed: u64,
    #[serde(default)]
    pub(crate) policy: String,
    #[serde(default)]
    pub(crate) kwargs: Kwargs,
    #[serde(default)]
    pub(crate) reset_index: u32,
    #[serde(default)]
    pub(crate) hang: bool,
    #[serde(flatten)]
    pub(crate) level: Option<LevelRecord>,
    pub(crate) steps: Option<Steps>,
}

#[derive(Deserialize, Default)]
pub(crate) struct Kwargs {
    pub(crate) agent_view_size: Option<usize>,
    pub(crate) see_through_walls: Option<bool>,
    pub(crate) max_steps: Option<u32>,
    /// Arguments that change what is drawn; such a record is no level of the registered environment.
    #[serde(flatten)]
    pub(crate) other: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct LevelRecord {
    width: u8,
    height: u8,
    max_steps: u32,
    see_through_walls: bool,
    view: usize,
    n_actions: u32,
    pub(crate) mission: String,
    pub(crate) init: Init,
    pub(crate) task: TaskRecord,
    rng: RngRecord,
    obs0: String,
}

#[derive(Deserialize)]
pub(crate) struct Init {
    grid: String,
    agent: (u8, u8, u8),
    #[serde(default)]
    contains: Vec<(u8, u8, Value)>,
    carrying: Option<Value>,
    carrying_from: Option<Cell>,
    pub(crate) hash: String,
}

#[derive(Deserialize)]
struct RngRecord {
    state: String,
    inc: String,
    has_u32: u8,
    u32: u32,
}

#[derive(Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub(crate) enum TaskRecord {
    Goal {},
    None {},
    Fetch { target: (Kind, Color) },
    GotoDone { target_pos: Cell },
    PutNear { r#move: (Kind, Color), target_pos: Cell },
    Memory { success_pos: Cell, failure_pos: Cell },
    RedBlue { red_door: Cell, blue_door: Cell },
    Unlock { door: Cell },
    PickupObj { obj: Cell },
    DynamicObstacles { obstacles: Vec<Cell> },
    Babyai { instr: InstructionRecord },
}

#[derive(Deserialize)]
pub(crate) struct Description {
    objs: Vec<Cell>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum InstructionRecord {
    GoTo { desc: Description },
    Open { desc: Description, strict: bool },
    Pickup { desc: Description, strict: bool },
    PutNext { r#move: Description, fixed: Description, strict: bool },
    Before { a: Box<InstructionRecord>, b: Box<InstructionRecord>, strict: bool },
    After { a: Box<InstructionRecord>, b: Box<InstructionRecord>, strict: bool },
    And { a: Box<InstructionRecord>, b: Box<InstructionRecord> },
}

#[derive(Deserialize)]
pub(crate) struct Steps {
    pub(crate) actions: Vec<usize>,
    pub(crate) obs: Vec<String>,
    pub(crate) dir: Vec<u8>,
    pub(crate) pos: Vec<Cell>,
    pub(crate) carry: Vec<Value>,
    pub(crate) rew: Vec<f64>,
    pub(crate) term: Vec<u8>,
    pub(crate) trunc: Vec<u8>,
    pub(crate) hash: Vec<String>,
    pub(crate) obst: Option<Vec<Vec<Cell>>>,
}

fn position((x, y): Cell) -> Position {
    Position::new(x, y)
}

fn positions(description: &Description) -> Vec<Position> {
    description.objs.iter().copied().map(position).collect()
}

/// `[type, color, state]`, or `[type, color, state, content]`.
fn object(record: &Value) -> Object {
    let code = std::array::from_fn(|c| record[c].as_u64().expect("three numbers") as u8);
    let object = Object::decode(code).expect("an object's code").expect("not an empty cell");
    match record.get(3) {
        Some(content) => Object::box_with(object.color(), self::object(content)),
        None => object,
    }
}

pub(crate) fn object_record(object: &Object) -> Value {
    let mut record: Vec<Value> = object.encode().into_iter().map(Value::from).collect();
    record.extend(object.contains().map(object_record));
    Value::Array(record)
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

fn unhex(text: &str) -> Vec<u8> {
    (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
}

impl InstructionRecord {
    fn instruction(&self) -> Instruction {
        let boxed = |part: &Self| Box::new(part.instruction());
        match self {
            Self::GoTo { desc } => Instruction::GoTo(positions(desc)),
            Self::Open { desc, strict } => Instruction::Open { objects: positions(desc), strict: *strict },
            Self::Pickup { desc, strict } => {
                Instruction::PickUp { objects: positions(desc), strict: *strict }
            }
            Self::PutNext { r#move, fixed, strict } => {
                Instruction::PutNext { moved: positions(r#move), beside: positions(fixed), strict: *strict }
            }
            Self::Before { a, b, strict } => {
                Instruction::Sequence { first: boxed(a), second: boxed(b), strict: *strict }
            }
            Self::After { a, b, strict } => {
                Instruction::Sequence { first: boxed(b), second: boxed(a), strict: *strict }
            }
            Self::And { a, b } => Instruction::Both(boxed(a), boxed(b)),
        }
    }
}

impl TaskRecord {
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Goal {} => Task::Goal,
            Self::None {} => Task::Free,
            Self::Fetch { target: (kind, color) } => Task::Fetch { kind: *kind, color: *color },
            Self::GotoDone { target_pos } => Task::GoTo { target: position(*target_pos) },
            Self::PutNear { r#move: (kind, color), target_pos } => {
                Task::PutNear { kind: *kind, color: *color, target: position(*target_pos) }
            }
            Self::Memory { success_pos, failure_pos } => {
                Task::Remember { success: position(*success_pos), failure: position(*failure_pos) }
            }
            Self::RedBlue { red_door, blue_door } => {
                Task::OpenInOrder { first: position(*red_door), second: position(*blue_door) }
            }
            Self::Unlock { door } => Task::OpenDoor { door: position(*door) },
            Self::PickupObj { obj } => Task::PickUp { object: position(*obj) },
            Self::DynamicObstacles { obstacles } => {
                Task::AvoidObstacles { obstacles: obstacles.iter().copied().map(position).collect() }
            }
            Self::Babyai { instr } => Task::Instruction(instr.instruction()),
        }
    }
}

impl LevelRecord {
    pub(crate) const fn settings(&self) -> Settings {
        Settings {
            view_size: self.view,
            see_through_walls: self.see_through_walls,
            max_steps: self.max_steps,
            action_count: self.n_actions,
        }
    }

    pub(crate) fn blueprint(&self) -> Blueprint {
        let mut grid = Grid::decode(self.width, self.height, &unhex(&self.init.grid)).expect("a map");
        for (x, y, content) in &self.init.contains {
            grid.hide(Position::new(*x, *y), object(content)).expect("a box");
        }
        let carried = self.init.carrying.as_ref().map(object);
        let (x, y, direction) = self.init.agent;
        Blueprint {
            grid,
            agent: Position::new(x, y),
            direction: Direction::from_code(direction),
            carrying: carried.zip(self.init.carrying_from.map(position)),
            task: self.task.task(),
            mission: self.mission.clone(),
            rng: Some(self.rng()),
        }
    }

    pub(crate) fn rng(&self) -> NumpyRng {
        let word = |text: &str| u128::from_str_radix(text, 16).expect("128 bits in hex");
        let waiting = (self.rng.has_u32 != 0).then_some(self.rng.u32);
        NumpyRng::from_state(word(&self.rng.state), word(&self.rng.inc), waiting)
    }

    /// The first image, unless it was taken before the carried object left the map.
    pub(crate) fn first_image(&self) -> Option<&str> {
        self.init.carrying.is_none().then_some(self.obs0.as_str())
    }

    /// The recorded initial state, ready to step.
    pub(crate) fn world(&self, name: &str) -> Gridworld {
        Gridworld::from_blueprint(name, self.blueprint(), self.settings()).expect("a playable level")
    }
}
