//! The operator `%` on strings.

use super::super::heap::{Heap, Obj};
use super::super::val::Val;
use super::super::{Res, raise, reject, type_error, value_error};
use num_bigint::BigInt;
use num_traits::Signed;

use super::super::compare::Number;
use super::Parts;
use super::digits::sign;
use super::spec::Spec;
use crate::{ExceptionClass, text};

impl Heap {
    /// `template % values`
    pub(in crate::machine) fn percent(&mut self, template: &str, values: Val) -> Res<String> {
        let tuple = match self.obj(values) {
            Some(Obj::Tuple(items)) => Some(items.to_vec()),
            _ => None,
        };
        let is_mapping = matches!(self.obj(values), Some(Obj::Dict(_)));
        let args = tuple.clone().unwrap_or_else(|| vec![values]);
        let mut next = 0;
        let mut take = || -> Res<Val> {
            let found = args.get(next).copied();
            next += 1;
            found.map_or_else(type_error, Ok)
        };
        let mut out = String::new();
        let mut chars = template.chars().peekable();
        while let Some(c) = chars.next() {
            if c != '%' {
                out.push(c);
                continue;
            }
            self.spend(1)?;
            self.check(out.len() as u64)?;
            if chars.peek() == Some(&'(') {
                return reject("named fields of `%`");
            }
            let mut spec = Spec {
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
            let mut left = false;
            while let Some(&flag) = chars.peek() {
                match flag {
                    '-' => left = true,
                    '+' => spec.sign = Some('+'),
                    ' ' if spec.sign != Some('+') => spec.sign = Some(' '),
                    ' ' => {}
                    '#' => spec.alternate = true,
                    '0' => spec.zero = true,
                    _ => break,
                }
                chars.next();
            }
            let count = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>,
                         take: &mut dyn FnMut() -> Res<Val>,
                         left: &mut bool|
             -> Res<Option<usize>> {
                if chars.peek() == Some(&'*') {
                    chars.next();
                    let value = match take()? {
                        Val::Int(value) => value,
                        Val::Bool(value) => i64::from(value),
                        _ => return type_error(),
                    };
                    *left |= value < 0;
                    return Ok(Some(value.unsigned_abs() as usize));
                }
                let mut value: Option<usize> = None;
                while let Some(digit) = chars.peek().and_then(|c| c.to_digit(10)) {
                    chars.next();
                    let grown =
                        value.unwrap_or(0).checked_mul(10).and_then(|v| v.checked_add(digit as usize));
                    match grown.filter(|v| i64::try_from(*v).is_ok()) {
                        Some(grown) => value = Some(grown),
                        None => return value_error(),
                    }
                }
                Ok(value)
            };
            spec.width = count(&mut chars, &mut take, &mut left)?.unwrap_or(0);
            if chars.peek() == Some(&'.') {
                chars.next();
                let mut negative = false;
                let precision = count(&mut chars, &mut take, &mut negative)?.unwrap_or(0);
                spec.precision = Some(if negative { 0 } else { precision });
            }
            while matches!(chars.peek(), Some('h' | 'l' | 'L')) {
                chars.next();
            }
            let Some(kind) = chars.next() else { return value_error() };
            if kind == '%' {
                out.push('%');
                continue;
            }
            let val = take()?;
            out.push_str(&self.percent_field(val, kind, spec, left)?);
        }
        if next < args.len() && !(is_mapping && tuple.is_none()) {
            return type_error();
        }
        Ok(out)
    }

    fn percent_field(&mut self, val: Val, kind: char, mut spec: Spec, left: bool) -> Res<String> {
        self.check(spec.width.max(spec.precision.unwrap_or(0)) as u64)?;
        let zero = spec.zero && !left;
        spec.align = Some(if left { '<' } else { '>' });
        match kind {
            's' | 'r' | 'a' => {
                let text = match kind {
                    's' => self.display(val)?,
                    'r' => self.repr(val)?,
                    _ => text::str_ascii_of_repr(&self.repr(val)?),
                };
                spec.sign = None;
                spec.alternate = false;
                self.format_text(&text, &spec)
            }
            'c' => {
                let text = match (self.text(&val), self.number(val)) {
                    (Some(text), _) if text.chars().count() == 1 => text.to_owned(),
                    (_, Some(Number::Int(code))) => Self::character(&BigInt::from(code))?.to_string(),
                    (_, Some(Number::Big(_))) => return raise(ExceptionClass::OverflowError),
                    _ => return type_error(),
                };
                spec.sign = None;
                spec.precision = None;
                spec.alternate = false;
                self.format_text(&text, &spec)
            }
            'd' | 'i' | 'u' | 'x' | 'X' | 'o' => {
                let number = match self.number(val) {
                    Some(Number::Float(value)) if matches!(kind, 'd' | 'i' | 'u') => {
                        let whole = self.truncate(value)?;
                        self.number(whole).unwrap_or(Number::Int(0))
                    }
                    Some(Number::Float(_)) | None => return type_error(),
                    Some(number) => number,
                };
                let Some(value) = number.big() else { return type_error() };
                let magnitude = value.abs();
                let mut digits = match kind {
                    'x' => magnitude.to_str_radix(16),
                    'X' => magnitude.to_str_radix(16).to_uppercase(),
                    'o' => magnitude.to_str_radix(8),
                    _ => self.decimal(&magnitude)?,
                };
                if let Some(precision) = spec.precision {
                    digits = "0".repeat(precision.saturating_sub(digits.len())) + &digits;
                }
                let prefix = match kind {
                    'x' if spec.alternate => "0x",
                    'X' if spec.alternate => "0X",
                    'o' if spec.alternate => "0o",
                    _ => "",
                };
                let parts =
                    Parts { sign: sign(value.is_negative(), spec.sign), prefix, digits, rest: String::new() };
                if zero {
                    spec.fill = '0';
                    spec.align = Some('=');
                }
                self.spend_bytes(parts.digits.len() + spec.width)?;
                self.assemble(parts, &spec)
            }
            'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
                let Some(number) = self.number(val) else { return type_error() };
                let value = Self::to_float(&number)?;
                if zero {
                    spec.fill = '0';
                    spec.align = Some('=');
                }
                spec.kind = Some(kind);
                self.format_float(value, &spec, true)
            }
            _ => value_error(),
        }
    }
}
