//! Floats and integers from text, rounding, and the digits of floats.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive, Zero};

use super::arith::whole;
use super::compare::Number;
use super::heap::Heap;
use super::repr::MAX_DIGITS;
use super::val::Val;
use super::{Res, raise, type_error, value_error};
use crate::ExceptionClass;

/// Digits with single underscores between them, as Python's numbers in text may have.
fn plain_digits(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let digit = |n: usize| bytes.get(n).is_some_and(u8::is_ascii_alphanumeric);
        if *byte == b'_' && !(at > 0 && digit(at - 1) && digit(at + 1)) {
            return None;
        }
    }
    Some(text.replace('_', ""))
}

/// `float(text)`
pub(super) fn parse_float(text: &str) -> Res<f64> {
    let trimmed = super::strings::strip_space(text);
    let lower = trimmed.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    if matches!(unsigned, "inf" | "infinity" | "nan") {
        let value = if unsigned == "nan" { f64::NAN } else { f64::INFINITY };
        return Ok(if lower.starts_with('-') { -value } else { value });
    }
    let Some(digits) = plain_digits(&lower) else { return value_error() };
    let shaped = digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'.' | b'e' | b'+' | b'-'));
    match digits.parse::<f64>() {
        Ok(value) if shaped && digits.bytes().any(|b| b.is_ascii_digit()) => Ok(value),
        _ => value_error(),
    }
}

impl Heap {
    /// `int(text, base)`
    pub(super) fn parse_int(&mut self, text: &str, base: u32) -> Res<Val> {
        self.spend_chars(text.len())?;
        let trimmed = super::strings::strip_space(text);
        let (negative, rest) = match trimmed.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
        };
        let prefix = match rest.get(..2).map(str::to_ascii_lowercase).as_deref() {
            Some("0x") => 16,
            Some("0o") => 8,
            Some("0b") => 2,
            _ => 0,
        };
        let (radix, digits) = match (base, prefix) {
            (0, 0) => (10, rest),
            (0, prefix) => (prefix, &rest[2..]),
            (base, prefix) if base == prefix => (base, &rest[2..]),
            (base, _) => (base, rest),
        };
        let digits =
            if digits.len() < rest.len() { digits.strip_prefix('_').unwrap_or(digits) } else { digits };
        let Some(digits) = plain_digits(digits) else { return value_error() };
        if base == 0
            && prefix == 0
            && digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().any(|b| b != b'0')
        {
            return value_error();
        }
        if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
            return value_error();
        }
        if !radix.is_power_of_two() && digits.len() > MAX_DIGITS {
            return value_error();
        }
        if let Ok(small) = i64::from_str_radix(&digits, radix) {
            return Ok(Val::Int(if negative { -small } else { small }));
        }
        let limbs = digits.len() as u64 / 9 + 1;
        self.spend(1 + limbs * limbs / 16)?;
        match BigInt::parse_bytes(digits.as_bytes(), radix) {
            Some(value) => self.big(if negative { -value } else { value }),
            None => value_error(),
        }
    }

    /// `int(float)`
    pub(super) fn truncate(&mut self, value: f64) -> Res<Val> {
        if value.is_nan() {
            return value_error();
        }
        if value.is_infinite() {
            return raise(ExceptionClass::OverflowError);
        }
        if value.abs() < 9.0e18 {
            return Ok(Val::Int(value as i64));
        }
        match whole(value) {
            Some(big) => self.big(big),
            None => value_error(),
        }
    }

    /// `round(val)` and `round(val, digits)`
    pub(super) fn round(&mut self, val: Val, digits: Val) -> Res<Val> {
        let Some(number) = self.number(val) else { return type_error() };
        if matches!(digits, Val::None | Val::Unbound) {
            return match number {
                Number::Float(value) => self.truncate_rounded(value),
                _ => self.positive(val),
            };
        }
        let digits = match self.number(digits) {
            Some(Number::Int(digits)) => digits,
            Some(Number::Big(_)) => return super::reject("rounding to so many digits"),
            _ => return type_error(),
        };
        match number {
            Number::Float(value) => round_float(value, digits).map(Val::Float),
            _ if digits >= 0 => self.positive(val),
            _ => {
                let Some(value) = number.big() else { return type_error() };
                if -digits > 10_000 {
                    return Ok(Val::Int(0));
                }
                self.spend(1 + (-digits as u64).pow(2) / 1024)?;
                let unit = BigInt::from(10).pow((-digits) as u32);
                self.big(half_even(&value, &unit) * unit)
            }
        }
    }

    fn truncate_rounded(&mut self, value: f64) -> Res<Val> {
        if !value.is_finite() {
            return self.truncate(value);
        }
        self.truncate(libm::rint(value))
    }
}

/// value / unit, rounded to the nearest, ties to even.
fn half_even(value: &BigInt, unit: &BigInt) -> BigInt {
    let (quotient, rest) = value.div_mod_floor(unit);
    let twice: BigInt = rest * 2;
    match twice.cmp(unit) {
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal if quotient.is_odd() => quotient + 1,
        _ => quotient,
    }
}

/// CPython's `float.__round__`: the exact decimal value rounded half to even.
fn round_float(value: f64, digits: i64) -> Res<f64> {
    if !value.is_finite() || value == 0.0 || digits > 323 {
        return Ok(value);
    }
    if digits < -308 {
        return Ok(0.0_f64.copysign(value));
    }
    if digits >= 0 {
        let text = format!("{value:.*}", digits as usize);
        let rounded: f64 = text.parse().unwrap_or(value);
        return if rounded.is_infinite() { raise(ExceptionClass::OverflowError) } else { Ok(rounded) };
    }
    let unit = BigInt::from(10).pow((-digits) as u32);
    let magnitude = value.abs();
    let Some(integer) = whole(magnitude) else { return Ok(value) };
    // A fraction breaks the tie upwards.
    let (quotient, rest) = integer.div_mod_floor(&unit);
    let twice: BigInt = rest * 2;
    let up = match twice.cmp(&unit) {
        std::cmp::Ordering::Greater => true,
        std::cmp::Ordering::Equal => magnitude.fract() > 0.0 || quotient.is_odd(),
        std::cmp::Ordering::Less => false,
    };
    let rounded = (quotient + i32::from(up)) * unit;
    let rounded = rounded.to_f64().unwrap_or(f64::INFINITY);
    if rounded.is_infinite() {
        return raise(ExceptionClass::OverflowError);
    }
    Ok(if value.is_sign_negative() { -rounded } else { rounded })
}

/// The exact ratio of a finite float.
pub(super) fn ratio(value: f64) -> (BigInt, BigInt) {
    let (mantissa, exponent) = libm::frexp(value);
    let mut top = whole(libm::scalbn(mantissa, 53)).unwrap_or_default();
    let mut bottom = BigInt::from(1);
    let exponent = exponent - 53;
    if exponent > 0 {
        top <<= exponent;
    } else {
        bottom <<= -exponent;
    }
    let common = top.gcd(&bottom);
    if !common.is_zero() && common.is_positive() {
        top /= &common;
        bottom /= &common;
    }
    (top, bottom)
}
