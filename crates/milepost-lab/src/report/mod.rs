//! The self-contained experiment report: one HTML page, one Markdown file.
//!
//! A report is a pure function of [`ReportData`]. The same data gives the same bytes.

mod data;
mod error;
mod lenient;

pub use data::{
    Agreement, Arm, BandCurve, ChannelShare, Counter, CreditXray, Estimate, Fact, Frame, HackingGap, Interval,
    Ledger, Metric, Outcome, Percentile, ReportData, RunMeta, SeedCurve, SeedScore, Summary, Throughput, Verdict,
    XrayStep,
};
pub use error::ReportError;
