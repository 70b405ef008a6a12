use std::ops::Range;

use super::super::Table;
use super::conjugate::conjugate_gradients;
use super::pair;
use crate::Context;
use crate::estimators::Key;

/// Steps of the solver; more than enough for the precision that returns carry.
const LIMIT: usize = 500;

/// What each place and action contributes to the return.
///
/// Minimises `(1/n) Σ_i (R_i − b − Σ_t w(place_t, a_t))² + ridge ‖w‖²` over `b` and `w`. The intercept is not
/// penalised, so that what all episodes share goes there and not to their steps. A pair that was never seen
/// contributes 0.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Linear {
    key: Key,
    intercept: f64,
    contributions: Table<(u64, u32)>,
}

impl Linear {
    pub(super) fn fit(context: &Context<'_>, key: Key, ridge: f64) -> Self {
        let (batch, returns) = (context.batch, context.batch.returns());
        let keys = (0..batch.steps()).map(|step| pair(context, key, step));
        let (mut contributions, cells) = Table::constant(keys, 0.0);
        let (intercept, scale) = (contributions.len(), 1.0 / batch.episodes() as f64);
        // out += XᵀD values for one value per episode: its steps and the intercept get their share.
        let spread = |episode: usize, value: f64, out: &mut [f64]| {
            for cell in &cells[batch.range(episode)] {
                out[*cell as usize] += scale * value;
            }
            out[intercept] += scale * value;
        };
        let mut target = vec![0.0; intercept + 1];
        for (episode, total) in returns.iter().enumerate() {
            spread(episode, *total, &mut target);
        }
        let solution = conjugate_gradients(&target, LIMIT, |x, out| {
            for (out, x) in out.iter_mut().zip(x) {
                *out = ridge * x;
            }
            out[intercept] = 0.0;
            for (episode, range) in batch.ranges().enumerate() {
                let sum: f64 = cells[range].iter().map(|cell| x[*cell as usize]).sum();
                spread(episode, sum + x[intercept], out);
            }
        });
        for (cell, contribution) in solution[..intercept].iter().enumerate() {
            contributions.add(cell as u32, *contribution);
        }
        Self { key, intercept: solution[intercept], contributions }
    }

    pub(super) fn predict(
        &self,
        context: &Context<'_>,
        steps: Range<usize>,
        out: &mut [f64],
        unseen: &mut usize,
    ) -> f64 {
        let mut prediction = self.intercept;
        for (out, step) in out.iter_mut().zip(steps) {
            prediction += self.contributions.get(&pair(context, self.key, step), unseen);
            *out = prediction;
        }
        self.intercept
    }
}
