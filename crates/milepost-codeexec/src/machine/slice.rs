//! Subscripts and slices.

use super::compare::Number;
use super::heap::{HANDLE_BYTES, Heap, Obj};
use super::plain::saturate;
use super::val::{Short, Val};
use super::{Res, raise, reject, type_error, value_error};
use crate::ExceptionClass;

/// A slice resolved against a length: where it starts, how many items it has, and its step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: i64,
    pub(super) stop: i64,
    pub(super) count: usize,
    pub(super) step: i64,
}

impl Heap {
    fn bound(&self, val: Val) -> Res<Option<i64>> {
        match (val, self.number(val)) {
            (Val::None, _) => Ok(None),
            (_, Some(Number::Int(value))) => Ok(Some(value)),
            (_, Some(Number::Big(value))) => Ok(Some(saturate(&value))),
            _ => type_error(),
        }
    }

    /// CPython's `PySlice_AdjustIndices`.
    pub(super) fn span(&self, parts: [Val; 3], length: usize) -> Res<Span> {
        let step = self.bound(parts[2])?.unwrap_or(1);
        if step == 0 {
            return value_error();
        }
        let step = step.max(-i64::MAX);
        let length = length as i64;
        let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
        let place = |bound: Option<i64>, default: i64| match bound {
            None => default,
            Some(at) if at < 0 => (at.saturating_add(length)).max(low),
            Some(at) => at.min(high),
        };
        let start = place(self.bound(parts[0])?, if step < 0 { high } else { low });
        let stop = place(self.bound(parts[1])?, if step < 0 { low } else { high });
        let count = if step < 0 && stop < start {
            (start - stop - 1) / -step + 1
        } else if step > 0 && start < stop {
            (stop - start - 1) / step + 1
        } else {
            0
        };
        Ok(Span { start, stop, count: count as usize, step })
    }

    /// The index of a sequence item, from either end.
    fn place(&self, index: Val, length: usize) -> Res<usize> {
        let index = match self.number(index) {
            Some(Number::Int(index)) => index,
            Some(Number::Big(_)) => return raise(ExceptionClass::IndexError),
            _ => return type_error(),
        };
        let at = if index < 0 { index + length as i64 } else { index };
        match usize::try_from(at) {
            Ok(at) if at < length => Ok(at),
            _ => raise(ExceptionClass::IndexError),
        }
    }

    pub(super) fn get_item(&mut self, container: Val, index: Val) -> Res<Val> {
        if let Some(items) = self.sequence(container) {
            let at = self.place(index, items.len())?;
            return Ok(self.sequence(container).map_or(Val::None, |items| items[at]));
        }
        if self.text(&container).is_some() {
            let chars = self.chars(&container);
            let at = self.place(index, chars)?;
            let text = self.text(&container).unwrap_or("");
            // As many bytes as characters: the text is ASCII, and its length is known without a look at it.
            if text.len() == chars {
                return Ok(Val::Short(Short::of(char::from(text.as_bytes()[at]))));
            }
            let c = text.chars().nth(at).unwrap_or(' ');
            self.spend_bytes(at)?;
            return Ok(Val::Short(Short::of(c)));
        }
        let Val::Obj(at) = container else {
            return match container {
                Val::Type(_) | Val::Opaque => reject("subscripts of types"),
                _ => type_error(),
            };
        };
        match self.get(at) {
            Obj::Dict(_) => match self.dict_get(at, index)? {
                Some(value) => Ok(value),
                None => Err(super::Stop::Key(index)),
            },
            Obj::Range { .. } => {
                let (start, count, step) = self.range_parts(at);
                let place = self.place(index, count as usize)?;
                Ok(Val::Int((i128::from(start) + i128::from(step) * place as i128) as i64))
            }
            _ => type_error(),
        }
    }

    pub(super) fn set_item(&mut self, container: Val, index: Val, value: Val) -> Res<()> {
        match self.obj(container) {
            Some(Obj::List(items)) => {
                let at = self.place(index, items.len())?;
                if let Some(items) = self.list_mut(container) {
                    items[at] = value;
                }
                Ok(())
            }
            Some(Obj::Dict(_)) => match container {
                Val::Obj(at) => self.dict_put(at, index, value),
                _ => type_error(),
            },
            _ => type_error(),
        }
    }

    pub(super) fn delete_item(&mut self, container: Val, index: Val) -> Res<()> {
        match (self.obj(container), container) {
            (Some(Obj::List(items)), _) => {
                let length = items.len();
                let at = self.place(index, length)?;
                self.spend_items(length - at)?;
                if let Some(items) = self.list_mut(container) {
                    items.remove(at);
                }
                Ok(())
            }
            (Some(Obj::Dict(_)), Val::Obj(at)) => match self.dict_remove(at, index)? {
                Some(_) => Ok(()),
                None => Err(super::Stop::Key(index)),
            },
            _ => type_error(),
        }
    }

    pub(super) fn get_slice(&mut self, container: Val, parts: [Val; 3]) -> Res<Val> {
        if self.text(&container).is_some() {
            let chars = self.chars(&container);
            let span = self.span(parts, chars)?;
            let text = self.text(&container).unwrap_or("");
            let length = text.len();
            let is_ascii = length == chars;
            self.check(span.count as u64 * 4)?;
            let picked: String = if is_ascii && span.step == 1 {
                text[span.start as usize..span.start as usize + span.count].to_owned()
            } else if is_ascii {
                let bytes = text.as_bytes();
                (0..span.count).map(|n| char::from(bytes[pick(span, n)])).collect()
            } else {
                let chars: Vec<char> = text.chars().collect();
                (0..span.count).map(|n| chars[pick(span, n)]).collect()
            };
            self.spend_chars(if is_ascii { span.count } else { length })?;
            return self.str(&picked);
        }
        if let Some(items) = self.sequence(container) {
            let span = self.span(parts, items.len())?;
            self.check(span.count as u64 * HANDLE_BYTES)?;
            self.spend_items(span.count)?;
            let items = self.sequence(container).unwrap_or_default();
            let picked = (0..span.count).map(|n| items[pick(span, n)]).collect();
            let is_list = matches!(self.obj(container), Some(Obj::List(_)));
            return if is_list { self.list(picked) } else { self.tuple(picked) };
        }
        match (self.obj(container), container) {
            (Some(Obj::Range { .. }), Val::Obj(at)) => {
                let (start, count, step) = self.range_parts(at);
                let span = self.span(parts, count as usize)?;
                let at = |n: i128| i128::from(start) + i128::from(step) * n;
                let (start, stop) = (at(i128::from(span.start)), at(i128::from(span.stop)));
                match (i64::try_from(start), i64::try_from(stop), step.checked_mul(span.step)) {
                    (Ok(start), Ok(stop), Some(step)) => self.add(Obj::Range { start, stop, step }),
                    _ => reject("a range as long as this"),
                }
            }
            // A slice is no key that can be hashed.
            _ if matches!(container, Val::Type(_) | Val::Opaque) => reject("subscripts of types"),
            _ => type_error(),
        }
    }

    pub(super) fn set_slice(&mut self, container: Val, parts: [Val; 3], value: Val) -> Res<()> {
        let Some(Obj::List(items)) = self.obj(container) else { return type_error() };
        let length = items.len();
        if self.calls_back(value) {
            return reject("assigning a lazy iterator to a slice");
        }
        let new = self.items(value)?;
        let span = self.span(parts, length)?;
        if span.step == 1 {
            let start = span.start as usize;
            let grown = length - span.count + new.len();
            if grown > length {
                self.charge((grown - length) as u64 * HANDLE_BYTES)?;
            }
            self.spend_items(length - start + new.len())?;
            if let Some(items) = self.list_mut(container) {
                items.splice(start..start + span.count, new);
            }
            return Ok(());
        }
        if new.len() != span.count {
            return value_error();
        }
        self.spend_items(new.len())?;
        if let Some(items) = self.list_mut(container) {
            for (n, item) in new.into_iter().enumerate() {
                items[pick(span, n)] = item;
            }
        }
        Ok(())
    }

    pub(super) fn delete_slice(&mut self, container: Val, parts: [Val; 3]) -> Res<()> {
        let Some(Obj::List(items)) = self.obj(container) else { return type_error() };
        let length = items.len();
        let span = self.span(parts, length)?;
        self.spend_items(length)?;
        if let Some(items) = self.list_mut(container) {
            let mut gone = vec![false; length];
            for n in 0..span.count {
                gone[pick(span, n)] = true;
            }
            let mut at = 0;
            items.retain(|_| {
                at += 1;
                !gone[at - 1]
            });
        }
        Ok(())
    }
}

fn pick(span: Span, n: usize) -> usize {
    (span.start + span.step * n as i64) as usize
}
