//! Laws of the policy objectives.

mod common;

use common::laws::{Batch, batches, close_within, covariance, differentiable, policy_gradients, separable};
use milepost_credit::{Aggregation, BatchTotals, KlEstimator, Rows};
use milepost_objectives::profiles::{openrlhf, plain, trl, verl};
use milepost_objectives::{
    Clip, KlBounds, KlCorrection, KlTerm, LogRatio, Outside, PolicyObjective, PolicyReport, RatioUnit,
    Surrogate, TokenBatch, log_partition,
};
use proptest::prelude::*;

/// No ratio within `1e-4` of a kink, so that a step of 1e-6 stays on one side.
fn away_from_kinks(batch: &Batch) -> bool {
    let rows = batch.rows();
    let near = |u: f64, kink: f64| (u - kink).abs() < 1e-4;
    let kinks = |u: f64, advantage: f64| {
        [0.8, 0.9, 1.1, 1.2, 1.28, 1.5].iter().any(|w: &f64| near(u, w.ln()))
            || near(u.abs(), 0.4)
            || near(0.7 * u - advantage, 0.5)
            || near(0.7 * u - advantage, -0.5)
            || near(u, 0.0)
    };
    rows.iter().all(|range| {
        let tokens: Vec<usize> = range.filter(|&index| batch.mask[index]).collect();
        let ratios: Vec<f64> = tokens.iter().map(|&i| batch.log_probs[i] - batch.old[i]).collect();
        let (sum, count) = (ratios.iter().sum::<f64>(), ratios.len() as f64);
        tokens.iter().zip(&ratios).all(|(&i, u)| !kinks(*u, batch.advantages[i]))
            && tokens
                .first()
                .is_none_or(|&i| !kinks(sum / count, batch.advantages[i]) && !kinks(sum, batch.advantages[i]))
    })
}

/// Every sum of a report.
fn sums(r: &PolicyReport) -> [f64; 8] {
    let (signed, absolute, k3) = (r.log_ratio_sum, r.abs_log_ratio_sum, r.k3_sum);
    [r.loss, r.policy_loss, r.kl_loss, signed, absolute, k3, r.weight_sum, r.kl_sum]
}

/// Every count of a report.
fn counts_of(r: &PolicyReport) -> ([usize; 4], [Outside; 3]) {
    ([r.tokens, r.sequences, r.capped, r.bounded], [r.positive, r.zero, r.negative])
}

fn kl_terms() -> Vec<KlTerm> {
    [KlEstimator::K1, KlEstimator::K2, KlEstimator::K3, KlEstimator::Abs]
        .map(|estimator| KlTerm::new(0.3, estimator, KlBounds::None))
        .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_gradient_is_the_central_difference_away_from_kinks(batch in batches()) {
        prop_assume!(away_from_kinks(&batch));
        for (name, objective) in differentiable() {
            let (_, gradient) = batch.evaluate(&objective);
            close_within(name, &gradient, &batch.finite_differences(&objective), 2e-7)?;
        }
    }

    #[test]
    fn the_gradient_of_a_divergence_term_is_the_central_difference(batch in batches()) {
        let apart = batch.log_probs.iter().zip(&batch.reference).all(|(l, r)| (l - r).abs() > 1e-4);
        prop_assume!(apart && away_from_kinks(&batch));
        for kl in kl_terms() {
            for correction in [KlCorrection::None, KlCorrection::Ratio] {
                for objective in [plain::ppo(), trl::luspo(0.1, 0.1)] {
                    let objective = objective.with_kl(kl.corrected(correction));
                    let (_, gradient) = batch.evaluate(&objective);
                    close_within("kl", &gradient, &batch.finite_differences(&objective), 2e-7)?;
                }
            }
        }
    }

    #[test]
    fn straight_through_keeps_the_value_and_takes_the_gradient_of_k2(batch in batches()) {
        let (_, k2) = batch.evaluate(&plain::ppo().with_kl(KlTerm::new(0.3, KlEstimator::K2, KlBounds::None)));
        for kl in kl_terms() {
            let (value, _) = batch.evaluate(&plain::ppo().with_kl(kl));
            let (report, gradient) = batch.evaluate(&plain::ppo().with_kl(kl.straight_through()));
            prop_assert_eq!(report.loss, value.loss);
            close_within("k2", &gradient, &k2, 1e-12)?;
        }
    }

    #[test]
    fn on_policy_every_surrogate_has_the_gradient_of_the_policy_gradient(batch in batches()) {
        let batch = batch.on_policy();
        for (name, objective) in policy_gradients() {
            let mut reference = PolicyObjective { surrogate: Surrogate::PolicyGradient {}, ..objective };
            if objective.ratio.unit == RatioUnit::SequenceSum {
                // Each token of the mean carries the ratio of the whole sequence, and with it every log-probability.
                reference.reduction.aggregation = Aggregation::SeqMeanTokenSum;
            }
            let (_, want) = batch.evaluate(&reference);
            close_within(name, &batch.evaluate(&objective).1, &want, 1e-7)?;
        }
    }

    #[test]
    fn on_policy_the_regression_has_two_beta_times_the_policy_gradient(batch in batches()) {
        let batch = batch.on_policy();
        let objective = plain::mira(0.7);
        let reference = PolicyObjective { surrogate: Surrogate::PolicyGradient {}, ..objective };
        let want: Vec<f64> = batch.evaluate(&reference).1.iter().map(|slope| 1.4 * slope).collect();
        close_within("mira", &batch.evaluate(&objective).1, &want, 1e-12)?;
    }

    #[test]
    fn the_dual_clip_bounds_the_loss_of_bad_tokens_and_leaves_good_ones_alone(
        u in -3.0..3.0_f64, advantage in -3.0..3.0_f64, c in 1.1..5.0_f64,
    ) {
        let rows = Rows::ragged(&[1]);
        let evaluate = |dual| {
            let objective = PolicyObjective {
                surrogate: Surrogate::Clip(Clip { dual, ..Clip::symmetric(0.2) }),
                ..plain::ppo()
            };
            let mut gradient = [0.0];
            let (log_probs, old, advantages) = ([u - 4.0], [-4.0], [advantage]);
            let batch = TokenBatch::new(&rows, &log_probs, &old, &advantages);
            let report = objective.evaluate(&batch, None, &mut gradient).expect("valid");
            (report.loss, gradient[0])
        };
        let (dual, vanilla) = (evaluate(Some(c)), evaluate(None));
        if advantage < 0.0 {
            prop_assert!(dual.0 <= -advantage * c + 1e-12);
            prop_assert!(dual.0 <= vanilla.0);
        } else {
            prop_assert_eq!(dual, vanilla);
        }
    }

    #[test]
    fn a_sequence_ratio_moves_all_tokens_of_a_sequence_alike(batch in batches()) {
        for objective in [verl::gspo(0.1, 0.1, Aggregation::TokenMean), openrlhf::gspo(0.1, 0.1), trl::luspo(0.1, 0.1)] {
            let (_, gradient) = batch.evaluate(&objective);
            for range in batch.rows().iter() {
                let moved: Vec<f64> = range.filter(|&i| batch.mask[i]).map(|i| gradient[i]).collect();
                let same = vec![moved.first().copied().unwrap_or_default(); moved.len()];
                close_within("gspo", &moved, &same, 1e-12)?;
            }
        }
    }

    #[test]
    fn with_one_advantage_per_sequence_the_straight_through_mean_is_the_mean(batch in batches()) {
        let through = PolicyObjective {
            ratio: LogRatio::unbounded(RatioUnit::SequenceMeanPerToken), ..openrlhf::gspo(0.1, 0.1)
        };
        let (want, want_gradient) = batch.evaluate(&openrlhf::gspo(0.1, 0.1));
        let (got, gradient) = batch.evaluate(&through);
        close_within("loss", &[got.loss], &[want.loss], 1e-12)?;
        close_within("gradient", &gradient, &want_gradient, 1e-12)?;
    }

    #[test]
    fn padding_changes_nothing(batch in batches(), extra in 0..4_usize) {
        let wide = batch.padded(6 + extra);
        let mut all = separable();
        all.push(("kl-cov", covariance()));
        for (name, objective) in all {
            let objective = objective.with_kl(trl::kl(0.1));
            let ((want, narrow), (got, gradient)) = (batch.evaluate(&objective), wide.evaluate(&objective));
            prop_assert_eq!(want.loss, got.loss, "{}", name);
            let policy = |batch: &Batch, gradient: &[f64]| -> Vec<f64> {
                (0..gradient.len()).filter(|&i| batch.mask[i]).map(|i| gradient[i]).collect()
            };
            prop_assert_eq!(policy(&batch, &narrow), policy(&wide, &gradient), "{}", name);
            let outside = (0..gradient.len()).filter(|&i| !wide.mask[i]).map(|i| gradient[i]).sum::<f64>();
            prop_assert_eq!(outside, 0.0);
        }
    }

    #[test]
    fn the_order_of_sequences_changes_nothing(batch in batches(), shift in 1..5_usize) {
        let count = batch.lengths.len();
        let order: Vec<usize> = (0..count).map(|i| (i + shift) % count).collect();
        let back: Vec<usize> = (0..count).map(|i| (i + count - shift % count) % count).collect();
        let turned = batch.select(&order);
        for (name, objective) in separable() {
            let ((want, want_gradient), (got, gradient)) = (batch.evaluate(&objective), turned.evaluate(&objective));
            close_within(name, &[got.loss], &[want.loss], 1e-12)?;
            // A gradient is carried back by the same reordering.
            let carried = Batch { advantages: gradient, ..turned.clone() }.select(&back).advantages;
            close_within(name, &carried, &want_gradient, 1e-12)?;
        }
    }

    #[test]
    fn micro_batches_add_up_to_their_mini_batch(batch in batches(), cut in 0..5_usize) {
        // The first sequence teaches nothing, so that advantages of 0 are counted too.
        let mut batch = batch;
        batch.advantages[..batch.lengths[0]].fill(0.0);
        let cut = cut.min(batch.lengths.len());
        let all: Vec<usize> = (0..batch.lengths.len()).collect();
        let parts = [batch.select(&all[..cut]), batch.select(&all[cut..])];
        for (name, objective) in separable() {
            let objective = objective.with_kl(trl::kl(0.1));
            let counts = |batch: &Batch| -> Vec<usize> {
                batch.rows().iter().map(|range| range.filter(|&i| batch.mask[i]).count()).collect()
            };
            let mut totals = BatchTotals::default();
            for part in &parts {
                totals += objective.reduction.totals(&counts(part));
            }
            let (want, want_gradient) = batch.evaluate(&objective);
            let (mut report, mut gradient) = (PolicyReport::default(), Vec::new());
            for part in parts.iter().filter(|part| !part.mask.is_empty()) {
                let rows = part.rows();
                let mut own = vec![f64::NAN; rows.entries()];
                report += objective.evaluate(&part.view(&rows), Some(totals), &mut own).expect("valid");
                gradient.extend(own);
            }
            close_within(name, &sums(&report), &sums(&want), 1e-12)?;
            close_within(name, &gradient, &want_gradient, 1e-12)?;
            prop_assert_eq!(counts_of(&report), counts_of(&want), "{}", name);
        }
    }

    #[test]
    fn a_truncated_weight_never_takes_the_gradient_of_a_token(batch in batches()) {
        for objective in [verl::cispo(0.2, 0.28, Aggregation::TokenSum), trl::cispo(1.2)] {
            let (_, gradient) = batch.evaluate(&objective);
            for (index, slope) in gradient.iter().enumerate().filter(|(index, _)| batch.mask[*index]) {
                prop_assert_eq!(*slope < 0.0, batch.advantages[index] > 0.0);
            }
        }
    }

    #[test]
    fn a_correction_scales_loss_and_gradient_of_the_policy_but_not_of_the_divergence(
        batch in batches(), factor in 0.1..3.0_f64,
    ) {
        let rows = batch.rows();
        let correction = vec![factor; rows.entries()];
        let evaluate = |objective: PolicyObjective, correction: Option<&[f64]>| {
            let mut gradient = vec![f64::NAN; rows.entries()];
            let view = TokenBatch { correction, ..batch.view(&rows) };
            let report = objective.evaluate(&view, None, &mut gradient).expect("valid");
            (report, gradient)
        };
        for (name, objective) in differentiable() {
            let (plain, slope) = evaluate(objective, None);
            let (both, together) = evaluate(objective.with_kl(trl::kl(0.1)), None);
            let (report, gradient) = evaluate(objective.with_kl(trl::kl(0.1)), Some(&correction));
            close_within(name, &[report.policy_loss], &[factor * plain.policy_loss], 1e-7)?;
            prop_assert_eq!(report.kl_loss, both.kl_loss);
            let want: Vec<f64> = slope.iter().zip(&together).map(|(p, both)| both + (factor - 1.0) * p).collect();
            close_within(name, &gradient, &want, 1e-7)?;
        }
    }

    #[test]
    fn vespo_takes_a_correction_as_part_of_the_ratio(
        batch in batches(), factors in prop::collection::vec(0.5..2.0_f64, 24),
    ) {
        let rows = batch.rows();
        let correction = &factors[..rows.entries()];
        let mut gradient = vec![f64::NAN; rows.entries()];
        let view = batch.view(&rows).with_correction(correction);
        trl::vespo().evaluate(&view, None, &mut gradient).expect("valid");
        let old = batch.old.iter().zip(correction).map(|(old, factor)| old - factor.ln()).collect();
        let (_, want) = Batch { old, ..batch.clone() }.evaluate(&trl::vespo());
        close_within("vespo", &gradient, &want, 1e-9)?;
    }

    #[test]
    fn a_policy_gradient_with_k2_as_a_term_is_the_regression_over_two_beta(
        batch in batches(), beta in 0.2..2.0_f64,
    ) {
        // −A u + β u²/2 = (β u − A)²/(2β) − A²/(2β), if the reference is the anchor. Huber's bound is never met:
        // ∣β u − A∣ < 4.
        let batch = Batch { reference: batch.old.clone(), ..batch };
        let regression = plain::mira(beta);
        let k2 = KlTerm::new(beta, KlEstimator::K2, KlBounds::None);
        let divergence = PolicyObjective { surrogate: Surrogate::PolicyGradient {}, ..regression }.with_kl(k2);
        let want: Vec<f64> = batch.evaluate(&regression).1.iter().map(|slope| slope / (2.0 * beta)).collect();
        close_within("k2", &batch.evaluate(&divergence).1, &want, 1e-12)?;
    }

    #[test]
    fn the_softmax_of_shifted_advantages_is_where_the_regression_is_zero_and_unshifted_it_is_not(
        logits in prop::collection::vec(-2.0..2.0_f64, 4), advantages in prop::collection::vec(-1.0..1.0_f64, 4),
        beta in 0.2..2.0_f64,
    ) {
        let total = logits.iter().map(|z| z.exp()).sum::<f64>().ln();
        let anchor: Vec<f64> = logits.iter().map(|z| z - total).collect();
        let shift = log_partition(&anchor, &advantages, beta).expect("valid");
        let optimum: Vec<f64> = anchor.iter().zip(&advantages).map(|(l, a)| l + (a - shift) / beta).collect();
        let mass: f64 = optimum.iter().map(|l| l.exp()).sum();
        close_within("mass", &[mass], &[1.0], 1e-12)?;
        let shifted: Vec<f64> = advantages.iter().map(|a| a - shift).collect();
        let rows = Rows::ragged(&[1; 4]);
        let at_the_optimum = |advantages: &[f64]| {
            let mut gradient = vec![f64::NAN; 4];
            let batch = TokenBatch::new(&rows, &optimum, &anchor, advantages);
            let report = plain::mira(beta).evaluate(&batch, None, &mut gradient).expect("valid");
            (report.loss, gradient)
        };
        let (loss, gradient) = at_the_optimum(&shifted);
        close_within("zero", &[loss], &[0.0], 1e-12)?;
        close_within("zero", &gradient, &[0.0; 4], 1e-12)?;
        // Unshifted, β u − A is −shift for every action. The shift lies between the least and the largest
        // advantage, so that Huber's form is still the square.
        let (loss, gradient) = at_the_optimum(&advantages);
        close_within("unshifted", &[loss], &[shift * shift], 1e-12)?;
        close_within("unshifted", &gradient, &[-2.0 * beta * shift / 4.0; 4], 1e-12)?;
    }

    #[test]
    fn sapo_fades_on_both_sides_and_is_steepest_near_one(u in 0.5..5.0_f64) {
        let slope = |u: f64| {
            let rows = Rows::ragged(&[1]);
            let mut gradient = [0.0];
            let log_probs = [u];
            let batch = TokenBatch::new(&rows, &log_probs, &[0.0], &[1.0]);
            verl::sapo(1.0, 1.05).evaluate(&batch, None, &mut gradient).expect("valid");
            -gradient[0]
        };
        // d/du [4σ(e^u − 1)] = e^u/cosh²((e^u − 1)/2).
        let exact = |u: f64| u.exp() / ((u.exp() - 1.0) / 2.0).cosh().powi(2);
        close_within("slope", &[slope(u), slope(-u)], &[exact(u), exact(-u)], 1e-7)?;
        prop_assert!(slope(-u) < slope(0.0));
    }
}

#[test]
fn both_published_forms_of_cispo_differ_where_a_ratio_is_small() {
    let rows = Rows::ragged(&[1]);
    let gradient = |objective: PolicyObjective| {
        let mut gradient = [0.0];
        let log_probs = [-2.0];
        let batch = TokenBatch::new(&rows, &log_probs, &[-1.0], &[1.0]);
        objective.evaluate(&batch, None, &mut gradient).expect("valid");
        gradient[0]
    };
    assert!((gradient(verl::cispo(0.2, 0.28, Aggregation::TokenMean)) + 0.8).abs() < 1e-12);
    assert!((gradient(trl::cispo(1.28)) + (-1.0_f64).exp()).abs() < 1e-12);
}

#[test]
fn an_empty_sequence_counts_where_all_rows_do() {
    let rows = Rows::ragged(&[2, 0]);
    let loss = |objective: PolicyObjective| {
        let log_probs = [-1.0, -1.0];
        let batch = TokenBatch::new(&rows, &log_probs, &log_probs, &[1.0, 1.0]);
        objective.evaluate(&batch, None, &mut [0.0; 2]).expect("valid").loss
    };
    assert_eq!(loss(plain::grpo()), -1.0);
    assert_eq!(loss(trl::grpo(0.2, 0.2)), -0.5);
}

#[test]
fn the_covariance_penalty_falls_on_the_largest_and_on_one_token_at_least() {
    let rows = Rows::ragged(&[4]);
    let (log_probs, old) = ([-0.5, -1.0, -2.0, -0.1], [-0.6, -0.9, -2.0, -0.3]);
    // Covariances with ℓ (mean −0.9): 0.4, 0.1, 1.1 and −0.8 in multiples of A − mean A.
    let advantages = [1.0, 1.0, -1.0, -1.0];
    let gradient = |coefficient: f64, fraction: f64| {
        let mut gradient = [f64::NAN; 4];
        let batch = TokenBatch::new(&rows, &log_probs, &old, &advantages);
        let objective = verl::kl_cov(fraction, coefficient, Aggregation::TokenSum);
        let report = objective.evaluate(&batch, None, &mut gradient).expect("valid");
        (gradient, report.capped)
    };
    let (plain, _) = gradient(0.0, 0.01);
    let (one, selected) = gradient(0.5, 0.01);
    assert_eq!(selected, 1);
    assert_eq!(one, plain, "the largest covariance is the third token's, and ∣u∣ has slope 0 at u = 0");
    let (two, selected) = gradient(0.5, 0.5);
    assert_eq!(selected, 2);
    let moved: Vec<f64> = two.iter().zip(&plain).map(|(a, b)| a - b).collect();
    assert!((moved[0] - 0.5).abs() < 1e-12, "the first token is next, and its probability rose");
    assert_eq!(moved[1..], [0.0; 3]);
}

#[test]
fn a_log_ratio_beyond_its_bound_has_the_value_of_the_bound_and_no_gradient() {
    let rows = Rows::ragged(&[1]);
    let evaluate = |log_ratio: f64| {
        let (log_probs, mut gradient) = ([log_ratio - 3.0], [f64::NAN]);
        let batch = TokenBatch::new(&rows, &log_probs, &[-3.0], &[-1.0]);
        let objective = PolicyObjective {
            ratio: LogRatio::token_within(2.0),
            surrogate: Surrogate::ImportanceWeighted {},
            ..plain::ppo()
        };
        let report = objective.evaluate(&batch, None, &mut gradient).expect("valid");
        (report.loss, gradient[0], report.bounded)
    };
    for sign in [-1.0_f64, 1.0] {
        let (loss, gradient, bounded) = evaluate(sign * 2.5);
        assert!((loss - (sign * 2.0).exp()).abs() < 1e-12);
        assert_eq!((gradient, bounded), (0.0, 1));
        let (loss, gradient, bounded) = evaluate(sign * 1.5);
        assert!((gradient - loss).abs() < 1e-12, "the derivative of −A w by its log-ratio is itself");
        assert_eq!(bounded, 0);
    }
}
