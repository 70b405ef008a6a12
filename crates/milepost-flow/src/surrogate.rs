use burn::tensor::{Int, Tensor, TensorData};
use milepost_core::{ParameterCheck, Version};
use serde::{Deserialize, Serialize};

use crate::{
    FlowError, Form, PerRow, Prompts, Reduce, Rollout, Schedule, StepCredit, StepLaw, Velocity, rows::host,
};

/// What a step's divergence from the reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StepKl {
    /// `‖μ − μ_ref‖²/(2S²)`, the KL of the step's laws.
    Exact,
    /// `mean_d (μ − μ_ref)²/(2g²)`, as Flow-GRPO's code has it: without the length of the step (`S² = g²Δ`), and the
    /// mean over coordinates.
    #[default]
    WithoutLength,
}

/// The clipped surrogate of a denoising policy with a KL to a reference:
/// `mean[ −min(r·A, clip(r, 1−ε, 1+ε)·A) + β·KL ]`, `r = exp(ℓ_θ − ℓ_old)`, over stored steps (Flow-GRPO, arXiv
/// 2505.05470; unchanged in DenseGRPO, arXiv 2601.20218).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct FlowSurrogate {
    /// `ε`. Published values of 10⁻⁴ and below go with [`Reduce::Mean`] in very many dimensions; in a few, 0.2 with
    /// [`Reduce::Sum`].
    pub clip: f64,
    /// `β`; 0 for none.
    pub beta: f64,
    /// Which KL.
    pub kl: StepKl,
    /// How coordinates are reduced.
    pub reduce: Reduce,
    /// What a log-probability is.
    pub form: Form,
}

impl Default for FlowSurrogate {
    fn default() -> Self {
        Self { clip: 0.2, beta: 0.04, kl: StepKl::default(), reduce: Reduce::Sum, form: Form::Gaussian }
    }
}

/// Stored steps with advantages, as one batch of `M` rows. Steps that were deterministic, or whose spread is below a
/// threshold, are not in it, nor those without an advantage.
#[derive(Debug, Clone)]
pub struct StepBatch {
    x: Tensor<2>,
    next: Tensor<2>,
    prompts: Prompts,
    sigma: PerRow,
    /// `A` and `B` of the kernel, `[M, 1]`.
    from_x: Tensor<2>,
    from_velocity: Tensor<2>,
    std: PerRow,
    length: PerRow,
    old: Tensor<1>,
    advantage: Tensor<1>,
    signal: bool,
    version: Version,
}

/// What an update did, averaged over rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurrogateReport {
    /// The loss.
    pub loss: f64,
    /// Share of rows whose ratio lies outside the clip range.
    pub clipped: f64,
    /// Mean ratio.
    pub ratio: f64,
    /// Mean KL to the reference; 0 without one.
    pub kl: f64,
}

impl StepBatch {
    /// The steps of a roll-out, with their advantages. Steps with `S < least_std` are left out: their ratios would
    /// overflow. `None` if nothing is left.
    pub fn new(
        rollout: &Rollout,
        schedule: &Schedule,
        advantages: &StepCredit,
        least_std: f64,
    ) -> Result<Option<Self>, FlowError> {
        if advantages.steps() != rollout.steps() {
            let what = "steps with an advantage and steps of the roll-out";
            return Err(FlowError::Size { what, expected: rollout.steps(), found: advantages.steps() });
        }
        let prompts = rollout.groups.row_prompts();
        let device = rollout.states[0].device();
        let (mut x, mut next, mut old) = (Vec::new(), Vec::new(), Vec::new());
        let (mut rows, mut columns) = (Vec::new(), [const { Vec::new() }; 6]);
        for (k, log_prob) in rollout.log_probs.iter().enumerate() {
            let step = schedule.step(k);
            let affine = rollout.source.kernel.affine(&step);
            let Some(log_prob) = log_prob else { continue };
            let kept: Vec<usize> =
                (0..prompts.len()).filter(|row| advantages.get(k, *row).is_some()).collect();
            if kept.is_empty() || affine.std < least_std {
                continue;
            }
            let index: Vec<i32> = kept.iter().map(|row| *row as i32).collect();
            let index = Tensor::<1, Int>::from_data(TensorData::new(index, [kept.len()]), &device);
            x.push(rollout.states[k].clone().select(0, index.clone()));
            next.push(rollout.states[k + 1].clone().select(0, index.clone()));
            old.push(log_prob.clone().select(0, index));
            let constants = [step.from, affine.x, affine.v, affine.std, step.length()];
            for row in &kept {
                let advantage = advantages.get(k, *row).unwrap_or_default();
                columns.iter_mut().zip(constants.into_iter().chain([advantage])).for_each(|(c, v)| c.push(v));
            }
            rows.extend(kept);
        }
        if rows.is_empty() {
            return Ok(None);
        }
        let [sigma, a, b, std, length, advantage] = columns;
        let count = rows.len();
        let signal = advantage.iter().any(|a| *a != 0.0);
        Ok(Some(Self {
            x: Tensor::cat(x, 0),
            next: Tensor::cat(next, 0),
            prompts: prompts.select(&rows),
            sigma: PerRow::Rows(sigma),
            from_x: PerRow::Rows(a).column(count, &device),
            from_velocity: PerRow::Rows(b).column(count, &device),
            std: PerRow::Rows(std),
            length: PerRow::Rows(length),
            old: Tensor::cat(old, 0),
            advantage: PerRow::Rows(advantage).vector(count, &device),
            signal,
            version: rollout.source.version,
        }))
    }

    /// Rows, `M`.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.prompts.len()
    }

    /// Whether any advantage differs from 0.
    #[must_use]
    pub const fn has_signal(&self) -> bool {
        self.signal
    }

    /// The version of the velocity that the steps were sampled with.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.version
    }

    /// The velocities of a field at the stored states, `[M, D]`.
    #[must_use]
    pub fn velocities(&self, velocity: &impl Velocity) -> Tensor<2> {
        velocity.velocity(self.x.clone(), &self.sigma, &self.prompts)
    }

    /// The laws that a field gives the stored steps.
    fn law(&self, velocities: Tensor<2>) -> StepLaw {
        let mean = self.x.clone() * self.from_x.clone() + velocities * self.from_velocity.clone();
        StepLaw::Gaussian { mean, std: self.std.clone() }
    }

    /// The KL of each row between the laws of two fields, given their velocities, `[M]`.
    pub(crate) fn kl(
        &self,
        velocities: Tensor<2>,
        reference: Tensor<2>,
        kl: StepKl,
        reduce: Reduce,
    ) -> Tensor<1> {
        let (law, other) = (self.law(velocities), self.law(reference));
        let (reduce, scale) = match kl {
            StepKl::Exact => (reduce, None),
            StepKl::WithoutLength => (Reduce::Mean, Some(&self.length)),
        };
        let rows = self.rows();
        match (law.kl(&other, reduce), scale) {
            (Some(kl), None) => kl,
            (Some(kl), Some(length)) => {
                let length = length.vector(rows, &kl.device());
                kl * length
            }
            (None, _) => unreachable!("stored steps are Gaussian"),
        }
    }
}

impl FlowSurrogate {
    /// Whether the numbers are in range.
    pub fn check(&self) -> Result<(), FlowError> {
        let check = ParameterCheck("flow surrogate");
        check.that(self.clip > 0.0 && self.clip.is_finite(), "clip", self.clip, "a finite number above 0")?;
        Ok(check.not_negative("beta", self.beta)?)
    }

    /// The loss, `[1]`, and what to read of it: loss, clipped share, mean ratio, mean KL, `[4]`.
    ///
    /// `reference` holds the reference's velocities at the stored states, `[M, D]`, without gradients.
    #[must_use]
    pub fn loss(
        &self,
        velocity: &impl Velocity,
        batch: &StepBatch,
        reference: Option<&Tensor<2>>,
    ) -> (Tensor<1>, Tensor<1>) {
        let v = batch.velocities(velocity);
        let law = batch.law(v.clone());
        let Some(log_prob) = law.log_prob(batch.next.clone(), self.reduce, self.form) else {
            unreachable!("stored steps are Gaussian")
        };
        let ratio = (log_prob - batch.old.clone()).exp();
        let advantage = batch.advantage.clone();
        let clamped = ratio.clone().clamp(1.0 - self.clip, 1.0 + self.clip);
        let surrogate = (ratio.clone() * advantage.clone()).min_pair(clamped * advantage).mean().neg();
        let outside = (ratio.clone().inner() - 1.0).abs().greater_elem(self.clip).float().mean();
        let (loss, kl) = match reference {
            None => (surrogate, outside.zeros_like()),
            Some(reference) => {
                let kl = batch.kl(v, reference.clone(), self.kl, self.reduce).mean();
                (surrogate + kl.clone().mul_scalar(self.beta), kl.inner())
            }
        };
        let read = vec![loss.clone().inner(), outside, ratio.inner().mean(), kl];
        (loss, Tensor::cat(read, 0))
    }
}

impl SurrogateReport {
    /// Reads what [`FlowSurrogate::loss`] measured.
    pub fn read(measured: Tensor<1>) -> Result<Self, FlowError> {
        let values: Vec<f64> = host(measured)?.into_iter().map(f64::from).collect();
        match values[..] {
            [loss, clipped, ratio, kl] => Ok(Self { loss, clipped, ratio, kl }),
            _ => Err(FlowError::Size { what: "measurements", expected: 4, found: values.len() }),
        }
    }
}

/// The path KL of each trajectory to a reference, averaged: `1/N Σ_{i,k} KL(p_θ ‖ p_ref)` over the steps in `batch` of
/// `trajectories` trajectories, exact and summed over coordinates.
pub fn path_kl(
    velocity: &impl Velocity,
    reference: &impl Velocity,
    batch: &StepBatch,
    trajectories: usize,
) -> Result<f64, FlowError> {
    let kl = batch.kl(batch.velocities(velocity), batch.velocities(reference), StepKl::Exact, Reduce::Sum);
    let total: f64 = host(kl)?.into_iter().map(f64::from).sum();
    Ok(total / trajectories as f64)
}
