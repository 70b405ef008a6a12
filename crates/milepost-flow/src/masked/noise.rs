use milepost_core::ParameterCheck;

use crate::FlowError;

/// Log-linear masking noise, `σ(t) = −log(1 − (1−e)t)`: a token is masked at time `t` with probability
/// `m(t) = 1 − e^{−σ(t)} = (1−e)t` (MDLM, arXiv 2406.07524; `e = 10⁻³` in its code).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LogLinear {
    e: f64,
}

impl Default for LogLinear {
    fn default() -> Self {
        Self { e: 1e-3 }
    }
}

impl LogLinear {
    /// With this `e`, from 0 on and below 1.
    pub fn new(e: f64) -> Result<Self, FlowError> {
        ParameterCheck("masking noise").that((0.0..1.0).contains(&e), "e", e, "in [0, 1)")?;
        Ok(Self { e })
    }

    /// `m(t)`.
    #[must_use]
    pub fn masked(&self, t: f64) -> f64 {
        (1.0 - self.e) * t
    }

    /// The weight of a masked token in the training loss, `σ'(t)/expm1(σ(t)) = 1/t`.
    #[must_use]
    pub fn weight(&self, t: f64) -> f64 {
        let rate = (1.0 - self.e) / (1.0 - self.masked(t));
        rate / libm::expm1(-libm::log1p(-self.masked(t)))
    }

    /// The grid of a sampler: `steps + 1` times from 1 to 10⁻⁵, evenly spaced.
    #[must_use]
    pub fn grid(steps: usize) -> Vec<f64> {
        (0..=steps).map(|k| 1.0 - (1.0 - 1e-5) * k as f64 / steps.max(1) as f64).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_weight_of_a_masked_token_is_one_over_time(t in 1e-4f64..=1.0, e in 1e-4f64..0.2) {
            let noise = LogLinear::new(e).expect("in range");
            prop_assert!((noise.weight(t) * t - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn numbers_out_of_range_are_refused_and_the_grid_has_its_ends() {
        assert!(LogLinear::new(1.0).is_err() && LogLinear::new(-0.1).is_err());
        let grid = LogLinear::grid(4);
        assert_eq!((grid.len(), grid[0]), (5, 1.0));
        assert!((grid[4] - 1e-5).abs() < 1e-12);
    }
}
