//! Digits of numbers.

pub(super) fn sign(negative: bool, option: Option<char>) -> &'static str {
    match (negative, option) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    }
}

pub(super) fn grouped(digits: &str, mark: char, every: usize) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(every) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

pub(super) fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let text = digits_after(value, precision);
    if precision == 0 && alternate { text + "." } else { text }
}

/// `{:.precision$}` for any precision: Rust's formatter takes at most 65535, and past 1100 digits all are zero.
pub(super) fn digits_after(value: f64, precision: usize) -> String {
    let shown = precision.min(1100);
    let mut text = format!("{value:.shown$}");
    text.extend(std::iter::repeat_n('0', precision - shown));
    text
}

pub(super) fn exponential(value: f64, precision: usize, alternate: bool) -> String {
    let shown = precision.min(1100);
    let text = format!("{value:.shown$e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let zeros = "0".repeat(precision - shown);
    let (sign, exponent) = match exponent.strip_prefix('-') {
        Some(exponent) => ('-', exponent),
        None => ('+', exponent),
    };
    let point = if precision == 0 && alternate { "." } else { "" };
    format!("{digits}{zeros}{point}e{sign}{exponent:0>2}")
}

/// `g`, or with `like_repr` the format without a type: an exponent one digit earlier, and `.0` at least.
pub(super) fn general(value: f64, precision: usize, alternate: bool, like_repr: bool) -> String {
    let precision = precision.max(1);
    let text = exponential(value, precision - 1, false);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "+0"));
    let power: i64 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| {
        if alternate || !text.contains('.') {
            text.to_owned()
        } else {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
    };
    let limit = if like_repr { precision as i64 - 1 } else { precision as i64 };
    let limit = if like_repr && precision == 1 { 1.max(limit) } else { limit };
    if power < -4 || power >= limit.max(i64::from(!like_repr)) {
        let digits = if alternate && !digits.contains('.') { format!("{digits}.") } else { trim(digits) };
        return format!("{digits}e{exponent}");
    }
    let after = (precision as i64 - 1 - power).max(0) as usize;
    let text = digits_after(value, after);
    let text = if alternate && !text.contains('.') { text + "." } else { trim(&text) };
    if like_repr && !text.contains('.') { text + ".0" } else { text }
}
