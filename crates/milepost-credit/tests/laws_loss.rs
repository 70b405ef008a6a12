//! Laws of aggregation, divergence estimators and length shaping.

use milepost_credit::{AdaptiveKl, Aggregation, BatchTotals, Kl, KlEstimator, Overlong};
use proptest::prelude::*;

const MODES: [Aggregation; 5] = [
    Aggregation::TokenMean,
    Aggregation::SeqMeanTokenMean,
    Aggregation::SeqMeanTokenSum,
    Aggregation::SeqMeanTokenSumNorm { constant: 32.0 },
    Aggregation::TokenSum,
];

fn weights(mode: Aggregation, lengths: &[usize]) -> Vec<f64> {
    let mut out = vec![0.0; lengths.len()];
    mode.weights(lengths, &mut out).expect("some token");
    out
}

/// Token losses of some sequences, at least one token in all.
fn losses() -> impl Strategy<Value = Vec<Vec<f64>>> {
    prop::collection::vec(prop::collection::vec(-2.0..2.0, 0..6), 1..8)
        .prop_filter("some token", |rows| rows.iter().any(|row| !row.is_empty()))
}

fn lengths(rows: &[Vec<f64>]) -> Vec<usize> {
    rows.iter().map(Vec::len).collect()
}

fn loss(mode: Aggregation, totals: BatchTotals, rows: &[Vec<f64>]) -> f64 {
    let mut weights = vec![0.0; rows.len()];
    mode.weights_within(totals, &lengths(rows), &mut weights).expect("some token");
    rows.iter().zip(&weights).map(|(row, weight)| weight * row.iter().sum::<f64>()).sum()
}

/// Logits of a policy and of its reference over four actions.
fn policies() -> impl Strategy<Value = ([f64; 4], [f64; 4])> {
    let logits = || prop::array::uniform4(-2.0..2.0_f64);
    (logits(), logits()).prop_map(|(a, b)| (log_softmax(a), log_softmax(b)))
}

fn log_softmax(logits: [f64; 4]) -> [f64; 4] {
    let total: f64 = logits.iter().map(|l| l.exp()).sum();
    logits.map(|l| l - total.ln())
}

/// Expected gradient, with respect to the logits, of an estimator used as a loss term on samples of the policy.
fn expected_gradient(estimator: KlEstimator, policy: &[f64; 4], reference: &[f64; 4]) -> [f64; 4] {
    let kl = Kl::unclamped(estimator);
    let mut gradient = [0.0; 4];
    for sample in 0..4 {
        let slope = policy[sample].exp() * kl.derivative(policy[sample], reference[sample]);
        for (logit, gradient) in gradient.iter_mut().enumerate() {
            *gradient += slope * (f64::from(u8::from(logit == sample)) - policy[logit].exp());
        }
    }
    gradient
}

proptest! {
    #[test]
    fn token_mean_is_sequence_mean_if_and_only_if_all_lengths_are_equal(
        lengths in prop::collection::vec(1..5_usize, 1..6),
    ) {
        let token = weights(Aggregation::TokenMean, &lengths);
        let sequence = weights(Aggregation::SeqMeanTokenMean, &lengths);
        let same = token.iter().zip(&sequence).all(|(a, b)| (a - b).abs() < 1e-12);
        prop_assert_eq!(same, lengths.iter().all(|length| *length == lengths[0]));
    }

    #[test]
    fn the_weight_of_a_token_is_the_stated_one(lengths in prop::collection::vec(0..6_usize, 1..8)) {
        prop_assume!(lengths.iter().any(|length| *length > 0));
        let tokens = lengths.iter().sum::<usize>() as f64;
        let sequences = lengths.iter().filter(|length| **length > 0).count() as f64;
        for mode in MODES {
            for (weight, &length) in weights(mode, &lengths).iter().zip(&lengths) {
                let want = match mode {
                    _ if length == 0 => 0.0,
                    Aggregation::TokenMean => 1.0 / tokens,
                    Aggregation::SeqMeanTokenMean => 1.0 / sequences / length as f64,
                    Aggregation::SeqMeanTokenSum => 1.0 / sequences,
                    Aggregation::SeqMeanTokenSumNorm { constant } => 1.0 / sequences / constant,
                    Aggregation::TokenSum => 1.0,
                };
                prop_assert!((weight - want).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn the_loss_does_not_depend_on_the_split_into_micro_batches(rows in losses(), cut in 0..8_usize) {
        let totals = BatchTotals::of(&lengths(&rows));
        let cut = cut.min(rows.len() - 1);
        let mut added = BatchTotals::of(&lengths(&rows[..cut]));
        added += BatchTotals::of(&lengths(&rows[cut..]));
        prop_assert_eq!(added, totals);
        for mode in MODES {
            let parts: f64 = [&rows[..cut], &rows[cut..]].into_iter().filter(|part| !part.is_empty())
                .map(|part| loss(mode, totals, part)).sum();
            prop_assert!((parts - loss(mode, totals, &rows)).abs() < 1e-9);
        }
    }

    #[test]
    fn the_loss_does_not_depend_on_order_padding_or_empty_sequences(
        (rows, order) in losses().prop_flat_map(|rows| {
            let order: Vec<usize> = (0..rows.len()).collect();
            (Just(rows), Just(order).prop_shuffle())
        }),
        padding in 0..4_usize,
    ) {
        let totals = BatchTotals::of(&lengths(&rows));
        let width = rows.iter().map(Vec::len).max().unwrap_or_default() + padding;
        for mode in MODES {
            let want = loss(mode, totals, &rows);
            // Shuffled, padded with junk, and with one empty row more.
            let (mut flat, mut mask) = (vec![77.0; width], vec![false; width]);
            for &row in &order {
                let rest = width - rows[row].len();
                flat.extend(rows[row].iter().copied().chain(vec![77.0; rest]));
                mask.extend((0..width).map(|column| column < rows[row].len()));
            }
            let mut weights = vec![0.0; flat.len()];
            mode.mask_weights(None, &mask, width, &mut weights).expect("some token");
            let got: f64 = weights.iter().zip(&flat).map(|(weight, loss)| weight * loss).sum();
            prop_assert!((got - want).abs() < 1e-9, "{:?}: {} is not {}", mode, got, want);
        }
    }

    #[test]
    fn k2_and_k3_are_positive_unless_the_policies_agree(log_prob in -5.0..0.0, reference in -5.0..0.0) {
        for estimator in [KlEstimator::K2, KlEstimator::K3] {
            for kl in [Kl::unclamped(estimator), Kl::verl(estimator), Kl::openrlhf(estimator)] {
                prop_assert_eq!(kl.value(log_prob, log_prob), 0.0);
                prop_assert_eq!(kl.derivative(log_prob, log_prob), 0.0);
                let value = kl.value(log_prob, reference);
                prop_assert!(value > 0.0 || log_prob == reference);
            }
        }
    }

    #[test]
    fn k1_and_k3_estimate_the_divergence_without_bias((policy, reference) in policies()) {
        let exact: f64 = policy.iter().zip(&reference).map(|(p, r)| p.exp() * (p - r)).sum();
        for estimator in [KlEstimator::K1, KlEstimator::K3] {
            let kl = Kl::unclamped(estimator);
            let mean: f64 = policy.iter().zip(&reference).map(|(p, r)| p.exp() * kl.value(*p, *r)).sum();
            prop_assert!((mean - exact).abs() < 1e-12);
        }
    }

    #[test]
    fn as_loss_terms_k1_is_idle_k2_descends_the_reverse_and_k3_the_forward_divergence(
        (policy, reference) in policies(),
    ) {
        let reverse: f64 = policy.iter().zip(&reference).map(|(p, r)| p.exp() * (p - r)).sum();
        let k1 = expected_gradient(KlEstimator::K1, &policy, &reference);
        let k2 = expected_gradient(KlEstimator::K2, &policy, &reference);
        let k3 = expected_gradient(KlEstimator::K3, &policy, &reference);
        for a in 0..4 {
            let p = policy[a].exp();
            prop_assert!(k1[a].abs() < 1e-12);
            prop_assert!((k2[a] - p * (policy[a] - reference[a] - reverse)).abs() < 1e-12);
            prop_assert!((k3[a] - (p - reference[a].exp())).abs() < 1e-12);
        }
    }

    #[test]
    fn the_derivative_is_the_slope_of_the_value(log_prob in -30.0..0.0, reference in -30.0..0.0) {
        let step = 1e-6;
        for estimator in [KlEstimator::K1, KlEstimator::K2, KlEstimator::K3, KlEstimator::Abs] {
            for kl in [Kl::verl(estimator), Kl::openrlhf(estimator)] {
                let slope = (kl.value(log_prob + step, reference) - kl.value(log_prob - step, reference)) / (2.0 * step);
                let sides = [log_prob - step, log_prob + step].map(|x| kl.derivative(x, reference));
                // Away from bounds and kinks the derivative hardly changes between the two sides.
                if (sides[0] - sides[1]).abs() < 1e-3 * (1.0 + sides[0].abs()) {
                    let derivative = kl.derivative(log_prob, reference);
                    prop_assert!((slope - derivative).abs() <= 1e-3 * (1.0 + derivative.abs()));
                }
            }
        }
    }

    #[test]
    fn straight_through_keeps_the_value_and_takes_the_gradient_of_k2(
        log_prob in -30.0..0.0, reference in -30.0..0.0,
    ) {
        for estimator in [KlEstimator::K1, KlEstimator::K3, KlEstimator::Abs] {
            let kl = Kl::verl(estimator);
            prop_assert_eq!(kl.straight_through().value(log_prob, reference), kl.value(log_prob, reference));
            let k2 = Kl::verl(KlEstimator::K2).derivative(log_prob, reference);
            prop_assert_eq!(kl.straight_through().derivative(log_prob, reference), k2);
        }
    }

    #[test]
    fn overlong_shaping_is_zero_before_the_buffer_and_falls_to_the_penalty(
        (max_length, buffer) in (1..100_usize).prop_flat_map(|max| (Just(max), 1..=max)),
        penalty in 0.1..2.0, length in 0..200_usize,
    ) {
        let overlong = Overlong { max_length, buffer, penalty };
        let shaping = |length| overlong.shaping(length).expect("valid");
        prop_assert_eq!(shaping(max_length - buffer), 0.0);
        prop_assert!((shaping(max_length) + penalty).abs() < 1e-12);
        prop_assert!(shaping(length + 1) <= shaping(length) && shaping(length) <= 0.0);
    }

    #[test]
    fn the_adaptive_coefficient_moves_towards_its_target_and_never_by_more_than_the_cap(
        kl in 0.0..20.0, samples in 1..500_usize,
    ) {
        let mut controller = AdaptiveKl { beta: 0.1, target: 6.0, horizon: 1000.0 };
        let beta = controller.update(kl, samples).expect("valid");
        let relative = beta / 0.1 - 1.0;
        prop_assert!(relative * (kl - 6.0) >= 0.0);
        prop_assert!(relative.abs() <= 0.2 * samples as f64 / 1000.0 + 1e-12);
    }
}
