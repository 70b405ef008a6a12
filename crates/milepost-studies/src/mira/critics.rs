use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use burn::tensor::activation::{log_sigmoid, sigmoid};
use milepost_policies::{ActorCritic, Adam, AdamConfig, MlpConfig, Network, NetworkConfig};
use milepost_progress::milestone_potential;

use super::episode::{Episode, FEATURES, floats};
use super::rows::{Rows, column, minibatches, shuffle_key};
use crate::StudyError;

/// Rows that go through a network together where nothing is learned.
const ROWS: usize = 4096;

/// The potential critic `P` and the value critic `V`: two separate towers, each with a logistic output, so that both stay
/// within `[0, 1]`.
///
/// `P` is regressed by squared error on the potential that detected milestones give to the states of successes; of
/// failures it sees nothing. `V` is regressed by binary cross-entropy on the final success of every episode.
pub(super) struct Critics {
    network: Network,
    adam: Adam,
    /// Whether `P` has ever seen a success; before, it is 0 everywhere.
    taught: bool,
    run_seed: u64,
}

/// What the critics say of the states of an episode, `[T + 1]` each.
#[derive(Debug, Clone)]
pub(super) struct Judgement {
    pub(super) potential: Vec<f64>,
    pub(super) value: Vec<f64>,
}

impl Critics {
    pub(super) fn new(
        width: usize,
        learning_rate: f64,
        run_seed: u64,
        device: &Device,
    ) -> Result<Self, StudyError> {
        let config = NetworkConfig::Mlp(MlpConfig { hidden: vec![width; 2], ..MlpConfig::default() });
        // Not the policy's weights.
        let network = config.init(FEATURES, 1, run_seed ^ 0xc41_71c5, &device.clone().autodiff());
        let network = network.map_err(StudyError::part("the critics"))?;
        let adam = AdamConfig { learning_rate, max_grad_norm: Some(1.0), ..AdamConfig::default() };
        Ok(Self { network, adam: Adam::new(adam), taught: false, run_seed })
    }

    /// Fits both to these episodes.
    pub(super) fn fit(
        &mut self,
        episodes: &[&Episode],
        updates: usize,
        minibatch: usize,
        phase: u64,
        device: &Device,
    ) {
        let rows = Rows::of(episodes.iter().copied(), device);
        let (mut labels, mut weights, mut outcomes) = (Vec::new(), Vec::new(), Vec::new());
        for episode in episodes {
            let states = episode.steps() + 1;
            outcomes.extend(vec![f64::from(u8::from(episode.success)); states]);
            // An episode that was over before it began teaches no potential.
            let label = milestone_potential(&episode.detected, episode.steps() as u32);
            let label = label.ok().filter(|_| episode.success);
            weights.extend(vec![f64::from(u8::from(label.is_some())); states]);
            labels.extend(label.unwrap_or_else(|| vec![0.0; states]));
        }
        self.taught |= weights.contains(&1.0);
        let key = shuffle_key(self.run_seed, "mira/critics", phase);
        for batch in minibatches(labels.len(), minibatch, updates, key) {
            let pick = |from: &[f64]| batch.iter().map(|row| from[*row]).collect::<Vec<f64>>();
            let (potential, value) = self.network.forward(rows.select(&batch));
            let potential = sigmoid(potential.squeeze_dim::<1>(1));
            let weight = pick(&weights);
            let successes = weight.iter().sum::<f64>().max(1.0);
            let error = (potential - column(&pick(&labels), device)) * column(&weight, device);
            let outcome = column(&pick(&outcomes), device);
            let failure = outcome.clone().neg() + 1.0;
            let likelihood = outcome * log_sigmoid(value.clone()) + failure * log_sigmoid(value.neg());
            let loss = error.powi_scalar(2).sum() / successes - likelihood.mean();
            let gradients = GradientsParams::from_grads(loss.backward(), &self.network);
            self.network = self.adam.step(self.network.clone(), gradients).0;
        }
    }

    /// What they say of every state of some episodes.
    pub(super) fn judge(&self, episodes: &[&Episode], device: &Device) -> Result<Vec<Judgement>, StudyError> {
        let rows = Rows::of(episodes.iter().copied(), device);
        let (network, count) = (self.network.clone().valid(), rows.features.dims()[0]);
        let (mut potentials, mut values) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for start in (0..count).step_by(ROWS) {
            let (potential, value) =
                network.forward(rows.features.clone().narrow(0, start, ROWS.min(count - start)));
            potentials.extend(floats(sigmoid(potential))?.into_iter().map(f64::from));
            values.extend(floats(sigmoid(value))?.into_iter().map(f64::from));
        }
        if !self.taught {
            potentials.fill(0.0);
        }
        let pairs = rows.by_episode(&potentials).into_iter().zip(rows.by_episode(&values));
        Ok(pairs.map(|(potential, value)| Judgement { potential, value }).collect())
    }
}
