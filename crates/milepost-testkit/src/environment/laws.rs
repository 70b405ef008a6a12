use std::collections::BTreeMap;

use milepost_core::{DiscreteEnvironment, Ending, EnvError, TaskSeed};

use super::episode::{Frame, episode, replay, started, walk, walks};
use super::{Law, Options, RandomActions, Violation, observed, same};

fn same_frames<O: PartialEq + std::fmt::Debug>(
    law: Law,
    task: TaskSeed,
    what: &str,
    found: &[Frame<O>],
    expected: &[Frame<O>],
) -> Result<(), Violation> {
    same(law, task, 0, &format!("{what}, number of states"), &found.len(), &expected.len())?;
    for (step, (f, e)) in found.iter().zip(expected).enumerate() {
        same(law, task, step, what, f, e)?;
    }
    Ok(())
}

/// Same seed and same actions give the same observations, rewards, endings and keys, both from a fresh
/// clone and after another episode was played on the same value: `reset` forgets everything.
pub fn seeds_are_honoured<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::SeedsAreHonoured;
    let mut used = prototype.clone();
    for (task, stream) in walks(options) {
        let walked = episode(prototype, task, stream, options)?;
        let fresh = replay(&mut started(prototype, task)?, task, &walked.actions)?;
        same_frames(law, task, "a second episode with the same seed", &fresh, &walked.frames)?;
        // `used` comes from the episode before, perhaps of another task, mostly ended.
        used.reset(task).map_err(|error| Violation::error(task, 0, "reset", &error))?;
        let again = replay(&mut used, task, &walked.actions)?;
        same_frames(law, task, "an episode after a reset of a used environment", &again, &fresh)?;
    }
    Ok(())
}

/// Some two of the tasks differ in an observation, reward, ending or key under the same actions.
pub fn seeds_matter<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let Some((first, stream)) = walks(options).next() else { return Ok(()) };
    let walked = episode(prototype, first, stream, options)?;
    for task in &options.tasks {
        let mut other = started(prototype, *task)?;
        if Frame::of(&other, None) != walked.frames[0] {
            return Ok(());
        }
        for (step, action) in walked.actions.iter().enumerate() {
            // An action that only the first task allows also tells the tasks apart.
            let Ok(outcome) = other.step(action) else { return Ok(()) };
            if Frame::of(&other, Some(outcome)) != walked.frames[step + 1] {
                return Ok(());
            }
        }
    }
    let what = format!("{} tasks give the same episode; does `reset` read its seed?", options.tasks.len());
    Err(Violation::new(Law::SeedsMatter, first, 0, what))
}

/// A clone taken in the middle of an episode evolves exactly as the original, and stepping one leaves
/// the other as it was.
pub fn clones_are_exact<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::ClonesAreExact;
    for (task, stream) in walks(options) {
        let walked = episode(prototype, task, stream, options)?;
        let half = walked.actions.len() / 2;
        for middle in [0, half] {
            let mut original = started(prototype, task)?;
            replay(&mut original, task, &walked.actions[..middle])?;
            let before = Frame::of(&original, None);
            let mut clone = original.clone();
            let future = replay(&mut clone, task, &walked.actions[middle..])?;
            same(
                law,
                task,
                middle,
                "the original after its clone was stepped",
                &Frame::of(&original, None),
                &before,
            )?;
            let own = replay(&mut original, task, &walked.actions[middle..])?;
            same_frames(law, task, &format!("a clone taken at step {middle}"), &future, &own)?;
        }
    }
    Ok(())
}

/// Observing twice gives the same, whatever the buffer held before, and changes nothing that follows.
pub fn observing_is_pure<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::ObservingIsPure;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        let mut stale = observed(&environment);
        let own = stream.clone();
        walk(&mut environment, task, own, options.max_steps, |_, _, after, _, step| {
            let fresh = observed(after);
            after.observe(&mut stale);
            same(law, task, step, "an observation written over an older one", &stale, &fresh)
        })?;
        let walked = episode(prototype, task, stream, options)?;
        let mut unseen = started(prototype, task)?;
        for (step, action) in walked.actions.iter().enumerate() {
            unseen.step(action).map_err(|e| Violation::error(task, step, "step", &e))?;
        }
        let step = walked.actions.len();
        let last = &walked.frames[step].observation;
        same(
            law,
            task,
            step,
            "the final observation of an episode nobody looked at",
            &observed(&unseen),
            last,
        )?;
    }
    Ok(())
}

/// `reset` sets the number of elapsed steps to 0, each step adds one, and rewards are finite.
pub fn steps_are_counted<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::StepsAreCounted;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        same(law, task, 0, "steps elapsed after a reset", &environment.elapsed(), &0)?;
        walk(&mut environment, task, stream, options.max_steps, |_, _, after, outcome, step| {
            if !outcome.reward.is_finite() {
                return Err(Violation::new(law, task, step, format!("the reward is {}", outcome.reward)));
            }
            same(law, task, step, "steps elapsed", &after.elapsed(), &(step as u32 + 1))
        })?;
    }
    Ok(())
}

/// `ending()` agrees with what `step` returned, an environment never reports a sampler's cut, and a
/// step after the end is [`EnvError::StepAfterEnd`] with that ending and changes nothing.
pub fn endings_are_final<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::EndingsAreFinal;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        same(law, task, 0, "`ending()` after a reset", &environment.ending(), &None)?;
        let mut steps = 0;
        walk(&mut environment, task, stream, options.max_steps, |_, _, after, outcome, step| {
            steps = step + 1;
            if let Some(Ending::Cut(_)) = outcome.ending {
                let what = "the step ended with `Cut`, which only a sampler may say";
                return Err(Violation::new(law, task, step, what));
            }
            same(law, task, step, "`ending()` after the step", &after.ending(), &outcome.ending)
        })?;
        let Some(ending) = environment.ending() else { continue };
        let last = Frame::of(&environment, None);
        for action in environment.some_actions() {
            match environment.step(&action) {
                Err(EnvError::StepAfterEnd { ending: named, .. }) => {
                    same(law, task, steps, "the ending named by `StepAfterEnd`", &named, &ending)?;
                }
                other => {
                    let what = format!("a step after {ending:?} gave {other:?} instead of `StepAfterEnd`");
                    return Err(Violation::new(law, task, steps, what));
                }
            }
        }
        same(law, task, steps, "the state after a refused step", &Frame::of(&environment, None), &last)?;
    }
    Ok(())
}

/// An action that is not below `action_count()` is [`EnvError::ActionOutOfRange`] and changes nothing;
/// `is_legal` says no to it.
pub fn actions_out_of_range_are_refused<E: DiscreteEnvironment>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::ActionsOutOfRangeAreRefused;
    for task in &options.tasks {
        let mut environment = started(prototype, *task)?;
        let count = environment.action_count();
        let before = Frame::of(&environment, None);
        for action in [count as u32, count as u32 + 1, u32::MAX] {
            same(law, *task, 0, &format!("is_legal({action})"), &environment.is_legal(action), &false)?;
            match environment.step(&action) {
                Err(EnvError::ActionOutOfRange { action: named, count: of, .. }) => {
                    let expected = (u64::from(action), count);
                    same(law, *task, 0, "action and count in `ActionOutOfRange`", &(named, of), &expected)?;
                }
                other => {
                    let what =
                        format!("action {action} of {count} gave {other:?} instead of `ActionOutOfRange`");
                    return Err(Violation::new(law, *task, 0, what));
                }
            }
            same(law, *task, 0, "the state after a refused action", &Frame::of(&environment, None), &before)?;
        }
    }
    Ok(())
}

/// An action that is no number, of which `invalid` are some, is [`EnvError::InvalidAction`] and changes nothing.
pub fn invalid_actions_are_refused<E: RandomActions>(
    prototype: &E,
    invalid: &[E::Action],
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::InvalidActionsAreRefused;
    for (task, stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        walk(&mut environment, task, stream, options.max_steps, |_, _, after, outcome, step| {
            if outcome.ending.is_some() {
                return Ok(());
            }
            for action in invalid {
                let mut tried = after.clone();
                match tried.step(action) {
                    Err(EnvError::InvalidAction { .. }) => {}
                    other => {
                        let what = format!("{action:?} gave {other:?} instead of `InvalidAction`");
                        return Err(Violation::new(law, task, step, what));
                    }
                }
                let (found, expected) = (Frame::of(&tried, None), Frame::of(after, None));
                same(law, task, step, "the state after a refused action", &found, &expected)?;
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// States with equal keys look the same, within and across tasks.
pub fn keys_fix_observations<E: RandomActions>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::KeysFixObservations;
    let mut seen: BTreeMap<u64, E::Observation> = BTreeMap::new();
    for (task, stream) in walks(options) {
        for (step, frame) in episode(prototype, task, stream, options)?.frames.into_iter().enumerate() {
            let known = seen.entry(frame.key).or_insert_with(|| frame.observation.clone());
            same(
                law,
                task,
                step,
                "another state with the same key looks different",
                &frame.observation,
                known,
            )?;
        }
    }
    Ok(())
}
