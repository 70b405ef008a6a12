//! Iterators. Those that call the program are resumed by the machine's frames.

use super::heap::{Heap, Obj, View};
use super::val::{Ref, Short, Type, Val};
use super::{Res, raise, reject, type_error};
use crate::ExceptionClass;

/// Iterators over iterators are built no deeper.
const MAX_DEPTH: u8 = 60;

/// An iterator.
#[derive(Debug, Clone)]
pub(crate) enum Iterator {
    /// Over a list or tuple; the list may change meanwhile.
    Sequence {
        items: Val,
        at: usize,
    },
    Text {
        text: Val,
        byte: usize,
    },
    Range {
        next: i64,
        left: u64,
        step: i64,
    },
    Dict {
        dict: Ref,
        view: View,
        place: usize,
        expected: usize,
    },
    Set {
        set: Ref,
        place: usize,
        expected: usize,
    },
    /// Backwards over a list or tuple.
    Reversed {
        items: Val,
        left: usize,
    },
    ReversedText {
        text: Val,
        byte: usize,
    },
    ReversedDict {
        dict: Ref,
        view: View,
        place: usize,
        expected: usize,
    },
    Enumerate {
        inner: Val,
        next: i64,
        depth: u8,
    },
    Zip {
        inner: Box<[Val]>,
        strict: bool,
        depth: u8,
    },
    Map {
        function: Val,
        inner: Box<[Val]>,
        depth: u8,
    },
    Filter {
        function: Val,
        inner: Val,
        depth: u8,
    },
    Generator(Box<Generator>),
    /// At its end for good.
    Finished(Type),
}

/// A suspended generator expression.
#[derive(Debug, Clone)]
pub(crate) struct Generator {
    pub(super) code: u32,
    pub(super) at: usize,
    /// Slots and operands.
    pub(super) stack: Vec<Val>,
    pub(super) running: bool,
}

/// What the next item of an iterator is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Next {
    Item(Val),
    End,
    /// The machine has to run the program, or a native step, to know.
    Machine,
}

impl Iterator {
    pub(super) fn type_of(&self) -> Type {
        match self {
            Self::Reversed { .. } | Self::ReversedText { .. } => Type::Reversed,
            Self::Enumerate { .. } => Type::Enumerate,
            Self::Zip { .. } => Type::Zip,
            Self::Map { .. } => Type::Map,
            Self::Filter { .. } => Type::Filter,
            Self::Generator(_) => Type::Generator,
            Self::Finished(kind) => *kind,
            _ => Type::Iterator,
        }
    }

    pub(super) fn depth(&self) -> u8 {
        match self {
            Self::Enumerate { depth, .. }
            | Self::Zip { depth, .. }
            | Self::Map { depth, .. }
            | Self::Filter { depth, .. } => *depth,
            _ => 0,
        }
    }

    pub(super) fn bytes(&self) -> u64 {
        match self {
            Self::Zip { inner, .. } | Self::Map { inner, .. } => inner.len() as u64 * 16,
            Self::Generator(generator) => 48 + generator.stack.len() as u64 * 16,
            _ => 32,
        }
    }

    pub(super) fn each_handle(&self, see: &mut dyn FnMut(Val)) {
        match self {
            Self::Sequence { items, .. } | Self::Reversed { items, .. } => see(*items),
            Self::Text { text, .. } | Self::ReversedText { text, .. } => see(*text),
            Self::Dict { dict, .. } | Self::ReversedDict { dict, .. } => see(Val::Obj(*dict)),
            Self::Set { set, .. } => see(Val::Obj(*set)),
            Self::Enumerate { inner, .. } => see(*inner),
            Self::Zip { inner, .. } => inner.iter().for_each(|v| see(*v)),
            Self::Map { function, inner, .. } => {
                see(*function);
                inner.iter().for_each(|v| see(*v));
            }
            Self::Filter { function, inner, .. } => {
                see(*function);
                see(*inner);
            }
            Self::Generator(generator) => generator.stack.iter().for_each(|v| see(*v)),
            Self::Range { .. } | Self::Finished(_) => {}
        }
    }
}

impl Heap {
    pub(super) fn iter_at(&mut self, at: Ref) -> Option<&mut Iterator> {
        match self.get_mut(at) {
            Obj::Iter(iterator) => Some(iterator),
            _ => None,
        }
    }

    /// `iter(val)`
    pub(super) fn iter_of(&mut self, val: Val) -> Res<Val> {
        let iterator = match val {
            Val::Short(_) => Iterator::Text { text: val, byte: 0 },
            Val::Obj(at) => match self.get(at) {
                Obj::Str(..) => Iterator::Text { text: val, byte: 0 },
                Obj::List(_) | Obj::Tuple(_) => Iterator::Sequence { items: val, at: 0 },
                Obj::Dict(dict) => {
                    Iterator::Dict { dict: at, view: View::Keys, place: 0, expected: dict.len() }
                }
                Obj::View(dict, view) => {
                    let expected = self.dict(*dict).len();
                    Iterator::Dict { dict: *dict, view: *view, place: 0, expected }
                }
                Obj::Set(set) => Iterator::Set { set: at, place: 0, expected: set.len() },
                Obj::Range { .. } => {
                    let (next, left, step) = self.range_parts(at);
                    Iterator::Range { next, left, step }
                }
                Obj::Iter(_) => return Ok(val),
                _ => return type_error(),
            },
            Val::Opaque => return reject("a name of `typing` as a value"),
            _ => return type_error(),
        };
        self.iterator(iterator)
    }

    /// `reversed(val)`
    pub(super) fn reversed(&mut self, val: Val) -> Res<Val> {
        let iterator = match val {
            Val::Short(short) => Iterator::ReversedText { text: val, byte: short.text().len() },
            Val::Obj(at) => match self.get(at) {
                Obj::Str(text, _) => Iterator::ReversedText { text: val, byte: text.len() },
                Obj::List(items) => Iterator::Reversed { items: val, left: items.len() },
                Obj::Tuple(items) => Iterator::Reversed { items: val, left: items.len() },
                Obj::Dict(dict) => Iterator::ReversedDict {
                    dict: at,
                    view: View::Keys,
                    place: dict.places(),
                    expected: dict.len(),
                },
                Obj::View(dict, view) => Iterator::ReversedDict {
                    dict: *dict,
                    view: *view,
                    place: self.dict(*dict).places(),
                    expected: self.dict(*dict).len(),
                },
                Obj::Range { .. } => {
                    let (start, left, step) = self.range_parts(at);
                    let last = i128::from(start) + i128::from(step) * (i128::from(left) - 1);
                    let Some(back) = step.checked_neg() else { return reject("a range as long as this") };
                    Iterator::Range { next: last as i64, left, step: back }
                }
                _ => return type_error(),
            },
            _ => return type_error(),
        };
        self.iterator(iterator)
    }

    /// One more than the deepest of the iterators inside, within the bound.
    pub(super) fn iterator_depth(&self, inner: &[Val]) -> Res<u8> {
        let deepest = inner.iter().map(|val| match self.obj(*val) {
            Some(Obj::Iter(iterator)) => iterator.depth(),
            _ => 0,
        });
        let depth = deepest.max().unwrap_or(0) + 1;
        if depth > MAX_DEPTH { reject("iterators over iterators so deep") } else { Ok(depth) }
    }

    /// Whether taking an item may call the program.
    pub(super) fn calls_back(&self, val: Val) -> bool {
        match self.obj(val) {
            Some(Obj::Iter(iterator)) => match &**iterator {
                Iterator::Enumerate { inner, .. } => self.calls_back(*inner),
                Iterator::Zip { inner, .. } => inner.iter().any(|v| self.calls_back(*v)),
                Iterator::Map { .. } | Iterator::Filter { .. } | Iterator::Generator(_) => true,
                _ => false,
            },
            _ => false,
        }
    }

    fn finish(&mut self, at: Ref) -> Next {
        if let Some(iterator) = self.iter_at(at) {
            *iterator = Iterator::Finished(iterator.type_of());
        }
        Next::End
    }

    fn entry(&mut self, view: View, key: Val, value: Val) -> Res<Val> {
        match view {
            View::Keys => Ok(key),
            View::Values => Ok(value),
            View::Items => self.tuple(vec![key, value]),
        }
    }

    /// The next item, if that needs neither the program nor a frame.
    pub(super) fn next(&mut self, at: Ref) -> Res<Next> {
        let Obj::Iter(iterator) = self.get_mut(at) else { return type_error() };
        match &mut **iterator {
            Iterator::Range { next, left, step, .. } => {
                if *left == 0 {
                    return Ok(self.finish(at));
                }
                let item = *next;
                *left -= 1;
                *next = next.wrapping_add(*step);
                Ok(Next::Item(Val::Int(item)))
            }
            Iterator::Sequence { items, at: index } => {
                let (items, here) = (*items, *index);
                *index += 1;
                match self.sequence(items).and_then(|items| items.get(here)) {
                    Some(item) => Ok(Next::Item(*item)),
                    None => Ok(self.finish(at)),
                }
            }
            Iterator::Text { text, byte } => {
                let (text, here) = (*text, *byte);
                let found = self.text(&text).and_then(|text| text[here..].chars().next());
                let Some(c) = found else { return Ok(self.finish(at)) };
                if let Some(Iterator::Text { byte, .. }) = self.iter_at(at) {
                    *byte += c.len_utf8();
                }
                Ok(Next::Item(Val::Short(Short::of(c))))
            }
            Iterator::ReversedText { text, byte } => {
                let (text, here) = (*text, *byte);
                let found = self.text(&text).and_then(|text| text[..here].chars().next_back());
                let Some(c) = found else { return Ok(self.finish(at)) };
                if let Some(Iterator::ReversedText { byte, .. }) = self.iter_at(at) {
                    *byte -= c.len_utf8();
                }
                Ok(Next::Item(Val::Short(Short::of(c))))
            }
            Iterator::Reversed { items, left } => {
                let (items, here) = (*items, *left);
                *left = here.saturating_sub(1);
                let found = self.sequence(items).and_then(|items| items.get(here.checked_sub(1)?));
                match found {
                    Some(item) => Ok(Next::Item(*item)),
                    None => Ok(self.finish(at)),
                }
            }
            Iterator::Dict { dict, view, place, expected } => {
                let (dict, view, here, expected) = (*dict, *view, *place, *expected);
                if self.dict(dict).len() != expected {
                    if let Some(Iterator::Dict { expected, .. }) = self.iter_at(at) {
                        *expected = usize::MAX;
                    }
                    return raise(ExceptionClass::RuntimeError);
                }
                let Some((key, value, next)) = self.dict(dict).next_from(here) else {
                    return Ok(self.finish(at));
                };
                self.spend((next - here) as u64 / 8)?;
                if let Some(Iterator::Dict { place, .. }) = self.iter_at(at) {
                    *place = next;
                }
                self.entry(view, key, value).map(Next::Item)
            }
            Iterator::ReversedDict { dict, view, place, expected } => {
                let (dict, view, here, expected) = (*dict, *view, *place, *expected);
                if self.dict(dict).len() != expected {
                    return raise(ExceptionClass::RuntimeError);
                }
                let Some((key, value, next)) = self.dict(dict).next_back_from(here) else {
                    return Ok(self.finish(at));
                };
                self.spend((here - next) as u64 / 8)?;
                if let Some(Iterator::ReversedDict { place, .. }) = self.iter_at(at) {
                    *place = next;
                }
                self.entry(view, key, value).map(Next::Item)
            }
            Iterator::Set { set, place, expected } => {
                let (set, here, expected) = (*set, *place, *expected);
                if self.set(set).len() != expected {
                    if let Some(Iterator::Set { expected, .. }) = self.iter_at(at) {
                        *expected = usize::MAX;
                    }
                    return raise(ExceptionClass::RuntimeError);
                }
                let Some((item, next)) = self.set(set).next_from(here) else { return Ok(self.finish(at)) };
                self.spend((next - here) as u64 / 8)?;
                if let Some(Iterator::Set { place, .. }) = self.iter_at(at) {
                    *place = next;
                }
                Ok(Next::Item(item))
            }
            Iterator::Enumerate { inner, .. } => {
                let Val::Obj(inner) = *inner else { return type_error() };
                self.spend(1)?;
                match self.next(inner)? {
                    Next::Item(item) => self.numbered(at, item).map(Next::Item),
                    other => Ok(other),
                }
            }
            Iterator::Zip { inner, strict, .. } => {
                let (inner, strict) = (inner.clone(), *strict);
                if strict || inner.iter().any(|v| self.calls_back(*v)) {
                    return Ok(Next::Machine);
                }
                let mut items = Vec::with_capacity(inner.len());
                for iterator in &inner {
                    let Val::Obj(iterator) = *iterator else { return type_error() };
                    self.spend(1)?;
                    match self.next(iterator)? {
                        Next::Item(item) => items.push(item),
                        other => return Ok(other),
                    }
                }
                if items.is_empty() {
                    return Ok(Next::End);
                }
                self.tuple(items).map(Next::Item)
            }
            Iterator::Map { .. } | Iterator::Filter { .. } | Iterator::Generator(_) => Ok(Next::Machine),
            Iterator::Finished(_) => Ok(Next::End),
        }
    }

    /// The pair that an `enumerate` makes of an item.
    pub(super) fn numbered(&mut self, at: Ref, item: Val) -> Res<Val> {
        let mut number = 0;
        if let Some(Iterator::Enumerate { next, .. }) = self.iter_at(at) {
            number = *next;
            let Some(more) = number.checked_add(1) else { return reject("numbers beyond 64 bits here") };
            *next = more;
        }
        self.tuple(vec![Val::Int(number), item])
    }

    /// All items of an iterable that does not call the program.
    pub(super) fn items(&mut self, val: Val) -> Res<Vec<Val>> {
        if let Some(items) = self.sequence(val) {
            self.check(items.len() as u64 * 16)?;
            let items = items.to_vec();
            self.spend_items(items.len())?;
            return Ok(items);
        }
        let Val::Obj(at) = self.iter_of(val)? else { return type_error() };
        if let Some(Iterator::Range { left, .. }) = self.iter_at(at) {
            let left = *left;
            self.check(left.saturating_mul(16))?;
        }
        let mut items = Vec::new();
        loop {
            match self.next(at)? {
                Next::Item(item) => {
                    if items.len() == items.capacity() {
                        self.check(items.len() as u64 * 32 + 64)?;
                    }
                    // An eighth of a step an item.
                    self.spend(u64::from(items.len() % 8 == 0))?;
                    items.push(item);
                }
                Next::End => return Ok(items),
                Next::Machine => return reject("a lazy iterator here"),
            }
        }
    }
}
