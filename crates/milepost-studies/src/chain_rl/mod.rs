//! Which reward makes the most of a policy whose errors are known?
//!
//! The world is [`ArithChain`]; the policy is cloned from a [`Solver`] that errs at random and by a consistent false
//! rule, so that it is known how far its confidence agrees with the truth. GRPO then trains it on rewards of any origin:
//! the verifier's, its own (arXiv 2603.08660), or the verifier's shaped by novelty (arXiv 2512.15687).
//!
//! [`ArithChain`]: milepost_microworlds::tokens::ArithChain
//! [`Solver`]: milepost_microworlds::tokens::Solver

mod evaluation;
mod lab;
mod method;
mod pooled;
mod prior;
mod training;

use milepost_algorithms::{ExplorationConfig, IntrinsicKind, TokenAgent, Trainer};
use milepost_core::ParameterCheck;
use milepost_eval::collapse::{CollapseProxy, collapse_proxy, collapse_step};
use milepost_microworlds::tokens::{ArithChain, ArithChainConfig, SingleTurn, Solver, SolverConfig};
use milepost_policies::{CausalTransformer, open_device};
use serde::{Deserialize, Serialize};

use crate::preference_lab::NetworkSize;
use crate::{Context, Measured, Metric, Recorder, Study, StudyError};
use evaluation::Point;
use lab::Lab;
use pooled::Pooled;
pub use prior::{CollapsePrior, VoteRun};

/// Where the reward comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", rename_all_fields = "kebab-case", deny_unknown_fields)]
pub enum RewardSource {
    /// The verifier: 1 for a right answer.
    Outcome,
    /// The policy's own confidence.
    Intrinsic {
        /// In which sense.
        reward: IntrinsicKind,
    },
    /// The most frequent answer of the group.
    Vote,
    /// The verifier, shaped by novelty.
    Exploration(ExplorationConfig),
}

/// How the policy that training starts from is made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct BaseConfig {
    /// Who is imitated.
    pub solver: SolverConfig,
    /// The network. Default 32 wide, 2 layers.
    pub network: NetworkSize,
    /// Answers of the solver. Default 3000.
    pub examples: usize,
    /// Passes over them. Default 8.
    pub epochs: usize,
    /// Adam's step size. Default 0.003.
    pub learning_rate: f64,
}

impl Default for BaseConfig {
    fn default() -> Self {
        Self {
            solver: SolverConfig::default(),
            network: NetworkSize::default(),
            examples: 3000,
            epochs: 8,
            learning_rate: 3e-3,
        }
    }
}

/// One training run from a base policy of known quality.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct ChainRl {
    /// Where it trains.
    pub task: ArithChainConfig,
    /// Where it is judged; where it trains if left out. The solver is imitated there as well as on `task`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judged: Option<ArithChainConfig>,
    /// The base policy.
    pub base: BaseConfig,
    /// Where the reward comes from.
    pub reward: RewardSource,
    /// Problems that training draws from; unlimited if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pool: Option<u64>,
    /// Updates. Default 300.
    pub iterations: u64,
    /// Problems of one update. Default 16.
    pub prompts: usize,
    /// Answers to each. Default 8.
    pub group: usize,
    /// Passes over a batch. Default 1.
    pub epochs: usize,
    /// Answers of one step of Adam. Default 64.
    pub minibatch: usize,
    /// Adam's step size. Default 0.001.
    pub learning_rate: f64,
    /// Coefficient of an entropy bonus. Default 0.
    pub entropy: f64,
    /// Coefficient of the divergence from the base policy in the loss (k3, bounded as in verl). Default 0: none.
    pub kl: f64,
    /// Updates between evaluations. Default 20.
    pub evaluate_every: u64,
    /// Problems of an evaluation. Default 128.
    pub evaluation_prompts: u64,
    /// Answers to each, `k` of pass@k and of the vote. Default 8.
    pub samples: u32,
    /// Reward accuracy below which training has collapsed. Default 0.1009: the paper's 1 % above what a guess among 11
    /// values gives.
    pub collapse_threshold: f64,
}

impl Default for ChainRl {
    fn default() -> Self {
        Self {
            task: ArithChainConfig::default(),
            judged: None,
            base: BaseConfig::default(),
            reward: RewardSource::Outcome,
            pool: None,
            iterations: 300,
            prompts: 16,
            group: 8,
            epochs: 1,
            minibatch: 64,
            learning_rate: 1e-3,
            entropy: 0.0,
            kl: 0.0,
            evaluate_every: 20,
            evaluation_prompts: 128,
            samples: 8,
            collapse_threshold: 0.1009,
        }
    }
}

/// Updates over which reward accuracy and the signs of a vote are averaged.
const WINDOW: usize = 5;

/// The world that is trained in.
type World = SingleTurn<Pooled<ArithChain>>;
type Loop = Trainer<TokenAgent<World, CausalTransformer>>;

impl Study for ChainRl {
    fn metrics(&self) -> Vec<Metric> {
        vec![
            Metric::higher("final-accuracy", "share of right answers at the end (last three evaluations)"),
            Metric::higher("start-accuracy", "share of right answers of the base policy"),
            Metric::higher("rise", "peak accuracy (over three evaluations) less that of the base policy"),
            Metric::higher(
                "fall",
                "peak accuracy (over three evaluations) less that at the end; high is bad",
            ),
            Metric::higher("final-pass-at-k", "share of problems that one of k answers solves, at the end"),
            Metric::higher(
                "final-maj-at-k",
                "share of problems that the vote of k answers solves, at the end",
            ),
            Metric::higher(
                "final-reward-accuracy",
                "share of votes' rewards that a verifier would have paid",
            ),
            Metric::higher(
                "collapse-step",
                "first update after which votes are no better than guesses; the number of updates if none",
            ),
            Metric::higher(
                "collapse-proxy-step",
                "first update after which, seen without labels, votes are unanimous or answers half as long; the number of updates if none",
            ),
            Metric::higher("final-length", "tokens of an answer at the end"),
            Metric::higher(
                "final-repetition",
                "share of an answer's pairs of neighbouring tokens that occurred earlier in it, at the end; high is bad",
            ),
            Metric::higher("flips", "share of judged problems whose vote changed between right and wrong"),
            Metric::lower(
                "similarity",
                "mean cosine of update features within groups, second half of training",
            ),
            Metric::higher(
                "opposed",
                "share of pairs within groups whose updates oppose each other, second half",
            ),
            Metric::higher(
                "entropy",
                "mean entropy of the policy's next-token distributions in nats, second half of training",
            ),
        ]
    }

    fn validate(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("chain-rl");
        for (key, value) in [
            ("iterations", self.iterations),
            ("prompts", self.prompts as u64),
            ("group", self.group as u64),
            ("epochs", self.epochs as u64),
            ("minibatch", self.minibatch as u64),
            ("evaluate-every", self.evaluate_every),
            ("evaluation-prompts", self.evaluation_prompts),
            ("samples", u64::from(self.samples)),
            ("pool", self.pool.unwrap_or(1)),
        ] {
            check.that(value > 0, key, value, "at least 1")?;
        }
        check.not_negative("learning-rate", self.learning_rate)?;
        check.not_negative("entropy", self.entropy)?;
        check.not_negative("kl", self.kl)?;
        check.probability("collapse-threshold", self.collapse_threshold)?;
        let task = ArithChain::new(self.task.clone())?;
        Solver::new(&task, self.base.solver.clone())?;
        if let Some(judged) = &self.judged {
            let judged = ArithChain::new(judged.clone())?;
            let same =
                judged.config().modulus == self.task.modulus && judged.config().routes == self.task.routes;
            check.that(same, "judged", "another kind of task", "of the task's modulus and routes")?;
        }
        self.method().validate().map_err(StudyError::part("the method"))
    }

    fn run(&self, context: &Context, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let device = open_device(context.device).map_err(StudyError::part("the device"))?.device;
        let lab = Lab::new(self, device)?;
        let base = lab.base_policy(&self.base, context.seed, recorder)?;
        let mut trainer = lab.trainer(self, base, context.seed)?;
        let evaluation = lab.evaluation(self, context.seed);
        let (points, watched) = self.train(&mut trainer, &evaluation, recorder)?;

        let curve = evaluation::smoothed(&points, |point| point.accuracy);
        let [first, last] = [&points[0], &points[points.len() - 1]];
        let peak = curve.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let end = curve[curve.len() - 1];
        recorder.result("final-accuracy", end.into())?;
        recorder.result("start-accuracy", first.accuracy.into())?;
        recorder.result("rise", (peak - first.accuracy).into())?;
        recorder.result("fall", (peak - end).into())?;
        let settled = |value: fn(&Point) -> f64| -> Measured {
            evaluation::smoothed(&points, value).last().copied().unwrap_or(f64::NAN).into()
        };
        recorder.result("final-pass-at-k", settled(|point| point.pass_at_k))?;
        recorder.result("final-maj-at-k", settled(|point| point.maj_at_k))?;
        let recent = &watched.reward_accuracy[watched.reward_accuracy.len().saturating_sub(WINDOW)..];
        let recent: Vec<f64> = recent.iter().flatten().copied().collect();
        let unknown = "no vote of the last updates decided anything";
        recorder.result("final-reward-accuracy", mean_of(&recent, unknown))?;
        let collapse = collapse_step(&watched.reward_accuracy, self.collapse_threshold, WINDOW)
            .map_err(StudyError::part("the collapse step"))?;
        recorder.count("runs without a collapse", u64::from(collapse.is_censored()));
        recorder.result("collapse-step", (collapse.at_least() as f64).into())?;
        let proxy = collapse_proxy(&watched.signs, CollapseProxy::default(), WINDOW)
            .map_err(StudyError::part("the label-free collapse step"))?;
        recorder.count("runs without a label-free collapse", u64::from(proxy.is_censored()));
        recorder.result("collapse-proxy-step", (proxy.at_least() as f64).into())?;
        recorder.result("final-length", last.length.into())?;
        recorder.result("final-repetition", settled(|point| point.repetition))?;
        recorder.result("flips", first.flips(last).into())?;
        let features = "update features are not computed for this reward, or no update was made";
        for (name, values, without) in [
            ("similarity", &watched.similarity, features),
            ("opposed", &watched.opposed, features),
            ("entropy", &watched.entropy, "no update taught anything"),
        ] {
            recorder.result(name, mean_of(&values[values.len() / 2..], without))?;
        }
        Ok(())
    }
}

/// The mean, or why there is none.
fn mean_of(values: &[f64], without: &str) -> Measured {
    if values.is_empty() { Measured::Undefined(without.into()) } else { evaluation::mean(values).into() }
}

#[cfg(test)]
mod tests;
