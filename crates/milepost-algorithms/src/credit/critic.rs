//! Rules that ask the learned values.

use milepost_core::Batch;
use milepost_credit::{Gae, Residual, n_step_returns, redistribute};

use super::{Credits, bootstrap, to_go};
use crate::TrainError;
use crate::config::{CreditConfig, ResidualConfig};

/// Credit by a rule that needs values; `values[i]` is `[T_i + 1]`.
pub(super) fn assign<O>(
    rule: &CreditConfig,
    batch: &Batch<O>,
    rewards: &[Vec<f64>],
    values: &[Vec<f64>],
) -> Result<Credits, TrainError> {
    let mut credits = Credits::default();
    for ((trajectory, rewards), values) in batch.trajectories().zip(rewards).zip(values) {
        let t = rewards.len();
        let beyond = bootstrap(trajectory.ending.bootstraps(), values);
        let (mut advantages, mut returns) = (vec![0.0; t], vec![0.0; t]);
        match rule {
            CreditConfig::Gae { gamma, lambda } => {
                let rule = Gae { gamma: *gamma, lambda: *lambda };
                rule.assign(rewards, &values[..t], beyond, &mut advantages, &mut returns)?;
            }
            CreditConfig::NStep { gamma, n } => {
                let mut next = values[1..].to_vec();
                next[t - 1] = beyond;
                n_step_returns(rewards, &vec![*gamma; t], &next, *n, &mut returns)?;
                for ((a, target), value) in advantages.iter_mut().zip(&returns).zip(values) {
                    *a = target - value;
                }
            }
            CreditConfig::Redistribution { residual } => {
                let residual = match residual {
                    ResidualConfig::None => Residual::None,
                    ResidualConfig::Last => Residual::Last,
                    ResidualConfig::Uniform => Residual::Uniform,
                };
                // The return predicted after step t: what was earned by then and the value that follows.
                let mut earned = 0.0;
                let predictions: Vec<f64> = (0..t)
                    .map(|step| {
                        earned += rewards[step];
                        earned + if step + 1 == t { beyond } else { values[step + 1] }
                    })
                    .collect();
                redistribute(&predictions, values[0], earned + beyond, residual, &mut advantages)?;
                returns = to_go(rewards, 1.0)?;
            }
            other => return Err(TrainError::Config { reason: format!("{other:?} asks no values") }),
        }
        credits.push(advantages, returns);
    }
    Ok(credits)
}
