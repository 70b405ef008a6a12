//! The sections of the page, one file each, in reading order.

pub(super) mod config;
pub(super) mod cost;
mod credit;
mod curves;
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
    let mut sections = vec![
        curves::section(context),
        results::section(context),
        paired::section(context),
        spread::section(context),
        credit::section(context)?,
        rewards::ledger(context),
        rewards::gap(context),
        cost::section(context),
        config::section(context),
    ];
    number(&mut sections);
    Ok(sections)
}
