use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};

use super::dynamics::{Network, join};
use super::{Dynamics, DynamicsConfig};
use crate::data::{Normalizer, Transitions};
use crate::learners::LearnerError;
use crate::learners::settings::adam;
use crate::losses::gaussian_nll;
use crate::nets::{BestMembers, Stack};

impl Dynamics {
    /// Fits an ensemble: each member sees its own bootstrap sample, its weights of the best held-out epoch are
    /// written back, and the `elites` with the least held-out error stay. `device` must record gradients.
    ///
    /// Loss: `Σ_i [mean((μ−y)² e^(−v)) + mean v] + decay ‖θ‖² / 2 + 0.01 (Σ max v − Σ min v)`.
    ///
    /// # Errors
    /// If parameters are out of range, or no member has a finite error.
    pub fn fit(
        data: &Transitions,
        config: &DynamicsConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        config.check()?;
        let (s, a) = (data.state_width, data.action_width);
        let mut stream = Stream::new(StreamKey::new(seed, Purpose::named("dynamics data")));
        let mut order: Vec<usize> = (0..data.len()).collect();
        stream.shuffle(&mut order);
        let held = ((config.holdout * data.len() as f64) as usize).clamp(1, 1000).min(data.len());
        let (holdout, train) = order.split_at(held);
        let train = if train.is_empty() { holdout } else { train };

        let mut x = join(&data.states, s, &data.actions, a);
        let rows = |rows: &[usize], values: &[f32], width: usize| -> Vec<f32> {
            rows.iter().flat_map(|row| &values[row * width..(row + 1) * width]).copied().collect()
        };
        let inputs = Normalizer::fit_rows(&rows(train, &x, s + a), s + a)?;
        inputs.apply(&mut x)?;
        let change = |row: usize| (row * s..(row + 1) * s).map(|i| data.next_states[i] - data.states[i]);
        let mut y: Vec<f32> =
            (0..data.len()).flat_map(|row| change(row).chain([data.rewards[row]])).collect();
        let d = s + 1;
        let outputs = Normalizer::fit_rows(&rows(train, &y, d), d)?;
        outputs.apply(&mut y)?;

        let plain = device.clone().inner();
        let mut network = Network::new(config, s + a, d, seed, device);
        let mut best = BestMembers::new(config.members);
        let mut optimizer = adam(config.learning_rate);
        let tensor = |values: Vec<f32>, shape: [usize; 3]| {
            Tensor::<3>::from_data(TensorData::new(values, shape), &plain)
        };
        let shared = |values: Vec<f32>, width: usize| {
            tensor(values, [1, held, width]).expand([config.members, held, width])
        };
        let (held_x, held_y) = (shared(rows(holdout, &x, s + a), s + a), shared(rows(holdout, &y, d), d));
        // One bootstrap sample for each member, drawn once and walked through in a new order at each epoch.
        let mut samples: Vec<Vec<usize>> = (0..config.members)
            .map(|_| (0..train.len()).map(|_| train[stream.below(train.len() as u64) as usize]).collect())
            .collect();
        let (mut since, mut epochs) = (0, 0);
        while since < config.patience && epochs < config.max_epochs {
            for sample in &mut samples {
                stream.shuffle(sample);
            }
            for start in (0..train.len()).step_by(config.batch) {
                let n = config.batch.min(train.len() - start);
                let part = |values: &[f32], width: usize| {
                    let flat =
                        samples.iter().flat_map(|sample| rows(&sample[start..start + n], values, width));
                    tensor(flat.collect(), [config.members, n, width])
                };
                let (mean, log_variance) = network.forward(part(&x, s + a));
                let bounds = network.max_log_variance.val().sum() - network.min_log_variance.val().sum();
                let mut loss = gaussian_nll(mean, log_variance, part(&y, d)).sum() + bounds.mul_scalar(0.01);
                if config.decay > 0.0 {
                    loss = loss + network.stack.squared_weights().mul_scalar(0.5 * config.decay);
                }
                let grads = GradientsParams::from_grads(loss.backward(), &network);
                network = optimizer.step(network, grads).0;
            }
            epochs += 1;
            let (mean, _) = network.valid().forward(held_x.clone());
            let errors = (mean - held_y.clone()).square().mean_dim(2).mean_dim(1);
            let errors: Vec<f64> = errors.into_data().iter::<f64>().collect();
            since = if best.offer(&network, &errors, 0.01) { 0 } else { since + 1 };
        }
        let mut ranked: Vec<(usize, f64)> =
            best.losses().iter().copied().enumerate().filter(|(_, error)| error.is_finite()).collect();
        ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
        ranked.truncate(config.elites);
        if ranked.is_empty() {
            return Err(LearnerError::NoFiniteMember { model: "dynamics" });
        }
        let network = best.restore(network).valid();
        let elites: Vec<usize> = ranked.iter().map(|(member, _)| *member).collect();
        let (centre, scale) = outputs.into_parts();
        Ok(Self {
            network: Network { stack: network.stack.members_at(&elites), ..network },
            inputs,
            centre,
            scale,
            errors: ranked.into_iter().map(|(_, error)| error).collect(),
            epochs,
            device: plain,
        })
    }
}

impl Stack {
    /// `Σ w²` over weights; biases do not decay.
    fn squared_weights(&self) -> Tensor<1> {
        let squares = self.weights().iter().map(|weight| weight.val().square().sum());
        squares.reduce(|a, b| a + b).unwrap_or_else(|| unreachable!("a stack has a layer"))
    }
}
