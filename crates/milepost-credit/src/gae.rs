//! Generalised advantage estimation.

use crate::{CreditError, check};

/// Generalised advantage estimation: `Â_t = δ_t + γλ Â_{t+1}`, `δ_t = r_t + γ V_{t+1} − V_t`.
///
/// Source: Schulman et al. 2015, arXiv 1506.02438. Identities: `λ = 1` gives the Monte-Carlo return minus the
/// value, `λ = 0` the one-step temporal difference. Known failure: an error of the critic becomes a bias that
/// shrinks with `λ` while the variance grows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gae {
    /// Discount, in `[0, 1]`.
    pub gamma: f64,
    /// Trace decay, in `[0, 1]`.
    pub lambda: f64,
}

/// What follows a step of a rollout that holds parts of several episodes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum StepEnd {
    /// The next entry is the next step of the same episode.
    Continues,
    /// The episode ended here; nothing follows.
    Terminated,
    /// The episode was cut here by a budget; the value of the state that it would have gone on from.
    Truncated(f64),
}

impl Gae {
    /// Advantages and returns (`Â + V`) of one episode or fragment.
    ///
    /// All slices have length `T`; `bootstrap` is the value after the last step: 0 if the episode terminated,
    /// the value of the next state if it was cut.
    ///
    /// # Errors
    /// Empty or unequal slices, a number that is not finite, `γ` or `λ` outside `[0, 1]`.
    pub fn assign(
        &self,
        rewards: &[f64],
        values: &[f64],
        bootstrap: f64,
        advantages: &mut [f64],
        returns: &mut [f64],
    ) -> Result<(), CreditError> {
        self.check(rewards, values, bootstrap, advantages, returns)?;
        let decay = self.gamma * self.lambda;
        let mut next_value = bootstrap;
        let mut carry = 0.0;
        let mut finite = true;
        let outputs = advantages.iter_mut().zip(returns.iter_mut());
        for ((reward, value), (advantage, target)) in rewards.iter().zip(values).zip(outputs).rev() {
            carry = (reward + self.gamma * next_value - value) + decay * carry;
            *advantage = carry;
            *target = carry + value;
            finite &= carry.is_finite() & target.is_finite();
            next_value = *value;
        }
        if finite { Ok(()) } else { representable(advantages, returns) }
    }

    /// [`Gae::assign`] on a token sequence of which the policy produced only some positions.
    ///
    /// Positions with `mask = false` are skipped: they neither decay nor bootstrap, a reward on them is lost,
    /// and both outputs are 0 there. `bootstrap` is the value after the last policy position.
    ///
    /// # Errors
    /// As [`Gae::assign`].
    pub fn assign_masked(
        &self,
        rewards: &[f64],
        values: &[f64],
        mask: &[bool],
        bootstrap: f64,
        advantages: &mut [f64],
        returns: &mut [f64],
    ) -> Result<(), CreditError> {
        self.check(rewards, values, bootstrap, advantages, returns)?;
        check::len("mask", rewards.len(), mask.len())?;
        let decay = self.gamma * self.lambda;
        let mut next_value = bootstrap;
        let mut carry = 0.0;
        let mut finite = true;
        let inputs = rewards.iter().zip(values).zip(mask);
        let outputs = advantages.iter_mut().zip(returns.iter_mut());
        for (((reward, value), &policy), (advantage, target)) in inputs.zip(outputs).rev() {
            if policy {
                carry = (reward + self.gamma * next_value - value) + decay * carry;
                *advantage = carry;
                *target = carry + value;
                finite &= carry.is_finite() & target.is_finite();
                next_value = *value;
            } else {
                *advantage = 0.0;
                *target = 0.0;
            }
        }
        if finite { Ok(()) } else { representable(advantages, returns) }
    }

    /// [`Gae::assign`] on a rollout of fixed length that holds parts of several episodes.
    ///
    /// `ends[t]` says what follows step `t`. An end cuts both the bootstrap and the trace; a truncation
    /// bootstraps from the value that it carries. `bootstrap` is the value after the last step and is used only
    /// if that step [continues](StepEnd::Continues).
    ///
    /// # Errors
    /// As [`Gae::assign`], and a truncation whose value is not finite.
    pub fn assign_rollout(
        &self,
        rewards: &[f64],
        values: &[f64],
        ends: &[StepEnd],
        bootstrap: f64,
        advantages: &mut [f64],
        returns: &mut [f64],
    ) -> Result<(), CreditError> {
        self.check(rewards, values, bootstrap, advantages, returns)?;
        check::len("ends", rewards.len(), ends.len())?;
        let decay = self.gamma * self.lambda;
        let mut next_value = bootstrap;
        let (mut carry, mut finite) = (0.0, true);
        for step in (0..rewards.len()).rev() {
            match ends[step] {
                StepEnd::Continues => {}
                StepEnd::Terminated => (next_value, carry) = (0.0, 0.0),
                StepEnd::Truncated(value) if value.is_finite() => (next_value, carry) = (value, 0.0),
                StepEnd::Truncated(value) => {
                    return Err(CreditError::NotFinite { what: "ends", index: step, value });
                }
            }
            carry = (rewards[step] + self.gamma * next_value - values[step]) + decay * carry;
            advantages[step] = carry;
            returns[step] = carry + values[step];
            finite &= carry.is_finite() & returns[step].is_finite();
            next_value = values[step];
        }
        if finite { Ok(()) } else { representable(advantages, returns) }
    }

    fn check(
        &self,
        rewards: &[f64],
        values: &[f64],
        bootstrap: f64,
        advantages: &[f64],
        returns: &[f64],
    ) -> Result<(), CreditError> {
        check::non_empty("rewards", rewards)?;
        check::len("values", rewards.len(), values.len())?;
        check::len("advantages", rewards.len(), advantages.len())?;
        check::len("returns", rewards.len(), returns.len())?;
        check::unit_interval("gamma", self.gamma)?;
        check::unit_interval("lambda", self.lambda)?;
        check::finite_scalar("bootstrap", bootstrap)?;
        check::finite("rewards", rewards)?;
        check::finite("values", values)
    }
}

/// Both outputs are finite. The loops above tell on the way, which costs them nothing: they wait for `carry`.
pub(crate) fn representable(advantages: &[f64], returns: &[f64]) -> Result<(), CreditError> {
    check::representable("advantages", advantages)?;
    check::representable("returns", returns)
}
