use milepost_core::{Ending, EnvError, Environment, Outcome, StepOutcome, Stream, TaskSeed};
use milepost_testkit::environment::{Options, SeedEffect, continuous_conformance};
use proptest::prelude::*;

use super::*;

fn maze() -> HardMaze {
    HardMaze::new(HardMazeConfig::default()).expect("valid")
}

#[test]
fn the_robot_conforms() {
    let config = HardMazeConfig { steps: 60, ..HardMazeConfig::default() };
    let robot = MazeRobot::new(HardMaze::new(config).expect("valid"));
    let options = Options { seeds: SeedEffect::None, ..Options::default() };
    let wheels = |stream: &mut Stream| [0, 1].map(|_| 2.0 * stream.uniform() - 1.0);
    let met = continuous_conformance(&robot, wheels, &[[f64::NAN, 0.0], [0.5, f64::NAN]], &options);
    assert_eq!(met.endings, met.episodes);
}

#[test]
fn wheel_speeds_that_are_no_numbers_are_refused() {
    let mut robot = MazeRobot::new(maze());
    assert!(matches!(robot.step(&[0.0, 0.0]), Err(EnvError::NotReset { .. })));
    robot.reset(TaskSeed::literal(0)).expect("resets");
    assert!(matches!(robot.step(&[f64::NAN, 0.0]), Err(EnvError::InvalidAction { .. })));
    assert_eq!(robot.elapsed(), 0);
}

#[test]
fn a_run_of_a_controller_is_the_episode_of_its_actions() {
    let brain = Controller::new(vec![SENSORS, 5, 2]).expect("valid");
    let genome: Vec<f64> = (0..brain.genes()).map(|i| libm::sin(i as f64)).collect();
    let mut robot = MazeRobot::new(maze());
    robot.reset(TaskSeed::literal(0)).expect("resets");
    let mut shown = Vec::new();
    let last = robot.maze().clone().run(&brain, &genome, |step, pose| shown.push((step, *pose)));
    for (step, pose) in &shown {
        assert_eq!((robot.elapsed(), robot.pose()), (*step, Some(*pose)));
        if robot.ending().is_none() {
            let mut wheels = [0.0; 2];
            brain.act(&genome, &robot.maze().sense(pose), &mut wheels);
            robot.step(&wheels).expect("steps");
        }
    }
    assert_eq!((shown.len(), robot.pose()), (401, Some(last)));
}

#[test]
fn only_the_last_step_pays_and_only_in_an_area() {
    let at_start = RewardArea { centre: HardMaze::START.at, radius: 0.04 };
    let config =
        HardMazeConfig { steps: 3, areas: RewardAreas::new(vec![at_start]), ..HardMazeConfig::default() };
    let mut robot = MazeRobot::new(HardMaze::new(config).expect("valid"));
    for (wheels, reward, verdict) in [([0.0; 2], 1.0, Outcome::Success), ([1.0; 2], 0.0, Outcome::Failure)] {
        robot.reset(TaskSeed::literal(0)).expect("resets");
        let steps: Vec<StepOutcome> = (0..3).map(|_| robot.step(&wheels).expect("steps")).collect();
        assert_eq!(steps[..2], [StepOutcome { reward: 0.0, ending: None }; 2]);
        assert_eq!(steps[2], StepOutcome { reward, ending: Some(Ending::Terminated(verdict)) });
    }
}

#[test]
fn the_areas_lie_in_free_space_and_the_corner_is_no_straight_drive() {
    let maze = maze();
    for area in maze.config().areas.as_slice() {
        assert!(maze.clearance(area.centre) > maze.config().radius, "{area:?}");
    }
    let fast = HardMazeConfig { speed: 0.5, ..HardMazeConfig::default() };
    assert!(HardMaze::new(fast).is_err());
}

#[test]
fn a_picture_shows_the_robot_where_it_is() {
    let (maze, mut picture) = (maze(), [0u8; PIXELS * PIXELS]);
    render(&maze, &Pose { at: [0.5, 0.3], heading: 0.0 }, &mut picture);
    assert_eq!(picture[(0.3 * 32.0) as usize * PIXELS + 16], 255);
    assert_eq!(picture[0], 96);
    let lit = |picture: &[u8]| picture.iter().filter(|grey| **grey > 96).count();
    assert!((9..=25).contains(&lit(&picture)), "{}", lit(&picture));
}

proptest! {
    #[test]
    fn the_robot_never_touches_a_wall_and_never_jumps(
        wheels in prop::collection::vec([-1.5f64..1.5, -1.5f64..1.5], 1..200),
    ) {
        let maze = maze();
        let mut pose = HardMaze::START;
        for pair in wheels {
            let next = maze.moved(&pose, pair);
            prop_assert!(maze.clearance(next.at) >= maze.config().radius);
            let [dx, dy] = [next.at[0] - pose.at[0], next.at[1] - pose.at[1]];
            prop_assert!(dx * dx + dy * dy <= (maze.config().speed + 1e-12).powi(2));
            prop_assert!(next.heading.abs() <= std::f64::consts::PI + 1e-12);
            pose = next;
        }
    }

    #[test]
    fn sensors_see_no_farther_than_their_range_and_no_nearer_than_the_walls(
        x in 0.05f64..0.95, y in 0.05f64..0.95, heading in -3.1f64..3.1,
    ) {
        let maze = maze();
        let pose = Pose { at: [x, y], heading };
        let nearest = (maze.clearance(pose.at) / maze.config().range).min(1.0);
        for far in maze.sense(&pose) {
            prop_assert!((nearest - 1e-9..=1.0).contains(&far));
        }
    }
}
