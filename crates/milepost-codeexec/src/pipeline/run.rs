use std::fmt;

use super::{MODULUS, Op, OpKind, Pipeline, Type};
use crate::Value;

/// What a pipeline works on.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Data {
    /// A list.
    List(Vec<i64>),
    /// An integer.
    Int(i64),
}

impl Data {
    /// Its type.
    #[must_use]
    pub const fn ty(&self) -> Type {
        match self {
            Self::List(_) => Type::List,
            Self::Int(_) => Type::Int,
        }
    }

    /// The same as a plain value.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::List(items) => Value::List(items.iter().copied().map(Value::int).collect()),
            Self::Int(value) => Value::int(*value),
        }
    }
}

/// As Python writes it.
impl fmt::Display for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_value().fmt(f)
    }
}

/// What one run may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepLimits {
    /// Steps: one for each operation and one for each value that it reads.
    pub steps: u64,
    /// Values of a list.
    pub size: usize,
}

impl Default for StepLimits {
    /// 10,000 steps, 1,000 values.
    fn default() -> Self {
        Self { steps: 10_000, size: 1_000 }
    }
}

/// In which way a program gives no value, from its tokens to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The tokens are no program.
    Parse,
    /// An operation gets what it does not take: `TypeError`.
    Type,
    /// The largest or first value of an empty list: `ValueError`.
    Value,
    /// Steps or size.
    Limit,
}

/// Why a run gave no value, and at which operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[error("operation {op}: {class:?} error")]
pub struct RunError {
    /// In which way.
    pub class: ErrorClass,
    /// The operation, counted from 0.
    pub op: usize,
}

impl Pipeline {
    /// Runs it on `input`, with the steps that it took.
    ///
    /// Types are looked at when an operation is reached, as in Python: a list that is empty at `max` is a
    /// [`ErrorClass::Value`] error even if a later operation would get an integer where it takes a list.
    pub fn run(&self, input: &[i64], limits: &StepLimits) -> (Result<Data, RunError>, u64) {
        let mut steps = 0;
        if input.len() > limits.size {
            return (Err(RunError { class: ErrorClass::Limit, op: 0 }), steps);
        }
        let mut data = Data::List(input.to_vec());
        for (index, op) in self.ops().iter().enumerate() {
            steps += 1 + match &data {
                Data::List(items) => items.len() as u64,
                Data::Int(_) => 1,
            };
            let result = if steps > limits.steps { Err(ErrorClass::Limit) } else { op.apply(data) };
            match result {
                Ok(next) => data = next,
                Err(class) => return (Err(RunError { class, op: index }), steps.min(limits.steps)),
            }
        }
        (Ok(data), steps)
    }

    /// The value for `input` within the default limits.
    pub fn value(&self, input: &[i64]) -> Result<Data, RunError> {
        self.run(input, &StepLimits::default()).0
    }
}

impl Op {
    fn apply(self, data: Data) -> Result<Data, ErrorClass> {
        let c = i64::from(self.constant());
        let k = usize::from(self.constant());
        let mut items = match (self.kind().input(), data) {
            (Type::Int, Data::Int(value)) => return Ok(Data::List(vec![value])),
            (Type::List, Data::List(items)) => items,
            _ => return Err(ErrorClass::Type),
        };
        match self.kind() {
            OpKind::Sort => items.sort_unstable(),
            OpKind::Rev => items.reverse(),
            OpKind::Uniq => {
                let mut kept: Vec<i64> = Vec::with_capacity(items.len());
                items.retain(|item| {
                    let new = !kept.contains(item);
                    kept.extend(new.then_some(*item));
                    new
                });
            }
            OpKind::Evens => items.retain(|item| item.rem_euclid(2) == 0),
            OpKind::Odds => items.retain(|item| item.rem_euclid(2) == 1),
            OpKind::Cumsum => {
                let mut total = 0;
                for item in &mut items {
                    total = (total + item.rem_euclid(MODULUS)) % MODULUS;
                    *item = total;
                }
            }
            OpKind::Take => items.truncate(k),
            OpKind::Drop => drop(items.drain(..k.min(items.len()))),
            OpKind::Add => {
                for item in &mut items {
                    *item = (item.rem_euclid(MODULUS) + c) % MODULUS;
                }
            }
            OpKind::Mul => {
                for item in &mut items {
                    *item = item.rem_euclid(MODULUS) * c % MODULUS;
                }
            }
            OpKind::Gt => items.retain(|item| *item > c),
            OpKind::OrElse => {
                if items.is_empty() {
                    items.push(c);
                }
            }
            OpKind::Sum => {
                let add = |total: i64, item: &i64| (total + item.rem_euclid(MODULUS)) % MODULUS;
                return Ok(Data::Int(items.iter().fold(0, add)));
            }
            OpKind::Len => return Ok(Data::Int(items.len() as i64)),
            OpKind::Max => return items.iter().copied().max().map(Data::Int).ok_or(ErrorClass::Value),
            OpKind::First => return items.first().copied().map(Data::Int).ok_or(ErrorClass::Value),
            OpKind::Wrap => return Err(ErrorClass::Type),
        }
        Ok(Data::List(items))
    }
}
