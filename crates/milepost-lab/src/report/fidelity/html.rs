use std::fmt::Write as _;

use super::{FidelityData, sections};
use crate::report::data::Fact;
use crate::report::error::ReportError;
use crate::report::html::{CSS, JS, PageView, VerdictView, render};
use crate::report::markdown::{inline, section_text};
use crate::report::palette;

/// The page as self-contained HTML. The same data gives the same bytes.
pub(crate) fn build_fidelity_html(data: &FidelityData) -> Result<String, ReportError> {
    let verdict = VerdictView::new(&data.verdict);
    let view = PageView {
        title: format!("{}: {}", data.experiment, verdict.word),
        palette: palette::css(),
        css: CSS,
        js: JS,
        experiment: &data.experiment,
        dossier: &data.dossier,
        question: &data.question,
        claim: &data.claim,
        version: &data.report.version,
        verdict,
        facts: data.facts.clone(),
        caveats: caveats(data),
        sections: sections::all(data),
        words: words(),
    };
    render("report.html", &view)
}

/// The page as Markdown. The same data gives the same bytes.
pub(crate) fn build_fidelity_markdown(data: &FidelityData) -> String {
    let verdict = VerdictView::new(&data.verdict);
    let mut out = format!("# {}: {}\n\n", inline(&data.experiment), verdict.word);
    let _ = write!(out, "**{}**\n\n", inline(&data.verdict.sentence));
    for (label, text) in [("Question", &data.question), ("Claim", &data.claim), ("Rule", &data.verdict.rule)]
    {
        let _ = writeln!(out, "- {label}: {}", inline(text));
    }
    for note in caveats(data) {
        let _ = write!(out, "\n> {}\n", inline(&note));
    }
    for section in sections::all(data) {
        out += &section_text(&section);
    }
    out.trim_end().to_owned() + "\n"
}

fn caveats(data: &FidelityData) -> Vec<String> {
    let seeds =
        data.report.tables.iter().flat_map(|t| &t.rows).map(|row| row.summary.seeds).min().unwrap_or(0);
    let mut caveats = Vec::new();
    if seeds < 30 {
        caveats.push(format!(
            "{seeds} seeds an arm: the protocol asks for at least 30 where a mean over seeds is quoted."
        ));
    }
    caveats
}

/// The terms that the page cannot do without.
fn words() -> Vec<Fact> {
    [
        ("Credit", "A number for each decision that says how much it contributed to the return."),
        ("Exact advantage", "How much better an action is than the policy's average in that state, computed, not sampled."),
        ("RMSE", "Root mean squared difference between assigned credit and the exact advantage."),
        ("scaled RMSE", "The same after the best rescaling of the credit: fair to methods that normalise."),
        ("sign", "Share of decisions with something at stake whose credit has the right sign; zero counts as wrong."),
        ("hit", "Share of episodes whose largest credit lies on the decision that mattered most; ties count in part."),
        ("leakage", "Share of all credit that lies on steps where nothing was at stake."),
        ("batch cosine", "Cosine between the gradient of one batch and the exact gradient, averaged over batches."),
        ("nvar", "Variance of the batch gradient divided by the square of its mean: its noise."),
        ("extra steps", "Environment steps beyond the recorded ones, for each credited decision."),
        ("nvar x steps", "Noise times the steps of a batch: what an update of unit noise costs."),
    ]
    .map(|(label, value)| Fact { label: label.into(), value: value.into() })
    .to_vec()
}
