//! From a run's records to its numbers and its page.

use std::fmt::Write as _;
use std::path::PathBuf;

use milepost_eval::verdict::Direction;
use milepost_eval::{Bootstrap, StatsError};
use serde::Serialize;

use super::StudyRun;
use super::records::{ArmRecord, SeedRecord, read};
use crate::analysis::AnalysisError;
use crate::analysis::page::{band, claim_row, how_it_was_made, metric_row, outcome, summary as page_summary};
use crate::analysis::summary::{FEWEST_SEEDS, MetricSummary, compared};
use crate::analysis::table::{aligned, interval, point};
use crate::claim::{Circumstances, Judged, Results, judge};
use crate::config::StudyExperiment;
use crate::record::atomic;
use crate::record::directory::write_json;
use crate::report::study::{CurveSet, MeanTable, StudyData, build_study_html, build_study_markdown};
use crate::report::{self, ReportData};

/// What was made of a run.
#[derive(Debug, Clone)]
pub(crate) struct StudyAnalysis {
    /// The table and the claims for the terminal.
    pub(crate) text: String,
    /// The primary metric, for comparisons of runs.
    pub(crate) data: ReportData,
    /// Where the page is.
    pub(crate) report: PathBuf,
}

/// All numbers of a run.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Summary<'a> {
    experiment: &'a str,
    config: &'a str,
    scale: &'a str,
    exploratory: bool,
    claims: &'a [Judged],
    metrics: Vec<MetricSummary>,
}

/// Computes the numbers of a run and writes `summary.json`, `report.html` and `report.md`.
pub(crate) fn analyse(run: &StudyRun) -> Result<StudyAnalysis, AnalysisError> {
    let experiment = run.experiment();
    let settings = &experiment.settings;
    let arms = read(run)?;
    let direction =
        |name: &str| experiment.metric(name).map_or(Direction::HigherIsBetter, |metric| metric.direction);
    let circumstances = Circumstances {
        scale: settings.scale,
        words: &settings.claim,
        primary: &settings.metric.primary,
        direction: &direction,
    };
    let claims = std::iter::once(&settings.verdict)
        .chain(&settings.further)
        .map(|claim| judge(&circumstances, claim, &arms))
        .collect::<Result<Vec<_>, _>>()?;
    let metrics = metrics(experiment, &arms)?;
    let exploratory = arms.iter().any(|arm| arm.seeds.len() < FEWEST_SEEDS);
    let summary = Summary {
        experiment: &settings.name,
        config: &run.meta().config,
        scale: settings.scale.name(),
        exploratory,
        claims: &claims,
        metrics: metrics.clone(),
    };
    write_json(&run.path().join("summary.json"), &summary)?;
    let data = page(run, &arms, &metrics, &claims, exploratory)?;
    let report = run.path().join("report.html");
    atomic::write(&report, build_study_html(&data)?.as_bytes())?;
    atomic::write(&run.path().join("report.md"), build_study_markdown(&data)?.as_bytes())?;
    let text = text(experiment, &metrics, &claims, exploratory);
    Ok(StudyAnalysis { text, data: data.base, report })
}

fn metrics(experiment: &StudyExperiment, arms: &[ArmRecord]) -> Result<Vec<MetricSummary>, StatsError> {
    let verdict = &experiment.settings.verdict;
    let bootstrap = Bootstrap { level: verdict.confidence, ..Bootstrap::default() };
    let one = |metric: milepost_studies::Metric| {
        let reference = verdict.than.as_deref();
        Ok(MetricSummary {
            metric: metric.name.to_owned(),
            about: metric.about.to_owned(),
            direction: metric.direction,
            arms: compared(arms, metric.name, reference, metric.direction, &bootstrap)?,
        })
    };
    experiment.metrics().into_iter().map(one).collect()
}

/// The primary metric as a table, then the claims.
fn text(
    experiment: &StudyExperiment,
    metrics: &[MetricSummary],
    claims: &[Judged],
    exploratory: bool,
) -> String {
    let primary = &experiment.settings.metric.primary;
    let mut rows = vec![
        ["arm", "seeds", "IQM", "interval", "mean", "difference", "interval", "agree"]
            .map(str::to_owned)
            .to_vec(),
    ];
    let summary = metrics.iter().find(|metric| metric.metric == *primary);
    for arm in summary.iter().flat_map(|metric| &metric.arms) {
        let comparison = arm.comparison.as_ref();
        let difference = comparison.map(|comparison| comparison.paired_difference);
        rows.push(vec![
            arm.arm.clone(),
            arm.seeds.len().to_string(),
            point(arm.interquartile_mean),
            interval(arm.interquartile_mean),
            point(arm.mean),
            point(difference),
            interval(difference),
            comparison.map_or_else(|| "–".into(), |c| format!("{}/{}", c.agreeing, c.pairs)),
        ]);
    }
    let mut out = format!("{} ({primary})\n{}", experiment.settings.claim, aligned(&rows));
    if exploratory {
        out += "\nexploratory: fewer than 5 seeds";
    }
    for claim in claims {
        // Writing to a string cannot fail.
        let _ = write!(out, "\n- {}\n  {}", claim.claim, claim.sentence);
    }
    out
}

fn page(
    run: &StudyRun,
    arms: &[ArmRecord],
    metrics: &[MetricSummary],
    claims: &[Judged],
    exploratory: bool,
) -> Result<StudyData, StatsError> {
    let settings = &run.experiment().settings;
    let primary = metrics.iter().find(|metric| metric.metric == settings.metric.primary);
    let numbers = |name: &str| primary?.arms.iter().find(|arm| arm.arm == name);
    let base_arm = |record: &ArmRecord| {
        let numbers = numbers(&record.name);
        report::Arm {
            name: record.name.clone(),
            description: record.about.clone(),
            final_scores: record
                .scores(&settings.metric.primary)
                .into_iter()
                .map(|(seed, score)| report::SeedScore { seed, score })
                .collect(),
            summary: numbers.and_then(page_summary),
            counters: counters(record),
            ..report::Arm::default()
        }
    };
    let first = &claims[0];
    let finished: Vec<usize> = arms.iter().map(|arm| arm.seeds.len()).collect();
    let seconds = arms.iter().flat_map(|arm| &arm.seeds).map(|seed| seed.seconds).sum();
    let base = ReportData {
        experiment: settings.name.clone(),
        dossier: settings.dossier.clone(),
        question: settings.question.clone(),
        claim: settings.claim.clone(),
        environment: String::new(),
        verdict: report::Verdict {
            outcome: outcome(first.verdict),
            sentence: first.sentence.clone(),
            rule: first.rule.clone(),
            exploratory,
        },
        metric: report::Metric {
            name: settings.metric.primary.clone(),
            lower_is_better: primary.is_some_and(|metric| metric.direction == Direction::LowerIsBetter),
            ..report::Metric::default()
        },
        reference: settings.verdict.than.clone().filter(|name| arms.iter().any(|arm| &arm.name == name)),
        arms: arms.iter().map(base_arm).collect(),
        claims: claims.iter().map(claim_row).collect(),
        metrics: metrics.iter().map(|metric| metric_row(metric, &finished)).collect(),
        run: how_it_was_made(run, settings.scale, String::new(), seconds),
    };
    Ok(StudyData { curves: curves(run.experiment(), arms)?, tables: tables(arms), base })
}

/// Every value over the usual cost, and the primary one over all costs.
fn curves(experiment: &StudyExperiment, arms: &[ArmRecord]) -> Result<Vec<CurveSet>, StatsError> {
    let metric = &experiment.settings.metric;
    let main = metric.curve.as_ref().unwrap_or(&metric.primary);
    let points = || arms.iter().flat_map(|arm| &arm.seeds).flat_map(|seed| &seed.points);
    let (mut values, mut costs): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for point in points() {
        for (names, pairs) in [(&mut values, &point.values), (&mut costs, &point.costs)] {
            for (name, _) in pairs {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
        }
    }
    values.sort_by_key(|name| *name != main.as_str());
    let level = experiment.settings.verdict.confidence;
    let mut sets = Vec::new();
    for value in &values {
        for (index, cost) in costs.iter().enumerate() {
            if index > 0 && *value != main.as_str() {
                continue;
            }
            let of_arm = |arm: &ArmRecord| {
                let seeds: Vec<report::SeedCurve> =
                    arm.seeds.iter().map(|seed| curve(seed, value, cost)).collect();
                let same = seeds.windows(2).all(|pair| pair[0].x == pair[1].x);
                let band = if same && seeds.iter().any(|seed| !seed.x.is_empty()) {
                    band(level, &seeds)?
                } else {
                    None
                };
                Ok((seeds, band))
            };
            let arms = arms.iter().map(of_arm).collect::<Result<Vec<_>, StatsError>>()?;
            sets.push(CurveSet { value: (*value).to_owned(), cost: (*cost).to_owned(), arms });
        }
    }
    Ok(sets)
}

fn curve(seed: &SeedRecord, value: &str, cost: &str) -> report::SeedCurve {
    let find = |pairs: &[(String, f64)], wanted: &str| {
        pairs.iter().find(|(name, _)| name == wanted).map(|(_, number)| *number)
    };
    let (x, y) = seed
        .points
        .iter()
        .filter_map(|point| Some((find(&point.costs, cost)?, find(&point.values, value)?)))
        .unzip();
    report::SeedCurve { seed: seed.seed, x, y }
}

fn counters(record: &ArmRecord) -> Vec<report::Counter> {
    let mut totals: std::collections::BTreeMap<&str, u64> = std::collections::BTreeMap::new();
    for (name, count) in record.seeds.iter().flat_map(|seed| &seed.done.counters) {
        *totals.entry(name).or_default() += count;
    }
    totals
        .into_iter()
        .map(|(name, count)| report::Counter { name: name.to_owned(), count, total: None })
        .collect()
}

/// Tables of each arm, averaged over its seeds where they agree in shape.
fn tables(arms: &[ArmRecord]) -> Vec<MeanTable> {
    arms.iter().flat_map(|arm| mean_tables(&arm.name, &arm.seeds)).collect()
}

fn mean_tables(arm: &str, seeds: &[SeedRecord]) -> Vec<MeanTable> {
    let Some(first) = seeds.first() else { return Vec::new() };
    let mean = |table: &milepost_studies::Table| {
        let same: Vec<_> = seeds
            .iter()
            .filter_map(|seed| seed.done.tables.iter().find(|other| other.name == table.name))
            .filter(|other| {
                other.columns == table.columns
                    && other.rows.iter().map(|(name, _)| name).eq(table.rows.iter().map(|(name, _)| name))
            })
            .collect();
        let number = |row: usize, column: usize| {
            let numbers: Vec<f64> = same.iter().filter_map(|other| other.rows[row].1[column]).collect();
            let count = numbers.len();
            ((count > 0).then(|| numbers.iter().sum::<f64>() / count as f64), count)
        };
        MeanTable {
            arm: arm.to_owned(),
            name: table.name.clone(),
            caption: table.caption.clone(),
            columns: table.columns.clone(),
            rows: table
                .rows
                .iter()
                .enumerate()
                .map(|(row, (name, numbers))| {
                    (name.clone(), (0..numbers.len()).map(|column| number(row, column)).collect())
                })
                .collect(),
            seeds: same.len(),
        }
    };
    first.done.tables.iter().map(mean).collect()
}
