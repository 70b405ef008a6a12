use std::collections::BTreeMap;

use crate::recorder::split_finite;
use crate::{Context, Interrupted, Measured, Metric, Recorder, Study, StudyError, Table};

/// A point of learning curves: costs and values by name.
pub type Point = (Vec<(String, f64)>, Vec<(String, f64)>);

/// A recorder that keeps everything in memory and enforces the contract: for tests, notebooks and programs
/// that run a study without the lab.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Memory {
    metrics: Vec<String>,
    /// Final numbers, in the order of their report.
    pub results: Vec<(String, Measured)>,
    /// Points of learning curves.
    pub points: Vec<Point>,
    /// Counters.
    pub counters: BTreeMap<String, u64>,
    /// Tables.
    pub tables: Vec<Table>,
    shared: BTreeMap<String, Vec<u8>>,
}

impl Memory {
    /// For a study with these metrics.
    #[must_use]
    pub fn new(metrics: &[Metric]) -> Self {
        Self { metrics: metrics.iter().map(|metric| metric.name.to_owned()).collect(), ..Self::default() }
    }

    /// What one seed of a study records, from its validation to its last metric.
    ///
    /// # Errors
    /// What the study refuses or fails with, and [`StudyError::Unreported`] if it left a metric out.
    pub fn of(study: &dyn Study, context: &Context) -> Result<Self, StudyError> {
        study.validate()?;
        let mut memory = Self::new(&study.metrics());
        study.run(context, &mut memory)?;
        memory.finish()?;
        Ok(memory)
    }

    /// Whether every metric was reported.
    pub fn finish(&self) -> Result<(), StudyError> {
        let missing = self.metrics.iter().find(|name| self.get(name).is_none());
        missing.map_or(Ok(()), |metric| Err(StudyError::Unreported { metric: metric.clone() }))
    }

    /// The value of a metric, if it was reported and is defined.
    #[must_use]
    pub fn value(&self, metric: &str) -> Option<f64> {
        match self.get(metric)? {
            Measured::Value(value) => Some(*value),
            Measured::Undefined(_) => None,
        }
    }

    fn get(&self, metric: &str) -> Option<&Measured> {
        self.results.iter().find(|(name, _)| name == metric).map(|(_, value)| value)
    }
}

impl Recorder for Memory {
    fn advance(&mut self, _done: u64, _total: u64) -> Result<(), Interrupted> {
        Ok(())
    }

    fn point(&mut self, costs: &[(&str, f64)], values: &[(&str, f64)]) -> Result<(), StudyError> {
        let (finite, other) = split_finite(values);
        for name in other {
            self.count(&format!("{name} not finite"), 1);
        }
        let costs = costs.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
        self.points.push((costs, finite));
        Ok(())
    }

    fn result(&mut self, metric: &str, value: Measured) -> Result<(), StudyError> {
        if !self.metrics.iter().any(|name| name == metric) {
            let known = self.metrics.join(", ");
            return Err(StudyError::UnknownMetric { metric: metric.to_owned(), known });
        }
        if self.get(metric).is_some() {
            return Err(StudyError::ReportedTwice { metric: metric.to_owned() });
        }
        self.results.push((metric.to_owned(), value));
        Ok(())
    }

    fn count(&mut self, what: &str, times: u64) {
        *self.counters.entry(what.to_owned()).or_default() += times;
    }

    fn table(&mut self, table: Table) -> Result<(), StudyError> {
        let wanted = table.columns.len();
        if let Some((row, numbers)) = table.rows.iter().find(|(_, numbers)| numbers.len() != wanted) {
            let (table, row, found) = (table.name, row.clone(), numbers.len());
            return Err(StudyError::Table { table, row, found, wanted });
        }
        self.tables.push(table);
        Ok(())
    }

    fn shared(
        &mut self,
        key: &str,
        make: &mut dyn FnMut() -> Result<Vec<u8>, StudyError>,
    ) -> Result<Vec<u8>, StudyError> {
        if let Some(bytes) = self.shared.get(key) {
            return Ok(bytes.clone());
        }
        let bytes = make()?;
        self.shared.insert(key.to_owned(), bytes.clone());
        Ok(bytes)
    }
}

/// A recorder that interrupts a study again and again, for the tests of those that keep states.
#[cfg(test)]
pub(crate) mod interrupting {
    use super::Memory;
    use crate::{Context, Interrupted, Measured, Recorder, State, Study, StudyError, Table};

    struct Interrupting {
        memory: Memory,
        kept: Option<(State, Memory)>,
        calls_left: u64,
        resumed: u64,
    }

    impl Recorder for Interrupting {
        fn advance(&mut self, _done: u64, _total: u64) -> Result<(), Interrupted> {
            self.calls_left = self.calls_left.checked_sub(1).ok_or(Interrupted)?;
            Ok(())
        }
        fn point(&mut self, costs: &[(&str, f64)], values: &[(&str, f64)]) -> Result<(), StudyError> {
            self.memory.point(costs, values)
        }
        fn result(&mut self, metric: &str, value: Measured) -> Result<(), StudyError> {
            self.memory.result(metric, value)
        }
        fn count(&mut self, what: &str, times: u64) {
            self.memory.count(what, times);
        }
        fn table(&mut self, table: Table) -> Result<(), StudyError> {
            self.memory.table(table)
        }
        fn shared(
            &mut self,
            key: &str,
            make: &mut dyn FnMut() -> Result<Vec<u8>, StudyError>,
        ) -> Result<Vec<u8>, StudyError> {
            self.memory.shared(key, make)
        }
        fn resume(&mut self) -> Result<Option<State>, StudyError> {
            Ok(self.kept.take().map(|(state, memory)| {
                self.memory = memory;
                self.resumed += 1;
                state
            }))
        }
        fn keep(&mut self, state: &mut dyn FnMut() -> Result<State, StudyError>) -> Result<(), StudyError> {
            if self.calls_left == 0 {
                self.kept = Some((state()?, self.memory.clone()));
            }
            Ok(())
        }
    }

    /// What a study records that is interrupted after every `calls` of `advance`, and how often it went on.
    pub(crate) fn run(study: &dyn Study, context: &Context, calls: u64) -> (Memory, u64) {
        let mut recorder =
            Interrupting { memory: Memory::new(&study.metrics()), kept: None, calls_left: calls, resumed: 0 };
        loop {
            match study.run(context, &mut recorder) {
                Ok(()) => return (recorder.memory, recorder.resumed),
                Err(StudyError::Interrupted(_)) => {
                    let shared = std::mem::take(&mut recorder.memory.shared);
                    recorder.memory = Memory { shared, ..Memory::new(&study.metrics()) };
                    recorder.calls_left = calls;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }
}
