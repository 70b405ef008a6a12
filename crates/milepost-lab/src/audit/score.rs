//! An arm's reward as a function of a transition: its scorers, asked about trajectories of one step.

use std::sync::Arc;

use milepost_algorithms::MethodConfig;
use milepost_core::{
    Batch, CutReason, Encoder, Ending, Group, Outcome, Probe, RewardLaw, StateRecords, TaskSeed, Trajectory,
    TrajectoryBuilder, Version,
};
use milepost_gridworld::Gridworld;
use milepost_rewards::{
    CombineConfig, JudgeNoise, ScoreError, Scorer, ScorerConfig, ScorerContext, combine_counted,
};

use super::AuditError;
use super::world::World;
use crate::config::Arm;
use crate::run;

/// Transitions scored at once.
const CHUNK: usize = 2048;

/// Why an arm's reward is no function of a transition, if it is none. Channels that are not combined do not
/// matter.
pub(super) fn history(method: &MethodConfig) -> Option<String> {
    let used = |channel: &str| {
        let terms = method.combine.terms.iter().filter(|term| term.weight != 0.0);
        terms.into_iter().any(|term| term.channel == channel || term.gate.as_deref() == Some(channel))
    };
    method.scorers.iter().filter(|scorer| used(scorer.channel())).find_map(|scorer| {
        let why = match scorer {
            ScorerConfig::Outcome { format_penalty: Some(_), .. } => {
                "depends on whether the episode was cut short"
            }
            ScorerConfig::Outcome { .. } | ScorerConfig::Potential { .. } => return None,
            ScorerConfig::OracleProgress { noise, .. } => {
                let JudgeNoise { sd, flip, missing, .. } = noise;
                if *sd == 0.0 && *flip == 0.0 && *missing == 0.0 {
                    return None;
                }
                "is drawn anew in every step"
            }
            ScorerConfig::Count { .. } => "counts earlier visits",
            ScorerConfig::Intermediate { .. } => "is divided by what the whole episode earned",
            ScorerConfig::Rnd(_) => "is learned from earlier visits",
            ScorerConfig::Rubric(_)
            | ScorerConfig::RubricReward(_)
            | ScorerConfig::UniDoc(_)
            | ScorerConfig::OutcomeProcess(_) => "is paid for a whole episode",
            ScorerConfig::Vote(_) => "compares the answers of a whole group",
        };
        Some(format!("depends on history: not a reward on transitions (`{}` {why})", scorer.channel()))
    })
}

/// Scorers that read an observation cannot be asked about transitions, so there is none to read.
struct NoFeatures;

impl Encoder<()> for NoFeatures {
    fn len(&self) -> usize {
        0
    }
    fn encode(&self, (): &(), _: u64, _: &mut [f32]) {}
}

/// One step to be paid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step<'a> {
    /// What was recorded before it.
    pub(super) before: &'a [f64],
    /// What was recorded after it.
    pub(super) after: &'a [f64],
    /// The environment's own reward.
    pub(super) reward: f64,
    /// How it ended the episode, if it did.
    pub(super) ending: Option<Ending>,
    /// Steps taken before it.
    pub(super) elapsed: u32,
}

/// The reward of an arm.
pub(super) struct StepReward<'a> {
    arm: &'a str,
    combine: &'a CombineConfig,
    scorers: Vec<Box<dyn Scorer<()>>>,
    /// What the scorers read of a state.
    pub(super) probes: Vec<Box<dyn Probe<Gridworld>>>,
    /// Values that scorers did not have; they pay nothing.
    pub(super) missing: u64,
}

impl<'a> StepReward<'a> {
    pub(super) fn new(arm: &'a Arm, seed: u64) -> Result<Self, AuditError> {
        let context = ScorerContext { run_seed: seed, device: None, encoder: Arc::new(NoFeatures), slots: 1 };
        let used = |scorer: &&ScorerConfig| {
            let terms = &arm.method.combine.terms;
            terms.iter().any(|t| t.channel == scorer.channel() || t.gate.as_deref() == Some(scorer.channel()))
        };
        let scorers = arm.method.scorers.iter().filter(used).map(|scorer| scorer.build(&context));
        let scorers = scorers.collect::<Result<_, _>>().map_err(failed(&arm.name))?;
        let probes = run::probes(&arm.method)?;
        Ok(Self { arm: &arm.name, combine: &arm.method.combine, scorers, probes, missing: 0 })
    }

    /// Reads what the scorers need to know of a state.
    pub(super) fn read(&mut self, world: &Gridworld) -> Vec<f64> {
        self.probes.iter_mut().map(|probe| probe.read(world)).collect()
    }

    /// What each step pays.
    pub(super) fn pay(&mut self, steps: &[Step<'_>]) -> Result<Vec<f64>, AuditError> {
        let mut paid = Vec::with_capacity(steps.len());
        for steps in steps.chunks(CHUNK) {
            let members = steps.iter().map(|step| self.trajectory(step)).collect::<Result<Vec<_>, _>>()?;
            let Ok(group) = Group::new(members) else { continue };
            let mut batch = Batch { groups: vec![group] };
            for scorer in &mut self.scorers {
                scorer.score(&mut batch).map_err(failed(self.arm))?;
            }
            for trajectory in batch.trajectories() {
                let combined = combine_counted(trajectory, self.combine).map_err(failed(self.arm))?;
                self.missing += combined.missing;
                paid.push(combined.rewards.iter().sum());
            }
        }
        Ok(paid)
    }

    fn trajectory(&self, step: &Step<'_>) -> Result<Trajectory<()>, AuditError> {
        let names = StateRecords::named(self.probes.iter().map(|probe| probe.name()));
        let mut builder = TrajectoryBuilder::new(TaskSeed::literal(0), 0, step.elapsed, Version(0), names);
        builder.state((), 0, step.before);
        builder.action(0, 0.0, step.reward);
        builder.state((), 1, step.after);
        Ok(builder.finish(step.ending.unwrap_or(Ending::Cut(CutReason::SegmentFull)))?)
    }
}

fn failed(arm: &str) -> impl Fn(ScoreError) -> AuditError + '_ {
    |source| AuditError::Score { arm: arm.to_owned(), source }
}

/// The reward of every transition of the world, as a law of elapsed time, and what the scorers read of each
/// state.
pub(super) fn transitions(
    world: &World,
    reward: &mut StepReward<'_>,
) -> Result<(Vec<RewardLaw>, Vec<Vec<f64>>), AuditError> {
    let graph = &world.graph;
    let records: Vec<Vec<f64>> = graph.states().iter().map(|state| reward.read(state)).collect();
    let afters = afters(world, reward, &records)?;
    let (mdp, last) = (graph.mdp(), world.horizon - 1);
    let at = |reward: &mut StepReward<'_>, elapsed: u32| -> Result<Vec<f64>, AuditError> {
        let mut steps = Vec::with_capacity(mdp.transition_count());
        for (index, (state, after)) in afters.iter().enumerate() {
            steps.push(Step {
                before: &records[*state],
                after,
                reward: mdp.rewards()[index].at(elapsed),
                ending: graph.endings()[index],
                elapsed,
            });
        }
        reward.pay(&steps)
    };
    let first = at(reward, 0)?;
    let missing = reward.missing;
    let laws = if mdp.rewards().iter().any(|law| law.per_step != 0.0) && last > 0 {
        let (second, final_) = (at(reward, 1)?, at(reward, last)?);
        let law = |((first, second), found): ((&f64, &f64), &f64)| {
            let per_step = second - first;
            let expected = first + per_step * f64::from(last);
            // The slope is a difference, so its rounding is multiplied by the steps.
            let slack = 1e-9 * first.abs().max(found.abs()).max(1.0);
            if (found - expected).abs() > slack {
                let (arm, step, found) = (reward.arm.to_owned(), last, *found);
                return Err(AuditError::NotAffine { arm, step, found, expected });
            }
            let per_step = if last > 1 { (found - first) / f64::from(last) } else { per_step };
            Ok(RewardLaw { base: *first, per_step })
        };
        first.iter().zip(&second).zip(&final_).map(law).collect::<Result<_, _>>()?
    } else {
        first.into_iter().map(RewardLaw::constant).collect()
    };
    reward.missing = missing;
    Ok((laws, records))
}

/// For each transition the state it leaves, and what the scorers read after it.
fn afters(
    world: &World,
    reward: &mut StepReward<'_>,
    records: &[Vec<f64>],
) -> Result<Vec<(usize, Vec<f64>)>, AuditError> {
    use milepost_core::{DiscreteEnvironment as _, Enumerable as _, Environment as _};
    let graph = &world.graph;
    let mut afters = Vec::with_capacity(graph.mdp().transition_count());
    for (index, state) in graph.states().iter().enumerate() {
        for action in 0..graph.mdp().actions() as u32 {
            if !state.is_legal(action) {
                continue;
            }
            for branch in state.outcomes(action) {
                let after = if branch.ending.is_some() {
                    reward.read(&branch.next)
                } else {
                    records[graph.index_of(branch.next.state_key())?].clone()
                };
                afters.push((index, after));
            }
        }
    }
    Ok(afters)
}

/// What the reward would pay between any two states; `None` is the state after an end, where every record
/// is 0, as the potential of an end must be.
pub(super) fn beyond(
    reward: &mut StepReward<'_>,
    records: &[Vec<f64>],
    from: Option<usize>,
    to: Option<usize>,
) -> Result<f64, AuditError> {
    let nothing = vec![0.0; reward.probes.len()];
    let of = |state: Option<usize>| state.map_or(nothing.as_slice(), |state| records[state].as_slice());
    let ending = to.is_none().then_some(Ending::Terminated(Outcome::Failure));
    let step = Step { before: of(from), after: of(to), reward: 0.0, ending, elapsed: 0 };
    let missing = reward.missing;
    let paid = reward.pay(&[step])?;
    reward.missing = missing;
    Ok(paid.first().copied().unwrap_or(0.0))
}
