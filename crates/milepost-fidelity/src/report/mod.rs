//! The outcome of a suite as plain data for a report, and as text.

mod checklist;
mod text;

use std::collections::BTreeMap;

use milepost_eval::Bootstrap;
use serde::Serialize;

use crate::orderings::Ordering;
use crate::protocol::{ArmSummary, Difference, Failure, Metric, SuiteOutcome, compare, summarize};
use crate::record::{FrontierPoint, InstanceFacts, Record};
use crate::reference::{Chain, ReferenceValue, published};
use crate::{CaIdCard, FidelityError};

pub use checklist::ChecklistItem;

/// The report of a suite.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Report {
    /// Name of the suite.
    pub suite: String,
    /// Version of this crate.
    pub version: String,
    /// A table for each instance.
    pub tables: Vec<InstanceTable>,
    /// Claims of the literature, as far as they were checked.
    pub orderings: Vec<Ordering>,
    /// What a report on credit should state, answered.
    pub checklist: Vec<ChecklistItem>,
    /// What each arm claims, by its name.
    pub cards: BTreeMap<String, CaIdCard>,
    /// Runs that were refused.
    pub failures: Vec<Failure>,
}

/// The arms on one instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct InstanceTable {
    /// Its difficulty.
    pub facts: InstanceFacts,
    /// The arm that the others are compared with.
    pub baseline: Option<String>,
    /// The arms.
    pub rows: Vec<ArmRow>,
}

/// An arm on one instance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ArmRow {
    /// Every metric with its interval over seeds.
    pub summary: ArmSummary,
    /// Paired differences from the baseline; a tie unless the interval excludes 0.
    pub differences: Vec<Difference>,
    /// Published numbers for this arm and instance.
    pub reference: Vec<ReferenceValue>,
    /// What the estimator counted, over all seeds.
    pub counters: BTreeMap<String, u64>,
    /// Error at matched environment steps, mean over seeds.
    pub frontier: Vec<FrontierPoint>,
}

impl Report {
    /// The report of an outcome, with the orderings that were checked beside it.
    pub fn new(
        outcome: &SuiteOutcome,
        orderings: Vec<Ordering>,
        bootstrap: &Bootstrap,
    ) -> Result<Self, FidelityError> {
        let tables = outcome
            .facts
            .iter()
            .map(|facts| InstanceTable::new(outcome, facts, bootstrap))
            .collect::<Result<Vec<_>, _>>()?;
        let cards = outcome.records.iter().map(|r| (r.arm.clone(), r.card.clone())).collect();
        Ok(Self {
            suite: outcome.config.name.clone(),
            version: outcome.version.clone(),
            checklist: checklist::answers(outcome),
            tables,
            orderings,
            cards,
            failures: outcome.failures.clone(),
        })
    }

    /// The report as text.
    #[must_use]
    pub fn text(&self) -> String {
        text::render(self)
    }
}

impl InstanceTable {
    fn new(
        outcome: &SuiteOutcome,
        facts: &InstanceFacts,
        bootstrap: &Bootstrap,
    ) -> Result<Self, FidelityError> {
        let mut arms: Vec<&str> = Vec::new();
        for record in outcome.records.iter().filter(|r| r.instance == facts.name) {
            if arms.last() != Some(&record.arm.as_str()) {
                arms.push(&record.arm);
            }
        }
        let baseline = outcome.config.baseline.clone();
        let against = baseline.as_deref().map(|arm| outcome.runs(&facts.name, arm)).unwrap_or_default();
        let rows = arms
            .into_iter()
            .map(|arm| ArmRow::new(facts, &outcome.runs(&facts.name, arm), &against, bootstrap))
            .collect::<Result<_, _>>()?;
        Ok(Self { facts: facts.clone(), baseline, rows })
    }
}

impl ArmRow {
    fn new(
        facts: &InstanceFacts,
        runs: &[&Record],
        baseline: &[&Record],
        bootstrap: &Bootstrap,
    ) -> Result<Self, FidelityError> {
        let summary = summarize(runs, bootstrap)?;
        let itself = baseline.first().is_some_and(|record| record.arm == summary.arm);
        let differences = if itself || baseline.len() != runs.len() {
            Vec::new()
        } else {
            let metrics = Metric::ALL.into_iter();
            metrics.map(|metric| compare(metric, runs, baseline, bootstrap)).collect::<Result<_, _>>()?
        };
        let mut counters = BTreeMap::new();
        for (name, count) in runs.iter().flat_map(|record| &record.counters) {
            *counters.entry(name.clone()).or_default() += count;
        }
        Ok(Self {
            reference: reference(&facts.name, &summary),
            frontier: mean_frontier(runs),
            summary,
            differences,
            counters,
        })
    }
}

/// Published numbers of an arm on an instance.
fn reference(instance: &str, summary: &ArmSummary) -> Vec<ReferenceValue> {
    let chains = [Chain::Eight, Chain::ThirtyTwo, Chain::Distractor, Chain::Saturated];
    let Some(chain) = chains.into_iter().find(|chain| chain.instance().label() == instance) else {
        return Vec::new();
    };
    let arms = published().into_iter().filter(|arm| arm.arm.build().name() == summary.arm);
    arms.flat_map(|arm| arm.values).filter(|value| value.chain == chain && summary.group == 8).collect()
}

fn mean_frontier(runs: &[&Record]) -> Vec<FrontierPoint> {
    let Some(first) = runs.first() else { return Vec::new() };
    let mean = |index: usize, read: fn(&FrontierPoint) -> Option<f64>| {
        let values: Option<Vec<f64>> = runs.iter().map(|r| r.frontier.get(index).and_then(read)).collect();
        values.map(|values| values.iter().sum::<f64>() / values.len() as f64)
    };
    let point = |(index, point): (usize, &FrontierPoint)| FrontierPoint {
        cell_rmse: mean(index, |p| p.cell_rmse),
        gradient_error: mean(index, |p| p.gradient_error),
        ..*point
    };
    first.frontier.iter().enumerate().map(point).collect()
}
