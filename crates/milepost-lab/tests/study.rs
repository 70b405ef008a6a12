//! Studies, from outside.

#[allow(dead_code, reason = "each test binary uses its own part")]
mod support;

use std::fs;
use std::path::Path;

use support::{Folder, bytes_below, milepost, refused, run_ok};

const FILE: &str = r#"
kind = "study"
name = "tiny"
dossier = "reward-modeling-basics"
claim = "EPIC orders rewards as their regret does."
question = "How well?"
seeds = 5
metric = { primary = "rank-agreement" }
verdict = { better = "epic", at-least = 0.5 }
study = { kind = "reward-distance", side = 3, candidates = 4 }

[[further]]
claim = "Better than the direct distance."
better = "epic"
than = "direct"

[arms.epic]
about = "EPIC."
distance = "epic"

[arms.direct]
distance = "direct"
"#;

/// What does not depend on the clock.
fn recorded(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = bytes_below(run);
    files.retain(|(name, _)| name.contains("done.json") || name.contains("events.jsonl.gz"));
    files
}

#[test]
fn a_study_is_run_judged_and_reported() {
    let folder = Folder::new();
    let file = folder.file("tiny.toml", FILE);
    let text = run_ok(&["experiment", &file, "--device", "cpu", "--runs-dir", folder.path_str()]);
    for part in ["rank-agreement", "epic above 0.5", "epic over direct", "reproduced", "report: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let run = folder.only_run("tiny");
    let page = fs::read_to_string(run.join("report.html")).expect("a page");
    for part in ["Claims", "Better than the direct distance.", "kinds of rewards", "impossible-distance"] {
        assert!(page.contains(part), "{part}");
    }
    assert!(fs::read_to_string(run.join("report.md")).expect("a page").contains("equivalent-distance"));
    let summary = fs::read_to_string(run.join("summary.json")).expect("numbers");
    assert!(summary.contains("\"claims\"") && summary.contains("\"interquartile-mean\""));
    let before = fs::read(run.join("report.html")).expect("a page");
    assert!(run_ok(&["report", run.to_str().expect("UTF-8")]).contains("epic over direct"));
    assert_eq!(
        fs::read(run.join("report.html")).expect("a page"),
        before,
        "the same records give the same page"
    );
}

#[test]
fn an_interrupted_run_resumes_to_the_same_records_whatever_the_number_of_processes() {
    let (whole, cut) = (Folder::new(), Folder::new());
    let file = whole.file("tiny.toml", FILE);
    run_ok(&["experiment", &file, "--device", "cpu", "--jobs", "1", "--runs-dir", whole.path_str()]);
    let output = milepost(&[
        "experiment",
        &file,
        "--device",
        "cpu",
        "--runs-dir",
        cut.path_str(),
        "--stop-after-iterations",
        "3",
    ]);
    assert!(!output.status.success(), "nothing is finished yet");
    let run = cut.only_run("tiny");
    assert!(recorded(&run).iter().all(|(name, _)| !name.contains("done.json")));
    run_ok(&["experiment", "--resume", run.to_str().expect("UTF-8"), "--jobs", "2"]);
    assert_eq!(recorded(&whole.only_run("tiny")), recorded(&run));
}

/// A study that keeps states, at a size of seconds.
const KEEPS: &str = r#"
kind = "study"
name = "chain"
dossier = "urlvr"
claim = "Votes raise accuracy."
question = "Do they?"
seeds = 1
metric = { primary = "rise", curve = "accuracy" }
verdict = { better = "vote", than = "outcome" }

[study]
kind = "chain-rl"
iterations = 5
prompts = 2
group = 4
evaluate-every = 2
evaluation-prompts = 4
samples = 2
base = { network = { width = 8, layers = 1 }, examples = 64, epochs = 1 }

[arms.vote]
reward = { kind = "vote" }

[arms.outcome]
reward = { kind = "outcome" }
"#;

#[test]
fn an_interrupted_study_goes_on_from_the_state_that_it_kept_to_the_same_records() {
    let (whole, cut) = (Folder::new(), Folder::new());
    let file = whole.file("chain.toml", KEEPS);
    run_ok(&["experiment", &file, "--device", "cpu", "--runs-dir", whole.path_str()]);
    let two = ["--stop-after-iterations", "2"];
    let start = ["experiment", &file, "--device", "cpu", "--runs-dir", cut.path_str()];
    assert!(!milepost(&[&start[..], &two].concat()).status.success(), "nothing is finished yet");
    let run = cut.only_run("chain");
    let kept = |count: u32| {
        run.join(format!("vote/seed-0/checkpoints/iteration-{count:08}/recorded.json")).is_file()
    };
    assert!(kept(1), "a state was kept");
    let path = run.to_str().expect("UTF-8");
    assert!(!milepost(&[&["experiment", "--resume", path][..], &two].concat()).status.success());
    assert!(kept(2), "it went on from there");
    run_ok(&["experiment", "--resume", path]);
    assert_eq!(recorded(&whole.only_run("chain")), recorded(&run));
}

#[test]
fn what_is_unknown_or_misplaced_is_named() {
    let folder = Folder::new();
    for (text, parts) in [
        (FILE.replace("side = 3", "sid = 3"), &["unknown key `study.sid`", "side"][..]),
        (FILE.replace("side = 3", "side = 30"), &["`side` is 30"]),
        (FILE.replace("\"reward-distance\"", "\"reward-distanc\""), &["reward-distanc"]),
        (FILE.replace("primary = \"rank-agreement\"", "primary = \"rank\""), &["metric.primary", "rank"]),
        (
            FILE.replace("than = \"direct\"", "than = \"direkt\""),
            &["further.0.than", "did you mean `direct`"],
        ),
        (FILE.replace("candidates = 4", "distance = \"dard\""), &["`study.distance` has no effect"]),
        (FILE.replace("seeds = 5", "seeds = 0"), &["seeds"]),
    ] {
        let file = folder.file("tiny.toml", &text);
        let message = refused(&["experiment", &file, "--runs-dir", folder.path_str()]);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[test]
fn runs_are_listed_and_old_ones_removed_only_when_told_twice() {
    let folder = Folder::new();
    assert!(run_ok(&["runs", "--runs-dir", folder.path_str()]).contains("no runs"));
    let file = folder.file("tiny.toml", FILE);
    for seeds in ["5", "1"] {
        run_ok(&["experiment", &file, "--device", "cpu", "--seeds", seeds, "--runs-dir", folder.path_str()]);
    }
    let runs = || fs::read_dir(folder.path().join("tiny")).expect("runs").count();
    fs::create_dir(folder.path().join("tiny/zz-not-a-run")).expect("writable");
    let list = run_ok(&["runs", "tiny", "--runs-dir", folder.path_str()]);
    assert!(list.contains("10/10") && list.contains("2/2") && list.contains("reproduced"), "{list}");
    assert!(list.contains("unreadable"), "{list}");
    fs::remove_dir(folder.path().join("tiny/zz-not-a-run")).expect("writable");
    let would = run_ok(&["runs", "--keep", "1", "--runs-dir", folder.path_str()]);
    assert!(would.contains("would remove") && would.contains("--yes") && runs() == 2, "{would}");
    assert!(run_ok(&["runs", "--keep", "1", "--yes", "--runs-dir", folder.path_str()]).contains("removed"));
    assert_eq!(runs(), 1);
}
