//! Laws of the losses of comparisons and rankings.

use milepost_preferences::loss::{PairLoss, PairScores, RankingLoss};
use milepost_preferences::{Label, PreferenceError};
use proptest::prelude::*;

fn evaluate(loss: &PairLoss, scores: &PairScores<'_>) -> (f64, Vec<f64>, Vec<f64>) {
    let (mut up, mut down) = (vec![f64::NAN; scores.first.len()], vec![f64::NAN; scores.first.len()]);
    let report = loss.evaluate(scores, &mut up, &mut down).expect("valid");
    (report.loss, up, down)
}

fn single(loss: &PairLoss, difference: f64, label: Label) -> f64 {
    evaluate(loss, &PairScores::new(&[difference], &[0.0], &[label])).0
}

type Row = (f64, f64, f64, f64, f64, (usize, usize));

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row = (-3.0..3.0f64, -3.0..3.0f64, 0.0..=1.0f64, 0.1..2.0f64, -1.0..1.0f64, (1usize..40, 1usize..40));
    prop::collection::vec(row, 1..8)
}

/// Columns of rows.
struct Columns {
    first: Vec<f64>,
    second: Vec<f64>,
    labels: Vec<Label>,
    weights: Vec<f64>,
    margins: Vec<f64>,
    lengths: [Vec<usize>; 2],
}

impl Columns {
    fn of(rows: &[Row]) -> Self {
        Self {
            first: rows.iter().map(|r| r.0).collect(),
            second: rows.iter().map(|r| r.1).collect(),
            labels: rows.iter().map(|r| Label::Soft(r.2)).collect(),
            weights: rows.iter().map(|r| r.3).collect(),
            margins: rows.iter().map(|r| r.4).collect(),
            lengths: [rows.iter().map(|r| r.5.0).collect(), rows.iter().map(|r| r.5.1).collect()],
        }
    }

    fn full(&self) -> PairScores<'_> {
        PairScores {
            weights: Some(&self.weights),
            margins: Some(&self.margins),
            lengths: Some([&self.lengths[0], &self.lengths[1]]),
            ..PairScores::new(&self.first, &self.second, &self.labels)
        }
    }
}

// softplus(−1) and softplus(−½), worked by hand.
#[test]
fn golden_losses_with_and_without_margin() {
    let loss = PairLoss::default();
    assert!((single(&loss, 1.0, Label::FIRST) - 0.313262).abs() < 1e-6);
    let margins = PairScores { margins: Some(&[0.5]), ..PairScores::new(&[1.0], &[0.0], &[Label::FIRST]) };
    assert!((evaluate(&loss, &margins).0 - 0.474077).abs() < 1e-6);
}

// Worked by hand from the formula.
#[test]
fn golden_loss_of_a_ranking_of_three() {
    let mut gradient = [0.0; 3];
    let loss = RankingLoss::Full.evaluate(&[2.0, 1.0, 0.0], &[0, 1, 2], &mut gradient).expect("valid");
    assert!((loss - 0.720868).abs() < 1e-6, "{loss}");
}

proptest! {
    #[test]
    fn every_gradient_is_the_central_difference(rows in rows(), beta in 0.3..2.0f64, epsilon in 0.0..0.4f64, c in 0.0..0.5f64) {
        let loss = PairLoss { temperature: beta, smoothing: epsilon, centering: c };
        let columns = Columns::of(&rows);
        let (_, up, down) = evaluate(&loss, &columns.full());
        for i in 0..rows.len() {
            for (side, slope) in [(0, up[i]), (1, down[i])] {
                let at = |step: f64| {
                    let mut moved = rows.clone();
                    if side == 0 { moved[i].0 += step } else { moved[i].1 += step }
                    evaluate(&loss, &Columns::of(&moved).full()).0
                };
                let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                prop_assert!((slope - want).abs() < 1e-7 * (1.0 + slope.abs()), "{slope} {want}");
            }
        }
    }

    #[test]
    fn the_slope_is_the_predicted_minus_the_labelled_probability_and_the_curvature_at_most_a_quarter(d in -9.0..9.0f64, p in 0.0..=1.0f64) {
        let loss = PairLoss::default();
        let label = Label::Soft(p);
        let (_, up, _) = evaluate(&loss, &PairScores::new(&[d], &[0.0], &[label]));
        prop_assert!((up[0] - (1.0 / (1.0 + (-d).exp()) - p)).abs() < 1e-12);
        let h = 1e-3;
        let curvature = (single(&loss, d + h, label) - 2.0 * single(&loss, d, label) + single(&loss, d - h, label)) / (h * h);
        prop_assert!((-1e-6..=0.25 + 1e-6).contains(&curvature));
    }

    #[test]
    fn swapping_items_and_label_changes_nothing(rows in rows(), beta in 0.3..2.0f64) {
        let loss = PairLoss { temperature: beta, ..PairLoss::default() };
        let columns = Columns::of(&rows);
        let swapped: Vec<Label> = columns.labels.iter().map(|label| label.swapped()).collect();
        let (a, up, down) = evaluate(&loss, &PairScores::new(&columns.first, &columns.second, &columns.labels));
        let (b, other_down, other_up) = evaluate(&loss, &PairScores::new(&columns.second, &columns.first, &swapped));
        prop_assert!((a - b).abs() < 1e-12);
        for i in 0..rows.len() {
            prop_assert!((up[i] - other_up[i]).abs() < 1e-12 && (down[i] - other_down[i]).abs() < 1e-12);
        }
    }

    #[test]
    fn a_constant_added_to_both_scores_of_a_prompt_is_not_seen_but_by_the_centring_term(rows in rows(), shift in 0.5..9.0f64) {
        let columns = Columns::of(&rows);
        let moved: Vec<Row> = rows.iter().map(|r| (r.0 + shift, r.1 + shift, r.2, r.3, r.4, r.5)).collect();
        let moved = Columns::of(&moved);
        let at = |loss: &PairLoss, c: &Columns| evaluate(loss, &PairScores::new(&c.first, &c.second, &c.labels)).0;
        let plain = PairLoss::default();
        prop_assert!((at(&plain, &columns) - at(&plain, &moved)).abs() < 1e-9);
        let centred = PairLoss { centering: 0.1, ..plain };
        prop_assert!((at(&centred, &columns) - at(&centred, &moved)).abs() > 1e-9);
    }

    #[test]
    fn skipped_pairs_and_pairs_of_no_weight_are_as_if_they_were_not_there(rows in rows(), a in -3.0..3.0f64, b in -3.0..3.0f64) {
        let columns = Columns::of(&rows);
        let (want, up, _) = evaluate(&PairLoss::default(), &columns.full());
        for (label, weight) in [(Label::Skip, 1.0), (Label::FIRST, 0.0)] {
            let mut more = Columns::of(&rows);
            more.first.push(a);
            more.second.push(b);
            more.labels.push(label);
            more.weights.push(weight);
            more.margins.push(0.0);
            more.lengths[0].push(1);
            more.lengths[1].push(1);
            let (got, more_up, more_down) = evaluate(&PairLoss::default(), &more.full());
            prop_assert_eq!(got, want);
            prop_assert_eq!(&more_up[..rows.len()], &up[..]);
            prop_assert_eq!((more_up[rows.len()], more_down[rows.len()]), (0.0, 0.0));
        }
    }

    #[test]
    fn where_every_label_is_skipped_nothing_is_lost_nothing_is_pushed_and_all_are_counted(rows in rows()) {
        let mut columns = Columns::of(&rows);
        columns.labels.fill(Label::Skip);
        let (mut up, mut down) = (vec![1.0; rows.len()], vec![1.0; rows.len()]);
        let loss = PairLoss { centering: 0.1, ..PairLoss::default() };
        let report = loss.evaluate(&columns.full(), &mut up, &mut down).expect("an empty batch is no error");
        prop_assert_eq!((report.loss, report.pairs, report.skipped), (0.0, 0, rows.len()));
        prop_assert!(up.iter().chain(&down).all(|slope| *slope == 0.0));
    }

    #[test]
    fn a_weight_of_two_is_the_pair_said_twice(rows in rows(), which in 0usize..8) {
        let which = which % rows.len();
        let mut heavy = rows.clone();
        heavy[which].3 *= 2.0;
        let mut twice = rows.clone();
        twice.push(rows[which]);
        let at = |rows: &[Row]| evaluate(&PairLoss::default(), &Columns::of(rows).full()).0;
        prop_assert!((at(&heavy) - at(&twice)).abs() < 1e-12);
    }

    #[test]
    fn rankings_are_equivariant_under_renaming(rewards in prop::collection::vec(-3.0..3.0f64, 1..6), turn in 0usize..6, k in 1usize..6) {
        let n = rewards.len();
        let renamed = |i: usize| (i + turn) % n;
        let mut other = vec![0.0; n];
        for i in 0..n {
            other[renamed(i)] = rewards[i];
        }
        let ranking: Vec<usize> = (0..n).collect();
        let other_ranking: Vec<usize> = (0..n).map(renamed).collect();
        for loss in [RankingLoss::Full, RankingLoss::Top { k }, RankingLoss::AllPairs] {
            let (mut g, mut h) = (vec![0.0; n], vec![0.0; n]);
            let a = loss.evaluate(&rewards, &ranking, &mut g).expect("valid");
            let b = loss.evaluate(&other, &other_ranking, &mut h).expect("valid");
            prop_assert!((a - b).abs() < 1e-9);
            for i in 0..n {
                prop_assert!((g[i] - h[renamed(i)]).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn gradients_of_rankings_sum_to_zero_and_are_central_differences(rewards in prop::collection::vec(-3.0..3.0f64, 1..6), k in 1usize..6) {
        let n = rewards.len();
        let ranking: Vec<usize> = (0..n).rev().collect();
        for loss in [RankingLoss::Full, RankingLoss::Top { k }, RankingLoss::AllPairs] {
            let mut gradient = vec![0.0; n];
            loss.evaluate(&rewards, &ranking, &mut gradient).expect("valid");
            prop_assert!(gradient.iter().sum::<f64>().abs() < 1e-12);
            for i in 0..n {
                let at = |step: f64| {
                    let mut moved = rewards.clone();
                    moved[i] += step;
                    loss.evaluate(&moved, &ranking, &mut vec![0.0; n]).expect("valid")
                };
                let want = (at(1e-5) - at(-1e-5)) / 2e-5;
                prop_assert!((gradient[i] - want).abs() < 1e-7, "{loss:?}");
            }
        }
    }

    #[test]
    fn probabilities_of_all_rankings_sum_to_one(rewards in prop::collection::vec(-3.0..3.0f64, 1..5)) {
        let n = rewards.len();
        let mut total = 0.0;
        for ranking in permutations(n) {
            total += (-RankingLoss::Full.evaluate(&rewards, &ranking, &mut vec![0.0; n]).expect("valid")).exp();
        }
        prop_assert!((total - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_top_of_a_ranking_does_not_depend_on_the_order_of_the_rest(rewards in prop::collection::vec(-3.0..3.0f64, 3..6)) {
        let n = rewards.len();
        let ranking: Vec<usize> = (0..n).collect();
        let mut other = ranking.clone();
        other[1..].reverse();
        let at = |ranking: &[usize], loss: RankingLoss| loss.evaluate(&rewards, ranking, &mut vec![0.0; n]).expect("valid");
        let top = RankingLoss::Top { k: 1 };
        prop_assert!((at(&ranking, top) - at(&other, top)).abs() < 1e-9);
        let whole = RankingLoss::Top { k: n };
        prop_assert!((at(&ranking, whole) - at(&ranking, RankingLoss::Full)).abs() < 1e-12);
    }

    #[test]
    fn two_items_are_bradley_terry_under_every_ranking_loss(a in -3.0..3.0f64, b in -3.0..3.0f64) {
        let want = single(&PairLoss::default(), a - b, Label::FIRST);
        for loss in [RankingLoss::Full, RankingLoss::Top { k: 1 }, RankingLoss::AllPairs] {
            let got = loss.evaluate(&[a, b], &[0, 1], &mut [0.0; 2]).expect("valid");
            prop_assert!((got - want).abs() < 1e-12);
        }
    }
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    (0..n).fold(vec![Vec::new()], |partial, item| {
        partial
            .iter()
            .flat_map(|p| {
                (0..=p.len()).map(move |place| {
                    let mut longer = p.clone();
                    longer.insert(place, item);
                    longer
                })
            })
            .collect()
    })
}

#[test]
fn one_item_has_no_loss() {
    for loss in [RankingLoss::Full, RankingLoss::Top { k: 1 }, RankingLoss::AllPairs] {
        assert_eq!(loss.evaluate(&[3.0], &[0], &mut [9.0]), Ok(0.0));
    }
}

#[test]
fn a_batch_of_skips_has_no_loss_no_gradient_and_is_counted() {
    let (mut up, mut down) = ([1.0; 2], [1.0; 2]);
    let scores = PairScores::new(&[1.0, 2.0], &[0.0, 0.0], &[Label::Skip; 2]);
    let report = PairLoss::default().evaluate(&scores, &mut up, &mut down).expect("valid");
    assert_eq!((report.loss, report.pairs, report.skipped, report.accuracy()), (0.0, 0, 2, None));
    assert_eq!((up, down), ([0.0; 2], [0.0; 2]));
}

#[test]
fn equal_scores_count_half_in_accuracy_and_labelled_ties_not_at_all() {
    let scores =
        PairScores::new(&[1.0, 1.0, 1.0], &[1.0, 0.0, 0.0], &[Label::FIRST, Label::FIRST, Label::TIE]);
    let report = PairLoss::default().evaluate(&scores, &mut [0.0; 3], &mut [0.0; 3]).expect("valid");
    assert_eq!((report.judged, report.accuracy()), (2, Some(0.75)));
}

#[test]
fn bad_input_is_refused_before_the_loss() {
    let refuse = |scores: PairScores<'_>| {
        PairLoss::default().evaluate(&scores, &mut [0.0], &mut [0.0]).expect_err("invalid")
    };
    let label = [Label::FIRST];
    let infinite = refuse(PairScores::new(&[f64::INFINITY], &[0.0], &label));
    assert!(matches!(infinite, PreferenceError::NotFinite { what: "first", .. }));
    refuse(PairScores::new(&[0.0], &[0.0, 1.0], &label));
    refuse(PairScores::new(&[0.0], &[0.0], &[Label::Soft(2.0)]));
    refuse(PairScores { weights: Some(&[-1.0]), ..PairScores::new(&[0.0], &[0.0], &label) });
    refuse(PairScores { lengths: Some([&[0], &[1]]), ..PairScores::new(&[0.0], &[0.0], &label) });
    for loss in [
        PairLoss { temperature: 0.0, ..PairLoss::default() },
        PairLoss { smoothing: 0.5, ..PairLoss::default() },
    ] {
        loss.evaluate(&PairScores::new(&[0.0], &[0.0], &label), &mut [0.0], &mut [0.0]).expect_err("invalid");
    }
    RankingLoss::Full.evaluate(&[1.0, 2.0], &[0, 0], &mut [0.0; 2]).expect_err("no ranking");
    RankingLoss::Top { k: 0 }.evaluate(&[1.0, 2.0], &[0, 1], &mut [0.0; 2]).expect_err("no top");
}
