use std::sync::Arc;

use milepost_algorithms::config::{
    LearnerConfig, MinibatchUnit, NormalizeConfig, ObjectiveConfig, SamplerConfig,
};
use milepost_algorithms::objectives::{KlBounds, KlTerm};
use milepost_algorithms::sampling::ContextRule;
use milepost_algorithms::{Device, MethodConfig, TokenParts, TokenSettings, Trainer, WarmStart};
use milepost_core::{Purpose, Stream, StreamKey};
use milepost_credit::KlEstimator;
use milepost_microworlds::tokens::{SingleTurn, TurnTask};
use milepost_policies::{CausalTransformer, TransformerConfig, ValueKind, model_from_bytes, model_to_bytes};
use milepost_preferences::{Label, PreferencePair, PreferenceSet};
use milepost_rewards::reward_model::{RewardModel, RewardModelTraining};
use milepost_rewards::{CombineConfig, Term};

use super::instances::Instance;
use super::judge::Judge;
use super::reward::{VERDICT, VerdictReward};
use super::task::{Judging, Rationale};
use super::words::Words;
use super::{JudgeKind, WebArbiter};
use crate::{Recorder, StudyError};

/// Judgements of each pair in an update.
const GROUP: usize = 8;
/// Adam's step size while a judge is taught.
const TAUGHT: f64 = 3e-3;

impl WebArbiter {
    /// The judge of this arm.
    pub(super) fn trained(
        &self,
        words: &Arc<Words>,
        instances: &Arc<Vec<Instance>>,
        seed: u64,
        device: &Device,
        recorder: &mut dyn Recorder,
    ) -> Result<Judge, StudyError> {
        let (words, instances) = (Arc::clone(words), Arc::clone(instances));
        let task = Judging { words, instances, rationale: self.rationale, flips: self.flips };
        let network = self.untrained(&task, seed, device)?;
        match self.judge {
            JudgeKind::Scalar => Ok(Judge::Scalar(Box::new(self.scalar(&task, network, seed)?))),
            JudgeKind::Generative => {
                let taught = self.taught(&task, network, seed, device, recorder)?;
                let network = self.reinforced(&task, taught, seed, device, recorder)?;
                let (network, rationale) = (Box::new(network), self.rationale);
                Ok(Judge::Generative { network, rationale, device: device.clone() })
            }
        }
    }

    fn untrained(&self, task: &Judging, seed: u64, device: &Device) -> Result<CausalTransformer, StudyError> {
        // One size for all arms: a prompt and the longest rationale.
        let longest = Judging { rationale: Rationale::Principles, ..task.clone() }.turn_limit();
        let config = TransformerConfig {
            context: Words::PROMPT + longest,
            width: self.network.width,
            layers: self.network.layers,
            heads: 2,
            value: ValueKind::Head,
            ..TransformerConfig::default()
        };
        let device = device.clone().autodiff();
        config.init(task.vocabulary().len(), seed, &device).map_err(StudyError::part("the network"))
    }

    fn settings() -> TokenSettings {
        TokenSettings { constrained: true, ..TokenSettings::new(ContextRule::full(Words::PROMPT), 1) }
    }

    /// Stage 1: the teacher's rationales. The same for all arms of a seed that are taught alike.
    fn taught(
        &self,
        task: &Judging,
        network: CausalTransformer,
        seed: u64,
        device: &Device,
        recorder: &mut dyn Recorder,
    ) -> Result<CausalTransformer, StudyError> {
        let part = "the taught judge";
        let key = format!(
            "webarbiter taught {seed} {:?} {} {} {} {} {} {:?}",
            self.rationale, self.level, self.states, self.examples, self.epochs, self.flips, self.network
        );
        let start = network.clone();
        let bytes = recorder.shared(&key, &mut || {
            let lessons = WarmStart {
                demonstrations: self.examples,
                epochs: self.epochs,
                minibatch: 32,
                learning_rate: TAUGHT,
                ..WarmStart::default()
            };
            let world = SingleTurn::new(task.clone());
            let settings = Self::settings();
            let (judge, _) = lessons
                .apply(start.clone(), &world, &settings, device, seed)
                .map_err(StudyError::part(part))?;
            model_to_bytes(&judge).map_err(StudyError::part(part))
        })?;
        model_from_bytes(network, &bytes).map_err(StudyError::part(part))
    }

    /// Stage 2 as a value of the training loop.
    pub(super) fn method(&self) -> MethodConfig {
        let grpo = MethodConfig::grpo();
        MethodConfig {
            sampler: SamplerConfig::Groups { tasks: self.pairs, group_size: GROUP },
            combine: CombineConfig { terms: vec![Term::new(VERDICT, 1.0)], clip: None },
            normalize: NormalizeConfig::grpo(),
            objective: ObjectiveConfig {
                entropy_coefficient: 0.0,
                kl: (self.kl > 0.0).then(|| KlTerm::new(self.kl, KlEstimator::K3, KlBounds::None)),
                ..grpo.objective.clone()
            },
            learner: LearnerConfig {
                epochs: 2,
                minibatch: 32,
                unit: MinibatchUnit::Trajectory,
                learning_rate: self.learning_rate,
                ..LearnerConfig::default()
            },
            ..grpo
        }
    }

    /// Stage 2: the correctness of verdicts.
    fn reinforced(
        &self,
        task: &Judging,
        taught: CausalTransformer,
        seed: u64,
        device: &Device,
        recorder: &mut dyn Recorder,
    ) -> Result<CausalTransformer, StudyError> {
        if self.iterations == 0 {
            return Ok(taught);
        }
        let part = "the second stage";
        let parts = TokenParts {
            environment: SingleTurn::new(task.clone()),
            probes: Vec::new(),
            network: taught,
            method: self.method(),
            settings: Self::settings(),
            device: device.clone(),
            run_seed: seed,
        };
        let mut trainer =
            Trainer::over_tokens(parts).map_err(StudyError::part(part))?.with_scorer(VerdictReward);
        for iteration in 0..self.iterations {
            recorder.advance(iteration, self.iterations)?;
            let report = trainer.iterate().map_err(StudyError::part(part))?;
            let right = report.episodes.iter().filter(|episode| episode.success()).count();
            let share = right as f64 / report.episodes.len().max(1) as f64;
            recorder.point(&[("updates", iteration as f64 + 1.0)], &[("right verdicts", share)])?;
            let equal = report.counters.iter().find(|(name, _)| name == "groups_without_variance");
            recorder.count("pairs judged alike eight times", equal.map_or(0, |(_, count)| *count));
        }
        Ok(trainer.model().clone())
    }

    /// A scalar head, by the Bradley–Terry loss on as many pairs as others are taught rationales.
    fn scalar(
        &self,
        task: &Judging,
        network: CausalTransformer,
        seed: u64,
    ) -> Result<RewardModel<CausalTransformer>, StudyError> {
        let part = "the scalar judge";
        let mut set = PreferenceSet::new(["states"]).map_err(StudyError::part(part))?;
        for index in 0..self.examples as u64 {
            let key = StreamKey::new(seed, Purpose::named("webarbiter/scalar"));
            let pair = task.draw(&mut Stream::new(StreamKey { task: index, ..key }));
            let situation = &task.instances[pair.instance].situation;
            let [first, second] = pair.candidates.map(|action| Words::single(situation, action));
            let label = if pair.first { Label::FIRST } else { Label::SECOND };
            set.push(PreferencePair::new(first, second, label)).map_err(StudyError::part(part))?;
        }
        let mut model = RewardModel::new(network);
        let settings = RewardModelTraining {
            epochs: self.epochs,
            learning_rate: TAUGHT,
            ..RewardModelTraining::default()
        };
        model.train(&set, &settings, seed).map_err(StudyError::part(part))?;
        Ok(model)
    }
}
