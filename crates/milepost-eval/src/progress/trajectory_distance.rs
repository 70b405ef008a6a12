//! The distance that `StateFactory` calls EPIC, and why it is another metric.

use super::{MetricValue, Rules, Summary};
use crate::StatsError;
use crate::correlation::pearson;

/// One task's judged and true rewards on a trajectory that succeeds and one that fails.
#[derive(Debug, Clone, Copy)]
pub struct TaskTrajectories<'a> {
    /// Judged and true values along the positive trajectory; `None` if the task has none.
    pub positive: Option<(&'a [f64], &'a [f64])>,
    /// Along the negative one.
    pub negative: Option<(&'a [f64], &'a [f64])>,
}

/// `D = √((1 − ρ)/2)` with Pearson's `ρ` of judged against true values, positive and negative trajectory of a
/// task one after the other. Identical sequences have `ρ = 1`; if either is constant `ρ` is undefined, and
/// counted as 0 (`D ≈ 0.7071`) under [`Rules::Compat`]. Tasks without a positive or without a negative
/// trajectory are undefined.
///
/// Unlike [`crate::reward_distance::epic`] there is no canonicalisation: `D` ignores positive scale and
/// shift, but *not* potential shaping. The two metrics must not be compared.
pub fn trajectory_distance(task: TaskTrajectories<'_>, rules: Rules) -> Result<MetricValue, StatsError> {
    let (Some(positive), Some(negative)) = (task.positive, task.negative) else {
        return Ok(MetricValue::undefined("the task lacks a positive or a negative trajectory", 0));
    };
    let (mut judged, mut truth) = (Vec::new(), Vec::new());
    for (v, g) in [positive, negative] {
        let (v, g) = rules.pair("the judged values against the true ones", v, g)?;
        judged.extend_from_slice(v);
        truth.extend_from_slice(g);
    }
    if judged == truth && !judged.is_empty() {
        return Ok(MetricValue::of(0.0, judged.len()));
    }
    let rho = rules.correlate(&judged, &truth, pearson)?;
    Ok(match rho.value() {
        Some(rho_value) => MetricValue::of(((1.0 - rho_value) / 2.0).max(0.0).sqrt(), rho.n),
        None => rho,
    })
}

/// [`trajectory_distance`] averaged over tasks.
pub fn mean_trajectory_distance<'a>(
    tasks: impl IntoIterator<Item = TaskTrajectories<'a>>,
    rules: Rules,
) -> Result<Summary, StatsError> {
    let each = tasks.into_iter().map(|task| trajectory_distance(task, rules));
    Ok(Summary::of(each.collect::<Result<Vec<_>, _>>()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::reward_distance::{Reference, epic};

    fn of(judged: &[f64], truth: &[f64], rules: Rules) -> Option<f64> {
        let half = judged.len() / 2;
        let task = TaskTrajectories {
            positive: Some((&judged[..half], &truth[..half])),
            negative: Some((&judged[half..], &truth[half..])),
        };
        trajectory_distance(task, rules).expect("finite").value()
    }

    #[test]
    fn trajectory_distances_by_hand() {
        let truth = [0.0, 1.0, 0.0, 0.0];
        assert_eq!(of(&truth, &truth, Rules::Strict), Some(0.0));
        assert_eq!(of(&[0.0, -1.0, 0.0, 0.0], &truth, Rules::Strict), Some(1.0));
        // ρ of (0,1,1,0) with (0,1,0,0) is 1/√3.
        let expected = ((1.0 - 1.0 / 3f64.sqrt()) / 2.0).sqrt();
        assert!((of(&[0.0, 1.0, 1.0, 0.0], &truth, Rules::Strict).expect("varies") - expected).abs() < 1e-12);
        assert_eq!(of(&[0.3; 4], &truth, Rules::Strict), None);
        assert_eq!(of(&[0.3; 4], &truth, Rules::Compat), Some(0.5f64.sqrt()));
        // Identical, though constant.
        assert_eq!(of(&[0.3; 4], &[0.3; 4], Rules::Strict), Some(0.0));
        let lacking = TaskTrajectories { positive: Some((&truth, &truth)), negative: None };
        let summary = mean_trajectory_distance([lacking], Rules::Compat).expect("finite");
        assert_eq!((summary.mean.value(), summary.skipped), (None, 1));
    }

    proptest! {
        #[test]
        fn positive_scale_and_shift_are_no_distance(
            g in prop::collection::vec(-2.0..2.0f64, 4..20), scale in 0.1..9.0f64, shift in -3.0..3.0f64,
        ) {
            let moved: Vec<f64> = g.iter().map(|x| scale * x + shift).collect();
            prop_assert!(of(&moved, &g, Rules::Strict).expect("varies") < 1e-6);
        }
    }

    #[test]
    fn shaping_moves_the_trajectory_distance_but_not_epic() {
        // A corridor of four states walked to the end (positive) and back and forth (negative).
        let (phi, discount) = ([0.0, 0.5, 0.7, 1.0], 0.9);
        let reward = |from: usize, to: usize| f64::from(u8::from(from == 2 && to == 3));
        let shaped = |from: usize, to: usize| reward(from, to) + discount * phi[to] - phi[from];
        let walk = |rule: &dyn Fn(usize, usize) -> f64, path: &[usize]| -> Vec<f64> {
            path.windows(2).map(|step| rule(step[0], step[1])).collect()
        };
        let paths: [&[usize]; 2] = [&[0, 1, 2, 3], &[0, 1, 0, 1]];
        let [a, b] = paths.map(|path| (walk(&shaped, path), walk(&reward, path)));
        let task = TaskTrajectories { positive: Some((&a.0, &a.1)), negative: Some((&b.0, &b.1)) };
        let distance = trajectory_distance(task, Rules::Strict).expect("finite").value().expect("varies");
        assert!(distance > 0.2, "{distance}");
        let reference = Reference { discount, states: &[0.25; 4], actions: &[1.0] };
        let table = |rule: &dyn Fn(usize, usize) -> f64| reference.table(|s, _, next| rule(s, next));
        assert!(epic(&table(&shaped), &table(&reward), reference, None).expect("varies") < 1e-7);
    }
}
