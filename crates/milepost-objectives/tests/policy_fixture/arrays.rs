//! The arrays of a recorded policy loss.

use milepost_credit::Rows;
use milepost_objectives::{PolicyObjective, PolicyReport, TokenBatch};
use milepost_testkit::golden::{Case, Section, number};

use crate::common::{flags, list, matrix, padded};

/// A batch in owned form.
pub(crate) struct Arrays {
    pub(crate) rows: Rows,
    pub(crate) mask: Vec<bool>,
    pub(crate) log_probs: Vec<f64>,
    pub(crate) old: Vec<f64>,
    pub(crate) advantages: Vec<f64>,
    pub(crate) reference: Option<Vec<f64>>,
    pub(crate) correction: Option<Vec<f64>>,
}

impl Arrays {
    pub(crate) fn read(case: &Case, mask: &str) -> Self {
        let rows = padded(&matrix(case, "log_prob"));
        let mask = flags(&case.inputs[mask]);
        let mut advantages = list(case, "advantages");
        if advantages.len() == rows.len() {
            let mut spread = vec![0.0; rows.entries()];
            rows.broadcast(&advantages, Some(&mask), &mut spread).expect("lengths fit");
            advantages = spread;
        }
        let optional = |name: &str| case.inputs.get(name).filter(|v| !v.is_null()).map(|_| list(case, name));
        Self {
            rows,
            mask,
            log_probs: list(case, "log_prob"),
            old: list(case, "old_log_prob"),
            advantages,
            reference: optional("ref_log_prob"),
            correction: optional("rollout_is_weights"),
        }
    }

    pub(crate) fn batch(&self) -> TokenBatch<'_> {
        TokenBatch {
            reference: self.reference.as_deref(),
            correction: self.correction.as_deref(),
            ..TokenBatch::new(&self.rows, &self.log_probs, &self.old, &self.advantages).masked(&self.mask)
        }
    }

    pub(crate) fn evaluate(&self, objective: &PolicyObjective) -> (PolicyReport, Vec<f64>) {
        let mut gradient = vec![f64::NAN; self.rows.entries()];
        let report = objective.evaluate(&self.batch(), None, &mut gradient).expect("recorded input");
        (report, gradient)
    }

    /// The report of each row that has tokens, on its own.
    pub(crate) fn each_row(&self, objective: &PolicyObjective) -> Vec<PolicyReport> {
        let mut reports = Vec::new();
        for range in self.rows.iter() {
            if !self.mask[range.clone()].contains(&true) {
                continue;
            }
            let rows = Rows::padded(1, range.len());
            let part = |values: &Vec<f64>| values[range.clone()].to_vec();
            let row = Self {
                rows,
                mask: self.mask[range.clone()].to_vec(),
                log_probs: part(&self.log_probs),
                old: part(&self.old),
                advantages: part(&self.advantages),
                reference: self.reference.as_ref().map(part),
                correction: self.correction.as_ref().map(part),
            };
            reports.push(row.evaluate(objective).0);
        }
        reports
    }
}

/// Compares every recorded metric with the one of its name; a metric that is not among `got` fails.
pub(crate) fn metrics(section: &Section, case: &Case, got: &[(&str, f64)]) {
    for (name, want) in case.outputs["metrics"].as_object().expect("named metrics") {
        let (_, got) =
            got.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no rule for {name}"));
        section.tolerance.f64.check(&format!("{} {name}", case.name), &[*got], &[number(want)]);
    }
}
