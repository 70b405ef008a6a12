use burn::tensor::{Device, Tensor, TensorData};
use milepost_core::{Purpose, Stream, StreamKey};
use proptest::prelude::*;

use super::*;

fn row(values: &[f32]) -> Tensor<1> {
    Tensor::from_floats(values, &Device::flex().autodiff())
}

fn rows(values: &[f32], width: usize) -> Tensor<2> {
    let n = values.len() / width;
    Tensor::from_data(TensorData::new(values.to_vec(), [n, width]), &Device::flex().autodiff())
}

fn cube(values: &[f32], shape: [usize; 3]) -> Tensor<3> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex().autodiff())
}

fn host<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().iter::<f32>().collect()
}

fn number(x: Tensor<1>) -> f32 {
    x.into_scalar::<f32>()
}

/// The minimiser in `v` of the expectile loss, by bisection on its derivative.
fn expectile(q: &[f32], tau: f64) -> f64 {
    let slope = |v: f64| -> f64 {
        q.iter().map(|q| f64::from(*q) - v).map(|u| if u < 0.0 { (1.0 - tau) * u } else { tau * u }).sum()
    };
    let (mut low, mut high) = (-100.0, 100.0);
    for _ in 0..80 {
        let mid = 0.5 * (low + high);
        if slope(mid) > 0.0 { low = mid } else { high = mid }
    }
    low
}

fn numbers(len: std::ops::Range<usize>) -> impl Strategy<Value = Vec<f32>> {
    prop::collection::vec(-3f32..3.0, len)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn with_tau_one_half_the_expectile_loss_is_half_the_squared_error(u in numbers(1..20)) {
        let loss = number(expectile_loss(row(&u), 0.5));
        let half = 0.5 * u.iter().map(|u| u * u).sum::<f32>() / u.len() as f32;
        prop_assert!((loss - half).abs() <= 1e-5 * half.max(1.0));
    }

    #[test]
    fn the_expectile_loss_is_least_at_a_value_that_grows_with_tau_to_the_maximum(q in numbers(2..20)) {
        let best = [0.5, 0.7, 0.9, 0.999].map(|tau| {
            let v = expectile(&q, tau);
            let at = |v: f64| {
                let u: Vec<f32> = q.iter().map(|q| q - v as f32).collect();
                number(expectile_loss(row(&u), tau))
            };
            assert!(at(v) <= at(v + 0.1) + 1e-6 && at(v) <= at(v - 0.1) + 1e-6);
            v
        });
        prop_assert!(best.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9));
        let max = q.iter().copied().fold(f32::MIN, f32::max);
        prop_assert!(best[3] <= f64::from(max) + 1e-6 && best[3] > f64::from(max) - 0.1);
    }

    #[test]
    fn advantage_weights_stay_between_zero_and_the_cap_and_are_one_without_temperature(
        u in prop::collection::vec(-1e30f32..1e30, 1..20), beta in 0.1f64..20.0,
    ) {
        let weights = host(advantage_weights(row(&u), beta, 100.0));
        prop_assert!(weights.iter().all(|w| (0.0..=100.0).contains(w)), "{weights:?}");
        prop_assert!(host(advantage_weights(row(&u), 0.0, 100.0)).iter().all(|w| *w == 1.0));
    }

    #[test]
    fn terminals_remove_the_bootstrap_and_gamma_zero_leaves_the_reward(r in numbers(3..4), v in numbers(3..4)) {
        let target = host(td_target(row(&r), row(&[0.0, 1.0, 1.0]), row(&v), 0.9));
        prop_assert_eq!(target[0], r[0]);
        prop_assert!((target[1] - (r[1] + 0.9 * v[1])).abs() < 1e-5);
        prop_assert_eq!(host(td_target(row(&r), row(&[1.0; 3]), row(&v), 0.0)), r);
    }

    #[test]
    fn scaling_all_values_leaves_the_actors_gradient_and_lambda_has_none(
        slope in prop::collection::vec(0.1f32..2.0, 8), a in prop::collection::vec(-0.9f32..0.9, 8), scale in 0.1f64..50.0,
    ) {
        let gradient = |scale: f64| {
            let action = rows(&a, 2).require_grad();
            let q = (rows(&slope, 2) * action.clone()).sum_dim(1).squeeze_dim::<1>(1).add_scalar(3.0);
            let data = action.clone().detach();
            let q = q.mul_scalar(scale);
            let loss = td3_bc_actor_loss(q, action.clone(), data, 2.5, CloningProfile::Mean).total;
            host(action.grad(&loss.backward()).expect("tracked"))
        };
        let one = gradient(1.0);
        for (found, expected) in gradient(scale).iter().zip(&one) {
            prop_assert!((found - expected).abs() < 1e-5);
        }
        // −α/(mean |Q| n) · slope: what is left when λ is a constant.
        let q: Vec<f32> =
            (0..4).map(|i| slope[2 * i] * a[2 * i] + slope[2 * i + 1] * a[2 * i + 1] + 3.0).collect();
        let lambda = 2.5 / (q.iter().map(|q| q.abs()).sum::<f32>() / 4.0);
        for (found, slope) in one.iter().zip(&slope) {
            prop_assert!((found + lambda * slope / 4.0).abs() < 1e-4);
        }
    }

    #[test]
    fn without_alpha_the_actor_clones(policy in numbers(6..7), data in numbers(6..7), q in numbers(3..4)) {
        let (policy, data) = (rows(&policy, 2), rows(&data, 2));
        let loss = td3_bc_actor_loss(row(&q), policy.clone(), data.clone(), 0.0, CloningProfile::Mean);
        prop_assert_eq!(number(loss.total), number(CloningProfile::Mean.loss(policy.clone(), data.clone())));
        let sum = number(CloningProfile::Sum.loss(policy.clone(), data.clone()));
        prop_assert!((sum - 2.0 * number(loss.cloning)).abs() < 1e-5 * sum.max(1.0));
    }

    #[test]
    fn the_discrete_gap_is_never_negative_and_zero_only_for_one_action(
        q in numbers(24..25), data in 0i32..3,
    ) {
        let action = |n: usize, a: i32| {
            Tensor::from_data(TensorData::new(vec![a; n], [n]), &Device::flex().autodiff())
        };
        prop_assert!(number(discrete_conservative_gap(cube(&q, [2, 4, 3]), action(4, data))) > 0.0);
        prop_assert!(number(discrete_conservative_gap(cube(&q, [2, 12, 1]), action(12, 0))).abs() < 1e-6);
    }

    #[test]
    fn the_gap_is_never_negative_when_the_data_action_is_among_the_samples(
        q in numbers(12..13), log_prob in prop::collection::vec(-4f32..0.0, 6),
    ) {
        // Sample 0 is the data's action; its density is at most one.
        let q = cube(&q, [2, 2, 3]);
        let data = q.clone().narrow(2, 0, 1).squeeze_dim::<2>(2);
        let samples = vec![ConservativeSamples { q, log_prob: cube(&log_prob, [1, 2, 3]) }];
        prop_assert!(host(conservative_gap(samples, data)).iter().all(|gap| *gap >= -1e-6));
    }

    #[test]
    fn log_sum_exp_survives_large_values(q in numbers(6..7)) {
        let shifted = host(log_sum_exp(cube(&q, [1, 2, 3]).add_scalar(1000.0)));
        for (found, plain) in shifted.iter().zip(host(log_sum_exp(cube(&q, [1, 2, 3])))) {
            prop_assert!((found - 1000.0 - plain).abs() < 1e-3);
        }
    }

    #[test]
    fn log_variances_stay_softly_between_their_bounds(raw in prop::collection::vec(-60f32..60.0, 6)) {
        let (min, max) = (cube(&[-10.0], [1, 1, 1]), cube(&[0.5], [1, 1, 1]));
        let bounded = host(bounded_log_variance(cube(&raw, [2, 1, 3]), min, max));
        prop_assert!(bounded.iter().all(|v| (-10.0..=0.5 + 1e-3).contains(v)), "{bounded:?}");
    }

    #[test]
    fn squashed_densities_integrate_to_one(mean in -1.5f32..1.5, log_std in -1.5f32..0.5) {
        // Midpoints of a fine grid over (−1, 1), in atanh coordinates so that the ends are resolved.
        let n = 4000;
        let (low, width) = (-9.0, 18.0 / n as f64);
        let at = |i: usize| low + (i as f64 + 0.5) * width;
        let actions: Vec<f32> = (0..n).map(|i| at(i).tanh() as f32).collect();
        let density = host(squashed_log_prob(
            rows(&actions, 1),
            rows(&vec![mean; n], 1),
            rows(&vec![log_std; n], 1),
        ));
        let weight = |i: usize| (1.0 - at(i).tanh().powi(2)) * width;
        let total: f64 = density.iter().enumerate().map(|(i, d)| f64::from(d.exp()) * weight(i)).sum();
        prop_assert!((total - 1.0).abs() < 0.01, "{total}");
    }

    #[test]
    fn a_drawn_actions_log_probability_is_that_of_the_action(
        mean in numbers(2..3), log_std in prop::collection::vec(-2f32..0.0, 2), noise in prop::collection::vec(-2f32..2.0, 2),
    ) {
        let (mean, log_std) = (rows(&mean, 2).mul_scalar(0.5), rows(&log_std, 2));
        let (action, log_prob) = squash(mean.clone(), log_std.clone(), rows(&noise, 2));
        let again = number(squashed_log_prob(action, mean, log_std));
        prop_assert!((number(log_prob) - again).abs() < 2e-2 * again.abs().max(1.0));
    }
}

#[test]
fn actions_at_the_bounds_have_finite_densities() {
    let log_prob = host(squashed_log_prob(rows(&[1.0, -1.0], 1), rows(&[0.0, 0.0], 1), rows(&[0.0, 0.0], 1)));
    assert!(log_prob.iter().all(|x| x.is_finite()), "{log_prob:?}");
}

#[test]
fn the_dynamics_likelihood_is_best_at_the_true_mean_and_variance() {
    let mut stream = Stream::new(StreamKey::new(3, Purpose::named("test")));
    let (mean, variance) = (0.7, 0.25f64);
    let n = 20_000;
    let samples: Vec<f32> = (0..n).map(|_| (mean + variance.sqrt() * stream.normal()) as f32).collect();
    let at = |mean: f64, variance: f64| {
        let filled = |x: f64| cube(&vec![x as f32; n], [1, n, 1]);
        number(gaussian_nll(filled(mean), filled(variance.ln()), cube(&samples, [1, n, 1])))
    };
    let best = at(mean, variance);
    for (m, v) in [(0.6, 0.25), (0.8, 0.25), (0.7, 0.2), (0.7, 0.31)] {
        assert!(best < at(m, v), "{m} {v}");
    }
}
