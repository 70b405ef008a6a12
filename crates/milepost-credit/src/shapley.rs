//! Shapley values of the steps, units or players of a trajectory.

use crate::owen::order_weights;
use crate::{CreditError, check};

/// Largest number of players whose coalitions are enumerated: 4096 evaluations.
pub const MAX_EXACT_PLAYERS: usize = 12;

/// Exact Shapley values: `φ_i = Σ_{S ∌ i} |S|! (n − |S| − 1)!/n! (v(S ∪ i) − v(S))`.
///
/// `value(S)` is called once for each of the `2^n` coalitions, bit `i` of `S` being player `i`, in increasing
/// order of `S`; `n = out.len()`.
///
/// Source: Shapley 1953; SCAR, arXiv 2505.20417. Identities: `Σ φ_i = v(all) − v(∅)`; equal players get equal
/// values; a player that changes nothing gets 0; linear in `v`. Known failure: `2^n` evaluations.
///
/// # Errors
/// No player or more than [`MAX_EXACT_PLAYERS`], a value that is not finite.
pub fn shapley_values(mut value: impl FnMut(u32) -> f64, out: &mut [f64]) -> Result<(), CreditError> {
    let players = out.len();
    check::non_empty("players", out)?;
    if players > MAX_EXACT_PLAYERS {
        return Err(CreditError::InvalidParameter {
            name: "players",
            value: players as f64,
            allowed: "at most 12; sample permutations for more",
        });
    }
    let values: Vec<f64> = (0..1_u32 << players).map(&mut value).collect();
    check::finite("coalition values", &values)?;
    let weights = order_weights(players);
    for (player, out) in out.iter_mut().enumerate() {
        let bit = 1_u32 << player;
        *out = (0..1_u32 << players)
            .filter(|coalition| coalition & bit == 0)
            .map(|coalition| {
                let gain = values[(coalition | bit) as usize] - values[coalition as usize];
                weights[coalition.count_ones() as usize] * gain
            })
            .sum();
    }
    check::representable("player values", out)
}

/// Sampled Shapley values: the mean over permutations of what each player adds to those before it.
///
/// `value` gets the coalition as one flag per player. Every permutation costs `n` evaluations, and one more
/// values the empty coalition. The caller draws the permutations, so the result is a pure function.
///
/// Source: Castro et al. 2009. Identities: `Σ φ_i = v(all) − v(∅)` for every permutation; over all `n!`
/// permutations the values are exact.
///
/// # Errors
/// No player, no permutation, something that is not a permutation of `0..n`, a value that is not finite.
pub fn shapley_from_permutations<P: AsRef<[usize]>>(
    permutations: impl IntoIterator<Item = P>,
    mut value: impl FnMut(&[bool]) -> f64,
    out: &mut [f64],
) -> Result<usize, CreditError> {
    let players = out.len();
    check::non_empty("players", out)?;
    out.fill(0.0);
    let mut coalition = vec![false; players];
    let mut evaluate = |coalition: &[bool]| {
        let value = value(coalition);
        check::finite_scalar("coalition values", value).map(|()| value)
    };
    let empty = evaluate(&coalition)?;
    let mut drawn = 0_usize;
    for permutation in permutations {
        let permutation = permutation.as_ref();
        check::len("permutation", players, permutation.len())?;
        coalition.fill(false);
        let mut before = empty;
        for (position, &player) in permutation.iter().enumerate() {
            if player >= players || coalition[player] {
                return Err(CreditError::IndexOutOfRange {
                    what: "permutation (each player once)",
                    position,
                    index: player,
                    len: players,
                });
            }
            coalition[player] = true;
            let after = evaluate(&coalition)?;
            out[player] += after - before;
            before = after;
        }
        drawn += 1;
    }
    if drawn == 0 {
        return Err(CreditError::Empty { what: "permutations" });
    }
    for value in out.iter_mut() {
        *value /= drawn as f64;
    }
    check::representable("player values", out)?;
    Ok(drawn)
}

/// Leave-one-out values: `v(all) − v(all without i)`, with `n + 1` evaluations.
///
/// Identity: equals Shapley for additive games. Known failure: 1 for every player of a conjunction, 0 for every
/// player of a disjunction.
///
/// # Errors
/// No player, a value that is not finite.
pub fn leave_one_out_values(
    mut value: impl FnMut(&[bool]) -> f64,
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("players", out)?;
    let mut coalition = vec![true; out.len()];
    let all = value(&coalition);
    check::finite_scalar("coalition values", all)?;
    for (player, out) in out.iter_mut().enumerate() {
        coalition[player] = false;
        *out = all - value(&coalition);
        coalition[player] = true;
    }
    check::representable("player values", out)
}
