//! The recorded form of levels and episodes, and its translation into a [`Blueprint`].

use std::collections::BTreeMap;

use milepost_gridworld::language::{Article, Location};
use milepost_gridworld::{
    Area, Blueprint, Color, Description, Direction, Grid, Gridworld, Instruction, Kind, NumpyRng, Object,
    Order, Position, Sentence, Settings, Task,
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
    rooms: Option<(i32, i32, i32)>,
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
pub(crate) struct Described {
    r#type: Option<Kind>,
    color: Option<Color>,
    loc: Option<String>,
    objs: Vec<Cell>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum InstructionRecord {
    GoTo { desc: Described },
    Open { desc: Described, strict: bool },
    Pickup { desc: Described, strict: bool },
    PutNext { r#move: Described, fixed: Described, strict: bool },
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

fn positions(description: &Described) -> Vec<Position> {
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

impl Described {
    fn description(&self) -> Description {
        let location = self.loc.as_deref().map(|name| match name {
            "left" => Location::Left,
            "right" => Location::Right,
            "front" => Location::Front,
            "behind" => Location::Behind,
            other => panic!("unknown location {other}"),
        });
        let article = if self.objs.len() == 1 { Article::The } else { Article::A };
        Description { article, color: self.color, kind: self.r#type, location }
    }
}

impl InstructionRecord {
    /// The instruction, its objects called as `name` calls them.
    fn read<O>(&self, name: &impl Fn(&Described) -> O) -> Instruction<O> {
        match self {
            Self::GoTo { desc } => Instruction::GoTo(name(desc)),
            Self::Open { desc, strict } => Instruction::Open { objects: name(desc), strict: *strict },
            Self::Pickup { desc, strict } => Instruction::PickUp { objects: name(desc), strict: *strict },
            Self::PutNext { r#move, fixed, strict } => {
                Instruction::PutNext { moved: name(r#move), beside: name(fixed), strict: *strict }
            }
            Self::Before { a, b, strict } => {
                Instruction::sequence(a.read(name), b.read(name), Order::Before, *strict)
            }
            Self::After { a, b, strict } => {
                Instruction::sequence(b.read(name), a.read(name), Order::After, *strict)
            }
            Self::And { a, b } => Instruction::Both(Box::new(a.read(name)), Box::new(b.read(name))),
        }
    }

    pub(crate) fn instruction(&self) -> Instruction {
        self.read(&positions)
    }

    pub(crate) fn sentence(&self) -> Sentence {
        self.read(&Described::description)
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

    /// The agent's room, if the map is one of equal rooms.
    pub(crate) fn room(&self) -> Option<Area> {
        let (_, _, side) = self.rooms?;
        let corner = |coordinate: u8| i32::from(coordinate) / (side - 1) * (side - 1);
        let (x, y) = (corner(self.init.agent.0), corner(self.init.agent.1));
        Some(Area { x, y, width: side, height: side })
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
