use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_eval::Gold;
use milepost_microworlds::arena2d::{Arena2d, Script, expert_force, record};
use milepost_offline::data::NormalizedScore;
use milepost_offline::learners::Actor;

use crate::StudyError;

/// Evaluation tasks of the references, the same for every seed.
const REFERENCE_TASKS: u64 = 100;

/// Plays one episode on each of `episodes` evaluation tasks, all side by side.
pub(crate) fn evaluate(
    arena: &Arena2d,
    actor: &mut dyn Actor,
    seed: u64,
    episodes: u64,
) -> Result<Vec<Gold>, StudyError> {
    let mut arenas = Vec::new();
    for index in 0..episodes {
        let mut one = arena.clone();
        one.reset(TaskSeed::evaluation(seed, index)).map_err(StudyError::part("evaluation"))?;
        arenas.push(one);
    }
    let mut totals = vec![0.0; arenas.len()];
    let mut seen = arena.new_observation();
    actor.begin(arenas.len());
    while arenas.iter().any(|arena| arena.ending().is_none()) {
        let mut states = Vec::with_capacity(arenas.len() * arena.features());
        for one in &arenas {
            one.observe(&mut seen);
            states.extend_from_slice(&seen);
        }
        let actions = actor.act(&states).map_err(StudyError::part("acting"))?;
        let mut rewards = vec![0.0; arenas.len()];
        for (slot, (one, action)) in arenas.iter_mut().zip(actions.chunks(Arena2d::ACTIONS)).enumerate() {
            if one.ending().is_none() {
                let force = [f64::from(action[0]), f64::from(action[1])];
                rewards[slot] = one.step(&force).map_err(StudyError::part("evaluation"))?.reward;
                totals[slot] += rewards[slot];
            }
        }
        actor.rewarded(&rewards);
    }
    let gold = |(one, total): (&Arena2d, f64)| {
        let success = one.ending().is_some_and(milepost_core::Ending::is_success);
        Gold::of_episode(total, success, one.elapsed())
    };
    Ok(arenas.iter().zip(totals).map(gold).collect())
}

/// The scale of normalised scores: 0 for random stretches of force, 100 for the controller without noise, both
/// over the same fixed evaluation tasks.
pub(crate) fn scale(arena: &Arena2d) -> Result<NormalizedScore, StudyError> {
    let (mut random, mut expert) = (0.0, 0.0);
    for index in 0..REFERENCE_TASKS {
        let task = TaskSeed::evaluation(0, index);
        let key = StreamKey { task: index, ..StreamKey::new(0, Purpose::named("arena2d reference")) };
        let played = record(arena, Script::Skill(0.0), task, &mut Stream::new(key))
            .map_err(StudyError::part("references"))?;
        random += played.rewards.iter().sum::<f64>();
        let mut one = arena.clone();
        one.reset(task).map_err(StudyError::part("references"))?;
        while let (None, Some(state)) = (one.ending(), one.state()) {
            let force = expert_force(state);
            expert += one.step(&force).map_err(StudyError::part("references"))?.reward;
        }
    }
    let count = REFERENCE_TASKS as f64;
    NormalizedScore::new(random / count, expert / count).map_err(StudyError::part("references"))
}
