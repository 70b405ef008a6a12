//! Between a batch of the benchmark and the slices of the credit rules.

use std::collections::BTreeMap;

use milepost_credit::{CreditError, Groups, GroupsReport, Rows, reward_to_go};

use crate::{Batch, CaIdCard, Contrast, Downstream, Evidence, Interface, Intervention, PreState, Unit};

/// What was left out on the way, by name.
pub(super) type Counters = BTreeMap<&'static str, u64>;

/// Adds to a counter; a counter that stays 0 does not appear.
pub(super) fn count(counters: &mut Counters, name: &'static str, found: usize) {
    if found > 0 {
        *counters.entry(name).or_insert(0) += found as u64;
    }
}

/// Counts groups of trajectories that teach nothing.
pub(super) fn count_groups(counters: &mut Counters, report: GroupsReport) {
    count(counters, "zero-range-groups", report.zero_range);
    count(counters, "singleton-groups", report.dropped);
}

/// The steps of each episode.
pub(super) fn rows(batch: &Batch) -> Rows {
    Rows::ragged(&batch.lengths())
}

/// A batch is one group: its episodes share the task.
pub(super) fn one_group(batch: &Batch) -> Groups {
    Groups::from_sizes(&[batch.episodes()])
}

/// One value per episode at each of its steps.
pub(super) fn broadcast(batch: &Batch, per_episode: &[f64]) -> Result<Vec<f64>, CreditError> {
    let mut out = vec![0.0; batch.steps()];
    rows(batch).broadcast(per_episode, None, &mut out)?;
    Ok(out)
}

/// `G_t = Σ_{k≥t} γ^{k−t} r_k` of every step.
pub(super) fn returns_to_go(batch: &Batch, gamma: f64) -> Result<Vec<f64>, CreditError> {
    let mut out = vec![0.0; batch.steps()];
    for range in batch.ranges().filter(|range| !range.is_empty()) {
        reward_to_go(&batch.rewards[range.clone()], gamma, 0.0, &mut out[range])?;
    }
    Ok(out)
}

/// The card of a rule that reads the log alone; rules that do more replace fields of it.
pub(super) fn log_card(unit: Unit, contrast: Contrast, support: &str) -> CaIdCard {
    CaIdCard {
        unit,
        contrast,
        pre_state: PreState::Observed,
        intervention: Intervention::None,
        downstream: Downstream::Recorded,
        support: support.to_owned(),
        interface: Interface::Advantage,
        evidence: Evidence::PredictiveProxy,
    }
}
