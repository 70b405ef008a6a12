use serde::Serialize;

use crate::StatsError;

/// A number about `n` items, or the reason why there is none. Undefined is not zero.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MetricValue {
    value: Result<f64, &'static str>,
    /// How many items it is about: steps, pairs, trajectories.
    pub n: usize,
}

impl MetricValue {
    /// A number about `n` items.
    #[must_use]
    pub const fn of(value: f64, n: usize) -> Self {
        Self { value: Ok(value), n }
    }

    /// No number, for a reason.
    #[must_use]
    pub const fn undefined(reason: &'static str, n: usize) -> Self {
        Self { value: Err(reason), n }
    }

    /// `part / n`; undefined without items.
    #[must_use]
    pub fn share(part: f64, n: usize, reason_if_none: &'static str) -> Self {
        if n == 0 { Self::undefined(reason_if_none, 0) } else { Self::of(part / n as f64, n) }
    }

    /// The number, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<f64> {
        self.value.ok()
    }

    /// Why there is none.
    #[must_use]
    pub fn reason(&self) -> Option<&'static str> {
        self.value.err()
    }

    /// An undefined statistic becomes an undefined value; other errors stay errors.
    pub(super) fn about(n: usize, value: Result<f64, StatsError>) -> Result<Self, StatsError> {
        match value {
            Ok(value) => Ok(Self::of(value, n)),
            Err(StatsError::Undefined { reason, .. }) => Ok(Self::undefined(reason, n)),
            Err(other) => Err(other),
        }
    }
}

/// What happens at the edges of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rules {
    /// What does not exist is undefined; sizes that do not match are an error.
    #[default]
    Strict,
    /// As published scripts do (value-order and `StateFactory` evaluations): what does not exist counts 0, the
    /// longer of two sequences is cut to the shorter.
    Compat,
    /// As the released evaluation of LRM: fewer than three values, or constant ones, are skipped; the longer
    /// of two sequences is cut.
    CompatLrm,
}

impl Rules {
    /// The two sequences at the length that these rules allow.
    pub(super) fn pair<'a>(
        self,
        what: &'static str,
        x: &'a [f64],
        y: &'a [f64],
    ) -> Result<(&'a [f64], &'a [f64]), StatsError> {
        crate::error::all_finite(what, x)?;
        crate::error::all_finite(what, y)?;
        let n = x.len().min(y.len());
        if self == Self::Strict && x.len() != y.len() {
            return Err(StatsError::Mismatch { what, left: x.len(), right: y.len() });
        }
        Ok((&x[..n], &y[..n]))
    }

    /// Applies a correlation to two sequences of equal length.
    pub(super) fn correlate(
        self,
        x: &[f64],
        y: &[f64],
        correlation: fn(&[f64], &[f64]) -> Result<f64, StatsError>,
    ) -> Result<MetricValue, StatsError> {
        let n = x.len();
        let least = if self == Self::CompatLrm { 3 } else { 2 };
        let value = if n < least {
            MetricValue::undefined("there are too few values", n)
        } else {
            MetricValue::about(n, correlation(x, y))?
        };
        Ok(match value.reason() {
            Some(_) if self == Self::Compat => MetricValue::of(0.0, n),
            _ => value,
        })
    }
}

/// The mean of a metric over trajectories (or tasks), over those where it exists.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Summary {
    /// The mean; undefined if it exists nowhere.
    pub mean: MetricValue,
    /// How many were left out.
    pub skipped: usize,
}

impl Summary {
    /// Every defined value counts the same, whatever its `n`.
    pub fn of(values: impl IntoIterator<Item = MetricValue>) -> Self {
        let (mut sum, mut used, mut skipped) = (0.0, 0, 0);
        for value in values {
            match value.value() {
                Some(value) => {
                    sum += value;
                    used += 1;
                }
                None => skipped += 1,
            }
        }
        Self { mean: MetricValue::share(sum, used, "it is undefined for every item"), skipped }
    }

    /// Macro average: the mean over tasks of the means within each task. `skipped` counts single items.
    pub fn of_tasks<I: IntoIterator<Item = MetricValue>>(tasks: impl IntoIterator<Item = I>) -> Self {
        let within: Vec<Self> = tasks.into_iter().map(Self::of).collect();
        let skipped = within.iter().map(|task| task.skipped).sum();
        Self { skipped, ..Self::of(within.iter().map(|task| task.mean)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlation::pearson;

    #[test]
    fn averages_skip_what_is_undefined_and_count_it() {
        let items =
            [MetricValue::of(0.25, 4), MetricValue::undefined("constant", 4), MetricValue::of(0.75, 9)];
        let summary = Summary::of(items);
        assert_eq!((summary.mean.value(), summary.mean.n, summary.skipped), (Some(0.5), 2, 1));
        let nothing = Summary::of([items[1]]);
        assert_eq!((nothing.mean.value(), nothing.skipped), (None, 1));
        // A task of two items weighs as much as a task of one.
        let tasks = Summary::of_tasks([vec![items[0], items[2], items[1]], vec![MetricValue::of(0.0, 2)]]);
        assert_eq!((tasks.mean.value(), tasks.mean.n, tasks.skipped), (Some(0.25), 2, 1));
    }

    #[test]
    fn the_rules_differ_exactly_at_the_edges() {
        let (constant, rising) = ([1.0; 4], [1.0, 2.0, 3.0, 4.0]);
        let at = |rules: Rules, n: usize, x: &[f64]| {
            rules.correlate(&x[..n], &rising[..n], pearson).expect("finite").value()
        };
        assert_eq!(
            [Rules::Strict, Rules::Compat, Rules::CompatLrm].map(|r| at(r, 4, &constant)),
            [None, Some(0.0), None]
        );
        assert_eq!(
            [Rules::Strict, Rules::Compat, Rules::CompatLrm].map(|r| at(r, 2, &rising)),
            [Some(1.0), Some(1.0), None]
        );
        assert_eq!(
            [Rules::Strict, Rules::Compat, Rules::CompatLrm].map(|r| at(r, 1, &rising)),
            [None, Some(0.0), None]
        );
        assert!(matches!(Rules::Strict.pair("x", &rising, &[1.0]), Err(StatsError::Mismatch { .. })));
        assert_eq!(Rules::Compat.pair("x", &rising, &[1.0]).expect("cut").0, [1.0]);
        assert!(matches!(Rules::Compat.pair("x", &[f64::NAN], &[1.0]), Err(StatsError::NotFinite { .. })));
    }
}
