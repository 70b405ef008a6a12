use super::{Data, ErrorClass, Pipeline, StepLimits};
use crate::{
    Call, ExceptionClass, Executor, ExecutorInfo, InfraError, Integer, Limit, Limits, Outcome, Prepared,
    Reason, Rejected, Source, Usage, Value,
};

const NAME: &str = "pipelines";

/// The interpreter of pipelines as an executor: the source is the text that [`Pipeline::read`] reads.
///
/// Every entry is the pipeline, which has no name of its own. A call must have one argument, a list of integers of 64 bits;
/// any other is an [`InfraError`]: the test belongs to another language. Of [`Limits`] it keeps `fuel` (its steps) and
/// `result_nodes` (values of a list).
#[derive(Debug, Clone, Copy, Default)]
pub struct Pipelines;

impl Executor for Pipelines {
    fn describe(&self) -> ExecutorInfo {
        ExecutorInfo {
            name: NAME.to_owned(),
            language: "pipelines over lists of integers".to_owned(),
            isolation: "no host function exists; every step is metered".to_owned(),
            deterministic: true,
        }
    }

    fn prepare(&self, source: &Source, entry: &str) -> Result<Prepared, Rejected> {
        let read = Pipeline::read(source.text()?);
        let program =
            read.map_err(|error| Rejected { reason: Reason::Syntax(error.to_string()), line: None })?;
        Ok(Prepared::new(NAME, entry, program))
    }

    fn run(&self, program: &Prepared, calls: &[Call], limits: &Limits) -> Vec<Outcome> {
        let Some(pipeline) = program.downcast::<Pipeline>() else {
            let foreign =
                InfraError::Foreign { prepared: program.executor().to_owned(), executor: NAME.to_owned() };
            return vec![Outcome::Infra(foreign); calls.len()];
        };
        let limits = StepLimits { steps: limits.fuel, size: limits.result_nodes };
        calls.iter().map(|call| outcome(pipeline, call, &limits)).collect()
    }
}

fn outcome(pipeline: &Pipeline, call: &Call, limits: &StepLimits) -> Outcome {
    let Some(input) = input(call) else {
        let why = "a pipeline takes one list of integers of 64 bits; judge it on such tests".to_owned();
        return Outcome::Infra(InfraError::Worker(why));
    };
    let (result, steps) = pipeline.run(&input, limits);
    let usage = Usage { fuel: Some(steps), ..Usage::default() };
    let raised = |class, usage| Outcome::Raised { class, line: None, usage };
    match result {
        Ok(data) => Outcome::Returned(Data::to_value(&data), usage),
        Err(error) => match error.class {
            ErrorClass::Value => raised(ExceptionClass::ValueError, usage),
            ErrorClass::Limit => Outcome::Limit(Limit::Fuel, usage),
            ErrorClass::Type | ErrorClass::Parse => raised(ExceptionClass::TypeError, usage),
        },
    }
}

fn input(call: &Call) -> Option<Vec<i64>> {
    let [Value::List(items)] = &call.args[..] else { return None };
    let item = |value: &Value| match value {
        Value::Int(Integer::Small(value)) => Some(*value),
        _ => None,
    };
    items.iter().map(item).collect()
}
