//! Rewards from a potential Φ of states, and why only one of the three forms is safe.
//!
//! With `gamma` the learner's discount, a step from `s` to `s'` earns
//!
//! | form | reward | what the learner then maximises |
//! |---|---|---|
//! | level | `Φ(s')` | time spent where Φ is high: an agent gains by waiting there |
//! | delta | `Φ(s') − Φ(s)` | for `γ < 1` the same: `Σ γᵗ (Φₜ₊₁ − Φₜ) = −Φ₀ + (1−γ) Σ γᵏ⁻¹ Φₖ` |
//! | shaped | `γ Φ(s') − Φ(s)` | what it maximised before (Ng, Harada and Russell, ICML 1999) |
//!
//! The first two exist to be compared with the third. The sum over an episode of the shaped form
//! telescopes, `Σ γᵗ Fₜ = γᵀ Φ(s_T) − Φ(s₀)`, so it leaves the best policies as they are only if the
//! learner's value of what follows `s_T` carries the same Φ: where it bootstraps (truncated, cut), Φ(s_T)
//! stays; where nothing follows, Φ must be 0. A kept terminal potential is a terminal bonus
//! `γᵀ Φ(s_T)`, harmless at goals of equal Φ and dangerous at failures of high Φ.

use milepost_core::{Batch, Channel, Ending, Level, Trajectory};
use serde::{Deserialize, Serialize};

use crate::{ScoreError, ScoreReport, Scorer};

/// How a potential becomes a reward. See the [module](self).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `Φ(s')`.
    Level,
    /// `Φ(s') − Φ(s)`.
    Delta,
    /// `γ Φ(s') − Φ(s)`.
    Shaped,
}

/// What the potential of a final state is where the learner does not bootstrap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TerminalPotential {
    /// 0, as policy invariance needs.
    #[default]
    Zero,
    /// Φ of the final state, which turns it into a terminal bonus.
    Keep,
}

/// A potential and its form: the arithmetic, without trajectories.
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
    /// The reward of each step `[T]` from the potential of each state `[T + 1]`.
    ///
    /// A NaN potential is unknown, and so is every reward that reads it: `None`.
    #[must_use]
    pub fn rewards(&self, potential: &[f64], ending: Ending) -> Vec<Option<f64>> {
        let steps = potential.len().saturating_sub(1);
        let nothing_follows = !ending.bootstraps() && self.terminal == TerminalPotential::Zero;
        let reward = |t: usize| match self.form {
            Form::Level => potential[t + 1],
            Form::Delta => potential[t + 1] - potential[t],
            Form::Shaped if t + 1 == steps && nothing_follows => -potential[t],
            Form::Shaped => self.gamma * potential[t + 1] - potential[t],
        };
        (0..steps).map(|t| Some(reward(t)).filter(|r| !r.is_nan())).collect()
    }
}

/// A potential that was recorded while sampling, as a turn-level channel `[T]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Potential {
    channel: String,
    record: String,
    shaping: Shaping,
    scale: f64,
}

impl Potential {
    /// Writes `scale` times the form of `record` to `channel`.
    pub fn new(
        channel: impl Into<String>,
        record: impl Into<String>,
        shaping: Shaping,
        scale: f64,
    ) -> Result<Self, ScoreError> {
        let channel = channel.into();
        check_shaping(&channel, shaping)?;
        if !scale.is_finite() {
            return Err(ScoreError::setting(&channel, "scale", scale, "finite"));
        }
        Ok(Self { channel, record: record.into(), shaping, scale })
    }
}

pub(crate) fn check_shaping(channel: &str, shaping: Shaping) -> Result<(), ScoreError> {
    if shaping.form == Form::Shaped && !(0.0..=1.0).contains(&shaping.gamma) {
        let rule = "given for the shaped form: the learner's own discount, from 0 to 1";
        return Err(ScoreError::setting(channel, "gamma", shaping.gamma, rule));
    }
    Ok(())
}

/// The steps of one trajectory, computed from its record `[T + 1]`.
pub(crate) fn recorded_rewards<O>(
    trajectory: &Trajectory<O>,
    record: &str,
    shaping: Shaping,
) -> Result<Vec<Option<f64>>, ScoreError> {
    Ok(shaping.rewards(trajectory.records.require(record)?, trajectory.ending))
}

/// Adds a turn-level channel and counts what is missing from it.
pub(crate) fn add_sparse<O>(
    trajectory: &mut Trajectory<O>,
    channel: &str,
    values: &[Option<f64>],
    report: &mut ScoreReport,
) -> Result<(), ScoreError> {
    let valid: Vec<bool> = values.iter().map(Option::is_some).collect();
    report.count("missing", valid.iter().filter(|present| !**present).count() as u64);
    let values = values.iter().map(|value| value.unwrap_or(0.0)).collect();
    trajectory.add_channel(Channel::masked(channel, Level::Turn, values, valid)?)?;
    Ok(())
}

impl<O> Scorer<O> for Potential {
    fn name(&self) -> &str {
        &self.channel
    }

    fn score(&mut self, batch: &mut Batch<O>) -> Result<ScoreReport, ScoreError> {
        let mut report = ScoreReport::default();
        for trajectory in batch.trajectories_mut() {
            let mut rewards = recorded_rewards(trajectory, &self.record, self.shaping)?;
            rewards.iter_mut().flatten().for_each(|reward| *reward *= self.scale);
            add_sparse(trajectory, &self.channel, &rewards, &mut report)?;
        }
        Ok(report)
    }
}

#[cfg(test)]
mod tests {
    use super::TerminalPotential::{Keep, Zero};
    use super::*;
    use crate::fixture::{batch, channel, recorded};
    use milepost_core::{Budget, CutReason, Outcome};
    use proptest::prelude::*;

    const CUT: Ending = Ending::Cut(CutReason::SegmentFull);
    const FAILED: Ending = Ending::Terminated(Outcome::Failure);

    fn shaped(gamma: f64, terminal: TerminalPotential) -> Shaping {
        Shaping { form: Form::Shaped, gamma, terminal }
    }

    fn discounted(rewards: &[Option<f64>], gamma: f64) -> f64 {
        rewards.iter().rev().fold(0.0, |sum, reward| reward.expect("known") + gamma * sum)
    }

    #[test]
    fn each_form_is_its_formula() {
        let phi = [0.25, 0.5, 0.125];
        let of = |form, terminal, ending| {
            Shaping { form, gamma: 0.5, terminal }
                .rewards(&phi, ending)
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
        };
        assert_eq!(of(Form::Level, Zero, FAILED), [0.5, 0.125]);
        assert_eq!(of(Form::Delta, Zero, FAILED), [0.25, -0.375]);
        assert_eq!(of(Form::Shaped, Zero, FAILED), [0.0, -0.5]);
        assert_eq!(of(Form::Shaped, Keep, FAILED), [0.0, -0.4375]);
        assert_eq!(of(Form::Shaped, Zero, Ending::Truncated(Budget::Steps)), [0.0, -0.4375]);
        assert_eq!(of(Form::Shaped, Zero, Ending::Malformed), [0.0, -0.5]);
    }

    #[test]
    fn an_unknown_potential_leaves_its_two_steps_missing_and_counted() {
        let phi = [0.1, f64::NAN, 0.3, 0.4];
        let mut batch = batch([recorded(0, 0, &[1, 2, 3, 4], &phi, CUT)]);
        let mut scorer =
            Potential::new("f", "phi", shaped(1.0, TerminalPotential::Zero), 10.0).expect("valid settings");
        let report = scorer.score(&mut batch).expect("scores");
        assert_eq!(channel(&batch, "f")[..2], [None, None]);
        assert!((channel(&batch, "f")[2].expect("known") - 1.0).abs() < 1e-12);
        assert_eq!(report.counters["missing"], 2);
    }

    #[test]
    fn a_missing_record_and_a_missing_discount_are_named() {
        let mut batch = batch([recorded(0, 0, &[1, 2], &[0.0, 1.0], FAILED)]);
        let level = Shaping { form: Form::Level, ..shaped(f64::NAN, TerminalPotential::Zero) };
        let error =
            Potential::new("f", "psi", level, 1.0).expect("level needs no discount").score(&mut batch);
        assert!(error.expect_err("no such record").to_string().contains("has: phi"));
        let error = Potential::new("f", "phi", shaped(f64::NAN, TerminalPotential::Zero), 1.0);
        assert!(error.expect_err("no discount").to_string().contains("gamma"));
    }

    proptest! {
        #[test]
        fn shaping_telescopes(phi in prop::collection::vec(0.0..1.0f64, 2..40), gamma in 0.0..=1.0f64) {
            let last = phi.len() - 1;
            for (terminal, ending, kept) in [
                (TerminalPotential::Zero, FAILED, 0.0),
                (TerminalPotential::Keep, FAILED, 1.0),
                (TerminalPotential::Zero, CUT, 1.0),
                (TerminalPotential::Zero, Ending::Truncated(Budget::Steps), 1.0),
            ] {
                let sum = discounted(&shaped(gamma, terminal).rewards(&phi, ending), gamma);
                let expected = gamma.powi(last as i32) * phi[last] * kept - phi[0];
                prop_assert!((sum - expected).abs() < 1e-12, "{sum} {expected}");
            }
        }

        #[test]
        fn fragments_of_a_cut_episode_earn_what_the_whole_one_earns(
            phi in prop::collection::vec(0.0..1.0f64, 3..40),
            at in 1usize..38,
            gamma in 0.0..=1.0f64,
            form in prop::sample::select(vec![Form::Level, Form::Delta, Form::Shaped]),
        ) {
            let at = at.min(phi.len() - 2);
            let shaping = Shaping { form, gamma, terminal: TerminalPotential::Zero };
            let whole = shaping.rewards(&phi, FAILED);
            let mut parts = shaping.rewards(&phi[..=at], CUT);
            parts.extend(shaping.rewards(&phi[at..], FAILED));
            prop_assert_eq!(whole, parts);
        }

        #[test]
        fn the_discounted_delta_form_pays_for_waiting_high(
            phi in prop::collection::vec(0.0..1.0f64, 2..40), gamma in 0.0..=1.0f64,
        ) {
            let last = phi.len() - 1;
            let delta = Shaping { form: Form::Delta, ..shaped(gamma, TerminalPotential::Zero) };
            let sum = discounted(&delta.rewards(&phi, FAILED), gamma);
            let waiting: f64 = (1..last).map(|k| gamma.powi(k as i32 - 1) * phi[k]).sum();
            let expected = -phi[0] + (1.0 - gamma) * waiting + gamma.powi(last as i32 - 1) * phi[last];
            prop_assert!((sum - expected).abs() < 1e-12, "{sum} {expected}");
        }
    }
}
