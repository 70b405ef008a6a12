//! From records to tables, reports and what the terminal shows.

use milepost_eval::Bootstrap;
use milepost_fidelity::orderings::{Ordering, Verdict as Judged};
use milepost_fidelity::protocol::SuiteOutcome;
use milepost_fidelity::report::Report;
use milepost_sheet::Format;

use super::FidelityRun;
use crate::record::atomic;
use crate::record::directory::write_json;
use crate::report::fidelity::{
    FidelityData, build_fidelity_html, build_fidelity_markdown, metrics, overview_text,
};
use crate::report::{Fact, Outcome, Verdict};

/// Writes table, summary and reports of a finished run; returns what the user reads.
pub(super) fn write(
    run: &FidelityRun,
    outcome: &SuiteOutcome,
    orderings: Vec<Ordering>,
) -> anyhow::Result<String> {
    let experiment = run.experiment();
    let verdict = verdict(&orderings, experiment.scale.name());
    let data = FidelityData {
        experiment: experiment.name.clone(),
        dossier: experiment.dossier.clone(),
        question: experiment.question.clone(),
        claim: experiment.claim.clone(),
        verdict,
        facts: facts(run),
        command: run.meta().command.clone(),
        config: experiment.to_toml()?,
        report: Report::new(outcome, orderings, &Bootstrap::default())?,
    };
    let folder = run.path();
    write_json(&folder.join("summary.json"), &data.report)?;
    let tables = folder.join("report.txt");
    atomic::write(&tables, data.report.text().as_bytes())?;
    for format in Format::AVAILABLE {
        let name = format!("metrics.{}", format.extension());
        atomic::write(&folder.join(name), &metrics(&data.report).encode(*format)?)?;
    }
    atomic::write(&folder.join("report.md"), build_fidelity_markdown(&data).as_bytes())?;
    let page = folder.join("report.html");
    atomic::write(&page, build_fidelity_html(&data)?.as_bytes())?;
    Ok(format!(
        "{}\n{}\nall tables: {}\nreport: {}",
        overview_text(&data.report),
        data.verdict.sentence,
        tables.display(),
        page.display()
    ))
}

/// Whether everything that was expected held.
fn verdict(orderings: &[Ordering], scale: &str) -> Verdict {
    let held = orderings.iter().filter(|o| o.verdict == Judged::Holds).count();
    let failed: Vec<String> =
        orderings.iter().filter(|o| o.verdict == Judged::DoesNotHold).map(|o| o.row.to_string()).collect();
    let (outcome, sentence) = if held + failed.len() == 0 {
        let sentence = format!("Expectations were not checked at scale {scale}; the tables stand alone.");
        (Outcome::Inconclusive, sentence)
    } else if failed.is_empty() {
        (Outcome::Reproduced, format!("All {held} expected orderings that are judged hold."))
    } else {
        let (of, rows) = (held + failed.len(), failed.join(", "));
        (Outcome::NotReproduced, format!("{held} of {of} expected orderings hold; not row {rows}."))
    };
    let rule = "every judged ordering holds: exact rows to their stated precision, statistical rows with a 95 % \
                interval of the paired difference that excludes 0";
    Verdict { outcome, sentence, rule: rule.into(), exploratory: false }
}

fn facts(run: &FidelityRun) -> Vec<Fact> {
    let (experiment, meta) = (run.experiment(), run.meta());
    [
        ("Instances", experiment.instances.len().to_string()),
        ("Methods on every instance", experiment.arms.len().to_string()),
        ("Seeds", experiment.seeds.to_string()),
        ("Batches a seed", experiment.batches.to_string()),
        ("Scale", experiment.scale.name().to_owned()),
        ("Date", meta.started.clone()),
        ("Milepost", meta.milepost.clone()),
        ("Commit", meta.commit.clone()),
        ("Configuration hash", meta.config.chars().take(16).collect()),
    ]
    .map(|(label, value)| Fact { label: label.into(), value })
    .to_vec()
}
