use milepost_core::ParameterCheck;
use milepost_flow::{Calibration, FlowError, FlowSurrogate, Kernel, Schedule, VelocityMlpConfig};
use milepost_microworlds::flows::{FlowArena, FlowReward};
use serde::{Deserialize, Serialize};

use crate::StudyError;

/// What each step is credited with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Credit {
    /// The reward of the sample, for every step (Flow-GRPO).
    #[default]
    Terminal,
    /// The reward of the sample, split by similarity of the states to it (CoCA).
    Similarity,
    /// The score of the state that the step led to.
    NextState,
    /// The score after the step minus that before it (DenseGRPO).
    Gain,
}

impl Credit {
    /// Whether it reads scores of intermediate states.
    pub(super) const fn is_dense(self) -> bool {
        matches!(self, Self::NextState | Self::Gain)
    }
}

/// How the base model is trained, by flow matching on samples of the arena.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Pretraining {
    /// Gradient steps.
    pub steps: usize,
    /// Points of each step.
    pub batch: usize,
    /// Step size of Adam.
    pub learning_rate: f64,
}

impl Default for Pretraining {
    fn default() -> Self {
        Self { steps: 3000, batch: 512, learning_rate: 1e-3 }
    }
}

/// One arm: a pretrained flow, fine-tuned on a reward by policy gradients on its denoising steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct FlowRl {
    /// Where.
    pub arena: FlowArena,
    /// For what.
    pub reward: FlowReward,
    /// The velocity network.
    pub network: VelocityMlpConfig,
    /// The base model, shared by all arms of a seed.
    pub pretraining: Pretraining,
    /// Denoising steps of a training sample, `T`.
    pub steps: usize,
    /// The noise of the steps.
    pub kernel: Kernel,
    /// Calibrates the noise of each step first, from Flow-GRPO's; only with the kernel `flow-sde`.
    pub calibration: Option<Calibration>,
    /// What the steps are credited with.
    pub credit: Credit,
    /// Euler steps of a completion; none for all that are left of the grid.
    pub completion: Option<usize>,
    /// Iterations.
    pub iterations: usize,
    /// Prompts of an iteration.
    pub prompts: usize,
    /// Samples of each prompt, `G`.
    pub group: usize,
    /// Samples of a group start from one noise.
    pub shared_noise: bool,
    /// Gradient steps of an iteration, each on all stored steps.
    pub updates: usize,
    /// The objective.
    pub surrogate: FlowSurrogate,
    /// Step size of Adam.
    pub learning_rate: f64,
    /// The joint gradient norm is clipped to this.
    pub max_grad_norm: f64,
    /// Steps whose noise has a smaller standard deviation are not trained on.
    pub least_std: f64,
    /// Iterations between two points of the learning curve.
    pub evaluate_every: usize,
    /// Samples of a point of the learning curve, over all prompts.
    pub evaluation_samples: usize,
    /// Samples of the final evaluation, over all prompts.
    pub final_samples: usize,
    /// Steps of the deterministic sampler that evaluates.
    pub evaluation_steps: usize,
    /// Reward level for the metric `log2-iterations-to-target`.
    pub target: f64,
    /// Network evaluations for the metric `reward-at-equal-calls`.
    pub equal_calls: u64,
}

impl Default for FlowRl {
    fn default() -> Self {
        Self {
            arena: FlowArena::Ring2d,
            reward: FlowReward::TwoScale,
            network: VelocityMlpConfig::default(),
            pretraining: Pretraining::default(),
            steps: 10,
            kernel: Kernel::FlowSde { a: 0.7 },
            calibration: None,
            credit: Credit::Terminal,
            completion: None,
            iterations: 300,
            prompts: 8,
            group: 24,
            shared_noise: false,
            updates: 2,
            surrogate: FlowSurrogate::default(),
            learning_rate: 1e-3,
            max_grad_norm: 1.0,
            least_std: 1e-3,
            evaluate_every: 10,
            evaluation_samples: 512,
            final_samples: 1000,
            evaluation_steps: 40,
            target: 0.5,
            equal_calls: 576_000,
        }
    }
}

impl FlowRl {
    /// The sampler's noise levels.
    pub(super) fn schedule(&self) -> Result<Schedule, StudyError> {
        Schedule::linear(self.steps).map_err(flow("the schedule"))
    }

    pub(super) fn check(&self) -> Result<(), StudyError> {
        let check = ParameterCheck("flow-rl");
        let sizes = [
            ("pretraining.batch", self.pretraining.batch),
            ("iterations", self.iterations),
            ("prompts", self.prompts),
            ("updates", self.updates),
            ("evaluate-every", self.evaluate_every),
            ("evaluation-steps", self.evaluation_steps),
        ];
        for (name, size) in sizes {
            check.that(size >= 1, name, size, "at least 1")?;
        }
        check.that(
            self.group >= 2,
            "group",
            self.group,
            "at least 2: an advantage is relative to a group",
        )?;
        let least = FlowArena::PROMPTS;
        for (name, size) in
            [("evaluation-samples", self.evaluation_samples), ("final-samples", self.final_samples)]
        {
            check.that(size >= least, name, size, format!("at least {least}, one for each prompt"))?;
        }
        let completed = self.completion.is_none() || self.credit.is_dense();
        check.that(
            completed,
            "completion",
            format!("{:?}", self.completion),
            "absent unless the credit reads completions",
        )?;
        check.that(self.completion != Some(0), "completion", 0, "at least 1 step")?;
        let positive = |value: f64| value > 0.0 && value.is_finite();
        for (name, value) in [
            ("learning-rate", self.learning_rate),
            ("pretraining.learning-rate", self.pretraining.learning_rate),
            ("max-grad-norm", self.max_grad_norm),
        ] {
            check.that(positive(value), name, value, "a finite number above 0")?;
        }
        check.not_negative("least-std", self.least_std)?;
        let schedule = self.schedule()?;
        self.kernel.check(&schedule).map_err(flow("the kernel"))?;
        self.surrogate.check().map_err(flow("the objective"))?;
        if let Some(calibration) = &self.calibration {
            calibration.check().map_err(flow("the calibration"))?;
            let flow_sde = matches!(self.kernel, Kernel::FlowSde { .. });
            check.that(
                flow_sde,
                "calibration",
                "set",
                "used with the kernel flow-sde, whose noise it starts from",
            )?;
        }
        Ok(())
    }
}

/// A failure of the flow crate as one of a study; settings stay what they are.
pub(super) fn flow(part: &'static str) -> impl Fn(FlowError) -> StudyError {
    move |error| match error {
        FlowError::Parameter(error) => StudyError::Parameter(error),
        error => StudyError::part(part)(error),
    }
}
