//! Laws that span several parts, with exact fields and known posteriors.

mod masked;
mod rollouts;
mod surrogate;
mod velocities;

use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{CostLedger, Version};
use milepost_microworlds::flows::FlowArena;

use crate::{
    AnalyticMixture, Behaviour, Blocks, FlowError, Form, Groups, Kernel, NoiseSource, PerRow, Prompts,
    Reduce, Rollout, Schedule, Velocity,
};

/// The exact field of an arena.
fn field(arena: FlowArena) -> AnalyticMixture {
    let law = Blocks {
        centres: (0..arena.modes()).map(|mode| arena.centre(mode).to_vec()).collect(),
        spreads: vec![FlowArena::SPREAD; arena.modes()],
        weights: (0..FlowArena::PROMPTS)
            .map(|prompt| (0..arena.objects()).map(|object| arena.weights(prompt, object)).collect())
            .collect(),
    };
    AnalyticMixture::new(&law, &Device::flex()).expect("an arena is a law")
}

fn matrix(rows: &[Vec<f64>]) -> Tensor<2> {
    let values: Vec<f32> = rows.iter().flatten().map(|x| *x as f32).collect();
    Tensor::from_data(TensorData::new(values, [rows.len(), rows[0].len()]), &Device::flex())
}

fn linear(steps: usize) -> Schedule {
    Schedule::linear(steps).expect("steps")
}

fn noise(run_seed: u64) -> NoiseSource {
    NoiseSource { run_seed, iteration: 0, evaluation: false }
}

/// Two prompts, three samples each.
fn groups() -> Groups {
    Groups::new(vec![Some(1), Some(4)], 3).expect("valid")
}

fn roll(velocity: &dyn Velocity, kernel: &Kernel, steps: usize, seed: u64) -> Result<Rollout, FlowError> {
    let schedule = linear(steps);
    let behaviour =
        Behaviour { kernel, schedule: &schedule, hook: None, reduce: Reduce::Sum, form: Form::Gaussian };
    let ids: Vec<u64> = (0..6).collect();
    let start = noise(seed).start(&ids, velocity.dimension(), &Device::flex());
    let ledger = &mut CostLedger::unlimited();
    behaviour.rollout(velocity, Version(3), start, ids, &groups(), &noise(seed), ledger)
}

/// A field that is a function of numbers.
struct Written<F> {
    dimension: usize,
    f: F,
}

impl<F: Fn(&[f64], f64) -> Vec<f64>> Velocity for Written<F> {
    fn velocity(&self, x: Tensor<2>, sigma: &PerRow, _: &Prompts) -> Tensor<2> {
        let rows = crate::rows::host_rows(x).expect("read");
        matrix(&rows.iter().enumerate().map(|(row, x)| (self.f)(x, sigma.at(row))).collect::<Vec<_>>())
    }
    fn dimension(&self) -> usize {
        self.dimension
    }
    fn prompts(&self) -> usize {
        8
    }
}
