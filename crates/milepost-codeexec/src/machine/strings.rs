//! Methods of strings.

use super::heap::{HANDLE_BYTES, Heap};
use super::val::{Method, Short, Val};
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::{ExceptionClass, text};

/// White space as Python's `str.isspace` has it.
fn is_space(c: char) -> bool {
    matches!(c, '\t'..='\r' | '\x1c'..='\x20' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

pub(super) fn strip_space(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn known(text: &str) -> Res<()> {
    if text.is_ascii() || text.chars().all(text::is_known) {
        Ok(())
    } else {
        reject("the class or case of characters outside the common alphabets")
    }
}

fn is_cased(c: char) -> bool {
    // ª and º are letters without case for Rust, lower case for Python.
    c.is_lowercase() || c.is_uppercase() || is_title(c)
}

fn is_title(c: char) -> bool {
    matches!(c, '\u{1c5}' | '\u{1c8}' | '\u{1cb}' | '\u{1f2}')
}

/// `start` and `end` of a search, as byte offsets; `None` where the window is empty because it begins past its end.
fn window(heap: &Heap, text: &str, start: Val, end: Val) -> Res<Option<(usize, usize, usize)>> {
    let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
    let bound = |val: Val, default: usize| -> Res<i64> {
        match val {
            Val::None | Val::Unbound => Ok(default as i64),
            _ => match heap.number(val) {
                Some(super::compare::Number::Int(at)) => {
                    Ok(if at < 0 { (at + chars as i64).max(0) } else { at })
                }
                Some(super::compare::Number::Big(at)) => Ok(super::plain::saturate(&at).max(0)),
                _ => type_error(),
            },
        }
    };
    let (start, end) = (bound(start, 0)?, bound(end, chars)?.min(chars as i64));
    if start > end {
        return Ok(None);
    }
    let byte = |at: i64| {
        if text.is_ascii() {
            at as usize
        } else {
            text.char_indices().nth(at as usize).map_or(text.len(), |(byte, _)| byte)
        }
    };
    Ok(Some((byte(start), byte(end), start as usize)))
}

impl Heap {
    fn argument<'a>(&'a self, val: &'a Val) -> Res<&'a str> {
        self.text(val).map_or_else(type_error, Ok)
    }

    fn pieces(&mut self, pieces: &[&str]) -> Res<Val> {
        self.check(pieces.len() as u64 * (HANDLE_BYTES + 32))?;
        self.spend_items(pieces.len())?;
        let items = pieces.iter().map(|piece| self.str(piece)).collect::<Res<Vec<_>>>()?;
        self.list(items)
    }

    /// A method of the string `text`. `args` are bound by position, missing ones unbound.
    pub(super) fn string_method(&mut self, method: Method, text: &str, args: &[Val; 3]) -> Res<Val> {
        use Method as M;
        self.spend_chars(text.len())?;
        let [first, second, third] = *args;
        match method {
            M::Upper | M::Lower | M::SwapCase | M::Capitalize | M::Title | M::Casefold => {
                known(text)?;
                let changed = change_case(method, text)?;
                self.str(&changed)
            }
            M::IsAlpha
            | M::IsDigit
            | M::IsDecimal
            | M::IsNumeric
            | M::IsAlnum
            | M::IsUpper
            | M::IsLower
            | M::IsTitle
            | M::IsIdentifier
            | M::IsPrintable => {
                known(text)?;
                Ok(Val::Bool(is_class(method, text)))
            }
            M::IsSpace => Ok(Val::Bool(!text.is_empty() && text.chars().all(is_space))),
            M::IsAscii => Ok(Val::Bool(text.is_ascii())),
            M::Strip | M::Lstrip | M::Rstrip => {
                let left = method != M::Rstrip;
                let right = method != M::Lstrip;
                let set = match first {
                    Val::None | Val::Unbound => None,
                    _ => Some(self.argument(&first)?.to_owned()),
                };
                self.spend_bytes(text.len() * set.as_ref().map_or(1, |set| set.len().max(1)))?;
                let drop = |c: char| set.as_ref().map_or_else(|| is_space(c), |set| set.contains(c));
                let mut rest = text;
                if left {
                    rest = rest.trim_start_matches(drop);
                }
                if right {
                    rest = rest.trim_end_matches(drop);
                }
                self.str(rest)
            }
            M::Split | M::Rsplit => {
                let limit = match second {
                    Val::Unbound => -1,
                    _ => self.index(second)?,
                };
                let separator = match first {
                    Val::None | Val::Unbound => None,
                    _ => Some(self.argument(&first)?.to_owned()),
                };
                if separator.as_deref() == Some("") {
                    return value_error();
                }
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                let pieces = split(text, separator.as_deref(), limit, method == M::Rsplit);
                self.pieces(&pieces)
            }
            M::SplitLines => {
                let keep = self.truth(first) && !matches!(first, Val::Unbound);
                let lines = split_lines(text, keep);
                self.pieces(&lines)
            }
            M::Replace => {
                let (old, new) = (self.argument(&first)?.to_owned(), self.argument(&second)?.to_owned());
                let limit = match third {
                    Val::Unbound => usize::MAX,
                    _ => usize::try_from(self.index(third)?).unwrap_or(usize::MAX),
                };
                let found =
                    if old.is_empty() { text.chars().count() + 1 } else { text.matches(&*old).count() };
                let count = found.min(limit);
                let grown =
                    (text.len() as u64).saturating_add((count as u64).saturating_mul(new.len() as u64));
                self.check(grown)?;
                self.spend_bytes(grown as usize)?;
                let replaced = text.replacen(&*old, &new, limit);
                self.str(&replaced)
            }
            M::Find | M::Rfind | M::Index | M::Rindex | M::Count => {
                let part = self.argument(&first)?;
                let found = match window(self, text, second, third)? {
                    None => None,
                    Some((start, end, offset)) => {
                        let inside = &text[start..end];
                        if method == M::Count {
                            let count = if part.is_empty() {
                                inside.chars().count() + 1
                            } else {
                                inside.matches(part).count()
                            };
                            return Ok(Val::Int(count as i64));
                        }
                        let byte = if matches!(method, M::Rfind | M::Rindex) {
                            inside.rfind(part)
                        } else {
                            inside.find(part)
                        };
                        byte.map(|byte| offset + inside[..byte].chars().count())
                    }
                };
                match (method, found) {
                    (M::Count, None) => Ok(Val::Int(0)),
                    (_, Some(at)) => Ok(Val::Int(at as i64)),
                    (M::Find | M::Rfind, None) => Ok(Val::Int(-1)),
                    _ => value_error(),
                }
            }
            M::StartsWith | M::EndsWith => {
                let parts = match self.obj(first) {
                    Some(super::heap::Obj::Tuple(parts)) => parts.to_vec(),
                    _ => vec![first],
                };
                let inside = window(self, text, second, third)?;
                for part in parts {
                    self.spend(1)?;
                    let part = self.argument(&part)?;
                    let hit = inside.is_some_and(|(start, end, _)| match method {
                        M::StartsWith => text[start..end].starts_with(part),
                        _ => text[start..end].ends_with(part),
                    });
                    if hit {
                        return Ok(Val::Bool(true));
                    }
                }
                Ok(Val::Bool(false))
            }
            M::Center | M::Ljust | M::Rjust => {
                let width = self.index(first)?.max(0) as usize;
                let fill = match second {
                    Val::Unbound => ' ',
                    _ => {
                        let mut chars = self.argument(&second)?.chars();
                        match (chars.next(), chars.next()) {
                            (Some(fill), None) => fill,
                            _ => return type_error(),
                        }
                    }
                };
                let missing = width.saturating_sub(text.chars().count());
                self.check((missing as u64).saturating_mul(4))?;
                self.spend_bytes(missing)?;
                let left = match method {
                    M::Ljust => 0,
                    M::Rjust => missing,
                    _ => missing / 2 + (missing & width & 1),
                };
                let pad = |n: usize| std::iter::repeat_n(fill, n);
                let padded: String = pad(left).chain(text.chars()).chain(pad(missing - left)).collect();
                self.str(&padded)
            }
            M::Zfill => {
                let width = self.index(first)?.max(0) as usize;
                let missing = width.saturating_sub(text.chars().count());
                self.check(missing as u64)?;
                self.spend_bytes(missing)?;
                let (sign, rest) = match text.chars().next() {
                    Some('+' | '-') => text.split_at(1),
                    _ => ("", text),
                };
                let filled = format!("{sign}{}{rest}", "0".repeat(missing));
                self.str(&filled)
            }
            M::Partition | M::Rpartition => {
                let separator = self.argument(&first)?.to_owned();
                if separator.is_empty() {
                    return value_error();
                }
                let found = if method == M::Partition {
                    text.split_once(&*separator)
                } else {
                    text.rsplit_once(&*separator)
                };
                let parts = match (found, method) {
                    (Some((before, after)), _) => [before, &separator, after],
                    (None, M::Partition) => [text, "", ""],
                    _ => ["", "", text],
                };
                let items = parts.iter().map(|part| self.str(part)).collect::<Res<Vec<_>>>()?;
                self.tuple(items)
            }
            M::RemovePrefix | M::RemoveSuffix => {
                let part = self.argument(&first)?;
                let rest =
                    if method == M::RemovePrefix { text.strip_prefix(part) } else { text.strip_suffix(part) };
                let rest = rest.unwrap_or(text);
                self.str(rest)
            }
            M::ExpandTabs => {
                let size = match first {
                    Val::Unbound => 8,
                    _ => self.index(first)?.max(0) as u64,
                };
                self.check((text.matches('\t').count() as u64).saturating_mul(size))?;
                let mut out = String::new();
                let mut column = 0;
                for c in text.chars() {
                    match c {
                        '\t' if size > 0 => {
                            let more = size - column % size;
                            out.extend(std::iter::repeat_n(' ', more as usize));
                            column += more;
                        }
                        '\t' => {}
                        '\n' | '\r' => {
                            out.push(c);
                            column = 0;
                        }
                        _ => {
                            out.push(c);
                            column += 1;
                        }
                    }
                }
                self.str(&out)
            }
            M::Join => {
                let items = self.items(first)?;
                let mut total = 0u64;
                for (index, item) in items.iter().enumerate() {
                    let Some(piece) = self.text(item) else { return type_error() };
                    total += piece.len() as u64 + if index > 0 { text.len() as u64 } else { 0 };
                }
                self.check(total)?;
                self.spend_items(items.len())?;
                let mut out = String::with_capacity(total as usize);
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push_str(text);
                    }
                    out.push_str(self.text(item).unwrap_or(""));
                }
                self.str(&out)
            }
            _ => raise(ExceptionClass::AttributeError),
        }
    }

    /// `chr(code)`
    pub(super) fn chr(&self, code: Val) -> Res<Val> {
        let code = self.index(code)?;
        match u32::try_from(code).ok().filter(|code| *code <= 0x10_ffff) {
            None if i32::try_from(code).is_err() => raise(ExceptionClass::OverflowError),
            None => value_error(),
            Some(code) => match char::from_u32(code) {
                Some(c) => Ok(Val::Short(Short::of(c))),
                None => Err(Stop::Reject("surrogates in strings")),
            },
        }
    }
}

fn change_case(method: Method, text: &str) -> Res<String> {
    // Final sigma, dotted I and ligatures depend on their neighbours or grow: left to CPython.
    if text.chars().any(|c| matches!(c, 'Σ' | 'İ' | 'ŉ' | 'ǰ' | 'ΐ' | 'ΰ' | 'ß' | 'ς' | 'µ' | 'ſ'))
    {
        return reject("the case of this character");
    }
    if text.chars().any(|c| is_title(c) || matches!(c, '\u{1c4}'..='\u{1cc}' | '\u{1f1}'..='\u{1f3}')) {
        return reject("the case of this character");
    }
    Ok(match method {
        Method::Upper => text.to_uppercase(),
        Method::Lower | Method::Casefold => text.to_lowercase(),
        Method::SwapCase => text
            .chars()
            .flat_map(|c| {
                let swapped: Vec<char> =
                    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() };
                swapped
            })
            .collect(),
        _ => {
            let mut out = String::with_capacity(text.len());
            let mut inside = false;
            for c in text.chars() {
                if inside {
                    out.extend(c.to_lowercase());
                } else {
                    out.extend(c.to_uppercase());
                }
                inside = method == Method::Capitalize || is_cased(c);
            }
            out
        }
    })
}

fn is_class(method: Method, text: &str) -> bool {
    use Method as M;
    let every = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let digit = |c: char| c.is_ascii_digit() || matches!(c, '²' | '³' | '¹');
    match method {
        M::IsAlpha => every(char::is_alphabetic),
        M::IsDecimal => every(|c| c.is_ascii_digit()),
        M::IsDigit => every(digit),
        M::IsNumeric => every(|c| c.is_ascii_digit() || matches!(c, '²' | '³' | '¹' | '¼'..='¾')),
        M::IsAlnum => {
            every(|c| c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '²' | '³' | '¹' | '¼'..='¾'))
        }
        M::IsUpper => text.chars().any(is_cased) && !text.chars().any(|c| c.is_lowercase() || is_title(c)),
        M::IsLower => text.chars().any(is_cased) && !text.chars().any(|c| c.is_uppercase() || is_title(c)),
        M::IsTitle => {
            let (mut cased, mut inside) = (false, false);
            for c in text.chars() {
                if c.is_uppercase() || is_title(c) {
                    if inside {
                        return false;
                    }
                    (cased, inside) = (true, true);
                } else if c.is_lowercase() {
                    if !inside {
                        return false;
                    }
                    cased = true;
                } else {
                    inside = false;
                }
            }
            cased
        }
        M::IsIdentifier => {
            let mut chars = text.chars();
            chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
                && chars.all(|c| c == '_' || c == '·' || c.is_alphabetic() || c.is_ascii_digit())
        }
        _ => text.chars().all(text::is_printable),
    }
}

fn split<'t>(text: &'t str, separator: Option<&str>, limit: usize, from_right: bool) -> Vec<&'t str> {
    let parts = limit.saturating_add(1);
    match (separator, from_right) {
        (Some(separator), false) => text.splitn(parts, separator).collect(),
        (Some(separator), true) => {
            let mut pieces: Vec<&str> = text.rsplitn(parts, separator).collect();
            pieces.reverse();
            pieces
        }
        (None, false) => {
            let mut pieces = Vec::new();
            let mut rest = text.trim_start_matches(is_space);
            while !rest.is_empty() {
                if pieces.len() == limit {
                    pieces.push(rest);
                    break;
                }
                let end = rest.find(is_space).unwrap_or(rest.len());
                pieces.push(&rest[..end]);
                rest = rest[end..].trim_start_matches(is_space);
            }
            pieces
        }
        (None, true) => {
            let mut pieces = Vec::new();
            let mut rest = text.trim_end_matches(is_space);
            while !rest.is_empty() {
                if pieces.len() == limit {
                    pieces.push(rest);
                    break;
                }
                let start = rest.char_indices().rev().find(|(_, c)| is_space(*c));
                let start = start.map_or(0, |(at, c)| at + c.len_utf8());
                pieces.push(&rest[start..]);
                rest = rest[..start].trim_end_matches(is_space);
            }
            pieces.reverse();
            pieces
        }
    }
}

fn split_lines(text: &str, keep: bool) -> Vec<&str> {
    let is_break = |c: char| {
        matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let Some((at, found)) = rest.char_indices().find(|(_, c)| is_break(*c)) else {
            lines.push(rest);
            break;
        };
        let end = at + if rest[at..].starts_with("\r\n") { 2 } else { found.len_utf8() };
        lines.push(&rest[..if keep { end } else { at }]);
        rest = &rest[end..];
    }
    lines
}
