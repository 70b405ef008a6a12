//! Python's `==` on plain data, where NaN equals NaN, and the words for verdicts.

use milepost_jail::{Crash, Ending, Limit, Plain};

fn number(value: &Plain) -> Option<Plain> {
    Some(match value {
        Plain::Bool(value) => Plain::Int(i64::from(*value)),
        Plain::Float(x) if x.fract() == 0.0 && x.abs() < 9e15 => Plain::Int(*x as i64),
        Plain::Int(_) | Plain::BigInt { .. } | Plain::Float(_) => value.clone(),
        _ => return None,
    })
}

fn float(value: &Plain) -> Option<f64> {
    match value {
        Plain::Float(x) => Some(*x),
        Plain::Int(x) => Some(*x as f64),
        _ => None,
    }
}

fn close(a: &Plain, b: &Plain) -> bool {
    let (Some(a), Some(b)) = (float(a), float(b)) else { return false };
    (a - b).abs() <= 1e-6_f64.max(1e-6 * a.abs())
}

fn same_items(a: &[Plain], b: &[Plain], approx: bool) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, approx))
}

fn same_sets(a: &[Plain], b: &[Plain]) -> bool {
    a.len() == b.len() && a.iter().all(|x| b.iter().any(|y| same(x, y, false)))
}

pub(crate) fn same(a: &Plain, b: &Plain, approx: bool) -> bool {
    if let (Some(x), Some(y)) = (number(a), number(b)) {
        let both_nan = matches!((&x, &y), (Plain::Float(x), Plain::Float(y)) if x.is_nan() && y.is_nan());
        let inexact = matches!(a, Plain::Float(_)) || matches!(b, Plain::Float(_));
        return x == y || both_nan || approx && inexact && close(&x, &y);
    }
    match (a, b) {
        (Plain::List(a), Plain::List(b)) | (Plain::Tuple(a), Plain::Tuple(b)) => same_items(a, b, approx),
        (Plain::Set(a) | Plain::FrozenSet(a), Plain::Set(b) | Plain::FrozenSet(b)) => same_sets(a, b),
        (Plain::Dict(a), Plain::Dict(b)) => {
            let in_b = |(key, item): &(Plain, Plain)| {
                b.iter().any(|(other, value)| same(key, other, false) && same(item, value, approx))
            };
            a.len() == b.len() && a.iter().all(in_b)
        }
        _ => a == b,
    }
}

/// The verdict's word.
pub(crate) fn word(ending: &Ending, expected: &Plain, approx: bool) -> String {
    match ending {
        Ending::Returned(value) if same(expected, value, approx) => "pass".into(),
        Ending::Returned(_) => "wrong".into(),
        Ending::Rejected { .. } => "rejected".into(),
        Ending::Raised { class, .. } => format!("exception:{class}"),
        Ending::Limit(Limit::Memory) => "memory".into(),
        Ending::Limit(Limit::Output) => "output".into(),
        Ending::Limit(_) => "timeout".into(),
        Ending::Invalid(_) => "invalid_result".into(),
        Ending::Violation => "violation".into(),
        Ending::Crashed(Crash::Signal(_) | Crash::Exited(_)) => "crash".into(),
        other => format!("{other:?}"),
    }
}
