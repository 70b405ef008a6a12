//! What cannot be played or drawn is refused by name.

use milepost_core::{EnvError, Environment};
use milepost_gridworld::levels::babyai::{BabyAi, Composition, GoTo, Mission, Open, PutNext, Rooms, Unlock};
use milepost_gridworld::levels::wfc::{Preset, Sample, Wfc};
use milepost_gridworld::levels::{
    Crossing, DistShift, DoorKey, Empty, Fetch, KeyCorridor, Memory, MultiRoom, Obstacle, PutNear,
};
use milepost_gridworld::{
    Blueprint, Color, Direction, Grid, Gridworld, Instruction, Kind, LevelError, Object, Position, Settings,
    Task,
};

fn blueprint(task: Task) -> Blueprint {
    let mut grid = Grid::new(4, 4);
    grid.wall_rectangle(0, 0, 4, 4);
    grid.set(2, 2, Some(Object::new(Kind::Key, Color::Red)));
    Blueprint {
        grid,
        agent: Position::new(1, 1),
        direction: Direction::Right,
        carrying: None,
        task,
        mission: String::new(),
        rng: None,
    }
}

fn refused(blueprint: Blueprint, settings: Settings) -> LevelError {
    Gridworld::from_blueprint("bad", blueprint, settings).expect_err("not playable")
}

#[test]
fn settings_out_of_range_are_refused() {
    let good = Settings::new(10);
    for (settings, error) in [
        (Settings { view_size: 4, ..good }, LevelError::ViewSize(4)),
        (Settings { view_size: 15, ..good }, LevelError::ViewSize(15)),
        (Settings { max_steps: 0, ..good }, LevelError::NoSteps),
        (Settings { action_count: 8, ..good }, LevelError::ActionCount(8)),
    ] {
        assert_eq!(refused(blueprint(Task::Goal), settings), error);
    }
    let world = Gridworld::make("MiniGrid-Empty-5x5-v0").expect("registered");
    assert_eq!(world.clone().with_view_size(6).err(), Some(LevelError::ViewSize(6)));
    assert_eq!(world.with_max_steps(0).err(), Some(LevelError::NoSteps));
}

#[test]
fn agents_that_cannot_be_there_are_refused() {
    let settings = Settings::new(10);
    for place in [Position::new(0, 0), Position::new(2, 2), Position::new(9, 1)] {
        let level = Blueprint { agent: place, ..blueprint(Task::Goal) };
        assert_eq!(refused(level, settings), LevelError::Agent(place));
    }
    let carrying = Some((Object::wall(), Position::new(1, 2)));
    let level = Blueprint { carrying, ..blueprint(Task::Goal) };
    assert_eq!(refused(level, settings), LevelError::Carrying("wall"));
}

#[test]
fn tasks_about_what_is_not_there_are_refused() {
    let empty = Position::new(2, 1);
    let key = Position::new(2, 2);
    let outside = Position::new(7, 7);
    for (task, position) in [
        (Task::PickUp { object: empty }, empty),
        (Task::PickUp { object: outside }, outside),
        (Task::OpenDoor { door: key }, key),
        (Task::AvoidObstacles { obstacles: vec![key] }, key),
        (Task::GoTo { target: outside }, outside),
        (Task::Instruction(Instruction::GoTo(vec![empty])), empty),
    ] {
        let error = refused(blueprint(task), Settings::new(10));
        assert!(matches!(error, LevelError::Task { position: at, .. } if at == position), "{error}");
    }
}

#[test]
fn more_objects_than_identities_are_refused() {
    let mut grid = Grid::new(20, 20);
    grid.fill(0, 0, 20, 13, &Object::new(Kind::Ball, Color::Red));
    let level = Blueprint { grid, agent: Position::new(1, 15), ..blueprint(Task::Free) };
    assert_eq!(refused(level, Settings::new(10)), LevelError::TooManyObjects(260));
}

#[test]
fn a_map_without_walls_ends_as_if_there_were_some() {
    let level = Blueprint { grid: Grid::new(2, 1), agent: Position::new(1, 0), ..blueprint(Task::Free) };
    let mut world = Gridworld::from_blueprint("open", level, Settings::new(10)).expect("playable");
    for action in [2, 3, 4, 5] {
        world.step(&action).expect("legal");
    }
    assert_eq!(world.agent(), Some(Position::new(1, 0)));
}

#[test]
fn impossible_sizes_are_refused() {
    let sizes = [
        Empty::new(3, false).map(|_| ()),
        DoorKey::new(4).map(|_| ()),
        MultiRoom::new(2, 1, 4).map(|_| ()),
        MultiRoom::new(1, 2, 3).map(|_| ()),
        KeyCorridor::new(2, 1).map(|_| ()),
        KeyCorridor::new(200, 1).map(|_| ()),
        DistShift::new(6).map(|_| ()),
        Fetch::new(4, 4).map(|_| ()),
        PutNear::new(6, 1).map(|_| ()),
    ];
    for size in sizes {
        let message = size.expect_err("impossible").to_string();
        assert!(message.contains("it must be from"), "{message}");
    }
    assert!(Crossing::new(10, 1, Obstacle::Lava).is_err_and(|e| e.to_string().contains("odd")));
    assert!(Memory::new(8, false).is_err_and(|e| e.to_string().contains("odd")));
}

#[test]
fn impossible_babyai_levels_are_refused() {
    let rooms = |side, columns, rows| Rooms { side, columns, rows };
    let verbless = Composition { verbs: &[], ..Composition::BOSS };
    for (rooms, mission) in [
        (rooms(2, 1, 1), Mission::GoTo(GoTo::Object)),
        (rooms(8, 0, 1), Mission::GoTo(GoTo::Object)),
        (rooms(100, 3, 3), Mission::GoTo(GoTo::Object)),
        (rooms(3, 1, 1), Mission::GoTo(GoTo::Object)),
        (rooms(8, 1, 1), Mission::GoTo(GoTo::Local { objects: 0 })),
        (rooms(4, 1, 1), Mission::GoTo(GoTo::Local { objects: 4 })),
        (rooms(8, 2, 2), Mission::GoTo(GoTo::Door)),
        (rooms(8, 3, 3), Mission::Open(Open::InOrder { doors: 5, strict: false })),
        (rooms(8, 1, 1), Mission::Open(Open::Red)),
        (rooms(8, 2, 1), Mission::PutNext(PutNext::Across { objects: 10, carrying: false })),
        (rooms(3, 2, 1), Mission::PutNext(PutNext::Across { objects: 1, carrying: false })),
        (rooms(8, 2, 1), Mission::Unlock(Unlock::ToUnlock)),
        (rooms(8, 1, 1), Mission::Composed(Composition::BOSS)),
        (rooms(8, 3, 3), Mission::Composed(verbless)),
    ] {
        let error = BabyAi::new(rooms, mission).expect_err("impossible").to_string();
        assert!(error.contains("it must be from"), "{mission:?}: {error}");
    }
}

#[test]
fn impossible_samples_and_sizes_are_refused() {
    let sample = Sample::from_text(&["#..", ".#.", "..."]).expect("a picture");
    let errors = [
        Wfc::new(3, &sample, 2, false).map(|_| ()),
        Wfc::new(25, &sample, 1, false).map(|_| ()),
        Wfc::new(25, &sample, 4, false).map(|_| ()),
        Preset::MazeSimple.levels(2).map(|_| ()),
        Sample::from_text(&[]).map(|_| ()),
        Sample::from_text(&["#..", "."]).map(|_| ()),
        Sample::new(0, vec![[0; 3]]).map(|_| ()),
        Sample::new(65, vec![[0; 3]; 65]).map(|_| ()),
    ];
    for error in errors {
        let message = error.expect_err("impossible").to_string();
        assert!(message.contains("it must be from"), "{message}");
    }
}

#[test]
fn a_sample_without_floor_makes_no_level() {
    let sample = Sample::from_text(&["##", "##"]).expect("a picture");
    let walls = Wfc::new(6, &sample, 2, false).expect("a size");
    let error = Gridworld::new("walls", Box::new(walls)).reset(milepost_core::TaskSeed::literal(0));
    assert!(error.expect_err("no floor").to_string().contains("no two cells of it are connected"));
}

#[test]
fn names_that_are_not_registered_are_answered_with_the_nearest() {
    for (wrong, near) in [
        ("BabyAI-GoToObj-v1", "BabyAI-GoToObj-v0"),
        ("BabyAI-BosLevel-v0", "BabyAI-BossLevel-v0"),
        ("MiniGrid-Empty-5x5", "MiniGrid-Empty-5x5-v0"),
    ] {
        let error = Gridworld::make(wrong).expect_err("not registered").to_string();
        assert!(error.contains(near), "{error}");
    }
}

#[test]
fn levels_that_no_stream_makes_are_given_up() {
    // In a room of four cells, only the one diagonally opposite the agent is not beside it.
    let rooms = Rooms { side: 4, columns: 1, rows: 1 };
    let level = BabyAi::new(rooms, Mission::GoTo(GoTo::Local { objects: 2 })).expect("a size");
    let mut world = Gridworld::new("crowded", Box::new(level));
    let error = world.reset(milepost_core::TaskSeed::literal(1)).expect_err("no room").to_string();
    assert!(error.contains("none of 10000 levels was accepted"), "{error}");
}

#[test]
fn stepping_before_the_first_reset_is_refused() {
    let mut world = Gridworld::make("MiniGrid-Empty-5x5-v0").expect("registered");
    assert!(matches!(world.step(&0), Err(EnvError::NotReset { .. })));
    assert_eq!(world.ending(), None);
}
