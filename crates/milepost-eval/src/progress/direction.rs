//! Does a judge of two frames say better where things got better, and worse where they got worse?

use super::{MetricValue, Rules};
use crate::StatsError;

/// How large a hop is, by its absolute size.
#[derive(Debug, Clone, PartialEq)]
pub struct HopBuckets {
    /// Inner edges, ascending. A hop on an edge belongs to the larger bucket.
    edges: Vec<f64>,
}

impl HopBuckets {
    /// Buckets between ascending, positive edges.
    pub fn new(edges: Vec<f64>) -> Result<Self, StatsError> {
        let bad = edges.windows(2).find(|pair| pair[0] >= pair[1]).map(|pair| pair[1]);
        let bad = bad.or_else(|| edges.iter().copied().find(|edge| !(edge.is_finite() && *edge > 0.0)));
        match bad {
            None => Ok(Self { edges }),
            Some(value) => Err(StatsError::Parameter {
                name: "an edge of the hop buckets",
                value,
                range: "ascending, (0, ∞)",
            }),
        }
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.edges.len() + 1
    }

    /// The bucket of a hop.
    #[must_use]
    pub fn of(&self, hop: f64) -> usize {
        self.edges.partition_point(|edge| *edge <= hop.abs())
    }
}

/// −1, 0 or 1; −0 has no sign.
fn sign(x: f64) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// Share of steps whose judged sign is the true one, zero agreeing with zero (LRM).
pub fn direction_accuracy(judged: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the judged changes against the true ones", judged, truth)?;
    let right = v.iter().zip(g).filter(|(v, g)| sign(**v) == sign(**g)).count();
    Ok(MetricValue::share(right as f64, v.len(), "there are no steps"))
}

/// Progress recall: of the steps that truly progress, the share that is judged to. `n` counts the former.
pub fn progress_recall(judged: &[f64], truth: &[f64], rules: Rules) -> Result<MetricValue, StatsError> {
    let (v, g) = rules.pair("the judged changes against the true ones", judged, truth)?;
    let rises = || v.iter().zip(g).filter(|(_, g)| **g > 0.0);
    let found = rises().filter(|(v, _)| **v > 0.0).count();
    Ok(MetricValue::share(found as f64, rises().count(), "no step progresses"))
}

/// Direction accuracy within each bucket of true hops; pairs whose true hop is 0 have no direction and are
/// left out. A judged 0 counts ½. Small hops tell judges apart that large hops do not.
pub fn direction_by_hop(
    judged: &[f64],
    truth: &[f64],
    buckets: &HopBuckets,
    rules: Rules,
) -> Result<Vec<MetricValue>, StatsError> {
    let (v, g) = rules.pair("the judged hops against the true ones", judged, truth)?;
    let mut table = vec![(0.0, 0); buckets.count()];
    for (v, g) in v.iter().zip(g).filter(|(_, g)| **g != 0.0) {
        let (right, n) = &mut table[buckets.of(*g)];
        *right += f64::from(1 + sign(*v) * sign(*g)) / 2.0;
        *n += 1;
    }
    Ok(table
        .into_iter()
        .map(|(right, n)| MetricValue::share(right, n, "no pair has a hop of this size"))
        .collect())
}

/// Macro-consistency error: mean of `|S(a,c) − S(a,b) − S(b,c)|` over triples `[ac, ab, bc]` of judged
/// changes. 0 exactly for differences of a potential; pair judges generally are not.
pub fn macro_consistency_error(triples: &[[f64; 3]]) -> Result<MetricValue, StatsError> {
    crate::error::all_finite("the judged changes", triples.as_flattened())?;
    let sum = triples.iter().map(|[ac, ab, bc]| (ac - ab - bc).abs()).sum();
    Ok(MetricValue::share(sum, triples.len(), "there are no triples"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn directions_by_hand() {
        let truth = [0.2, -0.1, 0.0, 0.3];
        let of =
            |judged: [f64; 4]| direction_accuracy(&judged, &truth, Rules::Strict).expect("finite").value();
        assert_eq!(of([0.1, -0.5, 0.0, 0.2]), Some(1.0));
        assert_eq!(of([0.1, 0.5, 0.1, 0.2]), Some(0.5));
        assert_eq!(of([-0.0, 0.0, -0.0, 0.0]), Some(0.25), "−0 is 0");
        let recall = |judged: [f64; 4]| progress_recall(&judged, &truth, Rules::Strict).expect("finite");
        assert_eq!((recall([0.1, 0.5, 0.1, -0.2]).value(), recall([0.0; 4]).n), (Some(0.5), 2));
        assert_eq!(recall([1.0, -1.0, -1.0, 1.0]).value(), Some(1.0));
        assert_eq!(progress_recall(&[1.0], &[-1.0], Rules::Strict).expect("finite").value(), None);
        assert_eq!(direction_accuracy(&[], &[], Rules::Strict).expect("finite").value(), None);
    }

    #[test]
    fn hop_buckets_by_hand() {
        let buckets = HopBuckets::new(vec![0.1, 0.5]).expect("ascending");
        let truth = [0.05, -0.05, 0.1, -0.3, 0.5, 0.0];
        let judged = [0.2, 0.2, 0.0, -0.1, 0.9, 0.7];
        let table = direction_by_hop(&judged, &truth, &buckets, Rules::Strict).expect("finite");
        assert_eq!(
            table.iter().map(MetricValue::value).collect::<Vec<_>>(),
            [Some(0.5), Some(0.75), Some(1.0)]
        );
        assert_eq!(table.iter().map(|m| m.n).collect::<Vec<_>>(), [2, 2, 1]);
        let empty = direction_by_hop(&[0.1], &[0.0], &buckets, Rules::Strict).expect("finite");
        assert!(empty.iter().all(|bucket| bucket.value().is_none()));
        assert!(HopBuckets::new(vec![0.5, 0.1]).is_err() && HopBuckets::new(vec![0.0]).is_err());
    }

    #[test]
    fn consistency_by_hand() {
        let error = |triples: &[[f64; 3]]| macro_consistency_error(triples).expect("finite").value();
        assert_eq!(error(&[[0.5, 0.25, 0.25], [0.75, 0.5, 0.25]]), Some(0.0));
        assert_eq!(error(&[[0.5, 0.25, 0.25], [1.0, 0.25, 0.25]]), Some(0.25));
        assert_eq!(error(&[[0.0, 0.5, 0.5]]), Some(1.0));
        assert_eq!(error(&[]), None);
    }

    proptest! {
        #[test]
        fn differences_of_a_potential_are_consistent_and_right_in_every_bucket(
            phi in prop::collection::vec((-3.0..3.0f64, -3.0..3.0f64, -3.0..3.0f64), 1..20),
        ) {
            let triples: Vec<[f64; 3]> = phi.iter().map(|(a, b, c)| [c - a, b - a, c - b]).collect();
            prop_assert!(macro_consistency_error(&triples).expect("finite").value().expect("some") < 1e-12);
            let hops: Vec<f64> = phi.iter().map(|(a, b, _)| b - a).collect();
            let bent: Vec<f64> = hops.iter().map(|h| h * h * h).collect();
            let buckets = HopBuckets::new(vec![0.3, 1.0]).expect("ascending");
            for bucket in direction_by_hop(&bent, &hops, &buckets, Rules::Strict).expect("finite") {
                prop_assert!(bucket.value().is_none_or(|share| share == 1.0));
            }
        }
    }
}
