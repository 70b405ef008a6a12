use burn::tensor::Device;
use milepost_core::{CostLedger, Version};
use milepost_flow::{Behaviour, Groups, Kernel, NoiseSource, Velocity};
use milepost_microworlds::flows::FlowArena;

use super::{
    config::{FlowRl, flow},
    run::{advantages, score},
};
use crate::StudyError;

/// The share of the absolute advantage that falls on the one step that draws noise; the truth is 1. `None` if there is
/// no advantage at all.
///
/// Only the middle step has noise, so it alone decides how the samples of a group differ, given their start.
pub(super) fn localisation(
    study: &FlowRl,
    velocity: &dyn Velocity,
    seed: u64,
    device: &Device,
) -> Result<Option<f64>, StudyError> {
    let schedule = study.schedule()?;
    let noisy = (study.steps - 1) / 2;
    let mut psi = vec![0.0; study.steps - 1];
    if psi.is_empty() {
        return Ok(None);
    }
    psi[noisy] = Kernel::flow_table(0.7, &schedule)[noisy];
    let kernel = Kernel::TableSde { psi };
    let FlowRl { surrogate, group, .. } = study;
    let behaviour = Behaviour {
        kernel: &kernel,
        schedule: &schedule,
        hook: None,
        reduce: surrogate.reduce,
        form: surrogate.form,
    };
    let groups =
        Groups::new((0..FlowArena::PROMPTS).map(Some).collect(), *group).map_err(flow("the planted test"))?;
    let noise = NoiseSource { run_seed: seed, iteration: u64::MAX, evaluation: true };
    // Each group from one start: what differs within it is the noise of the one step.
    let ids: Vec<u64> = (0..groups.rows()).map(|row| (row / group) as u64).collect();
    let ledger = &mut CostLedger::unlimited();
    let start = noise.start(&ids, study.arena.dimension(), device);
    let rollout = behaviour
        .rollout(velocity, Version::default(), start, ids, &groups, &noise, ledger)
        .map_err(flow("the planted test"))?;
    let table = score(study, velocity, &schedule, &rollout, ledger).map_err(flow("the planted test"))?;
    let (advantages, _) = advantages(study, &table, &rollout)?;
    Ok(advantages.mass().map(|mass| mass[noisy]))
}
