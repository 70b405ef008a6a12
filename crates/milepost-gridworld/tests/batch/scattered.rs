use milepost_gridworld::levels::{Generate, GenerateError};
use milepost_gridworld::{
    Blueprint, Color, Direction, DoorState, Grid, Instruction, Kind, NumpyRng, Object, Order, Position,
    Settings, Task,
};

/// Levels with anything anywhere: maps of any size, often open at the edge, and any task over what lies there.
#[derive(Debug)]
pub(crate) struct Scattered;

impl Generate for Scattered {
    fn settings(&self) -> Settings {
        Settings::new(40)
    }

    fn generate(&self, rng: &mut NumpyRng) -> Result<Blueprint, GenerateError> {
        let (width, height) = (rng.integers(2, 10), rng.integers(2, 10));
        let mut grid = Grid::new(width as u8, height as u8);
        if rng.below(2) == 0 {
            grid.wall_rectangle(0, 0, width, height);
        }
        let things = rng.below((width * height) as u64);
        for _ in 0..things {
            grid.set(rng.integers(0, width), rng.integers(0, height), object(rng, 0));
        }
        let agent = Position::new(rng.below(width as u64) as u8, rng.below(height as u64) as u8);
        grid.set(agent.x.into(), agent.y.into(), None);
        let task = task(rng, &grid, agent);
        let direction = rng.element(&Direction::ALL);
        Ok(Blueprint { grid, agent, direction, carrying: None, task, mission: String::new(), rng: None })
    }
}

/// Mostly things that can be handled.
fn object(rng: &mut NumpyRng, depth: u32) -> Option<Object> {
    let color = rng.element(&Color::ALL);
    Some(match rng.below(12) {
        0 => return None,
        1 => Object::wall(),
        2 => Object::new(Kind::Floor, color),
        3 => Object::goal(),
        4 => Object::lava(),
        5 | 6 => Object::door(color, rng.element(&[DoorState::Open, DoorState::Closed, DoorState::Locked])),
        7 | 8 => Object::new(Kind::Key, color),
        9 => Object::new(Kind::Ball, color),
        _ => match object(rng, depth + 1).filter(|_| depth < 2) {
            Some(content) if rng.below(2) == 0 => Object::box_with(color, content),
            _ => Object::new(Kind::Box, color),
        },
    })
}

/// The cells of objects of the kinds that are asked for.
fn cells(grid: &Grid, kinds: &[Kind]) -> Vec<Position> {
    let asked = |object: Option<&Object>| object.is_some_and(|object| kinds.contains(&object.kind()));
    grid.iter().filter(|(_, object)| asked(*object)).map(|(position, _)| position).collect()
}

/// A task that the level can have.
fn task(rng: &mut NumpyRng, grid: &Grid, agent: Position) -> Task {
    let doors = cells(grid, &[Kind::Door]);
    let things = cells(grid, &[Kind::Key, Kind::Ball, Kind::Box]);
    let balls = cells(grid, &[Kind::Ball]);
    let (kind, color) = (rng.element(&[Kind::Key, Kind::Ball, Kind::Box]), rng.element(&Color::ALL));
    let target = Position::new(rng.below(grid.width().into()) as u8, rng.below(grid.height().into()) as u8);
    match rng.below(11) {
        0 => Task::Free,
        1 => Task::Fetch { kind, color },
        2 => Task::GoTo { target },
        3 => Task::PutNear { kind, color, target },
        4 => Task::Remember { success: target, failure: agent },
        5 if !doors.is_empty() => {
            Task::OpenInOrder { first: rng.element(&doors), second: rng.element(&doors) }
        }
        6 if !doors.is_empty() => Task::OpenDoor { door: rng.element(&doors) },
        7 if !things.is_empty() => Task::PickUp { object: rng.element(&things) },
        8 => Task::AvoidObstacles { obstacles: balls },
        9 | 10 if !things.is_empty() && !doors.is_empty() => {
            Task::Instruction(instruction(rng, &things, &doors, 0))
        }
        _ => Task::Goal,
    }
}

fn instruction(rng: &mut NumpyRng, things: &[Position], doors: &[Position], depth: u32) -> Instruction {
    let mut some = |cells: &[Position]| vec![rng.element(cells), rng.element(cells)];
    let (some_things, others, some_doors) = (some(things), some(things), some(doors));
    let strict = rng.below(2) == 0;
    match rng.below(if depth < 2 { 6 } else { 4 }) {
        0 => Instruction::GoTo(some_things),
        1 => Instruction::Open { objects: some_doors, strict },
        2 => Instruction::PickUp { objects: some_things, strict },
        3 => Instruction::PutNext { moved: some_things, beside: others, strict },
        kind => {
            let first = instruction(rng, things, doors, depth + 1);
            let second = instruction(rng, things, doors, depth + 1);
            if kind == 4 {
                Instruction::sequence(first, second, Order::Before, strict)
            } else {
                Instruction::Both(Box::new(first), Box::new(second))
            }
        }
    }
}
