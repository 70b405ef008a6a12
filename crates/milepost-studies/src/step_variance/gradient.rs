//! The policy gradient of a table policy with respect to its logits, one question a sample.

use std::collections::BTreeMap;

use milepost_algorithms::sampling::table::TablePolicy;
use milepost_algorithms::sampling::tree::{STEP_VALUE, TreeRollout, step_advantages};
use milepost_algorithms::sampling::{ContextRule, scoring_segments};
use milepost_core::{Batch, Trajectory};

use crate::StudyError;

/// A gradient: for each text that is read, the logits of the next token.
type Gradient = BTreeMap<Vec<u32>, Vec<f64>>;

/// First and second moments of gradients.
#[derive(Debug, Default)]
pub(super) struct Moments {
    sum: Gradient,
    squares: f64,
    samples: u64,
}

impl Moments {
    fn add(&mut self, gradient: Gradient) {
        self.samples += 1;
        for (read, row) in gradient {
            self.squares += row.iter().map(|x| x * x).sum::<f64>();
            let sum = self.sum.entry(read).or_insert_with(|| vec![0.0; row.len()]);
            sum.iter_mut().zip(&row).for_each(|(sum, x)| *sum += x);
        }
    }

    /// `tr Σ / |G|²` (McCandlish et al., arXiv 1812.06162), both without bias; `None` where the estimate of `|G|²` is
    /// not positive.
    pub(super) fn noise_scale(&self) -> Option<f64> {
        let n = self.samples as f64;
        let mean: f64 = self.sum.values().flatten().map(|x| (x / n) * (x / n)).sum();
        let trace = (self.squares / n - mean) * n / (n - 1.0);
        let signal = mean - trace / n;
        (signal > 0.0).then(|| trace / signal)
    }
}

/// One sample for each tree: the mean over its rows of `A · mean_tokens ∇ log π`.
pub(super) fn of_trees(
    policy: &TablePolicy,
    rule: &ContextRule,
    grown: &TreeRollout,
    moments: &mut Moments,
) -> Result<(), StudyError> {
    for sets in grown.sets.chunk_by(|a, b| a.line == b.line) {
        let rows: usize = sets.iter().map(|set| set.candidates.len()).sum();
        let mut gradient = Gradient::new();
        for set in sets {
            let group = grown.rows(set).map_err(StudyError::part("the rows of a tree"))?;
            for (row, candidate) in group.members().iter().zip(&set.candidates) {
                add(policy, rule, row, candidate.advantage / rows as f64, &mut gradient)?;
            }
        }
        moments.add(gradient);
    }
    Ok(())
}

/// One sample for each group: the summed rewards of a trajectory against those of the group.
pub(super) fn of_groups(
    policy: &TablePolicy,
    rule: &ContextRule,
    batch: &Batch<()>,
    moments: &mut Moments,
) -> Result<(), StudyError> {
    for group in &batch.groups {
        let sum = |t: &Trajectory<()>| t.signals.get(STEP_VALUE).map_or(0.0, milepost_core::Channel::sum);
        let advantages = step_advantages(&group.members().iter().map(sum).collect::<Vec<_>>());
        let mut gradient = Gradient::new();
        for (member, advantage) in group.members().iter().zip(advantages) {
            add(policy, rule, member, advantage / group.members().len() as f64, &mut gradient)?;
        }
        moments.add(gradient);
    }
    Ok(())
}

/// Adds `weight · mean_tokens ∇ log π(token)`.
fn add(
    policy: &TablePolicy,
    rule: &ContextRule,
    trajectory: &Trajectory<()>,
    weight: f64,
    gradient: &mut Gradient,
) -> Result<(), StudyError> {
    let segments = scoring_segments(trajectory, rule).map_err(StudyError::part("what the policy reads"))?;
    let tokens: usize = segments.iter().map(|segment| segment.targets.len()).sum();
    for segment in segments {
        for (position, index) in segment.targets {
            let (read, token) = (&segment.tokens[..position], segment.tokens[position] as usize);
            let allowed = trajectory.allowed.get(index).and_then(Option::as_deref);
            let p = policy.probabilities(read, allowed).map_err(StudyError::part("the policy"))?;
            let row = gradient.entry(policy.read(read).to_vec()).or_insert_with(|| vec![0.0; p.len()]);
            for (word, (slot, p)) in row.iter_mut().zip(p).enumerate() {
                *slot += weight / tokens as f64 * (f64::from(u8::from(word == token)) - p);
            }
        }
    }
    Ok(())
}

/// Adds a sample of one number.
#[cfg(test)]
pub(super) fn tests_add(moments: &mut Moments, value: f64) {
    moments.add(BTreeMap::from([(Vec::new(), vec![value])]));
}
