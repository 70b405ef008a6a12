//! TD3 with behaviour cloning.

use serde::{Deserialize, Serialize};

use crate::{ObjectiveError, check};

/// The actor's loss: `L = −λ (1/n) Σ_i Q_i + (1/(n A)) Σ_{i,j} (π_{i,j} − a_{i,j})²`, `λ = α/mean∣Q∣` held
/// constant.
///
/// The second mean is over transitions *and* action dimensions, as in the authors' code and d3rlpy. Scaling all
/// values by a positive number changes nothing. Source: TD3+BC, arXiv 2106.06860.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Td3Bc {
    /// `α ≥ 0` (usual: 2.5); 0 is behaviour cloning.
    pub alpha: f64,
}

/// The parts of the actor's loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Td3BcReport {
    /// What was minimised.
    pub loss: f64,
    /// The cloning part.
    pub cloning: f64,
    /// `λ`.
    pub scale: f64,
}

impl Td3Bc {
    /// The loss, with `value_gradient = dL/dQ` (`[n]`, to be carried on through the critic) and
    /// `action_gradient`, the derivative of the cloning part by the policy's action (`[n, A]`).
    ///
    /// `values` is `[n]`: the first critic at the policy's action. `policy_actions` and `data_actions` are
    /// `[n, A]`.
    ///
    /// # Errors
    /// No transition, slices that do not fit, a number that is not finite, `α < 0`, values that are all 0.
    pub fn evaluate(
        &self,
        values: &[f64],
        policy_actions: &[f64],
        data_actions: &[f64],
        value_gradient: &mut [f64],
        action_gradient: &mut [f64],
    ) -> Result<Td3BcReport, ObjectiveError> {
        check::non_negative("alpha", self.alpha)?;
        check::non_empty("values", values)?;
        check::non_empty("policy_actions", policy_actions)?;
        check::finite("values", values)?;
        let (n, entries) = (values.len(), policy_actions.len());
        check::finite_len("policy_actions", entries.next_multiple_of(n), policy_actions)?;
        check::finite_len("data_actions", entries, data_actions)?;
        check::len("value_gradient", n, value_gradient.len())?;
        check::len("action_gradient", entries, action_gradient.len())?;
        let magnitude = values.iter().map(|q| q.abs()).sum::<f64>() / n as f64;
        check::positive("mean |Q|", magnitude)?;
        let scale = self.alpha / magnitude;

        value_gradient.fill(-scale / n as f64);
        let mut cloning = 0.0;
        for ((slot, policy), data) in action_gradient.iter_mut().zip(policy_actions).zip(data_actions) {
            let error = policy - data;
            cloning += error * error / entries as f64;
            *slot = 2.0 * error / entries as f64;
        }
        let loss = cloning - scale * values.iter().sum::<f64>() / n as f64;
        Ok(Td3BcReport { loss, cloning, scale })
    }
}

/// Target policy smoothing: `a' = clip(μ' + clip(σ ε, ±c), ±1)`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct TargetSmoothing {
    /// `σ` (usual: 0.2).
    pub sigma: f64,
    /// `c` (usual: 0.5).
    pub clip: f64,
}

impl TargetSmoothing {
    /// The smoothed actions, from standard normal draws.
    ///
    /// # Errors
    /// Unequal slices, a number that is not finite, a negative parameter.
    pub fn actions(&self, means: &[f64], noise: &[f64]) -> Result<Vec<f64>, ObjectiveError> {
        check::non_negative("sigma", self.sigma)?;
        check::non_negative("clip", self.clip)?;
        check::finite("means", means)?;
        check::finite_len("noise", means.len(), noise)?;
        let smooth = |(mean, draw): (&f64, &f64)| {
            (mean + (self.sigma * draw).clamp(-self.clip, self.clip)).clamp(-1.0, 1.0)
        };
        Ok(means.iter().zip(noise).map(smooth).collect())
    }
}
