//! The sections of the page, one file each, in reading order.

pub(super) mod claims;
pub(super) mod config;
pub(super) mod cost;
mod credit;
mod curves;
pub(super) mod metrics;
pub(super) mod paired;
pub(super) mod results;
mod rewards;
mod spread;

pub(super) use curves::overview;
pub(super) use results::estimate_cell;

use super::context::Context;
use super::error::ReportError;
use super::page::{Section, number};

/// All sections, figures and tables numbered.
pub(super) fn all(context: &Context) -> Result<Vec<Section>, ReportError> {
    let mut sections = vec![curves::section(context), results::section(context)];
    // With one claim and one metric, the head of the page and the table above have said it all.
    if context.data.claims.len() > 1 {
        sections.insert(0, claims::section(context));
    }
    if context.data.metrics.len() > 1 {
        sections.push(metrics::section(context));
    }
    sections.extend([
        paired::section(context),
        spread::section(context),
        credit::section(context)?,
        rewards::ledger(context),
        rewards::gap(context),
        cost::section(context),
        config::section(context),
    ]);
    number(&mut sections);
    Ok(sections)
}
