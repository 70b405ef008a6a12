//! Owen values: Shapley values of players that come in blocks.

use std::collections::BTreeMap;

use crate::{CreditError, Rows, check};

/// Largest number of players that a coalition can hold.
const MAX_PLAYERS: usize = 31;
/// Largest number of blocks, and of players in one block.
const MAX_BLOCK: usize = 12;

/// Owen values: the order of blocks is uniform, and within the order each block is filled in a uniform order.
///
/// `φ_i = Σ_R Σ_T |R|!(m−|R|−1)!/m! · |T|!(b−|T|−1)!/b! · (v(Q_R ∪ T ∪ i) − v(Q_R ∪ T))` over the sets `R` of
/// other blocks (`Q_R` their players) and the subsets `T` of the other players of `i`'s block, `m` blocks,
/// `b` players in the block.
///
/// `blocks` cuts the players `0..out.len()` into consecutive blocks; `value(S)` gets a coalition as bits and is
/// called once for each coalition that is needed: 80 instead of 512 for three blocks of three. Returns how often.
///
/// Source: Owen 1977; SCAR, arXiv 2505.20417. Identities: `Σ φ_i = v(all) − v(∅)`; one block, or blocks of one,
/// give Shapley values; the values of a block sum to the block's Shapley value among blocks. Known failure: the
/// cut into blocks is part of the estimand.
///
/// # Errors
/// No player, too many of them, blocks that do not fit, a value that is not finite.
pub fn owen_values(
    blocks: &Rows,
    mut value: impl FnMut(u32) -> f64,
    out: &mut [f64],
) -> Result<usize, CreditError> {
    check::non_empty("players", out)?;
    check::len("blocks", out.len(), blocks.entries())?;
    at_most("players", out.len(), MAX_PLAYERS, "at most 31")?;
    at_most("blocks", blocks.len(), MAX_BLOCK, "at most 12")?;
    let block_bits: Vec<u32> =
        blocks.iter().map(|players| players.fold(0, |bits, player| bits | 1 << player)).collect();
    let block_weights = order_weights(blocks.len());
    let mut values = BTreeMap::new();
    let mut evaluate = |coalition: u32| match values.get(&coalition) {
        Some(&value) => value,
        None => *values.entry(coalition).or_insert_with(|| value(coalition)),
    };
    out.fill(0.0);
    for (block, players) in blocks.iter().enumerate() {
        at_most("players of a block", players.len(), MAX_BLOCK, "at most 12")?;
        let player_weights = order_weights(players.len());
        for others in subsets(blocks.len()).filter(|others| others & 1 << block == 0) {
            let before = (0..blocks.len()).filter(|other| others & 1 << other != 0);
            let outside = before.fold(0, |bits, other| bits | block_bits[other]);
            let block_weight = block_weights[others.count_ones() as usize];
            for inside in subsets(players.len()) {
                let without = outside | inside << players.start;
                for player in players.clone().filter(|player| without & 1 << player == 0) {
                    let weight = block_weight * player_weights[inside.count_ones() as usize];
                    out[player] += weight * (evaluate(without | 1 << player) - evaluate(without));
                }
            }
        }
    }
    check::finite("player values", out)?;
    Ok(values.len())
}

/// `s!(n − s − 1)!/n!` for `s = 0..n`: the probability that exactly a given set of `s` comes before a member.
pub(crate) fn order_weights(n: usize) -> Vec<f64> {
    let mut weights = vec![1.0 / n as f64; n];
    for size in 1..n {
        weights[size] = weights[size - 1] * size as f64 / (n - size) as f64;
    }
    weights
}

fn subsets(n: usize) -> std::ops::Range<u32> {
    0..1 << n
}

fn at_most(name: &'static str, found: usize, limit: usize, allowed: &'static str) -> Result<(), CreditError> {
    if found <= limit {
        Ok(())
    } else {
        Err(CreditError::InvalidParameter { name, value: found as f64, allowed })
    }
}
