//! Bad input is a typed error that names the argument, the place and the remedy.

use milepost_credit::{Aggregation, KlEstimator, Rows};
use milepost_objectives::profiles::{plain, trl, verl};
use milepost_objectives::{
    BradleyTerry, Cispo, Clip, EntropyLoss, GeometricMean, KlBounds, KlTerm, LogRatio, MarginLoss,
    ObjectiveError, PairBatch, PolicyObjective, PreferenceLoss, PreferenceObjective, RatioUnit, Reduction,
    Regression, RewardPairs, SequenceLogProb, Surrogate, TokenBatch, ValueBatch, ValueLoss, log_partition,
    plackett_luce,
};

fn refused(objective: &PolicyObjective, batch: &TokenBatch<'_>) -> ObjectiveError {
    let mut gradient = vec![0.0; batch.rows.entries()];
    objective.evaluate(batch, None, &mut gradient).expect_err("bad input")
}

#[test]
fn a_log_prob_that_is_not_finite_is_named_by_row_and_place_unless_it_is_masked() {
    let rows = Rows::ragged(&[1, 2]);
    let zeros = [0.0; 3];
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let values = [0.0, 0.0, bad];
        let batch = TokenBatch::new(&rows, &zeros, &zeros, &zeros);
        for (what, batch) in [
            ("log_probs", TokenBatch { log_probs: &values, ..batch }),
            ("old_log_probs", TokenBatch { old_log_probs: &values, ..batch }),
            ("advantages", TokenBatch { advantages: &values, ..batch }),
            ("reference", batch.with_reference(&values)),
            ("correction", batch.with_correction(&values)),
        ] {
            let error = refused(&plain::ppo(), &batch);
            assert!(
                matches!(error, ObjectiveError::NotFinite { what: w, row: 1, index: 2, .. } if w == what),
                "{error}"
            );
            let masked = batch.masked(&[true, true, false]);
            assert!(
                plain::ppo().evaluate(&masked, None, &mut [0.0; 3]).is_ok(),
                "a masked {what} is never read"
            );
        }
    }
    let values = [0.0, 0.0, f64::NAN];
    let error = refused(&plain::ppo(), &TokenBatch::new(&rows, &values, &zeros, &zeros));
    assert_eq!(
        error.to_string(),
        "`log_probs[2]` (row 1) is NaN; drop that row before it reaches the loss",
        "the message names place and remedy"
    );
}

#[test]
fn slices_that_do_not_fit_are_refused_by_name() {
    let rows = Rows::ragged(&[2, 1]);
    let (good, short) = ([0.0; 3], [0.0; 2]);
    let batch = TokenBatch::new(&rows, &good, &good, &good);
    for (what, batch) in [
        ("log_probs", TokenBatch { log_probs: &short, ..batch }),
        ("old_log_probs", TokenBatch { old_log_probs: &short, ..batch }),
        ("advantages", TokenBatch { advantages: &short, ..batch }),
        ("reference", batch.with_reference(&short)),
        ("correction", batch.with_correction(&short)),
        ("mask", batch.masked(&[true, false])),
    ] {
        let error = refused(&plain::ppo(), &batch);
        let expected = ObjectiveError::LengthMismatch { what, expected: 3, found: 2 };
        assert_eq!(error, expected);
    }
    let error = plain::ppo().evaluate(&batch, None, &mut [0.0; 2]).expect_err("a short gradient");
    assert_eq!(error, ObjectiveError::LengthMismatch { what: "gradient", expected: 3, found: 2 });
}

#[test]
fn a_batch_without_policy_tokens_is_refused() {
    let rows = Rows::ragged(&[2]);
    let zeros = [0.0; 2];
    let batch = TokenBatch::new(&rows, &zeros, &zeros, &zeros).masked(&[false, false]);
    for objective in [plain::ppo(), plain::grpo(), trl::grpo(0.2, 0.2), verl::geo_mean(0.4, 0.4)] {
        assert_eq!(refused(&objective, &batch), ObjectiveError::NoPolicyToken);
    }
    for lengths in [&[][..], &[0]] {
        let empty = Rows::ragged(lengths);
        let error = refused(&plain::ppo(), &TokenBatch::new(&empty, &[], &[], &[]));
        assert_eq!(error, ObjectiveError::Empty { what: "rows" });
    }
}

#[test]
fn parameters_outside_their_domain_are_refused_by_name() {
    let clip = |clip| PolicyObjective { surrogate: Surrogate::Clip(clip), ..plain::ppo() };
    let symmetric = Clip::symmetric(0.2);
    let with = |surrogate| PolicyObjective { surrogate, ..plain::ppo() };
    let ratio = |lower, upper| PolicyObjective {
        ratio: LogRatio { unit: RatioUnit::Token, lower, upper },
        ..plain::ppo()
    };
    let norm = Reduction::new(Aggregation::SeqMeanTokenSumNorm { constant: 0.0 });
    let epsilon = Reduction { count_epsilon: -1.0, ..Reduction::new(Aggregation::TokenMean) };
    for (name, objective) in [
        ("dual", clip(Clip { dual: Some(1.0), ..symmetric })),
        ("dual", clip(Clip { dual: Some(f64::NAN), ..symmetric })),
        ("cap", clip(Clip { cap: Some(0.9), ..symmetric })),
        ("low", clip(Clip::asymmetric(0.0, 0.2))),
        ("low", clip(Clip::asymmetric(1.5, 0.2))),
        ("high", clip(Clip::asymmetric(0.2, f64::INFINITY))),
        ("floor", with(Surrogate::Cispo(Cispo { floor: Some(-1.0), cap: None }))),
        ("cap", with(Surrogate::Cispo(Cispo { floor: Some(1.0), cap: Some(0.5) }))),
        ("positive-temperature", verl::sapo(0.0, 1.0)),
        ("low", with(Surrogate::GeometricMean(GeometricMean { low: -0.4, high: 0.4, count_epsilon: 0.0 }))),
        ("beta", verl::dro(0.0, Aggregation::TokenMean)),
        ("fraction", verl::kl_cov(0.0, 1.0, Aggregation::TokenMean)),
        ("huber", with(Surrogate::Regression(Regression { beta: 1.0, huber: Some(0.0) }))),
        ("lower", ratio(Some(1.0), None)),
        ("upper", ratio(None, Some(f64::NAN))),
        ("constant", PolicyObjective { reduction: norm, ..plain::ppo() }),
        ("count-epsilon", PolicyObjective { reduction: epsilon, ..plain::ppo() }),
        ("coefficient", plain::ppo().with_kl(KlTerm::new(-1.0, KlEstimator::K3, KlBounds::None))),
    ] {
        let error = objective.validate().expect_err("outside of its domain");
        assert!(matches!(error, ObjectiveError::InvalidParameter { name: n, .. } if n == name), "{error}");
        let rows = Rows::ragged(&[1]);
        let batch = TokenBatch::new(&rows, &[0.0], &[0.0], &[0.0]).with_reference(&[0.0]);
        assert_eq!(refused(&objective, &batch).to_string(), error.to_string(), "evaluation validates too");
    }
}

#[test]
fn a_divergence_without_a_reference_is_refused() {
    let rows = Rows::ragged(&[1]);
    let batch = TokenBatch::new(&rows, &[0.0], &[0.0], &[0.0]);
    let error = refused(&plain::ppo().with_kl(trl::kl(0.1)), &batch);
    assert_eq!(error, ObjectiveError::Missing { objective: "kl", what: "reference" });
}

#[test]
fn a_negative_correction_is_refused() {
    let rows = Rows::ragged(&[2]);
    let zeros = [0.0; 2];
    let batch = TokenBatch::new(&rows, &zeros, &zeros, &zeros).with_correction(&[1.0, -1.0]);
    for objective in [plain::ppo(), trl::vespo(), verl::geo_mean(0.4, 0.4)] {
        let error = refused(&objective, &batch);
        assert!(matches!(error, ObjectiveError::InvalidParameter { name: "correction", .. }), "{error}");
    }
    assert!(plain::ppo().evaluate(&batch.masked(&[true, false]), None, &mut [0.0; 2]).is_ok());
}

#[test]
fn an_overflow_without_bounds_is_refused_with_its_place() {
    let rows = Rows::ragged(&[1, 1]);
    let (log_probs, old) = ([-1.0, 0.0], [-1.0, -1000.0]);
    let batch = TokenBatch::new(&rows, &log_probs, &old, &[-1.0, -1.0]);
    let error = refused(&trl::grpo(0.2, 0.2), &batch);
    assert!(matches!(error, ObjectiveError::NotFinite { what: "the loss", row: 1, index: 1, .. }), "{error}");
    assert!(plain::ppo().evaluate(&batch, None, &mut [0.0; 2]).is_ok(), "bounds keep it finite");
}

#[test]
fn preference_losses_name_what_they_lack() {
    let (chosen, rejected) = ([-1.0], [-2.0]);
    let evaluate = |loss, batch: &PairBatch<'_>| {
        PreferenceObjective { loss, beta: 0.1 }.evaluate(batch, None, &mut [0.0], &mut [0.0])
    };
    let bare = PairBatch::new(&chosen, &rejected);
    let error = evaluate(PreferenceLoss::dpo(), &bare).expect_err("no reference");
    assert_eq!(error, ObjectiveError::Missing { objective: "margin", what: "reference" });
    let error = evaluate(PreferenceLoss::Simpo { target_margin: 0.5 }, &bare).expect_err("no lengths");
    assert_eq!(error, ObjectiveError::Missing { objective: "simpo", what: "lengths" });
    let error = evaluate(PreferenceLoss::Orpo {}, &bare.with_lengths(&[3], &[0])).expect_err("empty");
    assert_eq!(error, ObjectiveError::EmptyRow { what: "rejected lengths", row: 0 });
    let error = evaluate(PreferenceLoss::dpo(), &PairBatch::new(&[], &[])).expect_err("no pair");
    assert_eq!(error, ObjectiveError::Empty { what: "chosen" });
    let error = evaluate(PreferenceLoss::dpo(), &bare.with_reference(&[f64::NAN], &[0.0])).expect_err("NaN");
    assert!(matches!(error, ObjectiveError::NotFinite { what: "reference chosen", row: 0, .. }), "{error}");
    let certain = PairBatch::new(&[0.0], &rejected).with_lengths(&[1], &[1]);
    let error = evaluate(PreferenceLoss::Orpo {}, &certain).expect_err("odds of probability 1 are infinite");
    assert!(matches!(error, ObjectiveError::NotFinite { what: "the loss", .. }), "{error}");
}

#[test]
fn preference_parameters_outside_their_domain_are_refused() {
    let margin =
        |loss| PreferenceLoss::Margin { loss, divergence: milepost_objectives::Divergence::ReverseKl {} };
    for (name, loss, beta) in [
        ("beta", PreferenceLoss::dpo(), 0.0),
        ("smoothing", PreferenceLoss::conservative_dpo(0.5), 0.1),
        ("smoothing", margin(MarginLoss::Robust { smoothing: 0.5 }), 0.1),
        ("smoothing", margin(MarginLoss::Exo { smoothing: 0.0 }), 0.1),
        ("temperature", margin(MarginLoss::Discopop { temperature: 0.0 }), 0.1),
        ("target-margin", PreferenceLoss::Simpo { target_margin: -1.0 }, 0.1),
    ] {
        let error = PreferenceObjective { loss, beta }.validate().expect_err("outside of its domain");
        assert!(matches!(error, ObjectiveError::InvalidParameter { name: n, .. } if n == name), "{error}");
    }
}

#[test]
fn sequences_without_tokens_and_wrong_partners_are_refused() {
    let rows = Rows::ragged(&[1, 2]);
    let error = SequenceLogProb::sum(&rows, Some(&[true, false, false])).expect_err("row 1 is empty");
    assert_eq!(error, ObjectiveError::EmptyRow { what: "rows", row: 1 });
    let error = SequenceLogProb::length_desensitized(&rows, None, &[1], 0.5).expect_err("one partner");
    assert!(matches!(error, ObjectiveError::LengthMismatch { what: "partner_lengths", .. }), "{error}");
    let error = SequenceLogProb::length_desensitized(&rows, None, &[1, 1], 1.5).expect_err("α > 1");
    assert!(matches!(error, ObjectiveError::InvalidParameter { name: "alpha", .. }), "{error}");
}

#[test]
fn comparisons_and_rankings_refuse_what_makes_no_sense() {
    let (w, l) = ([1.0], [0.0]);
    let pairs = RewardPairs { probabilities: Some(&[1.5]), ..RewardPairs::new(&w, &l) };
    let error = BradleyTerry::default().evaluate(&pairs, None, &mut [0.0], &mut [0.0]).expect_err("p > 1");
    assert!(matches!(error, ObjectiveError::InvalidParameter { name: "probabilities", .. }), "{error}");
    for ranking in [[0, 0], [0, 2]] {
        let error =
            plackett_luce(&[1.0, 0.0], &ranking, 2, &mut [0.0], &mut [0.0; 2]).expect_err("no ordering");
        assert_eq!(error, ObjectiveError::NotARanking { row: 0, items: 2 });
    }
    assert!(plackett_luce(&[1.0; 3], &[0, 1, 2], 2, &mut [0.0], &mut [0.0; 3]).is_err(), "ragged rows");
    assert!(plackett_luce(&[], &[], 2, &mut [], &mut []).is_err(), "no row");
}

#[test]
fn a_value_clip_without_old_values_and_logits_without_an_action_are_refused() {
    let rows = Rows::ragged(&[1]);
    let reduction = Reduction::new(Aggregation::TokenMean);
    let batch = ValueBatch { rows: &rows, mask: None, values: &[0.0], returns: &[0.0], old_values: None };
    let error =
        ValueLoss { clip: Some(0.2), reduction }.evaluate(&batch, None, &mut [0.0]).expect_err("no old");
    assert_eq!(error, ObjectiveError::Missing { objective: "clip", what: "old_values" });
    let entropy = EntropyLoss { reduction };
    for logits in [[f64::NAN, 0.0], [f64::NEG_INFINITY; 2], [f64::INFINITY, 0.0]] {
        let error = entropy.evaluate(&rows, None, &logits, 2, None, &mut [0.0; 2]).expect_err("no policy");
        assert!(matches!(error, ObjectiveError::NotFinite { what: "logits", row: 0, .. }), "{error}");
    }
    assert!(log_partition(&[], &[], 1.0).is_err());
}
