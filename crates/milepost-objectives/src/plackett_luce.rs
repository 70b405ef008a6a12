//! Likelihood of a full ranking.

use crate::{ObjectiveError, check, math};

/// Plackett–Luce: `L = (1/N) Σ_i Σ_k [log Σ_{j≥k} e^{r_(j)} − r_(k)]`, `r_(k)` the score of the item at rank
/// `k`, best first.
///
/// `rewards`, `rankings` and `gradient` are `[N, items]`; a row of `rankings` names its items, best first, and
/// `losses` gets the negative log-likelihood of each row. An item's gradient is the sum over the ranks up to
/// its own of its softmax share among those still to be placed, less 1. With two items it is Bradley–Terry.
/// Returns `L`. Source: Plackett 1975; Luce 1959.
///
/// # Errors
/// No row or no item; slices that do not fit; a number that is not finite; a row that is no ordering.
pub fn plackett_luce(
    rewards: &[f64],
    rankings: &[usize],
    items: usize,
    losses: &mut [f64],
    gradient: &mut [f64],
) -> Result<f64, ObjectiveError> {
    check::non_empty("rewards", rewards)?;
    if items == 0 {
        return Err(ObjectiveError::Empty { what: "items" });
    }
    let rows = rewards.len() / items;
    check::finite_len("rewards", rows * items, rewards)?;
    check::len("rankings", rewards.len(), rankings.len())?;
    check::len("losses", rows, losses.len())?;
    check::len("gradient", rewards.len(), gradient.len())?;

    let mut placed = vec![usize::MAX; items];
    for row in 0..rows {
        let here = row * items..(row + 1) * items;
        let (rewards, ranking, gradient) =
            (&rewards[here.clone()], &rankings[here.clone()], &mut gradient[here]);
        for &item in ranking {
            if item >= items || placed[item] == row {
                return Err(ObjectiveError::NotARanking { row, items });
            }
            placed[item] = row;
        }
        losses[row] = 0.0;
        gradient.fill(0.0);
        for (rank, &best) in ranking.iter().enumerate() {
            let left = &ranking[rank..];
            let normalizer = math::log_sum_exp(left.iter().map(|&item| rewards[item]));
            losses[row] += normalizer - rewards[best];
            gradient[best] -= 1.0 / rows as f64;
            for &item in left {
                gradient[item] += math::exp(rewards[item] - normalizer) / rows as f64;
            }
        }
    }
    Ok(losses.iter().sum::<f64>() / rows as f64)
}
