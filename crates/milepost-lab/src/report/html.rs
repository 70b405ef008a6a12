//! The HTML page: sections poured into templates.

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::caveats::caveats;
use super::check::check;
use super::context::Context;
use super::data::{Fact, Outcome, ReportData, Verdict};
use super::error::ReportError;
use super::number::plural;
use super::page::Section;
use super::{palette, section};

/// The verdict as the page prints it.
#[derive(Debug, Serialize)]
pub(super) struct VerdictView {
    kind: &'static str,
    icon: &'static str,
    /// The outcome in words.
    pub word: &'static str,
    sentence: String,
    rule: String,
    exploratory: bool,
}

impl VerdictView {
    /// Words, mark and colour of a verdict.
    pub(super) fn new(verdict: &Verdict) -> Self {
        let (kind, icon, word) = match verdict.outcome {
            Outcome::Reproduced => ("reproduced", "✓", "Reproduced"),
            Outcome::NotReproduced => ("not-reproduced", "✕", "Not reproduced"),
            Outcome::Inconclusive => ("inconclusive", "?", "Inconclusive"),
        };
        let sentence = if verdict.sentence.is_empty() { word } else { &verdict.sentence };
        Self {
            kind,
            icon,
            word,
            sentence: sentence.to_owned(),
            rule: verdict.rule.clone(),
            exploratory: verdict.exploratory,
        }
    }
}

/// What the template `report.html` shows.
#[derive(Serialize)]
pub(super) struct PageView<'a> {
    pub title: String,
    pub palette: String,
    pub css: &'a str,
    pub js: &'a str,
    pub experiment: &'a str,
    pub dossier: &'a str,
    pub question: &'a str,
    pub claim: &'a str,
    pub version: &'a str,
    pub verdict: VerdictView,
    pub facts: Vec<Fact>,
    pub caveats: Vec<String>,
    pub sections: Vec<Section>,
    pub words: Vec<Fact>,
}

/// Styles of the page.
pub(super) const CSS: &str = include_str!("../../templates/report.css");
/// Behaviour of the page; it reads well without.
pub(super) const JS: &str = include_str!("../../templates/report.js");

/// Renders template `name` with `view`.
pub(super) fn render(name: &str, view: &impl Serialize) -> Result<String, ReportError> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    env.add_template("base.html", include_str!("../../templates/base.html"))?;
    env.add_template("section.html", include_str!("../../templates/section.html"))?;
    env.add_template("report.html", include_str!("../../templates/report.html"))?;
    env.add_template("compare.html", include_str!("../../templates/compare.html"))?;
    Ok(env.get_template(name)?.render(minijinja::value::Serde(view))?)
}

/// The report of one experiment as one self-contained HTML page. The same data gives the same bytes.
pub fn build_html(data: &ReportData) -> Result<String, ReportError> {
    check(data)?;
    let context = Context::new(data);
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
        version: &data.run.version,
        verdict,
        facts: key_facts(data),
        caveats: caveats(data),
        sections: section::all(&context)?,
        words: words(),
    };
    render("report.html", &view)
}

/// The facts that belong beside the verdict.
pub(super) fn key_facts(data: &ReportData) -> Vec<Fact> {
    let seeds = data.arms.iter().map(|a| a.final_scores.len()).max().unwrap_or(0);
    let size = format!("{}, {} each", plural(data.arms.len(), "arm"), plural(seeds, "seed"));
    let reference = data.reference.clone().unwrap_or_default();
    [
        ("Environment", data.environment.clone()),
        ("Metric", data.metric.name.clone()),
        ("Reference arm", reference),
        ("Size", size),
        ("Budget per arm and seed", data.run.budget.clone()),
        ("Device", data.run.device.clone()),
        ("Date", data.run.date.clone()),
        ("Configuration hash", data.run.config_hash.chars().take(16).collect()),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(label, value)| Fact { label: label.to_owned(), value })
    .collect()
}

/// The terms that the page cannot do without.
fn words() -> Vec<Fact> {
    [
        ("Arm", "One of the recipes being compared. All arms get the same budget, tasks and seeds."),
        ("Seed", "One complete training run. Another seed is the same recipe with other random numbers."),
        ("Gold", "The score that evaluation believes. Training never sees it."),
        (
            "Interquartile mean (IQM)",
            "The mean of the middle half of the seeds: less swayed by outliers than the \
          mean, less wasteful than the median.",
        ),
        (
            "95 % interval",
            "A range made by resampling the seeds. Were the whole experiment repeated many times, \
          about 95 of 100 such ranges would hold the true value.",
        ),
        ("Advantage", "How much better an action is than what the policy would do on average in that state."),
        ("Credit rule", "How rewards at the end or along the way become advantages of single decisions."),
        ("Channel", "A named source of reward, kept apart so that one can see who paid."),
        (
            "Hacking gap",
            "Training reward minus gold score. A growing gap means that the reward is being gamed.",
        ),
    ]
    .map(|(label, value)| Fact { label: label.to_owned(), value: value.to_owned() })
    .to_vec()
}
