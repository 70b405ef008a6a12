use milepost_algorithms::MethodConfig;
use milepost_algorithms::config::{
    CreditConfig, CreditUnit, KlInReward, LearnerConfig, MinibatchUnit, NormalizeConfig, ObjectiveConfig,
    Pool, SamplerConfig,
};
use milepost_rewards::{CombineConfig, Term};

use super::{Algorithm, GROUP, Pursuit};

impl Pursuit {
    /// The method as a value: the two algorithms differ in credit, normalisation and critic only.
    pub(super) fn method(&self) -> MethodConfig {
        let learner = LearnerConfig {
            epochs: 2,
            minibatch: 32,
            unit: MinibatchUnit::Trajectory,
            learning_rate: self.learning_rate,
            ..LearnerConfig::default()
        };
        let shared = |method: MethodConfig| MethodConfig {
            sampler: SamplerConfig::Groups { tasks: self.prompts, group_size: GROUP },
            combine: CombineConfig { terms: vec![Term::new("reward-model", 1.0)], clip: None },
            kl_in_reward: Some(KlInReward::k1(self.kl)),
            learner: learner.clone(),
            objective: ObjectiveConfig { entropy_coefficient: 0.0, ..method.objective.clone() },
            ..method
        };
        match self.algorithm {
            Algorithm::Ppo => shared(MethodConfig {
                normalize: NormalizeConfig { pool: Pool::Batch, ..NormalizeConfig::sb3_minibatch() },
                credit: CreditConfig::Gae { gamma: 1.0, lambda: 0.95 },
                credit_unit: CreditUnit::Token,
                objective: ObjectiveConfig { value_clip: Some(0.2), ..ObjectiveConfig::ppo() },
                ..MethodConfig::ppo()
            }),
            Algorithm::Grpo => shared(MethodConfig::grpo()),
        }
    }
}
