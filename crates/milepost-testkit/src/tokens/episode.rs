use milepost_core::{
    EnvError, Purpose, StepOutcome, Stream, StreamKey, TaskSeed, TokenEnvironment, TurnFault,
};

use super::{Coverage, Law, Options, Violation};

/// The episodes of a check: their tasks, and streams for their turns.
pub(super) fn walks(options: &Options) -> impl Iterator<Item = (TaskSeed, Stream)> {
    options.tasks.iter().flat_map(move |task| {
        (0..options.walks).map(move |walk| {
            let purpose = Purpose::named("token conformance");
            (*task, Stream::new(StreamKey { task: task.get(), step: walk, ..StreamKey::new(0, purpose) }))
        })
    })
}

/// A clone of `prototype` at the start of `task`.
pub(super) fn started<E: TokenEnvironment>(prototype: &E, task: TaskSeed) -> Result<E, Violation> {
    let mut environment = prototype.clone();
    environment.reset(task).map_err(|error| refused(task, 0, "reset", &error))?;
    Ok(environment)
}

fn refused(task: TaskSeed, turn: usize, call: &str, error: &EnvError) -> Violation {
    Violation::new(Law::LegalCallsSucceed, task, turn, format!("{call} failed: {error}"))
}

/// What the world said last.
pub(super) fn said<E: TokenEnvironment>(environment: &E) -> Vec<u32> {
    let mut tokens = environment.new_observation();
    environment.observe(&mut tokens);
    tokens
}

/// The world after a turn of an episode.
pub(super) struct Played<'a, E> {
    pub(super) after: &'a E,
    pub(super) outcome: StepOutcome,
    /// The turn's number.
    pub(super) at: usize,
}

/// Plays from the environment's current state until the episode ends or `choose` has nothing to say.
pub(super) fn play<E: TokenEnvironment>(
    environment: &mut E,
    task: TaskSeed,
    max_turns: usize,
    mut choose: impl FnMut(&E) -> Option<Vec<u32>>,
    mut visit: impl FnMut(Played<'_, E>) -> Result<(), Violation>,
) -> Result<(), Violation> {
    for at in 0..max_turns {
        if environment.ending().is_some() {
            break;
        }
        let Some(turn) = choose(environment) else { break };
        let outcome = environment.step(&turn).map_err(|error| refused(task, at, "step", &error))?;
        visit(Played { after: environment, outcome, at })?;
        if outcome.ending.is_some() {
            break;
        }
    }
    Ok(())
}

/// Calls `visit` in the states of random episodes, the first included, as long as they run.
pub(super) fn running_states<E: TokenEnvironment>(
    prototype: &E,
    options: &Options,
    draw: impl Fn(&E, &mut Stream) -> Vec<u32>,
    mut visit: impl FnMut(&E, TaskSeed, usize, &mut Stream) -> Result<(), Violation>,
) -> Result<(), Violation> {
    for (task, mut stream) in walks(options) {
        let mut environment = started(prototype, task)?;
        let mut probe = Stream::new(StreamKey { task: task.get(), step: stream.next_u32(), ..probes() });
        visit(&environment, task, 0, &mut probe)?;
        let choose = |environment: &E| Some(draw(environment, &mut stream));
        play(&mut environment, task, options.max_turns, choose, |played| {
            if played.after.ending().is_some() {
                return Ok(());
            }
            visit(played.after, task, played.at + 1, &mut probe)
        })?;
    }
    Ok(())
}

fn probes() -> StreamKey {
    StreamKey::new(0, Purpose::named("token conformance probe"))
}

/// Counts what the episodes meet.
pub(super) fn coverage<E: TokenEnvironment>(
    prototype: &E,
    draw: impl Fn(&E, &mut Stream) -> Vec<u32>,
    options: &Options,
) -> Result<Coverage, Violation> {
    let mut met = Coverage::default();
    for (task, mut stream) in walks(options) {
        met.episodes += 1;
        let mut environment = started(prototype, task)?;
        let choose = |environment: &E| Some(draw(environment, &mut stream));
        play(&mut environment, task, options.max_turns, choose, |played| {
            met.turns += 1;
            met.malformed += usize::from(played.after.fault() == Some(TurnFault::Malformed));
            met.refused += usize::from(played.after.fault() == Some(TurnFault::Refused));
            met.endings += usize::from(played.outcome.ending.is_some());
            Ok(())
        })?;
    }
    Ok(met)
}
