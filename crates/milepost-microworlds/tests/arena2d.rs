//! The arena keeps the laws of environments, and its scripts record data of the promised quality.

use milepost_core::{Ending, EnvError, Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_microworlds::arena2d::{
    Arena2d, Arena2dConfig, ArenaData, ArenaReward, Recording, Script, expert_force, record,
};
use milepost_testkit::environment::{self, KeyScope, Options};

fn arena(config: Arena2dConfig) -> Arena2d {
    Arena2d::new(config).expect("valid parameters")
}

fn episodes(arena: &Arena2d, scripts: &[Script], seed: u64) -> Vec<Recording> {
    let one = |(index, script): (usize, &Script)| {
        let key = StreamKey { task: index as u64, ..StreamKey::new(seed, Purpose::named("arena2d data")) };
        record(arena, *script, TaskSeed::train(seed, index as u64), &mut Stream::new(key)).expect("plays")
    };
    scripts.iter().enumerate().map(one).collect()
}

fn mean_return(recordings: &[Recording]) -> f64 {
    recordings.iter().map(|r| r.rewards.iter().sum::<f64>()).sum::<f64>() / recordings.len() as f64
}

/// Some of them are clipped.
fn force(stream: &mut Stream) -> [f64; 2] {
    [0, 1].map(|_| 2.5 * stream.uniform() - 1.25)
}

#[test]
fn every_variant_conforms_as_an_environment() {
    let no_numbers = [[f64::NAN, 0.0], [0.0, f64::INFINITY]];
    for reward in [ArenaReward::Dense, ArenaReward::Sparse] {
        for hide_velocity in [false, true] {
            let config = Arena2dConfig { reward, hide_velocity, ..Arena2dConfig::default() };
            let options = Options { keys: KeyScope::Observation, max_steps: 250, ..Options::default() };
            let met = environment::continuous_conformance(&arena(config), force, &no_numbers, &options);
            assert_eq!(met.endings, met.episodes);
        }
    }
}

#[test]
fn the_expert_reaches_the_goal_from_every_start_and_nobody_else_is_needed() {
    let sparse = arena(Arena2dConfig { reward: ArenaReward::Sparse, ..Arena2dConfig::default() });
    for index in 0..100 {
        let mut arena = sparse.clone();
        arena.reset(TaskSeed::evaluation(0, index)).expect("resets");
        while arena.ending().is_none() {
            let force = expert_force(arena.state().expect("reset"));
            arena.step(&force).expect("runs");
        }
        assert!(arena.ending().is_some_and(Ending::is_success), "start {index}");
        assert!(arena.elapsed() < 180, "start {index} took {} steps", arena.elapsed());
    }
}

#[test]
fn returns_rise_with_skill_and_replay_spans_them() {
    let dense = arena(Arena2dConfig::default());
    let at = |data: ArenaData| episodes(&dense, &data.scripts(100), 1);
    let [random, medium, replay, full, expert, mixed] = ArenaData::ALL.map(|data| mean_return(&at(data)));
    assert!(random + 30.0 < medium && medium + 30.0 < expert, "{random} {medium} {expert}");
    assert!(random < replay && replay < medium && replay < full && full < expert);
    assert!((mixed - (0.9 * random + 0.1 * expert)).abs() < 10.0, "{mixed}");
    let returns: Vec<f64> = at(ArenaData::FullReplay).iter().map(|r| r.rewards.iter().sum()).collect();
    let (low, high) = returns.iter().fold((f64::MAX, f64::MIN), |(l, h), r| (l.min(*r), h.max(*r)));
    assert!(low < random && high > expert - 20.0, "{low} {high} against {random} {expert}");
}

#[test]
fn a_hidden_velocity_leaves_the_position() {
    let seen = episodes(&arena(Arena2dConfig::default()), &[Script::Skill(1.0)], 3).remove(0);
    let hidden = Arena2dConfig { hide_velocity: true, ..Arena2dConfig::default() };
    let hidden = episodes(&arena(hidden), &[Script::Skill(1.0)], 3).remove(0);
    let positions: Vec<f32> = seen.observations.chunks(4).flat_map(|row| row[..2].to_vec()).collect();
    assert_eq!((positions, seen.actions), (hidden.observations, hidden.actions));
}

#[test]
fn forces_that_are_no_numbers_are_refused_by_component() {
    let mut arena = arena(Arena2dConfig::default());
    assert!(matches!(arena.step(&[0.0, 0.0]), Err(EnvError::NotReset { .. })));
    arena.reset(TaskSeed::literal(1)).expect("resets");
    let error = arena.step(&[0.0, f64::NAN]).expect_err("not a number");
    assert!(
        matches!(error, EnvError::InvalidAction { .. }) && error.to_string().contains("component 1"),
        "{error}"
    );
    let drag = Arena2dConfig { drag: -1.0, ..Arena2dConfig::default() };
    assert!(Arena2d::new(drag).expect_err("negative").to_string().contains("drag"));
}
