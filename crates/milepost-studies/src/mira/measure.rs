use milepost_eval::calibration::{Norm, binary_calibration_error};
use milepost_eval::classification::auroc;

use super::critics::Judgement;
use super::episode::Episode;
use crate::{Measured, Recorder, StudyError, Table};

/// Bins of the calibration error.
const BINS: usize = 10;

/// What the policy does on the evaluation tasks, and what the critics make of it.
pub(super) struct Measurement {
    pub(super) hidden: Vec<Episode>,
    /// With the checker's report shown, for policies that can read it.
    pub(super) shown: Option<Vec<Episode>>,
    pub(super) judged: Vec<Judgement>,
}

fn success_rate(episodes: &[Episode]) -> f64 {
    episodes.iter().filter(|episode| episode.success).count() as f64 / episodes.len().max(1) as f64
}

impl Measurement {
    /// Share of failures after the first milestone; undefined without a failure.
    fn stuck_midway(&self) -> f64 {
        let failures = self.hidden.iter().filter(|episode| !episode.success).count();
        self.hidden.iter().filter(|episode| episode.stuck_midway()).count() as f64 / failures as f64
    }

    /// A point of the learning curves; the success rate.
    pub(super) fn record(&self, phase: u64, recorder: &mut dyn Recorder) -> Result<f64, StudyError> {
        let success = success_rate(&self.hidden);
        let mut values = vec![("success", success)];
        if self.stuck_midway().is_finite() {
            values.push(("stuck midway", self.stuck_midway()));
        }
        values.extend(self.shown.as_ref().map(|shown| ("success with report", success_rate(shown))));
        recorder.point(&[("phase", phase as f64)], &values)?;
        Ok(success)
    }

    /// The final numbers.
    pub(super) fn report(&self, recorder: &mut dyn Recorder) -> Result<(), StudyError> {
        let success = success_rate(&self.hidden);
        recorder.result("final-success", success.into())?;
        let no_failure = || Measured::Undefined("nothing failed".into());
        let stuck = self.stuck_midway();
        recorder.result("stuck-midway", if stuck.is_finite() { stuck.into() } else { no_failure() })?;
        let outcomes: Vec<bool> = self.hidden.iter().map(|episode| episode.success).collect();
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
        let potentials: Vec<f64> = self.judged.iter().map(|judgement| mean(&judgement.potential)).collect();
        recorder.result("potential-auroc", auroc(&outcomes, &potentials).into())?;
        let pairs = self.judged.iter().zip(&outcomes);
        let pairs = pairs.flat_map(|(judgement, outcome)| judgement.value.iter().map(|v| (*v, *outcome)));
        let (values, labels): (Vec<f64>, Vec<bool>) = pairs.unzip();
        recorder
            .result("value-calibration", binary_calibration_error(&values, &labels, BINS, Norm::L1).into())?;
        let reported = self.shown.as_deref().map(success_rate);
        let never = || Measured::Undefined("this policy never reads the checker's report".into());
        recorder.result("report-success", reported.map_or_else(never, Measured::from))?;
        recorder.result("report-gain", reported.map_or_else(never, |shown| (shown - success).into()))?;
        recorder.table(self.last_milestones())
    }

    /// How far failures came.
    fn last_milestones(&self) -> Table {
        let milestones = self.hidden.iter().map(|episode| episode.passed.len()).max().unwrap_or(0);
        let share = |passed: usize| {
            let ended = self.hidden.iter().filter(|e| !e.success && e.milestones() == passed).count();
            Some(ended as f64 / self.hidden.len() as f64)
        };
        Table {
            name: "failures by milestones".into(),
            caption:
                "Share of evaluation episodes that failed after so many milestones, after the last phase."
                    .into(),
            columns: vec!["share".into()],
            rows: (0..=milestones).map(|passed| (format!("{passed} passed"), vec![share(passed)])).collect(),
        }
    }
}
