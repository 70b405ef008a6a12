//! When does a policy that trains on its own judgement stop judging rightly?

use serde::{Deserialize, Serialize};

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

    /// The first step whose last `window` steps have `lost` it; before `window` steps are seen, those there are.
    fn first<T>(steps: &[T], window: usize, lost: impl Fn(&[T]) -> bool) -> Self {
        let found = (1..=steps.len()).find(|step| lost(&steps[step.saturating_sub(window)..*step]));
        found.map_or(Self::NotWithin(steps.len() as u64), |step| Self::At(step as u64))
    }
}

/// The model collapse step: the first step at which the mean of the last `window` reward accuracies is below
/// `threshold`. A step whose accuracy is not a number (the network itself has collapsed) is a collapse.
///
/// `accuracies` has one entry a step: the share of rewards that a verifier would have paid as well, `None` where no
/// reward was known. The mean is over the known ones; a window that knows none says nothing. Before `window` steps are
/// seen, it is over those there are.
///
/// Source: arXiv 2603.08660, where the threshold is 1 %; the window is ours. Where a policy that answers at random is
/// right now and then, the threshold has to lie above that share.
///
/// # Errors
/// A window of 0, a threshold that is not finite.
pub fn collapse_step(
    accuracies: &[Option<f64>],
    threshold: f64,
    window: usize,
) -> Result<CollapseStep, StatsError> {
    if window == 0 || !threshold.is_finite() {
        let reason = "the window must be at least 1 and the threshold finite";
        return Err(StatsError::Undefined { what: "the collapse step", reason });
    }
    Ok(CollapseStep::first(accuracies, window, |recent| {
        let known = recent.iter().flatten().count();
        let mean = recent.iter().flatten().sum::<f64>() / known as f64;
        known > 0 && (mean.is_nan() || mean < threshold)
    }))
}

/// What a training step on one's own vote shows without a label.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VoteSigns {
    /// Share of a group that gives its most frequent answer; mean over groups.
    pub majority_ratio: f64,
    /// Entropy of a group's answers, in nats; mean over groups.
    pub answer_entropy: f64,
    /// Tokens of a response; mean over responses.
    pub length: f64,
}

impl VoteSigns {
    /// Those of a network that gives no distribution any more.
    pub const NONE: Self = Self { majority_ratio: f64::NAN, answer_entropy: f64::NAN, length: f64::NAN };
}

/// Where [`collapse_proxy`] draws its lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CollapseProxy {
    /// Majority ratio above which a vote is unanimous. Default 0.99.
    pub majority_ratio: f64,
    /// Answer entropy, in nats, below which answers are all alike. Default 0.05.
    pub answer_entropy: f64,
    /// Share of the length at the start below which responses have collapsed. Default 0.5.
    pub length: f64,
}

impl Default for CollapseProxy {
    fn default() -> Self {
        Self { majority_ratio: 0.99, answer_entropy: 0.05, length: 0.5 }
    }
}

/// The collapse step as it can be seen without labels: the first step at which, in means over the last `window` steps,
/// the vote is unanimous (`majority_ratio > 0.99` and `answer_entropy < 0.05`) or responses are less than half as long as
/// over the first `window` steps. A step with a sign that is not a number (the network itself has collapsed) is a
/// collapse.
///
/// It sees certainty, not error: a policy that is always right has a unanimous vote, too.
///
/// Source: arXiv 2603.08660 measures the collapse step by labels ([`collapse_step`]). A majority ratio above 0.99 with an
/// answer entropy of about 0, or a collapse of lengths, is what labels can be replaced by; "about 0", the half and the
/// window are ours.
///
/// # Errors
/// A window of 0, a line that is not finite.
pub fn collapse_proxy(
    signs: &[VoteSigns],
    lines: CollapseProxy,
    window: usize,
) -> Result<CollapseStep, StatsError> {
    let CollapseProxy { majority_ratio, answer_entropy, length } = lines;
    if window == 0 || ![majority_ratio, answer_entropy, length].iter().all(|line| line.is_finite()) {
        let reason = "the window must be at least 1 and all lines finite";
        return Err(StatsError::Undefined { what: "the label-free collapse step", reason });
    }
    let mean = |signs: &[VoteSigns], sign: fn(&VoteSigns) -> f64| {
        signs.iter().map(sign).sum::<f64>() / signs.len() as f64
    };
    let start = mean(&signs[..window.min(signs.len())], |signs| signs.length);
    Ok(CollapseStep::first(signs, window, |recent| {
        let ratio = mean(recent, |signs| signs.majority_ratio);
        let entropy = mean(recent, |signs| signs.answer_entropy);
        let long = mean(recent, |signs| signs.length);
        let gone = ratio.is_nan() || entropy.is_nan() || long.is_nan();
        // Fewer steps than a window are a part of the start: they cannot be shorter than it.
        let short = recent.len() == window && long < length * start;
        gone || ratio > majority_ratio && entropy < answer_entropy || short
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(accuracies: &[f64]) -> Vec<Option<f64>> {
        accuracies.iter().copied().map(Some).collect()
    }

    #[test]
    fn the_first_step_below_the_threshold_counts_and_later_ones_do_not() {
        let curve = known(&[0.9, 0.5, 0.0, 0.9, 0.0]);
        assert_eq!(collapse_step(&curve, 0.01, 1), Ok(CollapseStep::At(3)));
        assert_eq!(collapse_step(&curve, 0.5, 2), Ok(CollapseStep::At(3)));
        assert_eq!(collapse_step(&curve, 0.01, 2), Ok(CollapseStep::NotWithin(5)));
    }

    #[test]
    fn a_run_that_does_not_collapse_is_censored_at_its_length() {
        let step = collapse_step(&known(&[0.5; 7]), 0.01, 5).expect("valid");
        assert!(step.is_censored() && step.at_least() == 7);
        assert_eq!(collapse_step(&[], 0.01, 5), Ok(CollapseStep::NotWithin(0)));
    }

    #[test]
    fn a_network_that_says_nothing_has_collapsed() {
        assert_eq!(collapse_step(&known(&[0.9, f64::NAN]), 0.01, 5), Ok(CollapseStep::At(2)));
        assert!(collapse_step(&known(&[0.9]), 0.01, 0).is_err());
        assert!(collapse_step(&known(&[0.9]), f64::NAN, 1).is_err());
    }

    #[test]
    fn steps_without_a_known_reward_are_no_zeros() {
        let curve = [Some(0.3), None, None, Some(0.3)];
        // As zeros they would make 0.1 of the first three.
        assert_eq!(collapse_step(&curve, 0.2, 3), Ok(CollapseStep::NotWithin(4)));
        assert_eq!(collapse_step(&curve, 0.2, 1), Ok(CollapseStep::NotWithin(4)));
        assert_eq!(collapse_step(&[None, None], 0.2, 1), Ok(CollapseStep::NotWithin(2)));
        assert_eq!(collapse_step(&[Some(0.3), None, Some(0.0)], 0.2, 3), Ok(CollapseStep::At(3)));
        assert_eq!(collapse_step(&[None, Some(f64::NAN)], 0.2, 2), Ok(CollapseStep::At(2)));
    }

    /// Votes of one sort.
    const fn signs(majority_ratio: f64, answer_entropy: f64, length: f64) -> VoteSigns {
        VoteSigns { majority_ratio, answer_entropy, length }
    }

    fn proxy(signs: &[VoteSigns], window: usize) -> CollapseStep {
        collapse_proxy(signs, CollapseProxy::default(), window).expect("valid")
    }

    #[test]
    fn a_unanimous_vote_is_a_collapse_and_one_sign_of_it_alone_is_none() {
        let divided = signs(0.6, 1.0, 8.0);
        assert_eq!(proxy(&[divided, divided, signs(1.0, 0.0, 8.0)], 1), CollapseStep::At(3));
        assert_eq!(
            proxy(&[divided, signs(1.0, 1.0, 8.0), signs(0.6, 0.0, 8.0)], 1),
            CollapseStep::NotWithin(3)
        );
        // In a mean over two steps the divided one still counts.
        let unanimous = signs(1.0, 0.0, 8.0);
        assert_eq!(proxy(&[divided, unanimous, unanimous], 2), CollapseStep::At(3));
        assert_eq!(proxy(&[], 2), CollapseStep::NotWithin(0));
    }

    #[test]
    fn responses_of_less_than_half_the_length_at_the_start_are_a_collapse() {
        let long = |length| signs(0.6, 1.0, length);
        assert_eq!(proxy(&[long(8.0), long(4.0), long(3.9)], 1), CollapseStep::At(3));
        assert_eq!(proxy(&[long(8.0), long(16.0), long(4.0)], 1), CollapseStep::NotWithin(3));
        // The start is a mean over the window as well: 12 and 8 make 10.
        assert_eq!(proxy(&[long(12.0), long(8.0), long(4.0), long(5.0)], 2), CollapseStep::At(4));
        // Responses that grow at the start are not shorter than it.
        assert_eq!(proxy(&[long(1.0), long(9.0), long(9.0)], 2), CollapseStep::NotWithin(3));
    }

    #[test]
    fn without_a_distribution_the_network_has_collapsed_at_once() {
        assert_eq!(proxy(&[signs(0.6, 1.0, 8.0), VoteSigns::NONE], 5), CollapseStep::At(2));
        let lines = CollapseProxy { length: f64::NAN, ..CollapseProxy::default() };
        assert!(collapse_proxy(&[], lines, 1).is_err());
        assert!(collapse_proxy(&[], CollapseProxy::default(), 0).is_err());
    }

    proptest! {
        #[test]
        fn a_collapse_that_was_seen_stays_where_it_is_when_training_goes_on(
            steps in prop::collection::vec((0.9..1.0_f64, 0.0..0.2_f64, 1.0..9.0_f64), 1..30), window in 1..4_usize, cut in 0..30_usize,
        ) {
            let all: Vec<VoteSigns> = steps.iter().map(|(ratio, entropy, length)| signs(*ratio, *entropy, *length)).collect();
            let cut = window.max(cut).min(all.len());
            let (before, after) = (proxy(&all[..cut], window), proxy(&all, window));
            if before.is_censored() {
                prop_assert!(after.is_censored() || after.at_least() > cut as u64);
            } else {
                prop_assert_eq!(before, after);
            }
        }
    }
}
