use std::ops::Range;

use milepost_credit::CreditError;

use super::super::Table;
use super::super::shape::returns_to_go;
use super::{add_rewards_so_far, pair};
use crate::Context;
use crate::estimators::Key;

/// Mean reward-to-go per place and action, and per place at the start. A pair that was never seen gets the
/// mean over all fitted steps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tabular {
    key: Key,
    starts: Table,
    pairs: Table<(u64, u32)>,
}

impl Tabular {
    pub(super) fn fit(context: &Context<'_>, key: Key) -> Result<Self, CreditError> {
        let batch = context.batch;
        let to_go = returns_to_go(batch, 1.0)?;
        let pairs = Table::means((0..batch.steps()).map(|step| pair(context, key, step)), &to_go);
        let first = || batch.ranges().filter(|range| !range.is_empty()).map(|range| range.start);
        let returns: Vec<f64> = first().map(|step| to_go[step]).collect();
        let starts = Table::means(first().map(|step| key.of(context, batch.nodes[step])), &returns);
        Ok(Self { key, starts, pairs })
    }

    pub(super) fn predict(
        &self,
        context: &Context<'_>,
        steps: Range<usize>,
        out: &mut [f64],
        unseen: &mut usize,
    ) -> f64 {
        for (out, step) in out.iter_mut().zip(steps.clone()) {
            *out = self.pairs.get(&pair(context, self.key, step), unseen);
        }
        let start = self.key.of(context, context.batch.nodes[steps.start]);
        add_rewards_so_far(&context.batch.rewards[steps], out);
        self.starts.get(&start, unseen)
    }
}
