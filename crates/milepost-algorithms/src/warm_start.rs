//! A policy that can already do something: cloned from a noisy expert before training begins.

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::Device;
use burn::tensor::activation::log_softmax;
use milepost_core::{Batch, Demonstrator, Group, Purpose, Stream, StreamKey, TaskSeed};
use milepost_policies::{Adam, AdamConfig, SequenceModel};
use milepost_sampling::hints::replace_prompt;
use milepost_sampling::refine::{Draft, demonstrate_reviews};
use milepost_sampling::{SamplerSettings, demonstrate};
use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::agent::{DecisionTable, Forward, SamplerAids, TokenSettings, TokenTable, first_mistake};
use crate::host::host;

/// Training tasks from this index on are for demonstrations, so that none is seen again in training.
pub(crate) const FIRST_TASK: u64 = 1 << 40;
/// The same for demonstrations of reviews.
const FIRST_REVIEW: u64 = 1 << 41;

/// Supervised learning from demonstrations before training: the mean negative log-likelihood of the expert's
/// tokens, each read in the context in which the policy would have written it. Policies over tokens begin with
/// [`WarmStart::apply`], those over features with [`WarmStart::apply_to_features`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct WarmStart {
    /// Episodes of the expert. 0 skips the stage.
    pub demonstrations: usize,
    /// Share of the expert's turns that are drawn at random.
    pub noise: f64,
    /// Share of the demonstrations that are read with one of the world's hints in the prompt, so that the policy knows
    /// what hints are for; in worlds that lend any.
    #[serde(skip_serializing_if = "is_zero")]
    pub hinted: f64,
    /// What each demonstration is charged, in the unit of the budget: environment steps, or tokens drawn.
    pub cost: u64,
    /// Passes over the demonstrations.
    pub epochs: usize,
    /// Episodes of one update.
    pub minibatch: usize,
    /// Adam's step size.
    pub learning_rate: f64,
    /// Largest joint norm of all gradients.
    pub max_grad_norm: f64,
    /// Demonstrations of reviews beside those of episodes: drafts of a noisy expert, each with the decision of the
    /// world's judge under it (accept what solved its task, else cut before the first mistake). Only the decisions are
    /// imitated. They need a world that lends a judge and words for decisions, and cost nothing but time.
    pub reviews: usize,
    /// Share of the turns of these drafts that are drawn at random.
    pub review_noise: f64,
}

impl Default for WarmStart {
    fn default() -> Self {
        Self {
            demonstrations: 0,
            noise: 0.0,
            hinted: 0.0,
            cost: 0,
            epochs: 10,
            minibatch: 16,
            learning_rate: 1e-3,
            max_grad_norm: 1.0,
            reviews: 0,
            review_noise: 0.3,
        }
    }
}

impl WarmStart {
    /// What all demonstrations are charged, in the unit of the budget.
    #[must_use]
    pub const fn charge(&self) -> u64 {
        self.demonstrations as u64 * self.cost
    }

    /// Refuses settings under which nothing could be learned.
    pub fn validate(&self) -> Result<(), TrainError> {
        let refuse = |key: &str, value: f64, rule: &str| {
            Err(TrainError::Config { reason: format!("`warm-start.{key}` is {value}; it must {rule}") })
        };
        for (key, value) in
            [("noise", self.noise), ("hinted", self.hinted), ("review-noise", self.review_noise)]
        {
            if !(0.0..=1.0).contains(&value) {
                return refuse(key, value, "lie in [0, 1]");
            }
        }
        for (key, value) in [("epochs", self.epochs), ("minibatch", self.minibatch)] {
            if value == 0 {
                return refuse(key, 0.0, "be at least 1");
            }
        }
        for (key, value) in [("learning-rate", self.learning_rate), ("max-grad-norm", self.max_grad_norm)] {
            if !(value > 0.0 && value.is_finite()) {
                return refuse(key, value, "be positive and finite");
            }
        }
        Ok(())
    }

    /// Clones the world's expert into `network`, whose parameters are on `device.autodiff()`. The result depends
    /// on the network, the settings and the seed alone. The world lends nothing: see [`WarmStart::apply_with`].
    pub fn apply<E: Demonstrator, M: SequenceModel>(
        &self,
        network: M,
        environment: &E,
        settings: &TokenSettings,
        device: &Device,
        run_seed: u64,
    ) -> Result<(M, WarmStartReport), TrainError> {
        self.apply_with(&SamplerAids::NONE, network, environment, settings, device, run_seed)
    }

    /// Demonstrated decisions on drafts, if any are asked for.
    fn reviews<E: Demonstrator>(
        &self,
        aids: &SamplerAids<E>,
        environment: &E,
        sampling: &SamplerSettings,
    ) -> Result<Vec<Group<()>>, TrainError> {
        if self.reviews == 0 {
            return Ok(Vec::new());
        }
        let (Some(judge), Some(meta)) = (aids.judge, aids.meta) else {
            let reason = "`warm-start.reviews` needs a world that lends a judge of turns and words for decisions on \
                          drafts: set it to 0, or choose such a world";
            return Err(TrainError::Config { reason: reason.into() });
        };
        let verdict = |draft: &Draft<'_, E>| {
            let last = draft.trajectory.turns.len().saturating_sub(1);
            let solved = draft.trajectory.ending.is_success();
            (!solved).then(|| first_mistake(draft, &judge).unwrap_or(last) as u32)
        };
        let tasks = tasks(FIRST_REVIEW, self.reviews, sampling.run_seed);
        let words = meta(environment);
        let rows = demonstrate_reviews(environment, &tasks, self.review_noise, &words, verdict, sampling)?;
        Ok(rows.into_iter().map(|row| Group::new(vec![row])).collect::<Result<_, _>>()?)
    }

    /// The same in a world that lends `aids`: hints, where demonstrations are to be read with some, and a judge and words
    /// for decisions, where reviews are imitated.
    pub fn apply_with<E: Demonstrator, M: SequenceModel>(
        &self,
        aids: &SamplerAids<E>,
        network: M,
        environment: &E,
        settings: &TokenSettings,
        device: &Device,
        run_seed: u64,
    ) -> Result<(M, WarmStartReport), TrainError> {
        self.validate()?;
        settings.validate()?;
        let mut report = WarmStartReport::default();
        if self.demonstrations == 0 {
            return Ok((network, report));
        }
        let tasks = tasks(FIRST_TASK, self.demonstrations, run_seed);
        let sampling = SamplerSettings::training(run_seed, settings.context, settings.max_turns);
        let mut shown = demonstrate(environment, &tasks, self.noise, &mut [], &sampling)?;
        report.hinted = self.hint(aids, environment, run_seed, &mut shown.batch)?;
        shown.batch.groups.extend(self.reviews(aids, environment, &sampling)?);
        report.demonstrations = self.demonstrations;
        report.reviews = self.reviews;
        report.solved = shown.episodes.iter().filter(|episode| episode.success()).count();
        // At temperature 1: what is cloned is the distribution, not its tempered form.
        let table = TokenTable::build(&shown.batch, &settings.context, 1.0, device)?;
        let network = self.imitate(network, &table, run_seed, &mut report)?;
        Ok((network, report))
    }

    /// Passes over the decisions of demonstrations: a step of Adam on the mean of `−log π` for each minibatch of
    /// trajectories, in keyed order.
    pub(crate) fn imitate<M: Module>(
        &self,
        mut network: M,
        table: &impl DecisionTable<M>,
        run_seed: u64,
        report: &mut WarmStartReport,
    ) -> Result<M, TrainError> {
        let offsets = table.offsets();
        report.tokens = offsets.last().copied().unwrap_or(0);
        let mut adam = Adam::new(AdamConfig {
            learning_rate: self.learning_rate,
            max_grad_norm: Some(self.max_grad_norm),
            ..AdamConfig::default()
        });
        let mut order: Vec<usize> = (0..offsets.len() - 1).collect();
        for epoch in 0..self.epochs {
            Stream::new(StreamKey {
                run_seed,
                purpose: Purpose::named("warm-start"),
                task: 0,
                episode: 0,
                step: epoch as u32,
            })
            .shuffle(&mut order);
            let (mut sum, mut count) = (0.0, 0);
            for episodes in order.chunks(self.minibatch) {
                let tokens: Vec<usize> = episodes.iter().flat_map(|e| offsets[*e]..offsets[*e + 1]).collect();
                let Forward { logits, actions, .. } = table.forward(&network, &tokens)?;
                let logp = log_softmax(logits, 1).gather(1, actions.unsqueeze_dim(1));
                let loss = logp.mean().neg();
                sum += f64::from(host(loss.clone().inner())?[0]) * tokens.len() as f64;
                count += tokens.len();
                let gradients = GradientsParams::from_grads(loss.backward(), &network);
                network = adam.step(network, gradients).0;
            }
            let mean = sum / count.max(1) as f64;
            if !mean.is_finite() {
                let what = format!("the loss of warm start epoch {epoch}");
                return Err(TrainError::NonFinite { iteration: 0, what, value: mean });
            }
            report.losses.push(mean);
        }
        Ok(network)
    }
}

impl WarmStart {
    /// Puts hints into the prompts of its share of the demonstrations; says of how many.
    fn hint<E: Demonstrator>(
        &self,
        aids: &SamplerAids<E>,
        environment: &E,
        run_seed: u64,
        batch: &mut Batch<()>,
    ) -> Result<usize, TrainError> {
        if self.hinted == 0.0 {
            return Ok(0);
        }
        let hint = aids.hint.ok_or_else(|| TrainError::Config {
            reason: "`warm-start.hinted` needs hints, which this world does not lend; leave it out".into(),
        })?;
        let mut hinted = 0;
        for trajectory in batch.trajectories_mut() {
            let purpose = Purpose::named("warm-start/hints");
            let task = trajectory.task;
            let mut stream = Stream::new(StreamKey { task: task.get(), ..StreamKey::new(run_seed, purpose) });
            if stream.uniform() >= self.hinted {
                continue;
            }
            let mut world = environment.clone();
            world.reset(task)?;
            let prompts: Vec<Vec<u32>> = (0..).map_while(|attempt| hint(&world, attempt)).collect();
            if !prompts.is_empty() {
                let chosen = stream.below(prompts.len() as u64) as usize;
                replace_prompt(trajectory, &prompts[chosen]);
                hinted += 1;
            }
        }
        Ok(hinted)
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks with a reference")]
fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

/// `count` training tasks from `first` on.
pub(crate) fn tasks(first: u64, count: usize, run_seed: u64) -> Vec<(u64, TaskSeed)> {
    let indices = first..first + count as u64;
    indices.map(|index| (index, TaskSeed::train(run_seed, index))).collect()
}

/// What a warm start did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WarmStartReport {
    /// Episodes of the expert.
    pub demonstrations: usize,
    /// Those of them that solved their task.
    pub solved: usize,
    /// Those of them that were read with a hint.
    #[serde(default)]
    pub hinted: usize,
    /// Decisions on drafts.
    #[serde(default)]
    pub reviews: usize,
    /// Tokens that are imitated.
    pub tokens: usize,
    /// Mean negative log-likelihood of a token in each epoch, in nats, before each update's step.
    pub losses: Vec<f64>,
}
