//! Does the value order the frames of a trajectory as time, or as the truth, does?

use super::{MetricValue, Rules};
use crate::StatsError;
use crate::correlation::{kendall_tau_b, spearman};
use crate::ordering::win;

/// Value-order correlation of a film and of the same film run backwards.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BothDirections {
    /// VOC⁺: Spearman's ρ of the film's values with time.
    pub forward: MetricValue,
    /// VOC⁻: the same for what the judge says of the reversed film, frame by frame as shown. A judge that
    /// attaches values to states has `VOC⁻ = −VOC⁺`; one that counts frames has `VOC⁻ = +1`.
    pub backward: MetricValue,
}

/// VOC (GVL, Ma et al. 2024), both ways. `on_reversed[t]` is the judge's value of the `t`-th frame *of the
/// reversed film*. GVL shuffles the frames before it shows them; for judges of single frames that changes
/// nothing, and this is plain Spearman correlation with time.
pub fn both_directions(
    on_film: &[f64],
    on_reversed: &[f64],
    rules: Rules,
) -> Result<BothDirections, StatsError> {
    Ok(BothDirections { forward: with_time(on_film, rules)?, backward: with_time(on_reversed, rules)? })
}

/// Spearman's ρ of the values with time.
pub fn with_time(values: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    crate::error::all_finite("the values", values)?;
    let time: Vec<f64> = (0..values.len()).map(|t| t as f64).collect();
    rules.correlate(&time, values, spearman)
}

/// Spearman's ρ of the values with the true progress.
pub fn spearman_with_truth(values: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the values against the truth", values, truth)?;
    rules.correlate(v, g, spearman)
}

/// Kendall's τ-b of the values with the true progress.
pub fn kendall_with_truth(values: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the values against the truth", values, truth)?;
    rules.correlate(v, g, kendall_tau_b)
}

/// Of the pairs that the truth tells apart, `g_i < g_j`, the share with `v_i < v_j`; equal values count ½.
/// `n` is the number of such pairs.
pub fn pairwise_accuracy(values: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the values against the truth", values, truth)?;
    let (mut wins, mut pairs) = (0.0, 0);
    for i in 0..g.len() {
        for j in (0..g.len()).filter(|j| g[i] < g[*j]) {
            wins += win(v[j], v[i]);
            pairs += 1;
        }
    }
    Ok(MetricValue::share(wins, pairs, "the truth tells no two frames apart"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::value_order::isotonic_residual;

    fn defined(value: Result<MetricValue, StatsError>) -> f64 {
        value.expect("finite").value().expect("defined")
    }

    #[test]
    fn order_metrics_by_hand() {
        // Ranks of v: 1, 3, 2, 4. ρ = 1 − 6·2/(4·15) = 0.8; one of six pairs is inverted: τ = 4/6.
        let (v, g) = ([0.0, 0.5, 0.4, 0.9], [0.0, 0.25, 0.5, 1.0]);
        assert!((defined(spearman_with_truth(&v, &g, Rules::Strict)) - 0.8).abs() < 1e-12);
        assert!((defined(kendall_with_truth(&v, &g, Rules::Strict)) - 4.0 / 6.0).abs() < 1e-12);
        assert!((defined(pairwise_accuracy(&v, &g, Rules::Strict)) - 5.0 / 6.0).abs() < 1e-12);
        // A tie in the values: 2 wins and a half of 3 pairs.
        let tied = pairwise_accuracy(&[0.1, 0.3, 0.3], &[0.0, 0.5, 1.0], Rules::Strict).expect("finite");
        assert_eq!((tied.value(), tied.n), (Some(2.5 / 3.0), 3));
        // A tie in the truth is no pair.
        let untold = pairwise_accuracy(&[0.1, 0.9, 0.2], &[0.0, 0.5, 0.5], Rules::Strict).expect("finite");
        assert_eq!((untold.value(), untold.n), (Some(1.0), 2));
        assert_eq!(pairwise_accuracy(&v, &[1.0; 4], Rules::Strict).expect("finite").value(), None);
    }

    #[test]
    fn value_order_by_hand() {
        assert_eq!(defined(with_time(&[0.1, 0.2, 0.9], Rules::Strict)), 1.0);
        // Ranks 1, 2.5, 2.5 against 1, 2, 3: ρ = 1.5/√(2·1.5) = √3/2.
        assert!((defined(with_time(&[0.0, 0.5, 0.5], Rules::Strict)) - 0.75f64.sqrt()).abs() < 1e-12);
        assert_eq!(defined(with_time(&[0.9, 0.2, 0.5], Rules::Strict)), -0.5);
        assert_eq!(with_time(&[0.4; 5], Rules::Strict).expect("finite").value(), None);
        assert_eq!(with_time(&[0.4; 5], Rules::Compat).expect("finite").value(), Some(0.0));
        assert!(with_time(&[f64::NAN, 1.0], Rules::Compat).is_err());
    }

    proptest! {
        #[test]
        fn a_judge_of_states_reads_the_reversed_film_as_minus_the_film(v in prop::collection::vec(-3.0..3.0f64, 2..30)) {
            let reversed: Vec<f64> = v.iter().rev().copied().collect();
            let both = both_directions(&v, &reversed, Rules::Strict).expect("finite");
            let (a, b) = (both.forward.value().expect("varies"), both.backward.value().expect("varies"));
            prop_assert!((a + b).abs() < 1e-9 && (-1.0..=1.0).contains(&a));
        }

        #[test]
        fn order_metrics_ignore_increasing_maps_and_turn_with_the_sign(
            pairs in prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64), 3..25),
        ) {
            let (v, g): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let bent: Vec<f64> = v.iter().map(|x| x * x * x + x).collect();
            let opposite: Vec<f64> = v.iter().map(|x| -x).collect();
            for metric in [spearman_with_truth, kendall_with_truth] {
                let of = |x: &[f64]| defined(metric(x, &g, Rules::Strict));
                prop_assert!((of(&v) - of(&bent)).abs() < 1e-12 && (of(&v) + of(&opposite)).abs() < 1e-12);
            }
            let of = |x: &[f64]| defined(pairwise_accuracy(x, &g, Rules::Strict));
            prop_assert!((of(&v) - of(&bent)).abs() < 1e-12 && (of(&v) + of(&opposite) - 1.0).abs() < 1e-12);
        }

        #[test]
        fn without_ties_kendall_counts_inversions(v in prop::collection::vec(-3.0..3.0f64, 2..25)) {
            let time: Vec<f64> = (0..v.len()).map(|t| t as f64).collect();
            let inversions = (0..v.len()).map(|j| (0..j).filter(|i| v[*i] > v[j]).count()).sum::<usize>() as f64;
            let pairs = (v.len() * (v.len() - 1) / 2) as f64;
            let tau = defined(kendall_with_truth(&v, &time, Rules::Strict));
            prop_assert!((tau - (1.0 - 2.0 * inversions / pairs)).abs() < 1e-12);
        }

        #[test]
        fn the_isotonic_residual_is_zero_exactly_for_sequences_that_never_fall(v in prop::collection::vec(0u8..5, 2..20)) {
            let v: Vec<f64> = v.into_iter().map(f64::from).collect();
            let rising = v.windows(2).all(|pair| pair[0] <= pair[1]);
            prop_assert_eq!(isotonic_residual(&v).expect("enough") == 0.0, rising);
        }
    }
}
