use serde::{Deserialize, Serialize};

/// Generations at either end that [`improvement`] compares.
const ENDS: usize = 3;

/// How much an emitter gains: `I = max(0, mean reward of the last 3 generations − mean reward of the first 3)`.
///
/// `rewards` has the members' rewards after each generation. With fewer than three generations, those there are;
/// with none, 0.
#[must_use]
pub fn improvement(rewards: &[Vec<f64>]) -> f64 {
    let mean = |generations: &[Vec<f64>]| {
        let count = generations.iter().map(Vec::len).sum::<usize>();
        let sum: f64 = generations.iter().flatten().sum();
        if count == 0 { 0.0 } else { sum / count as f64 }
    };
    let ends = ENDS.min(rewards.len());
    (mean(&rewards[rewards.len() - ends..]) - mean(&rewards[..ends])).max(0.0)
}

/// When an emitter has nothing more to gain: over the last `base + per_gene · n / members` generations, the median
/// or the maximum of the members' rewards over the last `ends` is no better than over the first `ends`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct StagnationRule {
    /// Generations looked back on, whatever the genome. Default 120.
    pub base: usize,
    /// Generations more for each gene, divided by the emitter's members. Default 20.
    pub per_gene: usize,
    /// Generations at either end that are compared. Default 20.
    pub ends: usize,
}

impl Default for StagnationRule {
    fn default() -> Self {
        Self { base: 120, per_gene: 20, ends: 20 }
    }
}

impl StagnationRule {
    /// Generations looked back on.
    #[must_use]
    pub fn window(&self, genes: usize, members: usize) -> usize {
        (self.base + self.per_gene * genes / members.max(1)).max(1)
    }

    /// Whether to stop. Never before there is more history than the window.
    #[must_use]
    pub fn stops(&self, rewards: &[Vec<f64>], genes: usize, members: usize) -> bool {
        let window = self.window(genes, members);
        if rewards.len() <= window {
            return false;
        }
        let recent = &rewards[rewards.len() - window..];
        let ends = self.ends.clamp(1, window);
        let (first, last) = (recent[..ends].concat(), recent[window - ends..].concat());
        let most = |values: &[f64]| values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        median(&last) <= median(&first) || most(&last) <= most(&first)
    }
}

/// The middle value, the mean of the middle two; negative infinity of nothing.
fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match (sorted.len(), sorted.len() / 2) {
        (0, _) => f64::NEG_INFINITY,
        (n, middle) if n % 2 == 1 => sorted[middle],
        (_, middle) => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn improvement_compares_the_last_three_with_the_first_three() {
        let rewards: Vec<Vec<f64>> = [0.0, 0.0, 3.0, 9.0, 1.0, 2.0, 3.0].map(|r| vec![r]).to_vec();
        assert_eq!(improvement(&rewards), 1.0);
        assert_eq!(improvement(&rewards[..2]), 0.0);
        assert_eq!(improvement(&[]), 0.0);
    }

    #[test]
    fn the_window_grows_with_the_genome() {
        assert_eq!(StagnationRule::default().window(42, 6), 260);
        assert_eq!(StagnationRule::default().window(42, 0), 960);
    }

    #[test]
    fn a_climb_goes_on_and_a_plateau_or_a_flat_top_stops() {
        let rule = StagnationRule { base: 10, per_gene: 0, ends: 3 };
        let climb: Vec<Vec<f64>> = (0..20).map(|g| vec![f64::from(g), f64::from(g) + 0.5]).collect();
        assert!(!rule.stops(&climb, 1, 2));
        assert!(!rule.stops(&vec![vec![1.0]; 10], 1, 1), "not before there is more history than the window");
        assert!(rule.stops(&vec![vec![1.0]; 11], 1, 1));
        // The median climbs, the maximum does not.
        let flat_top: Vec<Vec<f64>> = (0..20).map(|g| vec![f64::from(g), 50.0, f64::from(g)]).collect();
        assert!(rule.stops(&flat_top, 1, 3));
    }

    proptest! {
        #[test]
        fn improvement_is_never_negative(rewards in prop::collection::vec(prop::collection::vec(-1.0f64..1.0, 0..4), 0..9)) {
            prop_assert!(improvement(&rewards) >= 0.0);
        }
    }
}
