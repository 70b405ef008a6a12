//! What should stand between a reward model and the algorithm that trains on it?
//!
//! Preference as reward (PAR, arXiv 2502.18770) replaces the score by the reward model's own probability that the
//! answer beats a reference answer. Here a policy is trained on a reward model that likes a phrase that means nothing,
//! under each of the transforms that have been proposed, while the gold score is watched.
//!
//! Gold cannot reach training: nothing that trains accepts it.
//!
//! ```compile_fail,E0308
//! use milepost_microworlds::tokens::GoldScore;
//! use milepost_preferences::transform::RawScore;
//!
//! fn leak(gold: GoldScore) -> RawScore<'static> {
//!     RawScore { score: gold, tokens: 1, references: None }
//! }
//! ```

use milepost_algorithms::IterationReport;
use milepost_core::{ParameterCheck, Purpose, TaskSeed, Version};
use milepost_eval::overoptimization::{HackingRule, OveroptimizationCurve, OveroptimizationPoint};
use milepost_policies::{CausalTransformer, open_device};
use milepost_preferences::oracle::{Rationality, Teacher};
use milepost_preferences::transform::TransformConfig;
use milepost_rewards::reward_model::{ReferenceBook, RewardModel, RewardModelTraining, RewardScorerConfig};
use serde::{Deserialize, Serialize};

use crate::preference_lab::{
    Algorithm, BasePolicy, Bench, NetworkSize, Planted, Proxy, Pursuit, Watch, deviation, mean, smoothed,
};
use crate::state::bits;
use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};

/// How the reward model is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// One model, Bradley–Terry loss.
    #[default]
    Plain,
    /// The same with `0.005 · mean r²` added to the loss.
    Reg,
    /// The weight average of three models that see the pairs in different orders.
    Warm,
}

/// One training run on a transformed reward-model score.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Par {
    /// PPO or GRPO.
    pub algorithm: Algorithm,
    /// What the score goes through.
    pub transform: TransformConfig,
    /// `M`: reference answers to each prompt, for transforms that have any. Default 1.
    pub references: u32,
    /// How the reward model is made.
    pub reward_model: ModelKind,
    /// Its network.
    pub reward_network: NetworkSize,
    /// Pairs that it is trained on. Default 1500.
    pub pairs: usize,
    /// Passes over them. Default 2.
    pub pair_epochs: usize,
    /// The style that goes with the labels.
    pub planted: Planted,
    /// Inverse temperature of the teacher. Default 1.
    pub rationality: f64,
    /// The policy that training starts from.
    pub base: BasePolicy,
    /// Updates of the policy. Default 60.
    pub iterations: u64,
    /// Prompts of one update, each answered eight times. Default 8.
    pub prompts: usize,
    /// Adam's step size of the policy. Default 0.003.
    pub learning_rate: f64,
    /// `β` of the divergence charged to the reward. Default 0.005.
    pub kl: f64,
    /// Updates between evaluations. Default 5.
    pub evaluate_every: u64,
    /// Prompts of an evaluation. Default 192.
    pub evaluation_prompts: u64,
}

impl Default for Par {
    fn default() -> Self {
        Self {
            algorithm: Algorithm::default(),
            transform: TransformConfig::default(),
            references: 1,
            reward_model: ModelKind::default(),
            reward_network: NetworkSize::default(),
            pairs: 1500,
            pair_epochs: 2,
            planted: Planted { preferred: 0.8, other: 0.1 },
            rationality: 1.0,
            base: BasePolicy::default(),
            iterations: 60,
            prompts: 8,
            learning_rate: 3e-3,
            kl: 0.005,
            evaluate_every: 5,
            evaluation_prompts: 192,
        }
    }
}

impl Par {
    const fn pursuit(&self) -> Pursuit {
        let Self {
            algorithm,
            iterations,
            prompts,
            learning_rate,
            kl,
            evaluate_every,
            evaluation_prompts,
            ..
        } = *self;
        Pursuit { algorithm, iterations, prompts, learning_rate, kl, evaluate_every, evaluation_prompts }
    }

    fn teacher(&self) -> Teacher {
        Teacher { rationality: Rationality::Boltzmann { beta: self.rationality }, ..Teacher::default() }
    }

    /// The reward model, the same for all arms of a seed that make it alike.
    fn reward_model(
        &self,
        bench: &Bench,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<RewardModel<CausalTransformer>, StudyError> {
        let part = "the reward model";
        let key = format!(
            "par reward model {seed} {:?} {:?} {} {} {:?} {}",
            self.reward_model,
            self.reward_network,
            self.pairs,
            self.pair_epochs,
            self.planted,
            self.rationality
        );
        // The networks of an average start alike: weights of different starts have no common meaning.
        let untrained = RewardModel::new(bench.network(self.reward_network, seed ^ 0x5eed)?);
        let bytes = recorder.shared(&key, &mut || {
            let pairs = bench.pairs(self.pairs, &self.teacher(), Some(self.planted), seed)?;
            let settings = RewardModelTraining {
                epochs: self.pair_epochs,
                learning_rate: 3e-3,
                regularization: if self.reward_model == ModelKind::Reg { 0.005 } else { 0.0 },
                ..RewardModelTraining::default()
            };
            let runs = if self.reward_model == ModelKind::Warm { 3 } else { 1 };
            let mut models = Vec::new();
            for run in 0..runs {
                let mut model = untrained.clone();
                model.train(&pairs, &settings, seed + (run << 32)).map_err(StudyError::part(part))?;
                models.push(model);
            }
            let model = RewardModel::average(&models).map_err(StudyError::part(part))?;
            model.to_bytes().map_err(StudyError::part(part))
        })?;
        untrained.clone().with_weights(&bytes, Version(1)).map_err(StudyError::part(part))
    }

    /// Scores of reference answers to every prompt that training will meet.
    fn references(
        &self,
        bench: &Bench,
        base: &CausalTransformer,
        model: &RewardModel<CausalTransformer>,
        seed: u64,
    ) -> Result<ReferenceBook, StudyError> {
        let needed = self.transform.build().map_err(StudyError::part("the transform"))?.needs_references();
        if !needed {
            return Ok(ReferenceBook::default());
        }
        let prompts = self.iterations * self.prompts as u64;
        let tasks: Vec<TaskSeed> = (0..prompts).map(|index| TaskSeed::train(seed, index)).collect();
        let answers = bench.answers(base, &tasks, self.references, Purpose::named("par/references"), seed)?;
        ReferenceBook::of(model, &answers).map_err(StudyError::part("the references"))
    }
}

impl Study for Par {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("final-gold", "mean gold score of an answer at the end (last three evaluations)"),
            Metric::higher("peak-gold", "highest mean gold score (over three evaluations) of the run"),
            Metric::higher("kept", "1 less the share of the gained gold that was lost again by the end"),
            Metric::higher("lost", "share of the gained gold that was lost again; high is over-optimisation"),
            Metric::higher("proxy-rise", "rise of the raw score from the peak of gold to the end, in scores"),
            Metric::higher(
                "hacked",
                "1 if the proxy rose and gold fell by a standard deviation each, else 0",
            ),
            Metric::lower("final-divergence", "KL from the base policy at the end, nats an answer"),
            Metric::lower("value-loss-variation", "standard deviation over mean of the value loss"),
            Metric::lower("saturated", "share of training rewards at which the transform is flat"),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("par");
        check.that(self.references > 0, "references", self.references, "at least 1")?;
        check.that(self.pairs > 0, "pairs", self.pairs, "at least 1")?;
        check.probability("planted.preferred", self.planted.preferred)?;
        check.probability("planted.preferred + other", self.planted.preferred + self.planted.other)?;
        check.not_negative("rationality", self.rationality)?;
        self.pursuit().check(check)?;
        self.transform.build().map_err(StudyError::part("the transform"))?;
        Ok(())
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let seed = context.seed;
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let bench = Bench::new(device)?;
        let base = bench.base_policy(&self.base, seed, recorder)?;
        let model = self.reward_model(&bench, seed, recorder)?;
        let references = self.references(&bench, &base, &model, seed)?;
        let config = RewardScorerConfig { transform: self.transform, ..RewardScorerConfig::default() };
        let proxy = Proxy { model: &model, config, references };
        let mut watched = Watched::default();
        let points = self.pursuit().run(&bench, &base, proxy, seed, recorder, &mut watched)?;
        let Watched { value_losses, flat, scored, rejected } = watched;
        recorder.count("rejected scores", rejected);
        let variation = deviation(&value_losses) / mean(&value_losses);
        let numbers = [variation, flat as f64 / scored.max(1) as f64];
        report(&points, numbers, recorder)
    }
}

/// What is read off the updates.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Watched {
    #[serde(with = "bits")]
    value_losses: Vec<f64>,
    flat: u64,
    scored: u64,
    rejected: u64,
}

impl Watch for Watched {
    fn see(&mut self, report: &IterationReport) {
        let metric = |name: &str| report.metrics.iter().find(|(n, _)| n == name).map(|(_, v)| *v);
        let counter = |name: &str| report.counters.iter().find(|(n, _)| n == name).map_or(0, |(_, c)| *c);
        self.value_losses.extend(metric("value_loss"));
        self.flat += counter("reward-model.saturated");
        self.rejected += counter("reward-model.rejected");
        self.scored += report.episodes.len() as u64;
    }
}

/// Says what a run came to.
fn report(
    points: &[OveroptimizationPoint],
    [variation, saturated]: [f64; 2],
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    let curve_of = |points: Vec<OveroptimizationPoint>| {
        OveroptimizationCurve::new(points).map_err(StudyError::part("the curve"))
    };
    let (raw, curve) = (curve_of(points.to_vec())?, curve_of(smoothed(points))?);
    let summary = curve.summary();
    recorder.result("final-gold", summary.last.into())?;
    recorder.result("peak-gold", summary.peak.into())?;
    recorder.result("kept", summary.drop().map(|drop| 1.0 - drop).into())?;
    recorder.result("lost", summary.drop().into())?;
    recorder.result("proxy-rise", summary.proxy_rise.into())?;
    let rule = HackingRule { window: 3, block: 1, ..HackingRule::default() };
    let hacked = rule.judge(&raw).map(|hacking| f64::from(u8::from(hacking.is_hacked())));
    recorder.result("hacked", hacked.into())?;
    let last = curve.points().last().map_or(f64::NAN, |point| point.divergence);
    recorder.result("final-divergence", last.into())?;
    let learned = variation.is_finite();
    let none = || Measured::Undefined("the algorithm learns no value".into());
    recorder.result("value-loss-variation", if learned { variation.into() } else { none() })?;
    recorder.result("saturated", saturated.into())?;
    let row =
        |point: &OveroptimizationPoint| vec![Some(point.divergence), Some(point.proxy), Some(point.gold)];
    recorder.table(Table {
        name: "curve".into(),
        caption:
            "Divergence from the base policy (nats an answer), raw reward-model score and gold score at each \
                  evaluation."
                .into(),
        columns: vec!["KL".into(), "proxy".into(), "gold".into()],
        rows: points.iter().enumerate().map(|(index, point)| (format!("{index:02}"), row(point))).collect(),
    })
}

#[cfg(test)]
mod tests;
