//! Which pairs are worth a question?

use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use crate::math::mean;
use crate::{PreferenceError, error};

/// A rule that picks questions from candidates (Lee et al. 2021).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuerySelection {
    /// At random, none twice.
    #[default]
    Uniform,
    /// Those on which an ensemble disagrees most: the variance of its members' `P(a ≻ b)`.
    Disagreement,
    /// Those of which the members are least sure: the mean over members of the entropy of `P(a ≻ b)`.
    Entropy,
    /// Those that cover the space of features: greedily the one farthest from all that were picked or labelled.
    KCenter,
}

/// What is known about the candidates.
#[derive(Debug, Clone, Copy)]
pub struct Candidates<'a> {
    /// How many there are.
    pub count: usize,
    /// `P(a ≻ b)` of each candidate, one slice `[count]` for each member of the ensemble.
    pub predictions: &'a [Vec<f64>],
    /// The features of each candidate, `[count]` of equal length.
    pub features: &'a [Vec<f64>],
    /// The features of what was labelled before.
    pub labelled: &'a [Vec<f64>],
}

impl QuerySelection {
    /// Picks `wanted` of the candidates (all, if there are fewer), the best first. Equal candidates go by position.
    pub fn pick(
        self,
        candidates: &Candidates<'_>,
        wanted: usize,
        stream: &mut Stream,
    ) -> Result<Vec<usize>, PreferenceError> {
        let mut order: Vec<usize> = (0..candidates.count).collect();
        match self {
            Self::Uniform => stream.shuffle(&mut order),
            Self::Disagreement => by_score(&mut order, &scores(candidates, variance)?),
            Self::Entropy => {
                by_score(&mut order, &scores(candidates, |p| mean(p.iter().map(|p| binary_entropy(*p))))?);
            }
            Self::KCenter => return k_center(candidates, wanted),
        }
        order.truncate(wanted);
        Ok(order)
    }
}

/// A score of each candidate from what the members predict.
fn scores(candidates: &Candidates<'_>, score: impl Fn(&[f64]) -> f64) -> Result<Vec<f64>, PreferenceError> {
    error::not_empty("predictions", candidates.predictions)?;
    for member in candidates.predictions {
        error::same_length("the predictions of a member", candidates.count, member.len())?;
        member.iter().try_for_each(|p| error::probability("a prediction", *p))?;
    }
    let of = |i: usize| score(&candidates.predictions.iter().map(|member| member[i]).collect::<Vec<f64>>());
    Ok((0..candidates.count).map(of).collect())
}

fn by_score(order: &mut [usize], scores: &[f64]) {
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
}

fn variance(values: &[f64]) -> f64 {
    let middle = mean(values.iter().copied());
    mean(values.iter().map(|value| (value - middle) * (value - middle)))
}

fn binary_entropy(p: f64) -> f64 {
    let term = |p: f64| if p > 0.0 { -p * libm::log(p) } else { 0.0 };
    term(p) + term(1.0 - p)
}

/// Greedy k-center (Gonzalez 1985): within a factor 2 of the best cover. Without anything labelled the first
/// candidate starts.
fn k_center(candidates: &Candidates<'_>, wanted: usize) -> Result<Vec<usize>, PreferenceError> {
    let features = candidates.features;
    error::same_length("features", candidates.count, features.len())?;
    let width = features.first().map_or(0, Vec::len);
    for row in features.iter().chain(candidates.labelled) {
        error::same_length("a row of features", width, row.len())?;
        error::finite("features", row)?;
    }
    let distance = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
    let nearest = |row: &Vec<f64>| {
        candidates.labelled.iter().map(|other| distance(row, other)).fold(f64::INFINITY, f64::min)
    };
    let mut gaps: Vec<f64> = features.iter().map(nearest).collect();
    let mut left: Vec<usize> = (0..candidates.count).collect();
    let mut picked = Vec::new();
    while picked.len() < wanted && !left.is_empty() {
        let mut best = 0;
        for place in 1..left.len() {
            if gaps[left[place]] > gaps[left[best]] {
                best = place;
            }
        }
        let chosen = left.remove(best);
        picked.push(chosen);
        for index in &left {
            gaps[*index] = gaps[*index].min(distance(&features[*index], &features[chosen]));
        }
    }
    Ok(picked)
}

#[cfg(test)]
mod tests {
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    use super::*;

    fn stream(seed: u64) -> Stream {
        Stream::new(StreamKey::new(seed, Purpose::SHUFFLE))
    }

    const RULES: [QuerySelection; 4] = [
        QuerySelection::Uniform,
        QuerySelection::Disagreement,
        QuerySelection::Entropy,
        QuerySelection::KCenter,
    ];

    proptest! {
        #[test]
        fn every_rule_picks_distinct_candidates_and_no_more_than_there_are(
            rows in prop::collection::vec((0.0..=1.0f64, 0.0..=1.0f64, -1.0..1.0f64), 0..12), wanted in 0usize..15, seed: u64,
        ) {
            let predictions = vec![rows.iter().map(|r| r.0).collect(), rows.iter().map(|r| r.1).collect()];
            let features: Vec<Vec<f64>> = rows.iter().map(|r| vec![r.2]).collect();
            let candidates = Candidates { count: rows.len(), predictions: &predictions, features: &features, labelled: &[] };
            for rule in RULES {
                let mut picked = rule.pick(&candidates, wanted, &mut stream(seed)).expect("valid");
                prop_assert_eq!(&picked, &rule.pick(&candidates, wanted, &mut stream(seed)).expect("valid"));
                prop_assert_eq!(picked.len(), wanted.min(rows.len()));
                picked.sort_unstable();
                picked.dedup();
                prop_assert_eq!(picked.len(), wanted.min(rows.len()));
            }
        }

        #[test]
        fn k_center_covers_within_twice_the_radius_of_any_other_choice(
            points in prop::collection::vec(-5.0..5.0f64, 2..9), other in 0usize..8,
        ) {
            let features: Vec<Vec<f64>> = points.iter().map(|p| vec![*p]).collect();
            let candidates = Candidates { count: points.len(), predictions: &[], features: &features, labelled: &[] };
            let picked = QuerySelection::KCenter.pick(&candidates, 2, &mut stream(0)).expect("valid");
            let radius = |centers: &[usize]| {
                points.iter().map(|p| centers.iter().map(|c| (p - points[*c]).abs()).fold(f64::INFINITY, f64::min)).fold(0.0, f64::max)
            };
            let rival = [other % points.len(), (other + 1) % points.len()];
            prop_assert!(radius(&picked) <= 2.0 * radius(&rival) + 1e-12);
        }
    }

    #[test]
    fn disagreement_and_entropy_differ_where_members_are_sure_but_opposed() {
        let predictions = vec![vec![0.5, 1.0, 0.9], vec![0.5, 0.0, 0.9]];
        let candidates = Candidates { count: 3, predictions: &predictions, features: &[], labelled: &[] };
        let pick = |rule: QuerySelection| rule.pick(&candidates, 1, &mut stream(0)).expect("valid");
        assert_eq!((pick(QuerySelection::Disagreement), pick(QuerySelection::Entropy)), (vec![1], vec![0]));
        assert!(QuerySelection::KCenter.pick(&candidates, 1, &mut stream(0)).is_err());
    }

    #[test]
    fn k_center_stays_away_from_what_was_labelled() {
        let features = vec![vec![0.0], vec![5.0], vec![9.0]];
        let labelled = vec![vec![8.0]];
        let candidates = Candidates { count: 3, predictions: &[], features: &features, labelled: &labelled };
        let picked = QuerySelection::KCenter.pick(&candidates, 3, &mut stream(0)).expect("valid");
        assert_eq!(picked, [0, 1, 2]);
    }
}
