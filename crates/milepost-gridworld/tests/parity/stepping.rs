use std::collections::BTreeMap;

use milepost_core::Environment;
use milepost_gridworld::{Action, Distance, DistanceOracle, Object};
use milepost_testkit::fixtures;
use serde_json::Value;

use crate::FAMILIES;
use crate::recording::{LevelRecord, Record, Steps, hex, object_record};

/// Replays one episode; the first difference, if there is one.
fn replay(record: &Record, level: &LevelRecord, steps: &Steps) -> Result<(), String> {
    let mut world = level.world(&record.env);
    let mut seen = world.new_observation();
    let differs = |t: usize, what: &str, got: &dyn std::fmt::Debug, want: &dyn std::fmt::Debug| {
        Err(format!("step {t}: {what} is {got:?}, recorded {want:?}"))
    };
    let hash = format!("{:016x}", world.recorded_hash());
    if hash != level.init.hash {
        return differs(0, "initial hash", &hash, &level.init.hash);
    }
    world.observe(&mut seen);
    if let Some(image) = level.first_image().filter(|image| *image != hex(&seen.image)) {
        return differs(0, "first image", &hex(&seen.image), &image);
    }
    for (t, action) in steps.actions.iter().enumerate() {
        let raw = world.step_raw(Action::ALL[*action]).map_err(|e| e.to_string())?;
        world.observe(&mut seen);
        let (position, carrying) = (world.agent().expect("started"), world.carrying());
        let carry = carrying.as_ref().map_or(Value::Null, object_record);
        let hash = format!("{:016x}", world.recorded_hash());
        if hex(&seen.image) != steps.obs[t] {
            return differs(t, "image", &hex(&seen.image), &steps.obs[t]);
        }
        if (seen.direction, (position.x, position.y)) != (steps.dir[t], steps.pos[t]) {
            return differs(t, "pose", &(seen.direction, position), &(steps.dir[t], steps.pos[t]));
        }
        if carry != steps.carry[t] {
            return differs(t, "hand", &carry, &steps.carry[t]);
        }
        if raw.reward.to_bits() != steps.rew[t].to_bits() {
            return differs(t, "reward", &raw.reward, &steps.rew[t]);
        }
        if (u8::from(raw.terminated), u8::from(raw.truncated)) != (steps.term[t], steps.trunc[t]) {
            return differs(t, "end", &(raw.terminated, raw.truncated), &(steps.term[t], steps.trunc[t]));
        }
        if hash != steps.hash[t] {
            return differs(t, "hash", &hash, &steps.hash[t]);
        }
        if world.state_key() != world.state_key_from_scratch() {
            return differs(t, "key", &world.state_key(), &world.state_key_from_scratch());
        }
        if let Some(obstacles) = &steps.obst {
            let got: Vec<(u8, u8)> = world.obstacles().iter().map(|p| (p.x, p.y)).collect();
            if got != obstacles[t] {
                return differs(t, "obstacles", &got, &obstacles[t]);
            }
        }
    }
    Ok(())
}

/// Replays every episode of a file, and fails with the number of differences and the first of each environment.
fn replay_all(file: &str) -> BTreeMap<String, usize> {
    let records: Vec<Record> = fixtures::json_lines(file).expect("the fixture");
    let mut replayed: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for record in &records {
        let (Some(level), Some(steps)) = (&record.level, &record.steps) else {
            panic!("{file}: {} seed {} is no episode", record.env, record.seed)
        };
        *replayed.entry(record.env.clone()).or_default() += 1;
        if let Err(difference) = replay(record, level, steps) {
            let first = format!("seed {}, policy {}: {difference}", record.seed, record.policy);
            wrong.entry(record.env.clone()).or_insert((0, first)).0 += 1;
        }
    }
    assert!(wrong.is_empty(), "{file}: differences by environment (count, first): {wrong:#?}");
    assert!(!replayed.is_empty(), "{file} has no episodes");
    replayed
}

#[test]
fn every_recorded_episode_replays_exactly_fixture() {
    let replayed = replay_all("parity/minigrid/traces.jsonl.gz");
    for family in FAMILIES {
        assert!(replayed.keys().any(|env| env.starts_with(family)), "no episode of {family} was recorded");
    }
}

#[test]
fn edge_cases_replay_exactly_fixture() {
    replay_all("parity/minigrid/edges.jsonl.gz");
}

#[test]
fn other_view_sizes_and_see_through_walls_replay_exactly_fixture() {
    replay_all("parity/minigrid/variants.jsonl.gz");
}

/// Along a recorded success, the distance never exceeds the steps that were still to come.
#[test]
fn no_recorded_success_is_faster_than_the_oracle_says_fixture() {
    let records: Vec<Record> = fixtures::json_lines("parity/minigrid/traces.jsonl.gz").expect("the fixture");
    let mut oracle = DistanceOracle::new(5_000, 50_000);
    let mut compared = 0;
    for record in &records {
        let (Some(level), Some(steps)) = (&record.level, &record.steps) else { continue };
        if steps.rew.last().is_none_or(|reward| *reward <= 0.0) {
            continue;
        }
        let mut world = level.world(&record.env);
        if oracle.distance(&world) == Distance::Unknown {
            continue;
        }
        for (t, action) in steps.actions.iter().enumerate() {
            let distance = oracle.steps_to_go(&world).expect("success was reached from here");
            let left = steps.actions.len() - t;
            assert!(distance as usize <= left, "{} seed {} step {t}: {distance}", record.env, record.seed);
            world.step_raw(Action::ALL[*action]).expect("started");
        }
        assert_eq!(oracle.distance(&world), Distance::Steps(0), "{} seed {}", record.env, record.seed);
        compared += 1;
    }
    assert!(compared > 0, "no recorded success is of a level that can be enumerated");
}

#[test]
fn a_carried_object_is_reported_with_what_it_hides() {
    let hidden = Object::new(milepost_gridworld::Kind::Key, milepost_gridworld::Color::Red);
    let carried = Object::box_with(milepost_gridworld::Color::Blue, hidden);
    assert_eq!(object_record(&carried).to_string(), "[7,2,0,[5,0,0]]");
}
