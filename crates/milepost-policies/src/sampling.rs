//! Categorical policies on the host: a rollout step has a handful of logits per environment, for which
//! one read-back and arithmetic in `f64` beats any device kernel, and the draw comes from a keyed stream.

use milepost_core::Stream;

use crate::PolicyError;

/// Draws `a ~ softmax(logits)` and returns it with `log π(a)`.
///
/// A logit of `−∞` is an action that is never drawn. One uniform is used, so the same stream gives the
/// same action on every device whose logits agree.
///
/// # Errors
/// If there is no logit, if one is NaN or `+∞`, or if all are `−∞`.
pub fn sample_action(logits: &[f32], stream: &mut Stream) -> Result<(u32, f32), PolicyError> {
    let (max, total) = partition(logits)?;
    let mut left = stream.uniform() * total;
    let mut drawn = None;
    for (action, logit) in logits.iter().enumerate() {
        let weight = (f64::from(*logit) - max).exp();
        if weight > 0.0 {
            // Rounding can leave a crumb: it belongs to the last possible action.
            drawn = Some(action);
            left -= weight;
            if left < 0.0 {
                break;
            }
        }
    }
    let action = drawn.ok_or(PolicyError::NoActions)?;
    Ok((action as u32, (f64::from(logits[action]) - max - total.ln()) as f32))
}

/// `log softmax(logits)[action]`; NaN if the logits make no distribution or `action` is not one of them.
#[must_use]
pub fn log_probability(logits: &[f32], action: u32) -> f32 {
    match (partition(logits), logits.get(action as usize)) {
        (Ok((max, total)), Some(logit)) => (f64::from(*logit) - max - total.ln()) as f32,
        _ => f32::NAN,
    }
}

/// The action with the largest logit, the first among equals. NaN never wins; no logits give action 0.
#[must_use]
pub fn greedy_action(logits: &[f32]) -> u32 {
    let mut best = (0, f32::NEG_INFINITY);
    for (action, logit) in logits.iter().enumerate() {
        if *logit > best.1 {
            best = (action as u32, *logit);
        }
    }
    best.0
}

/// The largest logit, and `Σ exp(logit − largest)`.
fn partition(logits: &[f32]) -> Result<(f64, f64), PolicyError> {
    if logits.is_empty() {
        return Err(PolicyError::NoActions);
    }
    if let Some(action) = logits.iter().position(|l| l.is_nan() || *l == f32::INFINITY) {
        return Err(PolicyError::Logit { action, value: logits[action] });
    }
    let max = logits.iter().fold(f64::NEG_INFINITY, |max, l| max.max(f64::from(*l)));
    if max == f64::NEG_INFINITY {
        return Err(PolicyError::Logit { action: 0, value: f32::NEG_INFINITY });
    }
    Ok((max, logits.iter().map(|l| (f64::from(*l) - max).exp()).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::POLICY))
    }

    #[test]
    fn frequencies_follow_the_softmax_and_impossible_actions_are_never_drawn() {
        // softmax(ln 1, ln 2, ln 5) = 1/8, 2/8, 5/8.
        let logits = [0.0, 2f32.ln(), f32::NEG_INFINITY, 5f32.ln()];
        let mut stream = stream(1);
        let mut counts = [0u32; 4];
        for _ in 0..40_000 {
            counts[sample_action(&logits, &mut stream).expect("valid").0 as usize] += 1;
        }
        assert_eq!(counts[2], 0);
        // The largest standard error is 0.0024; four of them.
        for (count, probability) in counts.iter().zip([0.125, 0.25, 0.0, 0.625]) {
            assert!((f64::from(*count) / 40_000.0 - probability).abs() < 0.01, "{counts:?}");
        }
    }

    #[test]
    fn logits_without_a_distribution_are_refused() {
        let refused = |logits: &[f32]| sample_action(logits, &mut stream(0)).expect_err("no distribution");
        assert!(matches!(refused(&[0.0, f32::NAN]), PolicyError::Logit { action: 1, .. }));
        assert!(matches!(refused(&[f32::INFINITY, 0.0]), PolicyError::Logit { action: 0, .. }));
        assert!(matches!(refused(&[f32::NEG_INFINITY; 3]), PolicyError::Logit { .. }));
        assert_eq!(refused(&[]), PolicyError::NoActions);
        assert!(log_probability(&[0.0, f32::NAN], 0).is_nan());
        assert!(log_probability(&[0.0], 1).is_nan());
    }

    #[test]
    fn greedy_takes_the_first_of_the_largest() {
        assert_eq!(greedy_action(&[-1.0, 3.0, 3.0]), 1);
        assert_eq!(greedy_action(&[f32::NAN, -2.0]), 1);
    }

    proptest! {
        #[test]
        fn probabilities_sum_to_one(logits in prop::collection::vec(-60f32..60.0, 1..20)) {
            let total: f64 = (0..logits.len() as u32).map(|a| f64::from(log_probability(&logits, a)).exp()).sum();
            prop_assert!((total - 1.0).abs() < 1e-5, "{total}");
        }

        #[test]
        fn a_shift_of_all_logits_changes_nothing(
            logits in prop::collection::vec(-8i8..8, 1..9), shift in -16i8..16, seed: u64,
        ) {
            // Small integers, so that the shift itself is exact.
            let plain: Vec<f32> = logits.iter().map(|l| f32::from(*l)).collect();
            let shifted: Vec<f32> = plain.iter().map(|l| l + f32::from(shift)).collect();
            prop_assert_eq!(
                sample_action(&plain, &mut stream(seed)).expect("valid"),
                sample_action(&shifted, &mut stream(seed)).expect("valid")
            );
        }

        #[test]
        fn a_drawn_action_carries_its_own_log_probability(
            logits in prop::collection::vec(-20f32..20.0, 1..9), seed: u64,
        ) {
            let (action, logp) = sample_action(&logits, &mut stream(seed)).expect("valid");
            prop_assert_eq!(logp, log_probability(&logits, action));
        }
    }
}
