//! Methods, by the type of their receiver.

use num_traits::Signed;

use super::call::{Args, Flow};
use super::compare::Number;
use super::float::ratio;
use super::heap::{Obj, View};
use super::prelude::Prelude;
use super::run::Machine;
use super::val::{Method, Ref, Type, Val};
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::ExceptionClass;

impl Machine<'_> {
    pub(super) fn method(&mut self, receiver: Val, method: Method, args: &Args<'_>) -> Res<Flow> {
        match (self.heap.type_of(receiver), receiver) {
            (Type::Str, _) => self.text_method(receiver, method, args),
            (Type::List, _) => self.list_method(receiver, method, args),
            (Type::Tuple | Type::Range, _) => {
                let [item, start, stop] = args.bind(1, ["", "", ""])?;
                self.sequence_method(receiver, method, item, start, stop).map(Flow::Value)
            }
            (Type::Dict, Val::Obj(at)) => self.dict_method(at, method, args),
            (Type::Set | Type::FrozenSet, Val::Obj(at)) => self.set_method(at, method, args),
            (Type::Int | Type::Bool | Type::Float, _) => {
                let [] = args.bind(0, [])?;
                self.number_method(receiver, method).map(Flow::Value)
            }
            _ => raise(ExceptionClass::AttributeError),
        }
    }

    fn number_method(&mut self, receiver: Val, method: Method) -> Res<Val> {
        let Some(number) = self.heap.number(receiver) else { return type_error() };
        match (method, &number) {
            (Method::Conjugate, Number::Float(_)) => Ok(receiver),
            (Method::Conjugate, _) => self.heap.positive(receiver),
            (Method::IsInteger, Number::Float(value)) => {
                Ok(Val::Bool(value.is_finite() && value.fract() == 0.0))
            }
            (Method::AsIntegerRatio, Number::Float(value)) => {
                if value.is_nan() {
                    return value_error();
                }
                if value.is_infinite() {
                    return raise(ExceptionClass::OverflowError);
                }
                let (top, bottom) = ratio(*value);
                let (top, bottom) = (self.heap.big(top)?, self.heap.big(bottom)?);
                self.heap.tuple(vec![top, bottom])
            }
            (Method::AsIntegerRatio, _) => {
                let top = self.heap.positive(receiver)?;
                self.heap.tuple(vec![top, Val::Int(1)])
            }
            _ => {
                let Some(value) = number.big() else { return type_error() };
                let magnitude = value.abs();
                Ok(Val::Int(match method {
                    Method::BitLength => magnitude.bits() as i64,
                    _ => magnitude.magnitude().count_ones() as i64,
                }))
            }
        }
    }

    fn text_method(&mut self, receiver: Val, method: Method, args: &Args<'_>) -> Res<Flow> {
        use Method as M;
        let text = self.heap.text(&receiver).unwrap_or("").to_owned();
        if method == M::Format {
            self.heap.spend_chars(text.len())?;
            let keywords: Vec<_> = args.names.iter().cloned().zip(args.named.iter().copied()).collect();
            let filled = self.heap.format_template(&text, args.positional, &keywords)?;
            self.heap.check(filled.len() as u64)?;
            return self.heap.str(&filled).map(Flow::Value);
        }
        let bound: [Val; 3] = match method {
            M::Split | M::Rsplit => args.bind(0, ["sep", "maxsplit"]).map(|[a, b]| [a, b, Val::Unbound])?,
            M::SplitLines => args.bind(0, ["keepends"]).map(|[a]| [a, Val::Unbound, Val::Unbound])?,
            M::ExpandTabs => args.bind(0, ["tabsize"]).map(|[a]| [a, Val::Unbound, Val::Unbound])?,
            M::Strip | M::Lstrip | M::Rstrip => {
                args.bind(0, [""]).map(|[a]| [a, Val::Unbound, Val::Unbound])?
            }
            M::Replace => args.bind(2, ["", "", ""])?,
            M::Find | M::Rfind | M::Index | M::Rindex | M::Count | M::StartsWith | M::EndsWith => {
                args.bind(1, ["", "", ""])?
            }
            M::Center | M::Ljust | M::Rjust => args.bind(1, ["", ""]).map(|[a, b]| [a, b, Val::Unbound])?,
            M::Zfill | M::Partition | M::Rpartition | M::RemovePrefix | M::RemoveSuffix | M::Join => {
                args.bind(1, [""]).map(|[a]| [a, Val::Unbound, Val::Unbound])?
            }
            _ => args.bind(0, []).map(|[]| [Val::Unbound; 3])?,
        };
        if method == M::Join && self.heap.calls_back(bound[0]) {
            return Ok(Flow::Prelude(Prelude::JoinAll, vec![receiver, bound[0]]));
        }
        self.heap.string_method(method, &text, &bound).map(Flow::Value)
    }

    fn list_method(&mut self, list: Val, method: Method, args: &Args<'_>) -> Res<Flow> {
        use Method as M;
        let length = self.heap.sequence(list).map_or(0, <[Val]>::len);
        let none = Ok(Flow::Value(Val::None));
        match method {
            M::Append => {
                let [item] = args.bind(1, [""])?;
                self.heap.push(list, item)?;
                none
            }
            M::Extend => {
                let [items] = args.bind(1, [""])?;
                if self.heap.calls_back(items) {
                    return Ok(Flow::Prelude(Prelude::Extend, vec![list, items]));
                }
                self.heap.extend(list, items)?;
                none
            }
            M::Insert => {
                let [index, item] = args.bind(2, ["", ""])?;
                let at = self.heap.index(index)?;
                let at = if at < 0 { (at + length as i64).max(0) } else { at.min(length as i64) } as usize;
                self.heap.push(list, item)?;
                self.heap.spend_items(length - at)?;
                if let Some(items) = self.heap.list_mut(list) {
                    items[at..].rotate_right(1);
                }
                none
            }
            M::Pop => {
                let [index] = args.bind(0, [""])?;
                let at = if matches!(index, Val::Unbound) { -1 } else { self.heap.index(index)? };
                let at = if at < 0 { at + length as i64 } else { at };
                let Some(at) = usize::try_from(at).ok().filter(|at| *at < length) else {
                    return raise(ExceptionClass::IndexError);
                };
                self.heap.spend_items(length - at)?;
                let removed = self.heap.list_mut(list).map(|items| items.remove(at));
                Ok(Flow::Value(removed.unwrap_or(Val::None)))
            }
            M::Remove => {
                let [item] = args.bind(1, [""])?;
                let at = self.find_item(list, item, 0, length)?;
                let Some(at) = at else { return value_error() };
                if let Some(items) = self.heap.list_mut(list) {
                    items.remove(at);
                }
                none
            }
            M::Clear => {
                let [] = args.bind(0, [])?;
                if let Some(items) = self.heap.list_mut(list) {
                    *items = Vec::new();
                }
                none
            }
            M::Copy => {
                let [] = args.bind(0, [])?;
                let items = self.heap.items(list)?;
                self.heap.list(items).map(Flow::Value)
            }
            M::Reverse => {
                let [] = args.bind(0, [])?;
                self.heap.spend_items(length)?;
                if let Some(items) = self.heap.list_mut(list) {
                    items.reverse();
                }
                none
            }
            M::Sort => {
                if !args.positional.is_empty() {
                    return type_error();
                }
                let [key, reverse] = args.bind(0, ["key", "reverse"])?;
                let reverse = self.flag(reverse)?;
                if !matches!(key, Val::None | Val::Unbound) {
                    return Ok(Flow::Prelude(Prelude::SortInPlace, vec![list, key, Val::Bool(reverse)]));
                }
                let mut items = self.heap.items(list)?;
                let keys = items.clone();
                self.heap.sort_by_keys(&keys, &mut items, reverse)?;
                if let Some(list) = self.heap.list_mut(list) {
                    list.copy_from_slice(&items);
                }
                none
            }
            _ => {
                let [item, start, stop] = args.bind(1, ["", "", ""])?;
                self.sequence_method(list, method, item, start, stop).map(Flow::Value)
            }
        }
    }

    /// A truth given as a number, as `reverse` is.
    pub(super) fn flag(&self, val: Val) -> Res<bool> {
        match val {
            Val::Unbound => Ok(false),
            _ => self.heap.index(val).map(|n| n != 0),
        }
    }

    fn find_item(&mut self, list: Val, item: Val, start: usize, stop: usize) -> Res<Option<usize>> {
        for at in start..stop {
            let Some(found) = self.heap.sequence(list).and_then(|items| items.get(at)).copied() else {
                break;
            };
            self.heap.spend(1)?;
            if self.heap.same(found, item)? {
                return Ok(Some(at));
            }
        }
        Ok(None)
    }

    /// `count` and `index` of lists, tuples and ranges.
    fn sequence_method(
        &mut self,
        sequence: Val,
        method: Method,
        item: Val,
        start: Val,
        stop: Val,
    ) -> Res<Val> {
        let items = if self.heap.type_of(sequence) == Type::Range {
            if !matches!((start, stop), (Val::Unbound, Val::Unbound)) {
                return type_error();
            }
            self.heap.items(sequence)?
        } else {
            Vec::new()
        };
        let list = if items.is_empty() { sequence } else { self.heap.list(items)? };
        let length = self.heap.sequence(list).map_or(0, <[Val]>::len);
        if method == Method::Count {
            if !matches!((start, stop), (Val::Unbound, Val::Unbound)) {
                return type_error();
            }
            let mut count = 0;
            let mut at = 0;
            while let Some(found) = self.find_item(list, item, at, length)? {
                count += 1;
                at = found + 1;
            }
            return Ok(Val::Int(count));
        }
        let bound = |machine: &Self, val: Val, default: usize| -> Res<usize> {
            match val {
                Val::Unbound => Ok(default),
                _ => match machine.heap.number(val) {
                    Some(Number::Int(at)) if at < 0 => Ok((at + length as i64).max(0) as usize),
                    Some(Number::Int(at)) => Ok(at as usize),
                    Some(Number::Big(at)) => Ok(super::plain::saturate(&at).max(0) as usize),
                    _ => type_error(),
                },
            }
        };
        let (start, stop) = (bound(self, start, 0)?, bound(self, stop, length)?.min(length));
        match self.find_item(list, item, start, stop)? {
            Some(at) => Ok(Val::Int(at as i64)),
            None => value_error(),
        }
    }

    pub(super) fn keyed_by(&mut self, args: &Args<'_>) -> Res<Flow> {
        let [keys, value] = args.bind(1, ["", ""])?;
        let value = if matches!(value, Val::Unbound) { Val::None } else { value };
        if self.heap.calls_back(keys) {
            return Ok(Flow::Prelude(Prelude::FromKeys, vec![keys, value]));
        }
        let made = self.heap.new_dict()?;
        if let Val::Obj(at) = made {
            for key in self.heap.items(keys)? {
                self.heap.dict_put(at, key, value)?;
            }
        }
        Ok(Flow::Value(made))
    }

    fn dict_method(&mut self, dict: Ref, method: Method, args: &Args<'_>) -> Res<Flow> {
        use Method as M;
        let val = match method {
            M::Get => {
                let [key, default] = args.bind(1, ["", ""])?;
                let default = if matches!(default, Val::Unbound) { Val::None } else { default };
                self.heap.dict_get(dict, key)?.unwrap_or(default)
            }
            M::SetDefault => {
                let [key, default] = args.bind(1, ["", ""])?;
                let default = if matches!(default, Val::Unbound) { Val::None } else { default };
                match self.heap.dict_get(dict, key)? {
                    Some(found) => found,
                    None => {
                        self.heap.dict_put(dict, key, default)?;
                        default
                    }
                }
            }
            M::Pop => {
                let [key, default] = args.bind(1, ["", ""])?;
                match (self.heap.dict_remove(dict, key)?, default) {
                    (Some(found), _) => found,
                    (None, Val::Unbound) => return Err(Stop::Key(key)),
                    (None, default) => default,
                }
            }
            M::PopItem => {
                let [] = args.bind(0, [])?;
                let last = self.heap.dict(dict).next_back_from(usize::MAX);
                let Some((key, value, at)) = last else { return raise(ExceptionClass::KeyError) };
                let gaps = self.heap.dict(dict).places() - at;
                self.heap.spend(gaps as u64 / 8)?;
                self.heap.dict_remove(dict, key)?;
                self.heap.tuple(vec![key, value])?
            }
            M::Keys | M::Values | M::Items => {
                let [] = args.bind(0, [])?;
                let view = match method {
                    M::Keys => View::Keys,
                    M::Values => View::Values,
                    _ => View::Items,
                };
                self.heap.add(Obj::View(dict, view))?
            }
            M::Copy => {
                let [] = args.bind(0, [])?;
                self.heap.dict_copy(dict)?
            }
            M::Clear => {
                let [] = args.bind(0, [])?;
                if let Some(dict) = self.heap.dict_mut(dict) {
                    dict.clear();
                }
                Val::None
            }
            M::Update => {
                if args.positional.len() > 1 {
                    return type_error();
                }
                if let Some(other) = args.positional.first() {
                    if self.heap.calls_back(*other) {
                        if !args.names.is_empty() {
                            return reject("`update` with a lazy iterator and keywords");
                        }
                        return Ok(Flow::Prelude(Prelude::UpdateDict, vec![Val::Obj(dict), *other]));
                    }
                    self.heap.update_dict(dict, *other)?;
                }
                self.put_keywords(dict, args)?;
                Val::None
            }
            _ => return self.keyed_by(args),
        };
        Ok(Flow::Value(val))
    }

    pub(super) fn put_keywords(&mut self, dict: Ref, args: &Args<'_>) -> Res<()> {
        for (name, val) in args.names.iter().zip(args.named) {
            let key = self.heap.str(name)?;
            self.heap.dict_put(dict, key, *val)?;
        }
        Ok(())
    }

    fn set_method(&mut self, set: Ref, method: Method, args: &Args<'_>) -> Res<Flow> {
        use Method as M;
        if !args.names.is_empty() {
            return type_error();
        }
        let frozen = self.heap.set(set).frozen;
        let val = match method {
            M::Add => {
                let [item] = args.bind(1, [""])?;
                self.heap.set_add(set, item)?;
                Val::None
            }
            M::Remove | M::Discard => {
                let [item] = args.bind(1, [""])?;
                if matches!(self.heap.obj(item), Some(Obj::Set(other)) if !other.frozen) {
                    return reject("looking for a set in a set");
                }
                if !self.heap.set_discard(set, item)? && method == M::Remove {
                    return Err(Stop::Key(item));
                }
                Val::None
            }
            M::Pop => {
                let [] = args.bind(0, [])?;
                match self.heap.set_pop(set)? {
                    Some(item) => item,
                    None => return raise(ExceptionClass::KeyError),
                }
            }
            M::Clear => {
                let [] = args.bind(0, [])?;
                self.heap.set_clear(set);
                Val::None
            }
            M::Copy => {
                let [] = args.bind(0, [])?;
                if frozen { Val::Obj(set) } else { Val::Obj(self.heap.set_copy(set, false)?) }
            }
            M::Update => {
                if let [only] = args.positional
                    && self.heap.calls_back(*only)
                {
                    return Ok(Flow::Prelude(Prelude::UpdateSet, vec![Val::Obj(set), *only]));
                }
                for other in args.positional {
                    self.heap.update_set(Val::Obj(set), *other)?;
                }
                Val::None
            }
            M::Union => {
                let made = self.heap.set_copy(set, frozen)?;
                for other in args.positional {
                    self.heap.update_set(Val::Obj(made), *other)?;
                }
                Val::Obj(made)
            }
            M::Intersection | M::Difference | M::IntersectionUpdate | M::DifferenceUpdate => {
                let updates = matches!(method, M::IntersectionUpdate | M::DifferenceUpdate);
                let shared = matches!(method, M::Intersection | M::IntersectionUpdate);
                let mut made = set;
                if args.positional.is_empty() && !updates {
                    made = self.heap.set_copy(set, frozen)?;
                }
                for other in args.positional {
                    let is_set = matches!(self.heap.obj(*other), Some(Obj::Set(_)));
                    let items = self.heap.as_set(*other)?;
                    made = match (shared, is_set) {
                        (true, true) => self.heap.set_intersection(made, items, frozen)?,
                        // Of what is no set, CPython takes the items in their own order.
                        (true, false) => {
                            let new = self.heap.new_set(frozen)?;
                            for item in self.heap.items(*other)? {
                                if self.heap.set_has(made, item)? {
                                    self.heap.set_add(new, item)?;
                                }
                            }
                            new
                        }
                        (false, _) if updates => {
                            self.heap.set_subtract(set, items)?;
                            set
                        }
                        (false, true) => self.heap.set_difference(made, items, frozen)?,
                        (false, false) => {
                            let new = self.heap.set_copy(made, frozen)?;
                            self.heap.set_subtract(new, items)?;
                            new
                        }
                    };
                }
                if updates && shared && made != set {
                    let table = self.heap.set(made).clone();
                    if let Some(set) = self.heap.set_mut(set) {
                        *set = table;
                    }
                }
                if updates { Val::None } else { Val::Obj(made) }
            }
            M::SymmetricDifference | M::SymmetricDifferenceUpdate => {
                let [other] = args.bind(1, [""])?;
                let other = self.heap.as_set(other)?;
                if method == M::SymmetricDifferenceUpdate {
                    self.heap.set_symmetric(set, other)?;
                    Val::None
                } else {
                    let made = self.heap.set_copy(other, frozen)?;
                    self.heap.set_symmetric(made, set)?;
                    Val::Obj(made)
                }
            }
            _ => {
                let [other] = args.bind(1, [""])?;
                let other = self.heap.as_set(other)?;
                Val::Bool(match method {
                    M::IsSubset => self.heap.set_within(set, other)?,
                    M::IsSuperset => self.heap.set_within(other, set)?,
                    _ => {
                        let shared = self.heap.set_intersection(set, other, true)?;
                        self.heap.set(shared).len() == 0
                    }
                })
            }
        };
        Ok(Flow::Value(val))
    }
}
