//! Staged tasks and milestones: solvable, lawful, and as long as they claim to be.

use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::levels::Generate;
use milepost_gridworld::tasks::{
    self, LavaMine, Milestone, Milestones, NoisyChecker, SparseGrove, StagedFetch, oracle_potential, stage,
};
use milepost_gridworld::{Color, Distance, DistanceOracle, Gridworld, Kind, NumpyRng, Position, Solver};
use milepost_testkit::environment::{self, KeyScope, Options};

fn started(name: &str, seed: u64) -> Gridworld {
    let mut world = tasks::make(name).or_else(|| Gridworld::make(name).ok()).expect("a known name");
    world.reset(TaskSeed::train(1, seed)).expect("a level");
    world
}

/// Follows the oracle to success; the states on the way, first and last included.
fn shortest(world: &Gridworld, oracle: &mut DistanceOracle) -> Vec<Gridworld> {
    let mut path = vec![world.clone()];
    while let Distance::Steps(left @ 1..) = oracle.distance(&path[path.len() - 1]) {
        let next = (0..6).find_map(|action| {
            let mut next = path[path.len() - 1].clone();
            next.step(&action).ok()?;
            (oracle.distance(&next) == Distance::Steps(left - 1)).then_some(next)
        });
        path.push(next.expect("some action comes one step nearer"));
    }
    path
}

#[test]
fn every_named_task_conforms() {
    for name in tasks::NAMES {
        let world = tasks::make(name).expect("listed");
        assert_eq!(world.name(), name);
        let tasks = (0..3).map(|index| TaskSeed::train(0, index)).collect();
        let options = Options { tasks, max_steps: 40, keys: KeyScope::Observation, ..Options::default() };
        environment::enumerable_conformance(&world, &options);
    }
    assert!(tasks::make("Milepost-StagedFetch-9-v0").is_none(), "only listed names are made");
}

/// The four stages follow one another on the shortest way, and the potential rises from 0 to 1 with every step.
#[test]
fn the_shortest_staged_fetch_goes_through_its_stages() {
    let mut oracle = DistanceOracle::default();
    for seed in 0..3 {
        let mut world = Gridworld::new("small", Box::new(StagedFetch::new(7).expect("a size")));
        world.reset(TaskSeed::train(0, seed)).expect("a level");
        let start = oracle.distance(&world);
        let path = shortest(&world, &mut oracle);
        let last = path.last().expect("not empty");
        assert!(last.ending().is_some_and(milepost_core::Ending::is_success), "seed {seed}");
        assert!(
            path.len() > 9 && path.len() < world.settings().max_steps as usize,
            "seed {seed}: {}",
            path.len()
        );
        let stages: Vec<u8> = path.iter().map(stage).collect();
        // The key must be out of hand before the ball is taken; the door stays open meanwhile.
        assert!(
            stages.is_sorted() && [0, 1, 2, 3, 4].iter().all(|stage| stages.contains(stage)),
            "{stages:?}"
        );
        let potentials: Vec<f64> = path
            .iter()
            .map(|world| oracle_potential(oracle.distance(world), start).expect("known"))
            .collect();
        assert!(potentials.is_sorted_by(|a, b| a < b), "{potentials:?}");
        assert_eq!((potentials[0], potentials[potentials.len() - 1]), (0.0, 1.0));
    }
}

#[test]
fn a_stage_that_is_undone_counts_no_more() {
    let mut oracle = DistanceOracle::default();
    let mut world = Gridworld::new("small", Box::new(StagedFetch::new(7).expect("a size")));
    world.reset(TaskSeed::train(0, 0)).expect("a level");
    let path = shortest(&world, &mut oracle);
    let mut with_key = path.iter().find(|world| stage(world) == 1).expect("the key is taken").clone();
    // The key was in front when it was taken, so the cell there is free.
    with_key.step(&4).expect("running");
    assert_eq!((stage(&with_key), with_key.carrying()), (0, None));
}

#[test]
fn success_in_a_staged_fetch_is_the_ball_in_the_one_cell_at_the_green_wall() {
    for seed in 0..20 {
        let generator = StagedFetch::new(8).expect("a size");
        let level = generator.generate(&mut NumpyRng::new(seed)).expect("a level");
        let green = |object: &milepost_gridworld::Object| {
            object.kind() == Kind::Wall && object.color() == Color::Green
        };
        let marks: Vec<Position> =
            level.grid.iter().filter(|(_, object)| object.is_some_and(green)).map(|(p, _)| p).collect();
        assert_eq!(marks.len(), 1, "seed {seed}");
        let mark = marks[0];
        assert_eq!(mark.x, 7);
        let sides =
            [(-1, 0), (0, -1), (0, 1)].map(|(dx, dy)| (i32::from(mark.x) + dx, i32::from(mark.y) + dy));
        let free = sides.iter().filter(|(x, y)| level.grid.get(*x, *y).is_none());
        assert_eq!(free.count(), 1, "seed {seed}: one cell is at the pad");
    }
}

/// Every mine has a way to an ore, the solver finds it without lava, and most ores are dangerous.
#[test]
fn mines_can_be_worked_and_are_dangerous() {
    let mut dangerous = 0;
    for seed in 0..30 {
        let mut world = started("Milepost-LavaMine-13-v0", seed);
        let agent = world.agent().expect("reset");
        let cells = (0..13).flat_map(|x| (0..13).map(move |y| Position::new(x, y)));
        let kind = |position| world.object_at(position).map(|object| object.kind());
        let ores: Vec<Position> = cells.filter(|cell| kind(*cell) == Some(Kind::Ball)).collect();
        assert_eq!(ores.len(), 3, "seed {seed}");
        for ore in &ores {
            assert!(ore.x.abs_diff(agent.x).max(ore.y.abs_diff(agent.y)) > 3, "seed {seed}");
            let beside = [(0, 1), (2, 1), (1, 0), (1, 2)]
                .map(|(dx, dy)| Position::new(ore.x + dx - 1, ore.y + dy - 1));
            dangerous += usize::from(beside.into_iter().any(|cell| kind(cell) == Some(Kind::Lava)));
        }
        let mut oracle = DistanceOracle::default();
        let Distance::Steps(steps) = oracle.distance(&world) else { panic!("seed {seed} cannot be solved") };
        assert!((3..200).contains(&steps), "seed {seed}: {steps} steps");
        let path = shortest(&world, &mut oracle);
        assert!(path[path.len() - 1].ending().is_some_and(milepost_core::Ending::is_success));
        world.reset(TaskSeed::train(1, seed)).expect("the same level");
        assert_eq!(world.agent(), Some(agent));
    }
    assert!(dangerous > 45, "{dangerous} of 90 ores have lava beside them");
}

#[test]
fn a_grove_is_solved_by_facing_its_tree() {
    for seed in 0..10 {
        let world = started("Milepost-SparseGrove-25-v0", seed);
        let demonstration = Solver.demonstrate(&world).expect("an open plain");
        assert!(demonstration.actions.len() >= 6, "the tree is far away: {}", demonstration.actions.len());
        let mut played = world.clone();
        for action in &demonstration.actions {
            played.step(action).expect("running");
        }
        assert!(played.ending().is_some_and(milepost_core::Ending::is_success), "seed {seed}");
        let (agent, (dx, dy)) = (played.agent().expect("reset"), played.direction().vector());
        let ahead = Position::new((i32::from(agent.x) + dx) as u8, (i32::from(agent.y) + dy) as u8);
        assert_eq!(played.object_at(ahead).map(|object| object.kind()), Some(Kind::Box));
    }
}

#[test]
fn sizes_that_make_no_task_are_refused() {
    assert!(StagedFetch::new(6).is_err() && StagedFetch::new(65).is_err());
    assert!(LavaMine::new(10).is_err() && SparseGrove::new(8).is_err());
    let message = LavaMine::new(3).expect_err("too small").to_string();
    assert_eq!(message, "the size of a mine is 3; it must be from 11 to 64");
}

/// On the shortest way every milestone of these levels is passed, key before door before target.
#[test]
fn milestones_are_passed_in_order_on_the_shortest_way() {
    use Milestone::{DoorOpened, KeyTaken, TargetReached, TargetTaken};
    let levels: [(&str, &[Milestone]); 4] = [
        ("MiniGrid-DoorKey-6x6-v0", &[KeyTaken, DoorOpened, TargetReached]),
        ("MiniGrid-UnlockPickup-v0", &[KeyTaken, DoorOpened, TargetReached, TargetTaken]),
        ("MiniGrid-KeyCorridorS3R1-v0", &[KeyTaken, DoorOpened, TargetReached, TargetTaken]),
        ("MiniGrid-Empty-5x5-v0", &[TargetReached]),
    ];
    let mut oracle = DistanceOracle::default();
    for (name, expected) in levels {
        let world = started(name, 2);
        let mut milestones = Milestones::start(&world);
        let listed: Vec<Milestone> = milestones.passed().iter().map(|(milestone, _)| *milestone).collect();
        assert_eq!(listed, expected, "{name}");
        assert_eq!(milestones.count(), 0, "{name}");
        for state in &shortest(&world, &mut oracle)[1..] {
            milestones.update(state);
        }
        let steps: Vec<u32> = milestones.passed().iter().map(|(_, step)| step.expect("passed")).collect();
        assert!(steps.is_sorted() && steps[0] > 0, "{name}: {steps:?}");
        assert_eq!(milestones.share(), 1.0);
    }
}

#[test]
fn passing_a_milestone_is_not_undone() {
    let mut oracle = DistanceOracle::default();
    let world = started("MiniGrid-DoorKey-6x6-v0", 2);
    let mut milestones = Milestones::start(&world);
    let path = shortest(&world, &mut oracle);
    let taken = path.iter().find(|state| Milestone::KeyTaken.holds(state)).expect("the key is taken");
    milestones.update(taken);
    milestones.update(&world);
    assert_eq!(milestones.passed()[0], (Milestone::KeyTaken, Some(taken.elapsed())));
    assert!((milestones.share() - 1.0 / 3.0).abs() < 1e-15);
}

/// Without errors the checker is the truth; with certain errors it is its opposite; its rates are those that were asked for.
#[test]
fn a_checker_errs_at_its_rates() {
    let mut oracle = DistanceOracle::default();
    let world = started("MiniGrid-UnlockPickup-v0", 2);
    let path = shortest(&world, &mut oracle);
    let judged = |miss: f64, wrong: f64, seed: u64, states: &[Gridworld]| {
        let checker = NoisyChecker::new(miss, wrong).expect("rates");
        let mut milestones = Milestones::start(&world);
        for state in states {
            checker.update(state, TaskSeed::literal(seed), &mut milestones);
        }
        milestones
    };
    let mut truth = Milestones::start(&world);
    for state in &path {
        truth.update(state);
    }
    assert_eq!(judged(0.0, 0.0, 9, &path), truth);
    assert_eq!(judged(1.0, 0.0, 9, &path).count(), 0, "everything is overlooked");
    assert_eq!(judged(0.0, 1.0, 9, &path[..1]).count(), 4, "everything is reported at once");
    let episodes = 2000;
    let reports: usize = (0..episodes).map(|seed| judged(0.0, 0.2, seed, &path[..1]).count()).sum();
    let rate = reports as f64 / (4.0 * episodes as f64);
    // Five standard errors of a proportion of 0.2 over 8000 draws.
    assert!((rate - 0.2).abs() < 5.0 * (0.16_f64 / 8000.0).sqrt(), "{rate}");
    let error = NoisyChecker::new(1.5, 0.0).expect_err("no probability").to_string();
    assert_eq!(error, "the miss rate of a checker is 1.5; it must be from 0 to 1");
}
