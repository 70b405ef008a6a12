//! The charts of a report, drawn as SVG text.

pub(in crate::report) mod axes;
pub(in crate::report) mod ledger;
pub(in crate::report) mod lines;
pub(in crate::report) mod rows;
pub(in crate::report) mod scale;
pub(in crate::report) mod svg;
pub(in crate::report) mod swatch;
pub(in crate::report) mod xray;
