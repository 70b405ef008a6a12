//! What rewards that agree with the policy do to it, exactly.

use crate::{CreditError, check};

/// The policy that maximises `E_π[r] − β KL(π‖π_ref)`: `π* ∝ π_ref · exp(r/β)`.
///
/// `reference`, `rewards` and `out` have one entry per response (or answer). Where the reference is 0 so is the
/// optimum. Source: the KL-regularised objective of arXiv 2603.08660. Identity: equal rewards leave relative
/// probabilities as they are, so a reward for a set of responses sharpens the reference towards that set and changes
/// nothing within it.
///
/// # Errors
/// Slices that do not fit, a reward that is not finite, `β` not positive, a reference that is negative or sums to 0.
pub fn kl_optimum(reference: &[f64], rewards: &[f64], beta: f64, out: &mut [f64]) -> Result<(), CreditError> {
    check::non_empty("reference", reference)?;
    check::len("rewards", reference.len(), rewards.len())?;
    check::len("out", reference.len(), out.len())?;
    check::finite("rewards", rewards)?;
    check::positive("beta", beta)?;
    for weight in reference {
        check::non_negative("reference", *weight)?;
    }
    // Against overflow, relative to the largest reward that counts.
    let supported = reference.iter().zip(rewards).filter(|(weight, _)| **weight > 0.0);
    let most = supported.map(|(_, reward)| *reward).fold(f64::NEG_INFINITY, f64::max);
    check::positive("the sum of reference", reference.iter().sum())?;
    for ((out, weight), reward) in out.iter_mut().zip(reference).zip(rewards) {
        *out = if *weight > 0.0 { weight * libm::exp((reward - most) / beta) } else { 0.0 };
    }
    let sum: f64 = out.iter().sum();
    for p in out.iter_mut() {
        *p /= sum;
    }
    check::representable("out", out)
}

/// The probability of an answer after `steps` rounds in each of which it was paid 1, all others 0, and the policy moved
/// to [`kl_optimum`] with itself as reference: `odds_k = odds_0 · e^{k/β}`.
///
/// Source: the recursion `p' = p e^{1/β}/(p e^{1/β} + 1 − p)` of arXiv 2603.08660, solved. Identity: `1 − p_k` shrinks
/// by `e^{−1/β}` a round in the limit. Known failure: nothing in it asks whether the answer is right; a majority that
/// is wrong at the start is wrong for ever, and ever surer.
///
/// # Errors
/// A probability outside `[0, 1]`, `β` not positive.
pub fn sharpened(probability: f64, steps: u32, beta: f64) -> Result<f64, CreditError> {
    check::unit_interval("probability", probability)?;
    check::positive("beta", beta)?;
    if probability == 0.0 || probability == 1.0 {
        return Ok(probability);
    }
    let log_odds = libm::log(probability) - libm::log1p(-probability) + f64::from(steps) / beta;
    Ok(1.0 / (1.0 + libm::exp(-log_odds)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn distribution() -> impl Strategy<Value = Vec<f64>> {
        prop::collection::vec(0.05..1.0_f64, 3..7).prop_map(|weights| {
            let sum: f64 = weights.iter().sum();
            weights.iter().map(|w| w / sum).collect()
        })
    }

    /// One round of self-training on the vote that a large group would hold.
    fn vote_round(policy: &[f64], beta: f64) -> Vec<f64> {
        let winner =
            policy.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(index, _)| index);
        let rewards: Vec<f64> = (0..policy.len()).map(|i| f64::from(u8::from(i == winner))).collect();
        let mut next = vec![0.0; policy.len()];
        kl_optimum(policy, &rewards, beta, &mut next).expect("valid");
        next
    }

    proptest! {
        #[test]
        fn the_recursion_equals_its_closed_form(p in 0.01..0.99_f64, beta in 0.2..5.0_f64, steps in 0..20_u32) {
            let mut recursive = p;
            for _ in 0..steps {
                let up = recursive * libm::exp(1.0 / beta);
                recursive = up / (up + 1.0 - recursive);
            }
            prop_assert!((sharpened(p, steps, beta).expect("valid") - recursive).abs() < 1e-9);
        }

        /// Mirror ascent on `E_π[r] − β KL(π‖π_ref)` with exact expectations arrives at the closed form.
        #[test]
        fn exact_tabular_updates_arrive_at_the_optimum(reference in distribution(), winner in 0..3_usize) {
            let beta = 0.7;
            let rewards: Vec<f64> = (0..reference.len()).map(|i| f64::from(u8::from(i == winner))).collect();
            let mut policy = reference.clone();
            for _ in 0..200 {
                // The gradient with respect to log π, up to a constant: r − β ln(π/π_ref).
                let moved: Vec<f64> = policy.iter().zip(&reference).zip(&rewards)
                    .map(|((p, q), r)| p * libm::exp(0.3 * (r - beta * libm::log(p / q)))).collect();
                let sum: f64 = moved.iter().sum();
                policy = moved.iter().map(|p| p / sum).collect();
            }
            let mut optimum = vec![0.0; reference.len()];
            kl_optimum(&reference, &rewards, beta, &mut optimum).expect("valid");
            for (found, expected) in policy.iter().zip(&optimum) {
                prop_assert!((found - expected).abs() < 1e-6, "{} {}", found, expected);
            }
            prop_assert!((sharpened(reference[winner], 1, beta).expect("valid") - optimum[winner]).abs() < 1e-9);
        }

        #[test]
        fn relative_probabilities_within_the_majority_never_change(reference in distribution(), beta in 0.2..3.0_f64) {
            // The first two responses give the majority's answer.
            let rewards: Vec<f64> = (0..reference.len()).map(|i| f64::from(u8::from(i < 2))).collect();
            let mut policy = reference.clone();
            for _ in 0..10 {
                let mut next = vec![0.0; policy.len()];
                kl_optimum(&policy, &rewards, beta, &mut next).expect("valid");
                policy = next;
            }
            prop_assert!((policy[0] / policy[1] - reference[0] / reference[1]).abs() < 1e-9 * reference[0] / reference[1]);
        }

        #[test]
        fn what_is_likeliest_at_the_start_is_certain_in_the_end(reference in distribution()) {
            let likeliest = (0..reference.len()).max_by(|a, b| reference[*a].total_cmp(&reference[*b])).unwrap_or(0);
            let mut policy = reference;
            for _ in 0..100 {
                policy = vote_round(&policy, 0.5);
            }
            // Accuracy in the limit: 1 if the likeliest answer was right, 0 if it was wrong.
            for (answer, p) in policy.iter().enumerate() {
                let limit = f64::from(u8::from(answer == likeliest));
                prop_assert!((p - limit).abs() < 1e-9);
            }
        }

        #[test]
        fn the_rest_shrinks_geometrically(p in 0.5..0.9_f64, beta in 0.5..3.0_f64) {
            let rest = |steps| 1.0 - sharpened(p, steps, beta).expect("valid");
            let steps = (8.0 * beta) as u32;
            let rate = rest(steps + 1) / rest(steps);
            prop_assert!((rate - libm::exp(-1.0 / beta)).abs() < 0.01, "{}", rate);
        }
    }

    #[test]
    fn certain_answers_stay_certain_and_bad_arguments_are_refused() {
        assert_eq!(sharpened(1.0, 5, 1.0), Ok(1.0));
        assert_eq!(sharpened(0.0, 5, 1.0), Ok(0.0));
        assert!(matches!(
            sharpened(1.5, 1, 1.0),
            Err(CreditError::InvalidParameter { name: "probability", .. })
        ));
        assert!(matches!(sharpened(0.5, 1, 0.0), Err(CreditError::InvalidParameter { name: "beta", .. })));
        let mut out = [0.0; 2];
        assert!(kl_optimum(&[0.0, 0.0], &[1.0, 0.0], 1.0, &mut out).is_err());
        // A large reward for something impossible does not drown the rest.
        kl_optimum(&[0.0, 0.5], &[1e6, 0.0], 1.0, &mut out).expect("valid");
        assert_eq!(out, [0.0, 1.0]);
    }
}
