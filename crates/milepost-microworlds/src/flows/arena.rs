use milepost_core::Stream;
use serde::{Deserialize, Serialize};

use super::Mixture;

/// A toy world for generative models: a prompt asks for modes, and the base law follows it only weakly.
///
/// | arena | point | base law of a prompt |
/// |---|---|---|
/// | `ring2d` | `x ∈ R²` | 8 modes on a circle of radius 2, `s = 0.15`; the asked one has weight 0.3, the others 0.1 |
/// | `scene8d` | 4 objects of 2 coordinates | each object an independent mixture of 4 modes on that circle, the asked one with weight 0.4, the others 0.2 |
///
/// Both have 8 prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FlowArena {
    /// One object in the plane.
    #[default]
    Ring2d,
    /// Four objects in the plane.
    Scene8d,
}

/// Where the points of one prompt lie. See [`FlowArena::summary`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArenaSummary {
    /// Share of points each object of which lies within `3s` of a data mode.
    pub precision: f64,
    /// Entropy of the modes that the points lie nearest to, in nats, averaged over objects.
    pub mode_entropy: f64,
}

impl FlowArena {
    /// Prompts of each arena.
    pub const PROMPTS: usize = 8;
    /// Standard deviation of every mode.
    pub const SPREAD: f64 = 0.15;
    /// Distance of every mode from the origin.
    pub const RADIUS: f64 = 2.0;

    /// Objects of a point.
    #[must_use]
    pub const fn objects(self) -> usize {
        match self {
            Self::Ring2d => 1,
            Self::Scene8d => 4,
        }
    }

    /// Modes of each object.
    #[must_use]
    pub const fn modes(self) -> usize {
        match self {
            Self::Ring2d => 8,
            Self::Scene8d => 4,
        }
    }

    /// Coordinates of a point: two for each object.
    #[must_use]
    pub const fn dimension(self) -> usize {
        2 * self.objects()
    }

    /// Where a mode of an object lies; the same for all objects.
    #[must_use]
    pub fn centre(self, mode: usize) -> [f64; 2] {
        let angle = 2.0 * std::f64::consts::PI * mode as f64 / self.modes() as f64;
        [Self::RADIUS * libm::cos(angle), Self::RADIUS * libm::sin(angle)]
    }

    /// The mode that `prompt` asks of `object`. Prompts count modulo [`FlowArena::PROMPTS`]; no two of them ask
    /// for the same pattern.
    #[must_use]
    pub const fn target(self, prompt: usize, object: usize) -> usize {
        let prompt = prompt % Self::PROMPTS;
        match self {
            Self::Ring2d => prompt,
            Self::Scene8d => match object {
                0 => prompt % 4,
                1 => (prompt / 4 + prompt) % 4,
                2 => (prompt / 2) % 4,
                _ => (3 * prompt + 1) % 4,
            },
        }
    }

    /// The probability of each mode of `object` in the base law of `prompt`.
    #[must_use]
    pub fn weights(self, prompt: usize, object: usize) -> Vec<f64> {
        let (asked, other) = match self {
            Self::Ring2d => (0.3, 0.1),
            Self::Scene8d => (0.4, 0.2),
        };
        let target = self.target(prompt, object);
        (0..self.modes()).map(|mode| if mode == target { asked } else { other }).collect()
    }

    /// The base law of one object.
    #[must_use]
    pub fn mixture(self, prompt: usize, object: usize) -> Mixture {
        let means = (0..self.modes()).map(|mode| self.centre(mode).to_vec()).collect();
        let spreads = vec![Self::SPREAD; self.modes()];
        match Mixture::new(self.weights(prompt, object), means, spreads) {
            Ok(mixture) => mixture,
            Err(error) => unreachable!("an arena is a mixture: {error}"),
        }
    }

    /// The exact velocity of the base law at a point: objects are independent.
    #[must_use]
    pub fn velocity(self, x: &[f64], sigma: f64, prompt: usize) -> Vec<f64> {
        let objects = x.chunks(2).enumerate();
        objects.flat_map(|(object, x)| self.mixture(prompt, object).velocity(x, sigma)).collect()
    }

    /// A point of the base law.
    pub fn sample(self, prompt: usize, stream: &mut Stream) -> Vec<f64> {
        (0..self.objects()).flat_map(|object| self.mixture(prompt, object).sample(stream)).collect()
    }

    /// The nearest mode to an object's position, and how far it is.
    #[must_use]
    pub fn nearest(self, position: &[f64]) -> (usize, f64) {
        let distance = |mode| {
            let [a, b] = self.centre(mode);
            libm::hypot(position[0] - a, position[1] - b)
        };
        let modes = (0..self.modes()).map(|mode| (mode, distance(mode)));
        modes.fold((0, f64::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
    }

    /// Precision and mode entropy of points of one prompt; `None` without points.
    #[must_use]
    pub fn summary(self, points: &[Vec<f64>]) -> Option<ArenaSummary> {
        if points.is_empty() {
            return None;
        }
        let mut histogram = vec![vec![0.0; self.modes()]; self.objects()];
        let mut precise = 0usize;
        for point in points {
            let mut near = true;
            for (position, counts) in point.chunks(2).zip(&mut histogram) {
                let (mode, distance) = self.nearest(position);
                counts[mode] += 1.0;
                near &= distance <= 3.0 * Self::SPREAD;
            }
            precise += usize::from(near);
        }
        let n = points.len() as f64;
        let entropy = |counts: &Vec<f64>| -> f64 {
            counts.iter().filter(|c| **c > 0.0).map(|c| -c / n * libm::log(c / n)).sum()
        };
        let mode_entropy = histogram.iter().map(entropy).sum::<f64>() / self.objects() as f64;
        Some(ArenaSummary { precision: precise as f64 / n, mode_entropy })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use milepost_core::{Purpose, StreamKey};
    use std::collections::BTreeSet;

    const ARENAS: [FlowArena; 2] = [FlowArena::Ring2d, FlowArena::Scene8d];

    #[test]
    fn no_two_prompts_ask_for_the_same_pattern() {
        for arena in ARENAS {
            let pattern = |prompt| (0..arena.objects()).map(|o| arena.target(prompt, o)).collect::<Vec<_>>();
            let patterns: BTreeSet<_> = (0..FlowArena::PROMPTS).map(pattern).collect();
            assert_eq!(patterns.len(), FlowArena::PROMPTS);
        }
    }

    #[test]
    fn base_samples_are_precise_and_have_the_entropy_of_the_weights() {
        for arena in ARENAS {
            let mut stream = Stream::new(StreamKey::new(3, Purpose::named("arena test")));
            let points: Vec<_> = (0..4000).map(|_| arena.sample(2, &mut stream)).collect();
            let summary = arena.summary(&points).expect("points");
            // Within 3s of its mode with probability 1 − e^{−4.5} for each object.
            let each: f64 = 1.0 - libm::exp(-4.5);
            let precision = each.powi(arena.objects() as i32);
            assert!((summary.precision - precision).abs() < 0.01, "{}", summary.precision);
            let entropy: f64 = arena.weights(2, 0).iter().map(|w| -w * libm::log(*w)).sum();
            assert!((summary.mode_entropy - entropy).abs() < 0.02, "{} {entropy}", summary.mode_entropy);
        }
    }

    #[test]
    fn points_without_a_summary_are_none() {
        assert_eq!(FlowArena::Ring2d.summary(&[]), None);
    }

    #[test]
    fn the_velocity_of_a_scene_is_that_of_its_objects() {
        let x = [0.3, -1.0, 1.5, 0.2, 0.0, 0.0, -2.0, 0.1];
        let v = FlowArena::Scene8d.velocity(&x, 0.4, 5);
        for object in 0..4 {
            let own = FlowArena::Scene8d.mixture(5, object).velocity(&x[2 * object..2 * object + 2], 0.4);
            assert_eq!(own, v[2 * object..2 * object + 2]);
        }
    }
}
