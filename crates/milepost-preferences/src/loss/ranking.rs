use milepost_objectives::{BradleyTerry, RewardPairs, plackett_luce};
use serde::{Deserialize, Serialize};

use crate::{PreferenceError, error};

/// What is learnt from a ranking of the answers to one prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum RankingLoss {
    /// Plackett–Luce of the whole ranking: `−Σ_k [r_(k) − log Σ_{j≥k} e^{r_(j)}]`.
    #[default]
    Full,
    /// The same sum up to rank `k`: who is best, and who is next; the others are in no order.
    Top {
        /// `k`, at least 1.
        k: usize,
    },
    /// The mean Bradley–Terry loss of all `K(K−1)/2` pairs. They belong into one batch: each answer is then
    /// seen once.
    AllPairs,
}

impl RankingLoss {
    /// The loss of one ranking and its derivative by each score. `rewards` is `[K]`; `ranking` names all
    /// items, best first. One item has no loss.
    pub fn evaluate(
        &self,
        rewards: &[f64],
        ranking: &[usize],
        gradient: &mut [f64],
    ) -> Result<f64, PreferenceError> {
        error::not_empty("rewards", rewards)?;
        match *self {
            Self::Full => full(rewards, ranking, gradient),
            Self::Top { k } => top(rewards, ranking, k, gradient),
            Self::AllPairs => all_pairs(rewards, ranking, gradient),
        }
    }
}

fn full(rewards: &[f64], ranking: &[usize], gradient: &mut [f64]) -> Result<f64, PreferenceError> {
    Ok(plackett_luce(rewards, ranking, rewards.len(), &mut [0.0], gradient)?)
}

/// Plackett–Luce ranks by repeated choice: the likelihood of the first `k` choices is that of the whole
/// ranking divided by that of the ranking among those who are left.
fn top(rewards: &[f64], ranking: &[usize], k: usize, gradient: &mut [f64]) -> Result<f64, PreferenceError> {
    error::parameter("k", k as f64, k > 0, "at least 1")?;
    let whole = full(rewards, ranking, gradient)?;
    let Some(left) = ranking.get(k..).filter(|left| left.len() > 1) else { return Ok(whole) };
    let scores: Vec<f64> = left.iter().map(|item| rewards[*item]).collect();
    let order: Vec<usize> = (0..left.len()).collect();
    let mut by_left = vec![0.0; left.len()];
    let rest = full(&scores, &order, &mut by_left)?;
    for (item, slope) in left.iter().zip(by_left) {
        gradient[*item] -= slope;
    }
    Ok(whole - rest)
}

fn all_pairs(rewards: &[f64], ranking: &[usize], gradient: &mut [f64]) -> Result<f64, PreferenceError> {
    // The checks of the ranking are those of the full loss.
    full(rewards, ranking, gradient)?;
    gradient.fill(0.0);
    let pairs: Vec<(usize, usize)> = (1..ranking.len())
        .flat_map(|worse| (0..worse).map(move |better| (better, worse)))
        .map(|(better, worse)| (ranking[better], ranking[worse]))
        .collect();
    if pairs.is_empty() {
        return Ok(0.0);
    }
    let (chosen, rejected): (Vec<f64>, Vec<f64>) =
        pairs.iter().map(|(a, b)| (rewards[*a], rewards[*b])).unzip();
    let (mut up, mut down) = (vec![0.0; pairs.len()], vec![0.0; pairs.len()]);
    let report =
        BradleyTerry::default().evaluate(&RewardPairs::new(&chosen, &rejected), None, &mut up, &mut down)?;
    for ((better, worse), (up, down)) in pairs.into_iter().zip(up.into_iter().zip(down)) {
        gradient[better] += up;
        gradient[worse] += down;
    }
    Ok(report.loss)
}
