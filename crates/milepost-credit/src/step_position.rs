//! Turns compared with those at the same place in the other trajectories of the group.

use crate::gigpo::returns_of_turns;
use crate::{CreditError, Groups, GroupsReport, Normalize, Pooling, Rows, Singleton, check};

/// `A_{i,u}`: the return `X_{i,u} = Σ_{k≥u} γ^{k−u} r_{i,k}`, normalised by `rule` over the trajectories of the group
/// that have a turn `u`.
///
/// `groups` has one entry per trajectory; `turns` has a row per trajectory, `turn_rewards` and `out` are flat. A turn
/// that no peer reaches gets what `alone` says, and is counted as dropped.
///
/// Source: with `γ = 0` and [`Normalize::grpo`] the step-position groups to which SLATE (arXiv 2602.23440) compares its
/// shared prefixes. Identities: with [`Normalize::rloo`] it is [`crate::turn_loo_advantages`]; with one turn a
/// trajectory, [`Normalize::apply_groups`]. Known failures: turns at one position start from different states, so the
/// luck of earlier turns is credited; late in ragged groups there are few peers.
///
/// # Errors
/// Slices that do not fit, a reward that is not finite, `γ` outside `[0, 1]`.
pub fn step_position_advantages(
    rule: &Normalize,
    groups: &Groups,
    turns: &Rows,
    turn_rewards: &[f64],
    gamma: f64,
    alone: Singleton,
    out: &mut [f64],
) -> Result<GroupsReport, CreditError> {
    check::len("groups", turns.len(), groups.entries())?;
    check::len("turn_rewards", turns.entries(), turn_rewards.len())?;
    check::len("out", turns.entries(), out.len())?;
    let returns = returns_of_turns(turns, turn_rewards, gamma)?;
    let mut peers = vec![0; turn_rewards.len()];
    for (group, members) in groups.iter().enumerate() {
        for &member in members {
            for (index, turn) in turns.range(member).enumerate() {
                peers[turn] = (group as u64) << 32 | index as u64;
            }
        }
    }
    let pooling = Pooling { singleton: alone, ..Pooling::default() };
    rule.apply_groups_with(&Groups::from_integers(&peers), pooling, &returns, out)
}
