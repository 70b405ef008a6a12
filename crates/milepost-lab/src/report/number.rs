//! How numbers are printed: fixed digits, a real minus sign, and a dash for what is not a number.

use super::data::{Estimate, Interval};

/// Printed in place of a value that does not exist.
pub(super) const ABSENT: &str = "–";

/// `v` with `digits` decimals and a typographic minus; [`ABSENT`] unless finite.
pub(super) fn fixed(v: f64, digits: usize) -> String {
    if !v.is_finite() {
        return ABSENT.to_owned();
    }
    let text = format!("{:.digits$}", v.abs());
    let zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if v < 0.0 && !zero { format!("\u{2212}{text}") } else { text }
}

/// Like [`fixed`] with an explicit plus sign.
pub(super) fn signed(v: f64, digits: usize) -> String {
    let text = fixed(v, digits);
    if v > 0.0 && v.is_finite() && text.bytes().any(|b| b.is_ascii_digit() && b != b'0') {
        format!("+{text}")
    } else {
        text
    }
}

/// Decimals that show about three significant digits of values spread over `span`.
pub(super) fn digits_for(span: f64) -> usize {
    match span.abs() {
        s if s <= 0.05 => 4,
        s if s <= 3.0 => 3,
        s if s <= 30.0 => 2,
        s if s <= 300.0 => 1,
        _ => 0,
    }
}

/// Large counts in few characters: `950`, `12k`, `1.5M`.
pub(super) fn compact(v: f64) -> String {
    if !v.is_finite() {
        return ABSENT.to_owned();
    }
    let (scaled, unit) = match v.abs() {
        a if a >= 1e9 => (v / 1e9, "G"),
        a if a >= 1e6 => (v / 1e6, "M"),
        a if a >= 1e3 => (v / 1e3, "k"),
        _ => (v, ""),
    };
    let digits = if scaled.abs() < 10.0 && unit.is_empty() && scaled.fract() != 0.0 { 2 } else { 1 };
    let mut text = fixed(scaled, digits);
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text + unit
}

/// Three significant digits, for numbers whose size is not known beforehand.
pub(super) fn significant(v: f64) -> String {
    if v == 0.0 || !v.is_finite() || v.abs() >= 1000.0 {
        return compact(v);
    }
    // A sum that is 0 but for rounding is 0.
    if v.abs() < 5e-10 {
        return "0".to_owned();
    }
    let digits = (2 - v.abs().log10().floor() as i32).max(0) as usize;
    let mut text = fixed(v, digits);
    if text.contains('.') {
        text.truncate(text.trim_end_matches('0').trim_end_matches('.').len());
    }
    text
}

/// A count with thin spaces between thousands.
pub(super) fn count(v: u64) -> String {
    let plain = v.to_string();
    let mut text = String::with_capacity(plain.len() * 2);
    for (i, digit) in plain.chars().enumerate() {
        if i > 0 && (plain.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// `lower to upper`.
pub(super) fn interval(i: Interval, digits: usize) -> String {
    format!("{} to {}", fixed(i.lower, digits), fixed(i.upper, digits))
}

/// `value (lower to upper)`.
pub(super) fn estimate(e: &Estimate, digits: usize) -> String {
    match e.interval {
        Some(i) => format!("{} ({})", fixed(e.value, digits), interval(i, digits)),
        None => fixed(e.value, digits),
    }
}

/// Seconds as `2.4 s`, `41 s`, `12 min`, `3.2 h`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        s if !s.is_finite() => ABSENT.to_owned(),
        s if s < 9.95 => format!("{} s", fixed(s, 1)),
        s if s < 120.0 => format!("{} s", fixed(s, 0)),
        s if s < 7200.0 => format!("{} min", fixed(s / 60.0, 0)),
        s => format!("{} h", fixed(s / 3600.0, 1)),
    }
}

/// `text` cut to `max` characters, with an ellipsis when cut.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.to_owned();
    }
    text.chars().take(max.saturating_sub(1)).collect::<String>() + "…"
}

/// `1 seed`, `2 seeds`.
pub(super) fn plural(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

/// `text` with its first letter in upper case.
pub(super) fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_print_the_same_way_everywhere() {
        assert_eq!(fixed(-0.0004, 3), "0.000");
        assert_eq!(fixed(-1.25, 1), "\u{2212}1.2");
        assert_eq!(fixed(f64::NAN, 3), ABSENT);
        assert_eq!(signed(0.25, 2), "+0.25");
        assert_eq!(signed(0.0001, 2), "0.00");
        assert_eq!(signed(-0.25, 2), "\u{2212}0.25");
        assert_eq!(compact(200_000.0), "200k");
        assert_eq!(compact(1_540_000.0), "1.5M");
        assert_eq!(compact(0.25), "0.25");
        assert_eq!(compact(30.0), "30");
        assert_eq!(significant(0.000_345_6), "0.000346");
        assert_eq!(significant(-12.345), "\u{2212}12.3");
        assert_eq!(significant(0.5), "0.5");
        assert_eq!(significant(1e-17), "0");
        assert_eq!(significant(f64::NAN), ABSENT);
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!([duration(2.24), duration(9.96)], ["2.2 s", "10 s"]);
        assert_eq!(duration(90.0), "90 s");
        assert_eq!(duration(7200.0), "2.0 h");
        assert_eq!(shorten("abcdef", 4), "abc…");
    }
}
