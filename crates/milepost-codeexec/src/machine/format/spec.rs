//! Format specifications.

use super::super::{Res, reject, value_error};

/// A parsed format specification.
#[derive(Debug, Clone)]
pub(super) struct Spec {
    pub(super) fill: char,
    pub(super) align: Option<char>,
    /// As given; without one as `-`.
    pub(super) sign: Option<char>,
    pub(super) alternate: bool,
    pub(super) width: usize,
    pub(super) grouping: Option<char>,
    pub(super) precision: Option<usize>,
    pub(super) kind: Option<char>,
    pub(super) zero: bool,
}

pub(super) fn parse(spec: &str) -> Res<Spec> {
    let chars: Vec<char> = spec.chars().collect();
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '=' | '^'));
    let mut out = Spec {
        fill: ' ',
        align: None,
        sign: None,
        alternate: false,
        width: 0,
        grouping: None,
        precision: None,
        kind: None,
        zero: false,
    };
    let mut at = 0;
    let has_fill = is_align(chars.get(1));
    if has_fill {
        out.fill = chars[0];
        out.align = Some(chars[1]);
        at = 2;
    } else if is_align(chars.first()) {
        out.align = Some(chars[0]);
        at = 1;
    }
    if let Some(&sign @ ('+' | '-' | ' ')) = chars.get(at) {
        out.sign = Some(sign);
        at += 1;
    }
    if chars.get(at) == Some(&'z') {
        return reject("the format option `z`");
    }
    if chars.get(at) == Some(&'#') {
        out.alternate = true;
        at += 1;
    }
    if !has_fill && chars.get(at) == Some(&'0') {
        out.zero = true;
        out.fill = '0';
        out.align = out.align.or(Some('='));
        at += 1;
    }
    let number = |at: &mut usize| -> Res<Option<usize>> {
        let start = *at;
        while chars.get(*at).is_some_and(char::is_ascii_digit) {
            *at += 1;
        }
        if start == *at {
            return Ok(None);
        }
        let digits: String = chars[start..*at].iter().collect();
        match digits.parse::<i64>() {
            Ok(value) => Ok(Some(value as usize)),
            Err(_) => value_error(),
        }
    };
    out.width = number(&mut at)?.unwrap_or(0);
    if let Some(&group @ (',' | '_')) = chars.get(at) {
        out.grouping = Some(group);
        at += 1;
    }
    if chars.get(at) == Some(&'.') {
        at += 1;
        match number(&mut at)? {
            Some(precision) => out.precision = Some(precision),
            None => return value_error(),
        }
    }
    if let Some(&kind) = chars.get(at) {
        out.kind = Some(kind);
        at += 1;
    }
    if at < chars.len() { value_error() } else { Ok(out) }
}
