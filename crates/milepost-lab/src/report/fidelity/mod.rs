//! The page of a credit-fidelity run.

mod html;
mod overview;
mod sections;

use milepost_fidelity::report::Report;

use super::data::{Fact, Verdict};

pub(crate) use html::{build_fidelity_html, build_fidelity_markdown};
pub(crate) use overview::overview_text;
pub(crate) use sections::metrics;

/// What the page of a credit-fidelity run is made from.
#[derive(Debug, Clone)]
pub(crate) struct FidelityData {
    /// Name of the experiment.
    pub(crate) experiment: String,
    /// The method it belongs to.
    pub(crate) dossier: String,
    /// What one wants to know.
    pub(crate) question: String,
    /// One falsifiable sentence.
    pub(crate) claim: String,
    /// Whether the expectations held, if they were checked.
    pub(crate) verdict: Verdict,
    /// How it was made.
    pub(crate) facts: Vec<Fact>,
    /// The command that makes it again.
    pub(crate) command: String,
    /// The resolved settings.
    pub(crate) config: String,
    /// The numbers.
    pub(crate) report: Report,
}
