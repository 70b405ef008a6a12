//! Transforms without memory.

use super::polynomial::QuinticSigmoid;
use super::references::required;
use super::{References, RewardTransform};
use crate::math::{log_sigmoid, sigmoid};
use crate::{PreferenceError, error};

/// `r`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vanilla;

/// `(1/M) Σ_m (r − r_ref^m)`: affine within a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Centered;

/// `min(r, c)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ceiling(f64);

/// LSC: `log σ(r − q)`, `q = mean_m(r_ref) + (std_m(r_ref) + 10⁻⁵) Φ⁻¹(0.85)`: little is gained above the 85th
/// percentile of the references, taken as normal. The standard deviation is the population's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogSigmoid;

/// `σ(k r)`, without references.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sigmoid(f64);

/// Preference as reward (PAR, arXiv 2502.18770): `(1/M) Σ_m σ(k (r − r_ref^m))`, the mean Bradley–Terry probability
/// that the answer beats a reference.
///
/// In `(0, 1)`; unchanged by a constant added to `r` and all `r_ref`; slope at most `k/4`; the mean centred score
/// times `k/4`, plus ½, as `k → 0`; the share of references that are beaten as `k → ∞`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Preference(f64);

/// `(1/M) Σ_m tanh(r − r_ref^m)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tanh;

/// `(1/M) Σ_m p(r − r_ref^m)`, `p` the quintic least-squares fit of `σ` on 100 points of `[−5, 5]`, 0 below and 1
/// above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Polynomial(QuinticSigmoid);

/// SgFc, slow growth and fast convergence: `(1/M) Σ_m σ(3 (r − r_ref^m − 3))`. The negative control: bounded and
/// centred, but flat where training starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SlowGrowth;

impl Ceiling {
    /// With the ceiling `c`.
    pub fn new(ceiling: f64) -> Result<Self, PreferenceError> {
        error::parameter("ceiling", ceiling, ceiling.is_finite(), "finite")?;
        Ok(Self(ceiling))
    }
}

impl Sigmoid {
    /// With steepness `k`.
    pub fn new(k: f64) -> Result<Self, PreferenceError> {
        error::positive("k", k)?;
        Ok(Self(k))
    }
}

impl Preference {
    /// With steepness `k`; the method's own is 1.
    pub fn new(k: f64) -> Result<Self, PreferenceError> {
        error::positive("k", k)?;
        Ok(Self(k))
    }
}

impl Default for Polynomial {
    fn default() -> Self {
        Self(QuinticSigmoid::fit())
    }
}

/// `σ'(u) = σ(u) σ(−u)`.
fn sigmoid_slope(u: f64) -> f64 {
    sigmoid(u) * sigmoid(-u)
}

impl LogSigmoid {
    /// `Φ⁻¹(0.85)`.
    const QUANTILE: f64 = 1.036_433_389_493_789_6;

    fn level(references: &References) -> f64 {
        let (mean, deviation) = references.moments();
        mean + (deviation + 1e-5) * Self::QUANTILE
    }
}

/// Implements a transform of the raw score alone.
macro_rules! of_the_score {
    ($type:ty, $name:literal, $apply:expr, $slope:expr) => {
        impl RewardTransform for $type {
            fn name(&self) -> &'static str {
                $name
            }
            fn needs_references(&self) -> bool {
                false
            }
            fn apply(&self, raw: f64, _: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&Self, f64) -> f64 = $apply;
                Ok(map(self, raw))
            }
            fn slope(&self, raw: f64, _: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&Self, f64) -> f64 = $slope;
                Ok(map(self, raw))
            }
        }
    };
}

/// Implements a transform of the raw score and the references.
macro_rules! of_the_references {
    ($type:ty, $name:literal, $apply:expr, $slope:expr) => {
        impl RewardTransform for $type {
            fn name(&self) -> &'static str {
                $name
            }
            fn needs_references(&self) -> bool {
                true
            }
            fn apply(&self, raw: f64, references: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&Self, f64, &References) -> f64 = $apply;
                Ok(map(self, raw, required(references, $name)?))
            }
            fn slope(&self, raw: f64, references: Option<&References>) -> Result<f64, PreferenceError> {
                let map: fn(&Self, f64, &References) -> f64 = $slope;
                Ok(map(self, raw, required(references, $name)?))
            }
        }
    };
}

of_the_score!(Vanilla, "vanilla", |_, r| r, |_, _| 1.0);
of_the_score!(Ceiling, "ceil", |c, r| r.min(c.0), |c, r| f64::from(u8::from(r < c.0)));
of_the_score!(Sigmoid, "sigmoid", |k, r| sigmoid(k.0 * r), |k, r| k.0 * sigmoid_slope(k.0 * r));
of_the_references!(Centered, "centered", |_, r, refs| refs.average(r, |u| u), |_, _, _| 1.0);
of_the_references!(LogSigmoid, "lsc", |_, r, refs| log_sigmoid(r - Self::level(refs)), |_, r, refs| sigmoid(
    Self::level(refs) - r
));
of_the_references!(Preference, "par", |k, r, refs| refs.average(r, |u| sigmoid(k.0 * u)), |k, r, refs| refs
    .average(r, |u| k.0 * sigmoid_slope(k.0 * u)));
of_the_references!(
    Tanh,
    "tanh-centered",
    |_, r, refs| refs.average(r, libm::tanh),
    // 1 − tanh² u = 4 σ'(2u), without cancellation.
    |_, r, refs| refs.average(r, |u| 4.0 * sigmoid_slope(2.0 * u))
);
of_the_references!(
    Polynomial,
    "poly-centered",
    |p, r, refs| refs.average(r, |u| p.0.value(u)),
    |p, r, refs| refs.average(r, |u| p.0.slope(u))
);
of_the_references!(
    SlowGrowth,
    "sgfc",
    |_, r, refs| refs.average(r, |u| sigmoid(3.0 * (u - 3.0))),
    |_, r, refs| refs.average(r, |u| 3.0 * sigmoid_slope(3.0 * (u - 3.0)))
);
