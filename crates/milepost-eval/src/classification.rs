//! How well scores separate two classes, and how well predicted labels agree with true ones.

use crate::ordering::argsort;
use crate::{StatsError, error};

/// The receiver operating characteristic: one point for each distinct score from high to low, after a
/// first one at threshold +∞ where nothing is called positive.
#[derive(Debug, Clone, PartialEq)]
pub struct Roc {
    /// False positive rate at each threshold.
    pub false_positive: Vec<f64>,
    /// True positive rate at each threshold.
    pub true_positive: Vec<f64>,
    /// Scores from this one on are called positive.
    pub thresholds: Vec<f64>,
}

/// Numbers of true and false positives at each distinct score, from high to low.
fn counts(labels: &[bool], scores: &[f64]) -> Result<Vec<(f64, f64, f64)>, StatsError> {
    error::paired("labels against scores", labels, scores)?;
    error::all_finite("the scores", scores)?;
    let positives = labels.iter().filter(|label| **label).count();
    if positives == 0 || positives == labels.len() {
        let reason = "both classes must occur";
        return Err(StatsError::Undefined { what: "a ranking of two classes", reason });
    }
    let (mut hits, mut alarms) = (0.0, 0.0);
    let mut order = argsort(scores);
    order.reverse();
    let points = order.chunk_by(|a, b| scores[*a] == scores[*b]).map(|group| {
        let positive = group.iter().filter(|index| labels[**index]).count();
        hits += positive as f64;
        alarms += (group.len() - positive) as f64;
        (scores[group[0]], hits, alarms)
    });
    Ok(points.collect())
}

/// The [`Roc`] curve, no point left out.
pub fn roc(labels: &[bool], scores: &[f64]) -> Result<Roc, StatsError> {
    let points = counts(labels, scores)?;
    let (_, all_hits, all_alarms) = points[points.len() - 1];
    let mut curve =
        Roc { false_positive: vec![0.0], true_positive: vec![0.0], thresholds: vec![f64::INFINITY] };
    for (threshold, hits, alarms) in points {
        curve.false_positive.push(alarms / all_alarms);
        curve.true_positive.push(hits / all_hits);
        curve.thresholds.push(threshold);
    }
    Ok(curve)
}

/// Area under the [`roc`] curve: the probability that a positive scores above a negative, ties ½.
pub fn auroc(labels: &[bool], scores: &[f64]) -> Result<f64, StatsError> {
    let Roc { false_positive: x, true_positive: y, .. } = roc(labels, scores)?;
    Ok((1..x.len()).map(|i| (x[i] - x[i - 1]) * f64::midpoint(y[i], y[i - 1])).sum())
}

/// Average precision: `Σ (Rᵢ − Rᵢ₋₁) Pᵢ` over the distinct scores from high to low.
pub fn average_precision(labels: &[bool], scores: &[f64]) -> Result<f64, StatsError> {
    let points = counts(labels, scores)?;
    let all_hits = points[points.len() - 1].1;
    let mut before = 0.0;
    let mut area = 0.0;
    for (_, hits, alarms) in points {
        area += (hits - before) / all_hits * hits / (hits + alarms);
        before = hits;
    }
    Ok(area)
}

/// Counts of (true label, predicted label) over the labels that occur, in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub struct Confusion {
    classes: usize,
    /// `[true, predicted]`, row-major.
    counts: Vec<f64>,
}

impl Confusion {
    /// Of labels and predictions of the same items.
    pub fn new(labels: &[i64], predictions: &[i64]) -> Result<Self, StatsError> {
        error::paired("labels against predictions", labels, predictions)?;
        let mut names: Vec<i64> = labels.iter().chain(predictions).copied().collect();
        names.sort_unstable();
        names.dedup();
        let classes = names.len();
        let mut counts = vec![0.0; classes * classes];
        let place = |label: &i64| names.partition_point(|name| name < label);
        for (label, prediction) in labels.iter().zip(predictions) {
            counts[place(label) * classes + place(prediction)] += 1.0;
        }
        Ok(Self { classes, counts })
    }

    fn row_sum(&self, class: usize) -> f64 {
        self.counts[class * self.classes..][..self.classes].iter().sum()
    }

    fn column_sum(&self, class: usize) -> f64 {
        self.counts.iter().skip(class).step_by(self.classes).sum()
    }

    fn agreed(&self, class: usize) -> f64 {
        self.counts[class * (self.classes + 1)]
    }

    fn total(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// `1 − Σ w·observed / Σ w·expected by chance` for disagreement weights `w(true, predicted)`.
    fn kappa(&self, weight: impl Fn(usize, usize) -> f64) -> Result<f64, StatsError> {
        let n = self.total();
        let (mut observed, mut expected) = (0.0, 0.0);
        for i in 0..self.classes {
            for j in 0..self.classes {
                observed += weight(i, j) * self.counts[i * self.classes + j];
                expected += weight(i, j) * self.row_sum(i) * self.column_sum(j) / n;
            }
        }
        if expected == 0.0 {
            let reason = "chance alone would agree everywhere (only one label occurs)";
            return Err(StatsError::Undefined { what: "kappa", reason });
        }
        Ok(1.0 - observed / expected)
    }

    /// Cohen's κ: agreement beyond chance.
    pub fn cohen_kappa(&self) -> Result<f64, StatsError> {
        self.kappa(|i, j| f64::from(u8::from(i != j)))
    }

    /// κ with quadratic weights, distances counted in places of the ascending labels that occur.
    pub fn quadratic_kappa(&self) -> Result<f64, StatsError> {
        self.kappa(|i, j| (i as f64 - j as f64).powi(2))
    }

    /// Mean over classes of `F₁ = 2 hits / (labelled + predicted)`.
    pub fn macro_f1(&self) -> f64 {
        let f1 = |c| 2.0 * self.agreed(c) / (self.row_sum(c) + self.column_sum(c));
        (0..self.classes).map(f1).sum::<f64>() / self.classes as f64
    }

    /// `F₁` of all decisions pooled, which for one label each is the accuracy.
    pub fn micro_f1(&self) -> f64 {
        (0..self.classes).map(|c| self.agreed(c)).sum::<f64>() / self.total()
    }

    /// Matthews' correlation coefficient, for any number of classes; 0 if either side is constant.
    pub fn matthews(&self) -> f64 {
        let n = self.total();
        let sum = |term: &dyn Fn(usize) -> f64| (0..self.classes).map(term).sum::<f64>();
        let covariance = n * sum(&|c| self.agreed(c)) - sum(&|c| self.row_sum(c) * self.column_sum(c));
        let labels = n * n - sum(&|c| self.row_sum(c).powi(2));
        let predictions = n * n - sum(&|c| self.column_sum(c).powi(2));
        if labels == 0.0 || predictions == 0.0 { 0.0 } else { covariance / (labels * predictions).sqrt() }
    }
}

/// Normalised discounted cumulative gain of the first `k` places (all without `k`): linear gain, discount
/// `1/log₂(place + 1)`, items of equal score sharing the mean of their gains.
pub fn ndcg(relevance: &[f64], scores: &[f64], k: Option<usize>) -> Result<f64, StatsError> {
    error::paired("relevance against scores", relevance, scores)?;
    error::all_finite("the relevance", relevance)?;
    error::all_finite("the scores", scores)?;
    let k = k.unwrap_or(scores.len());
    let discount = |place: usize| if place < k { 1.0 / libm::log2(place as f64 + 2.0) } else { 0.0 };
    let gain = |by: &[f64]| {
        let mut order = argsort(by);
        order.reverse();
        let mut place = 0;
        let mut total = 0.0;
        for group in order.chunk_by(|a, b| by[*a] == by[*b]) {
            let mean = group.iter().map(|index| relevance[*index]).sum::<f64>() / group.len() as f64;
            total += mean * (place..place + group.len()).map(discount).sum::<f64>();
            place += group.len();
        }
        total
    };
    let ideal = gain(relevance);
    if ideal <= 0.0 {
        return Err(StatsError::Undefined { what: "NDCG", reason: "no item is relevant" });
    }
    Ok(gain(scores) / ideal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn negated_scores_mirror_the_area(items in prop::collection::vec((any::<bool>(), -3i32..3), 2..40)) {
            let (mut labels, scores): (Vec<bool>, Vec<f64>) =
                items.into_iter().map(|(label, score)| (label, f64::from(score))).unzip();
            (labels[0], labels[1]) = (true, false);
            let negated: Vec<f64> = scores.iter().map(|score| -score).collect();
            let sum = auroc(&labels, &scores).expect("both classes") + auroc(&labels, &negated).expect("both classes");
            prop_assert!((sum - 1.0).abs() < 1e-12);
        }

        #[test]
        fn full_agreement_is_one_everywhere(labels in prop::collection::vec(-2i64..3, 2..30)) {
            let confusion = Confusion::new(&labels, &labels).expect("paired");
            prop_assert_eq!((confusion.macro_f1(), confusion.micro_f1()), (1.0, 1.0));
            if labels.iter().any(|label| *label != labels[0]) {
                prop_assert_eq!(confusion.cohen_kappa(), Ok(1.0));
                prop_assert_eq!(confusion.quadratic_kappa(), Ok(1.0));
                prop_assert!((confusion.matthews() - 1.0).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn one_class_cannot_be_ranked() {
        assert!(matches!(auroc(&[true, true], &[0.1, 0.2]), Err(StatsError::Undefined { .. })));
        assert!(matches!(
            Confusion::new(&[1, 1], &[1, 1]).expect("paired").cohen_kappa(),
            Err(StatsError::Undefined { .. })
        ));
        assert!(matches!(ndcg(&[0.0, 0.0], &[1.0, 2.0], None), Err(StatsError::Undefined { .. })));
    }
}
