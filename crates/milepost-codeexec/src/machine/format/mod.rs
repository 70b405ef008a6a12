//! `format`, f-strings, `str.format` and `%`.

mod digits;
mod percent;
mod spec;
mod template;

use num_bigint::BigInt;
use num_traits::Signed;

use super::compare::Number;
use super::heap::Heap;
use super::val::Val;
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::syntax::ast::Conversion;
use crate::{ExceptionClass, Limit, number, text};
use digits::{exponential, fixed, general, grouped, sign};
use spec::{Spec, parse};

/// The parts of a number's text.
struct Parts {
    sign: &'static str,
    prefix: &'static str,
    digits: String,
    rest: String,
}

impl Heap {
    fn pad(&self, body: &str, spec: &Spec, default: char) -> Res<String> {
        let length = body.chars().count();
        let missing = spec.width.saturating_sub(length);
        self.check((missing as u64).saturating_mul(spec.fill.len_utf8() as u64))?;
        let (left, right) = match spec.align.unwrap_or(default) {
            '<' => (0, missing),
            '^' => (missing / 2, missing - missing / 2),
            _ => (missing, 0),
        };
        let fill = |n: usize| std::iter::repeat_n(spec.fill, n);
        Ok(fill(left).chain(body.chars()).chain(fill(right)).collect())
    }

    fn assemble(&self, mut parts: Parts, spec: &Spec) -> Res<String> {
        let every = if matches!(spec.kind, Some('b' | 'o' | 'x' | 'X')) { 4 } else { 3 };
        let head = parts.sign.len() + parts.prefix.len() + parts.rest.len();
        let inside = spec.align == Some('=');
        self.check(spec.width as u64)?;
        if inside && spec.fill == '0' && spec.grouping.is_some() && !parts.digits.is_empty() {
            // Zeros are grouped with the digits.
            let group = |digits: &str| match spec.grouping {
                Some(mark) => grouped(digits, mark, every),
                None => digits.to_owned(),
            };
            let mut padded = parts.digits.clone();
            while group(&padded).len() + head < spec.width {
                padded.insert(0, '0');
            }
            parts.digits = group(&padded);
        } else {
            if let Some(mark) = spec.grouping {
                parts.digits = grouped(&parts.digits, mark, every);
            }
            if inside {
                let missing = spec.width.saturating_sub(head + parts.digits.len());
                let fill: String = std::iter::repeat_n(spec.fill, missing).collect();
                return Ok(format!("{}{}{fill}{}{}", parts.sign, parts.prefix, parts.digits, parts.rest));
            }
        }
        let body = format!("{}{}{}{}", parts.sign, parts.prefix, parts.digits, parts.rest);
        if inside { Ok(body) } else { self.pad(&body, spec, '>') }
    }

    /// `format(val, spec)`
    pub(in crate::machine) fn format(&mut self, val: Val, conversion: Conversion, spec: &str) -> Res<String> {
        let converted = match conversion {
            Conversion::None => None,
            Conversion::Str => Some(self.display(val)?),
            Conversion::Repr => Some(self.repr(val)?),
            Conversion::Ascii => Some(text::str_ascii_of_repr(&self.repr(val)?)),
        };
        if let Some(text) = converted {
            return if spec.is_empty() { Ok(text) } else { self.format_text(&text, &parse(spec)?) };
        }
        if spec.is_empty() {
            return self.display(val);
        }
        if let Some(text) = self.text(&val) {
            let text = text.to_owned();
            return self.format_text(&text, &parse(spec)?);
        }
        match self.number(val) {
            Some(Number::Float(value)) => self.format_float(value, &parse(spec)?, true),
            Some(_) if matches!(val, Val::Bool(_)) && parse(spec)?.kind.is_none() => {
                let number = i64::from(matches!(val, Val::Bool(true)));
                self.format_integer(&Number::Int(number), &parse(spec)?)
            }
            Some(number) => self.format_integer(&number, &parse(spec)?),
            // `object.__format__` takes no specification.
            None => type_error(),
        }
    }

    fn format_text(&mut self, text: &str, spec: &Spec) -> Res<String> {
        if spec.kind.is_some_and(|kind| kind != 's')
            || spec.sign.is_some()
            || spec.alternate
            || spec.grouping.is_some()
        {
            return value_error();
        }
        if spec.align == Some('=') && !spec.zero {
            return value_error();
        }
        let mut spec = spec.clone();
        if spec.align == Some('=') {
            spec.align = Some('<');
        }
        self.spend_bytes(text.len() + spec.width)?;
        match spec.precision {
            Some(precision) => {
                let cut: String = text.chars().take(precision).collect();
                self.pad(&cut, &spec, '<')
            }
            None => self.pad(text, &spec, '<'),
        }
    }

    fn format_integer(&mut self, number: &Number, spec: &Spec) -> Res<String> {
        let kind = spec.kind.unwrap_or('d');
        if matches!(kind, 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%') {
            let value = Self::to_float(number)?;
            return self.format_float(value, spec, false);
        }
        if spec.precision.is_some() {
            return value_error();
        }
        let Some(value) = number.big() else { return type_error() };
        let magnitude = value.abs();
        let (prefix, digits) = match kind {
            'd' => ("", self.decimal(&magnitude)?),
            'n' if spec.grouping.is_none() => ("", self.decimal(&magnitude)?),
            'b' if spec.grouping != Some(',') => ("0b", magnitude.to_str_radix(2)),
            'o' if spec.grouping != Some(',') => ("0o", magnitude.to_str_radix(8)),
            'x' if spec.grouping != Some(',') => ("0x", magnitude.to_str_radix(16)),
            'X' if spec.grouping != Some(',') => ("0X", magnitude.to_str_radix(16).to_uppercase()),
            'c' => {
                if spec.sign.is_some() || spec.grouping.is_some() {
                    return value_error();
                }
                let c = Self::character(&value)?;
                let mut spec = spec.clone();
                if spec.align.is_none() {
                    spec.align = Some('<');
                }
                if spec.align == Some('=') {
                    spec.align = Some('>');
                }
                return self.pad(&c.to_string(), &spec, '<');
            }
            _ => return value_error(),
        };
        let parts = Parts {
            sign: sign(value.is_negative(), spec.sign),
            prefix: if spec.alternate { prefix } else { "" },
            digits,
            rest: String::new(),
        };
        self.spend_bytes(parts.digits.len() + spec.width)?;
        self.assemble(parts, spec)
    }

    fn character(value: &BigInt) -> Res<char> {
        use num_traits::ToPrimitive;
        match value.to_u32().filter(|code| *code <= 0x10_ffff) {
            None => raise(ExceptionClass::OverflowError),
            Some(code) => match char::from_u32(code) {
                Some(c) => Ok(c),
                None => reject("surrogates in strings"),
            },
        }
    }

    fn format_float(&mut self, value: f64, spec: &Spec, own: bool) -> Res<String> {
        let precision = spec.precision;
        if precision.is_some_and(|p| p as u64 > self.limits.bytes) {
            return Err(Stop::Limit(Limit::Memory));
        }
        // Beyond this a double has no more digits; the width of the text is still paid for.
        self.spend_bytes(precision.unwrap_or(6).saturating_add(spec.width).saturating_add(320))?;
        let kind = match spec.kind {
            None if own => 'r',
            Some(kind @ ('e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')) => kind,
            Some('n') if spec.grouping.is_none() => 'g',
            _ => return value_error(),
        };
        let magnitude = value.abs();
        let body = if magnitude.is_finite() {
            match kind {
                'f' | 'F' => fixed(magnitude, precision.unwrap_or(6), spec.alternate),
                '%' => fixed(magnitude * 100.0, precision.unwrap_or(6), spec.alternate) + "%",
                'e' | 'E' => exponential(magnitude, precision.unwrap_or(6), spec.alternate),
                'g' | 'G' => general(magnitude, precision.unwrap_or(6), spec.alternate, false),
                _ => match precision {
                    None if !spec.alternate => number::float_repr(magnitude),
                    None => return reject("`#` without a type for a float"),
                    Some(precision) => general(magnitude, precision, spec.alternate, true),
                },
            }
        } else {
            let word = if magnitude.is_nan() { "nan" } else { "inf" };
            if kind == '%' { format!("{word}%") } else { word.to_owned() }
        };
        let body = if kind.is_ascii_uppercase() { body.to_uppercase() } else { body };
        let end = body.bytes().position(|b| !b.is_ascii_digit()).unwrap_or(body.len());
        let parts = Parts {
            sign: sign(value.is_sign_negative() && !value.is_nan(), spec.sign),
            prefix: "",
            digits: body[..end].to_owned(),
            rest: body[end..].to_owned(),
        };
        self.assemble(parts, spec)
    }
}
