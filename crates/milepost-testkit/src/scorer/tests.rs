//! Each law must be able to fail.

use std::cell::Cell;

use milepost_core::{Batch, Channel, Environment, Level, SignalError, TaskSeed, Trajectory};

use super::{Law, ScorerLaws, Violation, shaping_regret};
use crate::environment::Corridor;
use crate::strategies::BatchShape;

type Scored = Result<(), SignalError>;

fn shape() -> BatchShape {
    BatchShape { channels: vec![("judge".to_owned(), Level::Turn)], ..BatchShape::default() }
}

/// The recorded potential of each state.
fn phi(trajectory: &Trajectory<u32>, state: usize) -> f64 {
    trajectory.records.get("progress").map_or(0.0, |row| row[state])
}

/// A turn-level channel from a function of trajectory and turn.
fn turn_level(
    batch: &mut Batch<u32>,
    name: &str,
    value: impl Fn(&Trajectory<u32>, usize) -> Option<f64>,
) -> Scored {
    for trajectory in batch.trajectories_mut() {
        let values: Vec<Option<f64>> = (0..trajectory.turns.len()).map(|t| value(trajectory, t)).collect();
        let valid = values.iter().map(Option::is_some).collect();
        let values = values.into_iter().map(Option::unwrap_or_default).collect();
        trajectory.add_channel(Channel::masked(name, Level::Turn, values, valid)?)?;
    }
    Ok(())
}

const GAMMA: f64 = 0.9;

fn shaped(trajectory: &Trajectory<u32>, turn: usize, gamma: f64, keep_terminal: bool) -> f64 {
    let last = turn + 1 == trajectory.turns.len();
    let nothing_follows = last && !trajectory.ending.bootstraps() && !keep_terminal;
    let next = if nothing_follows { 0.0 } else { phi(trajectory, turn + 1) };
    gamma * next - phi(trajectory, turn)
}

fn shaping(batch: &mut Batch<u32>) -> Scored {
    turn_level(batch, "shaping", |trajectory, turn| Some(shaped(trajectory, turn, GAMMA, false)))
}

/// Twice what the judge said, where it said anything.
fn doubled(batch: &mut Batch<u32>) -> Scored {
    turn_level(batch, "double", |t, turn| Some(2.0 * t.signals.get("judge")?.get(turn)?))
}

/// Counts states over its life: a scorer with memory.
fn novelty(seen: &mut u64, batch: &mut Batch<u32>) -> Scored {
    for trajectory in batch.trajectories_mut() {
        let counted = *seen + 1;
        *seen += trajectory.state_keys.len() as u64;
        let value = 1.0 / counted as f64;
        trajectory.add_channel(Channel::dense("novelty", Level::Trajectory, vec![value])?)?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
#[error("eight bytes are needed")]
struct Truncated;

fn restore(seen: &mut u64, bytes: &[u8]) -> Result<(), Truncated> {
    *seen = u64::from_le_bytes(bytes.try_into().map_err(|_| Truncated)?);
    Ok(())
}

#[test]
fn lawful_scorers_pass() {
    let observe = |key| key as u32;
    ScorerLaws::stateless(["shaping"], shaping)
        .trajectories_are_independent()
        .telescopes(GAMMA, phi)
        .conformance(&shape(), observe, 60);
    ScorerLaws::stateless(["double"], doubled).reads("judge").trajectories_are_independent().conformance(
        &shape(),
        observe,
        60,
    );
    ScorerLaws::new(["novelty"], || 0_u64, novelty)
        .resumes(|seen| seen.to_le_bytes().to_vec(), restore)
        .conformance(&shape(), observe, 60);
}

/// The violation of a scorer that must have one.
#[track_caller]
fn broken<'a, S: 'a>(law: Law, mut laws: ScorerLaws<'a, S, u32>) -> Violation {
    let violation = laws.check(&shape(), |key| key as u32, 60).expect_err("the scorer is broken");
    assert_eq!(violation.law, law, "{violation}");
    violation
}

#[test]
fn every_law_can_fail() {
    let refuses_long = |batch: &mut Batch<u32>| match batch.trajectories().count() {
        0..3 => shaping(batch),
        _ => Err(SignalError::Missing { channel: "none".to_owned(), present: String::new() }),
    };
    broken(Law::AcceptsValidBatches, ScorerLaws::stateless(["shaping"], refuses_long));
    let panics = |batch: &mut Batch<u32>| {
        let first = batch.trajectories().next().map_or(0.0, |t| t.turns[0].reward);
        turn_level(batch, "shaping", |_, _| Some(first))
    };
    broken(Law::AcceptsValidBatches, ScorerLaws::stateless(["shaping"], panics));

    let under_another_name = |batch: &mut Batch<u32>| turn_level(batch, "shapes", |_, _| Some(0.0));
    broken(Law::WritesOnlyItsChannel, ScorerLaws::stateless(["shaping"], under_another_name));
    let only_successes = |batch: &mut Batch<u32>| {
        for trajectory in batch.trajectories_mut().filter(|t| t.ending.is_success()) {
            trajectory.add_channel(Channel::dense("bonus", Level::Trajectory, vec![1.0])?)?;
        }
        Ok::<_, SignalError>(())
    };
    broken(Law::WritesOnlyItsChannel, ScorerLaws::stateless(["bonus"], only_successes));
    let clips_the_environment = |batch: &mut Batch<u32>| {
        for turn in batch.trajectories_mut().flat_map(|t| &mut t.turns) {
            turn.reward = turn.reward.min(1.0);
        }
        shaping(batch)
    };
    broken(Law::WritesOnlyItsChannel, ScorerLaws::stateless(["shaping"], clips_the_environment));
    let clears = |batch: &mut Batch<u32>| {
        batch.trajectories_mut().for_each(|t| t.signals.clear());
        shaping(batch)
    };
    broken(Law::WritesOnlyItsChannel, ScorerLaws::stateless(["shaping"], clears));

    let keeps_quiet = |batch: &mut Batch<u32>| shaping(batch).or(Ok::<(), SignalError>(()));
    broken(Law::RefusesATakenName, ScorerLaws::stateless(["shaping"], keeps_quiet));

    let calls = Cell::new(0.0);
    let moody = |batch: &mut Batch<u32>| {
        calls.set(calls.get() + 1.0);
        turn_level(batch, "mood", |_, _| Some(calls.get()))
    };
    broken(Law::IsDeterministic, ScorerLaws::stateless(["mood"], moody));

    let as_zero = |batch: &mut Batch<u32>| {
        turn_level(batch, "double", |t, turn| Some(2.0 * t.signals.get("judge")?.values()[turn]))
    };
    broken(Law::MissingIsNotZero, ScorerLaws::stateless(["double"], as_zero).reads("judge"));

    let relative = |batch: &mut Batch<u32>| {
        let turns: usize = batch.trajectories().map(|t| t.turns.len()).sum();
        turn_level(batch, "share", |_, _| Some(1.0 / turns as f64))
    };
    let relative = ScorerLaws::stateless(["share"], relative);
    broken(Law::TrajectoriesAreIndependent, relative.trajectories_are_independent());

    let telescopes = |form: fn(&Trajectory<u32>, usize) -> f64| {
        let scorer =
            move |batch: &mut Batch<u32>| turn_level(batch, "shaping", |t, turn| Some(form(t, turn)));
        ScorerLaws::stateless(["shaping"], scorer).telescopes(GAMMA, phi)
    };
    broken(Law::Telescopes, telescopes(|t, turn| phi(t, turn + 1)));
    broken(Law::Telescopes, telescopes(|t, turn| phi(t, turn + 1) - phi(t, turn)));
    broken(Law::Telescopes, telescopes(|t, turn| shaped(t, turn, GAMMA, true)));

    let save = |seen: &u64| seen.to_le_bytes().to_vec();
    let forgets = |seen: &mut u64, bytes: &[u8]| restore(seen, bytes).map(|()| *seen /= 2);
    let resumes = ScorerLaws::new(["novelty"], || 0_u64, novelty);
    broken(Law::ResumesBitForBit, resumes.resumes(save, forgets));
    let refuses = |_: &mut u64, _: &[u8]| Err::<(), _>(Truncated);
    broken(Law::ResumesBitForBit, ScorerLaws::new(["novelty"], || 0_u64, novelty).resumes(save, refuses));
    // What only shows in what is saved next.
    let lossy = |seen: &u64| vec![(*seen % 251) as u8; 1 + usize::from(*seen > 30)];
    let blind = |_: &mut u64, _: &[u8]| Ok::<(), Truncated>(());
    let constant = |_: &mut u64, batch: &mut Batch<u32>| turn_level(batch, "novelty", |_, _| Some(1.0));
    let counting = move |seen: &mut u64, batch: &mut Batch<u32>| {
        *seen += batch.trajectories().count() as u64;
        constant(seen, batch)
    };
    broken(Law::ResumesBitForBit, ScorerLaws::new(["novelty"], || 0_u64, counting).resumes(lossy, blind));
}

fn corridor() -> Corridor {
    let mut world = Corridor::new(4, 12);
    world.reset(TaskSeed::literal(1)).expect("resets");
    world
}

fn position(world: &Corridor) -> f64 {
    (world.state_key() >> 1) as f64
}

#[test]
fn potential_differences_cost_no_regret_whatever_the_potential() {
    for scale in [1.0, -3.0, 100.0] {
        let phi = |world: &Corridor| scale * position(world);
        let zero_after_the_end = shaping_regret(
            &corridor(),
            GAMMA,
            |step| GAMMA * if step.ending.is_some() { 0.0 } else { phi(step.after) } - phi(step.before),
            |_| 0.0,
        );
        assert!(zero_after_the_end.expect("horizon").abs() < 1e-9);
        let kept_and_bootstrapped = shaping_regret(
            &corridor(),
            GAMMA,
            |step| {
                let over = step.ending.is_some_and(|ending| !ending.bootstraps());
                GAMMA * if over { 0.0 } else { phi(step.after) } - phi(step.before)
            },
            |world| -phi(world),
        );
        assert!(kept_and_bootstrapped.expect("horizon").abs() < 1e-9);
    }
}

#[test]
fn rewards_that_are_no_potential_difference_cost_regret() {
    // Paid for being near the goal, the agent stays near it.
    let hovering = shaping_regret(&corridor(), GAMMA, |step| position(step.after), |_| 0.0);
    assert!(hovering.expect("horizon") > 0.05, "{hovering:?}");
    // A potential that is kept at a failure is a bonus for failing.
    let bonus = shaping_regret(
        &corridor(),
        GAMMA,
        |step| {
            let lost = step.ending.is_some() && step.action == 0;
            GAMMA * if lost { 10.0 } else { 0.0 }
        },
        |_| 0.0,
    );
    assert!(bonus.expect("horizon") > 0.05, "{bonus:?}");
}
