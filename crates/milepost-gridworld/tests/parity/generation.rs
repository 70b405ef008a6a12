use std::collections::BTreeMap;

use milepost_core::{Environment, TaskSeed};
use milepost_gridworld::{Gridworld, registered_ids};
use milepost_testkit::fixtures;
use serde::Deserialize;

use crate::recording::{LevelRecord, Record, hex};
use crate::{FAMILIES, report};

/// An environment as recorded, with the arguments it was made with; `None` if those make other levels than the
/// registered ones.
fn make(record: &Record) -> Option<Gridworld> {
    if !record.kwargs.other.is_empty() {
        return None;
    }
    let mut world = Gridworld::make(&record.env).expect("registered");
    if let Some(size) = record.kwargs.agent_view_size {
        world = world.with_view_size(size).expect("a recorded view size");
    }
    if let Some(see_through) = record.kwargs.see_through_walls {
        world = world.with_see_through_walls(see_through);
    }
    if let Some(max_steps) = record.kwargs.max_steps {
        world = world.with_max_steps(max_steps).expect("a recorded budget");
    }
    Some(world)
}

#[derive(Deserialize)]
struct Registered {
    id: String,
}

#[test]
fn every_name_is_registered_fixture() {
    let names: Vec<Registered> = fixtures::json("parity/minigrid/env_ids.json").expect("the fixture");
    let missing: Vec<&str> =
        names.iter().map(|name| name.id.as_str()).filter(|id| Gridworld::make(id).is_err()).collect();
    assert!(missing.is_empty(), "not registered: {missing:?}");
    let ids: Vec<&str> = registered_ids().collect();
    assert!(ids.is_sorted(), "the register is in alphabetical order");
}

/// Where MiniGrid draws poses for the agent forever, there is an error.
#[test]
fn levels_that_hang_in_the_original_are_refused_fixture() {
    let records: Vec<Record> = fixtures::json_lines("parity/minigrid/gen.jsonl.gz").expect("the fixture");
    for record in records.iter().filter(|record| record.hang) {
        let mut world = Gridworld::make(&record.env).expect("registered");
        let mut last = world.reset(TaskSeed::literal(record.seed));
        for _ in 0..record.reset_index {
            last.expect("the resets before are recorded");
            last = world.reset_next();
        }
        let error = last.expect_err("no pose").to_string();
        assert!(error.contains("faces an object"), "{error}");
    }
}

/// What differs between a drawn level and a recorded one.
fn difference(world: &Gridworld, level: &LevelRecord) -> Option<String> {
    let expected = level.world(world.name());
    let (mut got, mut want) = (world.new_observation(), expected.new_observation());
    world.observe(&mut got);
    expected.observe(&mut want);
    let checks = [
        ("settings", world.settings() == level.settings()),
        ("mission", world.mission() == level.mission),
        ("map, pose and content of boxes", format!("{:016x}", world.recorded_hash()) == level.init.hash),
        ("task", world.task() == Some(&level.task.task())),
        ("first image", level.first_image().is_none_or(|image| image == hex(&got.image))),
        ("observation", got == want),
        ("key", world.state_key() == expected.state_key()),
        ("random stream", world.rng() == &level.rng()),
    ];
    let wrong: Vec<&str> = checks.iter().filter(|(_, same)| !same).map(|(what, _)| *what).collect();
    (!wrong.is_empty()).then(|| wrong.join(", "))
}

#[test]
fn seeds_draw_the_recorded_levels_fixture() {
    let records: Vec<Record> = fixtures::json_lines("parity/minigrid/gen.jsonl.gz").expect("the fixture");
    let mut drawn: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for record in records.iter().filter(|record| !record.hang) {
        let level = record.level.as_ref().expect("a level");
        let Some(mut world) = make(record) else { continue };
        world.reset(TaskSeed::literal(record.seed)).expect("a level");
        for _ in 0..record.reset_index {
            world.reset_next().expect("a level");
        }
        *drawn.entry(&record.env).or_default() += 1;
        if let Some(what) = difference(&world, level) {
            wrong.push(format!("{} seed {} reset {}: {what}", record.env, record.seed, record.reset_index));
        }
    }
    report(&format!("{} levels of {} environments compared", drawn.values().sum::<usize>(), drawn.len()));
    assert!(wrong.is_empty(), "{} levels differ: {wrong:#?}", wrong.len());
    for family in FAMILIES {
        assert!(drawn.keys().any(|env| env.starts_with(family)), "no level of {family} was recorded");
    }
}

/// Episodes are recorded from a seed too: the same level must come out of it.
#[test]
fn seeds_draw_the_levels_of_recorded_episodes_fixture() {
    let mut compared = 0;
    for file in ["traces", "variants"] {
        let records: Vec<Record> =
            fixtures::json_lines(&format!("parity/minigrid/{file}.jsonl.gz")).expect("the fixture");
        for record in &records {
            if let Some((mut world, level)) = make(record).zip(record.level.as_ref()) {
                world.reset(TaskSeed::literal(record.seed)).expect("a level");
                assert_eq!(difference(&world, level), None, "{} seed {}", record.env, record.seed);
                compared += 1;
            }
        }
    }
    assert!(compared > 0, "no recorded episode is of a registered environment");
}
