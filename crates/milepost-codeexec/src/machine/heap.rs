//! The arena: objects by handle, bytes and steps charged before they are taken.

use std::sync::Arc;

use num_bigint::BigInt;

use super::dict::Dict;
use super::iterate::Iterator;
use super::set::Set;
use super::val::{Method, Ref, Short, Type, Val};
use super::{Res, Stop};
use crate::{ExceptionClass, Limit, Limits};

/// What an object costs beyond its contents.
const OBJECT_BYTES: u64 = 48;
/// What a handle costs in a container.
pub(super) const HANDLE_BYTES: u64 = 16;
/// Nothing is swept below this.
const FIRST_SWEEP: u64 = 1 << 20;

/// An object.
#[derive(Debug, Clone)]
pub(crate) enum Obj {
    Free,
    /// A string longer than a [`Short`], and its number of characters.
    Str(Arc<str>, u32),
    /// An integer outside 64 bits.
    Big(Arc<BigInt>),
    List(Vec<Val>),
    Tuple(Box<[Val]>),
    Dict(Box<Dict>),
    Set(Box<Set>),
    Range {
        start: i64,
        stop: i64,
        step: i64,
    },
    Function(Arc<Function>),
    /// A method with its receiver.
    Bound(Val, Method),
    Iter(Box<Iterator>),
    Cell(Val),
    Exception(Box<Exception>),
    /// `dict.keys()`, `values()`, `items()`
    View(Ref, View),
}

/// Which part of a dict a view shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum View {
    Keys,
    Values,
    Items,
}

/// A function of the program.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(super) code: u32,
    pub(super) defaults: Box<[Val]>,
    /// By keyword-only parameter; unbound where there is none.
    pub(super) keyword_defaults: Box<[Val]>,
    pub(super) cells: Box<[Val]>,
}

/// An exception object.
#[derive(Debug, Clone)]
pub(crate) struct Exception {
    pub(super) class: ExceptionClass,
    /// The arguments, if they are known: those of CPython's own messages are not.
    pub(super) args: Option<Box<[Val]>>,
    pub(super) line: Option<u32>,
}

/// The arena with its meters.
#[derive(Debug, Clone)]
pub(crate) struct Heap {
    objects: Vec<Obj>,
    free: Vec<u32>,
    /// Accounted bytes, garbage included.
    pub(super) live: u64,
    pub(super) peak: u64,
    /// A sweep is due above this.
    pub(super) sweep_at: u64,
    pub(super) fuel: u64,
    pub(super) limits: Limits,
}

impl Heap {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            objects: Vec::new(),
            free: Vec::new(),
            live: 0,
            peak: 0,
            sweep_at: FIRST_SWEEP.min(limits.bytes / 2),
            fuel: limits.fuel,
            limits,
        }
    }

    /// Pays for steps before they are taken.
    pub(super) fn spend(&mut self, steps: u64) -> Res<()> {
        match self.fuel.checked_sub(steps) {
            Some(left) => {
                self.fuel = left;
                Ok(())
            }
            None => {
                self.fuel = 0;
                Err(Stop::Limit(Limit::Fuel))
            }
        }
    }

    /// Pays for walking over elements: 1 + n/8.
    pub(super) fn spend_items(&mut self, items: usize) -> Res<()> {
        self.spend(1 + items as u64 / 8)
    }

    /// Pays for reading or writing bytes: 1 + n/64.
    pub(super) fn spend_bytes(&mut self, bytes: usize) -> Res<()> {
        self.spend(1 + bytes as u64 / 64)
    }

    /// Pays for reading text character by character: 1 + n/8.
    pub(super) fn spend_chars(&mut self, bytes: usize) -> Res<()> {
        self.spend(1 + bytes as u64 / 8)
    }

    /// Pays for bytes before they are allocated.
    pub(super) fn charge(&mut self, bytes: u64) -> Res<()> {
        let live = self.live.saturating_add(bytes);
        if live > self.limits.bytes {
            return Err(Stop::Limit(Limit::Memory));
        }
        self.live = live;
        self.peak = self.peak.max(live);
        Ok(())
    }

    /// Refuses what would not fit, before the work of making it begins.
    pub(super) fn check(&self, bytes: u64) -> Res<()> {
        if self.live.saturating_add(bytes) > self.limits.bytes {
            return Err(Stop::Limit(Limit::Memory));
        }
        Ok(())
    }

    pub(super) fn add(&mut self, object: Obj) -> Res<Val> {
        self.charge(bytes_of(&object))?;
        if let Some(at) = self.free.pop() {
            self.objects[at as usize] = object;
            return Ok(Val::Obj(Ref(at)));
        }
        self.objects.push(object);
        Ok(Val::Obj(Ref(self.objects.len() as u32 - 1)))
    }

    pub(super) fn get(&self, at: Ref) -> &Obj {
        &self.objects[at.0 as usize]
    }

    pub(super) fn get_mut(&mut self, at: Ref) -> &mut Obj {
        &mut self.objects[at.0 as usize]
    }

    /// The object behind a handle.
    pub(super) fn obj(&self, val: Val) -> Option<&Obj> {
        match val {
            Val::Obj(at) => Some(self.get(at)),
            _ => None,
        }
    }

    pub(super) fn str(&mut self, text: &str) -> Res<Val> {
        self.spend_bytes(text.len())?;
        match Short::new(text) {
            Some(short) => Ok(Val::Short(short)),
            None => {
                self.check(text.len() as u64)?;
                let chars = if text.is_ascii() { text.len() } else { text.chars().count() };
                self.add(Obj::Str(text.into(), chars as u32))
            }
        }
    }

    pub(super) fn list(&mut self, items: Vec<Val>) -> Res<Val> {
        self.add(Obj::List(items))
    }

    pub(super) fn tuple(&mut self, items: Vec<Val>) -> Res<Val> {
        self.add(Obj::Tuple(items.into()))
    }

    pub(super) fn big(&mut self, value: BigInt) -> Res<Val> {
        use num_traits::ToPrimitive;
        if let Some(small) = value.to_i64() {
            return Ok(Val::Int(small));
        }
        if value.bits() > self.limits.integer_bits {
            return Err(Stop::Limit(Limit::Memory));
        }
        self.add(Obj::Big(Arc::new(value)))
    }

    pub(super) fn iterator(&mut self, iterator: Iterator) -> Res<Val> {
        self.add(Obj::Iter(Box::new(iterator)))
    }

    /// A string's text.
    pub(super) fn text<'a>(&'a self, val: &'a Val) -> Option<&'a str> {
        match val {
            Val::Short(short) => Some(short.text()),
            Val::Obj(at) => match self.get(*at) {
                Obj::Str(text, _) => Some(text),
                _ => None,
            },
            _ => None,
        }
    }

    /// How many characters a string has.
    pub(super) fn chars(&self, val: &Val) -> usize {
        match val {
            Val::Short(short) => short.text().chars().count(),
            Val::Obj(at) => match self.get(*at) {
                Obj::Str(_, chars) => *chars as usize,
                _ => 0,
            },
            _ => 0,
        }
    }

    /// The items of a list or tuple.
    pub(super) fn sequence(&self, val: Val) -> Option<&[Val]> {
        match self.obj(val)? {
            Obj::List(items) => Some(items),
            Obj::Tuple(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn list_mut(&mut self, val: Val) -> Option<&mut Vec<Val>> {
        match val {
            Val::Obj(at) => match self.get_mut(at) {
                Obj::List(items) => Some(items),
                _ => None,
            },
            _ => None,
        }
    }

    /// Appends to a list, growing it by doubling; the growth is paid for first.
    pub(super) fn push(&mut self, list: Val, item: Val) -> Res<()> {
        let Some(items) = self.list_mut(list) else { return Ok(()) };
        if items.len() == items.capacity() {
            let more = items.len().max(4);
            self.charge(more as u64 * HANDLE_BYTES)?;
            if let Some(items) = self.list_mut(list) {
                items.reserve_exact(more);
            }
        }
        if let Some(items) = self.list_mut(list) {
            items.push(item);
        }
        Ok(())
    }

    pub(super) fn type_of(&self, val: Val) -> Type {
        match val {
            Val::Unbound | Val::None => Type::NoneType,
            Val::Bool(_) => Type::Bool,
            Val::Int(_) => Type::Int,
            Val::Float(_) => Type::Float,
            Val::Short(_) => Type::Str,
            Val::Builtin(_) | Val::Math(_) => Type::Builtin,
            Val::MethodOf(..) => Type::Function,
            Val::Type(_) | Val::Class(_) => Type::Type,
            Val::Module(_) | Val::Opaque => Type::Module,
            Val::Obj(at) => match self.get(at) {
                Obj::Free => Type::NoneType,
                Obj::Str(..) => Type::Str,
                Obj::Big(_) => Type::Int,
                Obj::List(_) => Type::List,
                Obj::Tuple(_) => Type::Tuple,
                Obj::Dict(_) => Type::Dict,
                Obj::Set(set) if set.frozen => Type::FrozenSet,
                Obj::Set(_) => Type::Set,
                Obj::Range { .. } => Type::Range,
                Obj::Function(_) | Obj::Cell(_) => Type::Function,
                Obj::Bound(..) => Type::Builtin,
                Obj::Iter(iterator) => iterator.type_of(),
                Obj::Exception(_) => Type::Exception,
                Obj::View(_, View::Keys) => Type::DictKeys,
                Obj::View(_, View::Values) => Type::DictValues,
                Obj::View(_, View::Items) => Type::DictItems,
            },
        }
    }

    /// Frees what the roots do not reach. Paid for by the work: objects and handles looked at.
    pub(super) fn sweep(&mut self, roots: impl std::iter::Iterator<Item = Val>) -> Res<()> {
        let mut marked = vec![false; self.objects.len()];
        let mut work = self.objects.len() as u64;
        let mut open: Vec<u32> = Vec::new();
        let mark = |val: Val, open: &mut Vec<u32>, marked: &mut Vec<bool>| {
            if let Val::Obj(Ref(at)) = val
                && !std::mem::replace(&mut marked[at as usize], true)
            {
                open.push(at);
            }
        };
        for root in roots {
            mark(root, &mut open, &mut marked);
        }
        while let Some(at) = open.pop() {
            let object = &self.objects[at as usize];
            each_handle(object, &mut |val| {
                work += 1;
                mark(val, &mut open, &mut marked);
            });
        }
        let mut live = 0;
        for (at, reached) in marked.into_iter().enumerate() {
            if reached {
                live += bytes_of(&self.objects[at]);
            } else if !matches!(self.objects[at], Obj::Free) {
                self.objects[at] = Obj::Free;
                self.free.push(at as u32);
            }
        }
        self.live = live;
        let limit = self.limits.bytes;
        self.sweep_at = (live * 2).max(FIRST_SWEEP).min(live + limit.saturating_sub(live) / 2);
        self.spend(1 + work / 8)
    }
}

/// Every handle that an object holds.
fn each_handle(object: &Obj, see: &mut dyn FnMut(Val)) {
    match object {
        Obj::Free | Obj::Str(..) | Obj::Big(_) | Obj::Range { .. } => {}
        Obj::List(items) => items.iter().for_each(|v| see(*v)),
        Obj::Tuple(items) => items.iter().for_each(|v| see(*v)),
        Obj::Dict(dict) => dict.iter().for_each(|(key, value)| {
            see(key);
            see(value);
        }),
        Obj::Set(set) => set.iter().for_each(see),
        Obj::Function(function) => {
            let handles = function.defaults.iter().chain(&function.keyword_defaults).chain(&function.cells);
            handles.for_each(|v| see(*v));
        }
        Obj::Bound(receiver, _) => see(*receiver),
        Obj::Iter(iterator) => iterator.each_handle(see),
        Obj::Cell(val) => see(*val),
        Obj::Exception(exception) => exception.args.iter().flatten().for_each(|v| see(*v)),
        Obj::View(dict, _) => see(Val::Obj(*dict)),
    }
}

fn bytes_of(object: &Obj) -> u64 {
    let handles = |n: usize| n as u64 * HANDLE_BYTES;
    OBJECT_BYTES
        + match object {
            Obj::Free | Obj::Range { .. } | Obj::Bound(..) | Obj::Cell(_) | Obj::View(..) => 0,
            Obj::Str(text, _) => text.len() as u64,
            Obj::Big(value) => value.bits() / 8 + 8,
            Obj::List(items) => handles(items.capacity()),
            Obj::Tuple(items) => handles(items.len()),
            Obj::Dict(dict) => dict.bytes(),
            Obj::Set(set) => set.bytes(),
            Obj::Function(function) => {
                handles(function.defaults.len() + function.keyword_defaults.len() + function.cells.len())
            }
            Obj::Iter(iterator) => iterator.bytes(),
            Obj::Exception(exception) => handles(exception.args.as_ref().map_or(0, |args| args.len())),
        }
}
