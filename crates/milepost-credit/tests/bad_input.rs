//! Bad input is a typed error that names the argument, the place and the remedy.

use milepost_credit::{
    Aggregation, CreditError, DoublyRobust, Gae, GiGpo, GroupFilter, Groups, Lambda, Normalize, Overlong,
    Rows, Scale, StepEnd, TurnBatch, contrast_advantages, lambda_returns, n_step_returns, opo_advantages,
    prefix_tree_advantages, redistribute, reward_to_go, vine_advantages, whiten,
};

const GAE: Gae = Gae { gamma: 0.9, lambda: 0.9 };

#[test]
fn a_number_that_is_not_finite_is_named_by_its_place() {
    let bad = [0.0, f64::NAN, f64::INFINITY];
    let place = |what| move |e: &CreditError| matches!(*e, CreditError::NotFinite { what: w, index: 1, .. } if w == what);
    let mut out = [0.0; 3];
    let mut other = [0.0; 3];
    let e = reward_to_go(&bad, 0.9, 0.0, &mut out).expect_err("NaN");
    assert!(place("rewards")(&e), "{e}");
    let e = GAE.assign(&[0.0; 3], &bad, 0.0, &mut out, &mut other).expect_err("NaN");
    assert!(place("values")(&e), "{e}");
    let e = Normalize::grpo().apply(&bad, &mut out).expect_err("NaN");
    assert!(place("scores")(&e), "{e}");
    let e = whiten(&mut bad.clone(), None, 1e-8).expect_err("NaN");
    assert!(place("values")(&e), "{e}");
    let e = redistribute(&bad, 0.0, 0.0, milepost_credit::Residual::Last, &mut out).expect_err("NaN");
    assert!(place("predictions")(&e), "{e}");
    let ends = [StepEnd::Continues, StepEnd::Truncated(f64::NAN), StepEnd::Terminated];
    let e = GAE.assign_rollout(&[0.0; 3], &[0.0; 3], &ends, 0.0, &mut out, &mut other).expect_err("NaN");
    assert!(place("ends")(&e), "{e}");
    assert_eq!(
        e.to_string(),
        "`ends[1]` is NaN; reject the trajectory that produced it",
        "the message names place and remedy"
    );
}

#[test]
fn a_bootstrap_that_is_not_finite_is_refused() {
    let mut out = [0.0; 1];
    assert!(reward_to_go(&[1.0], 0.9, f64::NAN, &mut out).is_err());
    assert!(GAE.assign(&[1.0], &[1.0], f64::INFINITY, &mut out, &mut [0.0]).is_err());
}

#[test]
fn slices_of_unequal_length_are_named_with_both_lengths() {
    let e = GAE.assign(&[0.0; 3], &[0.0; 2], 0.0, &mut [0.0; 3], &mut [0.0; 3]).expect_err("two values");
    assert_eq!(e, CreditError::LengthMismatch { what: "values", expected: 3, found: 2 });
    let e = Aggregation::TokenMean.weights(&[1, 2], &mut [0.0; 3]).expect_err("three weights");
    assert_eq!(e, CreditError::LengthMismatch { what: "out", expected: 2, found: 3 });
    let groups = Groups::from_sizes(&[2]);
    assert!(Normalize::grpo().apply_groups(&groups, &[1.0; 3], &mut [0.0; 3]).is_err());
    assert!(
        opo_advantages(&groups, &[1.0; 2], &[1], milepost_credit::Singleton::Drop, &mut [0.0; 2]).is_err()
    );
    assert!(prefix_tree_advantages(&[1.0], &Rows::padded(1, 3), &[1, 2, 3], &mut [0.0; 3]).is_err());
}

#[test]
fn empty_input_is_refused() {
    let is_empty = |e: CreditError| matches!(e, CreditError::Empty { .. });
    assert!(is_empty(reward_to_go(&[], 0.9, 0.0, &mut []).expect_err("empty")));
    assert!(is_empty(GAE.assign(&[], &[], 0.0, &mut [], &mut []).expect_err("empty")));
    assert!(is_empty(Normalize::grpo().apply(&[], &mut []).expect_err("empty")));
    assert!(is_empty(Aggregation::TokenMean.weights(&[], &mut []).expect_err("empty")));
    let rows = Rows::ragged(&[1, 0]);
    assert!(is_empty(
        vine_advantages(&[0.0; 2], &rows, &[1.0], 1.0, 0.0, &mut [0.0; 2]).expect_err("no branch")
    ));
    assert!(is_empty(
        contrast_advantages((&rows, &[1.0]), (&rows, &[1.0]), &mut [0.0; 2]).expect_err("no sample")
    ));
}

#[test]
fn parameters_outside_their_domain_are_refused() {
    let mut out = [0.0; 2];
    for gamma in [-0.1, 1.1, f64::NAN] {
        assert!(reward_to_go(&[1.0; 2], gamma, 0.0, &mut out).is_err());
        assert!(
            Gae { gamma, lambda: 0.5 }.assign(&[1.0; 2], &[0.0; 2], 0.0, &mut out, &mut [0.0; 2]).is_err()
        );
        let doubly = DoublyRobust { gamma: 0.9, lambda: gamma };
        assert!(doubly.assign(&[1.0; 2], &[1.0; 2], &[0.0; 2], 0.0, &mut out).is_err());
        assert!(
            lambda_returns(&[1.0; 2], &[0.9; 2], &[0.0; 2], Lambda::PerStep(&[0.5, gamma]), &mut out)
                .is_err()
        );
    }
    assert!(n_step_returns(&[1.0; 2], &[0.9; 2], &[0.0; 2], 0, &mut out).is_err());
    let negative = Normalize { scale: Scale::Std { ddof: 1, epsilon: -1.0 }, ..Normalize::grpo() };
    assert!(negative.apply(&[1.0, 2.0], &mut out).is_err());
    let too_free = Normalize { scale: Scale::Std { ddof: 2, epsilon: 0.0 }, ..Normalize::grpo() };
    assert_eq!(
        too_free.apply(&[1.0, 2.0], &mut out),
        Err(CreditError::TooFew { what: "standard deviation", needed: 3, found: 2 })
    );
    assert!(Aggregation::SeqMeanTokenSumNorm { constant: 0.0 }.weights(&[1, 1], &mut out).is_err());
    assert!(Overlong { max_length: 5, buffer: 6, penalty: 1.0 }.shaping(3).is_err());
    let band = GroupFilter::AccuracyBand { low: 0.8, high: 0.2 };
    assert!(band.keep(&Groups::from_sizes(&[2]), &[0.0, 1.0], &mut [false; 2]).is_err());
}

#[test]
fn a_batch_without_a_second_policy_token_has_no_variance() {
    let mut values = [1.0, 2.0, 3.0];
    let too_few = |found| Err(CreditError::TooFew { what: "whitening", needed: 2, found });
    assert_eq!(whiten(&mut values, Some(&[false; 3]), 1e-8), too_few(0));
    assert_eq!(whiten(&mut values, Some(&[false, true, false]), 1e-8), too_few(1));
    assert!(Aggregation::TokenMean.weights(&[0, 0], &mut [0.0; 2]).is_err());
}

#[test]
fn a_pool_of_one_is_dropped_and_counted() {
    for rule in [Normalize::grpo(), Normalize::dr_grpo(), Normalize::rloo()] {
        let mut out = [9.0];
        let report = rule.apply(&[5.0], &mut out).expect("valid");
        assert!(report.dropped);
        assert_eq!(out, [0.0]);
    }
    let mut out = [9.0; 4];
    let report = Normalize::grpo()
        .apply_groups(&Groups::from_sizes(&[1, 3]), &[5.0, 1.0, 1.0, 1.0], &mut out)
        .expect("valid");
    assert_eq!((report.groups, report.dropped, report.zero_range), (2, 1, 1));
    assert_eq!(out, [0.0; 4]);
}

#[test]
fn an_unscaled_uncentred_score_is_copied_even_alone() {
    let raw = Normalize { centre: milepost_credit::Centre::None, scale: Scale::None };
    let mut out = [0.0];
    assert!(!raw.apply(&[5.0], &mut out).expect("valid").dropped);
    assert_eq!(out, [5.0]);
}

#[test]
fn a_trajectory_without_turns_is_allowed_beside_others() {
    let groups = Groups::from_sizes(&[2]);
    let turns = Rows::ragged(&[0, 2]);
    let batch = TurnBatch {
        groups: &groups,
        turns: &turns,
        outcomes: &[0.0, 1.0],
        turn_rewards: &[0.0, 1.0],
        anchors: &[3, 4],
    };
    let mut out = [0.0; 2];
    GiGpo::default().assign(&batch, &mut out).expect("valid");
    assert!(out[0] > 0.0 && out[0] == out[1]);
}
