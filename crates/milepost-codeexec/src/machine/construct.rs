//! Calls of types.

use super::call::{Args, Flow};
use super::compare::Number;
use super::float::parse_float;
use super::heap::Obj;
use super::iterate::Iterator;
use super::prelude::Prelude;
use super::run::Machine;
use super::val::{Type, Val};
use super::{Res, reject, type_error, value_error};

impl Machine<'_> {
    /// Calls a type.
    pub(super) fn construct(&mut self, kind: Type, args: &Args<'_>) -> Res<Flow> {
        let val = match kind {
            Type::Bool => {
                let [val] = args.bind(0, [""])?;
                Val::Bool(self.heap.truth(val))
            }
            Type::Int => {
                let [val, base] = args.bind(0, ["", "base"])?;
                self.int(val, base)?
            }
            Type::Float => {
                let [val] = args.bind(0, [""])?;
                if matches!(val, Val::Unbound) {
                    return Ok(Flow::Value(Val::Float(0.0)));
                }
                let length = self.heap.text(&val).map_or(0, str::len);
                self.heap.spend_chars(length)?;
                match (self.heap.number(val), self.heap.text(&val)) {
                    (Some(number), _) => Val::Float(super::heap::Heap::to_float(&number)?),
                    (_, Some(text)) if text.is_ascii() => Val::Float(parse_float(text)?),
                    (_, Some(_)) => return reject("numbers in digits outside ASCII"),
                    _ => return type_error(),
                }
            }
            Type::Str => {
                if args.positional.len() > 1 || !args.names.is_empty() {
                    return reject("decoding bytes");
                }
                match args.positional {
                    [val] if self.heap.text(val).is_some() => *val,
                    [val] => {
                        let text = self.heap.display(*val)?;
                        self.heap.check(text.len() as u64)?;
                        self.heap.str(&text)?
                    }
                    _ => self.heap.str("")?,
                }
            }
            Type::List | Type::Tuple | Type::Set | Type::FrozenSet => return self.collection(kind, args),
            Type::Dict => {
                let made = self.heap.new_dict()?;
                let Val::Obj(at) = made else { return type_error() };
                match args.positional {
                    [] => {}
                    [other] if self.heap.calls_back(*other) => {
                        if !args.names.is_empty() {
                            return reject("`dict` of a lazy iterator and keywords");
                        }
                        return Ok(Flow::Prelude(Prelude::ToDict, vec![*other]));
                    }
                    [other] => self.heap.update_dict(at, *other)?,
                    _ => return type_error(),
                }
                self.put_keywords(at, args)?;
                made
            }
            Type::Range => self.range(args)?,
            Type::Zip => {
                let strict = match (args.names, args.named) {
                    ([], _) => false,
                    ([name], [val]) if **name == *"strict" => self.heap.truth(*val),
                    _ => return type_error(),
                };
                let inner = self.iterators(args.positional)?;
                let depth = self.heap.iterator_depth(&inner)?;
                self.heap.iterator(Iterator::Zip { inner: inner.into(), strict, depth })?
            }
            Type::Map => {
                let Some((function, rest)) = args.positional.split_first() else { return type_error() };
                if rest.is_empty() || !args.names.is_empty() {
                    return type_error();
                }
                let inner = self.iterators(rest)?;
                let depth = self.heap.iterator_depth(&inner)?;
                self.heap.iterator(Iterator::Map { function: *function, inner: inner.into(), depth })?
            }
            Type::Filter => {
                let [function, items] = args.bind(2, ["", ""])?;
                let inner = self.heap.iter_of(items)?;
                let depth = self.heap.iterator_depth(&[inner])?;
                self.heap.iterator(Iterator::Filter { function, inner, depth })?
            }
            Type::Enumerate => {
                let [items, start] = args.bind(1, ["iterable", "start"])?;
                let next = match start {
                    Val::Unbound => 0,
                    _ => match self.heap.number(start) {
                        Some(Number::Int(next)) => next,
                        Some(Number::Big(_)) => return reject("numbers beyond 64 bits here"),
                        _ => return type_error(),
                    },
                };
                let inner = self.heap.iter_of(items)?;
                let depth = self.heap.iterator_depth(&[inner])?;
                self.heap.iterator(Iterator::Enumerate { inner, next, depth })?
            }
            Type::Reversed => {
                let [val] = args.bind(1, [""])?;
                self.heap.reversed(val)?
            }
            Type::Type => {
                if args.positional.len() == 3 {
                    return reject("making a class");
                }
                let [val] = args.bind(1, [""])?;
                self.type_of(val)?
            }
            _ => return reject("calling this type"),
        };
        Ok(Flow::Value(val))
    }

    fn type_of(&self, val: Val) -> Res<Val> {
        if let Some(Obj::Exception(exception)) = self.heap.obj(val) {
            return Ok(Val::Class(exception.class));
        }
        match self.heap.type_of(val) {
            Type::Module | Type::Iterator | Type::Exception if matches!(val, Val::Opaque) => {
                reject("a name of `typing` as a value")
            }
            Type::Iterator => reject("the type of an iterator"),
            kind => Ok(Val::Type(kind)),
        }
    }

    fn iterators(&mut self, vals: &[Val]) -> Res<Vec<Val>> {
        vals.iter().map(|val| self.heap.iter_of(*val)).collect()
    }

    fn int(&mut self, val: Val, base: Val) -> Res<Val> {
        let text = self.heap.text(&val).map(str::to_owned);
        if let Some(text) = text {
            let base = match base {
                Val::Unbound => 10,
                _ => self.heap.index(base)?,
            };
            if !text.is_ascii() {
                return reject("numbers in digits outside ASCII");
            }
            return match u32::try_from(base) {
                Ok(base @ (0 | 2..=36)) => self.heap.parse_int(&text, base),
                _ => value_error(),
            };
        }
        if !matches!(base, Val::Unbound) {
            return type_error();
        }
        match (val, self.heap.number(val)) {
            (Val::Unbound, _) => Ok(Val::Int(0)),
            (_, Some(Number::Float(value))) => self.heap.truncate(value),
            (_, Some(_)) => self.heap.positive(val),
            _ => type_error(),
        }
    }

    fn collection(&mut self, kind: Type, args: &Args<'_>) -> Res<Flow> {
        let [val] = args.bind(0, [""])?;
        if self.heap.calls_back(val) {
            let function = match kind {
                Type::List => Prelude::Collect,
                Type::Tuple => Prelude::ToTuple,
                Type::Set => Prelude::ToSet,
                _ => Prelude::ToFrozenSet,
            };
            return Ok(Flow::Prelude(function, vec![val]));
        }
        let empty = matches!(val, Val::Unbound);
        let made = match kind {
            Type::List | Type::Tuple => {
                if kind == Type::Tuple && matches!(self.heap.obj(val), Some(Obj::Tuple(_))) {
                    return Ok(Flow::Value(val));
                }
                let items = if empty { Vec::new() } else { self.heap.items(val)? };
                if kind == Type::List { self.heap.list(items)? } else { self.heap.tuple(items)? }
            }
            _ => {
                let frozen = kind == Type::FrozenSet;
                if frozen && matches!(self.heap.obj(val), Some(Obj::Set(set)) if set.frozen) {
                    return Ok(Flow::Value(val));
                }
                let made = self.heap.new_set(frozen)?;
                if !empty {
                    self.heap.update_set(Val::Obj(made), val)?;
                }
                Val::Obj(made)
            }
        };
        Ok(Flow::Value(made))
    }

    fn range(&mut self, args: &Args<'_>) -> Res<Val> {
        let [first, second, third] = args.bind(1, ["", "", ""])?;
        let number = |val: Val| match self.heap.number(val) {
            Some(Number::Int(value)) => Ok(value),
            Some(Number::Big(_)) => reject("a range as long as this"),
            _ => type_error(),
        };
        let (start, stop) = match second {
            Val::Unbound => (0, number(first)?),
            _ => (number(first)?, number(second)?),
        };
        let step = if matches!(third, Val::Unbound) { 1 } else { number(third)? };
        if step == 0 {
            return value_error();
        }
        self.heap.add(Obj::Range { start, stop, step })
    }
}
