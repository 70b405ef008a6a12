//! The seam between programs and those who judge them.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::{Limits, Outcome, Rejected, Source, Value};

/// Runs programs; never sees an expected value, another test's outcome or the judge.
pub trait Executor {
    /// What runs the programs: goes into the run record.
    fn describe(&self) -> ExecutorInfo;

    /// Parses and checks once. `Err` is a result about the program, not an error of ours.
    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected>;

    /// One outcome a call, in order. Every call starts from a fresh program state; the executor may run them in
    /// any order.
    fn run(&self, program: &Prepared, calls: &[Call], limits: &Limits) -> Vec<Outcome>;
}

/// What an executor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecutorInfo {
    /// Its name.
    pub name: String,
    /// The language and its version.
    pub language: String,
    /// What its safety rests on.
    pub isolation: String,
    /// Whether verdict, value and fuel are the same on every machine.
    pub deterministic: bool,
}

/// A program that an executor has parsed and checked.
#[derive(Clone)]
pub struct Prepared {
    executor: &'static str,
    entry: Arc<str>,
    inner: Arc<dyn Any + Send + Sync>,
}

impl Prepared {
    /// A prepared program of an executor, in that executor's own form.
    pub fn new(executor: &'static str, entry: &str, inner: impl Any + Send + Sync) -> Self {
        Self { executor, entry: entry.into(), inner: Arc::new(inner) }
    }

    /// Who prepared it.
    #[must_use]
    pub fn executor(&self) -> &'static str {
        self.executor
    }

    /// The function that is called.
    #[must_use]
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// Where the executor's own form lies: the same for clones of one preparation.
    pub(crate) fn inner_address(&self) -> *const () {
        Arc::as_ptr(&self.inner).cast()
    }

    /// The executor's own form, if it is of this type.
    #[must_use]
    pub fn downcast<T: Any>(&self) -> Option<&T> {
        self.inner.downcast_ref()
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Prepared({}, {})", self.executor, self.entry)
    }
}

/// One call of a program.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Call {
    /// The arguments.
    pub args: Vec<Value>,
    /// What the program may read. MiniPy has no way to.
    pub stdin: Option<Arc<str>>,
}

impl Call {
    /// A call with these arguments.
    #[must_use]
    pub fn new(args: Vec<Value>) -> Self {
        Self { args, stdin: None }
    }
}
