//! Several runs side by side: verdicts, final scores of all arms, and what differs in the configuration.

use serde::Serialize;

use super::chart::axes::Size;
use super::chart::rows::{Row, RowChart};
use super::check::check;
use super::context::Context;
use super::data::ReportData;
use super::error::ReportError;
use super::html::{CSS, JS, VerdictView, render};
use super::number::{ABSENT, estimate, fixed, plural};
use super::page::{Block, Cell, Figure, Section, Table, number};
use super::{palette, section};

#[derive(Serialize)]
struct CompareView<'a> {
    title: String,
    palette: String,
    css: &'a str,
    js: &'a str,
    headline: String,
    runs: Vec<RunView<'a>>,
    sections: Vec<Section>,
}

#[derive(Serialize)]
struct RunView<'a> {
    label: &'a str,
    experiment: &'a str,
    id: &'a str,
    verdict: VerdictView,
    metric: &'a str,
    environment: &'a str,
    svg: Option<String>,
}

/// Several runs on one self-contained HTML page. The same data gives the same bytes.
pub fn build_comparison_html(runs: &[ReportData]) -> Result<String, ReportError> {
    if runs.is_empty() {
        return Err(ReportError::NoRuns);
    }
    for run in runs {
        check(run)?;
    }
    let labels = labels(runs);
    let contexts: Vec<Context> = runs.iter().map(Context::new).collect();
    let mut sections = vec![scores(&contexts, &labels), configuration(runs, &labels)];
    number(&mut sections);
    let view = CompareView {
        title: format!("Comparison of {}", plural(runs.len(), "run")),
        palette: palette::css(),
        css: CSS,
        js: JS,
        headline: headline(runs),
        runs: contexts.iter().zip(&labels).enumerate().map(|(i, (c, label))| run_view(i, c, label)).collect(),
        sections,
    };
    render("compare.html", &view)
}

fn headline(runs: &[ReportData]) -> String {
    let mut words: Vec<(&str, usize)> = Vec::new();
    for run in runs {
        let word = VerdictView::new(&run.verdict).word;
        match words.iter_mut().find(|(w, _)| *w == word) {
            Some((_, n)) => *n += 1,
            None => words.push((word, 1)),
        }
    }
    let parts: Vec<String> = words.iter().map(|(w, n)| format!("{n} {}", w.to_lowercase())).collect();
    format!("{}: {}.", plural(runs.len(), "run"), parts.join(", "))
}

/// `run 1`, `run 2`, …: short enough for rows and table heads; the cards say which run is which.
fn labels(runs: &[ReportData]) -> Vec<String> {
    (1..=runs.len()).map(|i| format!("run {i}")).collect()
}

fn run_view<'a>(i: usize, context: &Context<'a>, label: &'a str) -> RunView<'a> {
    RunView {
        label,
        experiment: &context.data.experiment,
        id: &context.data.run.id,
        verdict: VerdictView::new(&context.data.verdict),
        metric: context.metric_name(),
        environment: &context.data.environment,
        svg: section::overview(context, &format!("run-{i}")),
    }
}

fn scores(contexts: &[Context], labels: &[String]) -> Section {
    let many_metrics = contexts.iter().any(|c| c.data.metric.name != contexts[0].data.metric.name);
    let mut rows = Vec::new();
    let mut cells = Vec::new();
    for (context, label) in contexts.iter().zip(labels) {
        for (arm, style) in context.arms() {
            let summary = arm.summary.as_ref();
            let d = context.digits;
            let value = summary.map_or_else(|| ABSENT.to_owned(), |s| estimate(&s.iqm, d));
            cells.push(vec![
                Context::arm_cell(arm, style),
                Cell::text(label.clone()),
                Cell::text(context.metric_name().to_owned()),
                section::estimate_cell(summary.map(|s| s.iqm), d),
                section::estimate_cell(summary.and_then(|s| s.paired_difference), d),
                Cell::number(arm.final_scores.len().to_string(), ""),
            ]);
            rows.push(Row {
                label: format!("{label} · {}", arm.name),
                style,
                estimate: summary.map(|s| s.iqm),
                dots: arm
                    .final_scores
                    .iter()
                    .map(|s| (format!("seed {}: {}", s.seed, fixed(s.score, d)), s.score))
                    .collect(),
                never: Vec::new(),
                value,
            });
        }
    }
    let table = Block::Table(Table {
        title: "Final scores of every arm".to_owned(),
        caption:
            "Differences are paired within a run, against that run's reference arm. Scores of different runs \
                  are comparable only if environment, budget and metric are the same."
                .to_owned(),
        head: vec![
            Cell::text("arm"),
            Cell::text("run"),
            Cell::text("metric"),
            Cell::number("IQM", "95 % interval"),
            Cell::number("paired difference", "95 % interval"),
            Cell::number("seeds", ""),
        ],
        rows: cells,
        ..Table::default()
    });
    let chart = RowChart {
        id: "compare".to_owned(),
        title: "Final scores of every arm".to_owned(),
        desc: rows.iter().map(|r| format!("{}: {}.", r.label, r.value)).collect::<Vec<_>>().join(" "),
        x_name: contexts[0].metric_name().to_owned(),
        x_range: None,
        anchor: None,
        sides: None,
        rows,
    };
    let figure = match (chart.draw(Size::Wide), chart.draw(Size::Narrow)) {
        _ if many_metrics => Block::Missing {
            text: "The runs report different metrics, so their scores are not drawn on one axis.".to_owned(),
        },
        (Some(wide), Some(narrow)) => Block::Figure(Figure {
            number: 0,
            title: "Final scores".to_owned(),
            caption: "Small dots: single seeds. Large mark: interquartile mean; whiskers: 95 % interval."
                .to_owned(),
            wide,
            narrow,
            csv: None,
        }),
        _ => Block::Missing { text: "No run recorded a final score.".to_owned() },
    };
    Section { id: "scores", title: "Final scores", lead: String::new(), blocks: vec![figure, table] }
}

/// `section.key` and value of every assignment in a resolved configuration, one line each.
fn assignments(config: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut found = Vec::new();
    for line in config.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            name.trim_matches(['[', ']']).clone_into(&mut section);
        } else if let Some((key, value)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            let key = if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") };
            found.push((key, value.to_owned()));
        }
    }
    found
}

fn configuration(runs: &[ReportData], labels: &[String]) -> Section {
    let mut facts: Vec<Vec<(String, String)>> = Vec::new();
    for run in runs {
        let known = [
            ("version", &run.run.version),
            ("commit", &run.run.commit),
            ("device", &run.run.device),
            ("configuration hash", &run.run.config_hash),
        ];
        let mut all: Vec<(String, String)> = known.map(|(k, v)| (k.to_owned(), v.clone())).to_vec();
        all.extend(assignments(&run.run.config));
        facts.push(all);
    }
    let mut keys: Vec<&str> = Vec::new();
    for (key, _) in facts.iter().flatten() {
        if !keys.contains(&key.as_str()) {
            keys.push(key);
        }
    }
    let of = |run: &[(String, String)], key: &str| run.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
    let mut rows = Vec::new();
    for key in keys {
        let values: Vec<Option<String>> = facts.iter().map(|run| of(run, key)).collect();
        if values.iter().all(|v| *v == values[0]) {
            continue;
        }
        let mut row = vec![Cell::text(key)];
        row.extend(values.into_iter().map(|v| Cell::text(v.unwrap_or_else(|| ABSENT.to_owned()))));
        rows.push(row);
    }
    let blocks = if rows.is_empty() {
        vec![Block::Missing { text: "The runs have the same configuration, version and device.".to_owned() }]
    } else {
        let head =
            std::iter::once("setting").chain(labels.iter().map(String::as_str)).map(Cell::text).collect();
        vec![Block::Table(Table {
            title: "Settings that differ".to_owned(),
            caption: "Only differing settings are listed; a dash means that the run does not set it."
                .to_owned(),
            head,
            rows,
            ..Table::default()
        })]
    };
    Section { id: "config", title: "What differs", lead: String::new(), blocks }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::sample;

    #[test]
    fn a_comparison_names_each_run_and_lists_only_what_differs() {
        let a = sample(2, 5, 11);
        let mut b = sample(3, 5, 11);
        b.run.config = b.run.config.replace("gamma = 0.99", "gamma = 0.9");
        let page = build_comparison_html(&[a.clone(), b]).expect("two sound runs");
        assert!(page.contains("run 2 · igpo"));
        assert!(page.contains("arms.igpo.credit.gamma") && !page.contains("environment.size"));
        assert!(page.contains("2 runs: 2 reproduced."));
        assert!(matches!(build_comparison_html(&[]), Err(ReportError::NoRuns)));
        let same = build_comparison_html(&[a.clone(), a]).expect("two sound runs");
        assert!(same.contains("same configuration"));
    }
}
