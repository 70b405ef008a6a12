//! MiniPy as an executor.

use crate::compile::{compile, op::Program};
use crate::machine::{Failure, Machine, Stop, layout};
use crate::{
    Call, Executor, ExecutorInfo, InfraError, Limits, Outcome, Prepared, Reason, Rejected, Source, Usage,
    syntax,
};

const NAME: &str = "minipy";

/// The interpreter of MiniPy: pure, deterministic, metered. Needs nothing of the host.
///
/// A module is run once per [`Executor::run`]; every call starts from a clone of the state that it left. What
/// loading used is part of the usage of every call, so that a report never depends on the other tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct MiniPy;

impl Executor for MiniPy {
    fn describe(&self) -> ExecutorInfo {
        ExecutorInfo {
            name: NAME.to_owned(),
            language: "MiniPy, a subset of Python 3.11".to_owned(),
            isolation: "no host function exists; every step and byte is metered".to_owned(),
            deterministic: true,
        }
    }

    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected> {
        let program = compile(&syntax::parse(source.text()?)?, layout())?;
        Ok(Prepared::new(NAME, entry, program))
    }

    fn run(&self, program: &Prepared, calls: &[Call], limits: &Limits) -> Vec<Outcome> {
        let Some(code) = program.downcast::<Program>() else {
            let foreign =
                InfraError::Foreign { prepared: program.executor().to_owned(), executor: NAME.to_owned() };
            return vec![Outcome::Infra(foreign); calls.len()];
        };
        match Machine::load(code, *limits) {
            Err(failed) => {
                let (failure, usage) = *failed;
                vec![outcome(failure, usage); calls.len()]
            }
            Ok(loaded) => calls
                .iter()
                .map(|call| {
                    let mut machine = Machine::resume(code, &loaded);
                    match machine.call_entry(program.entry(), &call.args) {
                        Ok(value) => Outcome::Returned(value, machine.usage()),
                        Err(failure) => outcome(failure, machine.usage()),
                    }
                })
                .collect(),
        }
    }
}

fn outcome(failure: Failure, usage: Usage) -> Outcome {
    match failure {
        Failure::Raised(class, line) | Failure::Stopped(Stop::Error(class), line) => {
            Outcome::Raised { class, line, usage }
        }
        Failure::NotPlain(why) => Outcome::InvalidResult(why, usage),
        Failure::Stopped(Stop::Limit(limit), _) => Outcome::Limit(limit, usage),
        Failure::Stopped(Stop::Reject(what), line) => {
            Outcome::Rejected(Rejected { reason: Reason::Outside(what.to_owned()), line })
        }
        Failure::Stopped(Stop::Key(_) | Stop::Thrown(_), line) => {
            Outcome::Raised { class: crate::ExceptionClass::Exception, line, usage }
        }
    }
}
