use burn::tensor::Tensor;
use milepost_core::{Cost, CostLedger, Version};

use crate::{
    FlowError, Form, Groups, Kernel, NoiseSource, Prompts, Reduce, Schedule, Step, StepKernel, StepLaw,
    Velocity, rows::host_rows,
};

/// Moves the mean of a step while sampling. It changes the *behaviour* alone; the policy that is trained is
/// unguided, and its log-probabilities are another thing than those of the guided law.
pub trait DriftHook {
    /// What is added to the mean of a step that draws noise. `[N, D] → [N, D]`.
    fn shift(&self, x: Tensor<2>, step: &Step, prompts: &Prompts) -> Tensor<2>;
}

/// Which law gave a log-probability. Ratios are only taken between laws that a reader can name.
#[derive(Debug, Clone, PartialEq)]
pub struct LawSource {
    /// The kernel.
    pub kernel: Kernel,
    /// The version of the velocity.
    pub version: Version,
    /// Whether a [`DriftHook`] moved the mean.
    pub guided: bool,
}

/// What samples are drawn from: a policy's kernel, perhaps guided.
#[derive(Clone, Copy)]
pub struct Behaviour<'a> {
    /// The kernel.
    pub kernel: &'a Kernel,
    /// The noise levels.
    pub schedule: &'a Schedule,
    /// The guide, if there is one.
    pub hook: Option<&'a dyn DriftHook>,
    /// How log-probabilities are reduced over coordinates.
    pub reduce: Reduce,
    /// What a log-probability is.
    pub form: Form,
}

/// Sampled trajectories from noise to data. Step `k` of `T` leads from `states[k]` to `states[k + 1]`.
#[derive(Debug, Clone)]
pub struct Rollout {
    /// `x_0 … x_T` in the order of sampling, `T + 1` times `[N, D]`.
    pub states: Vec<Tensor<2>>,
    /// `ℓ(x_{k+1} | x_k)` under the law that the step was drawn from, `[N]`; `None` where it was deterministic.
    pub log_probs: Vec<Option<Tensor<1>>>,
    /// The law of every log-probability.
    pub source: LawSource,
    /// Who belongs together.
    pub groups: Groups,
    /// Which initial noise each sample had.
    pub noise_ids: Vec<u64>,
}

impl Rollout {
    /// Number of steps, `T`.
    #[must_use]
    pub fn steps(&self) -> usize {
        self.log_probs.len()
    }

    /// The samples, on the host: `N` rows of `D` coordinates.
    pub fn samples(&self) -> Result<Vec<Vec<f64>>, FlowError> {
        self.states_at(self.steps())
    }

    /// The states before step `k`, on the host.
    pub fn states_at(&self, k: usize) -> Result<Vec<Vec<f64>>, FlowError> {
        host_rows(self.states[k].clone())
    }
}

impl Behaviour<'_> {
    /// The law of a step, guided if there is a guide. `[N, D] → [N, D]`.
    fn law(&self, x: &Tensor<2>, velocity: Tensor<2>, step: &Step, prompts: &Prompts) -> StepLaw {
        match (self.kernel.law(x.clone(), velocity, step), self.hook) {
            (StepLaw::Gaussian { mean, std }, Some(hook)) => {
                StepLaw::Gaussian { mean: mean + hook.shift(x.clone(), step, prompts), std }
            }
            (law, _) => law,
        }
    }

    /// Draws a trajectory from each row of `start`, `[N, D]`, whose noise ids are `noise_ids`. The step noise is
    /// `noise`'s; give a network without gradients.
    ///
    /// # Errors
    /// Sizes that do not fit, a budget that is exhausted, or a sample that is not finite: it is named, not clamped.
    #[allow(clippy::too_many_arguments, reason = "each is a different thing that a roll-out depends on")]
    pub fn rollout(
        &self,
        velocity: &dyn Velocity,
        version: Version,
        start: Tensor<2>,
        noise_ids: Vec<u64>,
        groups: &Groups,
        noise: &NoiseSource,
        ledger: &mut CostLedger,
    ) -> Result<Rollout, FlowError> {
        self.kernel.check(self.schedule)?;
        let [rows, dimension] = start.dims();
        let prompts = groups.row_prompts();
        for (what, found) in
            [("samples and rows of the groups", rows), ("noise ids and rows", noise_ids.len())]
        {
            if found != groups.rows() {
                return Err(FlowError::Size { what, expected: groups.rows(), found });
            }
        }
        velocity.check(dimension, &prompts)?;
        let device = start.device();
        let (mut states, mut log_probs) = (vec![start], Vec::new());
        for step in self.schedule.iter() {
            ledger.spend(Cost::NetworkCalls, rows as u64 * velocity.calls())?;
            let x = states[step.index].clone();
            let v = velocity.velocity(x.clone(), &crate::PerRow::All(step.from), &prompts);
            let law = self.law(&x, v, &step, &prompts);
            let next = match &law {
                StepLaw::Gaussian { .. } => law.sample(noise.step(step.index, rows, dimension, &device)),
                StepLaw::Deterministic { next } => next.clone(),
            };
            log_probs.push(law.log_prob(next.clone(), self.reduce, self.form));
            states.push(next);
        }
        let source = LawSource { kernel: self.kernel.clone(), version, guided: self.hook.is_some() };
        let rollout = Rollout { states, log_probs, source, groups: groups.clone(), noise_ids };
        finite(&rollout)?;
        Ok(rollout)
    }
}

/// Names the first state that is not finite. What is not finite stays so, hence the last states are looked at first.
fn finite(rollout: &Rollout) -> Result<(), FlowError> {
    let bad = |k: usize| -> Result<Option<usize>, FlowError> {
        Ok(rollout.states_at(k)?.iter().position(|x| x.iter().any(|c| !c.is_finite())))
    };
    if bad(rollout.steps())?.is_none() {
        return Ok(());
    }
    for step in 0..rollout.steps() {
        if let Some(row) = bad(step + 1)? {
            return Err(FlowError::NonFinite { row, step });
        }
    }
    Ok(())
}

/// Finishes each row with the deterministic sampler: Euler steps down `levels`, which end at 0. Draws no randomness,
/// so it is a pure function of its arguments. `[N, D] → [N, D]`.
pub fn complete(
    velocity: &dyn Velocity,
    levels: &[f64],
    x: Tensor<2>,
    prompts: &Prompts,
    ledger: &mut CostLedger,
) -> Result<Tensor<2>, FlowError> {
    let rows = x.dims()[0] as u64;
    levels.windows(2).try_fold(x, |x, pair| {
        ledger.spend(Cost::NetworkCalls, rows * velocity.calls())?;
        let v = velocity.velocity(x.clone(), &crate::PerRow::All(pair[0]), prompts);
        // The arithmetic of the deterministic kernel, so that a completion on the sampler's grid takes its steps bit
        // for bit.
        let step = Step { index: 0, from: pair[0], to: pair[1], place: crate::Place::Last };
        Ok(match Kernel::Ode.law(x, v, &step) {
            StepLaw::Gaussian { mean: next, .. } | StepLaw::Deterministic { next } => next,
        })
    })
}
