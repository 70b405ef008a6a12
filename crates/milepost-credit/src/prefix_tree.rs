//! Credit from shared prefixes, at no extra environment step.

use crate::{CreditError, Groups, Rows, check, normalize::exact_mean};

/// Differences of prefix means: `A_{i,t} = V̂(prefix_{t+1}) − V̂(prefix_t)`, `V̂` of a prefix the mean outcome of
/// the trajectories that share it.
///
/// `outcomes` has one entry per trajectory. `prefixes` has a row of `T_i + 1` keys per trajectory: entry `t` is
/// the key of everything before step `t`, the last one of the whole trajectory; `keys` must differ between tasks.
/// `out` is flat with rows of length `T_i`.
///
/// Source: prefix trees of SPO and TEMPO. Identity: telescopes to `V̂(whole) − V̂(root)`, and `V̂(root)` is the
/// group mean. Known failure: a prefix seen once has the value of its own outcome, so credit collects at the
/// step where the trajectory leaves the others.
///
/// # Errors
/// Unequal slices, a trajectory without a key, an outcome that is not finite.
pub fn prefix_tree_advantages(
    outcomes: &[f64],
    prefixes: &Rows,
    keys: &[u64],
    out: &mut [f64],
) -> Result<(), CreditError> {
    check::non_empty("outcomes", outcomes)?;
    check::len("prefixes", outcomes.len(), prefixes.len())?;
    check::len("keys", prefixes.entries(), keys.len())?;
    if let Some(found) = prefixes.iter().map(|row| row.len()).find(|&length| length == 0) {
        return Err(CreditError::TooFew { what: "prefix keys of a trajectory", needed: 1, found });
    }
    check::len("out", keys.len() - outcomes.len(), out.len())?;
    check::finite("outcomes", outcomes)?;
    let mut values = vec![0.0; keys.len()];
    prefixes.broadcast(outcomes, None, &mut values)?;
    let mut pool = Vec::new();
    for members in Groups::from_keys(keys).iter() {
        pool.clear();
        pool.extend(members.iter().map(|&member| values[member]));
        let value = exact_mean(&pool);
        for &member in members {
            values[member] = value;
        }
    }
    let steps = prefixes.iter().flat_map(|row| row.clone().zip(row.skip(1)));
    for (out, (before, after)) in out.iter_mut().zip(steps) {
        *out = values[after] - values[before];
    }
    check::representable("out", out)
}
