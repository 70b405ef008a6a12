use milepost_core::{Ending, Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_gridworld::Gridworld;
use milepost_preferences::tournament::{RoundRobin, beats_all, pair_accuracy};

use super::instances::{DISTRACTORS, Instance};
use super::judge::{Asked, Judge};
use super::words::{ACTIONS, Situation, Words, goes_on};
use crate::{Measured, StudyError};

/// What a judge is worth on a pool of states.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Worth {
    pub(super) best_of_five: f64,
    pub(super) pairs: f64,
    pub(super) consistency: f64,
    pub(super) true_principles: Measured,
}

/// Asks about every pair of a right action and a distractor, in both orders.
pub(super) fn measure(judge: &Judge, instances: &[Instance]) -> Result<Worth, StudyError> {
    let asked: Vec<Asked<'_>> = instances
        .iter()
        .flat_map(|instance| {
            instance.distractors.map(|rejected| Asked {
                situation: &instance.situation,
                candidates: [instance.correct, rejected],
            })
        })
        .collect();
    let opinions = judge.opinions(&asked).map_err(StudyError::part("the judge"))?;
    let count = opinions.len() as f64;
    let (mut best, mut named, mut truly) = (0.0, 0u32, 0u32);
    for (instance, opinions) in instances.iter().zip(opinions.chunks(DISTRACTORS)) {
        best += beats_all(&opinions.iter().map(|opinion| opinion.preference).collect::<Vec<_>>());
        for principle in opinions.iter().flat_map(|opinion| &opinion.principles) {
            named += 1;
            truly += u32::from(instance.situation.holds[*principle]);
        }
    }
    let true_principles = if named == 0 {
        Measured::Undefined("this judge names no principles".into())
    } else {
        (f64::from(truly) / f64::from(named)).into()
    };
    Ok(Worth {
        best_of_five: best / instances.len() as f64,
        pairs: opinions.iter().map(|opinion| pair_accuracy(opinion.preference)).sum::<f64>() / count,
        consistency: opinions.iter().filter(|opinion| opinion.consistent).count() as f64 / count,
        true_principles,
    })
}

/// Candidates of a step.
const CANDIDATES: usize = 4;

/// A random policy's episode.
struct Run {
    world: Gridworld,
    task: TaskSeed,
    last: [Option<u32>; 2],
}

impl Run {
    fn start(world: &Gridworld, task: TaskSeed) -> Result<Self, StudyError> {
        let mut world = world.clone();
        world.reset(task).map_err(StudyError::part("the level"))?;
        Ok(Self { world, task, last: [None; 2] })
    }

    /// Four different actions, each set as likely.
    fn candidates(&self, run_seed: u64) -> [u32; CANDIDATES] {
        let key = StreamKey::new(run_seed, Purpose::named("webarbiter/weak policy"));
        let step = self.world.elapsed();
        let mut actions: Vec<u32> = (0..ACTIONS).collect();
        Stream::new(StreamKey { task: self.task.get(), step, ..key }).shuffle(&mut actions);
        std::array::from_fn(|index| actions[index])
    }

    fn act(&mut self, action: u32) -> Result<(), StudyError> {
        self.world.step(&action).map_err(StudyError::part("the level"))?;
        self.last = [Some(action), self.last[0]];
        Ok(())
    }

    fn won(&self) -> bool {
        self.world.ending().is_some_and(Ending::is_success)
    }
}

fn runs(world: &Gridworld, episodes: u64, run_seed: u64) -> Result<Vec<Run>, StudyError> {
    (0..episodes).map(|index| Run::start(world, TaskSeed::evaluation(run_seed, index))).collect()
}

fn success_rate(runs: &[Run]) -> f64 {
    runs.iter().filter(|run| run.won()).count() as f64 / runs.len().max(1) as f64
}

/// A random policy that takes, of four of its actions, the winner of the judge's round robin.
pub(super) fn guided(
    judge: &Judge,
    world: &Gridworld,
    episodes: u64,
    run_seed: u64,
) -> Result<f64, StudyError> {
    let mut runs = runs(world, episodes, run_seed)?;
    let meetings: Vec<(usize, usize)> =
        (0..CANDIDATES).flat_map(|a| (a + 1..CANDIDATES).map(move |b| (a, b))).collect();
    loop {
        let mut acting: Vec<(&mut Run, Situation, [u32; CANDIDATES])> = Vec::new();
        for run in runs.iter_mut().filter(|run| goes_on(&run.world)) {
            let Some(situation) = Words::situation(&run.world, run.last) else { continue };
            let candidates = run.candidates(run_seed);
            acting.push((run, situation, candidates));
        }
        if acting.is_empty() {
            return Ok(success_rate(&runs));
        }
        let asked: Vec<Asked<'_>> = acting
            .iter()
            .flat_map(|(_, situation, of)| {
                meetings.iter().map(move |(a, b)| Asked { situation, candidates: [of[*a], of[*b]] })
            })
            .collect();
        let opinions = judge.opinions(&asked).map_err(StudyError::part("the judge"))?;
        drop(asked);
        for ((run, _, candidates), opinions) in acting.into_iter().zip(opinions.chunks(meetings.len())) {
            let preference = |a: usize, b: usize| {
                let meeting = meetings.iter().position(|meeting| *meeting == (a, b));
                meeting.map_or(f64::NAN, |meeting| opinions[meeting].preference)
            };
            let played =
                RoundRobin::play(CANDIDATES, preference).map_err(StudyError::part("the tournament"))?;
            run.act(candidates[played.winner()])?;
        }
    }
}

/// The random policy alone.
pub(super) fn unguided(world: &Gridworld, episodes: u64, run_seed: u64) -> Result<f64, StudyError> {
    let mut runs = runs(world, episodes, run_seed)?;
    for run in &mut runs {
        while goes_on(&run.world) {
            run.act(run.candidates(run_seed)[0])?;
        }
    }
    Ok(success_rate(&runs))
}
