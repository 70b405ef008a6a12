use burn::{
    module::Module,
    optim::GradientsParams,
    tensor::{Device, Int, Tensor, activation::log_softmax},
};
use milepost_policies::Adam;
use serde::{Deserialize, Serialize};

use super::critic::TwinCritic;
use super::settings::Check;
use super::{Batch, Greedy, Head, LearnerError, Losses, Networks, OfflineLearner};
use crate::losses::{discrete_conservative_gap, double_target, huber, td_target};
use crate::nets::Stack;

/// Settings of [`DiscreteCql`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct DiscreteCqlConfig {
    /// Networks and optimizers.
    pub networks: Networks,
    /// α_c. Default 1; 0 is double Q-learning.
    pub weight: f64,
}

impl Default for DiscreteCqlConfig {
    fn default() -> Self {
        Self { networks: Networks::default(), weight: 1.0 }
    }
}

/// CQL over choices with the exact logsumexp, in d3rlpy's form: Huber TD error summed over twin critics, double
/// Q-learning targets, and the gap of the critics' mean.
#[derive(Debug)]
pub struct DiscreteCql {
    config: DiscreteCqlConfig,
    critic: TwinCritic,
}

impl DiscreteCql {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        config: DiscreteCqlConfig,
        states: usize,
        choices: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        let check = Check("discrete CQL");
        config.networks.check(check)?;
        check.not_negative("weight", config.weight)?;
        let critic = TwinCritic::new("offline critic", &config.networks, states, choices, seed, device);
        Ok(Self { config, critic })
    }

    /// The mean of both critics. `[n, s] → [n, choices]`
    #[must_use]
    pub fn values(&self, states: Tensor<2>) -> Tensor<2> {
        self.critic.online.valid().forward_shared(states).mean_dim(0).squeeze_dim::<2>(0)
    }
}

/// The choice of each row.
fn choices(actions: Tensor<2>) -> Tensor<1, Int> {
    actions.argmax(1).squeeze_dim::<1>(1)
}

impl OfflineLearner for DiscreteCql {
    fn update(&mut self, batch: &Batch) -> Losses {
        let next = batch.next_states.clone();
        let online = self.critic.online.valid().forward_shared(next.clone());
        let (_, value) = double_target(online, self.critic.target.forward_shared(next));
        let gamma = self.config.networks.gamma;
        let target = td_target(batch.rewards.clone(), batch.continues.clone(), value, gamma);
        let q = self.critic.online.forward_shared(batch.states.clone());
        let action = choices(batch.actions.clone());
        let td = huber(q.clone(), action.clone(), target);
        let gap = discrete_conservative_gap(q, action);
        let losses = vec![("critic", td.clone().detach()), ("gap", gap.clone().detach())];
        self.critic.step(&(td + gap.mul_scalar(self.config.weight)));
        self.critic.follow();
        losses
    }

    /// By the first critic.
    fn greedy(&self) -> Greedy {
        Greedy::new(first(&self.critic.online), Head::Choice)
    }
}

/// The first network of a stack, frozen.
fn first(stack: &Stack) -> Stack {
    stack.valid().members_at(&[0])
}

/// Behaviour cloning over choices: cross-entropy with the recorded (or labelled) probabilities.
#[derive(Debug)]
pub struct DiscreteCloning {
    policy: Stack,
    adam: Adam,
}

impl DiscreteCloning {
    /// Random networks from `seed`; `device` must record gradients.
    pub fn new(
        networks: &Networks,
        states: usize,
        choices: usize,
        seed: u64,
        device: &Device,
    ) -> Result<Self, LearnerError> {
        networks.check(Check("discrete cloning"))?;
        let policy = Stack::new("offline actor", 1, &networks.widths(states, choices), seed, device);
        Ok(Self { policy, adam: networks.adam() })
    }
}

impl OfflineLearner for DiscreteCloning {
    fn update(&mut self, batch: &Batch) -> Losses {
        let log_probs = log_softmax(self.policy.forward_one(batch.states.clone()), 1);
        let loss = (log_probs * batch.actions.clone()).sum_dim(1).mean().neg();
        let grads = GradientsParams::from_grads(loss.backward(), &self.policy);
        self.policy = self.adam.step(self.policy.clone(), grads).0;
        vec![("cloning", loss.detach())]
    }

    fn greedy(&self) -> Greedy {
        Greedy::new(self.policy.valid(), Head::Choice)
    }
}
