//! Laws of the losses on pairs, of rankings, of the critic and of the entropy.

mod common;

use common::laws::close_within;
use milepost_credit::{Aggregation, BatchTotals, Rows};
use milepost_objectives::{
    BradleyTerry, Divergence, EntropyLoss, MarginLoss, PairBatch, PreferenceLoss, PreferenceObjective,
    Reduction, RewardPairs, SequenceLogProb, ValueBatch, ValueLoss, plackett_luce,
};
use proptest::prelude::*;

#[derive(Debug, Clone)]
struct Pairs {
    /// Chosen, rejected, and both under the reference.
    log_probs: [Vec<f64>; 4],
    lengths: [Vec<usize>; 2],
}

impl Pairs {
    fn view(&self) -> PairBatch<'_> {
        let [chosen, rejected, ref_chosen, ref_rejected] = &self.log_probs;
        PairBatch::new(chosen, rejected)
            .with_reference(ref_chosen, ref_rejected)
            .with_lengths(&self.lengths[0], &self.lengths[1])
    }

    fn evaluate(&self, objective: &PreferenceObjective) -> (f64, Vec<f64>) {
        let pairs = self.log_probs[0].len();
        let mut gradient = vec![f64::NAN; 2 * pairs];
        let (chosen, rejected) = gradient.split_at_mut(pairs);
        let report = objective.evaluate(&self.view(), None, chosen, rejected).expect("valid");
        (report.loss, gradient)
    }

    fn part(&self, range: std::ops::Range<usize>) -> Self {
        Self {
            log_probs: self.log_probs.each_ref().map(|values| values[range.clone()].to_vec()),
            lengths: self.lengths.each_ref().map(|values| values[range.clone()].to_vec()),
        }
    }
}

fn pairs() -> impl Strategy<Value = Pairs> {
    let side = || (-6.0..-0.3_f64, -6.0..-0.3_f64, 1..9_usize);
    prop::collection::vec((side(), side()), 1..6).prop_map(|pairs| Pairs {
        log_probs: [
            pairs.iter().map(|(w, _)| w.0).collect(),
            pairs.iter().map(|(_, l)| l.0).collect(),
            pairs.iter().map(|(w, _)| w.1).collect(),
            pairs.iter().map(|(_, l)| l.1).collect(),
        ],
        lengths: [pairs.iter().map(|(w, _)| w.2).collect(), pairs.iter().map(|(_, l)| l.2).collect()],
    })
}

/// Every loss, with the divergences where they apply.
fn losses() -> Vec<PreferenceLoss> {
    let margins = [
        MarginLoss::Logistic { smoothing: 0.0 },
        MarginLoss::Logistic { smoothing: 0.1 },
        MarginLoss::Robust { smoothing: 0.1 },
        MarginLoss::Hinge {},
        MarginLoss::SquaredError {},
        MarginLoss::Exo { smoothing: 0.05 },
        MarginLoss::Discopop { temperature: 0.5 },
    ];
    let divergences = [
        Divergence::ReverseKl {},
        Divergence::ForwardKl {},
        Divergence::JensenShannon {},
        Divergence::Alpha { alpha: 0.5 },
    ];
    let mut all = vec![
        PreferenceLoss::Nca {},
        PreferenceLoss::Bco {},
        PreferenceLoss::SppoHard {},
        PreferenceLoss::ApoZero {},
        PreferenceLoss::ApoDown {},
        PreferenceLoss::Aot { smoothing: 0.1 },
        PreferenceLoss::AotUnpaired { smoothing: 0.0 },
        PreferenceLoss::Sft {},
        PreferenceLoss::Simpo { target_margin: 0.5 },
        PreferenceLoss::Orpo {},
    ];
    for loss in margins {
        for divergence in divergences {
            all.push(PreferenceLoss::Margin { loss, divergence });
            all.push(PreferenceLoss::LengthNormalizedMargin { loss, divergence });
        }
    }
    all
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_gradient_is_the_central_difference(pairs in pairs(), beta in 0.1..1.0_f64) {
        let step = 1e-6;
        for loss in losses() {
            // The hinge has a kink and the sorted losses change partners at ties; both have measure zero.
            let objective = PreferenceObjective { loss, beta };
            let (_, gradient) = pairs.evaluate(&objective);
            for (index, slope) in gradient.iter().enumerate() {
                let count = pairs.log_probs[0].len();
                let at = |sign: f64| {
                    let mut moved = pairs.clone();
                    moved.log_probs[index / count][index % count] += sign * step;
                    moved.evaluate(&objective).0
                };
                let want = (at(1.0) - at(-1.0)) / (2.0 * step);
                prop_assert!((slope - want).abs() <= 1e-6 * (1.0 + slope.abs().max(pairs.evaluate(&objective).0.abs())), "{loss:?}: {slope} is not {want}");
            }
        }
    }

    #[test]
    fn at_the_reference_dpo_is_log_two_with_gradient_half_beta(pairs in pairs(), beta in 0.1..1.0_f64) {
        let [_, _, chosen, rejected] = pairs.log_probs.clone();
        let pairs = Pairs { log_probs: [chosen.clone(), rejected.clone(), chosen, rejected], ..pairs };
        let (loss, gradient) = pairs.evaluate(&PreferenceObjective { loss: PreferenceLoss::dpo(), beta });
        close_within("loss", &[loss], &[std::f64::consts::LN_2], 1e-14)?;
        let n = pairs.log_probs[0].len();
        let want: Vec<f64> = (0..2 * n).map(|i| if i < n { -0.5 } else { 0.5 } * beta / n as f64).collect();
        close_within("gradient", &gradient, &want, 1e-14)?;
    }

    #[test]
    fn the_gradient_of_dpo_is_minus_beta_sigma_of_minus_z(pairs in pairs(), beta in 0.1..1.0_f64) {
        let (_, gradient) = pairs.evaluate(&PreferenceObjective { loss: PreferenceLoss::dpo(), beta });
        let n = pairs.log_probs[0].len();
        let [w, l, rw, rl] = &pairs.log_probs;
        for i in 0..n {
            let z = beta * ((w[i] - rw[i]) - (l[i] - rl[i]));
            let want = beta * sigmoid(-z) / n as f64;
            close_within("gradient", &[gradient[i], gradient[n + i]], &[-want, want], 1e-12)?;
        }
    }

    #[test]
    fn losses_of_single_pairs_add_up_over_micro_batches(pairs in pairs(), cut in 0..6_usize) {
        let n = pairs.log_probs[0].len();
        let cut = cut.min(n);
        for loss in losses() {
            if matches!(loss, PreferenceLoss::Aot { .. } | PreferenceLoss::AotUnpaired { .. } | PreferenceLoss::Sft {}) {
                continue;
            }
            let objective = PreferenceObjective { loss, beta: 0.3 };
            let (want, want_gradient) = pairs.evaluate(&objective);
            let (mut total, mut chosen, mut rejected) = (0.0, Vec::new(), Vec::new());
            for part in [pairs.part(0..cut), pairs.part(cut..n)] {
                if part.log_probs[0].is_empty() {
                    continue;
                }
                let size = part.log_probs[0].len();
                let (mut w, mut l) = (vec![0.0; size], vec![0.0; size]);
                total += objective.evaluate(&part.view(), Some(n), &mut w, &mut l).expect("valid").loss;
                chosen.extend(w);
                rejected.extend(l);
            }
            close_within("loss", &[total], &[want], 1e-12)?;
            close_within("gradient", &[chosen, rejected].concat(), &want_gradient, 1e-12)?;
        }
    }

    #[test]
    fn the_sorted_loss_ignores_who_was_paired_with_whom(pairs in pairs(), shift in 0..6_usize) {
        let n = pairs.log_probs[0].len();
        let mut turned = pairs.clone();
        turned.log_probs[1].rotate_left(shift % n);
        turned.log_probs[3].rotate_left(shift % n);
        let objective = PreferenceObjective { loss: PreferenceLoss::AotUnpaired { smoothing: 0.0 }, beta: 0.3 };
        close_within("loss", &[turned.evaluate(&objective).0], &[pairs.evaluate(&objective).0], 1e-12)?;
    }

    #[test]
    fn trajectory_dpo_spreads_the_gradient_over_action_tokens_and_no_others(
        mask in prop::collection::vec(prop::bool::ANY, 8), log_probs in prop::collection::vec(-3.0..0.0_f64, 8),
    ) {
        let rows = Rows::padded(2, 4);
        let Ok(sequence) = SequenceLogProb::sum(&rows, Some(&mask)) else {
            prop_assert!(mask.chunks(4).any(|row| !row.contains(&true)));
            return Ok(());
        };
        let loss_and_gradient = |log_probs: &[f64]| {
            let values = sequence.values(log_probs).expect("finite");
            let batch = PairBatch::new(&values[..1], &values[1..]).with_reference(&[-2.0], &[-2.0]);
            let mut by_sequence = [0.0; 2];
            let (w, l) = by_sequence.split_at_mut(1);
            let objective = PreferenceObjective { loss: PreferenceLoss::dpo(), beta: 0.5 };
            let loss = objective.evaluate(&batch, None, w, l).expect("valid").loss;
            let mut gradient = vec![f64::NAN; 8];
            sequence.pull_back(&by_sequence, &mut gradient).expect("fits");
            (loss, gradient)
        };
        let (_, gradient) = loss_and_gradient(&log_probs);
        for index in 0..8 {
            let at = |sign: f64| {
                let mut moved = log_probs.clone();
                moved[index] += sign * 1e-6;
                loss_and_gradient(&moved).0
            };
            close_within("token", &[gradient[index]], &[(at(1.0) - at(-1.0)) / 2e-6], 1e-8)?;
            prop_assert_eq!(gradient[index] != 0.0, mask[index]);
        }
    }

    #[test]
    fn comparisons_depend_on_differences_only_until_rewards_are_centred(
        rewards in prop::collection::vec((-2.0..2.0_f64, -2.0..2.0_f64, 0.0..=1.0_f64, -0.5..0.5_f64), 1..6),
        shift in 0.5..2.0_f64,
    ) {
        let n = rewards.len();
        let [p, margins]: [Vec<f64>; 2] =
            [rewards.iter().map(|r| r.2).collect(), rewards.iter().map(|r| r.3).collect()];
        let evaluate = |centering, values: &[f64]| {
            let mut gradient = vec![0.0; 2 * n];
            let (w, l) = gradient.split_at_mut(n);
            let pairs = RewardPairs { chosen: &values[..n], rejected: &values[n..], margins: Some(&margins), probabilities: Some(&p) };
            let report = BradleyTerry { centering }.evaluate(&pairs, None, w, l).expect("valid");
            (report.loss, gradient)
        };
        let values: Vec<f64> = rewards.iter().map(|r| r.0).chain(rewards.iter().map(|r| r.1)).collect();
        let shifted: Vec<f64> = values.iter().map(|r| r + shift).collect();
        close_within("shift", &[evaluate(None, &values).0], &[evaluate(None, &shifted).0], 1e-12)?;
        for centering in [None, Some(0.1)] {
            let (_, gradient) = evaluate(centering, &values);
            for index in 0..2 * n {
                let at = |sign: f64| {
                    let mut moved = values.clone();
                    moved[index] += sign * 1e-6;
                    evaluate(centering, &moved).0
                };
                close_within("gradient", &[gradient[index]], &[(at(1.0) - at(-1.0)) / 2e-6], 1e-8)?;
            }
        }
        // Without centring the gradient cannot move the mean.
        close_within("sum", &[evaluate(None, &values).1.iter().sum::<f64>()], &[0.0], 1e-12)?;
    }

    #[test]
    fn a_ranking_of_two_is_a_comparison(first in -3.0..3.0_f64, second in -3.0..3.0_f64) {
        let (mut losses, mut gradient) = ([0.0], [0.0; 2]);
        let loss = plackett_luce(&[first, second], &[1, 0], 2, &mut losses, &mut gradient).expect("valid");
        let (mut w, mut l) = ([0.0], [0.0]);
        let (chosen, rejected) = ([second], [first]);
        let pair = RewardPairs::new(&chosen, &rejected);
        let report = BradleyTerry::default().evaluate(&pair, None, &mut w, &mut l).expect("valid");
        close_within("loss", &[loss], &[report.loss], 1e-12)?;
        close_within("gradient", &gradient, &[l[0], w[0]], 1e-12)?;
    }

    #[test]
    fn a_clipped_value_loss_is_at_least_the_plain_one_and_has_the_central_difference(
        values in prop::collection::vec((-2.0..2.0_f64, -2.0..2.0_f64, -2.0..2.0_f64), 1..8),
    ) {
        let n = values.len();
        let rows = Rows::ragged(&[n]);
        let [returns, old]: [Vec<f64>; 2] = [values.iter().map(|v| v.1).collect(), values.iter().map(|v| v.2).collect()];
        let evaluate = |clip, values: &[f64]| {
            let loss = ValueLoss { clip, reduction: Reduction::new(Aggregation::TokenMean) };
            let batch = ValueBatch { rows: &rows, mask: None, values, returns: &returns, old_values: Some(&old) };
            let mut gradient = vec![0.0; n];
            let report = loss.evaluate(&batch, None, &mut gradient).expect("valid");
            (report.loss, gradient)
        };
        let values: Vec<f64> = values.iter().map(|v| v.0).collect();
        let away = |v: &f64, o: &f64, r: &f64| ((v - o).abs() - 0.2).abs() > 1e-4 && {
            let clipped = v.clamp(o - 0.2, o + 0.2);
            ((v - r).abs() - (clipped - r).abs()).abs() > 1e-4 || clipped == *v
        };
        prop_assume!((0..n).all(|i| away(&values[i], &old[i], &returns[i])));
        prop_assert!(evaluate(Some(0.2), &values).0 >= evaluate(None, &values).0 - 1e-15);
        for clip in [None, Some(0.2)] {
            let (_, gradient) = evaluate(clip, &values);
            for index in 0..n {
                let at = |sign: f64| {
                    let mut moved = values.clone();
                    moved[index] += sign * 1e-6;
                    evaluate(clip, &moved).0
                };
                close_within("gradient", &[gradient[index]], &[(at(1.0) - at(-1.0)) / 2e-6], 1e-8)?;
            }
        }
    }

    #[test]
    fn entropy_is_at_most_that_of_the_uniform_policy_and_has_the_central_difference(
        logits in prop::collection::vec(-3.0..3.0_f64, 8),
    ) {
        let rows = Rows::ragged(&[2]);
        let evaluate = |logits: &[f64]| {
            let mut gradient = vec![0.0; 8];
            let loss = EntropyLoss { reduction: Reduction::new(Aggregation::TokenMean) };
            let entropy = loss.evaluate(&rows, None, logits, 4, None, &mut gradient).expect("valid");
            (entropy, gradient)
        };
        let (entropy, gradient) = evaluate(&logits);
        prop_assert!((0.0..=4.0_f64.ln() + 1e-12).contains(&entropy));
        for index in 0..8 {
            let at = |sign: f64| {
                let mut moved = logits.clone();
                moved[index] += sign * 1e-6;
                evaluate(&moved).0
            };
            close_within("gradient", &[gradient[index]], &[(at(1.0) - at(-1.0)) / 2e-6], 1e-8)?;
        }
    }
}

#[test]
fn a_forbidden_action_adds_no_entropy() {
    let rows = Rows::ragged(&[1]);
    let loss = EntropyLoss { reduction: Reduction::new(Aggregation::TokenMean) };
    let mut gradient = [f64::NAN; 3];
    let logits = [0.0, f64::NEG_INFINITY, 0.0];
    let totals = Some(BatchTotals { tokens: 1, sequences: 1 });
    let entropy = loss.evaluate(&rows, None, &logits, 3, totals, &mut gradient).expect("valid");
    assert!((entropy - std::f64::consts::LN_2).abs() < 1e-15);
    assert_eq!(gradient, [0.0; 3]);
}

#[test]
fn the_tail_of_the_longer_sequence_counts_less() {
    let rows = Rows::ragged(&[4, 2]);
    let mask = [true, false, true, true, true, true];
    let sequence = SequenceLogProb::length_desensitized(&rows, Some(&mask), &[2, 3], 0.5).expect("valid");
    let values = sequence.values(&[-1.0, f64::NAN, -1.0, -1.0, -1.0, -1.0]).expect("finite where it counts");
    assert_eq!(values, [-2.5, -2.0]);
    assert_eq!(sequence.lengths(), [3, 2]);
}
