//! Transforms by statistics of all training scores so far, the current batch included.

use super::{References, RewardTransform, RunningScores};
use crate::PreferenceError;

/// `(r − μ)/s`, `s` the population standard deviation; `s = 0` divides by 1. Affine at any moment.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MeanStd(RunningScores);

/// `clamp(r, μ − s, μ + s)`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Clipped(RunningScores);

/// `(r − min)/(max − min)`; ½ where all scores were equal. Affine at any moment; outside of `[0, 1]` for a score
/// beyond the extremes, which only evaluation can meet.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MinMax(RunningScores);

impl MeanStd {
    fn scale(statistics: &RunningScores) -> f64 {
        match statistics.deviation() {
            0.0 => 1.0,
            deviation => deviation,
        }
    }
}

/// Implements a transform of a score by running statistics.
macro_rules! by_statistics {
    ($type:ty, $name:literal, $apply:expr, $slope:expr) => {
        impl RewardTransform for $type {
            fn name(&self) -> &'static str {
                $name
            }
            fn needs_references(&self) -> bool {
                false
            }
            fn observe(&mut self, raw: &[f64]) {
                self.0 = self.0.merged(RunningScores::of(raw));
            }
            fn apply(&self, raw: f64, _: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&RunningScores, f64) -> f64 = $apply;
                Ok(map(seen(&self.0, $name)?, raw))
            }
            fn slope(&self, raw: f64, _: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&RunningScores, f64) -> f64 = $slope;
                Ok(map(seen(&self.0, $name)?, raw))
            }
            fn state(&self) -> Option<RunningScores> {
                Some(self.0)
            }
            fn restore(&mut self, state: RunningScores) {
                self.0 = state;
            }
        }
    };
}

const fn seen<'a>(
    statistics: &'a RunningScores,
    transform: &'static str,
) -> Result<&'a RunningScores, PreferenceError> {
    if statistics.count() == 0 { Err(PreferenceError::NoStatistics { transform }) } else { Ok(statistics) }
}

by_statistics!(MeanStd, "meanstd", |seen, r| (r - seen.mean()) / Self::scale(seen), |seen, _| 1.0
    / Self::scale(seen));
by_statistics!(
    Clipped,
    "clip",
    |seen, r| r.clamp(seen.mean() - seen.deviation(), seen.mean() + seen.deviation()),
    |seen, r| f64::from(u8::from((r - seen.mean()).abs() < seen.deviation()))
);
by_statistics!(
    MinMax,
    "minmax",
    |seen, r| {
        let (least, most) = seen.extremes();
        if least == most { 0.5 } else { (r - least) / (most - least) }
    },
    |seen, _| {
        let (least, most) = seen.extremes();
        if least == most { 0.0 } else { 1.0 / (most - least) }
    }
);
