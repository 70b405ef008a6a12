//! The jail as an [`Executor`]: the same judge, tests and values as for MiniPy.

use milepost_codeexec::{
    Call, Executor, ExecutorInfo, InfraError, Limits, Outcome, Prepared, Rejected, Source,
};

use crate::{Jail, Program};

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
        Ok(Prepared::new(NAME, entry, Program::new(source, entry)?))
    }

    fn run(&self, program: &Prepared, calls: &[Call], limits: &Limits) -> Vec<Outcome> {
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
        calls.iter().map(|call| self.call(own, call, &limits).into()).collect()
    }
}

impl Executor for &Jail {
    fn describe(&self) -> ExecutorInfo {
        Jail::describe(self)
    }

    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected> {
        Jail::prepare(self, source, entry)
    }

    fn run(&self, program: &Prepared, calls: &[Call], limits: &Limits) -> Vec<Outcome> {
        Jail::run(self, program, calls, limits)
    }
}
