use milepost_core::{Purpose, Stream, StreamKey};

use crate::{StatsError, error};

/// The unbiased estimate of the mean gold score of best-of-`n` from `N ≥ n` draws:
/// `(1/C(N, n)) Σ_{k=n}^{N} C(k−1, n−1) gold_(k)`, draws sorted by proxy score, ascending.
///
/// It is the mean over all subsets of `n` draws of the gold score of the subset's proxy-best. Binomials are
/// computed by their logarithms. Equal proxy scores are ordered at random, keyed by `tie_seed`.
pub fn best_of_n(proxy: &[f64], gold: &[f64], n: usize, tie_seed: u64) -> Result<f64, StatsError> {
    error::paired("proxy against gold scores", proxy, gold)?;
    error::all_finite("the proxy scores", proxy)?;
    error::all_finite("the gold scores", gold)?;
    let draws = proxy.len();
    if n == 0 || n > draws {
        let range = "[1, number of draws]";
        return Err(StatsError::Parameter { name: "the n of best-of-n", value: n as f64, range });
    }
    let mut stream = Stream::new(StreamKey::new(tie_seed, Purpose::named("best-of-n/ties")));
    let mut order: Vec<(f64, u64, f64)> =
        proxy.iter().zip(gold).map(|(proxy, gold)| (*proxy, stream.next_u64(), *gold)).collect();
    order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let all = log_binomial(draws, n);
    let term = |k: usize| libm::exp(log_binomial(k - 1, n - 1) - all) * order[k - 1].2;
    Ok((n..=draws).map(term).sum())
}

/// `log C(n, k)`, `k ≤ n`.
fn log_binomial(n: usize, k: usize) -> f64 {
    let log_factorial = |n: usize| libm::lgamma(n as f64 + 1.0);
    log_factorial(n) - log_factorial(k) - log_factorial(n - k)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // Worked by hand from the formula.
    #[test]
    fn golden_estimates_of_five_draws() {
        let (proxy, gold) = ([0.1, 0.9, 0.4, 0.7, 0.2], [1.0, 2.0, 5.0, 3.0, 4.0]);
        for (n, want) in [(1, 3.0), (2, 3.1), (3, 2.6), (5, 2.0)] {
            let got = best_of_n(&proxy, &gold, n, 0).expect("enough draws");
            assert!((got - want).abs() < 1e-12, "n = {n}: {got}");
        }
    }

    fn draws() -> impl Strategy<Value = (Vec<f64>, Vec<f64>)> {
        prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64), 1..10).prop_map(|draws| draws.into_iter().unzip())
    }

    /// The mean over all subsets, one by one.
    fn brute_force(proxy: &[f64], gold: &[f64], n: usize) -> f64 {
        let (mut sum, mut count) = (0.0, 0.0);
        for subset in 0u32..1 << proxy.len() {
            let members: Vec<usize> = (0..proxy.len()).filter(|i| subset >> i & 1 == 1).collect();
            if members.len() == n {
                let best = members.into_iter().max_by(|a, b| proxy[*a].total_cmp(&proxy[*b]));
                sum += best.map_or(0.0, |best| gold[best]);
                count += 1.0;
            }
        }
        sum / count
    }

    proptest! {
        #[test]
        fn the_estimate_is_the_mean_over_all_subsets((proxy, gold) in draws(), n in 1usize..10) {
            let n = n.min(proxy.len());
            let got = best_of_n(&proxy, &gold, n, 0).expect("enough draws");
            prop_assert!((got - brute_force(&proxy, &gold, n)).abs() < 1e-9);
        }

        #[test]
        fn at_one_it_is_the_mean_and_at_all_the_gold_of_the_proxy_best((proxy, gold) in draws()) {
            let mean = gold.iter().sum::<f64>() / gold.len() as f64;
            prop_assert!((best_of_n(&proxy, &gold, 1, 0).expect("one") - mean).abs() < 1e-9);
            let best = (0..proxy.len()).fold(0, |best, i| if proxy[i] > proxy[best] { i } else { best });
            let all = best_of_n(&proxy, &gold, proxy.len(), 0).expect("all");
            prop_assert!((all - gold[best]).abs() < 1e-9);
        }

        #[test]
        fn a_perfect_proxy_never_loses_gold_with_n((gold, _) in draws(), n in 1usize..9) {
            prop_assume!(n < gold.len());
            let at = |n| best_of_n(&gold, &gold, n, 0).expect("enough draws");
            prop_assert!(at(n + 1) >= at(n) - 1e-9);
        }
    }

    #[test]
    fn ties_are_broken_by_the_seed_alone_and_even_out_over_seeds() {
        let (proxy, gold) = ([1.0, 1.0], [0.0, 1.0]);
        let at = |seed| best_of_n(&proxy, &gold, 2, seed).expect("enough draws");
        assert_eq!(at(3), at(3));
        let mean = (0..400).map(at).sum::<f64>() / 400.0;
        assert!((mean - 0.5).abs() < 0.13, "{mean}");
    }

    #[test]
    fn more_than_there_are_draws_is_refused_and_large_numbers_are_not() {
        assert!(matches!(best_of_n(&[1.0], &[1.0], 2, 0), Err(StatsError::Parameter { .. })));
        assert!(matches!(best_of_n(&[f64::NAN], &[1.0], 1, 0), Err(StatsError::NotFinite { .. })));
        let many: Vec<f64> = (0..5000).map(f64::from).collect();
        let got = best_of_n(&many, &many, 2000, 0).expect("enough draws");
        // The mean of the maximum of n of N consecutive numbers: n (N + 1)/(n + 1) − 1.
        assert!((got - (2000.0 * 5001.0 / 2001.0 - 1.0)).abs() < 1e-5, "{got}");
    }
}
