use burn::{module::Module, optim::GradientsParams, tensor::Device};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_policies::{Adam, ftanh};
use serde::{Deserialize, Serialize};

use super::critic::TwinCritic;
use super::policy::standard_normal;
use super::settings::Check;
use super::{Batch, Greedy, Head, LearnerError, Losses, Networks, OfflineLearner};
use crate::losses::{CloningProfile, critic_loss, smoothed_action, td_target, td3_bc_actor_loss};
use crate::nets::{Stack, blend};

/// Settings of [`Td3Bc`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Td3BcConfig {
    /// Networks and optimizers.
    pub networks: Networks,
    /// Weight of the value against cloning. Default 2.5.
    pub alpha: f64,
    /// Standard deviation of the target policy's noise. Default 0.2.
    pub noise: f64,
    /// Where that noise is clipped. Default 0.5.
    pub noise_clip: f64,
    /// Critic steps for each actor step. Default 2.
    pub delay: u64,
    /// How the cloning term is reduced. Default the mean over components.
    pub cloning: CloningProfile,
}

impl Default for Td3BcConfig {
    fn default() -> Self {
        let (networks, cloning) = (Networks::default(), CloningProfile::default());
        Self { networks, alpha: 2.5, noise: 0.2, noise_clip: 0.5, delay: 2, cloning }
    }
}

/// TD3+BC (Fujimoto and Gu 2021, arXiv 2106.06860): critics at every update; actor, then all targets, at
/// every `delay`-th.
#[derive(Debug)]
pub struct Td3Bc {
    config: Td3BcConfig,
    actor: Stack,
    actor_target: Stack,
    actor_adam: Adam,
    critic: TwinCritic,
    updates: u64,
    noise: Stream,
    actions: usize,
}

impl Td3Bc {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: Td3BcConfig,
        states: usize,
        actions: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        let check = Check("TD3+BC");
        config.networks.check(check)?;
        check.not_negative("alpha", config.alpha)?;
        check.not_negative("noise", config.noise)?;
        check.not_negative("noise-clip", config.noise_clip)?;
        check.that(config.delay > 0, "delay", config.delay, "at least 1")?;
        let networks = &config.networks;
        let actor = Stack::new("offline actor", 1, &networks.widths(states, actions), seed, device);
        Ok(Self {
            actor_target: actor.valid(),
            actor,
            actor_adam: networks.adam(),
            critic: TwinCritic::new("offline critic", networks, states + actions, 1, seed, device),
            updates: 0,
            noise: Stream::new(StreamKey::new(seed, Purpose::named("td3 target noise"))),
            actions,
            config,
        })
    }
}

impl OfflineLearner for Td3Bc {
    fn update(&mut self, batch: &Batch) -> Losses {
        let Td3BcConfig { networks, alpha, noise, noise_clip, delay, cloning } = &self.config;
        let Batch { states, actions, rewards, next_states, continues, .. } = batch.clone();
        let epsilon = standard_normal(actions.dims(), &mut self.noise, &states.device());
        let next = ftanh(self.actor_target.forward_one(next_states.clone()));
        let next = smoothed_action(next, epsilon, *noise, *noise_clip);
        let next_value = self.critic.target_min(next_states, next);
        let target = td_target(rewards, continues, next_value, networks.gamma);
        let loss = critic_loss(self.critic.values(states.clone(), actions.clone()), target);
        let mut losses = vec![("critic", loss.clone().detach())];
        self.critic.step(&loss);
        self.updates += 1;
        if self.updates.is_multiple_of(*delay) {
            let policy = ftanh(self.actor.forward_one(states.clone()));
            let q = self.critic.values(states, policy.clone()).narrow(0, 0, 1).squeeze_dim::<1>(0);
            let parts = td3_bc_actor_loss(q, policy, actions, *alpha, *cloning);
            losses.extend([("actor", parts.total.clone().detach()), ("cloning", parts.cloning.detach())]);
            let grads = GradientsParams::from_grads(parts.total.backward(), &self.actor);
            self.actor = self.actor_adam.step(self.actor.clone(), grads).0;
            self.critic.follow();
            self.actor_target = blend(self.actor_target.clone(), &self.actor, networks.polyak);
        }
        losses
    }

    fn greedy(&self) -> Greedy {
        Greedy::new(self.actor.valid(), Head::Squashed(self.actions))
    }
}
