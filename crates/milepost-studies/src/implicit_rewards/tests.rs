use milepost_algorithms::WarmStart;
use milepost_core::{Channel, Ending, Level, Provenance, SpanKind, Vocabulary};
use milepost_core::{Environment, Outcome, StateRecords, TaskSeed, TrajectoryBuilder, Version};
use milepost_microworlds::Microworld;
use milepost_microworlds::tokens::{ArithChain, ArithChainConfig, SingleTurn, TurnTask};
use milepost_microworlds::worlds::{BoxPushing, BoxPushingConfig};
use milepost_policies::DeviceChoice;

use super::worlds::Truth;
use super::*;
use crate::Memory;

#[test]
fn of_an_answer_the_values_up_to_the_first_false_one_are_judged() {
    let task = ArithChain::new(ArithChainConfig { least: 3, most: 3, ..ArithChainConfig::default() });
    let mut world = SingleTurn::new(task.expect("valid"));
    let seed = TaskSeed::literal(3);
    world.reset(seed).expect("a task");
    let problem = world.problem().expect("posed").clone();
    let mut turn = world.task().expert(&problem);
    // The second of three values becomes another one.
    let other = world.task().config().modulus - 1;
    let zero = Vocabulary::RESERVED.len() as u32;
    turn[2] = if turn[2] == zero + other { zero } else { zero + other };
    let mut builder = TrajectoryBuilder::new(seed, 0, 0, Version(0), StateRecords::default());
    builder.span(SpanKind::Prompt, Provenance::Forced, &[1, 2], &[]);
    builder.state((), 0, &[]);
    builder.span(SpanKind::Policy, Provenance::OnPolicy, &turn, &vec![-1.0; turn.len()]);
    builder.end_turn(0.0);
    builder.state((), 1, &[]);
    let mut trajectory = builder.finish(Ending::Terminated(Outcome::Failure)).expect("consistent");
    let values = (0..trajectory.tokens.len()).map(|token| token as f64).collect();
    trajectory.add_channel(Channel::dense("process", Level::Token, values).expect("finite")).expect("fits");
    // Values stand at tokens 0, 2 and 4 of the turn, which begins at token 2.
    assert_eq!(world.steps(&trajectory, "process").expect("judged"), [(true, 2.0), (false, 4.0)]);
    assert!(world.steps(&trajectory, "nothing").expect("no channel").is_empty());
}

#[test]
fn a_push_is_good_if_it_brings_the_goal_nearer() {
    let world = BoxPushing::new(BoxPushingConfig::default()).expect("solvable");
    let mut world = Microworld::new(world);
    world.reset(TaskSeed::literal(1)).expect("a level");
    let start = *world.state().expect("reset");
    let solution = world.dynamics().solution(&start).expect("solvable");
    let mut builder = TrajectoryBuilder::new(TaskSeed::literal(1), 0, 0, Version(0), StateRecords::default());
    let mut observation = world.new_observation();
    world.observe(&mut observation);
    builder.state(observation.clone(), world.state_key(), &[]);
    for action in &solution {
        world.step(action).expect("running");
        builder.action(*action, -1.0, 0.0);
        world.observe(&mut observation);
        builder.state(observation.clone(), world.state_key(), &[]);
    }
    let mut trajectory = builder.finish(Ending::Terminated(Outcome::Success)).expect("consistent");
    let rewards = vec![0.5; solution.len()];
    trajectory.add_channel(Channel::dense("process", Level::Turn, rewards).expect("finite")).expect("fits");
    let steps = world.steps(&trajectory, "process").expect("judged");
    assert_eq!(steps, vec![(true, 0.5); solution.len()]);
}

fn study(text: &str) -> ImplicitRewards {
    toml::from_str(text).expect("a study")
}

const BOXES: &str = r#"
    iterations = 5
    evaluate-every = 5
    tasks = 2
    world = { kind = "box-pushing", task = { levels = 2, least-steps = 2 }, network = { kind = "mlp", hidden = [8] } }
    [method]
    sampler = { kind = "groups", tasks = 2, group-size = 4 }
    scorers = [{ kind = "outcome", channel = "outcome" }]
    combine = { terms = [{ channel = "outcome" }] }
    normalize = { pool = "group", centre = "mean", scale = { kind = "std", ddof = 1, epsilon = 1e-6 } }
    credit = { kind = "implicit-steps", steps = "process" }
    learner = { unit = "trajectory" }
    [method.objective]
    surrogate = { kind = "clip", low = 0.2, high = 0.2 }
    aggregation = { kind = "seq-mean-token-mean" }
    value-coefficient = 0.0
    entropy-coefficient = 0.0
    [[method.model-scorers]]
    kind = "implicit-reward"
    level = "turn"
    loss = { kind = "trajectory-dpo" }
    reference = "sampler"
    learning-rate = 0.001
"#;

#[test]
fn every_metric_is_reported_and_equal_seeds_report_the_same() {
    let study = study(BOXES);
    let run = || Memory::of(&study, &Context { seed: 3, device: DeviceChoice::Cpu }).expect("runs");
    let memory = run();
    let success = memory.value("final-success").expect("always known");
    assert!((0.0..=1.0).contains(&success));
    let before =
        memory.points[0].1.iter().find(|(name, _)| name == "success").expect("judged before training");
    assert_eq!(memory.value("success-gain"), Some(success - before.1));
    assert!(memory.value("score-gain").is_some(), "every batch is scored");
    assert_eq!(memory, run());
}

#[test]
fn gains_compare_the_last_fifth_with_the_first_after_the_teaching() {
    let study = ImplicitRewards { iterations: 10, teaching: 2, ..study(BOXES) };
    let numbers: Vec<(u64, f64)> = (0..10_u64).map(|at| (at, (at * at) as f64)).collect();
    // Means of 4 and 9, and of 64 and 81.
    assert_eq!(study.ends(&numbers), [6.5, 72.5].map(Measured::Value));
    assert_eq!(change(study.ends(&numbers)), Measured::Value(66.0));
    for known in [&numbers[..8], &numbers[4..]] {
        assert!(matches!(change(study.ends(known)), Measured::Undefined(_)), "one end is not known");
    }
}

/// A number of a point of the learning curves.
fn number(numbers: &[(String, f64)], name: &str) -> f64 {
    numbers.iter().find(|(known, _)| known == name).expect("recorded").1
}

#[test]
fn episodes_are_counted_and_the_first_success_above_the_threshold_is_dated() {
    for threshold in [0.05, 1.0] {
        let study = ImplicitRewards { evaluate_every: 1, threshold, ..study(BOXES) };
        let context = Context { seed: 3, device: DeviceChoice::Cpu };
        let memory = Memory::of(&study, &context).expect("runs");
        // Two tasks an iteration, four episodes on each.
        let episodes: Vec<f64> = memory.points.iter().map(|(costs, _)| number(costs, "episodes")).collect();
        assert_eq!(episodes, [0.0, 8.0, 16.0, 24.0, 32.0, 40.0]);
        let reached = memory.points.iter().find(|(_, values)| number(values, "success") >= threshold);
        let expected = reached.map_or(40.0, |(costs, _)| number(costs, "episodes"));
        assert_eq!(memory.value("episodes-to-success"), Some(expected));
        assert_eq!(memory.counters["runs that stay below the threshold"], u64::from(reached.is_none()));
    }
    let never = ImplicitRewards { threshold: 0.0, ..study(BOXES) };
    assert!(never.validate().expect_err("reached by nothing").to_string().contains("threshold"));
}

#[test]
fn a_warm_start_teaches_box_pushing_before_training() {
    let before = |warm_start: WarmStart| {
        let mut study = ImplicitRewards { tasks: 16, ..study(BOXES) };
        if let ImplicitWorld::BoxPushing { warm_start: taught, .. } = &mut study.world {
            *taught = warm_start;
        }
        let context = Context { seed: 3, device: DeviceChoice::Cpu };
        number(&Memory::of(&study, &context).expect("runs").points[0].1, "success")
    };
    let warm = WarmStart {
        demonstrations: 60,
        epochs: 40,
        minibatch: 8,
        learning_rate: 0.01,
        ..WarmStart::default()
    };
    let (cold, warm) = (before(WarmStart::default()), before(warm));
    assert!(warm > 0.7 && cold < warm, "{cold} {warm}");
}

#[test]
fn a_window_that_cannot_be_compared_is_refused() {
    let late = ImplicitRewards { teaching: 4, ..study(BOXES) };
    assert!(late.validate().expect_err("no room").to_string().contains("teaching"));
}
