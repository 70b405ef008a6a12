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

use milepost_core::{Batch, Channel, Level, Trajectory};

use crate::{ScoreError, ScoreReport, Scorer};

pub use milepost_progress::{Form, Shaping, TerminalPotential};

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
    use milepost_core::{CutReason, Ending, Outcome};

    use super::*;
    use crate::fixture::{batch, channel, recorded};

    const CUT: Ending = Ending::Cut(CutReason::SegmentFull);
    const FAILED: Ending = Ending::Terminated(Outcome::Failure);

    fn shaped(gamma: f64, terminal: TerminalPotential) -> Shaping {
        Shaping { form: Form::Shaped, gamma, terminal }
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
}
