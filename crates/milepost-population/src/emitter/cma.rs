//! CMA-ES (Hansen, *The CMA Evolution Strategy: A Tutorial*, 2016) with its default settings: weighted
//! recombination, cumulative step-size adaptation, rank-one and rank-μ updates.

use milepost_core::{Purpose, Stream, StreamKey};

use super::{Emitter, Scored};
use crate::{AgentId, Proposal, linalg};

/// The state of CMA-ES, which maximises.
#[derive(Debug, Clone)]
pub struct CmaEs {
    mean: Vec<f64>,
    sigma: f64,
    covariance: Vec<f64>,
    path: Vec<f64>,
    step_path: Vec<f64>,
    weights: Vec<f64>,
    generations: u64,
    /// Eigenvectors as columns, and square roots of eigenvalues, of the covariance.
    axes: (Vec<f64>, Vec<f64>),
}

impl CmaEs {
    /// Around `mean`, with a sphere of radius `sigma` and `offspring` (at least 2) a generation.
    #[must_use]
    pub fn new(mean: Vec<f64>, sigma: f64, offspring: usize) -> Self {
        let n = mean.len();
        let parents = offspring.max(2) / 2;
        let raw: Vec<f64> =
            (0..parents).map(|i| libm::log(parents as f64 + 0.5) - libm::log(i as f64 + 1.0)).collect();
        let total: f64 = raw.iter().sum();
        let covariance = linalg::identity(n);
        let axes = (covariance.clone(), vec![1.0; n]);
        Self {
            mean,
            sigma,
            covariance,
            path: vec![0.0; n],
            step_path: vec![0.0; n],
            weights: raw.into_iter().map(|w| w / total).collect(),
            generations: 0,
            axes,
        }
    }

    /// Where it searches.
    #[must_use]
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// How widely it searches.
    #[must_use]
    pub const fn sigma(&self) -> f64 {
        self.sigma
    }

    /// A genome from `N(mean, sigma² C)`.
    pub fn sample(&self, stream: &mut Stream) -> Vec<f64> {
        let z: Vec<f64> = self.axes.1.iter().map(|scale| scale * stream.normal()).collect();
        let y = linalg::times(&self.axes.0, &z);
        self.mean.iter().zip(y).map(|(m, y)| m + self.sigma * y).collect()
    }

    /// Adapts to a generation, best first. With fewer than there are parents nothing changes.
    pub fn update(&mut self, ranked: &[&[f64]]) {
        let (n, count) = (self.mean.len() as f64, self.weights.len());
        if ranked.len() < count || self.sigma <= 0.0 {
            return;
        }
        let mass = 1.0 / self.weights.iter().map(|w| w * w).sum::<f64>();
        let c_sigma = (mass + 2.0) / (n + mass + 5.0);
        let damping = 1.0 + c_sigma + 2.0 * (((mass - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0);
        let c_path = (4.0 + mass / n) / (n + 4.0 + 2.0 * mass / n);
        let c_one = 2.0 / ((n + 1.3).powi(2) + mass);
        let c_mu = (2.0 * (mass - 2.0 + 1.0 / mass) / ((n + 2.0).powi(2) + mass)).clamp(0.0, 1.0 - c_one);
        let expected = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));

        let steps: Vec<Vec<f64>> = ranked[..count]
            .iter()
            .map(|x| x.iter().zip(&self.mean).map(|(x, m)| (x - m) / self.sigma).collect())
            .collect();
        let step: Vec<f64> = (0..self.mean.len())
            .map(|i| steps.iter().zip(&self.weights).map(|(y, w)| w * y[i]).sum())
            .collect();
        for (m, y) in self.mean.iter_mut().zip(&step) {
            *m += self.sigma * y;
        }
        let whitened = self.whitened(&step);
        let pull = (c_sigma * (2.0 - c_sigma) * mass).sqrt();
        for (p, z) in self.step_path.iter_mut().zip(whitened) {
            *p = (1.0 - c_sigma) * *p + pull * z;
        }
        let length = self.step_path.iter().map(|p| p * p).sum::<f64>().sqrt();
        self.generations += 1;
        let bias = 1.0 - (1.0 - c_sigma).powi(2 * i32::try_from(self.generations).unwrap_or(i32::MAX / 2));
        let steady = f64::from(u8::from(length / bias.sqrt() / expected < 1.4 + 2.0 / (n + 1.0)));
        let pull = steady * (c_path * (2.0 - c_path) * mass).sqrt();
        for (p, y) in self.path.iter_mut().zip(&step) {
            *p = (1.0 - c_path) * *p + pull * y;
        }
        let keep = 1.0 - c_one - c_mu + (1.0 - steady) * c_one * c_path * (2.0 - c_path);
        let size = self.mean.len();
        for i in 0..size {
            for j in 0..size {
                let spread: f64 = steps.iter().zip(&self.weights).map(|(y, w)| w * y[i] * y[j]).sum();
                let entry = &mut self.covariance[i * size + j];
                *entry = keep * *entry + c_one * self.path[i] * self.path[j] + c_mu * spread;
            }
        }
        self.sigma *= libm::exp((c_sigma / damping * (length / expected - 1.0)).min(1.0));
        let (vectors, values) = linalg::symmetric_eigen(&self.covariance);
        self.axes = (vectors, values.into_iter().map(|value| value.max(1e-20).sqrt()).collect());
    }

    /// `C^(−1/2) y`.
    fn whitened(&self, y: &[f64]) -> Vec<f64> {
        let (vectors, scales) = &self.axes;
        let turned = linalg::times_transposed(vectors, y);
        let shrunk: Vec<f64> = turned.iter().zip(scales).map(|(t, s)| t / s).collect();
        linalg::times(vectors, &shrunk)
    }
}

/// [`CmaEs`] on the reward, from a seed. A generation that was cut short by the budget teaches it nothing.
#[derive(Debug, Clone)]
pub struct CmaEmitter {
    seed: AgentId,
    strategy: CmaEs,
    offspring: usize,
    run_key: StreamKey,
    members: Vec<Scored>,
}

impl CmaEmitter {
    /// From `genome` of `seed`, with `offspring` a generation and draws of the run with this seed.
    #[must_use]
    pub fn new(seed: AgentId, genome: &[f64], sigma: f64, offspring: usize, run_seed: u64) -> Self {
        let purpose = Purpose::named("cma emitter");
        let run_key = StreamKey { task: seed.0, ..StreamKey::new(run_seed, purpose) };
        let strategy = CmaEs::new(genome.to_vec(), sigma, offspring);
        Self { seed, strategy, offspring, run_key, members: Vec::new() }
    }
}

impl Emitter for CmaEmitter {
    fn ask(&mut self) -> Vec<Proposal> {
        let mut stream = Stream::new(self.run_key);
        self.run_key.episode += 1;
        let parent = Some(self.seed);
        (0..self.offspring)
            .map(|_| Proposal::Genome { genome: self.strategy.sample(&mut stream), parent })
            .collect()
    }

    fn tell(&mut self, mut offspring: Vec<Scored>) {
        offspring.sort_by(|a, b| b.reward.total_cmp(&a.reward).then(b.id.cmp(&a.id)));
        if offspring.len() == self.offspring {
            let ranked: Vec<&[f64]> = offspring.iter().map(|scored| &*scored.genome).collect();
            self.strategy.update(&ranked);
        }
        self.members = offspring;
    }

    fn members(&self) -> &[Scored] {
        &self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Best value of `f` after some generations on 8 dimensions.
    fn best(f: impl Fn(&[f64]) -> f64, generations: u64) -> f64 {
        let mut strategy = CmaEs::new(vec![1.0; 8], 0.5, 12);
        let mut best = f64::NEG_INFINITY;
        for generation in 0..generations {
            let key = StreamKey { episode: generation, ..StreamKey::new(3, Purpose::named("test")) };
            let mut stream = Stream::new(key);
            let mut drawn: Vec<Vec<f64>> = (0..12).map(|_| strategy.sample(&mut stream)).collect();
            drawn.sort_by(|a, b| f(b).total_cmp(&f(a)));
            best = best.max(f(&drawn[0]));
            strategy.update(&drawn.iter().map(Vec::as_slice).collect::<Vec<_>>());
        }
        best
    }

    #[test]
    fn it_climbs_a_sphere_and_a_badly_scaled_ellipsoid() {
        let sphere = |x: &[f64]| -x.iter().map(|x| x * x).sum::<f64>();
        assert!(best(sphere, 200) > -1e-8);
        let scaled =
            |x: &[f64]| -x.iter().enumerate().map(|(i, x)| 10f64.powi(i as i32 / 2) * x * x).sum::<f64>();
        assert!(best(scaled, 500) > -1e-6);
    }

    #[test]
    fn a_short_generation_changes_nothing() {
        let mut strategy = CmaEs::new(vec![0.0; 3], 1.0, 6);
        let before = format!("{strategy:?}");
        strategy.update(&[&[1.0, 0.0, 0.0], &[0.0, 1.0, 0.0]]);
        assert_eq!(format!("{strategy:?}"), before);
    }
}
