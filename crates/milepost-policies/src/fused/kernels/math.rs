//! Exponentials and sums that vectorise.

/// Lanes of a sum. Fixed, so that a sum does not depend on the machine's vectors.
const SUM_LANES: usize = 16;

/// `e^x` with a relative error below 2·10⁻⁷ on −87.3 to 88; beyond, the value at that end. NaN stays NaN.
///
/// `x = k ln 2 + r` with `|r| ≤ ln 2 / 2`; `e^r` by the minimax polynomial of Cephes' `expf` (Moshier), and
/// `2^k` written into the exponent.
#[inline(always)]
#[allow(clippy::excessive_precision, reason = "the coefficients as published")]
pub(crate) fn exp(x: f32) -> f32 {
    // Adding 1.5 · 2²³ rounds to an integer, which is then found in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_375;
    const LN2_LOW: f32 = -2.121_944_40e-4;
    let x = x.clamp(-87.3, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let k = shifted - ROUND;
    let r = k.mul_add(-LN2_LOW, k.mul_add(-LN2_HIGH, x));
    let mut p = 1.987_569_150_0e-4_f32;
    p = p.mul_add(r, 1.398_199_950_7e-3);
    p = p.mul_add(r, 8.333_451_907_3e-3);
    p = p.mul_add(r, 4.166_579_589_4e-2);
    p = p.mul_add(r, 1.666_666_545_9e-1);
    p = p.mul_add(r, 5.000_000_120_1e-1);
    let power = p.mul_add(r * r, r) + 1.0;
    power * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

/// `1 / (1 + e^−x)`.
#[inline(always)]
pub(crate) fn sigmoid(x: f32) -> f32 {
    (1.0 + exp(-x)).recip()
}

/// `Σ f(i)` for `i < n`, in a fixed order.
#[inline(always)]
pub(crate) fn sum(n: usize, f: impl Fn(usize) -> f32) -> f32 {
    let mut lanes = [0f32; SUM_LANES];
    let whole = n - n % SUM_LANES;
    let mut i = 0;
    while i < whole {
        for (lane, total) in lanes.iter_mut().enumerate() {
            *total += f(i + lane);
        }
        i += SUM_LANES;
    }
    for (lane, i) in (whole..n).enumerate() {
        lanes[lane] += f(i);
    }
    fold(lanes, |a, b| a + b)
}

/// The largest of `values`; −∞ if there is none.
#[inline(always)]
pub(crate) fn largest(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; SUM_LANES];
    let (chunks, rest) = values.as_chunks::<SUM_LANES>();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane = if *value > *lane { *value } else { *lane };
        }
    }
    for (lane, value) in lanes.iter_mut().zip(rest) {
        *lane = if *value > *lane { *value } else { *lane };
    }
    fold(lanes, |a, b| if b > a { b } else { a })
}

#[inline(always)]
fn fold(mut lanes: [f32; SUM_LANES], f: impl Fn(f32, f32) -> f32) -> f32 {
    let mut half = SUM_LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] = f(lanes[lane], lanes[lane + half]);
        }
        half /= 2;
    }
    lanes[0]
}

/// `values ← e^(values − largest)`, normalised to sum 1, over the first `valid`; 0 in those behind.
#[inline(always)]
pub(crate) fn softmax(values: &mut [f32], valid: usize) {
    let top = largest(&values[..valid]);
    for value in &mut *values {
        *value = exp(*value - top);
    }
    values[valid..].fill(0.0);
    let total = sum(valid, |i| values[i]);
    let scale = total.recip();
    for value in &mut values[..valid] {
        *value *= scale;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exp_is_within_its_stated_error_everywhere() {
        // Every 997th single-precision number of the range, both signs.
        let mut worst = 0f64;
        for bits in (0f32.to_bits()..=88f32.to_bits()).step_by(997) {
            for x in [f32::from_bits(bits), -f32::from_bits(bits)] {
                if x >= -87.3 {
                    let exact = f64::from(x).exp();
                    worst = worst.max(((f64::from(exp(x)) - exact) / exact).abs());
                }
            }
        }
        assert!(worst < 2e-7, "{worst:e}");
        assert!(exp(f32::NAN).is_nan());
        assert_eq!(exp(0.0), 1.0);
        assert!(exp(f32::NEG_INFINITY) < 2e-38 && exp(f32::INFINITY) > 1e38);
    }

    proptest! {
        #[test]
        fn sums_and_maxima_are_those_of_the_numbers(values in prop::collection::vec(-5f32..5.0, 1..70)) {
            let exact: f64 = values.iter().map(|x| f64::from(*x)).sum();
            prop_assert!((f64::from(sum(values.len(), |i| values[i])) - exact).abs() < 1e-4);
            prop_assert_eq!(largest(&values), values.iter().copied().fold(f32::NEG_INFINITY, f32::max));
        }

        #[test]
        fn softmax_ignores_what_is_not_valid(values in prop::collection::vec(-9f32..9.0, 1..70), share in 0f64..1.0) {
            let valid = ((values.len() as f64 * share) as usize).max(1);
            let mut all = values.clone();
            softmax(&mut all, valid);
            let total: f64 = values[..valid].iter().map(|x| f64::from(*x).exp()).sum();
            for (i, p) in all.iter().enumerate() {
                let exact = if i < valid { f64::from(values[i]).exp() / total } else { 0.0 };
                prop_assert!((f64::from(*p) - exact).abs() < 1e-6);
            }
        }
    }
}
