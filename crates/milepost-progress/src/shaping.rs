//! The three forms in which a potential is paid, and why only one of them is safe.
//!
//! With `γ` the learner's discount, a step from `s` to `s'` earns
//!
//! | form | reward | what the learner then maximises |
//! |---|---|---|
//! | level | `Φ(s')` | time spent where Φ is high: an agent gains by waiting there |
//! | delta | `Φ(s') − Φ(s)` | for `γ < 1` the same: `Σ γᵗ (Φₜ₊₁ − Φₜ) = −Φ₀ + (1−γ) Σ γᵏ⁻¹ Φₖ` |
//! | shaped | `γ Φ(s') − Φ(s)` | what it maximised before (Ng, Harada and Russell, ICML 1999) |
//!
//! The first two exist to be compared with the third. The sum over an episode of the shaped form telescopes,
//! `Σ γᵗ Fₜ = γᵀ Φ(s_T) − Φ(s₀)`, so it leaves the best policies as they are only if the learner's value of
//! what follows `s_T` carries the same Φ: where it bootstraps (truncated, finished, cut), Φ(s_T) stays; where
//! nothing follows, Φ must be 0. A kept terminal potential is a terminal bonus `γᵀ Φ(s_T)`, harmless at
//! goals of equal Φ and dangerous at failures of high Φ.

use milepost_core::Ending;
use serde::{Deserialize, Serialize};

use crate::EndKind;

/// How a potential becomes a reward. With `γ` the learner's discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `Φ(s')`: pays for waiting where Φ is high.
    Level,
    /// `Φ(s') − Φ(s)`: for `γ < 1` the same, `Σ γᵗ (Φₜ₊₁ − Φₜ) = −Φ₀ + (1−γ) Σ γᵏ⁻¹ Φₖ`.
    Delta,
    /// `γ Φ(s') − Φ(s)`: leaves the best policies as they are (Ng, Harada and Russell, ICML 1999).
    Shaped,
}

/// What the potential of a final state is where the learner does not bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalPotential {
    /// 0, as policy invariance needs.
    #[default]
    Zero,
    /// Φ of the final state, which turns it into a terminal bonus. Papers on progress models mean this.
    Keep,
}

/// A potential's form: the arithmetic, without trajectories.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shaping {
    /// The form.
    pub form: Form,
    /// The learner's discount; only [`Form::Shaped`] reads it.
    pub gamma: f64,
    /// The terminal convention; only [`Form::Shaped`] reads it.
    pub terminal: TerminalPotential,
}

impl Shaping {
    /// The reward of one step between states of these potentials. NaN is unknown, and so is what reads it.
    #[must_use]
    pub fn step(&self, before: f64, after: f64, end: EndKind) -> Option<f64> {
        let reward = match self.form {
            Form::Level => after,
            Form::Delta => after - before,
            Form::Shaped if !end.bootstraps() && self.terminal == TerminalPotential::Zero => -before,
            Form::Shaped => self.gamma * after - before,
        };
        Some(reward).filter(|reward| !reward.is_nan())
    }

    /// The reward of each step `[T]` from the potential of each state `[T + 1]`.
    ///
    /// A NaN potential is unknown, and so is every reward that reads it: `None`.
    #[must_use]
    pub fn rewards(&self, potential: &[f64], ending: Ending) -> Vec<Option<f64>> {
        let steps = potential.len().saturating_sub(1);
        let end = |t: usize| if t + 1 == steps { EndKind::from(Some(ending)) } else { EndKind::Running };
        (0..steps).map(|t| self.step(potential[t], potential[t + 1], end(t))).collect()
    }
}

#[cfg(test)]
mod tests {
    use milepost_core::{Budget, CutReason, Outcome};
    use proptest::prelude::*;

    use super::TerminalPotential::{Keep, Zero};
    use super::*;

    const FAILED: Ending = Ending::Terminated(Outcome::Failure);

    fn shaped(gamma: f64, terminal: TerminalPotential) -> Shaping {
        Shaping { form: Form::Shaped, gamma, terminal }
    }

    fn discounted(rewards: &[Option<f64>], gamma: f64) -> f64 {
        rewards.iter().rev().fold(0.0, |sum, reward| reward.expect("known") + gamma * sum)
    }

    #[test]
    fn each_form_is_its_formula() {
        let of = |form, terminal, end| {
            let shaping = Shaping { form, gamma: 0.5, terminal };
            shaping.step(0.5, 0.25, end).expect("known")
        };
        let failed = EndKind::Terminated(Outcome::Failure);
        assert_eq!([of(Form::Level, Zero, failed), of(Form::Delta, Zero, failed)], [0.25, -0.25]);
        assert_eq!([of(Form::Shaped, Zero, failed), of(Form::Shaped, Keep, failed)], [-0.5, -0.375]);
        for going_on in [EndKind::Running, EndKind::Truncated(Budget::Steps), EndKind::Finished, EndKind::Cut]
        {
            assert_eq!(of(Form::Shaped, Zero, going_on), -0.375, "{going_on:?}");
        }
        assert_eq!(of(Form::Shaped, Zero, EndKind::Malformed), -0.5);
        assert_eq!(shaped(0.5, Zero).step(f64::NAN, 1.0, EndKind::Running), None);
        // Where nothing follows, the last potential is not even read.
        assert_eq!(shaped(0.5, Zero).step(0.5, f64::NAN, failed), Some(-0.5));
    }

    proptest! {
        #[test]
        fn shaping_telescopes(phi in prop::collection::vec(0.0..1.0f64, 2..40), gamma in 0.0..=1.0f64) {
            let last = phi.len() - 1;
            for (terminal, ending, kept) in [
                (Zero, FAILED, 0.0),
                (Keep, FAILED, 1.0),
                (Zero, Ending::Cut(CutReason::SegmentFull), 1.0),
                (Zero, Ending::Truncated(Budget::Steps), 1.0),
            ] {
                let sum = discounted(&shaped(gamma, terminal).rewards(&phi, ending), gamma);
                let expected = gamma.powi(last as i32) * phi[last] * kept - phi[0];
                prop_assert!((sum - expected).abs() < 1e-12, "{sum} {expected}");
            }
        }

        #[test]
        fn a_kept_terminal_potential_is_exactly_a_terminal_bonus(
            phi in prop::collection::vec(0.0..1.0f64, 2..40), gamma in 0.0..=1.0f64,
        ) {
            let last = phi.len() - 1;
            let sum = |terminal| discounted(&shaped(gamma, terminal).rewards(&phi, FAILED), gamma);
            prop_assert!((sum(Keep) - sum(Zero) - gamma.powi(last as i32) * phi[last]).abs() < 1e-12);
        }

        #[test]
        fn the_delta_form_pays_for_waiting_high(
            phi in prop::collection::vec(0.0..1.0f64, 2..40), gamma in 0.0..=1.0f64,
        ) {
            // Finite: −Φ₀ + (1−γ) Σ_{k<T} γᵏ⁻¹ Φₖ + γᵀ⁻¹ Φ_T.
            let last = phi.len() - 1;
            let delta = Shaping { form: Form::Delta, ..shaped(gamma, Zero) };
            let sum = discounted(&delta.rewards(&phi, FAILED), gamma);
            let waiting: f64 = (1..last).map(|k| gamma.powi(k as i32 - 1) * phi[k]).sum();
            let expected = -phi[0] + (1.0 - gamma) * waiting + gamma.powi(last as i32 - 1) * phi[last];
            prop_assert!((sum - expected).abs() < 1e-12, "{sum} {expected}");
        }

        #[test]
        fn for_ever_the_delta_form_is_worth_the_discounted_level(
            phi in prop::collection::vec(0.0..1.0f64, 2..20), gamma in 0.0..0.95f64,
        ) {
            // The last potential is held for ever, so its steps pay nothing and the sum ends.
            let last = phi.len() - 1;
            let delta = Shaping { form: Form::Delta, ..shaped(gamma, Zero) };
            let sum = discounted(&delta.rewards(&phi, Ending::Cut(CutReason::SegmentFull)), gamma);
            let seen: f64 = (1..last).map(|k| gamma.powi(k as i32 - 1) * phi[k]).sum();
            let held = gamma.powi(last as i32 - 1) * phi[last] / (1.0 - gamma);
            let expected = -phi[0] + (1.0 - gamma) * (seen + held);
            prop_assert!((sum - expected).abs() < 1e-12, "{sum} {expected}");
        }

        #[test]
        fn fragments_of_a_cut_episode_earn_what_the_whole_one_earns(
            phi in prop::collection::vec(0.0..1.0f64, 3..40),
            at in 1usize..38,
            gamma in 0.0..=1.0f64,
            form in prop::sample::select(vec![Form::Level, Form::Delta, Form::Shaped]),
        ) {
            let at = at.min(phi.len() - 2);
            let shaping = Shaping { form, gamma, terminal: Zero };
            let whole = shaping.rewards(&phi, FAILED);
            let mut parts = shaping.rewards(&phi[..=at], Ending::Cut(CutReason::SegmentFull));
            parts.extend(shaping.rewards(&phi[at..], FAILED));
            prop_assert_eq!(whole, parts);
        }
    }
}
