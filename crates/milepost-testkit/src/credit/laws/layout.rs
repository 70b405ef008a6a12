//! How a batch is laid out is none of the rule's business.

use super::close;
use crate::credit::transform::{Rearranged, padded, select, with_observations};
use crate::credit::{CreditCase, Law, Rule, Violation};

/// Trajectories in another order get the same credit in that order: reversed, and rotated by one, which also
/// interleaves the members of different groups otherwise.
pub fn follows_the_order_of_trajectories(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    let count = case.lengths.len();
    let orders: [Vec<usize>; 2] =
        [(0..count).rev().collect(), (0..count).map(|number| (number + 1) % count).collect()];
    for order in orders {
        let (other, places) = select(case, &order);
        let found = rule.credit(&other)?;
        let what = format!("trajectories in the order {order:?}");
        let expected = |at: usize| credit[places[at]];
        close(Law::FollowsTheOrderOfTrajectories, case, &what, &found, expected, tolerance)?;
    }
    Ok(())
}

/// Which numbers name the groups does not matter, only which trajectories share one.
pub fn ignores_names_of_groups(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let mut renamed = case.clone();
    rename(&mut renamed.groups);
    let (law, what) = (Law::IgnoresNamesOfGroups, "groups renamed");
    let credit = rule.credit(case)?;
    close(law, case, what, &rule.credit(&renamed)?, |at| credit[at], tolerance)
}

/// Which numbers name the states does not matter, only which turns start from the same one.
pub fn ignores_names_of_states(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let mut renamed = case.clone();
    rename(&mut renamed.keys);
    let (law, what) = (Law::IgnoresNamesOfStates, "states renamed");
    let credit = rule.credit(case)?;
    close(law, case, what, &rule.credit(&renamed)?, |at| credit[at], tolerance)
}

/// Multiplication by an odd number is a bijection of 64-bit words; it does not keep their order.
fn rename(names: &mut [u64]) {
    for name in names {
        *name = name.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(5);
    }
}

fn rearranged(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    law: Law,
    what: &str,
    other: &Rearranged,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    let found = rule.credit(&other.case)?;
    let kept: Vec<f64> = other.moved.iter().map(|&place| found[place]).collect();
    close(law, case, what, &kept, |at| credit[at], tolerance)
}

/// Positions that the policy did not produce may be inserted anywhere, in any number, with any value: all
/// other credit stays. They are skipped, so they neither decay nor bootstrap.
pub fn ignores_environment_positions(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let what = "environment positions inserted";
    rearranged(rule, case, Law::IgnoresEnvironmentPositions, what, &with_observations(case), tolerance)
}

/// Rows may be filled up to a common length with masked zeros: all other credit stays.
pub fn ignores_padding(rule: &mut Rule<'_>, case: &CreditCase, tolerance: f64) -> Result<(), Violation> {
    rearranged(rule, case, Law::IgnoresPadding, "rows padded", &padded(case), tolerance)
}

/// Credit within a group does not depend on which other groups are in the batch.
pub fn groups_are_independent(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let mut names = case.groups.clone();
    names.sort_unstable();
    names.dedup();
    let parts = names.into_iter().map(|name| {
        (0..case.groups.len()).filter(|&number| case.groups[number] == name).collect::<Vec<usize>>()
    });
    apart(rule, case, Law::GroupsAreIndependent, parts, tolerance)
}

/// Credit of a trajectory does not depend on any other trajectory.
pub fn trajectories_are_independent(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    tolerance: f64,
) -> Result<(), Violation> {
    let parts = (0..case.groups.len()).map(|number| vec![number]);
    apart(rule, case, Law::TrajectoriesAreIndependent, parts, tolerance)
}

/// Parts of the batch, credited alone, get what they get within it.
fn apart(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    law: Law,
    parts: impl Iterator<Item = Vec<usize>>,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    for part in parts {
        let (alone, places) = select(case, &part);
        let found = rule.credit(&alone)?;
        let what = format!("trajectories {part:?} alone");
        close(law, case, &what, &found, |at| credit[places[at]], tolerance)?;
    }
    Ok(())
}
