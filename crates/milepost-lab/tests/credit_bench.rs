//! The credit-fidelity benchmark, from outside.

#[allow(dead_code, reason = "each test binary uses its own part")]
mod support;

use std::fs;

use support::{Folder, refused, run_ok};

const FILE: &str = r#"
kind = "credit-fidelity"
name = "tiny"
dossier = "credit-benchmark"
claim = "Leave-one-out points less well than the exact advantage."
question = "By how much?"
seeds = 3
batches = 20
baseline = "rloo"

[[instances]]
task = { kind = "bifurcation", horizon = 4, decisive = { at = [1] } }

[[arms]]
method = "control"
control = "exact"

[[arms]]
method = "outcome"

[[arms]]
method = "vine"
continuations = 2
"#;

fn with_baseline(arm: &str) -> String {
    FILE.replace("baseline = \"rloo\"", &format!("baseline = \"{arm}\""))
}

#[test]
fn a_table_is_printed_recorded_and_reported() {
    let folder = Folder::new();
    let file = folder.file("tiny.toml", &with_baseline("outcome"));
    let text = run_ok(&["experiment", &file, "--runs-dir", folder.path_str()]);
    for part in ["exact", "outcome", "vine(k=2)", "batch cosine", "+/=/- outcome", "report: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let run = folder.only_run("tiny");
    let tables = fs::read_to_string(run.join("report.txt")).expect("tables");
    assert!(tables.contains("bifurcation") && tables.contains("RMSE"), "{tables}");
    let records = fs::read_to_string(run.join("records.jsonl")).expect("records");
    assert_eq!(records.lines().count(), 9, "three arms, three seeds");
    let page = fs::read_to_string(run.join("report.html")).expect("a page");
    assert!(page.contains("CA-ID cards") && page.contains("How hard is each instance?"));
    assert!(fs::read_to_string(run.join("report.md")).expect("a page").contains("vine (k=2)"));
}

#[test]
fn a_run_that_was_cut_short_resumes_to_the_same_records_on_any_number_of_threads() {
    let (whole, cut) = (Folder::new(), Folder::new());
    let records = |folder: &Folder| fs::read(folder.only_run("tiny").join("records.jsonl")).expect("records");
    for (folder, jobs) in [(&whole, "1"), (&cut, "2")] {
        let file = folder.file("tiny.toml", &with_baseline("outcome"));
        run_ok(&["experiment", &file, "--runs-dir", folder.path_str(), "--jobs", jobs]);
    }
    let all = records(&whole);
    assert_eq!(all, records(&cut), "threads do not matter");
    // As if the machine had died in the middle of a line.
    let run = cut.only_run("tiny");
    fs::write(run.join("records.jsonl"), &all[..all.len() / 2]).expect("written");
    run_ok(&["experiment", "--resume", run.to_str().expect("UTF-8")]);
    let mut lines: Vec<&[u8]> = all.split(|byte| *byte == b'\n').collect();
    let resumed = records(&cut);
    let mut again: Vec<&[u8]> = resumed.split(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    again.sort_unstable();
    assert_eq!(lines, again);
}

#[test]
fn what_is_unknown_is_named() {
    let folder = Folder::new();
    for (text, parts) in [
        (FILE.to_owned(), &["baseline", "rloo"][..]),
        (with_baseline("outcome").replace("batches = 20", "batches = 20\nbatchs = 1"), &["batchs"]),
        (with_baseline("outcome").replace("horizon = 4", "horizn = 4"), &["horizn"]),
        (with_baseline("outcome").replace("\"vine\"", "\"vin\""), &["vin"]),
        (with_baseline("outcome").replace("seeds = 3", "seeds = 0"), &["seeds"]),
    ] {
        let file = folder.file("tiny.toml", &text);
        let message = refused(&["experiment", &file, "--runs-dir", folder.path_str()]);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}
