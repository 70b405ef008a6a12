use burn::tensor::Device;
use milepost_core::{CostLedger, Purpose, Stream, StreamKey};
use milepost_eval::energy::energy_distance;
use milepost_flow::{Groups, NoiseSource, Schedule, Velocity, complete};
use milepost_microworlds::flows::FlowArena;

use super::config::{FlowRl, flow};
use crate::StudyError;

/// What the deterministic sampler makes of a field, averaged over prompts.
pub(super) struct Evaluation {
    pub(super) reward: f64,
    pub(super) gold: f64,
    pub(super) precision: f64,
    pub(super) mode_entropy: f64,
    /// To the base law; costs a comparison of all pairs, so it is only measured when asked for.
    pub(super) energy: Option<f64>,
    /// Samples that are not finite; they are left out of the means, and counted.
    pub(super) lost: u64,
}

/// Samples without noise, from noise of its own that is the same at every call: differences between points of a curve
/// are differences between fields.
pub(super) fn evaluate(
    study: &FlowRl,
    velocity: &dyn Velocity,
    seed: u64,
    samples: usize,
    with_energy: bool,
    device: &Device,
) -> Result<Option<Evaluation>, StudyError> {
    let size = samples / FlowArena::PROMPTS;
    let groups =
        Groups::new((0..FlowArena::PROMPTS).map(Some).collect(), size).map_err(flow("evaluation"))?;
    let schedule = Schedule::linear(study.evaluation_steps).map_err(flow("evaluation"))?;
    let noise = NoiseSource { run_seed: seed, iteration: 0, evaluation: true };
    let ids: Vec<u64> = (0..groups.rows() as u64).collect();
    let start = noise.start(&ids, study.arena.dimension(), device);
    // Evaluation is not what a method pays for.
    let ledger = &mut CostLedger::unlimited();
    let ends = complete(velocity, schedule.sigmas(), start, &groups.row_prompts(), ledger)
        .map_err(flow("evaluation"))?;
    let values =
        ends.try_into_vec_as::<f32>().map_err(|error| StudyError::part("evaluation")(error.to_string()))?;
    let points: Vec<Vec<f64>> = values
        .chunks(study.arena.dimension())
        .map(|row| row.iter().map(|x| f64::from(*x)).collect())
        .collect();
    let (mut totals, mut lost, mut prompts) = ([0.0; 5], 0, 0usize);
    for (prompt, rows) in groups.ranges().enumerate() {
        let finite: Vec<Vec<f64>> =
            points[rows].iter().filter(|x| x.iter().all(|c| c.is_finite())).cloned().collect();
        lost += (size - finite.len()) as u64;
        let Some(summary) = study.arena.summary(&finite) else { continue };
        let mean = |f: &dyn Fn(&[f64]) -> f64| finite.iter().map(|x| f(x)).sum::<f64>() / finite.len() as f64;
        let reward = mean(&|x| study.reward.value(study.arena, x, prompt));
        let gold = mean(&|x| study.reward.gold(study.arena, x, prompt).for_evaluation());
        let energy = if with_energy { distance_to_base(study, seed, prompt, &finite)? } else { 0.0 };
        let own = [reward, gold, summary.precision, summary.mode_entropy, energy];
        totals.iter_mut().zip(own).for_each(|(total, value)| *total += value);
        prompts += 1;
    }
    if prompts == 0 {
        return Ok(None);
    }
    let [reward, gold, precision, mode_entropy, energy] = totals.map(|total| total / prompts as f64);
    Ok(Some(Evaluation {
        reward,
        gold,
        precision,
        mode_entropy,
        energy: with_energy.then_some(energy),
        lost,
    }))
}

fn distance_to_base(
    study: &FlowRl,
    seed: u64,
    prompt: usize,
    points: &[Vec<f64>],
) -> Result<f64, StudyError> {
    let key = StreamKey { task: prompt as u64, ..StreamKey::new(seed, Purpose::named("flow base law")) };
    let mut stream = Stream::new(key);
    let base: Vec<Vec<f64>> = (0..500).map(|_| study.arena.sample(prompt, &mut stream)).collect();
    energy_distance(points, &base).map_err(StudyError::part("the energy distance"))
}
