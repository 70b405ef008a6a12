//! The jail as an [`Executor`]: the same judge, tests and values as for MiniPy.

use std::sync::Arc;
use std::time::Duration;

use milepost_codeexec::{
    Captured, Crash, ExceptionClass, Executor, ExecutorInfo, InfraError, Integer, InvalidResult, Limit,
    Limits, Outcome, Prepared, Reason, Rejected, Source, Usage, Value,
};
use num_bigint::{BigInt, Sign};

use crate::{Call, Ending, Invalid, Jail, Plain, Program, Report};

const NAME: &str = "cpython";

/// One fork per call. `limits.bytes`, `fuel` and `depth` are MiniPy's: Python gets the address space of
/// [`Limits::address_space`](crate::Limits::address_space) and counts its own recursion. Processor time is limited by
/// the wall limit, rounded up to seconds.
impl Executor for Jail {
    fn describe(&self) -> ExecutorInfo {
        let isolation = self.isolation();
        let warning = isolation.warning().map_or(String::new(), |warning| format!("; {warning}"));
        ExecutorInfo {
            name: NAME.to_owned(),
            language: format!("Python {}", isolation.python),
            isolation: format!("{}{warning}", isolation.level),
            deterministic: false,
        }
    }

    /// Checks the rules for text. Whether it is Python is found out in the jail, call by call.
    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected> {
        let text = source.text()?;
        Ok(Prepared::new(NAME, entry, Program { source: text.into(), entry: entry.into() }))
    }

    fn run(&self, program: &Prepared, calls: &[milepost_codeexec::Call], limits: &Limits) -> Vec<Outcome> {
        let Some(own) = program.downcast::<Program>() else {
            let prepared = program.executor().to_owned();
            let foreign = InfraError::Foreign { prepared, executor: NAME.to_owned() };
            return vec![Outcome::Infra(foreign); calls.len()];
        };
        let limits = crate::Limits {
            wall: limits.wall,
            cpu: limits.wall,
            output: limits.stdout as u64,
            result_depth: limits.result_depth as u64,
            result_nodes: limits.result_nodes as u64,
            integer_bits: limits.integer_bits,
            ..crate::Limits::default()
        };
        calls.iter().map(|call| outcome(self.call(own, &call.into(), &limits))).collect()
    }
}

impl Executor for &Jail {
    fn describe(&self) -> ExecutorInfo {
        Jail::describe(self)
    }

    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected> {
        Jail::prepare(self, source, entry)
    }

    fn run(&self, program: &Prepared, calls: &[milepost_codeexec::Call], limits: &Limits) -> Vec<Outcome> {
        Jail::run(self, program, calls, limits)
    }
}

impl From<&milepost_codeexec::Call> for Call {
    fn from(call: &milepost_codeexec::Call) -> Self {
        let stdin = call.stdin.as_deref().unwrap_or_default().to_owned();
        Self { arguments: call.args.iter().map(Plain::from).collect(), stdin }
    }
}

fn outcome(report: Report) -> Outcome {
    let captured = |captured: crate::Captured| Captured { text: captured.text.into(), bytes: captured.bytes };
    let usage = Usage {
        fuel: None,
        cpu: Some(report.cpu).filter(|cpu| *cpu > Duration::ZERO),
        peak_bytes: Some(report.peak_bytes).filter(|bytes| *bytes > 0),
        stdout: captured(report.stdout),
        stderr: captured(report.stderr),
    };
    match report.ending {
        Ending::Returned(value) => Outcome::Returned(value.into(), usage),
        Ending::Rejected { reason, line } => {
            Outcome::Rejected(Rejected { reason: Reason::Syntax(reason), line })
        }
        Ending::Raised { class, line } => {
            // A class that a later Python has added, or that a forger made up.
            let class = ExceptionClass::parse(&class).unwrap_or(ExceptionClass::Exception);
            Outcome::Raised { class, line, usage }
        }
        Ending::Limit(limit) => {
            let limit = match limit {
                crate::Limit::Cpu => Limit::Cpu,
                crate::Limit::Wall => Limit::Wall,
                crate::Limit::Memory => Limit::Memory,
                crate::Limit::Output => Limit::Output,
            };
            Outcome::Limit(limit, usage)
        }
        Ending::Invalid(why) => {
            let why = match why {
                Invalid::NotPlain => InvalidResult::NotPlain,
                Invalid::Cyclic => InvalidResult::Cyclic,
                Invalid::TooDeep => InvalidResult::TooDeep,
                Invalid::TooLarge => InvalidResult::TooLarge,
            };
            Outcome::InvalidResult(why, usage)
        }
        Ending::Violation => Outcome::Violation { call: None, usage },
        Ending::Crashed(how) => {
            let how = match how {
                crate::Crash::Signal(signal) => Crash::Signal(signal),
                crate::Crash::Exited(code) => Crash::Exited(code),
            };
            Outcome::Crashed { how, usage }
        }
        Ending::Infra(why) => Outcome::Infra(InfraError::Worker(why)),
    }
}

fn all<'a, A: 'a, B: From<&'a A>>(items: &'a [A]) -> Vec<B> {
    items.iter().map(B::from).collect()
}

impl From<&Value> for Plain {
    fn from(value: &Value) -> Self {
        match value {
            Value::None => Self::None,
            Value::Bool(value) => Self::Bool(*value),
            Value::Int(Integer::Small(value)) => Self::Int(*value),
            Value::Int(Integer::Big(value)) => {
                let (sign, magnitude) = value.to_bytes_le();
                Self::BigInt { negative: sign == Sign::Minus, magnitude }
            }
            Value::Float(value) => Self::Float(*value),
            Value::Str(value) => Self::Str(value.to_string()),
            Value::Bytes(value) => Self::Bytes(value.to_vec()),
            Value::List(items) => Self::List(all(items)),
            Value::Tuple(items) => Self::Tuple(all(items)),
            Value::Dict(pairs) => Self::Dict(pairs.iter().map(|(k, v)| (k.into(), v.into())).collect()),
            Value::Set(items) => Self::Set(all(items)),
            Value::FrozenSet(items) => Self::FrozenSet(all(items)),
        }
    }
}

impl From<Plain> for Value {
    fn from(plain: Plain) -> Self {
        let all = |items: Vec<Plain>| items.into_iter().map(Self::from).collect();
        match plain {
            Plain::None => Self::None,
            Plain::Bool(value) => Self::Bool(value),
            Plain::Int(value) => Self::int(value),
            Plain::BigInt { negative, magnitude } => {
                let sign = if negative { Sign::Minus } else { Sign::Plus };
                Self::Int(BigInt::from_bytes_le(sign, &magnitude).into())
            }
            Plain::Float(value) => Self::Float(value),
            Plain::Str(value) => Self::Str(Arc::from(value)),
            Plain::Bytes(value) => Self::Bytes(Arc::from(value)),
            Plain::List(items) => Self::List(all(items)),
            Plain::Tuple(items) => Self::Tuple(all(items)),
            Plain::Dict(pairs) => {
                Self::Dict(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
            Plain::Set(items) => Self::Set(all(items)),
            Plain::FrozenSet(items) => Self::FrozenSet(all(items)),
        }
    }
}
