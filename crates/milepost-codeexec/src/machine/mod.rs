//! The machine: values in an arena, frames on a vector, every step and byte paid for.

mod arith;
mod builtins;
mod call;
mod compare;
mod construct;
mod containers;
mod dict;
mod double;
mod exec;
mod float;
mod format;
mod hash;
mod heap;
mod iterate;
pub(crate) mod math;
mod methods;
mod plain;
mod prelude;
mod repr;
mod run;
mod set;
mod slice;
mod sort;
mod strings;
mod val;

pub(crate) use prelude::layout;
pub(crate) use run::{Failure, Machine};
pub(crate) use val::{Builtin, Module, Short, Type, Val, is_foreign_builtin};

use crate::{ExceptionClass, Limit};

/// Why an operation has no value.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// An exception of this class, with a message that MiniPy does not promise.
    Error(ExceptionClass),
    /// A `KeyError` of this key.
    Key(Val),
    /// This exception object.
    Thrown(Val),
    /// Not an exception: nothing in the program sees it.
    Limit(Limit),
    /// Outside MiniPy.
    Reject(&'static str),
}

pub(crate) type Res<T> = Result<T, Stop>;

pub(crate) fn raise<T>(class: ExceptionClass) -> Res<T> {
    Err(Stop::Error(class))
}

pub(crate) fn type_error<T>() -> Res<T> {
    raise(ExceptionClass::TypeError)
}

pub(crate) fn value_error<T>() -> Res<T> {
    raise(ExceptionClass::ValueError)
}

pub(crate) fn reject<T>(what: &'static str) -> Res<T> {
    Err(Stop::Reject(what))
}
