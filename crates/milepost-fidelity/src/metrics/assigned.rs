use milepost_credit::Normalize;

use crate::estimators::{Alone, leave_one_out_among_alive};
use crate::{Baseline, Batch, Context, Credit, Estimate, FidelityError, Reading};

/// Credit of the taken actions, whatever form the estimator gave it.
#[derive(Debug, Clone, PartialEq)]
pub struct Assigned {
    /// Credit of the taken action of each step, `[steps]`.
    pub taken: Vec<f64>,
    /// Credit of all actions `[steps, actions]`, if the estimator gave it.
    pub all: Option<Vec<f64>>,
    /// The reward of each step `[steps]`, if the estimator gave a reward.
    pub rewards: Option<Vec<f64>>,
    /// Episodes (under a weight) or steps (of a reward-to-go) whose return was used as it is, because there was
    /// no other episode to compare with.
    pub fallbacks: u64,
}

impl Assigned {
    /// Reads an estimate: a reward through its [`Reading`], a weight times the leave-one-out advantage
    /// `R_i − mean_{j≠i} R_j` of the return (the return itself in a batch of one episode, counted), the taken
    /// one of all actions. Refuses credit of the wrong size, and any number that is not finite.
    pub fn read(estimator: &str, estimate: Estimate, context: &Context<'_>) -> Result<Self, FidelityError> {
        let (batch, steps) = (context.batch, context.batch.steps());
        let size = |values: &[f64], expected: usize| {
            let what = || format!("the credit of {estimator}");
            if values.len() == expected {
                Ok(())
            } else {
                Err(FidelityError::Size { what: what(), found: values.len(), expected })
            }
        };
        let mut read = Self { taken: Vec::new(), all: None, rewards: None, fallbacks: 0 };
        match estimate.credit {
            Credit::Advantage(taken) => {
                size(&taken, steps)?;
                read.taken = taken;
            }
            Credit::AllActions(all) => {
                let actions = context.actions();
                size(&all, steps * actions)?;
                let bad = all.iter().position(|c| !c.is_finite());
                finite(estimator, context, bad.map(|i| (i / actions, all[i])))?;
                let pick = |(i, a): (usize, &u32)| all[i * actions + *a as usize];
                read.taken = batch.actions.iter().enumerate().map(pick).collect();
                read.all = Some(all);
            }
            Credit::Reward { rewards, reading } => {
                size(&rewards, steps)?;
                read.taken = match reading {
                    Reading::Direct => rewards.clone(),
                    Reading::ToGo { baseline } => {
                        let (credit, alone) = to_go(batch, &rewards, baseline)?;
                        read.fallbacks += alone;
                        credit
                    }
                };
                read.rewards = Some(rewards);
            }
            Credit::Weight(weights) => {
                size(&weights, steps)?;
                let returns = batch.returns();
                let mut advantages = returns.clone();
                if returns.len() > 1 {
                    Normalize::rloo().apply(&returns, &mut advantages)?;
                } else {
                    read.fallbacks += returns.len() as u64;
                }
                read.taken = weights;
                for (range, advantage) in batch.ranges().zip(advantages) {
                    read.taken[range].iter_mut().for_each(|w| *w *= advantage);
                }
            }
        }
        finite(
            estimator,
            context,
            read.taken.iter().position(|c| !c.is_finite()).map(|i| (i, read.taken[i])),
        )?;
        Ok(read)
    }
}

/// An error if there is a step with a number that is not finite.
fn finite(estimator: &str, context: &Context<'_>, bad: Option<(usize, f64)>) -> Result<(), FidelityError> {
    let Some((index, value)) = bad else { return Ok(()) };
    let episode = context.batch.ranges().position(|range| range.contains(&index)).unwrap_or(0);
    Err(FidelityError::NonFinite {
        estimator: estimator.to_owned(),
        seed: context.tape.seed(),
        episode,
        step: index - context.batch.range(episode).start,
        value,
    })
}

/// `Σ_{k≥t} r̂_k − b_t` for every step, and how many steps had no other episode to be compared with.
fn to_go(batch: &Batch, rewards: &[f64], baseline: Baseline) -> Result<(Vec<f64>, u64), FidelityError> {
    match baseline {
        Baseline::None => {
            let mut credit = rewards.to_vec();
            for range in batch.ranges() {
                for i in range.rev().skip(1) {
                    credit[i] += credit[i + 1];
                }
            }
            Ok((credit, 0))
        }
        Baseline::LeaveOneOut => {
            let (relative, report) = leave_one_out_among_alive(batch, rewards, 1.0, Alone::Raw)?;
            Ok((relative, report.dropped as u64))
        }
    }
}
