//! The page of a run of studies: claims, curves over every cost, all metrics, the study's own tables.

mod html;
mod sections;

use super::data::{BandCurve, ReportData, SeedCurve};

pub(crate) use html::{build_study_html, build_study_markdown};

/// What the page of a run of studies is made from.
#[derive(Debug, Clone)]
pub(crate) struct StudyData {
    /// The primary metric, as in every report.
    pub(crate) base: ReportData,
    /// Learning curves: one for each value and cost.
    pub(crate) curves: Vec<CurveSet>,
    /// The study's own tables.
    pub(crate) tables: Vec<MeanTable>,
}

/// How one value changed with one cost, arm by arm in the order of the base.
#[derive(Debug, Clone)]
pub(crate) struct CurveSet {
    pub(crate) value: String,
    pub(crate) cost: String,
    pub(crate) arms: Vec<(Vec<SeedCurve>, Option<BandCurve>)>,
}

/// A table of one arm, averaged over its seeds cell by cell.
#[derive(Debug, Clone)]
pub(crate) struct MeanTable {
    pub(crate) arm: String,
    pub(crate) name: String,
    pub(crate) caption: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<MeanCell>)>,
    pub(crate) seeds: usize,
}

/// The mean of a cell, and in how many seeds it is defined.
pub(crate) type MeanCell = (Option<f64>, usize);
