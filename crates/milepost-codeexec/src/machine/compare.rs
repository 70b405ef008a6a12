//! Equality, order, identity and membership.

use std::cmp::Ordering;
use std::sync::Arc;

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::heap::{Heap, Obj, View};
use super::val::{Ref, Val};
use super::{Res, raise, reject, type_error};
use crate::ExceptionClass;
use crate::syntax::ast::CompareOp;

/// Deeper values end in a `RecursionError`, as they do in CPython.
const MAX_DEPTH: usize = 900;

/// A number of any type; booleans are integers.
#[derive(Debug, Clone)]
pub(super) enum Number {
    Int(i64),
    Big(Arc<BigInt>),
    Float(f64),
}

impl Number {
    pub(super) fn big(&self) -> Option<BigInt> {
        match self {
            Self::Int(value) => Some(BigInt::from(*value)),
            Self::Big(value) => Some((**value).clone()),
            Self::Float(_) => None,
        }
    }

    /// `None` where one is a NaN.
    pub(super) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Float(a), Self::Float(b)) => a.partial_cmp(b),
            (Self::Float(a), _) => other.compare_float(*a).map(Ordering::reverse),
            (_, Self::Float(b)) => self.compare_float(*b),
            _ => Some(self.big()?.cmp(&other.big()?)),
        }
    }

    fn compare_float(&self, float: f64) -> Option<Ordering> {
        if float.is_nan() {
            return None;
        }
        if float.is_infinite() {
            return Some(if float > 0.0 { Ordering::Less } else { Ordering::Greater });
        }
        let whole = float.trunc();
        let order = match self {
            Self::Int(value) if whole.abs() < 9.0e18 => value.cmp(&(whole as i64)),
            _ => self.big()?.cmp(&BigInt::from_f64(whole)?),
        };
        Some(order.then_with(|| 0.0_f64.partial_cmp(&(float - whole)).unwrap_or(Ordering::Equal)))
    }
}

fn is_nan(val: Val) -> bool {
    matches!(val, Val::Float(x) if x.is_nan())
}

impl Heap {
    pub(super) fn number(&self, val: Val) -> Option<Number> {
        match val {
            Val::Int(value) => Some(Number::Int(value)),
            Val::Bool(value) => Some(Number::Int(i64::from(value))),
            Val::Float(value) => Some(Number::Float(value)),
            Val::Obj(at) => match self.get(at) {
                Obj::Big(value) => Some(Number::Big(value.clone())),
                _ => None,
            },
            _ => None,
        }
    }

    /// `a == b`
    pub(super) fn equal(&mut self, a: Val, b: Val) -> Res<bool> {
        self.equal_at(a, b, 0)
    }

    /// `a is b or a == b`, which containers use. Whether two NaN are one object MiniPy cannot say.
    pub(super) fn same(&mut self, a: Val, b: Val) -> Res<bool> {
        match (a, b) {
            (Val::Int(a), Val::Int(b)) => return Ok(a == b),
            (Val::Short(a), Val::Short(b)) => return Ok(a == b),
            (Val::Obj(a), Val::Obj(b)) if a == b => return Ok(true),
            _ => {}
        }
        self.same_at(a, b, 0)
    }

    fn same_at(&mut self, a: Val, b: Val, depth: usize) -> Res<bool> {
        if is_nan(a) && is_nan(b) {
            return reject("comparing NaN inside containers");
        }
        self.equal_at(a, b, depth)
    }

    fn equal_at(&mut self, a: Val, b: Val, depth: usize) -> Res<bool> {
        self.spend(1)?;
        Ok(match (a, b) {
            (Val::Int(a), Val::Int(b)) => a == b,
            (Val::Short(a), Val::Short(b)) => a == b,
            (Val::None, Val::None) => true,
            (Val::Type(a), Val::Type(b)) => a == b,
            (Val::Class(a), Val::Class(b)) => a == b,
            (Val::Builtin(a), Val::Builtin(b)) => a == b,
            (Val::Math(a), Val::Math(b)) => a == b,
            (Val::Module(a), Val::Module(b)) => a == b,
            (Val::Opaque, _) | (_, Val::Opaque) => return reject("a name of `typing` as a value"),
            (Val::MethodOf(..), Val::MethodOf(..)) => return reject("comparing methods"),
            _ => {
                if let (Some(a), Some(b)) = (self.number(a), self.number(b)) {
                    if let (Number::Big(a), Number::Big(_)) = (&a, &b) {
                        self.spend(1 + a.bits() / 1024)?;
                    }
                    return Ok(a.compare(&b) == Some(Ordering::Equal));
                }
                let (Val::Obj(a), Val::Obj(b)) = (a, b) else { return Ok(false) };
                return self.equal_objects(a, b, depth);
            }
        })
    }

    fn equal_objects(&mut self, a: Ref, b: Ref, depth: usize) -> Res<bool> {
        if depth > MAX_DEPTH {
            return raise(ExceptionClass::RecursionError);
        }
        match (self.get(a), self.get(b)) {
            (Obj::Str(x, _), Obj::Str(y, _)) => {
                let equal = x.len() == y.len() && x == y;
                let length = x.len();
                self.spend_bytes(length)?;
                Ok(equal)
            }
            (Obj::List(x), Obj::List(y)) => {
                if x.len() != y.len() {
                    return Ok(false);
                }
                self.equal_items(a, b, depth)
            }
            (Obj::Tuple(x), Obj::Tuple(y)) => {
                if x.len() != y.len() {
                    return Ok(false);
                }
                self.equal_items(a, b, depth)
            }
            (Obj::Dict(x), Obj::Dict(y)) => {
                if x.len() != y.len() {
                    return Ok(false);
                }
                let mut place = 0;
                while let Some((key, value, next)) = self.dict(a).next_from(place) {
                    let Some(other) = self.dict_get(b, key)? else { return Ok(false) };
                    let one = matches!((value, other), (Val::Obj(p), Val::Obj(q)) if p == q);
                    if !one && !self.same_at(value, other, depth + 1)? {
                        return Ok(false);
                    }
                    place = next;
                }
                Ok(true)
            }
            (Obj::Set(x), Obj::Set(y)) => {
                if x.len() != y.len() {
                    return Ok(false);
                }
                self.set_within(a, b)
            }
            (Obj::Range { .. }, Obj::Range { .. }) => {
                let (p, q) = (self.range_parts(a), self.range_parts(b));
                Ok(p.1 == q.1 && (p.1 == 0 || p.0 == q.0 && (p.1 == 1 || p.2 == q.2)))
            }
            (Obj::View(..), Obj::View(..)) if a != b => reject("comparing views of dicts"),
            (Obj::View(..), Obj::Set(_)) | (Obj::Set(_), Obj::View(..)) => reject("comparing views of dicts"),
            (Obj::Bound(..), Obj::Bound(..)) if a != b => reject("comparing methods"),
            _ => Ok(a == b),
        }
    }

    fn item(&self, at: Ref, index: usize) -> Option<Val> {
        self.sequence(Val::Obj(at))?.get(index).copied()
    }

    fn equal_items(&mut self, a: Ref, b: Ref, depth: usize) -> Res<bool> {
        let mut index = 0;
        while let (Some(x), Some(y)) = (self.item(a, index), self.item(b, index)) {
            let one = matches!((x, y), (Val::Obj(p), Val::Obj(q)) if p == q);
            if !one && !self.same_at(x, y, depth + 1)? {
                return Ok(false);
            }
            index += 1;
        }
        Ok(true)
    }

    /// `a < b` and its kin.
    pub(super) fn ordered(&mut self, op: CompareOp, a: Val, b: Val) -> Res<bool> {
        self.ordered_at(op, a, b, 0)
    }

    fn ordered_at(&mut self, op: CompareOp, a: Val, b: Val, depth: usize) -> Res<bool> {
        self.spend(1)?;
        if let (Some(x), Some(y)) = (self.number(a), self.number(b)) {
            return Ok(x.compare(&y).is_some_and(|order| accepts(op, order)));
        }
        if let (Some(x), Some(y)) = (self.text(&a), self.text(&b)) {
            let (order, length) = (x.cmp(y), x.len().min(y.len()));
            self.spend_bytes(length)?;
            return Ok(accepts(op, order));
        }
        let (Val::Obj(x), Val::Obj(y)) = (a, b) else {
            return if matches!((a, b), (Val::Opaque, _) | (_, Val::Opaque)) {
                reject("a name of `typing` as a value")
            } else {
                type_error()
            };
        };
        if depth > MAX_DEPTH {
            return raise(ExceptionClass::RecursionError);
        }
        let lengths = match (self.get(x), self.get(y)) {
            (Obj::List(p), Obj::List(q)) => (p.len(), q.len()),
            (Obj::Tuple(p), Obj::Tuple(q)) => (p.len(), q.len()),
            (Obj::Set(p), Obj::Set(q)) => {
                let (p, q) = (p.len(), q.len());
                return match op {
                    CompareOp::Le => self.set_within(x, y),
                    CompareOp::Lt => Ok(p < q && self.set_within(x, y)?),
                    CompareOp::Ge => self.set_within(y, x),
                    _ => Ok(q < p && self.set_within(y, x)?),
                };
            }
            (Obj::View(..), _) | (_, Obj::View(..)) => return reject("comparing views of dicts"),
            _ => return type_error(),
        };
        let mut index = 0;
        while let (Some(p), Some(q)) = (self.item(x, index), self.item(y, index)) {
            let one = matches!((p, q), (Val::Obj(p), Val::Obj(q)) if p == q);
            if !one && !self.same_at(p, q, depth + 1)? {
                return self.ordered_at(op, p, q, depth + 1);
            }
            index += 1;
        }
        Ok(accepts(op, lengths.0.cmp(&lengths.1)))
    }

    /// `a is b`. Refused where CPython's answer depends on what it happens to share.
    pub(super) fn identical(&mut self, a: Val, b: Val) -> Res<bool> {
        match (a, b) {
            (Val::Obj(x), Val::Obj(y)) => {
                let shared = |heap: &Self, at: Ref| match heap.get(at) {
                    Obj::Str(..) | Obj::Big(_) | Obj::Bound(..) => true,
                    Obj::Tuple(items) => items.is_empty() || x != y,
                    Obj::Set(set) => set.frozen && x != y,
                    Obj::Range { .. } => x != y,
                    _ => false,
                };
                if self.type_of(a) == self.type_of(b) && shared(self, x) && self.equal(a, b)? {
                    return reject("the identity of equal values");
                }
                Ok(x == y)
            }
            (Val::Bool(x), Val::Bool(y)) => Ok(x == y),
            (Val::None, Val::None) => Ok(true),
            (Val::Int(x), Val::Int(y)) if x != y => Ok(false),
            (Val::Int(x), Val::Int(_)) if (-5..=256).contains(&x) => Ok(true),
            (Val::Short(x), Val::Short(y)) if x != y => Ok(false),
            (Val::Short(x), Val::Short(_)) if x.text().len() <= 1 => Ok(true),
            (Val::Float(x), Val::Float(y)) if x != y && !x.is_nan() => Ok(false),
            (Val::Int(_), Val::Int(_)) | (Val::Short(_), Val::Short(_)) | (Val::Float(_), Val::Float(_)) => {
                reject("the identity of equal values")
            }
            (Val::Type(x), Val::Type(y)) => Ok(x == y),
            (Val::Class(x), Val::Class(y)) => Ok(x == y),
            (Val::Builtin(x), Val::Builtin(y)) => Ok(x == y),
            (Val::Math(x), Val::Math(y)) => Ok(x == y),
            (Val::Module(x), Val::Module(y)) => Ok(x == y),
            (Val::Opaque | Val::MethodOf(..), _) | (_, Val::Opaque | Val::MethodOf(..)) => {
                reject("identity of this")
            }
            _ => Ok(false),
        }
    }

    /// `item in container`, unless the container is a lazy iterator that calls the program.
    pub(super) fn contains(&mut self, container: Val, item: Val) -> Res<bool> {
        if let Some(text) = self.text(&container) {
            let Some(part) = self.text(&item) else { return type_error() };
            let (found, length) = (text.contains(part), text.len());
            self.spend_bytes(length)?;
            return Ok(found);
        }
        let Val::Obj(at) = container else {
            return if matches!(container, Val::Opaque | Val::Type(_)) {
                reject("`in` this")
            } else {
                type_error()
            };
        };
        match self.get(at) {
            Obj::List(_) | Obj::Tuple(_) => {
                let mut index = 0;
                while let Some(found) = self.item(at, index) {
                    self.spend(1)?;
                    if self.same(found, item)? {
                        return Ok(true);
                    }
                    index += 1;
                }
                Ok(false)
            }
            Obj::Dict(_) => self.dict_get(at, item).map(|found| found.is_some()),
            Obj::Set(_) => {
                if matches!(self.obj(item), Some(Obj::Set(set)) if !set.frozen) {
                    return reject("looking for a set in a set");
                }
                self.set_has(at, item)
            }
            Obj::Range { .. } => {
                let (start, length, step) = self.range_parts(at);
                let Some(number) = self.number(item) else { return Ok(false) };
                let value = match number {
                    Number::Int(value) => value,
                    Number::Float(x) if x.fract() == 0.0 && x.abs() < 9.0e15 => x as i64,
                    _ => return Ok(false),
                };
                let offset = i128::from(value) - i128::from(start);
                let step = i128::from(step);
                Ok(length > 0 && offset % step == 0 && (0..i128::from(length)).contains(&(offset / step)))
            }
            Obj::View(dict, view) => {
                let (dict, view) = (*dict, *view);
                match view {
                    View::Keys => self.dict_get(dict, item).map(|found| found.is_some()),
                    View::Values => {
                        let mut place = 0;
                        while let Some((_, value, next)) = self.dict(dict).next_from(place) {
                            self.spend(1)?;
                            if self.same(value, item)? {
                                return Ok(true);
                            }
                            place = next;
                        }
                        Ok(false)
                    }
                    View::Items => {
                        let Some(Obj::Tuple(pair)) = self.obj(item) else { return Ok(false) };
                        let [key, value] = pair[..] else { return Ok(false) };
                        match self.dict_get(dict, key)? {
                            Some(found) => self.same(found, value),
                            None => Ok(false),
                        }
                    }
                }
            }
            _ => type_error(),
        }
    }

    /// The start, the number of items and the step of a range.
    pub(super) fn range_parts(&self, at: Ref) -> (i64, u64, i64) {
        let Obj::Range { start, stop, step } = *self.get(at) else { return (0, 0, 1) };
        let span = i128::from(stop) - i128::from(start);
        let step_wide = i128::from(step);
        let count = if (span > 0) == (step > 0) && span != 0 {
            (span.abs() + step_wide.abs() - 1) / step_wide.abs()
        } else {
            0
        };
        (start, count as u64, step)
    }
}

fn accepts(op: CompareOp, order: Ordering) -> bool {
    match op {
        CompareOp::Lt => order == Ordering::Less,
        CompareOp::Le => order != Ordering::Greater,
        CompareOp::Gt => order == Ordering::Greater,
        _ => order != Ordering::Less,
    }
}
