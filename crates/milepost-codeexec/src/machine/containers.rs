//! What several built-ins do with containers.

use super::heap::{HANDLE_BYTES, Heap, Obj};
use super::iterate::Next;
use super::val::{Ref, Val};
use super::{Res, raise, reject, type_error, value_error};
use crate::ExceptionClass;

impl Heap {
    /// `list.extend(iterable)`
    pub(super) fn extend(&mut self, list: Val, iterable: Val) -> Res<()> {
        let items = self.items(iterable)?;
        self.charge(items.len() as u64 * HANDLE_BYTES)?;
        if let Some(list) = self.list_mut(list) {
            list.reserve_exact(items.len().max(list.len() / 2));
            list.extend(items);
        }
        Ok(())
    }

    /// `set.update(iterable)`
    pub(super) fn update_set(&mut self, set: Val, iterable: Val) -> Res<()> {
        let Val::Obj(at) = set else { return type_error() };
        if self.calls_back(iterable) {
            return reject("a lazy iterator as an argument of this method");
        }
        match (self.obj(iterable), iterable) {
            (Some(Obj::Set(_)), Val::Obj(other)) => self.set_merge(at, other),
            (Some(Obj::Dict(_)), Val::Obj(other)) => self.set_add_keys(at, other),
            _ => {
                let Val::Obj(iterator) = self.iter_of(iterable)? else { return type_error() };
                while let Next::Item(item) = self.next(iterator)? {
                    self.spend(1)?;
                    self.set_add(at, item)?;
                }
                Ok(())
            }
        }
    }

    /// The iterable as a set: itself if it is one.
    pub(super) fn as_set(&mut self, iterable: Val) -> Res<Ref> {
        if let (Some(Obj::Set(_)), Val::Obj(at)) = (self.obj(iterable), iterable) {
            return Ok(at);
        }
        let made = self.new_set(false)?;
        self.update_set(Val::Obj(made), iterable)?;
        Ok(made)
    }

    /// `dict.update(other)`
    pub(super) fn update_dict(&mut self, dict: Ref, other: Val) -> Res<()> {
        if matches!(self.obj(other), Some(Obj::Dict(_))) {
            return self.dict_merge(dict, other);
        }
        let Val::Obj(iterator) = self.iter_of(other)? else { return type_error() };
        while let Next::Item(pair) = self.next(iterator)? {
            self.put_pair(dict, pair)?;
        }
        Ok(())
    }

    /// Puts an item that must be a pair.
    pub(super) fn put_pair(&mut self, dict: Ref, pair: Val) -> Res<()> {
        if self.calls_back(pair) {
            return reject("a lazy iterator as a pair");
        }
        let parts = self.items(pair)?;
        let [key, value] = parts[..] else { return value_error() };
        self.dict_put(dict, key, value)
    }

    /// `len(val)`
    pub(super) fn length(&self, val: Val) -> Res<i64> {
        if self.text(&val).is_some() {
            return Ok(self.chars(&val) as i64);
        }
        let Val::Obj(at) = val else {
            return if matches!(val, Val::Opaque) {
                reject("a name of `typing` as a value")
            } else {
                type_error()
            };
        };
        Ok(match self.get(at) {
            Obj::List(items) => items.len() as i64,
            Obj::Tuple(items) => items.len() as i64,
            Obj::Dict(dict) => dict.len() as i64,
            Obj::Set(set) => set.len() as i64,
            Obj::View(dict, _) => self.dict(*dict).len() as i64,
            Obj::Range { .. } => match i64::try_from(self.range_parts(at).1) {
                Ok(length) => length,
                Err(_) => return raise(ExceptionClass::OverflowError),
            },
            _ => return type_error(),
        })
    }
}
