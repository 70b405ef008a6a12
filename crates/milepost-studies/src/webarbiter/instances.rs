use std::collections::BTreeSet;

use milepost_core::{Ending, Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_gridworld::{DistanceOracle, Gridworld};

use super::words::{ACTIONS, Change, Situation, Words, goes_on};
use crate::StudyError;

/// Distractors of each instance.
pub(super) const DISTRACTORS: usize = 4;
/// Draws for each instance that is wanted, at most.
pub(super) const DRAWS: usize = 16;
/// Most steps before the state that is judged.
const WALK: u64 = 24;
/// Share of them that are best.
const BEST: f64 = 0.75;

/// A state, a right action and four wrong ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Instance {
    pub(super) situation: Situation,
    /// On a shortest way.
    pub(super) correct: u32,
    /// On none.
    pub(super) distractors: [u32; DISTRACTORS],
    /// What each action does to the distance, `[ACTIONS]`.
    pub(super) changes: Vec<Change>,
}

/// The instances that were found on a level.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Pool {
    pub(super) instances: Vec<Instance>,
    /// Draws that were left out because a judge would have read the same before.
    pub(super) repeated: u64,
    /// How many are missing after all draws.
    pub(super) missing: u64,
}

/// `count` instances of a level, `per_level` from each layout, by exact distances; none of them in a situation of
/// `shown`.
pub(super) fn instances(
    level: &Gridworld,
    count: usize,
    per_level: usize,
    purpose: &str,
    run_seed: u64,
    shown: &[Instance],
) -> Result<Pool, StudyError> {
    let shown: BTreeSet<&[u32]> = shown.iter().map(|instance| instance.situation.tokens.as_slice()).collect();
    let mut oracle = DistanceOracle::default();
    let mut found = Vec::with_capacity(count);
    let mut repeated = 0;
    for index in 0..(count * DRAWS) as u64 {
        if found.len() == count {
            break;
        }
        let layout = index / per_level as u64;
        let key = StreamKey { task: index, ..StreamKey::new(run_seed, Purpose::named(purpose)) };
        let mut stream = Stream::new(key);
        let mut world = level.clone();
        // Seeds of different purposes are different; layouts are not, where a level has few.
        let seed = Stream::new(StreamKey { episode: 1, task: layout, ..key }).next_u64();
        world.reset(TaskSeed::literal(seed)).map_err(StudyError::part("the level"))?;
        let last = walk(&mut world, &mut oracle, &mut stream)?;
        let Some(drawn) = instance(&world, last, &mut oracle, &mut stream)? else { continue };
        if shown.contains(drawn.situation.tokens.as_slice()) {
            repeated += 1;
        } else {
            found.push(drawn);
        }
    }
    let missing = (count - found.len()) as u64;
    Ok(Pool { instances: found, repeated, missing })
}

/// Some steps towards the goal, some astray; the last two of them.
fn walk(
    world: &mut Gridworld,
    oracle: &mut DistanceOracle,
    stream: &mut Stream,
) -> Result<[Option<u32>; 2], StudyError> {
    let mut last = [None; 2];
    for _ in 0..stream.below(WALK) {
        let action = if stream.uniform() < BEST {
            let changes = changes(world, oracle)?;
            (0..ACTIONS).find(|action| changes[*action as usize] == Change::Closer).unwrap_or(0)
        } else {
            stream.below(u64::from(ACTIONS)) as u32
        };
        let mut after = world.clone();
        after.step(&action).map_err(StudyError::part("the level"))?;
        if !goes_on(&after) {
            break;
        }
        (*world, last) = (after, [Some(action), last[0]]);
    }
    Ok(last)
}

/// What each action does to the distance.
pub(super) fn changes(world: &Gridworld, oracle: &mut DistanceOracle) -> Result<Vec<Change>, StudyError> {
    let before = oracle.steps_to_go(world);
    (0..ACTIONS)
        .map(|action| {
            let mut after = world.clone();
            after.step(&action).map_err(StudyError::part("the level"))?;
            let won = after.ending().is_some_and(Ending::is_success);
            let to_go = if won { Some(0) } else { oracle.steps_to_go(&after).filter(|_| goes_on(&after)) };
            Ok(match (before, to_go) {
                (Some(before), Some(after)) if after < before => Change::Closer,
                (Some(before), Some(after)) if after == before => Change::Level,
                _ => Change::Away,
            })
        })
        .collect()
}

/// The instance of a state; `None` where there are too few wrong actions or no right one.
fn instance(
    world: &Gridworld,
    last: [Option<u32>; 2],
    oracle: &mut DistanceOracle,
    stream: &mut Stream,
) -> Result<Option<Instance>, StudyError> {
    let Some(situation) = Words::situation(world, last) else { return Ok(None) };
    let changes = changes(world, oracle)?;
    let right: Vec<u32> = (0..ACTIONS).filter(|a| changes[*a as usize] == Change::Closer).collect();
    let mut wrong: Vec<u32> = (0..ACTIONS).filter(|a| changes[*a as usize] != Change::Closer).collect();
    if right.is_empty() || wrong.len() < DISTRACTORS {
        return Ok(None);
    }
    stream.shuffle(&mut wrong);
    let correct = right[stream.below(right.len() as u64) as usize];
    let distractors = std::array::from_fn(|index| wrong[index]);
    Ok(Some(Instance { situation, correct, distractors, changes }))
}
