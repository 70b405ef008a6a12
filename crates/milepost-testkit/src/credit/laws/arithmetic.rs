//! Identities of the numbers.

use super::{close, is_close};
use crate::credit::rule::Answer;
use crate::credit::transform::{changed, equalised, scaled, select, shifted};
use crate::credit::{Conserved, CreditCase, Law, Rule, Scaling, Shift, Singletons, Telescoping, Violation};

/// What is handed out is what came in; see [`Conserved`] for the sums.
pub fn conserves(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    conserved: Conserved,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    let rows = case.policy_rows();
    let sum = |row: &Vec<usize>| row.iter().map(|&at| credit[at]).sum::<f64>();
    let fail = |what: String| Err(Violation::new(Law::Conserves, case, what));
    match conserved {
        Conserved::Return | Conserved::ReturnMinusValue => {
            for (number, row) in rows.iter().enumerate().filter(|(_, row)| !row.is_empty()) {
                let mut expected: f64 = row.iter().map(|&at| case.rewards[at]).sum();
                if conserved == Conserved::ReturnMinusValue {
                    expected += case.bootstraps[number] - case.values[row[0]];
                }
                if !is_close(sum(row), expected, tolerance) {
                    return fail(format!(
                        "trajectory {number} was handed {}, but {expected} came in",
                        sum(row)
                    ));
                }
            }
            Ok(())
        }
        Conserved::GroupZero => {
            let mut names = case.groups.clone();
            names.sort_unstable();
            names.dedup();
            for (number, row) in rows.iter().enumerate() {
                if let Some(at) = row.iter().find(|&&at| credit[at] != credit[row[0]]) {
                    let (found, first) = (credit[*at], credit[row[0]]);
                    return fail(format!(
                        "trajectory {number} has {first} and, at position {at}, {found}: not one number"
                    ));
                }
            }
            for name in names {
                let first = |row: &Vec<usize>| row.first().map_or(0.0, |&at| credit[at]);
                let members = rows.iter().zip(&case.groups).filter(|(_, group)| **group == name);
                let total: f64 = members.map(|(row, _)| first(row)).sum();
                if !is_close(total, 0.0, tolerance) {
                    return fail(format!("the trajectories of group {name} sum to {total} instead of 0"));
                }
            }
            Ok(())
        }
        Conserved::BatchZero => {
            let total: f64 = rows.iter().map(sum).sum();
            if is_close(total, 0.0, tolerance) {
                Ok(())
            } else {
                fail(format!("the batch sums to {total} instead of 0"))
            }
        }
    }
}

/// All rewards, values and bootstraps times `a`: see [`Scaling`]. Tried are `a = 3` and `a = 2^600`, whose square
/// overflows; there the rule may refuse, but a deviation that became infinite must not turn credit into 0.
pub fn answers_scale(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    scaling: Scaling,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    for (factor, may_refuse) in [(3.0, false), (libm::exp2(600.0), true)] {
        let other = scaled(case, factor);
        let found = match rule.answer(&other) {
            Answer::Refused(_) if may_refuse => continue,
            Answer::Credit(found) if found.len() == credit.len() => found,
            _ => rule.credit(&other)?,
        };
        let kept = match scaling {
            Scaling::Invariant => found,
            Scaling::Proportional => found.iter().map(|credit| credit / factor).collect(),
        };
        let what = format!("numbers times {factor:e}");
        close(Law::AnswersScale, case, &what, &kept, |at| credit[at], tolerance)?;
    }
    Ok(())
}

/// `b = 1.75` more at the last policy position of every trajectory: see [`Shift`].
pub fn answers_shift(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    shift: Shift,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    let amount = 1.75;
    let found = rule.credit(&shifted(case, amount))?;
    let expected = |at: usize| match shift {
        Shift::Cancels => credit[at],
        Shift::Adds if case.mask[at] => credit[at] + amount,
        Shift::Adds => 0.0,
    };
    close(Law::AnswersShift, case, "returns plus 1.75", &found, expected, tolerance)
}

/// A group whose returns are all equal gets exact zeros. The return tried is 0.1, whose mean over three is
/// not 0.1 in floating point: only a test of the range before any subtraction passes.
pub fn equal_groups_are_zero(rule: &mut Rule<'_>, case: &CreditCase) -> Result<(), Violation> {
    let case = equalised(case, 0.1);
    let credit = rule.credit(&case)?;
    let size = |group: u64| case.groups.iter().filter(|other| **other == group).count();
    for (number, row) in case.policy_rows().into_iter().enumerate() {
        if size(case.groups[number]) < 2 {
            continue;
        }
        if let Some(&at) = row.iter().find(|&&at| credit[at] != 0.0) {
            let what =
                format!("all returns are 0.1, and position {at} of trajectory {number} got {:e}", credit[at]);
            return Err(Violation::new(Law::EqualGroupsAreZero, &case, what));
        }
    }
    Ok(())
}

/// What a trajectory gets that has its group to itself: see [`Singletons`].
pub fn treats_singletons(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    singletons: Singletons,
    tolerance: f64,
) -> Result<(), Violation> {
    let law = Law::TreatsSingletons;
    for number in 0..case.lengths.len() {
        let (alone, _) = select(case, &[number]);
        if singletons == Singletons::Refused {
            match rule.answer(&alone) {
                Answer::Refused(_) => continue,
                other => {
                    return Err(Violation::new(law, &alone, format!("a group of one gave {other:?}")));
                }
            }
        }
        let found = rule.credit(&alone)?;
        let value = if singletons == Singletons::Return { alone.returns()[0] } else { 0.0 };
        let expected = alone.broadcast(&[value]);
        close(law, &alone, "a group of one", &found, |at| expected[at], tolerance)?;
    }
    Ok(())
}

/// Credit of a position does not depend on rewards paid before it, in its own trajectory.
pub fn is_causal(rule: &mut Rule<'_>, case: &CreditCase, tolerance: f64) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    for row in case.policy_rows() {
        for (index, &paid) in row.iter().enumerate() {
            let mut other = case.clone();
            other.rewards[paid] += 2.5;
            let found = rule.credit(&other)?;
            for &later in &row[index + 1..] {
                if !is_close(found[later], credit[later], tolerance) {
                    let what = format!(
                        "2.5 more at position {paid} moved position {later} from {} to {}",
                        credit[later], found[later]
                    );
                    return Err(Violation::new(Law::IsCausal, case, what));
                }
            }
        }
    }
    Ok(())
}

/// Rewards of difference form, `r_t + γ Φ_{t+1} − Φ_t` over the policy positions, do what [`Telescoping`] says.
pub fn telescopes(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    telescoping: Telescoping,
    tolerance: f64,
) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    let mut subtracted = vec![0.0; case.positions()];
    let mut start = 0;
    let shaped = changed(case, |_, trajectory, policy| {
        let place = |index: usize| policy.get(index).map(|&at| start + at);
        // Some potential that differs from position to position; none before the first for endpoints only.
        let height = |at: usize| ((7 * at + 3) % 11) as f64 / 4.0 - 1.0;
        let (gamma, last) = match telescoping {
            Telescoping::AbsorbedByValues { gamma } => (gamma, 0.5),
            Telescoping::AddsMinusPotential { gamma } => (gamma, 0.0),
            Telescoping::OnlyEndpoints => (1.0, 0.0),
        };
        let phi = |index: usize| match place(index) {
            Some(_) if index == 0 && telescoping == Telescoping::OnlyEndpoints => 0.0,
            Some(at) => height(at),
            None => last,
        };
        for (index, &at) in policy.iter().enumerate() {
            trajectory.positions[at].reward += gamma * phi(index + 1) - phi(index);
            match telescoping {
                Telescoping::AbsorbedByValues { .. } => trajectory.positions[at].value -= phi(index),
                Telescoping::AddsMinusPotential { .. } => subtracted[start + at] = phi(index),
                Telescoping::OnlyEndpoints => {}
            }
        }
        if let Telescoping::AbsorbedByValues { .. } = telescoping {
            trajectory.bootstrap -= last;
        }
        start += trajectory.positions.len();
    });
    let found = rule.credit(&shaped)?;
    let expected = |at: usize| credit[at] - subtracted[at];
    close(Law::Telescopes, case, "rewards of difference form added", &found, expected, tolerance)
}
