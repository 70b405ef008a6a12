//! `repr` and `str`.

use num_traits::ToPrimitive;

use super::heap::{Heap, Obj, View};
use super::val::{Ref, Val};
use super::{Res, Stop, raise, reject};
use crate::number::float_repr;
use crate::{ExceptionClass, Limit, text};

/// CPython's own limit depends on how deep its stack is.
const MAX_DEPTH: usize = 300;
/// CPython writes and reads no longer decimal integers.
pub(super) const MAX_DIGITS: usize = 4300;

impl Heap {
    /// `repr(val)`
    pub(super) fn repr(&mut self, val: Val) -> Res<String> {
        let mut out = String::new();
        self.write_repr(val, &mut out, &mut Vec::new())?;
        Ok(out)
    }

    /// `str(val)`
    pub(super) fn display(&mut self, val: Val) -> Res<String> {
        if let Some(text) = self.text(&val) {
            let text = text.to_owned();
            self.spend_bytes(text.len())?;
            return Ok(text);
        }
        if let Some(Obj::Exception(exception)) = self.obj(val) {
            let Some(args) = exception.args.clone() else {
                return reject("the message of CPython's own exceptions");
            };
            return match &args[..] {
                [] => Ok(String::new()),
                [only] if exception.class == ExceptionClass::KeyError => self.repr(*only),
                [only] => self.display(*only),
                _ => {
                    let all = self.tuple(args.to_vec())?;
                    self.repr(all)
                }
            };
        }
        self.repr(val)
    }

    pub(super) fn decimal(&mut self, value: &num_bigint::BigInt) -> Res<String> {
        let limbs = value.bits() / 32 + 1;
        self.spend(1 + limbs * limbs / 16)?;
        let digits = value.to_string();
        if digits.trim_start_matches('-').len() > MAX_DIGITS {
            return raise(ExceptionClass::ValueError);
        }
        Ok(digits)
    }

    fn write_repr(&mut self, val: Val, out: &mut String, open: &mut Vec<Ref>) -> Res<()> {
        self.spend(1 + (out.len() as u64 >> 20))?;
        if self.live.saturating_add(out.len() as u64) > self.limits.bytes {
            return Err(Stop::Limit(Limit::Memory));
        }
        match val {
            Val::None | Val::Unbound => out.push_str("None"),
            Val::Bool(value) => out.push_str(if value { "True" } else { "False" }),
            Val::Int(value) => out.push_str(&value.to_string()),
            Val::Float(value) => out.push_str(&float_repr(value)),
            Val::Short(short) => self.write_text(short.text(), out)?,
            Val::Type(kind) => {
                out.push_str("<class '");
                out.push_str(kind.name());
                out.push_str("'>");
            }
            Val::Class(class) => {
                out.push_str("<class '");
                out.push_str(class.name());
                out.push_str("'>");
            }
            Val::Obj(at) => return self.write_object(at, out, open),
            _ => return reject("printing a function or a module"),
        }
        Ok(())
    }

    fn write_text(&mut self, found: &str, out: &mut String) -> Res<()> {
        self.spend_chars(found.len())?;
        if found.chars().any(|c| !c.is_ascii() && !text::is_known(c) && !is_surely_printable(c)) {
            return reject("`repr` of characters outside the common alphabets");
        }
        out.push_str(&text::str_repr(found));
        Ok(())
    }

    fn write_object(&mut self, at: Ref, out: &mut String, open: &mut Vec<Ref>) -> Res<()> {
        match self.get(at) {
            Obj::Str(found, _) => {
                let found = found.clone();
                return self.write_text(&found, out);
            }
            Obj::Big(value) => {
                let value = value.clone();
                out.push_str(&self.decimal(&value)?);
                return Ok(());
            }
            Obj::Range { start, stop, step } => {
                let (start, stop, step) = (*start, *stop, *step);
                let text = if step == 1 {
                    format!("range({start}, {stop})")
                } else {
                    format!("range({start}, {stop}, {step})")
                };
                out.push_str(&text);
                return Ok(());
            }
            Obj::List(_) | Obj::Tuple(_) | Obj::Dict(_) | Obj::Set(_) | Obj::View(..) | Obj::Exception(_) => {
            }
            _ => return reject("printing a function or an iterator"),
        }
        let cycle = match self.get(at) {
            Obj::List(_) => "[...]",
            Obj::Tuple(_) => "(...)",
            Obj::Dict(_) => "{...}",
            Obj::Set(_) => "set(...)",
            _ => "...",
        };
        if open.contains(&at) {
            out.push_str(cycle);
            return Ok(());
        }
        if open.len() > MAX_DEPTH {
            return reject("`repr` of values nested so deeply");
        }
        self.spend(open.len() as u64 / 8)?;
        open.push(at);
        match self.get(at) {
            Obj::List(_) => self.write_items(at, "[", "]", out, open)?,
            Obj::Tuple(items) => {
                let close = if items.len() == 1 { ",)" } else { ")" };
                self.write_items(at, "(", close, out, open)?;
            }
            Obj::Dict(_) => {
                out.push('{');
                self.write_entries(at, View::Items, ": ", out, open)?;
                out.push('}');
            }
            Obj::View(dict, view) => {
                let (dict, view) = (*dict, *view);
                out.push_str(match view {
                    View::Keys => "dict_keys([",
                    View::Values => "dict_values([",
                    View::Items => "dict_items([",
                });
                self.write_entries(dict, view, ", ", out, open)?;
                out.push_str("])");
            }
            Obj::Set(set) => {
                let (open_text, close) = match (set.frozen, set.len()) {
                    (false, 0) => ("set()", ""),
                    (true, 0) => ("frozenset()", ""),
                    (false, _) => ("{", "}"),
                    (true, _) => ("frozenset({", "})"),
                };
                out.push_str(open_text);
                let (mut place, mut first) = (0, true);
                while let Some((item, next)) = self.set(at).next_from(place) {
                    if !std::mem::replace(&mut first, false) {
                        out.push_str(", ");
                    }
                    self.write_repr(item, out, open)?;
                    place = next;
                }
                out.push_str(close);
            }
            Obj::Exception(exception) => {
                let (class, args) = (exception.class, exception.args.clone());
                let Some(args) = args else { return reject("the message of CPython's own exceptions") };
                out.push_str(class.name());
                out.push('(');
                for (index, arg) in args.iter().enumerate() {
                    out.push_str(if index > 0 { ", " } else { "" });
                    self.write_repr(*arg, out, open)?;
                }
                out.push(')');
            }
            _ => {}
        }
        open.pop();
        Ok(())
    }

    fn write_items(
        &mut self,
        at: Ref,
        start: &str,
        end: &str,
        out: &mut String,
        open: &mut Vec<Ref>,
    ) -> Res<()> {
        out.push_str(start);
        let mut index = 0;
        while let Some(item) = self.sequence(Val::Obj(at)).and_then(|items| items.get(index)).copied() {
            out.push_str(if index > 0 { ", " } else { "" });
            self.write_repr(item, out, open)?;
            index += 1;
        }
        out.push_str(end);
        Ok(())
    }

    fn write_entries(
        &mut self,
        dict: Ref,
        view: View,
        between: &str,
        out: &mut String,
        open: &mut Vec<Ref>,
    ) -> Res<()> {
        let (mut place, mut first) = (0, true);
        while let Some((key, value, next)) = self.dict(dict).next_from(place) {
            if !std::mem::replace(&mut first, false) {
                out.push_str(", ");
            }
            let pair = view == View::Items && between == ", ";
            out.push_str(if pair { "(" } else { "" });
            if view != View::Values {
                self.write_repr(key, out, open)?;
            }
            if view == View::Items {
                out.push_str(between);
            }
            if view != View::Keys {
                self.write_repr(value, out, open)?;
            }
            out.push_str(if pair { ")" } else { "" });
            place = next;
        }
        Ok(())
    }

    /// A 64-bit integer, or an exception that says why there is none.
    pub(super) fn index(&self, val: Val) -> Res<i64> {
        match val {
            Val::Int(value) => Ok(value),
            Val::Bool(value) => Ok(i64::from(value)),
            Val::Obj(at) => match self.get(at) {
                Obj::Big(value) => match value.to_i64() {
                    Some(value) => Ok(value),
                    None => raise(ExceptionClass::OverflowError),
                },
                _ => raise(ExceptionClass::TypeError),
            },
            _ => raise(ExceptionClass::TypeError),
        }
    }
}

/// Characters that every version of Unicode prints: CJK, Hangul, Kana, arrows and mathematics, old emoji.
fn is_surely_printable(c: char) -> bool {
    matches!(c,
        '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{20a0}'..='\u{20bf}' | '\u{2190}'..='\u{2300}'
        | '\u{2500}'..='\u{2700}' | '\u{3041}'..='\u{3096}' | '\u{30a0}'..='\u{30ff}'
        | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}' | '\u{1f300}'..='\u{1f5ff}'
        | '\u{1f600}'..='\u{1f64f}')
}
