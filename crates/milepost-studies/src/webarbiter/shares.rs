use std::collections::BTreeMap;

use milepost_algorithms::{ModelScorer, TrainError, View};
use milepost_core::{Batch, Channel, Environment, Level, Purpose, Stream, StreamKey, Trajectory};
use milepost_gridworld::{GridObservation, Gridworld};
use milepost_preferences::tournament::RoundRobin;
use milepost_rewards::{ScoreError, ScoreReport};

use super::judge::{Asked, Judge};
use super::policy::Player;
use super::words::{ACTIONS, Situation, Words};

/// The channel of [`JudgeShares`].
pub(super) const SHARE: &str = "judge-share";

/// Two actions where a judge reads the same; the lower action comes first.
type Meeting = (Vec<u32>, [u32; 2]);

/// The judge's wins as a step reward: the share of its meetings with sampled alternatives that the taken action wins,
/// a draw counting ½, in `[0, 1]`.
pub(super) struct JudgeShares {
    judge: Judge,
    world: Gridworld,
    /// How many alternatives a step meets.
    alternatives: usize,
    run_seed: u64,
    /// `p(lower ≻ higher)` of every meeting so far: the judge says the same each time, and a forward pass is dear.
    decided: BTreeMap<Meeting, f64>,
}

/// A step of a policy, with what else it might have done.
struct Step {
    situation: Situation,
    taken: u32,
    alternatives: Vec<u32>,
}

impl Step {
    fn meeting(&self, alternative: u32) -> Meeting {
        let pair = [self.taken.min(alternative), self.taken.max(alternative)];
        (self.situation.tokens.clone(), pair)
    }
}

/// `count` different actions other than `taken`, each set as likely.
fn alternatives(taken: u32, count: usize, stream: &mut Stream) -> Vec<u32> {
    let mut others: Vec<u32> = (0..ACTIONS).filter(|action| *action != taken).collect();
    stream.shuffle(&mut others);
    others.truncate(count);
    others
}

impl JudgeShares {
    /// Pays for steps in `world`.
    pub(super) fn new(judge: Judge, world: Gridworld, alternatives: usize, run_seed: u64) -> Self {
        Self { judge, world, alternatives, run_seed, decided: BTreeMap::new() }
    }

    /// The steps of a trajectory, played again; `None` where there is nothing that a judge could be told.
    fn replay(&mut self, trajectory: &Trajectory<GridObservation>) -> Result<Vec<Option<Step>>, TrainError> {
        self.world.reset(trajectory.task)?;
        let mut last = [None; 2];
        let mut steps = Vec::with_capacity(trajectory.tokens.len());
        for (place, taken) in trajectory.tokens.iter().enumerate() {
            let mut stream = Stream::new(StreamKey {
                task: trajectory.task.get(),
                episode: u64::from(trajectory.slot),
                step: place as u32,
                ..StreamKey::new(self.run_seed, Purpose::named("webarbiter/alternatives"))
            });
            let alternatives = alternatives(*taken, self.alternatives, &mut stream);
            let situation = Words::situation(&self.world, last);
            steps.push(situation.map(|situation| Step { situation, taken: *taken, alternatives }));
            self.world.step(taken)?;
            last = [Some(*taken), last[0]];
        }
        Ok(steps)
    }

    /// Asks the judge about the meetings that are new, all at once; how many these are.
    fn decide<'s>(&mut self, steps: impl Iterator<Item = &'s Step>) -> Result<u64, TrainError> {
        let mut fresh: BTreeMap<Meeting, &'s Situation> = BTreeMap::new();
        for step in steps {
            for alternative in &step.alternatives {
                let meeting = step.meeting(*alternative);
                if !self.decided.contains_key(&meeting) {
                    fresh.insert(meeting, &step.situation);
                }
            }
        }
        let asked: Vec<Asked<'_>> = fresh
            .iter()
            .map(|((_, candidates), situation)| Asked { situation, candidates: *candidates })
            .collect();
        let opinions = self.judge.opinions(&asked)?;
        drop(asked);
        let count = opinions.len() as u64;
        self.decided.extend(fresh.into_keys().zip(opinions.into_iter().map(|opinion| opinion.preference)));
        Ok(count)
    }

    /// `p(taken ≻ alternative)`; NaN, which a tournament refuses, if the judge was not asked.
    fn preference(&self, step: &Step, alternative: u32) -> f64 {
        let lower = self.decided.get(&step.meeting(alternative)).copied().unwrap_or(f64::NAN);
        if step.taken < alternative { lower } else { 1.0 - lower }
    }

    fn share(&self, step: &Step) -> Result<f64, TrainError> {
        // The taken action is candidate 0. How the others fare among themselves does not touch its share, so that nobody
        // is asked, and they draw.
        let preference = |a: usize, b: usize| {
            if a == 0 { self.preference(step, step.alternatives[b - 1]) } else { 0.5 }
        };
        let played = RoundRobin::play(1 + step.alternatives.len(), preference).map_err(ScoreError::from)?;
        Ok(played.share(0))
    }
}

impl ModelScorer<Player> for JudgeShares {
    fn name(&self) -> &str {
        SHARE
    }

    fn score(
        &mut self,
        _: &View<'_, Player>,
        batch: &mut Batch<GridObservation>,
    ) -> Result<ScoreReport, TrainError> {
        let replayed = batch.trajectories().map(|trajectory| self.replay(trajectory));
        let replayed: Vec<Vec<Option<Step>>> = replayed.collect::<Result<_, TrainError>>()?;
        let mut report = ScoreReport::default();
        report.count("meetings", self.decide(replayed.iter().flatten().flatten())?);
        for (trajectory, steps) in batch.trajectories_mut().zip(&replayed) {
            let shares = steps.iter().map(|step| step.as_ref().map(|step| self.share(step)).transpose());
            let shares: Vec<Option<f64>> = shares.collect::<Result<_, TrainError>>()?;
            let known: Vec<bool> = shares.iter().map(Option::is_some).collect();
            report.count("missing", known.iter().filter(|known| !**known).count() as u64);
            let values = shares.into_iter().map(Option::unwrap_or_default).collect();
            trajectory.add_channel(Channel::masked(SHARE, Level::Turn, values, known)?)?;
        }
        Ok(report)
    }
}
