use milepost_eval::progress::trajectory_distance::{TaskTrajectories, trajectory_distance};
use milepost_eval::progress::{MetricValue, Rules, Summary, calibration, direction, discrimination, order};

use super::judges::{Judge, Seen};
use crate::StudyError;
use crate::staged_films::Episode;

/// What is said about a judge, so that more is better.
pub(super) const METRICS: [(&str, &str); 8] = [
    ("voc-plus", "value-order correlation on successes"),
    ("voc-minus", "value-order correlation on successes shown backwards, negated"),
    ("kendall", "Kendall's τ-b with true progress within films, failures too"),
    ("pairwise", "share of pairs of frames of a film that are put in their true order"),
    ("small-hops", "share of steps of at most 0.1 true progress whose direction is told"),
    ("error", "mean squared error against true progress, negated"),
    ("auc", "area under the ROC curve of the last value against success"),
    ("distance", "distance √((1 − ρ)/2) to true progress over all frames, negated"),
];

/// Frames between the two of a step.
const STEP: usize = 4;

/// Scores a judge on films, by every one of [`METRICS`].
pub(super) fn of_judge(
    judge: &mut dyn Judge,
    films: &[Episode],
) -> Result<[MetricValue; METRICS.len()], StudyError> {
    let fault = || StudyError::part("a metric");
    let rules = Rules::Strict;
    let mut by_film: [Vec<MetricValue>; 4] = Default::default();
    let (mut judged, mut truth): (Vec<Vec<f64>>, Vec<Vec<f64>>) = (Vec::new(), Vec::new());
    let (mut last, mut success) = (Vec::new(), Vec::new());
    for film in films {
        let phi = film.phi();
        let values = shown(judge, film, &phi, false)?;
        let succeeds = phi.last() == Some(&1.0);
        if succeeds {
            let backwards = shown(judge, film, &phi, true)?;
            let both = order::both_directions(&values, &backwards, rules).map_err(fault())?;
            by_film[0].push(both.forward);
            by_film[1].push(both.backward);
        }
        by_film[2].push(order::kendall_with_truth(&values, &phi, rules).map_err(fault())?);
        by_film[3].push(order::pairwise_accuracy(&values, &phi, rules).map_err(fault())?);
        last.extend(values.last().copied());
        success.push(succeeds);
        judged.push(values);
        truth.push(phi);
    }
    let (all_judged, all_truth) = (judged.concat(), truth.concat());
    let steps = |of: &[Vec<f64>]| -> Vec<f64> {
        of.iter().flat_map(|row| row.windows(STEP + 1).map(|w| w[STEP] - w[0])).collect()
    };
    let (judged_steps, true_steps) = (steps(&judged), steps(&truth));
    let small = direction::HopBuckets::new(vec![0.1]).map_err(fault())?;
    let small = direction::direction_by_hop(&judged_steps, &true_steps, &small, rules).map_err(fault())?[0];
    let error = calibration::mean_squared_error(&all_judged, &all_truth, rules).map_err(fault())?;
    let auc = discrimination::success_auc(&success, &last).map_err(fault())?;
    let successes = success.iter().filter(|success| **success).count();
    let (won, lost) = (films_of(&judged, &truth, ..successes), films_of(&judged, &truth, successes..));
    let task = TaskTrajectories { positive: Some((&won.0, &won.1)), negative: Some((&lost.0, &lost.1)) };
    let distance = trajectory_distance(task, rules).map_err(fault())?;
    let mean = |values: &[MetricValue]| Summary::of(values.iter().copied()).mean;
    let [forward, backward, kendall, pairwise] = by_film;
    Ok([
        mean(&forward),
        negated(mean(&backward)),
        mean(&kendall),
        mean(&pairwise),
        small,
        negated(error),
        auc,
        negated(distance),
    ])
}

fn films_of(
    judged: &[Vec<f64>],
    truth: &[Vec<f64>],
    range: impl std::slice::SliceIndex<[Vec<f64>], Output = [Vec<f64>]> + Clone,
) -> (Vec<f64>, Vec<f64>) {
    (judged[range.clone()].concat(), truth[range].concat())
}

fn negated(value: MetricValue) -> MetricValue {
    match value.value() {
        Some(number) => MetricValue::of(-number, value.n),
        None => value,
    }
}

/// What the judge says of each frame, in the order in which they are shown.
fn shown(
    judge: &mut dyn Judge,
    film: &Episode,
    phi: &[f64],
    backwards: bool,
) -> Result<Vec<f64>, StudyError> {
    let at = |index: usize| if backwards { phi.len() - 1 - index } else { index };
    let seen = (0..phi.len()).map(|index| Seen {
        frame: std::sync::Arc::clone(&film.frames[at(index)]),
        index,
        truth: phi[at(index)],
    });
    judge.progress(&seen.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use milepost_core::{Stream, StreamKey};

    use super::super::MetricsZoo;
    use super::super::judges::{Constant, FrameIndex, Oracle};
    use super::*;

    #[test]
    fn the_oracle_is_perfect_a_frame_counter_only_forwards_and_a_constant_says_nothing() {
        let zoo = MetricsZoo { size: 7, films: 3, demonstrations: 1, ..MetricsZoo::default() };
        let films = zoo.data(1).expect("films").test;
        let of = |judge: &mut dyn Judge| of_judge(judge, &films).expect("scored").map(|value| value.value());
        let stream = Stream::new(StreamKey::new(0, milepost_core::Purpose::named("test")));
        let [_, backward, kendall, pairwise, small, error, auc, distance] =
            of(&mut Oracle { noise: 0.0, stream });
        assert!(backward.is_some_and(|voc| voc > 0.9), "{backward:?}");
        assert_eq!([kendall, pairwise, small, auc], [Some(1.0); 4]);
        assert_eq!([error, distance].map(|value| value.map(f64::abs)), [Some(0.0); 2]);
        let [forward, backward, ..] = of(&mut FrameIndex { limit: 100 });
        let sum = forward.zip(backward).map(|(forward, backward)| forward + backward);
        assert!(forward.is_some_and(|voc| voc > 1.0 - 1e-12) && sum.is_some_and(|sum| sum.abs() < 1e-12));
        let [forward, backward, kendall, pairwise, _, _, auc, _] = of(&mut Constant);
        assert_eq!([forward, backward, kendall], [None; 3]);
        assert_eq!([pairwise, auc], [Some(0.5); 2]);
    }
}
