//! The self-contained experiment report: one HTML page, one Markdown file, and a comparison of runs.
//!
//! A report is a pure function of [`ReportData`]: it reads no file, no clock and no network, and the same data
//! gives the same bytes. The flow is `ReportData` → checks → sections of blocks ([`build_html`] and
//! [`build_markdown`] share them) → templates. The page loads nothing, works without scripts, and carries its
//! data as CSV links.
//!
//! Statistics are the caller's: this module draws intervals, it never computes them.

mod audit_figure;
mod caveats;
mod chart;
mod check;
mod compare;
mod context;
mod csv;
mod data;
mod error;
pub(crate) mod fidelity;
mod html;
mod lenient;
mod markdown;
mod number;
mod page;
mod palette;
#[cfg(test)]
mod sample;
mod section;
pub(crate) mod study;

#[cfg(test)]
mod tests;

pub(crate) use audit_figure::audit_figure;
pub use compare::build_comparison_html;
pub use data::{
    Agreement, Arm, BandCurve, ChannelShare, ClaimRow, Counter, CreditXray, Estimate, Fact, Frame,
    HackingGap, Interval, Ledger, Metric, MetricCell, MetricRow, Outcome, Percentile, ReportData, RunMeta,
    SeedCurve, SeedScore, Summary, Throughput, Verdict, XrayStep,
};
pub use error::ReportError;
pub use html::build_html;
pub use markdown::build_markdown;
