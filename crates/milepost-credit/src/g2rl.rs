//! Exploration guided by the updates that responses would cause (G²RL).

use crate::{CreditError, check};

/// What the novelty of a wrong response does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SignMode {
    /// The paper's prose, `r̃ = r (1 + λ ν̄)`: a wrong response far from the correct ones is punished more, a near miss
    /// less.
    #[default]
    Text,
    /// The paper's printed equation, `r̃ = r (1 + λ r ν̄) = r + λ ν̄` for `r = ±1`: novelty is added to both signs.
    Equation,
}

/// Where the novelties of a group are stretched to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum NoveltyRange {
    /// `[−1, 1]`: the redundant are paid less, the novel more.
    #[default]
    Signed,
    /// `[0, 1]`: the novel are paid more.
    Unit,
}

/// G²RL: rewards of a group, changed by how new the direction is in which each response would move the policy.
///
/// A response is described by a feature `Φ`, the mean over its tokens of `∂ log π(y_t)/∂h_t = Eᵀ(e(y_t) − p_t)`. With
/// `Φ̂ = Φ/‖Φ‖` and `S_ij = ⟨Φ̂_i, Φ̂_j⟩`:
///
/// `w_ij = exp(r_j) 1[j ≠ i]/(Σ_{k≠i} exp(r_k) + ε)`, `ν_i = max(1 − Σ_j w_ij S_ij², 0)`, `ν̄` = the group's min–max of
/// `ν`, `r̃ = clip(r f(ν̄), −c, c)`.
///
/// Source: arXiv 2512.15687, whose equation and prose differ in `f` ([`SignMode`]) and which states no `λ`; 0.5 is
/// ours. Identity: `λ = 0` leaves rewards as they are. Known failure: a group of two has one pair, hence equal
/// novelties and no change.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct G2rl {
    /// `λ`, at least 0.
    pub lambda: f64,
    /// `c`, positive; infinite for none.
    pub clip: f64,
    /// How novelty and reward combine.
    pub sign: SignMode,
    /// Where novelties are stretched to.
    pub range: NoveltyRange,
    /// `ε` in the weights, at least 0.
    pub epsilon: f64,
}

impl Default for G2rl {
    fn default() -> Self {
        Self {
            lambda: 0.5,
            clip: 3.0,
            sign: SignMode::default(),
            range: NoveltyRange::default(),
            epsilon: 1e-8,
        }
    }
}

/// Below this norm a feature is numerical noise: the policy was certain of every token.
pub const LEAST_FEATURE_NORM: f64 = 1e-6;

/// Novelties of a group that are nearer to each other are equal.
const LEAST_SPREAD: f64 = 1e-6;

/// Cosines between the features of a group, `[n, n]` row by row; `None` where one of the two has no direction.
#[derive(Debug, Clone, PartialEq)]
pub struct Similarities {
    n: usize,
    cosines: Vec<Option<f64>>,
}

impl Similarities {
    /// Of features of one length; `None` (an empty response), norms of at most [`LEAST_FEATURE_NORM`] and numbers that
    /// are not finite have no direction.
    ///
    /// # Errors
    /// Features of different lengths.
    pub fn of(features: &[Option<&[f64]>]) -> Result<Self, CreditError> {
        let width = features.iter().flatten().map(|feature| feature.len()).next().unwrap_or(0);
        for feature in features.iter().flatten() {
            check::len("features", width, feature.len())?;
        }
        let directions: Vec<Option<Vec<f64>>> =
            features.iter().map(|feature| direction((*feature)?)).collect();
        let n = features.len();
        let mut cosines = vec![None; n * n];
        for i in 0..n {
            for j in i..n {
                let (Some(a), Some(b)) = (&directions[i], &directions[j]) else { continue };
                let cosine = if i == j { 1.0 } else { dot(a, b).clamp(-1.0, 1.0) };
                cosines[i * n + j] = Some(cosine);
                cosines[j * n + i] = Some(cosine);
            }
        }
        Ok(Self { n, cosines })
    }

    /// `S_ij`.
    #[must_use]
    pub fn get(&self, i: usize, j: usize) -> Option<f64> {
        self.cosines.get(i * self.n + j).copied().flatten()
    }

    /// The cosines of all pairs `i < j` of which both have a direction.
    pub fn pairs(&self) -> impl Iterator<Item = f64> {
        (0..self.n).flat_map(move |i| (i + 1..self.n).filter_map(move |j| self.get(i, j)))
    }

    /// Whether response `i` has a direction.
    #[must_use]
    pub fn is_known(&self, i: usize) -> bool {
        self.get(i, i).is_some()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn direction(feature: &[f64]) -> Option<Vec<f64>> {
    let norm = dot(feature, feature).sqrt();
    let known = norm.is_finite() && norm > LEAST_FEATURE_NORM;
    known.then(|| feature.iter().map(|x| x / norm).collect())
}

impl G2rl {
    /// `ν`, `[n]`, from rewards (±1) and similarities; `None` for a response without a direction or without others to
    /// be compared with.
    ///
    /// # Errors
    /// Arguments that do not fit, a reward that is not finite, `ε` negative.
    pub fn novelty(
        &self,
        rewards: &[f64],
        similarities: &Similarities,
    ) -> Result<Vec<Option<f64>>, CreditError> {
        check::len("rewards", similarities.n, rewards.len())?;
        check::finite("rewards", rewards)?;
        check::non_negative("epsilon", self.epsilon)?;
        let weight: Vec<f64> = rewards.iter().map(|reward| libm::exp(*reward)).collect();
        let novelty = |i: usize| {
            let others = || (0..rewards.len()).filter(|j| *j != i && similarities.is_known(*j));
            if !similarities.is_known(i) || others().next().is_none() {
                return None;
            }
            let total = others().map(|j| weight[j]).sum::<f64>() + self.epsilon;
            let explained: f64 = others()
                .filter_map(|j| similarities.get(i, j).map(|cosine| weight[j] / total * cosine * cosine))
                .sum();
            Some((1.0 - explained).max(0.0))
        };
        Ok((0..rewards.len()).map(novelty).collect())
    }

    /// `ν̄`: the group's novelties stretched to the range; 0 where one is missing, and for all if all are equal.
    #[must_use]
    pub fn stretched(&self, novelty: &[Option<f64>]) -> Vec<f64> {
        let known = || novelty.iter().flatten().copied();
        let least = known().fold(f64::INFINITY, f64::min);
        let spread = known().fold(f64::NEG_INFINITY, f64::max) - least;
        // Novelties that differ by rounding, or by what `ε` does to the weights, are equal.
        if spread.is_nan() || spread <= LEAST_SPREAD {
            return vec![0.0; novelty.len()];
        }
        let stretch = |novelty: f64| {
            let unit = (novelty - least) / spread;
            match self.range {
                NoveltyRange::Unit => unit,
                NoveltyRange::Signed => 2.0 * unit - 1.0,
            }
        };
        novelty.iter().map(|novelty| novelty.map_or(0.0, stretch)).collect()
    }

    /// `r̃`, `[n]`: rewards changed by novelties of any origin, in the place of `ν`.
    ///
    /// # Errors
    /// Slices that do not fit, a number that is not finite, `λ` negative, a clip that is not positive.
    pub fn shape(
        &self,
        rewards: &[f64],
        novelty: &[Option<f64>],
        out: &mut [f64],
    ) -> Result<(), CreditError> {
        check::len("novelty", rewards.len(), novelty.len())?;
        check::len("out", rewards.len(), out.len())?;
        check::finite("rewards", rewards)?;
        check::non_negative("lambda", self.lambda)?;
        if self.clip.is_nan() || self.clip <= 0.0 {
            return Err(CreditError::InvalidParameter {
                name: "clip",
                value: self.clip,
                allowed: "greater than 0",
            });
        }
        if let Some(index) = novelty.iter().position(|novelty| novelty.is_some_and(|x| !x.is_finite())) {
            let value = novelty[index].unwrap_or(f64::NAN);
            return Err(CreditError::NotFinite { what: "novelty", index, value });
        }
        for ((out, reward), novelty) in out.iter_mut().zip(rewards).zip(self.stretched(novelty)) {
            let sign = match self.sign {
                SignMode::Text => 1.0,
                SignMode::Equation => *reward,
            };
            *out = (reward * (1.0 + self.lambda * sign * novelty)).clamp(-self.clip, self.clip);
        }
        Ok(())
    }
}

/// The novelty of texts, for comparison with that of updates: 1 less the mean overlap (intersection over union) of a
/// response's `n`-grams with those of each other response. `None` for responses shorter than `n` and where no other is
/// long enough.
#[must_use]
pub fn ngram_novelty(responses: &[&[u32]], n: usize) -> Vec<Option<f64>> {
    let grams: Vec<Vec<&[u32]>> = responses
        .iter()
        .map(|tokens| {
            let mut grams: Vec<&[u32]> = tokens.windows(n.max(1)).collect();
            grams.sort_unstable();
            grams.dedup();
            grams
        })
        .collect();
    let overlap = |a: &[&[u32]], b: &[&[u32]]| {
        let common = a.iter().filter(|gram| b.binary_search(gram).is_ok()).count();
        common as f64 / (a.len() + b.len() - common) as f64
    };
    (0..grams.len())
        .map(|i| {
            let others = (0..grams.len()).filter(|j| *j != i && !grams[*j].is_empty());
            let overlaps: Vec<f64> = others.map(|j| overlap(&grams[i], &grams[j])).collect();
            let known = !grams[i].is_empty() && !overlaps.is_empty();
            known.then(|| 1.0 - overlaps.iter().sum::<f64>() / overlaps.len() as f64)
        })
        .collect()
}

#[cfg(test)]
mod tests;
