use std::f64::consts::FRAC_PI_2;

use burn::tensor::Tensor;
use milepost_core::ParameterCheck;
use serde::{Deserialize, Serialize};

use crate::{FlowError, PerRow, Place, Schedule, Step, StepLaw};

/// How a velocity becomes the law of a step.
pub trait StepKernel {
    /// The law of `x_{σ_{k+1}}` given `x_{σ_k}` and the velocity there. `[N, D], [N, D]`.
    fn law(&self, x: Tensor<2>, velocity: Tensor<2>, step: &Step) -> StepLaw;
}

/// A step as an affine function: `x' = x·A + v·B + S·z`, `z ~ N(0, I)`. Every kernel below is one, so the
/// sensitivity of its mean to the velocity is `B`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Affine {
    /// `A`.
    pub x: f64,
    /// `B = ∂μ/∂v`.
    pub v: f64,
    /// `S`; 0 for a deterministic step.
    pub std: f64,
}

/// The kernels of the field. Below, `σ, σ'` are the levels left and arrived at, `dσ = σ' − σ`, `Δ = −dσ`.
///
/// | kernel | mean | `S` | source |
/// |---|---|---|---|
/// | `ode` | `x + v·dσ` | 0 | Euler |
/// | `flow-sde` | `x(1 + g²dσ/(2σ)) + v·dσ(1 + g²(1−σ)/(2σ))`, `g = a√(σ/(1−σ))` | `g√Δ` | Flow-GRPO, arXiv 2505.05470 |
/// | `dance-sde` | the same with `g = η` | `η√Δ` | DanceGRPO, arXiv 2505.07818 |
/// | `table-sde` | the same with `g = ψ_k` | `ψ_k√Δ` | DenseGRPO, arXiv 2601.20218 |
/// | `cps` | `(1−σ')x̂₀ + √(σ'² − τ²)·ε̂` | `τ = σ' sin(aπ/2)` | coefficient-preserving sampling |
///
/// The `sde` drift is `v − ½g²·s` with the score `s = −(x + (1−σ)v)/σ`, so the marginal law is kept as `Δ → 0`.
/// `cps` keeps the *coefficient* of the noise at `σ'`, not the law: with fixed `a` it under-disperses however small
/// the steps.
///
/// The ends: the last step is deterministic in every kernel; at `σ = 1` Flow-GRPO's `g` divides by `1 − σ_1`
/// instead of 0, as its code does.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Kernel {
    /// Deterministic Euler steps.
    #[default]
    Ode,
    /// Flow-GRPO's noise.
    FlowSde {
        /// Scale; 0.7 in the paper.
        a: f64,
    },
    /// DanceGRPO's constant noise.
    DanceSde {
        /// Diffusion coefficient; 0.25 to 0.3 in the paper.
        eta: f64,
    },
    /// Coefficient-preserving sampling.
    Cps {
        /// Share of the noise that is drawn anew, as an angle: `τ = σ' sin(aπ/2)`; from 0 to 1.
        a: f64,
    },
    /// A diffusion coefficient for each step but the last.
    TableSde {
        /// `ψ_0 … ψ_{T−2}`; 0 makes a step deterministic.
        psi: Vec<f64>,
    },
}

impl Kernel {
    /// Flow-GRPO's diffusion coefficients on a schedule, `[T − 1]`: where DenseGRPO's calibration starts.
    #[must_use]
    pub fn flow_table(a: f64, schedule: &Schedule) -> Vec<f64> {
        schedule.iter().filter(|step| step.place != Place::Last).map(|step| flow_noise(a, &step)).collect()
    }

    /// Whether the numbers are in range and fit the schedule.
    pub fn check(&self, schedule: &Schedule) -> Result<(), FlowError> {
        let check = ParameterCheck("flow kernel");
        match self {
            Self::Ode => {}
            Self::FlowSde { a } => {
                check.not_negative("a", *a)?;
                let steps = schedule.steps();
                check.that(
                    steps >= 2,
                    "steps",
                    steps,
                    "at least 2: the noise at σ = 1 is taken from the next level",
                )?;
            }
            Self::DanceSde { eta } => check.not_negative("eta", *eta)?,
            Self::Cps { a } => check.probability("a", *a)?,
            Self::TableSde { psi } => {
                psi.iter().try_for_each(|value| check.not_negative("psi", *value))?;
                let wanted = schedule.steps() - 1;
                check.that(
                    psi.len() == wanted,
                    "psi",
                    psi.len(),
                    format!("{wanted} values, one for each step but the last"),
                )?;
            }
        }
        Ok(())
    }

    /// The step as an affine function.
    ///
    /// # Panics
    /// If a table is shorter than the schedule; see [`Kernel::check`].
    #[must_use]
    pub fn affine(&self, step: &Step) -> Affine {
        if step.place == Place::Last {
            return euler(step);
        }
        match self {
            Self::Ode => euler(step),
            Self::FlowSde { a } => sde(flow_noise(*a, step), step),
            Self::DanceSde { eta } => sde(*eta, step),
            Self::TableSde { psi } => sde(psi[step.index], step),
            Self::Cps { a } => cps(*a, step),
        }
    }
}

fn euler(step: &Step) -> Affine {
    Affine { x: 1.0, v: step.signed(), std: 0.0 }
}

/// `a √(σ/(1−σ))`, at `σ = 1` with the next level in the denominator.
fn flow_noise(a: f64, step: &Step) -> f64 {
    let denominator = match step.place {
        Place::First => 1.0 - step.to,
        Place::Inner | Place::Last => 1.0 - step.from,
    };
    a * (step.from / denominator).sqrt()
}

fn sde(g: f64, step: &Step) -> Affine {
    let (sigma, d) = (step.from, step.signed());
    let half = g * g / (2.0 * sigma);
    Affine { x: 1.0 + half * d, v: d * (1.0 + half * (1.0 - sigma)), std: g * step.length().sqrt() }
}

/// With `x̂₀ = x − σv` and `ε̂ = x + (1−σ)v`.
fn cps(a: f64, step: &Step) -> Affine {
    let (sigma, to) = (step.from, step.to);
    let kept = to * libm::cos(a * FRAC_PI_2);
    let clean = 1.0 - to;
    Affine { x: clean + kept, v: kept * (1.0 - sigma) - clean * sigma, std: to * libm::sin(a * FRAC_PI_2) }
}

impl StepKernel for Kernel {
    fn law(&self, x: Tensor<2>, velocity: Tensor<2>, step: &Step) -> StepLaw {
        let Affine { x: a, v: b, std } = self.affine(step);
        let mean = x.mul_scalar(a) + velocity.mul_scalar(b);
        if std > 0.0 {
            StepLaw::Gaussian { mean, std: PerRow::All(std) }
        } else {
            StepLaw::Deterministic { next: mean }
        }
    }
}

#[cfg(test)]
mod tests;
