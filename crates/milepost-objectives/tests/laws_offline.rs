//! Laws of the offline losses, and what they refuse.

mod common;

use common::laws::close_within;
use milepost_objectives::ObjectiveError;
use milepost_objectives::offline::{
    AdvantageWeights, ConservativeLoss, Expectile, SampledActions, TargetSmoothing, Td3Bc, TdLoss,
    discrete_conservative_loss, double_q_values, min_over_critics, td_targets,
};
use proptest::prelude::*;

/// The value that minimises an expectile loss, by bisection on its derivative.
fn expectile_of(targets: &[f64], expectile: f64) -> f64 {
    let slope = |v: f64| {
        let mut gradient = vec![0.0; targets.len()];
        let values = vec![v; targets.len()];
        Expectile { expectile }.evaluate(&values, targets, &mut gradient).expect("valid");
        gradient.iter().sum::<f64>()
    };
    let (mut low, mut high) = (-10.0, 10.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if slope(middle) > 0.0 { high = middle } else { low = middle }
    }
    low
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_expectile_is_the_mean_at_one_half_rises_and_approaches_the_largest_target(
        targets in prop::collection::vec(-3.0..3.0_f64, 1..8),
    ) {
        let mean = targets.iter().sum::<f64>() / targets.len() as f64;
        let largest = targets.iter().copied().fold(f64::MIN, f64::max);
        close_within("mean", &[expectile_of(&targets, 0.5)], &[mean], 1e-9)?;
        let mut last = f64::MIN;
        for tau in [0.1, 0.3, 0.5, 0.7, 0.9, 0.99] {
            let value = expectile_of(&targets, tau);
            prop_assert!(value >= last - 1e-9);
            last = value;
        }
        prop_assert!((expectile_of(&targets, 1.0 - 1e-7) - largest).abs() < 1e-4);
    }

    #[test]
    fn weights_rise_with_the_advantage_and_stay_below_the_cap(
        a in -1e4..1e4_f64, b in -1e4..1e4_f64, beta in 0.0..10.0_f64,
    ) {
        let rule = AdvantageWeights { inverse_temperature: beta, cap: 100.0 };
        let weights = rule.weights(&[a.min(b), a.max(b)]).expect("valid");
        prop_assert!(0.0 <= weights[0] && weights[0] <= weights[1] && weights[1] <= 100.0);
        let cloning = AdvantageWeights { inverse_temperature: 0.0, ..rule };
        prop_assert_eq!(cloning.weights(&[a, b]).expect("valid"), vec![1.0, 1.0]);
    }

    #[test]
    fn scaling_all_values_leaves_the_actor_alone(
        values in prop::collection::vec(0.1..3.0_f64, 1..6), scale in 0.1..10.0_f64,
    ) {
        let actions = vec![0.0; values.len()];
        // The gradient by the action is that by the value times dQ/da, which scales with the values.
        let slope = |values: &[f64]| {
            let (mut by_value, mut by_action) = (vec![0.0; values.len()], vec![0.0; values.len()]);
            Td3Bc { alpha: 2.5 }.evaluate(values, &actions, &actions, &mut by_value, &mut by_action).expect("valid");
            by_value[0]
        };
        let scaled: Vec<f64> = values.iter().map(|q| q * scale).collect();
        close_within("slope", &[slope(&scaled) * scale], &[slope(&values)], 1e-9)?;
    }

    #[test]
    fn the_discrete_gap_is_positive_shift_invariant_and_has_the_central_difference(
        values in prop::collection::vec(-3.0..3.0_f64, 12), taken in prop::collection::vec(0..3_usize, 2),
        shift in -2.0..2.0_f64,
    ) {
        let evaluate = |values: &[f64]| {
            let mut gradient = vec![f64::NAN; 12];
            let gap = discrete_conservative_loss(values, &taken, 2, 3, &mut gradient).expect("valid");
            (gap, gradient)
        };
        let (gap, gradient) = evaluate(&values);
        prop_assert!(gap > 0.0);
        let shifted: Vec<f64> = values.iter().map(|q| q + shift).collect();
        close_within("shift", &[evaluate(&shifted).0], &[gap], 1e-12)?;
        for index in 0..12 {
            let at = |sign: f64| {
                let mut moved = values.clone();
                moved[index] += sign * 1e-6;
                evaluate(&moved).0
            };
            close_within("gradient", &[gradient[index]], &[(at(1.0) - at(-1.0)) / 2e-6], 1e-8)?;
        }
    }

    #[test]
    fn sampling_every_action_with_its_density_is_the_discrete_gap(
        values in prop::collection::vec(-3.0..3.0_f64, 6), taken in prop::collection::vec(0..3_usize, 2),
    ) {
        // With log-densities of 0 the sampled sum is the sum over actions.
        let data: Vec<f64> = (0..2).map(|state| values[state * 3 + taken[state]]).collect();
        let sources = [SampledActions { values: &values, log_densities: &[0.0; 6] }];
        let loss = ConservativeLoss { weight: 1.0, threshold: 0.0, multiplier: 1.0 };
        let (mut by_source, mut by_data) = (vec![Vec::new()], vec![0.0; 2]);
        let report = loss.evaluate(&sources, &data, 1, &mut by_source, &mut by_data).expect("valid");
        let mut gradient = vec![0.0; 6];
        let gap = discrete_conservative_loss(&values, &taken, 1, 3, &mut gradient).expect("valid");
        close_within("gap", &[report.loss], &[gap], 1e-12)?;
        for state in 0..2 {
            by_source[0][state * 3 + taken[state]] += by_data[state];
        }
        close_within("gradient", &by_source[0], &gradient, 1e-12)?;
    }

    #[test]
    fn a_true_end_removes_the_bootstrap(reward in -1.0..1.0_f64, next in -5.0..5.0_f64, gamma in 0.0..=1.0_f64) {
        let targets = td_targets(&[reward, reward], &[true, false], &[next, next], gamma).expect("valid");
        prop_assert_eq!(targets, vec![reward, reward + gamma * next]);
    }

    #[test]
    fn hubers_loss_is_half_the_square_until_its_width(error in -3.0..3.0_f64) {
        let at = |loss: TdLoss| {
            let mut gradient = [0.0];
            (loss.evaluate(&[error], &[0.0], 1, &mut gradient).expect("valid"), gradient[0])
        };
        let (squared, slope) = at(TdLoss::Squared {});
        let (huber, huber_slope) = at(TdLoss::Huber { width: 1.0 });
        close_within("slope", &[huber_slope], &[(0.5 * slope).clamp(-1.0, 1.0)], 1e-12)?;
        let want = if error.abs() <= 1.0 { 0.5 * squared } else { error.abs() - 0.5 };
        close_within("loss", &[huber], &[want], 1e-12)?;
    }
}

#[test]
fn an_exponential_that_overflows_is_the_cap() {
    let rule = AdvantageWeights { inverse_temperature: 3.0, cap: 100.0 };
    assert_eq!(rule.weights(&[1e6]).expect("valid"), [100.0]);
}

#[test]
fn equal_actions_are_broken_by_the_first() {
    let (best, values) = double_q_values(&[1.0, 1.0], &[3.0, 2.0], 1, 2).expect("valid");
    assert_eq!((best, values), (vec![0], vec![3.0]));
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let parameter = |error: ObjectiveError, name: &str| {
        assert!(matches!(error, ObjectiveError::InvalidParameter { name: n, .. } if n == name), "{error}");
    };
    for expectile in [0.0, 1.0, f64::NAN] {
        let error = Expectile { expectile }.evaluate(&[0.0], &[0.0], &mut [0.0]).expect_err("outside");
        parameter(error, "expectile");
    }
    let rule = AdvantageWeights { inverse_temperature: -1.0, cap: 1.0 };
    parameter(rule.weights(&[0.0]).expect_err("β < 0"), "inverse-temperature");
    parameter(td_targets(&[0.0], &[false], &[0.0], 1.5).expect_err("γ > 1"), "gamma");
    let flat = Td3Bc { alpha: 1.0 }.evaluate(&[0.0], &[0.0], &[0.0], &mut [0.0], &mut [0.0]);
    parameter(flat.expect_err("λ is undefined"), "mean |Q|");
    let smoothing = TargetSmoothing { sigma: 0.2, clip: -1.0 };
    parameter(smoothing.actions(&[0.0], &[0.0]).expect_err("an empty range"), "clip");
    parameter(TdLoss::Huber { width: 0.0 }.evaluate(&[0.0], &[0.0], 1, &mut [0.0]).expect_err("0"), "width");

    let error = discrete_conservative_loss(&[0.0; 2], &[2], 1, 2, &mut [0.0; 2]).expect_err("no such action");
    let expected = ObjectiveError::IndexOutOfRange { what: "taken", position: 0, index: 2, len: 2 };
    assert_eq!(error, expected);
    assert!(min_over_critics(&[0.0; 3], 2).is_err(), "ragged critics");
    assert!(min_over_critics(&[0.0; 3], 0).is_err(), "no critic");
    assert!(
        Td3Bc { alpha: 1.0 }.evaluate(&[1.0; 2], &[0.0; 3], &[0.0; 3], &mut [0.0; 2], &mut [0.0; 3]).is_err()
    );
    let loss = ConservativeLoss { weight: 1.0, threshold: 0.0, multiplier: 1.0 };
    assert!(loss.evaluate(&[], &[0.0], 1, &mut [], &mut [0.0]).is_err(), "no sampled action");
}
