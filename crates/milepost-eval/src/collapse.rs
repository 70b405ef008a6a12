//! When does a policy that trains on its own judgement stop judging rightly?

use crate::StatsError;

/// The first training step at which something is lost, or how long it was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CollapseStep {
    /// At this step, counted from 1.
    At(u64),
    /// Not within this many steps: the collapse step is larger.
    NotWithin(u64),
}

impl CollapseStep {
    /// The step, or the number of steps seen: a lower bound where [`CollapseStep::is_censored`].
    #[must_use]
    pub const fn at_least(self) -> u64 {
        match self {
            Self::At(step) | Self::NotWithin(step) => step,
        }
    }

    /// Whether the collapse was not seen.
    #[must_use]
    pub const fn is_censored(self) -> bool {
        matches!(self, Self::NotWithin(_))
    }
}

/// The model collapse step: the first step at which the mean of the last `window` reward accuracies is below
/// `threshold`. A step whose accuracy is not a number (the network itself has collapsed) is a collapse.
///
/// `accuracies` has one entry a step: the share of rewards that a verifier would have paid as well. Before `window`
/// steps are seen, the mean is over those there are.
///
/// Source: arXiv 2603.08660, where the threshold is 1 %; the window is ours. Where a policy that answers at random is
/// right now and then, the threshold has to lie above that share.
///
/// # Errors
/// A window of 0, a threshold that is not finite.
pub fn collapse_step(accuracies: &[f64], threshold: f64, window: usize) -> Result<CollapseStep, StatsError> {
    if window == 0 || !threshold.is_finite() {
        let reason = "the window must be at least 1 and the threshold finite";
        return Err(StatsError::Undefined { what: "the collapse step", reason });
    }
    for step in 1..=accuracies.len() {
        let recent = &accuracies[step.saturating_sub(window)..step];
        let mean = recent.iter().sum::<f64>() / recent.len() as f64;
        if mean.is_nan() || mean < threshold {
            return Ok(CollapseStep::At(step as u64));
        }
    }
    Ok(CollapseStep::NotWithin(accuracies.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_below_the_threshold_counts_and_later_ones_do_not() {
        let curve = [0.9, 0.5, 0.0, 0.9, 0.0];
        assert_eq!(collapse_step(&curve, 0.01, 1), Ok(CollapseStep::At(3)));
        assert_eq!(collapse_step(&curve, 0.5, 2), Ok(CollapseStep::At(3)));
        assert_eq!(collapse_step(&curve, 0.01, 2), Ok(CollapseStep::NotWithin(5)));
    }

    #[test]
    fn a_run_that_does_not_collapse_is_censored_at_its_length() {
        let step = collapse_step(&[0.5; 7], 0.01, 5).expect("valid");
        assert!(step.is_censored() && step.at_least() == 7);
        assert_eq!(collapse_step(&[], 0.01, 5), Ok(CollapseStep::NotWithin(0)));
    }

    #[test]
    fn a_network_that_says_nothing_has_collapsed() {
        assert_eq!(collapse_step(&[0.9, f64::NAN], 0.01, 5), Ok(CollapseStep::At(2)));
        assert!(collapse_step(&[0.9], 0.01, 0).is_err());
        assert!(collapse_step(&[0.9], f64::NAN, 1).is_err());
    }
}
