//! Plain values into the machine, and out of it.

use num_traits::ToPrimitive;

use super::heap::{Heap, Obj};
use super::val::{Ref, Val};
use super::{Res, reject};
use crate::{Integer, InvalidResult, Value};

impl Heap {
    /// A plain value as an argument.
    pub(super) fn raise(&mut self, value: &Value) -> Res<Val> {
        Ok(match value {
            Value::None => Val::None,
            Value::Bool(value) => Val::Bool(*value),
            Value::Int(Integer::Small(value)) => Val::Int(*value),
            Value::Int(Integer::Big(value)) => self.big((**value).clone())?,
            Value::Float(value) => Val::Float(*value),
            Value::Str(text) => self.str(text)?,
            Value::Bytes(_) => return reject("bytes"),
            Value::List(items) | Value::Tuple(items) => {
                self.check(items.len() as u64 * 16)?;
                let raised = items.iter().map(|item| self.raise(item)).collect::<Res<Vec<_>>>()?;
                if matches!(value, Value::List(_)) { self.list(raised)? } else { self.tuple(raised)? }
            }
            Value::Dict(pairs) => {
                let dict = self.new_dict()?;
                if let Val::Obj(at) = dict {
                    for (key, value) in pairs {
                        let (key, value) = (self.raise(key)?, self.raise(value)?);
                        self.dict_put(at, key, value)?;
                    }
                }
                dict
            }
            Value::Set(items) | Value::FrozenSet(items) => {
                let set = self.new_set(matches!(value, Value::FrozenSet(_)))?;
                for item in items {
                    let item = self.raise(item)?;
                    self.set_add(set, item)?;
                }
                Val::Obj(set)
            }
        })
    }

    /// The plain value of a result.
    pub(super) fn lower(&self, val: Val) -> Result<Value, InvalidResult> {
        let mut lowering = Lowering { heap: self, open: Vec::new(), nodes: 0 };
        lowering.value(val)
    }
}

struct Lowering<'h> {
    heap: &'h Heap,
    /// Containers that are being lowered: its length is the depth, and who is in it twice is cyclic.
    open: Vec<Ref>,
    nodes: usize,
}

impl Lowering<'_> {
    fn value(&mut self, val: Val) -> Result<Value, InvalidResult> {
        self.nodes += 1;
        if self.nodes > self.heap.limits.result_nodes {
            return Err(InvalidResult::TooLarge);
        }
        Ok(match val {
            Val::None => Value::None,
            Val::Bool(value) => Value::Bool(value),
            Val::Int(value) => Value::int(value),
            Val::Float(value) => Value::Float(value),
            Val::Short(short) => Value::str(short.text()),
            Val::Obj(at) => self.object(at)?,
            _ => return Err(InvalidResult::NotPlain),
        })
    }

    fn object(&mut self, at: Ref) -> Result<Value, InvalidResult> {
        match self.heap.get(at) {
            Obj::Str(text, _) => return Ok(Value::Str(text.clone())),
            Obj::Big(value) => return Ok(Value::Int(Integer::from((**value).clone()))),
            _ => {}
        }
        if self.open.contains(&at) {
            return Err(InvalidResult::Cyclic);
        }
        if self.open.len() >= self.heap.limits.result_depth {
            return Err(InvalidResult::TooDeep);
        }
        self.open.push(at);
        let heap = self.heap;
        let value = match heap.get(at) {
            Obj::List(items) => Value::List(self.all(items.iter().copied())?),
            Obj::Tuple(items) => Value::Tuple(self.all(items.iter().copied())?),
            Obj::Set(set) if set.frozen => Value::FrozenSet(self.all(set.iter())?),
            Obj::Set(set) => Value::Set(self.all(set.iter())?),
            Obj::Dict(dict) => Value::Dict(
                dict.iter()
                    .map(|(key, value)| Ok((self.value(key)?, self.value(value)?)))
                    .collect::<Result<_, _>>()?,
            ),
            _ => return Err(InvalidResult::NotPlain),
        };
        self.open.pop();
        Ok(value)
    }

    fn all(&mut self, items: impl Iterator<Item = Val>) -> Result<Vec<Value>, InvalidResult> {
        items.map(|item| self.value(item)).collect()
    }
}

/// A float as an index or count is a `TypeError`; a big integer saturates as CPython's slices do.
pub(super) fn saturate(value: &num_bigint::BigInt) -> i64 {
    value.to_i64().unwrap_or(if value.sign() == num_bigint::Sign::Minus { i64::MIN } else { i64::MAX })
}
