//! Leave-one-out among the trajectories that are still alive at a turn.

use crate::{CreditError, Groups, GroupsReport, Normalize, Rows, Singleton, step_position_advantages};

/// `A_{i,u} = X_{i,u} − mean_{j ≠ i, T_j > u} X_{j,u}` over the peers of the group that are still alive at turn
/// `u`, `X_{i,u} = Σ_{k≥u} γ^{k−u} r_{i,k}`. Mean only, no scale.
///
/// `groups` has one entry per trajectory; `turns` has a row per trajectory, `turn_rewards` and `out` are flat.
/// A turn that no peer reaches has no baseline: under [`Singleton::Raw`] it keeps `X`, under
/// [`Singleton::Drop`] it gets 0. The report counts these turns as dropped.
///
/// Source: TurnLOO of the agent credit benchmark (hectopascal/agent-credit-bench). Identities: with episodes of
/// equal length and one final reward it is RLOO; with [`Singleton::Raw`] and `γ = 1` its expected gradient is
/// exact, because no baseline depends on the trajectory that it is subtracted from. Known failures: late in
/// ragged groups there are few peers and much variance; with [`Singleton::Drop`] the gradient is biased, since
/// longer episodes are the ones that lose turns.
///
/// # Errors
/// Slices that do not fit, a reward that is not finite, `γ` outside `[0, 1]`.
pub fn turn_loo_advantages(
    groups: &Groups,
    turns: &Rows,
    turn_rewards: &[f64],
    gamma: f64,
    alone: Singleton,
    out: &mut [f64],
) -> Result<GroupsReport, CreditError> {
    step_position_advantages(&Normalize::rloo(), groups, turns, turn_rewards, gamma, alone, out)
}
