use std::cmp::Ordering;

/// 1 if `a` beats `b`, ½ for a tie, 0 otherwise.
pub(crate) fn win(a: f64, b: f64) -> f64 {
    match a.partial_cmp(&b) {
        Some(Ordering::Greater) => 1.0,
        Some(Ordering::Equal) => 0.5,
        _ => 0.0,
    }
}
