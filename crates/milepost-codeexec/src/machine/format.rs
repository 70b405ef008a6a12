//! `format`, f-strings, `str.format` and `%`.

use num_bigint::BigInt;
use num_traits::Signed;

use super::compare::Number;
use super::heap::{Heap, Obj};
use super::val::Val;
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::syntax::ast::Conversion;
use crate::{ExceptionClass, Limit, number, text};

/// A parsed format specification.
#[derive(Debug, Clone)]
struct Spec {
    fill: char,
    align: Option<char>,
    /// As given; without one as `-`.
    sign: Option<char>,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
    zero: bool,
}

fn parse(spec: &str) -> Res<Spec> {
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
    pub(super) fn format(&mut self, val: Val, conversion: Conversion, spec: &str) -> Res<String> {
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

    /// `template.format(…)`
    pub(super) fn format_template(
        &mut self,
        template: &str,
        args: &[Val],
        keywords: &[(Box<str>, Val)],
    ) -> Res<String> {
        let mut filler = Filler { args, keywords, automatic: 0, manual: false };
        let (out, rest) = self.fill(template, &mut filler, 2)?;
        if rest.is_empty() { Ok(out) } else { value_error() }
    }

    /// Fills a template up to its end, or inside a specification up to the closing brace.
    fn fill<'t>(
        &mut self,
        mut rest: &'t str,
        filler: &mut Filler<'_>,
        depth: usize,
    ) -> Res<(String, &'t str)> {
        let mut out = String::new();
        loop {
            self.spend(1)?;
            self.check(out.len() as u64)?;
            let Some(at) = rest.find(['{', '}']) else {
                out.push_str(rest);
                return if depth == 2 { Ok((out, "")) } else { value_error() };
            };
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            if depth == 2 && after.starts_with(&rest[at..=at]) {
                out.push_str(&rest[at..=at]);
                rest = &after[1..];
                continue;
            }
            if rest.as_bytes()[at] == b'}' {
                return if depth < 2 { Ok((out, after)) } else { value_error() };
            }
            if depth == 0 {
                return value_error();
            }
            let end = after.find(['!', ':', '}', '{', '[', '.']);
            let Some(end) = end else { return value_error() };
            let name = &after[..end];
            if matches!(after.as_bytes()[end], b'[' | b'.') {
                return reject("attributes and indices in a format string");
            }
            if after.as_bytes()[end] == b'{' {
                return value_error();
            }
            let val = filler.pick(name)?;
            let mut tail = &after[end..];
            let mut conversion = Conversion::None;
            if let Some(marked) = tail.strip_prefix('!') {
                conversion = match marked.chars().next() {
                    Some('s') => Conversion::Str,
                    Some('r') => Conversion::Repr,
                    Some('a') => Conversion::Ascii,
                    _ => return value_error(),
                };
                tail = &marked[1..];
            }
            let spec = if let Some(spec) = tail.strip_prefix(':') {
                let (spec, left) = self.fill(spec, filler, depth - 1)?;
                tail = left;
                spec
            } else if let Some(left) = tail.strip_prefix('}') {
                tail = left;
                String::new()
            } else {
                return value_error();
            };
            out.push_str(&self.format(val, conversion, &spec)?);
            rest = tail;
        }
    }

    /// `template % values`
    pub(super) fn percent(&mut self, template: &str, values: Val) -> Res<String> {
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

/// Where `str.format` takes its values.
struct Filler<'a> {
    args: &'a [Val],
    keywords: &'a [(Box<str>, Val)],
    automatic: usize,
    manual: bool,
}

impl Filler<'_> {
    fn pick(&mut self, name: &str) -> Res<Val> {
        let index = if name.is_empty() {
            if self.manual {
                return value_error();
            }
            self.automatic += 1;
            self.automatic - 1
        } else if name.bytes().all(|b| b.is_ascii_digit()) {
            if self.automatic > 0 {
                return value_error();
            }
            self.manual = true;
            match name.parse() {
                Ok(index) => index,
                Err(_) => return value_error(),
            }
        } else {
            let found = self.keywords.iter().find(|(known, _)| **known == *name);
            return match found {
                Some((_, val)) => Ok(*val),
                None => raise(ExceptionClass::KeyError),
            };
        };
        self.args.get(index).copied().map_or_else(|| raise(ExceptionClass::IndexError), Ok)
    }
}

fn sign(negative: bool, option: Option<char>) -> &'static str {
    match (negative, option) {
        (true, _) => "-",
        (false, Some('+')) => "+",
        (false, Some(' ')) => " ",
        _ => "",
    }
}

fn grouped(digits: &str, mark: char, every: usize) -> String {
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(every) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

fn fixed(value: f64, precision: usize, alternate: bool) -> String {
    let text = digits_after(value, precision);
    if precision == 0 && alternate { text + "." } else { text }
}

/// `{:.precision$}` for any precision: Rust's formatter takes at most 65535, and past 1100 digits all are zero.
fn digits_after(value: f64, precision: usize) -> String {
    let shown = precision.min(1100);
    let mut text = format!("{value:.shown$}");
    text.extend(std::iter::repeat_n('0', precision - shown));
    text
}

fn exponential(value: f64, precision: usize, alternate: bool) -> String {
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
fn general(value: f64, precision: usize, alternate: bool, like_repr: bool) -> String {
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
