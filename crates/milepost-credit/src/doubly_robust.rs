//! A mixture of the one-step and the Monte-Carlo advantage.

use crate::{CreditError, check};

/// `A_t = λ [r'_t + γ V_{t+1} − V_t] + (1 − λ) [G_t − V_t]`: the temporal difference of a shaped reward `r'`
/// mixed with the Monte-Carlo return `G` of the task reward.
///
/// Source: MiRA, arXiv 2603.19685. Identities: `λ = 0` is Monte Carlo, `λ = 1` without shaping is TD(0).
/// Known failure: unlike GAE the two parts may disagree about the reward, so a shaping that is not a potential
/// difference biases the credit in proportion to `λ`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoublyRobust {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Weight of the temporal difference, in `[0, 1]`.
    pub lambda: f64,
}

impl DoublyRobust {
    /// Advantages of one trajectory. All slices have length `T`; `bootstrap` is the value after the last step
    /// and enters both parts.
    ///
    /// # Errors
    /// Empty or unequal slices, a number that is not finite, a parameter outside `[0, 1]`.
    pub fn assign(
        &self,
        shaped_rewards: &[f64],
        task_rewards: &[f64],
        values: &[f64],
        bootstrap: f64,
        out: &mut [f64],
    ) -> Result<(), CreditError> {
        check::non_empty("task_rewards", task_rewards)?;
        check::len("shaped_rewards", task_rewards.len(), shaped_rewards.len())?;
        check::len("values", task_rewards.len(), values.len())?;
        check::len("out", task_rewards.len(), out.len())?;
        check::unit_interval("gamma", self.gamma)?;
        check::unit_interval("lambda", self.lambda)?;
        check::finite_scalar("bootstrap", bootstrap)?;
        check::finite("shaped_rewards", shaped_rewards)?;
        check::finite("task_rewards", task_rewards)?;
        check::finite("values", values)?;
        let (mut next_value, mut monte_carlo) = (bootstrap, bootstrap);
        for step in (0..task_rewards.len()).rev() {
            monte_carlo = task_rewards[step] + self.gamma * monte_carlo;
            let one_step = shaped_rewards[step] + self.gamma * next_value;
            out[step] = self.lambda * one_step + (1.0 - self.lambda) * monte_carlo - values[step];
            next_value = values[step];
        }
        check::representable("out", out)
    }
}
