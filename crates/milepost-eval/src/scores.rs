use crate::{Gold, Measure, StatsError};

/// Scores `[runs, tasks]`, finite and not empty. A run is a training seed: the unit of replication.
#[derive(Debug, Clone, PartialEq)]
pub struct Scores {
    runs: usize,
    tasks: usize,
    values: Vec<f64>,
}

impl Scores {
    /// From one row for each run.
    pub fn from_rows<R: AsRef<[f64]>>(rows: &[R]) -> Result<Self, StatsError> {
        let tasks = rows.first().map_or(0, |row| row.as_ref().len());
        let mut values = Vec::with_capacity(rows.len() * tasks);
        for (row, scores) in rows.iter().enumerate() {
            let found = scores.as_ref().len();
            if found != tasks {
                return Err(StatsError::Ragged { row, found, expected: tasks });
            }
            values.extend_from_slice(scores.as_ref());
        }
        Self::from_flat(rows.len(), tasks, values)
    }

    /// From flat row-major values.
    pub fn from_flat(runs: usize, tasks: usize, values: Vec<f64>) -> Result<Self, StatsError> {
        if values.len() != runs * tasks {
            let (left, right) = (values.len(), runs * tasks);
            return Err(StatsError::Mismatch { what: "scores given against runs × tasks", left, right });
        }
        if values.is_empty() {
            return Err(StatsError::Empty { what: "the score matrix" });
        }
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let (row, column, value) = (index / tasks, index % tasks, values[index]);
            return Err(StatsError::NotFinite { what: "the score matrix", row, column, value });
        }
        Ok(Self { runs, tasks, values })
    }

    /// One task: a score for each run.
    pub fn single_task(scores: &[f64]) -> Result<Self, StatsError> {
        Self::from_flat(scores.len(), 1, scores.to_vec())
    }

    /// What each run's evaluation episodes measured: one row for each run, one column for each episode.
    pub fn from_gold<R: AsRef<[Gold]>>(runs: &[R], measure: Measure) -> Result<Self, StatsError> {
        let rows: Vec<Vec<f64>> =
            runs.iter().map(|run| run.as_ref().iter().map(|gold| gold.measure(measure)).collect()).collect();
        Self::from_rows(&rows)
    }

    /// Number of runs.
    pub const fn runs(&self) -> usize {
        self.runs
    }

    /// Number of tasks.
    pub const fn tasks(&self) -> usize {
        self.tasks
    }

    /// The scores of one run.
    pub fn run(&self, run: usize) -> &[f64] {
        &self.values[run * self.tasks..][..self.tasks]
    }

    /// The scores of one task, in order of runs.
    pub fn task(&self, task: usize) -> impl Iterator<Item = f64> + '_ {
        self.values.iter().skip(task).step_by(self.tasks).copied()
    }

    /// All scores, row-major.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Mean over runs of each task.
    pub fn task_means(&self) -> Vec<f64> {
        let runs = self.runs as f64;
        (0..self.tasks).map(|task| self.task(task).sum::<f64>() / runs).collect()
    }

    /// Mean over tasks of each run.
    pub fn run_means(&self) -> Vec<f64> {
        let tasks = self.tasks as f64;
        (0..self.runs).map(|run| self.run(run).iter().sum::<f64>() / tasks).collect()
    }

    /// `self − other`, entry by entry: differences of paired runs on the same tasks.
    pub fn minus(&self, other: &Self) -> Result<Self, StatsError> {
        self.same_shape(other)?;
        let values = self.values.iter().zip(&other.values).map(|(a, b)| a - b).collect();
        Self::from_flat(self.runs, self.tasks, values)
    }

    fn same_shape(&self, other: &Self) -> Result<(), StatsError> {
        let sizes = [
            ("number of runs of paired arms", self.runs, other.runs),
            ("number of tasks of paired arms", self.tasks, other.tasks),
        ];
        match sizes.into_iter().find(|(_, left, right)| left != right) {
            None => Ok(()),
            Some((what, left, right)) => Err(StatsError::Mismatch { what, left, right }),
        }
    }

    /// Overwrites every entry; for resampling, which keeps one buffer. The entries stay finite because
    /// they come from another matrix.
    pub(crate) fn fill(&mut self, mut entry: impl FnMut(usize, usize) -> f64) {
        for run in 0..self.runs {
            for task in 0..self.tasks {
                self.values[run * self.tasks + task] = entry(run, task);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_without_meaning_are_refused() {
        assert!(matches!(Scores::from_rows::<[f64; 0]>(&[]), Err(StatsError::Empty { .. })));
        assert!(matches!(Scores::from_rows(&[[0.0; 0], [0.0; 0]]), Err(StatsError::Empty { .. })));
        assert!(matches!(
            Scores::from_rows(&[vec![1.0, 2.0], vec![1.0]]),
            Err(StatsError::Ragged { row: 1, found: 1, expected: 2 })
        ));
        let nan = Scores::from_rows(&[[0.0, 1.0], [f64::NAN, 1.0]]);
        assert!(matches!(nan, Err(StatsError::NotFinite { row: 1, column: 0, .. })));
        assert!(matches!(Scores::from_flat(2, 2, vec![0.0; 3]), Err(StatsError::Mismatch { .. })));
        let pair =
            Scores::single_task(&[1.0]).expect("one").minus(&Scores::single_task(&[1.0, 2.0]).expect("two"));
        assert!(matches!(pair, Err(StatsError::Mismatch { left: 1, right: 2, .. })));
    }
}
