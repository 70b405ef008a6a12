use milepost_eval::StatsError;
use milepost_eval::coverage::{LogBase, Occupancy};
use milepost_population::Agent;

use crate::{Measured, Recorder, StudyError, Table};

/// A best reward from which on an area counts as mastered.
const MASTERED: f64 = 0.95;

/// What evaluation notes of every agent. The search never sees it.
#[derive(Debug, Clone)]
pub(super) struct Scoreboard {
    cells: Occupancy,
    best: Vec<f64>,
    found: Vec<Option<u64>>,
    seen: u64,
}

impl Scoreboard {
    pub(super) fn new(bins: usize, areas: usize) -> Result<Self, StatsError> {
        let cells = Occupancy::unit_square(bins)?;
        Ok(Self { cells, best: vec![0.0; areas], found: vec![None; areas], seen: 0 })
    }

    pub(super) fn note<O>(&mut self, agent: &Agent<O>) {
        self.seen += 1;
        let (descriptor, area) = agent.truth.for_evaluation();
        self.cells.add(descriptor);
        if let Some(area) = area {
            self.best[area] = self.best[area].max(agent.reward);
            self.found[area].get_or_insert(agent.id.0 + 1);
        }
    }

    fn discovered(&self) -> f64 {
        self.found.iter().flatten().count() as f64
    }

    fn mastered(&self) -> f64 {
        self.best.iter().filter(|best| **best >= MASTERED).count() as f64
    }

    fn mean_best(&self) -> f64 {
        self.best.iter().sum::<f64>() / self.best.len().max(1) as f64
    }

    /// Values of the learning curves.
    pub(super) fn point(&self) -> [(&'static str, f64); 4] {
        [
            ("coverage", self.cells.coverage()),
            ("areas-discovered", self.discovered()),
            ("areas-mastered", self.mastered()),
            ("mean-best-reward", self.mean_best()),
        ]
    }

    pub(super) fn report(&self, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        for (metric, value) in self.point() {
            recorder.result(metric, value.into())?;
        }
        let share = if self.discovered() > 0.0 {
            Measured::Value(self.mastered() / self.discovered())
        } else {
            Measured::Undefined("no area was discovered".to_owned())
        };
        recorder.result("mastered-share", share)?;
        recorder.result("uniformity", self.cells.uniformity(LogBase::Natural).into())?;
        recorder.result("uniformity-base-2", self.cells.uniformity(LogBase::Two).into())?;
        let first = self.found.iter().flatten().min().map(|evaluation| *evaluation as f64);
        recorder.result(
            "first-reward",
            first.map_or_else(|| Measured::Undefined("nothing ever paid".to_owned()), Measured::Value),
        )?;
        let row = |(area, (best, found)): (usize, (&f64, &Option<u64>))| {
            let found = found.map(|evaluation| evaluation as f64);
            let mastered = f64::from(u8::from(*best >= MASTERED));
            (format!("area {}", area + 1), vec![Some(*best), Some(mastered), found])
        };
        recorder.table(Table {
            name: "reward areas".to_owned(),
            caption:
                "Best reward in each area, whether it is at least 0.95, and the evaluation that first paid \
                      there (of the seeds in which one did)."
                    .to_owned(),
            columns: ["best reward", "mastered", "first evaluation"].map(str::to_owned).to_vec(),
            rows: self.best.iter().zip(&self.found).enumerate().map(row).collect(),
        })
    }
}
