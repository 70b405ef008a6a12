use std::fmt::Write as _;

use super::{StudyData, sections};
use crate::report::caveats::caveats;
use crate::report::check::check;
use crate::report::data::Fact;
use crate::report::error::ReportError;
use crate::report::html::{CSS, JS, PageView, VerdictView, key_facts, render};
use crate::report::markdown::{inline, section_text};
use crate::report::palette;

/// The page as self-contained HTML. The same data gives the same bytes.
pub(crate) fn build_study_html(data: &StudyData) -> Result<String, ReportError> {
    check(&data.base)?;
    let verdict = VerdictView::new(&data.base.verdict);
    let view = PageView {
        title: format!("{}: {}", data.base.experiment, verdict.word),
        palette: palette::css(),
        css: CSS,
        js: JS,
        experiment: &data.base.experiment,
        dossier: &data.base.dossier,
        question: &data.base.question,
        claim: &data.base.claim,
        version: &data.base.run.version,
        verdict,
        facts: key_facts(&data.base),
        caveats: caveats(&data.base),
        sections: sections::all(data),
        words: words(),
    };
    render("report.html", &view)
}

/// The page as Markdown. The same data gives the same bytes.
pub(crate) fn build_study_markdown(data: &StudyData) -> Result<String, ReportError> {
    check(&data.base)?;
    let verdict = VerdictView::new(&data.base.verdict);
    let mut out = format!("# {}: {}\n\n", inline(&data.base.experiment), verdict.word);
    let _ = write!(out, "**{}**\n\n", inline(&data.base.verdict.sentence));
    for (label, text) in
        [("Question", &data.base.question), ("Claim", &data.base.claim), ("Rule", &data.base.verdict.rule)]
    {
        let _ = writeln!(out, "- {label}: {}", inline(text));
    }
    for fact in key_facts(&data.base) {
        let _ = writeln!(out, "- {}: {}", fact.label, inline(&fact.value));
    }
    for note in caveats(&data.base) {
        let _ = write!(out, "\n> {}\n", inline(&note));
    }
    for section in sections::all(data) {
        out += &section_text(&section);
    }
    Ok(out.trim_end().to_owned() + "\n")
}

/// The terms that the page cannot do without.
fn words() -> Vec<Fact> {
    [
        ("Arm", "One of the compared settings of the study. All arms see the same seeds."),
        ("Seed", "One complete run. Another seed is the same setting with other random numbers."),
        ("Gold", "The score that evaluation believes. Training never sees it."),
        ("Interquartile mean (IQM)", "The mean of the middle half of the seeds: less swayed by outliers than the mean."),
        (
            "95 % interval",
            "A range made by resampling the seeds. Were the whole experiment repeated many times, about 95 of 100 \
             such ranges would hold the true value.",
        ),
        ("Undefined", "A number that does not exist for a seed, such as the correlation of a constant. It is not zero: the seed is left out and counted."),
    ]
    .map(|(label, value)| Fact { label: label.to_owned(), value: value.to_owned() })
    .to_vec()
}
