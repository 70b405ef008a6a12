//! What every rule owes its callers.

use crate::credit::rule::Answer;
use crate::credit::transform::scaled;
use crate::credit::{CreditCase, Law, Rule, Violation};

/// One column of a batch.
type Column = fn(&mut CreditCase) -> &mut Vec<f64>;

/// A lawful batch is credited: no error, no panic, one number for each position.
pub fn accepts_lawful_input(rule: &mut Rule<'_>, case: &CreditCase) -> Result<(), Violation> {
    rule.credit(case).map(|_| ())
}

/// The same batch gets the same bits again, also after another batch was credited in between.
pub fn is_deterministic(rule: &mut Rule<'_>, case: &CreditCase) -> Result<(), Violation> {
    let first = rule.credit(case)?;
    rule.answer(&scaled(case, -3.0));
    let second = rule.credit(case)?;
    for (at, (first, second)) in first.iter().zip(&second).enumerate() {
        if first.to_bits() != second.to_bits() {
            let what = format!("position {at} got {first:e}, then {second:e}");
            return Err(Violation::new(Law::IsDeterministic, case, what));
        }
    }
    Ok(())
}

/// Finite numbers in, finite numbers out. Where a result cannot be represented (numbers of `1e150` and up to
/// `f64::MAX` are tried) the rule may refuse, but it returns neither NaN nor an infinity.
pub fn stays_finite(rule: &mut Rule<'_>, case: &CreditCase) -> Result<(), Violation> {
    let largest = case.rewards.iter().chain(&case.values).chain(&case.bootstraps);
    let largest = largest.fold(1.0_f64, |max, number| max.max(number.abs()));
    for (factor, may_refuse) in [(1.0, false), (1e150, true), (0.999 * f64::MAX / largest, true)] {
        let case = scaled(case, factor);
        let credit = match rule.answer(&case) {
            Answer::Credit(credit) => credit,
            Answer::Refused(_) if may_refuse => continue,
            Answer::Refused(error) => {
                return Err(Violation::new(Law::AcceptsLawfulInput, &case, error));
            }
            Answer::Panicked(message) => return Err(Violation::new(Law::StaysFinite, &case, message)),
        };
        if let Some(at) = credit.iter().position(|credit| !credit.is_finite()) {
            let what = format!("position {at} got {} from finite numbers", credit[at]);
            return Err(Violation::new(Law::StaysFinite, &case, what));
        }
    }
    Ok(())
}

/// A reward at a policy position that is NaN or infinite is a typed error: never credit, never a panic. With
/// `values`, the same of a value at a policy position and of a bootstrap.
pub fn refuses_what_is_not_finite(
    rule: &mut Rule<'_>,
    case: &CreditCase,
    values: bool,
) -> Result<(), Violation> {
    let law = Law::RefusesWhatIsNotFinite;
    let policy: Vec<usize> = case.policy_rows().concat();
    let everyone: Vec<usize> = (0..case.bootstraps.len()).collect();
    let all: [(&str, Column, &[usize]); 3] = [
        ("rewards", |case| &mut case.rewards, &policy),
        ("values", |case| &mut case.values, &policy),
        ("bootstraps", |case| &mut case.bootstraps, &everyone),
    ];
    for (name, column, places) in all.into_iter().take(if values { 3 } else { 1 }) {
        for &at in places {
            for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
                let mut broken = case.clone();
                column(&mut broken)[at] = bad;
                match rule.answer(&broken) {
                    Answer::Refused(_) => {}
                    Answer::Credit(_) => {
                        let what = format!("`{name}[{at}]` is {bad} and was credited without a word");
                        return Err(Violation::new(law, &broken, what));
                    }
                    Answer::Panicked(message) => {
                        let what = format!("`{name}[{at}]` is {bad} and the rule panicked: {message}");
                        return Err(Violation::new(law, &broken, what));
                    }
                }
            }
        }
    }
    Ok(())
}

/// `c_t = 0`, exactly, where `m_t = 0`: what the policy did not write earns nothing.
pub fn masked_positions_are_zero(rule: &mut Rule<'_>, case: &CreditCase) -> Result<(), Violation> {
    let credit = rule.credit(case)?;
    match (0..case.positions()).find(|&at| !case.mask[at] && credit[at] != 0.0) {
        None => Ok(()),
        Some(at) => {
            let what = format!("position {at} is not the policy's and got {}", credit[at]);
            Err(Violation::new(Law::MaskedPositionsAreZero, case, what))
        }
    }
}
