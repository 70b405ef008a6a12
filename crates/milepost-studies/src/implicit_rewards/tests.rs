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
    assert!(memory.value("final-success").is_some_and(|success| (0.0..=1.0).contains(&success)));
    assert_eq!(memory, run());
}

#[test]
fn a_window_that_cannot_be_compared_is_refused() {
    let late = ImplicitRewards { teaching: 4, ..study(BOXES) };
    assert!(late.validate().expect_err("no room").to_string().contains("teaching"));
}
