//! Built-in functions and the constructors of types.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::arith::divmod;
use super::call::{Args, Flow};
use super::compare::Number;
use super::heap::Obj;
use super::iterate::Next;
use super::prelude::Prelude;
use super::run::Machine;
use super::val::{Builtin, Type, Val};
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::syntax::ast::{BinaryOp, CompareOp};
use crate::{ExceptionClass, Limit};

impl Machine<'_> {
    pub(super) fn builtin(&mut self, builtin: Builtin, args: &Args<'_>) -> Res<Flow> {
        use Builtin as B;
        let val = match builtin {
            B::Abs => {
                let [val] = args.bind(1, [""])?;
                match self.heap.number(val) {
                    Some(Number::Float(value)) => Val::Float(value.abs()),
                    Some(Number::Int(value)) if value >= 0 => Val::Int(value),
                    Some(Number::Big(value)) if !value.is_negative() => val,
                    Some(_) => self.heap.negative(val)?,
                    None => return type_error(),
                }
            }
            B::Any | B::All => {
                let [items] = args.bind(1, [""])?;
                if self.heap.calls_back(items) {
                    let function = if builtin == B::Any { Prelude::AnyOf } else { Prelude::AllOf };
                    return Ok(Flow::Prelude(function, vec![items]));
                }
                let wanted = builtin == B::Any;
                Val::Bool(self.find_truth(items, wanted)?)
            }
            B::Bin | B::Oct | B::Hex => {
                let [val] = args.bind(1, [""])?;
                let value = match self.heap.number(val) {
                    Some(Number::Float(_)) | None => return type_error(),
                    Some(number) => number.big().unwrap_or_default(),
                };
                let (prefix, radix) = match builtin {
                    B::Bin => ("0b", 2),
                    B::Oct => ("0o", 8),
                    _ => ("0x", 16),
                };
                let sign = if value.is_negative() { "-" } else { "" };
                let text = format!("{sign}{prefix}{}", value.abs().to_str_radix(radix));
                self.heap.str(&text)?
            }
            B::Chr => {
                let [code] = args.bind(1, [""])?;
                self.heap.chr(code)?
            }
            B::Ord => {
                let [text] = args.bind(1, [""])?;
                let Some(text) = self.heap.text(&text) else { return type_error() };
                let mut chars = text.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Val::Int(i64::from(c as u32)),
                    _ => return type_error(),
                }
            }
            B::Divmod => {
                let [a, b] = args.bind(2, ["", ""])?;
                let (quotient, rest) = match (self.heap.number(a), self.heap.number(b)) {
                    (Some(Number::Float(_)), Some(_)) | (Some(_), Some(Number::Float(_))) => {
                        let (Some(x), Some(y)) = (self.heap.number(a), self.heap.number(b)) else {
                            return type_error();
                        };
                        let (x, y) = (super::heap::Heap::to_float(&x)?, super::heap::Heap::to_float(&y)?);
                        if y == 0.0 {
                            return raise(ExceptionClass::ZeroDivisionError);
                        }
                        let (quotient, rest) = divmod(x, y);
                        (Val::Float(quotient), Val::Float(rest))
                    }
                    (Some(_), Some(_)) => {
                        (self.heap.binary(BinaryOp::FloorDiv, a, b)?, self.heap.binary(BinaryOp::Mod, a, b)?)
                    }
                    _ => return type_error(),
                };
                self.heap.tuple(vec![quotient, rest])?
            }
            B::IsInstance => {
                let [val, class] = args.bind(2, ["", ""])?;
                Val::Bool(self.is_instance(val, class, 0)?)
            }
            B::Iter => {
                if args.positional.len() == 2 {
                    return reject("`iter` with a sentinel");
                }
                let [val] = args.bind(1, [""])?;
                self.heap.iter_of(val)?
            }
            B::Len => {
                let [val] = args.bind(1, [""])?;
                Val::Int(self.heap.length(val)?)
            }
            B::Max | B::Min => return self.extreme(builtin, args),
            B::Next => {
                let [iterator, default] = args.bind(1, ["", ""])?;
                let (Some(Obj::Iter(_)), Val::Obj(at)) = (self.heap.obj(iterator), iterator) else {
                    return type_error();
                };
                match self.heap.next(at)? {
                    Next::Item(item) => item,
                    Next::End if matches!(default, Val::Unbound) => {
                        return raise(ExceptionClass::StopIteration);
                    }
                    Next::End => default,
                    Next::Machine => return Ok(Flow::Next(at, default)),
                }
            }
            B::Pow => self.power(args)?,
            B::Print => self.print(args)?,
            B::Repr => {
                let [val] = args.bind(1, [""])?;
                let text = self.heap.repr(val)?;
                self.heap.check(text.len() as u64)?;
                self.heap.str(&text)?
            }
            B::Round => {
                let [val, digits] = args.bind(1, ["number", "ndigits"])?;
                self.heap.round(val, digits)?
            }
            B::Sorted => {
                if args.positional.len() != 1 {
                    return type_error();
                }
                let [items, key, reverse] = args.bind(1, ["", "key", "reverse"])?;
                let reverse = self.flag(reverse)?;
                let key = if matches!(key, Val::Unbound) { Val::None } else { key };
                if !matches!(key, Val::None) || self.heap.calls_back(items) {
                    return Ok(Flow::Prelude(Prelude::Sorted, vec![items, key, Val::Bool(reverse)]));
                }
                let mut items = self.heap.items(items)?;
                let keys = items.clone();
                self.heap.sort_by_keys(&keys, &mut items, reverse)?;
                self.heap.list(items)?
            }
            B::Sum => {
                let [items, start] = args.bind(1, ["", "start"])?;
                let start = if matches!(start, Val::Unbound) { Val::Int(0) } else { start };
                if self.heap.text(&start).is_some() {
                    return type_error();
                }
                if self.heap.calls_back(items) {
                    return Ok(Flow::Prelude(Prelude::Total, vec![items, start]));
                }
                self.total(items, start)?
            }
            B::Same => {
                let [a, b] = args.bind(2, ["", ""])?;
                Val::Bool(self.heap.same(a, b)?)
            }
            B::SortPairs => {
                let [items, keys, reverse] = args.bind(3, ["", "", ""])?;
                let keys = self.heap.items(keys)?;
                let mut sorted = self.heap.items(items)?;
                let reverse = self.heap.truth(reverse);
                self.heap.sort_by_keys(&keys, &mut sorted, reverse)?;
                if let Some(items) = self.heap.list_mut(items) {
                    *items = sorted;
                }
                Val::None
            }
            B::Freeze => {
                let [set] = args.bind(1, [""])?;
                if let Val::Obj(at) = set
                    && let Some(set) = self.heap.set_mut(at)
                {
                    set.frozen = true;
                }
                set
            }
            B::PutPair => {
                let [dict, pair] = args.bind(2, ["", ""])?;
                let Val::Obj(at) = dict else { return type_error() };
                self.heap.put_pair(at, pair)?;
                Val::None
            }
        };
        Ok(Flow::Value(val))
    }

    /// `wanted` if some item is as true as that, else the opposite: `any` and `all`.
    fn find_truth(&mut self, items: Val, wanted: bool) -> Res<bool> {
        let Val::Obj(at) = self.heap.iter_of(items)? else { return type_error() };
        while let Next::Item(item) = self.heap.next(at)? {
            self.heap.spend(1)?;
            if self.heap.truth(item) == wanted {
                return Ok(wanted);
            }
        }
        Ok(!wanted)
    }

    fn total(&mut self, items: Val, start: Val) -> Res<Val> {
        let Val::Obj(at) = self.heap.iter_of(items)? else { return type_error() };
        let mut sum = start;
        while let Next::Item(item) = self.heap.next(at)? {
            self.heap.spend(1)?;
            sum = match (sum, item) {
                (Val::Int(a), Val::Int(b)) if a.checked_add(b).is_some() => Val::Int(a + b),
                (Val::Float(a), Val::Float(b)) => Val::Float(a + b),
                _ => self.heap.binary(BinaryOp::Add, sum, item)?,
            };
        }
        Ok(sum)
    }

    fn extreme(&mut self, builtin: Builtin, args: &Args<'_>) -> Res<Flow> {
        let only = Args { positional: &[], names: args.names, named: args.named };
        let [key, default] = only.bind(0, ["key", "default"])?;
        let has_default = !matches!(default, Val::Unbound);
        let items = match args.positional {
            [] => return type_error(),
            [items] => *items,
            _ if has_default => return type_error(),
            many => self.heap.list(many.to_vec())?,
        };
        let default = if has_default { default } else { Val::None };
        let greatest = builtin == Builtin::Max;
        if !matches!(key, Val::None | Val::Unbound) {
            let function = if greatest { Prelude::GreatestBy } else { Prelude::LeastBy };
            return Ok(Flow::Prelude(function, vec![items, Val::Bool(has_default), default, key]));
        }
        if self.heap.calls_back(items) {
            let function = if greatest { Prelude::Greatest } else { Prelude::Least };
            return Ok(Flow::Prelude(function, vec![items, Val::Bool(has_default), default]));
        }
        let Val::Obj(at) = self.heap.iter_of(items)? else { return type_error() };
        let op = if greatest { CompareOp::Gt } else { CompareOp::Lt };
        let mut best = None;
        while let Next::Item(item) = self.heap.next(at)? {
            self.heap.spend(1)?;
            let better = match best {
                None => true,
                Some(best) => self.compare(op, item, best)?,
            };
            if better {
                best = Some(item);
            }
        }
        match best {
            Some(best) => Ok(Flow::Value(best)),
            None if has_default => Ok(Flow::Value(default)),
            None => value_error(),
        }
    }

    fn power(&mut self, args: &Args<'_>) -> Res<Val> {
        let [base, exponent, modulus] = args.bind(2, ["base", "exp", "mod"])?;
        if matches!(modulus, Val::Unbound | Val::None) {
            return self.heap.binary(BinaryOp::Pow, base, exponent);
        }
        let number = |val| self.heap.number(val).and_then(|number| number.big());
        let (Some(b), Some(e), Some(m)) = (number(base), number(exponent), number(modulus)) else {
            return type_error();
        };
        if m.is_zero() {
            return value_error();
        }
        if e.is_negative() {
            return reject("`pow` with a negative exponent and a modulus");
        }
        let limbs = m.bits() / 32 + 1;
        self.heap.spend(1 + e.bits().saturating_mul(2 * limbs * limbs) / 16)?;
        let result = b.modpow(&e, &m);
        let zero = BigInt::zero();
        self.heap.big(if result < zero && m > zero { result + m } else { result })
    }

    fn print(&mut self, args: &Args<'_>) -> Res<Val> {
        let only = Args { positional: &[], names: args.names, named: args.named };
        let mut names = args.names.iter().map(|name| &**name);
        if names.any(|name| matches!(name, "file" | "flush")) {
            return reject("`file` and `flush` of `print`");
        }
        let [separator, end] = only.bind(0, ["sep", "end"])?;
        let text = |machine: &Self, val: Val, default: &str| match val {
            Val::Unbound | Val::None => Ok(default.to_owned()),
            _ => machine.heap.text(&val).map_or_else(type_error, |text| Ok(text.to_owned())),
        };
        let (separator, end) = (text(self, separator, " ")?, text(self, end, "\n")?);
        for (index, val) in args.positional.iter().enumerate() {
            if index > 0 {
                self.write(&separator)?;
            }
            let shown = self.heap.display(*val)?;
            self.write(&shown)?;
        }
        self.write(&end)?;
        Ok(Val::None)
    }

    fn write(&mut self, text: &str) -> Res<()> {
        self.heap.spend_bytes(text.len())?;
        if self.stdout.len() + text.len() > self.heap.limits.stdout {
            let mut room = self.heap.limits.stdout - self.stdout.len();
            while !text.is_char_boundary(room) {
                room -= 1;
            }
            self.stdout.push_str(&text[..room]);
            return Err(Stop::Limit(Limit::Output));
        }
        self.stdout.push_str(text);
        Ok(())
    }

    fn is_instance(&self, val: Val, class: Val, depth: usize) -> Res<bool> {
        match class {
            Val::Type(kind) => {
                let found = self.heap.type_of(val);
                if kind == Type::Type {
                    return Ok(matches!(val, Val::Type(_) | Val::Class(_)));
                }
                Ok(found == kind || kind == Type::Int && found == Type::Bool)
            }
            Val::Class(class) => Ok(match self.heap.obj(val) {
                Some(Obj::Exception(exception)) => exception.class.is_a(class),
                _ => false,
            }),
            Val::Opaque => reject("a name of `typing` as a value"),
            _ => match self.heap.obj(class) {
                Some(Obj::Tuple(classes)) => {
                    if depth > 20 {
                        return reject("tuples of classes nested so deeply");
                    }
                    for class in classes {
                        if self.is_instance(val, *class, depth + 1)? {
                            return Ok(true);
                        }
                    }
                    Ok(false)
                }
                _ => type_error(),
            },
        }
    }
}
