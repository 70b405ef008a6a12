//! From data to pixels: linear scales, round tick positions, and curves thin enough to ship.

/// At most this many points per drawn or exported series.
pub(in crate::report) const MAX_POINTS: usize = 300;

/// At most this many points for the curve of a single seed, of which there may be a hundred.
const MAX_SEED_POINTS: usize = 200;

/// Maps `[d0, d1]` linearly onto `[r0, r1]`.
#[derive(Debug, Clone, Copy)]
pub(in crate::report) struct Linear {
    d0: f64,
    d1: f64,
    r0: f64,
    r1: f64,
}

impl Linear {
    /// Domain to range. An empty domain is widened, so the scale is always defined.
    pub(in crate::report) fn new((d0, d1): (f64, f64), (r0, r1): (f64, f64)) -> Self {
        let d1 = if d1 > d0 { d1 } else { d0 + 1.0 };
        Self { d0, d1, r0, r1 }
    }

    /// Position of `v`, clamped to the range; its start where `v` has no position.
    pub(in crate::report) fn at(&self, v: f64) -> f64 {
        let t = (v - self.d0) / (self.d1 - self.d0);
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        self.r0 + t * (self.r1 - self.r0)
    }

    /// Lowest and highest value of the domain.
    pub(in crate::report) fn domain(&self) -> (f64, f64) {
        (self.d0, self.d1)
    }

    /// First and last position of the range.
    pub(in crate::report) fn range(&self) -> (f64, f64) {
        (self.r0, self.r1)
    }
}

/// Smallest and largest finite value, or `None`.
pub(in crate::report) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |seen, v| match seen {
        None => Some((v, v)),
        Some((lo, hi)) => Some((lo.min(v), hi.max(v))),
    })
}

/// `extent` widened by 4 % on each side (or by one half when it is a single value).
pub(in crate::report) fn padded((lo, hi): (f64, f64)) -> (f64, f64) {
    let pad = if hi > lo { 0.04 * (hi - lo) } else { 0.5 };
    (lo - pad, hi + pad)
}

/// Distance between round ticks: 1, 2 or 5 times a power of ten, about `wanted` of them in `span`.
pub(in crate::report) fn tick_step(span: f64, wanted: usize) -> f64 {
    let rough = span / wanted.max(1) as f64;
    if !rough.is_finite() || rough <= 0.0 {
        return 1.0;
    }
    // Powers by repeated multiplication: the same bytes on every platform.
    let mut power = 1.0;
    while power > rough {
        power /= 10.0;
    }
    while power * 10.0 <= rough {
        power *= 10.0;
    }
    let mantissa = rough / power;
    let round = [(1.5, 1.0), (3.5, 2.0), (7.5, 5.0)].into_iter().find(|(below, _)| mantissa < *below);
    power * round.map_or(10.0, |(_, step)| step)
}

/// Round tick positions inside `[lo, hi]`.
pub(in crate::report) fn ticks((lo, hi): (f64, f64), wanted: usize) -> Vec<f64> {
    let step = tick_step(hi - lo, wanted);
    let first = (lo / step - 1e-9).ceil();
    let last = (hi / step + 1e-9).floor();
    let n = (last - first).clamp(0.0, 50.0) as usize;
    (0..=n).map(|i| (first + i as f64) * step).filter(|v| *v <= hi + 1e-9 * step.abs()).collect()
}

/// Decimals needed to tell ticks of `step` apart.
pub(in crate::report) fn tick_digits(step: f64) -> usize {
    let mut digits = 0;
    let mut scaled = step;
    while digits < 6 && (scaled - scaled.round()).abs() > 1e-6 * scaled.abs().max(1e-3) {
        scaled *= 10.0;
        digits += 1;
    }
    digits
}

/// Indices of at most [`MAX_POINTS`] entries, first and last included, evenly spaced.
pub(in crate::report) fn even_indices(len: usize) -> Vec<usize> {
    if len <= MAX_POINTS {
        return (0..len).collect();
    }
    (0..MAX_POINTS).map(|i| i * (len - 1) / (MAX_POINTS - 1)).collect()
}

/// Indices of at most [`MAX_SEED_POINTS`] entries that keep the lowest and highest value of each stretch, so that
/// a spike survives. Non-finite entries are kept only when their whole stretch is non-finite.
pub(in crate::report) fn peak_indices(y: &[f64]) -> Vec<usize> {
    if y.len() <= MAX_SEED_POINTS {
        return (0..y.len()).collect();
    }
    let buckets = MAX_SEED_POINTS / 2;
    let mut kept = Vec::with_capacity(MAX_SEED_POINTS);
    for b in 0..buckets {
        let (from, to) = (b * y.len() / buckets, (b + 1) * y.len() / buckets);
        let finite = || (from..to).filter(|i| y[*i].is_finite());
        let low = finite().min_by(|a, b| y[*a].total_cmp(&y[*b])).unwrap_or(from);
        let high = finite().max_by(|a, b| y[*a].total_cmp(&y[*b])).unwrap_or(from);
        kept.push(low.min(high));
        if low != high {
            kept.push(low.max(high));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks((0.0, 1.0), 5), vec![0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]);
        assert_eq!(ticks((0.0, 200_000.0), 4), vec![0.0, 50_000.0, 100_000.0, 150_000.0, 200_000.0]);
        assert_eq!(ticks((-0.3, 0.7), 4).len(), 5);
        assert_eq!(tick_digits(0.25), 2);
        assert_eq!(tick_digits(50_000.0), 0);
        assert!(ticks((f64::NAN, f64::NAN), 4).len() <= 51);
    }

    #[test]
    fn a_long_curve_keeps_its_spike_and_its_bound() {
        let mut y = vec![0.0; 10_000];
        y[7_777] = 1.0;
        let kept = peak_indices(&y);
        assert!(kept.len() <= MAX_SEED_POINTS);
        assert!(kept.contains(&7_777));
        assert!(kept.windows(2).all(|w| w[0] < w[1]));
        let even = even_indices(10_000);
        assert_eq!((even.len(), even[0], even[MAX_POINTS - 1]), (MAX_POINTS, 0, 9_999));
    }
}
