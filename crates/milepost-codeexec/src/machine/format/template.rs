//! `str.format`.

use super::super::heap::Heap;
use super::super::val::Val;
use super::super::{Res, raise, reject, value_error};
use crate::ExceptionClass;
use crate::syntax::ast::Conversion;

impl Heap {
    /// `template.format(…)`
    pub(in crate::machine) fn format_template(
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
