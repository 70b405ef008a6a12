use milepost_core::Stream;

/// Numbers that make no mixture.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error(
    "a mixture's {what}; give at least one component, each with a weight and a spread above 0 and a mean of the same dimension"
)]
pub struct MixtureError {
    /// What is wrong.
    pub what: &'static str,
}

/// A mixture of isotropic Gaussians, `Σ_j w_j N(m_j, s_j² I)`, and what the interpolant
/// `x_σ = (1−σ)·x₀ + σ·ε`, `ε ~ N(0, I)`, makes of it: at noise level `σ` component `j` is
/// `N(u_j, V_j I)` with `u_j = (1−σ)m_j` and `V_j = (1−σ)²s_j² + σ²`.
///
/// Source of the flow-matching target `v* = ε − x₀`: Lipman et al. 2023, arXiv 2210.02747; the closed form for
/// mixtures follows from Gaussian conditioning.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    weights: Vec<f64>,
    means: Vec<Vec<f64>>,
    spreads: Vec<f64>,
}

impl Mixture {
    /// Components by weight (normalised here), mean and standard deviation.
    pub fn new(weights: Vec<f64>, means: Vec<Vec<f64>>, spreads: Vec<f64>) -> Result<Self, MixtureError> {
        let refuse = |what| Err(MixtureError { what });
        if weights.is_empty() || weights.len() != means.len() || weights.len() != spreads.len() {
            return refuse("lists differ in length or are empty");
        }
        let positive = |values: &[f64]| values.iter().all(|x| *x > 0.0 && x.is_finite());
        if !positive(&weights) || !positive(&spreads) {
            return refuse("weights and spreads are not all finite and above 0");
        }
        let dimension = means[0].len();
        if dimension == 0 || means.iter().any(|m| m.len() != dimension || m.iter().any(|x| !x.is_finite())) {
            return refuse("means are empty, not finite or differ in dimension");
        }
        let total: f64 = weights.iter().sum();
        let weights = weights.into_iter().map(|w| w / total).collect();
        Ok(Self { weights, means, spreads })
    }

    /// Coordinates of a point.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.means[0].len()
    }

    /// Component weights; they sum to 1.
    #[must_use]
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// `u_j` and `V_j`.
    fn component(&self, j: usize, sigma: f64) -> (impl Iterator<Item = f64> + '_, f64) {
        let clean = 1.0 - sigma;
        let variance = clean * clean * self.spreads[j] * self.spreads[j] + sigma * sigma;
        (self.means[j].iter().map(move |m| clean * m), variance)
    }

    /// `log w_j N(x; u_j, V_j I)` of each component.
    fn log_terms(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        let term = |j: usize| {
            let (centre, variance) = self.component(j, sigma);
            let square: f64 = x.iter().zip(centre).map(|(x, u)| (x - u) * (x - u)).sum();
            let normaliser = x.len() as f64 * libm::log(2.0 * std::f64::consts::PI * variance);
            libm::log(self.weights[j]) - 0.5 * (square / variance + normaliser)
        };
        (0..self.weights.len()).map(term).collect()
    }

    /// `log p_σ(x)`.
    #[must_use]
    pub fn log_density(&self, x: &[f64], sigma: f64) -> f64 {
        log_sum_exp(&self.log_terms(x, sigma))
    }

    /// `ρ_j ∝ w_j N(x; u_j, V_j I)`: the probability that `x_σ = x` came from component `j`.
    #[must_use]
    pub fn responsibilities(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        let terms = self.log_terms(x, sigma);
        let total = log_sum_exp(&terms);
        terms.into_iter().map(|t| libm::exp(t - total)).collect()
    }

    /// `Σ_j ρ_j f_j(coordinate)` over coordinates, `f` given the component's shift `x − u_j`, its `V_j` and `j`.
    fn average(&self, x: &[f64], sigma: f64, f: impl Fn(f64, f64, usize, usize) -> f64) -> Vec<f64> {
        let mut out = vec![0.0; x.len()];
        for (j, rho) in self.responsibilities(x, sigma).into_iter().enumerate() {
            let (centre, variance) = self.component(j, sigma);
            for (i, (u, out)) in centre.zip(&mut out).enumerate() {
                *out += rho * f(x[i] - u, variance, j, i);
            }
        }
        out
    }

    /// `v(x, σ) = E[ε − x₀ | x_σ = x] = Σ_j ρ_j {[σ − (1−σ)s_j²](x − u_j)/V_j − m_j}`.
    #[must_use]
    pub fn velocity(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        self.average(x, sigma, |shift, variance, j, i| {
            let slope = sigma - (1.0 - sigma) * self.spreads[j] * self.spreads[j];
            slope * shift / variance - self.means[j][i]
        })
    }

    /// `∇ log p_σ(x) = −Σ_j ρ_j (x − u_j)/V_j`.
    #[must_use]
    pub fn score(&self, x: &[f64], sigma: f64) -> Vec<f64> {
        self.average(x, sigma, |shift, variance, _, _| -shift / variance)
    }

    /// A data point.
    pub fn sample(&self, stream: &mut Stream) -> Vec<f64> {
        let j = stream.categorical(&self.weights).unwrap_or(0);
        self.means[j].iter().map(|m| m + self.spreads[j] * stream.normal()).collect()
    }
}

fn log_sum_exp(terms: &[f64]) -> f64 {
    let most = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    most + libm::log(terms.iter().map(|t| libm::exp(t - most)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};
    use proptest::prelude::*;

    fn mixtures() -> impl Strategy<Value = Mixture> {
        let component = (0.1f64..1.0, prop::collection::vec(-2.0f64..2.0, 2), 0.1f64..1.0);
        prop::collection::vec(component, 1..5).prop_map(|components| {
            let (mut weights, mut means, mut spreads) = (vec![], vec![], vec![]);
            for (weight, mean, spread) in components {
                weights.push(weight);
                means.push(mean);
                spreads.push(spread);
            }
            Mixture::new(weights, means, spreads).expect("valid")
        })
    }

    #[test]
    fn bad_mixtures_are_refused() {
        for (weights, means, spreads) in [
            (vec![], vec![], vec![]),
            (vec![1.0], vec![vec![0.0]], vec![0.0]),
            (vec![0.0], vec![vec![0.0]], vec![1.0]),
            (vec![1.0, 1.0], vec![vec![0.0], vec![0.0, 1.0]], vec![1.0, 1.0]),
            (vec![1.0], vec![vec![f64::NAN]], vec![1.0]),
        ] {
            assert!(Mixture::new(weights, means, spreads).is_err());
        }
    }

    #[test]
    fn the_velocity_is_the_mean_of_noise_minus_data_given_the_noisy_point() {
        // Self-normalised importance sampling over data points: x_σ = x fixes ε = (x − (1−σ)x₀)/σ.
        let law = Mixture::new(vec![0.7, 0.3], vec![vec![1.0], vec![-0.5]], vec![0.3, 0.6]).expect("valid");
        let (x, sigma) = (0.4, 0.6);
        let mut stream = Stream::new(StreamKey::new(1, Purpose::named("mixture test")));
        let (mut sum, mut total) = (0.0, 0.0);
        for _ in 0..200_000 {
            let x0 = law.sample(&mut stream)[0];
            let epsilon = (x - (1.0 - sigma) * x0) / sigma;
            let weight = libm::exp(-0.5 * epsilon * epsilon);
            sum += weight * (epsilon - x0);
            total += weight;
        }
        let exact = law.velocity(&[x], sigma)[0];
        assert!((sum / total - exact).abs() < 0.01, "{} {exact}", sum / total);
    }

    proptest! {
        #[test]
        fn the_score_is_the_gradient_of_the_log_density(
            law in mixtures(), x in prop::collection::vec(-3.0f64..3.0, 2), sigma in 0.05f64..1.0,
        ) {
            let score = law.score(&x, sigma);
            for i in 0..2 {
                let at = |h: f64| {
                    let mut moved = x.clone();
                    moved[i] += h;
                    law.log_density(&moved, sigma)
                };
                let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
                prop_assert!((slope - score[i]).abs() < 1e-5 * (1.0 + score[i].abs()), "{} {}", slope, score[i]);
            }
        }

        #[test]
        fn the_score_follows_from_the_velocity(
            law in mixtures(), x in prop::collection::vec(-3.0f64..3.0, 2), sigma in 0.05f64..1.0,
        ) {
            let (v, s) = (law.velocity(&x, sigma), law.score(&x, sigma));
            for i in 0..2 {
                let from_velocity = -(x[i] + (1.0 - sigma) * v[i]) / sigma;
                prop_assert!((from_velocity - s[i]).abs() < 1e-9 * (1.0 + s[i].abs()));
            }
        }

        #[test]
        fn responsibilities_sum_to_one(law in mixtures(), x in prop::collection::vec(-9.0f64..9.0, 2), sigma in 0.0f64..=1.0) {
            let total: f64 = law.responsibilities(&x, sigma).iter().sum();
            prop_assert!((total - 1.0).abs() < 1e-12);
        }
    }
}
