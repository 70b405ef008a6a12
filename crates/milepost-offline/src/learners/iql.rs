use burn::{module::Module, optim::GradientsParams, tensor::Device};
use milepost_policies::Adam;
use serde::{Deserialize, Serialize};

use super::bc::GaussianPolicy;
use super::critic::TwinCritic;
use super::schedule::cosine;
use super::settings::Check;
use super::{Batch, Greedy, Head, LearnerError, Losses, Networks, OfflineLearner};
use crate::losses::{advantage_weights, critic_loss, expectile_loss, td_target};
use crate::nets::Stack;

/// Settings of [`Iql`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct IqlConfig {
    /// Networks and optimizers.
    pub networks: Networks,
    /// The expectile τ. Default 0.7; 0.9 for hard mazes.
    pub expectile: f64,
    /// Inverse temperature β of the policy's weights. Default 3; 0 clones.
    pub beta: f64,
    /// Largest weight. Default 100.
    pub cap: f64,
    /// Updates over which the actor's rate decays by a cosine. Default no decay.
    pub decay: Option<u64>,
}

impl Default for IqlConfig {
    fn default() -> Self {
        Self { networks: Networks::default(), expectile: 0.7, beta: 3.0, cap: 100.0, decay: None }
    }
}

/// Implicit Q-learning (Kostrikov et al. 2021, arXiv 2110.06169): V, then Q, then the policy. No value of an
/// action outside the data is ever asked for.
#[derive(Debug)]
pub struct Iql {
    config: IqlConfig,
    value: Stack,
    value_adam: Adam,
    critic: TwinCritic,
    policy: GaussianPolicy,
    policy_adam: Adam,
    updates: u64,
    actions: usize,
}

impl Iql {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: IqlConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        let check = Check("IQL");
        config.networks.check(check)?;
        let inside = config.expectile > 0.0 && config.expectile < 1.0;
        check.that(inside, "expectile", config.expectile, "in (0, 1)")?;
        check.not_negative("beta", config.beta)?;
        check.that(config.cap > 0.0 && config.cap.is_finite(), "cap", config.cap, "positive")?;
        let networks = &config.networks;
        Ok(Self {
            value: Stack::new("offline value", 1, &networks.widths(states, 1), seed, device),
            value_adam: networks.adam(),
            critic: TwinCritic::new("offline critic", networks, states + actions, 1, seed, device),
            policy: GaussianPolicy::new("offline actor", networks, states, actions, seed, device),
            policy_adam: networks.adam(),
            updates: 0,
            actions,
            config,
        })
    }
}

impl OfflineLearner for Iql {
    fn update(&mut self, batch: &Batch) -> Losses {
        let IqlConfig { networks, expectile, beta, cap, decay } = &self.config;
        let Batch { states, actions, rewards, next_states, continues, .. } = batch.clone();
        let n = batch.len();

        let q = self.critic.target_min(states.clone(), actions.clone());
        let u = q - self.value.forward_one(states.clone()).reshape([n]);
        let value_loss = expectile_loss(u.clone(), *expectile);
        let grads = GradientsParams::from_grads(value_loss.backward(), &self.value);
        self.value = self.value_adam.step(self.value.clone(), grads).0;

        let next_value = self.value.valid().forward_one(next_states).reshape([n]);
        let target = td_target(rewards, continues, next_value, networks.gamma);
        let q_loss = critic_loss(self.critic.values(states.clone(), actions.clone()), target);
        let q_seen = q_loss.clone().detach();
        self.critic.step(&q_loss);
        self.critic.follow();

        let weight = advantage_weights(u.inner(), *beta, *cap);
        let policy_loss = (self.policy.log_prob(states, actions) * weight).mean().neg();
        let grads = GradientsParams::from_grads(policy_loss.backward(), &self.policy);
        self.policy_adam.set_learning_rate(networks.learning_rate * cosine(self.updates, *decay));
        self.policy = self.policy_adam.step(self.policy.clone(), grads).0;
        self.updates += 1;
        vec![("value", value_loss.detach()), ("critic", q_seen), ("actor", policy_loss.detach())]
    }

    fn greedy(&self) -> Greedy {
        Greedy::new(self.policy.centre.valid(), Head::Squashed(self.actions))
    }
}
