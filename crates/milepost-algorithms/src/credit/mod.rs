//! From one reward a turn to one advantage a decision.

mod critic;
pub(crate) mod decisions;
mod groups;
mod igpo;
mod implicit;
mod verpo;

use milepost_core::{Batch, CutReason, Ending};
use milepost_credit::{min_form, reward_to_go};

use crate::TrainError;
use crate::config::{CreditConfig, NormalizeConfig, Pool};

/// What the credit stage returned, one row a trajectory in batch order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Credits {
    /// Advantages, `[T]` each.
    pub advantages: Vec<Vec<f64>>,
    /// Targets for the value, `[T]` each.
    pub returns: Vec<Vec<f64>>,
    /// Whether the trajectory teaches; the others are left out of the update.
    pub keep: Vec<bool>,
    /// What was dropped or fell back, and how often.
    pub counters: Vec<(&'static str, u64)>,
}

/// A credit rule: rewards (and values) in, advantages out. Give your own to
/// [`Trainer::with_credit`](crate::Trainer::with_credit).
pub trait CreditAssigner<O>: Send {
    /// `rewards[i]` is `[T_i]`, `values[i]` is `[T_i + 1]`, in the batch's order of trajectories.
    fn assign(
        &self,
        batch: &Batch<O>,
        rewards: &[Vec<f64>],
        values: &[Vec<f64>],
    ) -> Result<Credits, TrainError>;
}

/// The credit rules that a configuration can name, with the normalisation that precedes or follows them.
#[derive(Debug, Clone, PartialEq)]
pub struct StandardCredit {
    /// The rule.
    pub credit: CreditConfig,
    /// Pool, centre and scale. [`Pool::Minibatch`] is left to the learner, which knows the minibatches.
    pub normalize: NormalizeConfig,
    /// Leave out groups whose returns are exactly equal. Read by [`CreditConfig::Broadcast`] over groups,
    /// [`CreditConfig::StepSum`], [`CreditConfig::Igpo`] and [`CreditConfig::VeRpo`]; the others keep all.
    pub drop_zero_variance: bool,
    /// Whether values are learned, and may stand in for what lies beyond a truncation.
    pub critic: bool,
}

impl<O> CreditAssigner<O> for StandardCredit {
    fn assign(
        &self,
        batch: &Batch<O>,
        rewards: &[Vec<f64>],
        values: &[Vec<f64>],
    ) -> Result<Credits, TrainError> {
        let mut credits = match &self.credit {
            CreditConfig::Broadcast => self.broadcast(batch, rewards)?,
            CreditConfig::StepSum => self.step_sum(batch, rewards)?,
            CreditConfig::RewardToGo { gamma } => self.reward_to_go(batch, rewards, values, *gamma)?,
            CreditConfig::MinForm => weakest_link(rewards)?,
            CreditConfig::VeRpo(config) => {
                verpo::assign(config, self.normalize.rule(), self.drop_zero_variance, batch, rewards)?
            }
            CreditConfig::Gae { .. } | CreditConfig::NStep { .. } | CreditConfig::Redistribution { .. } => {
                critic::assign(&self.credit, batch, rewards, values)?
            }
            CreditConfig::TurnLeaveOneOut { .. }
            | CreditConfig::GiGpo { .. }
            | CreditConfig::Hgpo { .. }
            | CreditConfig::StepPosition { .. }
            | CreditConfig::PrefixTree
            | CreditConfig::Opo => groups::assign(&self.credit, &self.normalize.rule(), batch, rewards)?,
            CreditConfig::Prime { .. } | CreditConfig::ImplicitSteps { .. } => {
                implicit::assign(&self.credit, &self.normalize.rule(), batch, rewards)?
            }
            CreditConfig::Igpo { gains, pools, gamma } => self.igpo(batch, rewards, gains, *pools, *gamma)?,
        };
        if self.normalize.pool == Pool::Batch {
            let flat: Vec<f64> = credits.advantages.iter().flatten().copied().collect();
            let mut normal = vec![0.0; flat.len()];
            let report = self.normalize.rule().apply(&flat, &mut normal)?;
            credits.counters.push(("batches_without_variance", u64::from(report.zero_range)));
            let mut normal = normal.into_iter();
            for row in &mut credits.advantages {
                row.iter_mut().zip(&mut normal).for_each(|(a, b)| *a = b);
            }
        }
        Ok(credits)
    }
}

impl StandardCredit {
    /// Each trajectory's return, normalised in its group if so configured, given to every decision.
    fn broadcast<O>(&self, batch: &Batch<O>, rewards: &[Vec<f64>]) -> Result<Credits, TrainError> {
        let mut credits = Credits::default();
        let (mut equal, mut single, mut truncated) = (0, 0, 0);
        let mut rows = rewards.iter();
        for group in &batch.groups {
            let rows: Vec<&Vec<f64>> = rows.by_ref().take(group.members().len()).collect();
            let scores: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
            let mut advantage = scores.clone();
            let mut keep = true;
            if self.normalize.pool == Pool::Group {
                let report = self.normalize.rule().apply(&scores, &mut advantage)?;
                single += u64::from(report.dropped);
                equal += u64::from(report.zero_range && !report.dropped);
                keep = !(report.dropped || report.zero_range && self.drop_zero_variance);
            }
            // A row that was cut at a branch ends with a candidate: its worth is its value, and nothing is missing.
            let missing = |ending: Ending| ending.bootstraps() && ending != Ending::Cut(CutReason::Branch);
            truncated += group.members().iter().filter(|member| missing(member.ending)).count() as u64;
            for (row, advantage) in rows.iter().zip(advantage) {
                let mut to_go = vec![0.0; row.len()];
                reward_to_go(row, 1.0, 0.0, &mut to_go)?;
                credits.advantages.push(vec![advantage; row.len()]);
                credits.returns.push(to_go);
                credits.keep.push(keep);
            }
        }
        credits.counters = vec![
            ("groups_without_variance", equal),
            ("groups_of_one_dropped", single),
            ("truncations_without_bootstrap", truncated),
        ];
        Ok(credits)
    }

    /// Rows of step trees, each candidate of step `t` with `t` turns (from 1), weighted by the number of groups that
    /// teach over the number of trees: a mean over rows is then the sum over steps, averaged over trees.
    fn step_sum<O>(&self, batch: &Batch<O>, rewards: &[Vec<f64>]) -> Result<Credits, TrainError> {
        let mut credits = self.broadcast(batch, rewards)?;
        let (mut first, mut teaching, mut trees) = (0, 0, 0);
        for group in &batch.groups {
            teaching += u32::from(credits.keep[first]);
            trees += u32::from(rewards[first].len() == 1);
            first += group.members().len();
        }
        if trees == 0 {
            let reason = "`credit.kind = \"step-sum\"` found no first step of a tree in the batch".into();
            return Err(TrainError::Config { reason });
        }
        let weight = f64::from(teaching) / f64::from(trees);
        credits.advantages.iter_mut().flatten().for_each(|advantage| *advantage *= weight);
        Ok(credits)
    }

    fn reward_to_go<O>(
        &self,
        batch: &Batch<O>,
        rewards: &[Vec<f64>],
        values: &[Vec<f64>],
        gamma: f64,
    ) -> Result<Credits, TrainError> {
        let mut credits = Credits::default();
        let mut without = 0;
        for ((trajectory, rewards), values) in batch.trajectories().zip(rewards).zip(values) {
            let mut to_go = vec![0.0; rewards.len()];
            let beyond = bootstrap(trajectory.ending.bootstraps(), values);
            without += u64::from(trajectory.ending.bootstraps() && !self.critic);
            reward_to_go(rewards, gamma, if self.critic { beyond } else { 0.0 }, &mut to_go)?;
            credits.advantages.push(to_go.clone());
            credits.returns.push(to_go);
            credits.keep.push(true);
        }
        credits.counters = vec![("truncations_without_bootstrap", without)];
        Ok(credits)
    }
}

/// The smallest reward that is still to come.
fn weakest_link(rewards: &[Vec<f64>]) -> Result<Credits, TrainError> {
    let mut credits = Credits::default();
    for rewards in rewards {
        let mut advantages = vec![0.0; rewards.len()];
        min_form(rewards, &mut advantages)?;
        credits.push(advantages, to_go(rewards, 1.0)?);
    }
    Ok(credits)
}

/// Discounted returns from each turn on, nothing beyond the last; none where nothing was done.
fn to_go(rewards: &[f64], gamma: f64) -> Result<Vec<f64>, TrainError> {
    let mut returns = vec![0.0; rewards.len()];
    if !rewards.is_empty() {
        reward_to_go(rewards, gamma, 0.0, &mut returns)?;
    }
    Ok(returns)
}

impl Credits {
    /// Adds a row for each companion: `(place, decisions)`, to which trajectory it belongs and how many decisions it
    /// has. All of them get the advantage and the target of that trajectory's first decision; where it has none, or
    /// does not teach, they do not either.
    pub(crate) fn accompany(&mut self, companions: impl IntoIterator<Item = (usize, usize)>) {
        for (place, decisions) in companions {
            let of = |rows: &[Vec<f64>]| rows[place].first().copied();
            let (advantage, target) = (of(&self.advantages), of(&self.returns));
            self.keep.push(self.keep[place] && advantage.is_some());
            self.advantages.push(vec![advantage.unwrap_or(0.0); decisions]);
            self.returns.push(vec![target.unwrap_or(0.0); decisions]);
        }
    }

    /// Adds a trajectory that teaches.
    fn push(&mut self, advantages: Vec<f64>, returns: Vec<f64>) {
        self.advantages.push(advantages);
        self.returns.push(returns);
        self.keep.push(true);
    }
}

/// The value of the state after the last turn, where it belongs to the return.
fn bootstrap(bootstraps: bool, values: &[f64]) -> f64 {
    if bootstraps { values.last().copied().unwrap_or(0.0) } else { 0.0 }
}
