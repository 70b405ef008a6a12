use milepost_algorithms::MethodConfig;
use milepost_algorithms::config::{
    LearnerConfig, MinibatchUnit, ModelScorerConfig, ObjectiveConfig, SamplerConfig,
};
use milepost_algorithms::objectives::{KlBounds, KlTerm};
use milepost_credit::KlEstimator;
use milepost_rewards::{CombineConfig, ScorerConfig, Term, VoteConfig};

use super::{ChainRl, RewardSource};

impl ChainRl {
    /// GRPO: arms differ in the reward alone. The vote is always held, to watch it.
    pub(super) fn method(&self) -> MethodConfig {
        let grpo = MethodConfig::grpo();
        let (channel, model_scorers) = match &self.reward {
            RewardSource::Outcome => ("outcome", Vec::new()),
            RewardSource::Vote => ("vote", Vec::new()),
            RewardSource::Intrinsic { reward } => {
                let channel = "intrinsic".to_owned();
                ("intrinsic", vec![ModelScorerConfig::Intrinsic { channel, reward: *reward }])
            }
            RewardSource::Exploration(config) => {
                (config.channel.as_str(), vec![ModelScorerConfig::Exploration(config.clone())])
            }
        };
        MethodConfig {
            sampler: SamplerConfig::Groups { tasks: self.prompts, group_size: self.group },
            scorers: grpo
                .scorers
                .iter()
                .cloned()
                .chain([ScorerConfig::Vote(VoteConfig::default())])
                .collect(),
            combine: CombineConfig { terms: vec![Term::new(channel, 1.0)], clip: None },
            objective: ObjectiveConfig {
                entropy_coefficient: self.entropy,
                kl: (self.kl > 0.0).then(|| KlTerm::new(self.kl, KlEstimator::K3, KlBounds::Verl)),
                ..grpo.objective.clone()
            },
            learner: LearnerConfig {
                epochs: self.epochs,
                minibatch: self.minibatch,
                unit: MinibatchUnit::Trajectory,
                learning_rate: self.learning_rate,
                ..LearnerConfig::default()
            },
            model_scorers,
            ..grpo
        }
    }
}
