//! Best of `n`: draw `n` answers from a policy and keep the one with the highest score.

use crate::{PreferenceError, error};

/// The upper bound of the divergence of best-of-n from the policy it draws from: `log n − (n − 1)/n`, reached
/// where no two answers score the same and none has mass. `n = 0` is no best.
#[must_use]
pub fn divergence_bound(n: u64) -> f64 {
    let n = n as f64;
    libm::log(n) - (n - 1.0) / n
}

/// The exact law of best-of-n over finitely many answers: `q(y) = F(y)ⁿ − F(y⁻)ⁿ`, `F` the distribution function
/// of the score. Answers of equal score share their mass as the policy does, which is what breaking ties at random
/// comes to.
///
/// `probabilities` (summing to 1) and `scores` are `[answers]`, in any order.
pub fn law(probabilities: &[f64], scores: &[f64], n: u64) -> Result<Vec<f64>, PreferenceError> {
    error::not_empty("probabilities", probabilities)?;
    error::same_length("scores", probabilities.len(), scores.len())?;
    error::finite("scores", scores)?;
    error::parameter("n", n as f64, n > 0, "at least 1")?;
    probabilities.iter().try_for_each(|p| error::probability("an entry of probabilities", *p))?;
    let total: f64 = probabilities.iter().sum();
    error::parameter("the sum of probabilities", total, (total - 1.0).abs() < 1e-9, "1")?;
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
    let mut law = vec![0.0; scores.len()];
    let mut below = 0.0;
    for group in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        let mass: f64 = group.iter().map(|index| probabilities[*index]).sum();
        let up_to = (below + mass).min(1.0);
        let gained = libm::pow(up_to, n as f64) - libm::pow(below, n as f64);
        for index in group.iter().filter(|index| probabilities[**index] > 0.0) {
            law[*index] = gained * probabilities[*index] / mass;
        }
        below = up_to;
    }
    Ok(law)
}

/// `KL(q ‖ p) = Σ q log(q/p)` of two laws on the same answers; infinite where `q` has mass and `p` none.
pub fn divergence(q: &[f64], p: &[f64]) -> Result<f64, PreferenceError> {
    error::same_length("the second law", q.len(), p.len())?;
    let term = |(q, p): (&f64, &f64)| if *q > 0.0 { q * libm::log(q / p) } else { 0.0 };
    Ok(q.iter().zip(p).map(term).sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Worked by hand from the formulas.
    #[test]
    fn golden_law_divergence_and_bound() {
        let p = [0.5, 0.3, 0.2];
        let q = law(&p, &[0.0, 1.0, 2.0], 4).expect("valid");
        for (got, want) in q.iter().zip([0.0625, 0.3471, 0.5904]) {
            assert!((got - want).abs() < 1e-12);
        }
        assert!((divergence(&q, &p).expect("same size") - 0.559751).abs() < 1e-6);
        assert!((divergence_bound(4) - 0.636294).abs() < 1e-6);
    }

    fn policy() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        prop::collection::vec((0.01..1.0f64, 0u8..6), 1..12).prop_map(|items| {
            let total: f64 = items.iter().map(|(mass, _)| mass).sum();
            items.into_iter().map(|(mass, score)| (mass / total, f64::from(score))).unzip()
        })
    }

    proptest! {
        #[test]
        fn the_law_sums_to_one_and_is_the_policy_at_n_one((p, scores) in policy(), n in 1u64..50) {
            let q = law(&p, &scores, n).expect("valid");
            prop_assert!((q.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            for (got, want) in law(&p, &scores, 1).expect("valid").iter().zip(&p) {
                prop_assert!((got - want).abs() < 1e-12);
            }
        }

        #[test]
        fn the_divergence_grows_with_n_and_stays_below_the_bound((p, scores) in policy(), n in 1u64..50) {
            let kl = |n| divergence(&law(&p, &scores, n).expect("valid"), &p).expect("same size");
            prop_assert!(kl(n + 1) >= kl(n) - 1e-9);
            prop_assert!(kl(n) <= divergence_bound(n) + 1e-9);
        }

        #[test]
        fn the_expected_score_never_falls_with_n((p, scores) in policy(), n in 1u64..50) {
            let mean = |n| law(&p, &scores, n).expect("valid").iter().zip(&scores).map(|(q, s)| q * s).sum::<f64>();
            prop_assert!(mean(n + 1) >= mean(n) - 1e-9);
        }

        #[test]
        fn the_bound_is_reached_where_no_answer_has_mass(n in 1u64..20) {
            let answers = 20_000;
            let p = vec![1.0 / f64::from(answers); answers as usize];
            let scores: Vec<f64> = (0..answers).map(f64::from).collect();
            let kl = divergence(&law(&p, &scores, n).expect("valid"), &p).expect("same size");
            prop_assert!((kl - divergence_bound(n)).abs() < 2e-3, "{} {}", kl, divergence_bound(n));
        }
    }

    #[test]
    fn bad_laws_are_refused() {
        law(&[], &[], 1).expect_err("empty");
        law(&[1.0], &[0.0], 0).expect_err("no best of none");
        law(&[0.6, 0.6], &[0.0, 1.0], 2).expect_err("no law");
        law(&[0.5, 0.5], &[0.0, f64::NAN], 2).expect_err("no order");
    }
}
