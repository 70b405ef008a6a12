use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};

use milepost_core::{Batch, Channel, Group, Level, Signals, Trajectory};

use super::suite::Subject;
use super::{Law, Violation};

/// Runs the scorer; a panic is an error like any other, told by its text.
fn run<S, O: Clone>(
    subject: &mut Subject<'_, S, O>,
    scorer: &mut S,
    batch: &Batch<O>,
) -> Result<Batch<O>, String> {
    let mut scored = batch.clone();
    match catch_unwind(AssertUnwindSafe(|| (subject.score)(scorer, &mut scored))) {
        Ok(Ok(())) => Ok(scored),
        Ok(Err(error)) => Err(error),
        Err(_) => Err("the scorer panicked".to_owned()),
    }
}

fn scored<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    scorer: &mut S,
    batch: &Batch<O>,
) -> Result<Batch<O>, Violation> {
    run(subject, scorer, batch).map_err(|error| Violation::new(Law::AcceptsValidBatches, batch, error))
}

/// The same channel, bit for bit; `==` would take −0 for 0.
fn same_bits(a: &Channel, b: &Channel) -> bool {
    let bits = |channel: &Channel| channel.values().iter().map(|value| value.to_bits()).collect::<Vec<_>>();
    a.name() == b.name() && a.level() == b.level() && a.valid() == b.valid() && bits(a) == bits(b)
}

fn same_signals(a: &Signals, b: &Signals) -> bool {
    a.iter().len() == b.iter().len() && a.iter().zip(b.iter()).all(|(a, b)| same_bits(a, b))
}

pub(super) fn writes_only_its_channel<S, O: Clone + Debug + PartialEq>(
    subject: &mut Subject<'_, S, O>,
    batch: &Batch<O>,
) -> Result<(), Violation> {
    let law = Law::WritesOnlyItsChannel;
    let fail = |what: String| Err(Violation::new(law, batch, what));
    let mut scorer = (subject.make)();
    let after = scored(subject, &mut scorer, batch)?;
    if after.trajectories().count() != batch.trajectories().count() {
        return fail("trajectories came or went".to_owned());
    }
    for (index, (before, after)) in batch.trajectories().zip(after.trajectories()).enumerate() {
        if let Err(error) = after.validate() {
            return fail(format!("trajectory {index} no longer fits together: {error}"));
        }
        let old = before.signals.iter().len();
        let names: Vec<&str> = after.signals.iter().skip(old).map(Channel::name).collect();
        if names != subject.channels {
            return fail(format!(
                "trajectory {index} got the channels {names:?}, not {:?}",
                subject.channels
            ));
        }
        if !before.signals.iter().zip(after.signals.iter()).all(|(a, b)| same_bits(a, b)) {
            return fail(format!("a channel that trajectory {index} had before was changed"));
        }
        let mut stripped = after.clone();
        stripped.signals.clone_from(&before.signals);
        if stripped != *before {
            return fail(format!("something other than the channels of trajectory {index} was changed"));
        }
    }
    Ok(())
}

pub(super) fn refuses_a_taken_name<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batch: &Batch<O>,
) -> Result<(), Violation> {
    let mut taken = batch.clone();
    for name in subject.channels.clone() {
        for trajectory in taken.trajectories_mut() {
            let length = trajectory.len_at(Level::Trajectory);
            let other = Channel::dense(&*name, Level::Trajectory, vec![7.5; length]);
            // The name is free: the batch was drawn without it.
            other.and_then(|channel| trajectory.add_channel(channel)).map_err(|error| {
                Violation::new(Law::RefusesATakenName, batch, format!("cannot be checked: {error}"))
            })?;
        }
    }
    let mut scorer = (subject.make)();
    if taken.trajectories().next().is_none() || run(subject, &mut scorer, &taken).is_err() {
        return Ok(());
    }
    let what = "a channel of its name was there already, and the scorer went on";
    Err(Violation::new(Law::RefusesATakenName, &taken, what))
}

pub(super) fn is_deterministic<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batches: &[Batch<O>; 2],
) -> Result<(), Violation> {
    let mut scorers = [(subject.make)(), (subject.make)()];
    for batch in batches {
        let [first, second] = &mut scorers;
        let (first, second) = (scored(subject, first, batch)?, scored(subject, second, batch)?);
        same_batch(Law::IsDeterministic, batch, "two fresh scorers", &first, &second)?;
    }
    Ok(())
}

fn same_batch<O: Debug>(
    law: Law,
    shown: &Batch<O>,
    what: &str,
    first: &Batch<O>,
    second: &Batch<O>,
) -> Result<(), Violation> {
    for (index, (a, b)) in first.trajectories().zip(second.trajectories()).enumerate() {
        if !same_signals(&a.signals, &b.signals) {
            let what = format!("{what} disagree on trajectory {index}: {:?} and {:?}", a.signals, b.signals);
            return Err(Violation::new(law, shown, what));
        }
    }
    Ok(())
}

pub(super) fn missing_is_not_zero<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batch: &Batch<O>,
    name: &str,
) -> Result<(), Violation> {
    let law = Law::MissingIsNotZero;
    let mut emptied = batch.clone();
    for trajectory in emptied.trajectories_mut() {
        let channels: Vec<Channel> = trajectory.signals.iter().cloned().collect();
        trajectory.signals.clear();
        for channel in channels {
            let length = channel.values().len();
            let channel = if channel.name() == name {
                Channel::masked(name, channel.level(), vec![0.0; length], vec![false; length])
            } else {
                Ok(channel)
            };
            let added = channel.and_then(|channel| trajectory.signals.insert(channel));
            added.map_err(|error| Violation::new(law, batch, format!("cannot be checked: {error}")))?;
        }
        if trajectory.signals.get(name).is_none() {
            let what = format!("cannot be checked: the batches have no channel `{name}`");
            return Err(Violation::new(law, batch, what));
        }
    }
    let mut scorer = (subject.make)();
    // To refuse a batch without a single value is honest too.
    let Ok(after) = run(subject, &mut scorer, &emptied) else { return Ok(()) };
    for (index, trajectory) in after.trajectories().enumerate() {
        for own in &subject.channels {
            let present = trajectory.signals.get(own).and_then(|channel| channel.iter().flatten().next());
            if let Some(value) = present {
                let what = format!("`{name}` of trajectory {index} has no value, yet `{own}` says {value}");
                return Err(Violation::new(law, &emptied, what));
            }
        }
    }
    Ok(())
}

pub(super) fn trajectories_are_independent<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batch: &Batch<O>,
) -> Result<(), Violation> {
    let law = Law::TrajectoriesAreIndependent;
    let mut scorer = (subject.make)();
    let whole = scored(subject, &mut scorer, batch)?;
    for (index, (before, together)) in batch.trajectories().zip(whole.trajectories()).enumerate() {
        let Ok(group) = Group::new(vec![before.clone()]) else { continue };
        let mut scorer = (subject.make)();
        let alone = scored(subject, &mut scorer, &Batch { groups: vec![group] })?;
        let alone = alone.trajectories().next().map(|trajectory| &trajectory.signals);
        if !alone.is_some_and(|alone| same_signals(alone, &together.signals)) {
            let what = format!("trajectory {index} alone has {alone:?}, in the batch {:?}", together.signals);
            return Err(Violation::new(law, batch, what));
        }
    }
    Ok(())
}

pub(super) fn telescopes<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batch: &Batch<O>,
    gamma: f64,
    potential: &dyn Fn(&Trajectory<O>, usize) -> f64,
    tolerance: f64,
) -> Result<(), Violation> {
    let law = Law::Telescopes;
    let fail = |what: String| Err(Violation::new(law, batch, what));
    let mut scorer = (subject.make)();
    let after = scored(subject, &mut scorer, batch)?;
    for (index, trajectory) in after.trajectories().enumerate() {
        let turns = trajectory.turns.len();
        if turns == 0 {
            continue;
        }
        let discount = libm::pow(gamma, turns as f64);
        let last = if trajectory.ending.bootstraps() { potential(trajectory, turns) } else { 0.0 };
        let expected = discount * last - potential(trajectory, 0);
        for name in &subject.channels {
            let Some(channel) = trajectory.signals.get(name) else { continue };
            let whole = channel.level() == Level::Turn && channel.valid().iter().all(|valid| *valid);
            if !whole {
                return fail(format!("`{name}` of trajectory {index} is not one value for each turn"));
            }
            let sum = channel.values().iter().rev().fold(0.0, |sum, value| value + gamma * sum);
            if (sum - expected).abs() > tolerance * (1.0 + expected.abs()) {
                return fail(format!(
                    "`{name}` of trajectory {index} sums to {sum}; the potential at its ends gives {expected}"
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn resumes_bit_for_bit<S, O: Clone + Debug>(
    subject: &mut Subject<'_, S, O>,
    batches: &[Batch<O>; 2],
    save: &dyn Fn(&S) -> Vec<u8>,
    restore: impl Fn(&mut S, &[u8]) -> Result<(), String>,
) -> Result<(), Violation> {
    let law = Law::ResumesBitForBit;
    let mut original = (subject.make)();
    scored(subject, &mut original, &batches[0])?;
    let mut resumed = (subject.make)();
    restore(&mut resumed, &save(&original))
        .map_err(|error| Violation::new(law, &batches[0], format!("its own state was refused: {error}")))?;
    let (first, second) =
        (scored(subject, &mut original, &batches[1])?, scored(subject, &mut resumed, &batches[1])?);
    same_batch(law, &batches[1], "the original and its copy", &first, &second)?;
    if save(&original) == save(&resumed) {
        return Ok(());
    }
    Err(Violation::new(law, &batches[1], "the original and its copy differ in what they save afterwards"))
}
