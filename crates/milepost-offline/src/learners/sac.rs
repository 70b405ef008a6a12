use burn::{
    module::{Module, Param},
    optim::GradientsParams,
    tensor::{Device, Tensor, TensorData},
};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::Adam;
use serde::{Deserialize, Serialize};

use super::critic::TwinCritic;
use super::policy::{centre_and_log_std, standard_normal};
use super::settings::{Check, adam};
use super::{Batch, Greedy, Head, LearnerError, Losses, Networks, OfflineLearner};
use crate::losses::{ConservativeSamples, conservative_gap, squash, td_target};
use crate::nets::Stack;

/// A multiplier of the conservative part that is learned so that the gap stays below a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Lagrange {
    /// The gap aimed at.
    pub target: f64,
}

/// CQL's addition to the critics' loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Conservative {
    /// α_c. The literature uses 5 to 10 on locomotion. Default 5; 0 is SAC.
    pub weight: f64,
    /// Actions drawn from each of the three laws. Default 10.
    pub samples: usize,
    /// Learn a multiplier. Default no.
    pub lagrange: Option<Lagrange>,
}

impl Default for Conservative {
    fn default() -> Self {
        Self { weight: 5.0, samples: 10, lagrange: None }
    }
}

/// Settings of [`Sac`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct SacConfig {
    /// Networks and optimizers.
    pub networks: Networks,
    /// CQL's penalty. Default none.
    pub conservative: Option<Conservative>,
    /// Leave the entropy out of the target. Default no.
    pub deterministic_backup: bool,
    /// Targets are at least 0: right where no return can be negative, as in MOBILE's released code. Default no.
    pub clamp_target: bool,
}

impl Default for SacConfig {
    fn default() -> Self {
        let networks = Networks::default();
        Self { networks, conservative: None, deterministic_backup: false, clamp_target: false }
    }
}

/// A learned positive number, by its logarithm.
#[derive(Module, Debug)]
struct Positive {
    log: Param<Tensor<1>>,
}

#[derive(Debug)]
struct Multiplier {
    value: Positive,
    adam: Adam,
}

impl Multiplier {
    fn new(rate: f64, device: &Device) -> Self {
        let log = Param::from_data(TensorData::new(vec![0f32], [1]), device);
        Self { value: Positive { log }, adam: adam(rate) }
    }

    /// Without gradients.
    fn get(&self) -> Tensor<1> {
        self.value.log.val().inner().exp().clamp(0.0, 1e6)
    }

    /// Grows while `excess` is positive: one step on `−log · excess`.
    fn step(&mut self, excess: Tensor<1>) {
        let loss = (self.value.log.val() * excess).neg().sum();
        let grads = GradientsParams::from_grads(loss.backward(), &self.value);
        self.value = self.adam.step(self.value.clone(), grads).0;
    }
}

/// Soft actor-critic (Haarnoja et al. 2018) with learned temperature, and with [`Conservative`] CQL(H)
/// (Kumar et al. 2020, arXiv 2006.04779). Order of an update: temperature, actor, critics, targets.
///
/// [`Batch::penalty`] is subtracted from the target; the model-based learners fill it.
#[derive(Debug)]
pub struct Sac {
    config: SacConfig,
    actor: Stack,
    actor_adam: Adam,
    critic: TwinCritic,
    temperature: Multiplier,
    lagrange: Option<Multiplier>,
    noise: Stream,
    actions: usize,
}

impl Sac {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: SacConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        let check = Check("SAC and CQL");
        config.networks.check(check)?;
        if let Some(conservative) = &config.conservative {
            check.not_negative("conservative.weight", conservative.weight)?;
            let samples = conservative.samples;
            check.that(samples > 0, "conservative.samples", samples, "at least 1")?;
        }
        let networks = &config.networks;
        let rate = networks.learning_rate;
        let learned = config.conservative.as_ref().and_then(|c| c.lagrange);
        Ok(Self {
            actor: Stack::new("offline actor", 1, &networks.widths(states, 2 * actions), seed, device),
            actor_adam: networks.adam(),
            critic: TwinCritic::new("offline critic", networks, states + actions, 1, seed, device),
            temperature: Multiplier::new(rate, device),
            lagrange: learned.map(|_| Multiplier::new(rate, device)),
            noise: Stream::new(StreamKey::new(seed, Purpose::named("sac noise"))),
            actions,
            config,
        })
    }

    /// Draws actions of the present policy, without gradients. `[n, s] → [n, a], [n]`
    pub fn sample(&mut self, states: Tensor<2>) -> (Tensor<2>, Tensor<1>) {
        draw(&self.actor.valid(), states, self.actions, &mut self.noise)
    }

    /// `min_k Q̄_k(s, a)` of the target critics, without gradients. `[n]`
    #[must_use]
    pub fn target_value(&self, states: Tensor<2>, actions: Tensor<2>) -> Tensor<1> {
        self.critic.target_min(states, actions)
    }

    /// `Q_i(s, a)` of both critics. `[2, n]`
    #[must_use]
    pub fn values(&self, states: Tensor<2>, actions: Tensor<2>) -> Tensor<2> {
        self.critic.values(states, actions)
    }

    /// The target `r − penalty + γ (1 − d) (min Q̄ − α log π)`.
    fn target(&mut self, batch: &Batch, alpha: &Tensor<1>) -> Tensor<1> {
        let (next, log_prob) = self.sample(batch.next_states.clone());
        let mut value = self.critic.target_min(batch.next_states.clone(), next);
        if !self.config.deterministic_backup {
            value = value - log_prob * alpha.clone();
        }
        let gamma = self.config.networks.gamma;
        let mut target = td_target(batch.rewards.clone(), batch.continues.clone(), value, gamma);
        if let Some(penalty) = &batch.penalty {
            target = target - penalty.clone();
        }
        if self.config.clamp_target { target.clamp_min(0.0) } else { target }
    }

    /// `Σ_i ½ mean (Q_i − y)²`, and CQL's gap for each critic.
    fn critic_parts(&mut self, batch: &Batch, target: Tensor<1>) -> (Tensor<1>, Option<Tensor<1>>) {
        let half = |q: Tensor<2>, y: Tensor<1>| (q - y.unsqueeze_dim::<2>(0)).square().mean();
        let Some(samples) = self.config.conservative.as_ref().map(|c| c.samples) else {
            let q = self.critic.values(batch.states.clone(), batch.actions.clone());
            return (half(q, target), None);
        };
        let n = batch.len();
        let repeated = repeat(batch.states.clone(), samples);
        let rows = n * samples;
        let uniform: Vec<f32> =
            (0..rows * self.actions).map(|_| (2.0 * self.noise.uniform() - 1.0) as f32).collect();
        let device = batch.states.device();
        let uniform = Tensor::<2>::from_data(TensorData::new(uniform, [rows, self.actions]), &device);
        let (here, here_log_prob) = self.sample(repeated.clone());
        let (next, next_log_prob) = self.sample(repeat(batch.next_states.clone(), samples));
        // One pass through the critics for the data and all three laws, always at the current state.
        let states = Tensor::cat(vec![batch.states.clone(), repeated.clone(), repeated.clone(), repeated], 0);
        let actions = Tensor::cat(vec![batch.actions.clone(), here, next, uniform], 0);
        let q = self.critic.values(states, actions);
        let law = |index: usize, log_prob: Tensor<3>| ConservativeSamples {
            q: q.clone().narrow(1, n + index * rows, rows).reshape([2, n, samples]),
            log_prob,
        };
        let density = (-(self.actions as f64) * std::f64::consts::LN_2) as f32;
        let samples = vec![
            law(0, here_log_prob.reshape([1, n, samples])),
            law(1, next_log_prob.reshape([1, n, samples])),
            law(2, Tensor::from_floats([[[density]]], &device)),
        ];
        let data = q.clone().narrow(1, 0, n);
        (half(data.clone(), target), Some(conservative_gap(samples, data)))
    }
}

impl OfflineLearner for Sac {
    fn update(&mut self, batch: &Batch) -> Losses {
        // The entropy aimed at is minus the number of action components.
        let (policy, log_prob) = draw(&self.actor, batch.states.clone(), self.actions, &mut self.noise);
        let entropy = log_prob.clone().inner().mean().neg();
        self.temperature.step(entropy.clone().add_scalar(self.actions as f64).neg());
        let alpha = self.temperature.get();

        let value = self.critic.values(batch.states.clone(), policy).min_dim(0).squeeze_dim::<1>(0);
        let actor_loss = (log_prob * alpha.clone() - value).mean();
        let grads = GradientsParams::from_grads(actor_loss.backward(), &self.actor);
        self.actor = self.actor_adam.step(self.actor.clone(), grads).0;

        let target = self.target(batch, &alpha);
        let (mut loss, gap) = self.critic_parts(batch, target);
        let mut losses = vec![("actor", actor_loss.detach()), ("entropy", entropy)];
        losses.push(("critic", loss.clone().detach()));
        if let (Some(gap), Some(conservative)) = (gap, &self.config.conservative) {
            losses.push(("gap", gap.clone().detach().mean()));
            let goal = conservative.lagrange.map_or(0.0, |lagrange| lagrange.target);
            let excess = gap.sub_scalar(goal).mul_scalar(conservative.weight).sum();
            loss = match &mut self.lagrange {
                None => loss + excess,
                Some(multiplier) => {
                    multiplier.step(excess.clone().inner());
                    loss + excess * multiplier.get()
                }
            };
        }
        self.critic.step(&loss);
        self.critic.follow();
        losses
    }

    fn greedy(&self) -> Greedy {
        Greedy::new(self.actor.valid(), Head::Squashed(self.actions))
    }
}

/// Actions of a squashed Gaussian policy, and their log-densities. `[n, s] → [n, a], [n]`
fn draw(actor: &Stack, states: Tensor<2>, actions: usize, noise: &mut Stream) -> (Tensor<2>, Tensor<1>) {
    let epsilon = standard_normal([states.dims()[0], actions], noise, &states.device());
    let (mean, log_std) = centre_and_log_std(actor.forward_one(states));
    squash(mean, log_std, epsilon)
}

/// Each row `times` times in a row. `[n, w] → [n · times, w]`
fn repeat(rows: Tensor<2>, times: usize) -> Tensor<2> {
    let [n, width] = rows.dims();
    rows.unsqueeze_dim::<3>(1).expand([n, times, width]).reshape([n * times, width])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_multiplier_grows_while_the_excess_is_positive_and_shrinks_while_it_is_not() {
        let mut multiplier = Multiplier::new(0.1, &Device::flex().autodiff());
        let mut step = |excess: f32| {
            multiplier.step(Tensor::from_floats([excess], &Device::flex()));
            multiplier.get().into_scalar::<f32>()
        };
        let up = [step(2.0), step(2.0)];
        assert!(up[0] > 1.0 && up[1] > up[0]);
        let down = (0..12).map(|_| step(-2.0)).last();
        assert!(down.is_some_and(|value| value < 1.0 && value > 0.0));
    }
}
