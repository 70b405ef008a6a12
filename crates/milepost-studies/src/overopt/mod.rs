//! How far can a reward model be optimised before gold falls?
//!
//! A reward model is trained on pairs that a teacher labelled; then the best of `n` answers of the base policy is picked
//! by its score, for `n` up to 256, and the gold score of the pick is estimated without bias from all draws. Gold against
//! `d = √KL`, `KL ≤ log n − (n − 1)/n`, is fitted by `d (α − β d)` (Gao et al. 2022, arXiv 2210.10760), in units of the
//! standard deviation of the base policy's gold. Network, number of pairs and teacher (B-Pref's six) are the arms.
//!
//! Or a policy is trained on the score (PPO, GRPO), and gold is fitted by Gao's other form, `d (α − β log d)`.

use milepost_algorithms::IterationReport;
use milepost_core::{ParameterCheck, Purpose, TaskSeed, Trajectory};
use milepost_eval::overoptimization::{GaoForm, OveroptimizationCurve, OveroptimizationPoint, best_of_n};
use milepost_microworlds::tokens::corpus;
use milepost_policies::{CausalTransformer, open_device};
use milepost_preferences::best_of_n::divergence_bound;
use milepost_preferences::oracle::{Teacher, adaptive_threshold};
use milepost_preferences::transform::TransformConfig;
use milepost_rewards::reward_model::{ReferenceBook, RewardModel, RewardModelTraining, RewardScorerConfig};
use serde::{Deserialize, Serialize};

use crate::preference_lab::{
    BasePolicy, Bench, NetworkSize, Proxy, Pursuit, Watch, deviation, mean, smoothed,
};
use crate::{Context, Measured, Metric, Recorder, Study, StudyError, Table};

/// One of B-Pref's teachers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TeacherKind {
    /// Always right.
    #[default]
    Oracle,
    /// Boltzmann, `β = 1`.
    Noisy,
    /// Wrong in one label of ten.
    Mistake,
    /// Skips pairs in which neither answer is worth much.
    Skip,
    /// Calls a tie what differs by little.
    Equal,
    /// Weighs the last segments more.
    Myopic,
}

impl TeacherKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Oracle => "oracle",
            Self::Noisy => "noisy",
            Self::Mistake => "mistake",
            Self::Skip => "skip",
            Self::Equal => "equal",
            Self::Myopic => "myopic",
        }
    }
}

/// What optimises the reward model's score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// The best of `n` answers of the base policy, by score.
    #[default]
    BestOfN,
    /// Reinforcement learning on the score, as `pursuit` says.
    Reinforcement,
}

/// One reward model, optimised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Overopt {
    /// The reward model's network.
    pub network: NetworkSize,
    /// Pairs that it is trained on. Default 3000.
    pub pairs: usize,
    /// Updates of its training, whatever the number of pairs. Default 150.
    pub updates: usize,
    /// Who labels.
    pub teacher: TeacherKind,
    /// `ε` of the threshold of skipping and of "equal", as a share of the mean gold of an answer. Default 0.1.
    pub epsilon: f64,
    /// Largest `n`. Default 256.
    pub most: usize,
    /// Draws for each prompt, at least `most`. Default 512.
    pub draws: u32,
    /// Prompts. Default 24.
    pub prompts: u64,
    /// The policy that is drawn from.
    pub base: BasePolicy,
    /// What optimises. Default: best of n.
    pub optimizer: Optimizer,
    /// How reinforcement learning goes about it; its divergence is not charged for unless `kl` says so.
    pub pursuit: Pursuit,
}

impl Default for Overopt {
    fn default() -> Self {
        Self {
            network: NetworkSize::default(),
            pairs: 3000,
            updates: 150,
            teacher: TeacherKind::Oracle,
            epsilon: 0.1,
            most: 256,
            draws: 512,
            prompts: 24,
            base: BasePolicy::default(),
            optimizer: Optimizer::default(),
            pursuit: Pursuit { kl: 0.0, ..Pursuit::default() },
        }
    }
}

/// The answers to each prompt, tokens and gold.
type Draws = Vec<(Vec<Vec<u32>>, Vec<f64>)>;

/// Pairs of one update.
const MINIBATCH: usize = 32;
/// Pairs on which the reward model's accuracy is measured.
const HELD_OUT: usize = 1000;

impl Overopt {
    /// The teacher, with thresholds that follow the writer's mean gold.
    fn teacher(&self, bench: &Bench, seed: u64) -> Result<Teacher, StudyError> {
        let threshold = adaptive_threshold(self.epsilon, bench.mean_worth(seed), 1, 1)
            .map_err(StudyError::part("the teacher"))?;
        let suite = Teacher::suite(threshold.max(0.0));
        let named = suite.into_iter().find(|(name, _)| *name == self.teacher.name());
        Ok(named.map(|(_, teacher)| teacher).unwrap_or_default())
    }

    /// The reward model and the share of held-out pairs that it orders as the oracle does.
    fn reward_model(
        &self,
        bench: &Bench,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<(RewardModel<CausalTransformer>, Option<f64>), StudyError> {
        let part = "the reward model";
        let pairs = bench.pairs(self.pairs, &self.teacher(bench, seed)?, None, seed)?;
        recorder.count("skipped pairs", pairs.skipped() as u64);
        let per_epoch = self.pairs.div_ceil(MINIBATCH);
        let settings = RewardModelTraining {
            epochs: self.updates.div_ceil(per_epoch).max(1),
            minibatch: MINIBATCH,
            learning_rate: 3e-3,
            ..RewardModelTraining::default()
        };
        let mut model = RewardModel::new(bench.network(self.network, seed ^ 0x5eed)?);
        model.train(&pairs, &settings, seed).map_err(StudyError::part(part))?;
        let held_out = bench.pairs(HELD_OUT, &Teacher::default(), None, seed + (1 << 32))?;
        let accuracy = model.evaluate(&held_out).map_err(StudyError::part(part))?.accuracy();
        Ok((model, accuracy))
    }

    /// Means over prompts of proxy and gold of the best of `n`.
    fn curve(
        &self,
        proxy: &[Vec<f64>],
        gold: &[Vec<f64>],
        seed: u64,
    ) -> Result<Vec<OveroptimizationPoint>, StudyError> {
        let mut points = Vec::new();
        let mut n = 1;
        while n <= self.most {
            let (mut proxies, mut golds) = (Vec::new(), Vec::new());
            for (index, (proxy, gold)) in proxy.iter().zip(gold).enumerate() {
                let ties = seed + ((index as u64) << 32);
                let best =
                    |scores: &[f64]| best_of_n(proxy, scores, n, ties).map_err(StudyError::part("best of n"));
                proxies.push(best(proxy)?);
                golds.push(best(gold)?);
            }
            let divergence = divergence_bound(n as u64);
            points.push(OveroptimizationPoint { divergence, proxy: mean(&proxies), gold: mean(&golds) });
            n *= 2;
        }
        Ok(points)
    }
}

impl Bench {
    /// What the writer's answers are worth on average, from a sample of them.
    fn mean_worth(&self, seed: u64) -> f64 {
        let examples = corpus(&self.task, &self.writer, 200, seed);
        let worth: Vec<f64> = examples
            .iter()
            .filter_map(|e| self.task.oracle_by_segment(&e.problem, &e.turn))
            .map(|segments| segments.iter().sum())
            .collect();
        mean(&worth)
    }
}

impl Study for Overopt {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::lower(
                "beta",
                "fall-off of gold with √KL, in standard deviations of gold; by Gao's form for the optimiser",
            ),
            Metric::higher("alpha", "initial gain of gold with √KL, in standard deviations of gold"),
            Metric::higher("final-gain", "gain of gold at the end, in standard deviations of gold"),
            Metric::higher("peak-gain", "largest gain of gold on the way, in standard deviations of gold"),
            Metric::higher("kept", "1 less the share of the gained gold that is lost again at the end"),
            Metric::higher("lost", "share of the gained gold that is lost again; high is over-optimisation"),
            Metric::higher("accuracy", "share of held-out pairs that the model orders as the oracle does"),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("overopt");
        check.that(self.most >= 4, "most", self.most, "at least 4")?;
        check.that(self.draws as usize >= self.most, "draws", self.draws, "at least `most`")?;
        check.that(self.prompts > 0, "prompts", self.prompts, "at least 1")?;
        check.that(self.pairs > 0, "pairs", self.pairs, "at least 1")?;
        self.pursuit.check(check)?;
        Ok(check.not_negative("epsilon", self.epsilon)?)
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let seed = context.seed;
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let bench = Bench::new(device)?;
        recorder.advance(0, 4)?;
        let base = bench.base_policy(&self.base, seed, recorder)?;
        recorder.advance(1, 4)?;
        if self.optimizer == Optimizer::Reinforcement {
            return self.pursue(&bench, &base, seed, recorder);
        }
        let tasks: Vec<TaskSeed> = (0..self.prompts).map(|index| TaskSeed::evaluation(seed, index)).collect();
        let key = format!("overopt draws {seed} {:?} {} {}", self.base, self.prompts, self.draws);
        let drawn = recorder.shared(&key, &mut || {
            let batch = bench.answers(&base, &tasks, self.draws, Purpose::EVALUATION_POLICY, seed)?;
            let mut drawn: Draws = Vec::new();
            for group in &batch.groups {
                let tokens = group.members().iter().map(|t: &Trajectory<()>| t.tokens.clone()).collect();
                let gold = group.members().iter().map(|t| Ok(bench.gold(t)?.unwrap_or(0.0)));
                drawn.push((tokens, gold.collect::<Result<_, StudyError>>()?));
            }
            serde_json::to_vec(&drawn).map_err(StudyError::part("the draws"))
        })?;
        let drawn: Draws = serde_json::from_slice(&drawn).map_err(StudyError::part("the draws"))?;
        recorder.advance(2, 4)?;
        let (model, accuracy) = self.reward_model(&bench, seed, recorder)?;
        recorder.advance(3, 4)?;
        let (mut proxy, mut gold) = (Vec::new(), Vec::new());
        for (answers, golds) in drawn {
            let sequences: Vec<&[u32]> = answers.iter().map(Vec::as_slice).collect();
            let scores = model.score(&sequences).map_err(StudyError::part("the reward model"))?;
            proxy.push(scores.expect(model.version()).map_err(StudyError::part("the reward model"))?.clone());
            gold.push(golds);
        }
        let scale = deviation(&gold.concat());
        let points = self.curve(&proxy, &gold, seed)?;
        report_best_of_n(&points, scale, recorder)?;
        report(&points, GaoForm::BestOfN, scale, accuracy, recorder)
    }
}

impl Overopt {
    /// Reinforcement learning on the score.
    fn pursue(
        &self,
        bench: &Bench,
        base: &CausalTransformer,
        seed: u64,
        recorder: &mut dyn Recorder,
    ) -> Result<(), StudyError> {
        let (model, accuracy) = self.reward_model(bench, seed, recorder)?;
        let tasks: Vec<TaskSeed> = (0..self.prompts).map(|index| TaskSeed::evaluation(seed, index)).collect();
        let batch = bench.answers(base, &tasks, 16, Purpose::EVALUATION_POLICY, seed)?;
        let scale = deviation(&bench.golds(&batch, recorder)?);
        let config =
            RewardScorerConfig { transform: TransformConfig::Vanilla, ..RewardScorerConfig::default() };
        let proxy = Proxy { model: &model, config, references: ReferenceBook::default() };
        let mut rejected = Rejected(0);
        let points = self.pursuit.run(bench, base, proxy, seed, recorder, &mut rejected)?;
        recorder.count("rejected scores", rejected.0);
        report(&smoothed(&points), GaoForm::Reinforcement, scale, accuracy, recorder)
    }
}

/// Scores that the transform could not take.
#[derive(Debug, Serialize, Deserialize)]
struct Rejected(u64);

impl Watch for Rejected {
    fn see(&mut self, report: &IterationReport) {
        let found = report.counters.iter().find(|(name, _)| name == "reward-model.rejected");
        self.0 += found.map_or(0, |(_, count)| *count);
    }
}

/// The curve over `n`.
fn report_best_of_n(
    points: &[OveroptimizationPoint],
    scale: f64,
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    for (power, point) in points.iter().enumerate() {
        let gain = (point.gold - points[0].gold) / scale;
        recorder.point(
            &[("root-kl", point.divergence.sqrt()), ("n", (1u64 << power) as f64)],
            &[("gold-gain", gain), ("gold", point.gold), ("proxy", point.proxy)],
        )?;
    }
    let row = |point: &OveroptimizationPoint| {
        vec![Some(point.divergence.sqrt()), Some(point.proxy), Some((point.gold - points[0].gold) / scale)]
    };
    recorder.table(Table {
        name: "best of n".into(),
        caption:
            "Root of the divergence bound, proxy score, and gain of gold in standard deviations of the base \
                  policy's gold."
                .into(),
        columns: vec!["√KL".into(), "proxy".into(), "gold gain".into()],
        rows: points
            .iter()
            .enumerate()
            .map(|(p, point)| (format!("n = {:3}", 1u64 << p), row(point)))
            .collect(),
    })
}

/// What a curve came to.
fn report(
    points: &[OveroptimizationPoint],
    form: GaoForm,
    scale: f64,
    accuracy: Option<f64>,
    recorder: &mut dyn Recorder,
) -> Result<(), StudyError> {
    let curve = OveroptimizationCurve::new(points.to_vec()).map_err(StudyError::part("the curve"))?;
    let fit = curve.fit(form, scale);
    recorder.result("beta", fit.clone().map(|fit| fit.beta).into())?;
    recorder.result("alpha", fit.map(|fit| fit.alpha).into())?;
    let summary = curve.summary();
    recorder.result("final-gain", ((summary.last - summary.start) / scale).into())?;
    recorder.result("peak-gain", ((summary.peak - summary.start) / scale).into())?;
    recorder.result("kept", summary.drop().map(|drop| 1.0 - drop).into())?;
    recorder.result("lost", summary.drop().into())?;
    let none = || Measured::Undefined("every held-out pair is a tie".into());
    recorder.result("accuracy", accuracy.map_or_else(none, Measured::from))
}

#[cfg(test)]
mod tests {
    use milepost_policies::DeviceChoice;

    use super::*;
    use crate::Memory;

    #[test]
    fn reinforcement_learning_runs_and_the_same_seed_records_the_same_bytes() {
        let network = NetworkSize { width: 8, layers: 1 };
        let pursuit = Pursuit {
            iterations: 4,
            prompts: 2,
            evaluate_every: 1,
            evaluation_prompts: 8,
            kl: 0.0,
            ..Pursuit::default()
        };
        let study = Overopt {
            network,
            pairs: 64,
            updates: 2,
            prompts: 2,
            optimizer: Optimizer::Reinforcement,
            pursuit,
            base: BasePolicy { network, examples: 64, epochs: 1, ..BasePolicy::default() },
            ..Overopt::default()
        };
        let run = || Memory::of(&study, &Context { seed: 1, device: DeviceChoice::Cpu }).expect("runs");
        let whole = run();
        assert_eq!(whole, run());
        let context = Context { seed: 1, device: DeviceChoice::Cpu };
        let (parts, resumed) = crate::memory::interrupting::run(&study, &context, 4);
        assert_eq!((parts, resumed), (whole, 1), "an interrupted run goes on to the same records");
    }

    #[test]
    fn every_teacher_runs_and_the_same_seed_records_the_same_bytes() {
        use TeacherKind as T;
        for teacher in [T::Oracle, T::Noisy, T::Mistake, T::Skip, T::Equal, T::Myopic] {
            let network = NetworkSize { width: 8, layers: 1 };
            let study = Overopt {
                network,
                teacher,
                pairs: 64,
                updates: 2,
                most: 8,
                draws: 16,
                prompts: 2,
                base: BasePolicy { network, examples: 64, epochs: 1, ..BasePolicy::default() },
                ..Overopt::default()
            };
            let run = || Memory::of(&study, &Context { seed: 1, device: DeviceChoice::Cpu }).expect("runs");
            assert_eq!(run(), run());
        }
    }
}
