use milepost_core::{Environment, Purpose, Stream, StreamKey, TaskSeed};
use milepost_microworlds::Microworld;
use milepost_microworlds::worlds::RiskyInsert;
use milepost_progress::robo_dopamine::{Bounds, FusedProgress, Fusion, Keyframes, PairSampler};
use milepost_progress::{PairJudge, ProgressError, Question, StatePotential};

use super::RoboDopamine;
use crate::{Recorder, StudyError};

/// The true progress of a position.
pub(super) fn exact_progress() -> StatePotential<impl Fn(&u32) -> Option<f64>, u32> {
    StatePotential::new(|position: &u32| Some(f64::from(*position) / f64::from(RiskyInsert::GOAL)))
}

/// How a learned judge's hops are fused.
#[derive(Debug, Clone, Copy)]
pub(super) enum Rule {
    Mean,
    Conservative,
}

const POSITIONS: usize = RiskyInsert::GOAL as usize + 1;

/// Positions that an annotator marks, besides the beginning and success.
const STAGES: [u32; 3] = [3, 6, 9];

/// Pairs drawn for each demonstration.
const PAIRS: usize = 100;

/// The mean label of every pair of positions: exactly what minimises the squared error over all functions of a pair.
/// Abstains where it never saw a pair.
#[derive(Debug, Clone)]
pub(super) struct HopTable {
    /// Sum and number of labels, `[before, after]`.
    cells: Vec<(f64, f64)>,
}

impl PairJudge<u32> for HopTable {
    fn judge(&mut self, questions: &[Question<'_, u32>]) -> Result<Vec<Option<f64>>, ProgressError> {
        let answer = |q: &Question<'_, u32>| {
            let (sum, n) = self.cells[*q.before as usize * POSITIONS + *q.after as usize];
            (n > 0.0).then(|| sum / n)
        };
        Ok(questions.iter().map(answer).collect())
    }
}

/// A judge that learned from demonstrations of uneven speed: an expert that goes forward, waits at random (how often
/// differs between demonstrations), takes back steps now and then, and inserts until it succeeds.
pub(super) fn learned(
    study: &RoboDopamine,
    seed: u64,
    rule: Rule,
    recorder: &mut dyn Recorder,
) -> Result<FusedProgress<HopTable, u32>, StudyError> {
    let key = StreamKey::new(seed, Purpose::named("robo-dopamine-demonstrations"));
    let mut stream = Stream::new(key);
    let mut episodes: Vec<Vec<u32>> = Vec::new();
    for index in 0..study.demonstrations {
        let task = TaskSeed::train(seed, 1 << 32 | u64::from(index));
        episodes.push(demonstration(study, task, &mut stream).map_err(StudyError::part("a demonstration"))?);
    }
    let labels = episodes.iter().map(|path| labels(path)).collect::<Result<Vec<_>, _>>();
    let fault = StudyError::part("learning hops");
    let labels = labels.map_err(&fault)?;
    let pairs = PAIRS * episodes.len();
    let (pairs, report) = PairSampler::default().sample(&labels, pairs, &mut stream).map_err(&fault)?;
    recorder.count("pairs of frames that could not be drawn", report.missing as u64);
    let mut cells = vec![(0.0, 0.0); POSITIONS * POSITIONS];
    for pair in pairs {
        let path = &episodes[pair.episode];
        let (sum, n) = &mut cells[path[pair.before] as usize * POSITIONS + path[pair.after] as usize];
        *sum += pair.hop;
        *n += 1.0;
    }
    let unseen = cells.iter().filter(|cell| cell.1 == 0.0).count();
    recorder.count("pairs of positions that the judge never saw", unseen as u64);
    let fusion = match rule {
        Rule::Mean => Fusion::Mean,
        Rule::Conservative => Fusion::Conservative { sensitivity: study.sensitivity },
    };
    Ok(FusedProgress::new(HopTable { cells }, RiskyInsert::GOAL, fusion, Bounds::Clip))
}

/// The positions of an episode that succeeds; the step budget does not apply to experts.
fn demonstration(
    study: &RoboDopamine,
    task: TaskSeed,
    stream: &mut Stream,
) -> Result<Vec<u32>, Box<dyn std::error::Error + Send + Sync>> {
    let config = milepost_microworlds::worlds::RiskyInsertConfig { horizon: 1 << 16, ..study.world() };
    let mut world = Microworld::new(RiskyInsert::new(config)?);
    world.reset(task)?;
    let waiting = 0.5 * stream.uniform();
    let mut path = vec![0];
    while world.ending().is_none() {
        let u = stream.uniform();
        let action = if u < waiting {
            RiskyInsert::HOLD
        } else if u < waiting + 0.05 {
            RiskyInsert::BACK
        } else {
            RiskyInsert::FORWARD
        };
        world.step(&action)?;
        path.push(world.state().copied().unwrap_or(0));
    }
    Ok(path)
}

/// Progress along a demonstration: keyframes where each marked position is reached for good.
fn labels(path: &[u32]) -> Result<Vec<f64>, ProgressError> {
    let for_good = |stage: u32| path.iter().rposition(|at| *at < stage).map_or(0, |last| last + 1);
    let mut keys = vec![0];
    for frame in STAGES.into_iter().map(for_good).chain([path.len() - 1]) {
        // Two stages may be reached for good in one frame.
        if frame > keys[keys.len() - 1] {
            keys.push(frame);
        }
    }
    Ok(Keyframes::new(path.len(), keys)?.progress())
}

#[cfg(test)]
mod tests {
    use super::labels;

    #[test]
    fn a_stage_counts_once_it_is_reached_for_good() {
        // Forward to 9, a slip to 4, forward again and in: stages 6 and 9 are reached for good after the slip.
        let path = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 4, 5, 6, 7, 8, 9, 10];
        let phi = labels(&path).expect("a demonstration");
        assert_eq!([phi[0], phi[3], phi[12], phi[15], phi[16]], [0.0, 0.25, 0.5, 0.75, 1.0]);
    }
}
