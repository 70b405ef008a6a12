use milepost_core::{Demonstrator, Ending, Stream, TaskSeed, TurnFault};

use super::episode::{play, running_states, started};
use super::turns::{Length, grammatical, guided, ill_formed, mixed, plausible};
use super::{ExpertPromise, Law, Options, Violation};

/// The expert's turn, where it has one, is whole, keeps to the grammar, is no fault, and is the same when asked
/// again; once the episode is over it has none.
pub fn experts_are_well_formed<E: Demonstrator>(prototype: &E, options: &Options) -> Result<(), Violation> {
    let law = Law::ExpertsAreWellFormed;
    let draw = |world: &E, stream: &mut Stream| guided(world, stream.next_u32());
    running_states(prototype, options, draw, |world, task, at, _| {
        let Some(turn) = world.expert_turn() else { return Ok(()) };
        let fail = |what: String| Err(Violation::new(law, task, at, what));
        if let Some(why) = ill_formed(world, &turn) {
            return fail(why);
        }
        if world.expert_turn().as_ref() != Some(&turn) {
            return fail(format!("{turn:?} was another turn when asked again"));
        }
        let mut after = world.clone();
        after.step(&turn).map_err(|error| Violation::new(law, task, at, error.to_string()))?;
        if let Some(fault) = after.fault() {
            return fail(format!("{turn:?} of the expert is {fault:?}"));
        }
        if after.ending().is_some() && after.expert_turn().is_some() {
            return fail("the episode is over, but the expert still has a turn".to_owned());
        }
        Ok(())
    })
}

/// Whoever follows the expert succeeds, as far as it promises ([`ExpertPromise`]). Returns the number of tasks
/// solved from the start.
pub fn experts_succeed<E: Demonstrator>(prototype: &E, options: &Options) -> Result<usize, Violation> {
    let law = Law::ExpertsSucceed;
    let mut solved = 0;
    for task in &options.tasks {
        let environment = started(prototype, *task)?;
        let speaks = environment.expert_turn().is_some();
        let ending = follow(environment, *task, options.max_turns)?;
        let success = ending.is_some_and(Ending::is_success);
        solved += usize::from(success);
        if speaks && !success && options.expert != ExpertPromise::Tries {
            let what = format!("following the expert from the start led to {ending:?}");
            return Err(Violation::new(law, *task, 0, what));
        }
    }
    if let (0, ExpertPromise::Tries, Some(task)) = (solved, options.expert, options.tasks.first()) {
        return Err(Violation::new(law, *task, 0, "the expert solved none of the tasks"));
    }
    if options.expert == ExpertPromise::FromAnywhere {
        running_states(prototype, options, mixed, |world, task, at, _| {
            if world.expert_turn().is_none() {
                return Ok(());
            }
            let ending = follow(world.clone(), task, options.max_turns)?;
            if ending.is_some_and(Ending::is_success) {
                return Ok(());
            }
            let what = format!("following the expert from here led to {ending:?}");
            Err(Violation::new(law, task, at, what))
        })?;
    }
    Ok(solved)
}

/// How the episode ends where the expert is followed; `None` where it falls silent.
fn follow<E: Demonstrator>(
    mut environment: E,
    task: TaskSeed,
    max_turns: usize,
) -> Result<Option<Ending>, Violation> {
    play(&mut environment, task, max_turns, E::expert_turn, |_| Ok(()))?;
    Ok(environment.ending())
}

/// A random turn is whole, keeps to the grammar, is not malformed, and depends on the state and the stream only;
/// where the grammar leaves a choice, turns differ.
pub fn random_turns_are_well_formed<E: Demonstrator>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::RandomTurnsAreWellFormed;
    let (mut drawn, mut possible) = (Vec::new(), Vec::new());
    running_states(prototype, options, plausible, |world, task, at, stream| {
        let turn = world.random_turn(&mut stream.clone());
        let fail = |what: String| Err(Violation::new(law, task, at, what));
        if let Some(why) = ill_formed(world, &turn) {
            return fail(why);
        }
        if world.random_turn(stream) != turn {
            return fail(format!("{turn:?} was another turn with the same stream"));
        }
        let mut after = world.clone();
        after.step(&turn).map_err(|error| Violation::new(law, task, at, error.to_string()))?;
        if after.fault() == Some(TurnFault::Malformed) {
            return fail(format!("the random turn {turn:?} is malformed"));
        }
        possible.extend(grammatical(world, Length::Any, stream));
        drawn.push(turn);
        Ok(())
    })?;
    let varied = |turns: &[Vec<u32>]| turns.iter().any(|turn| *turn != turns[0]);
    match options.tasks.first() {
        Some(task) if varied(&possible) && !varied(&drawn) => {
            let what = format!("{} random turns are all the same", drawn.len());
            Err(Violation::new(law, *task, 0, what))
        }
        _ => Ok(()),
    }
}

/// Noise 0 gives the expert's turn wherever it has one; under noise turns stay well-formed; at noise 1 they are
/// not all the expert's.
pub fn noise_mixes_expert_and_chance<E: Demonstrator>(
    prototype: &E,
    options: &Options,
) -> Result<(), Violation> {
    let law = Law::NoiseMixesExpertAndChance;
    let (mut heard, mut asked) = (0, 0);
    running_states(prototype, options, plausible, |world, task, at, stream| {
        let fail = |what: String| Err(Violation::new(law, task, at, what));
        for noise in [0.0, 0.5, 1.0] {
            let turn = world.noisy_turn(noise, stream);
            if let Some(why) = ill_formed(world, &turn) {
                return fail(format!("at noise {noise}: {why}"));
            }
            let Some(expert) = world.expert_turn() else { continue };
            if noise == 0.0 && turn != expert {
                return fail(format!("without noise the turn is {turn:?}, the expert's {expert:?}"));
            }
            // States in which chance has something else to say.
            if noise == 1.0 && world.random_turn(stream) != expert {
                asked += 1;
                heard += usize::from(turn == expert);
            }
        }
        Ok(())
    })?;
    match options.tasks.first() {
        Some(task) if asked >= 8 && heard == asked => {
            let what = format!("all of {asked} turns of pure noise are the expert's");
            Err(Violation::new(law, *task, 0, what))
        }
        _ => Ok(()),
    }
}
