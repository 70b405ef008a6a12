use burn::tensor::Tensor;
use serde::{Deserialize, Serialize};

use crate::PerRow;

/// The law of the next state of a continuous process.
///
/// A deterministic step has no density; asking for its log-probability gives `None`, so it cannot be trained on by
/// accident. Steps over tokens have laws of their own, [`TokenLaw`](crate::masked::TokenLaw).
#[derive(Debug, Clone)]
pub enum StepLaw {
    /// `N(μ, S² I)`.
    Gaussian {
        /// `μ`, `[N, D]`.
        mean: Tensor<2>,
        /// `S` of each row, above 0.
        std: PerRow,
    },
    /// The next state is certain.
    Deterministic {
        /// `[N, D]`.
        next: Tensor<2>,
    },
}

/// How log-densities of coordinates become one number. Published clip ranges of 10⁻⁴ and below go with
/// [`Reduce::Mean`] in tens of thousands of dimensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reduce {
    /// Divided by the dimension, as the released codes do: a tempered density.
    Mean,
    /// The density.
    #[default]
    Sum,
}

/// What the log-probability of a coordinate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// `−(x' − μ)²/(2S²) − log S − ½ log 2π`.
    #[default]
    Gaussian,
    /// `−(x' − μ)²`, as the released code of coefficient-preserving sampling has it.
    UnscaledSquare,
}

impl Reduce {
    /// `[N, D] → [N]`.
    fn apply(self, x: Tensor<2>) -> Tensor<1> {
        match self {
            Self::Mean => x.mean_dim(1),
            Self::Sum => x.sum_dim(1),
        }
        .squeeze_dim(1)
    }

    /// What a constant of each coordinate becomes.
    fn constant(self, dimension: usize) -> f64 {
        match self {
            Self::Mean => 1.0,
            Self::Sum => dimension as f64,
        }
    }
}

impl StepLaw {
    /// A draw, given standard normal noise `[N, D]`; a deterministic step ignores it.
    #[must_use]
    pub fn sample(&self, noise: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Gaussian { mean, std: PerRow::All(std) } => mean.clone() + noise.mul_scalar(*std),
            Self::Gaussian { mean, std } => {
                let column = std.column(mean.dims()[0], &mean.device());
                mean.clone() + noise * column
            }
            Self::Deterministic { next } => next.clone(),
        }
    }

    /// Whether the step draws anything.
    #[must_use]
    pub const fn is_deterministic(&self) -> bool {
        matches!(self, Self::Deterministic { .. })
    }

    /// `ℓ(x')` of each row, `[N]`; `None` for a deterministic step.
    #[must_use]
    pub fn log_prob(&self, next: Tensor<2>, reduce: Reduce, form: Form) -> Option<Tensor<1>> {
        let Self::Gaussian { mean, std } = self else { return None };
        let [rows, dimension] = mean.dims();
        let square = reduce.apply((next - mean.clone()).square());
        Some(match form {
            Form::UnscaledSquare => square.neg(),
            Form::Gaussian => {
                let device = square.device();
                let factor = std.map(|s| -0.5 / (s * s)).vector(rows, &device);
                let each = reduce.constant(dimension);
                let half_log = 0.5 * libm::log(2.0 * std::f64::consts::PI);
                let constant = std.map(|s| -each * (libm::log(s) + half_log)).vector(rows, &device);
                square * factor + constant
            }
        })
    }

    /// `KL(self ‖ other)` of each row, `[N]`; `None` unless both are Gaussian.
    ///
    /// `reduce_d[(μ − μ')²/(2S'²) + log(S'/S) + S²/(2S'²) − ½]`; with equal `S` this is `‖μ − μ'‖²/(2S²)`.
    #[must_use]
    pub fn kl(&self, other: &Self, reduce: Reduce) -> Option<Tensor<1>> {
        let (Self::Gaussian { mean, std }, Self::Gaussian { mean: mean2, std: std2 }) = (self, other) else {
            return None;
        };
        let [rows, dimension] = mean.dims();
        let square = reduce.apply((mean.clone() - mean2.clone()).square());
        let device = square.device();
        let each = reduce.constant(dimension);
        let spread = |row: usize| {
            let (s, s2) = (std.at(row), std2.at(row));
            each * (libm::log(s2 / s) + s * s / (2.0 * s2 * s2) - 0.5)
        };
        let constant = PerRow::Rows((0..rows).map(spread).collect()).vector(rows, &device);
        Some(square * std2.map(|s| 0.5 / (s * s)).vector(rows, &device) + constant)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::host;
    use burn::tensor::{Device, TensorData};
    use proptest::prelude::*;

    fn tensor(values: &[f32], rows: usize) -> Tensor<2> {
        let shape = [rows, values.len() / rows];
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn gaussian(mean: &[f32], std: f64) -> StepLaw {
        StepLaw::Gaussian { mean: tensor(mean, 1), std: PerRow::All(std) }
    }

    #[test]
    fn a_deterministic_step_has_no_density() {
        let law = StepLaw::Deterministic { next: tensor(&[1.0, 2.0], 1) };
        assert!(law.is_deterministic());
        assert!(law.log_prob(tensor(&[1.0, 2.0], 1), Reduce::Sum, Form::Gaussian).is_none());
        assert!(law.kl(&gaussian(&[0.0, 0.0], 1.0), Reduce::Sum).is_none());
        assert_eq!(host(law.sample(tensor(&[9.0, 9.0], 1))).expect("read"), [1.0, 2.0]);
    }

    fn point() -> impl Strategy<Value = Vec<f32>> {
        prop::collection::vec(-2.0f32..2.0, 4)
    }

    proptest! {
        #[test]
        fn the_mean_reduction_is_the_sum_over_the_dimension(mean in point(), next in point(), std in 0.1f64..2.0) {
            let law = gaussian(&mean, std);
            let at = |reduce| host(law.log_prob(tensor(&next, 1), reduce, Form::Gaussian).expect("density")).expect("read")[0];
            prop_assert!((at(Reduce::Mean) - at(Reduce::Sum) / 4.0).abs() < 1e-4 * (1.0 + at(Reduce::Mean).abs()));
        }

        #[test]
        fn the_density_is_that_of_the_normal_law(mean in point(), next in point(), std in 0.1f64..2.0) {
            let law = gaussian(&mean, std);
            let got = host(law.log_prob(tensor(&next, 1), Reduce::Sum, Form::Gaussian).expect("density")).expect("read")[0];
            let exact: f64 = mean.iter().zip(&next).map(|(m, x)| {
                let z = f64::from(x - m) / std;
                -0.5 * z * z - libm::log(std) - 0.5 * libm::log(2.0 * std::f64::consts::PI)
            }).sum();
            prop_assert!((f64::from(got) - exact).abs() < 1e-4 * (1.0 + exact.abs()));
            let square = host(law.log_prob(tensor(&next, 1), Reduce::Mean, Form::UnscaledSquare).expect("density")).expect("read")[0];
            let expected = -mean.iter().zip(&next).map(|(m, x)| (x - m) * (x - m)).sum::<f32>() / 4.0;
            prop_assert!((square - expected).abs() < 1e-5 * (1.0 + expected.abs()));
        }

        #[test]
        fn the_gradient_in_the_mean_is_the_residual_over_the_variance(mean in point(), next in point(), std in 0.1f64..2.0) {
            for (reduce, scale) in [(Reduce::Sum, 1.0), (Reduce::Mean, 4.0)] {
                let device = Device::flex().autodiff();
                let mean_t = Tensor::<2>::from_data(TensorData::new(mean.clone(), [1, 4]), &device).require_grad();
                let law = StepLaw::Gaussian { mean: mean_t.clone(), std: PerRow::All(std) };
                let next_t = Tensor::from_inner(tensor(&next, 1));
                let grads = law.log_prob(next_t, reduce, Form::Gaussian).expect("density").sum().backward();
                let gradient = host(mean_t.grad(&grads).expect("tracked")).expect("read");
                for i in 0..4 {
                    let expected = f64::from(next[i] - mean[i]) / (std * std) / scale;
                    prop_assert!((f64::from(gradient[i]) - expected).abs() < 1e-4 * (1.0 + expected.abs()));
                }
            }
        }

        #[test]
        fn the_kl_of_equal_spreads_is_the_scaled_square_and_zero_for_equal_laws(a in point(), b in point(), std in 0.1f64..2.0) {
            let kl = |x: &StepLaw, y: &StepLaw| host(x.kl(y, Reduce::Sum).expect("Gaussian")).expect("read")[0];
            let (p, q) = (gaussian(&a, std), gaussian(&b, std));
            let exact: f64 = a.iter().zip(&b).map(|(a, b)| f64::from(a - b).powi(2)).sum::<f64>() / (2.0 * std * std);
            prop_assert!((f64::from(kl(&p, &q)) - exact).abs() < 1e-4 * (1.0 + exact));
            prop_assert!(kl(&p, &p).abs() < 1e-6);
            let wider = gaussian(&a, 1.5 * std);
            let widths = 4.0 * (libm::log(1.5) + 1.0 / (2.0 * 2.25) - 0.5);
            prop_assert!((f64::from(kl(&p, &wider)) - widths).abs() < 1e-4);
        }
    }
}
