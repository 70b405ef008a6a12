//! `milepost recredit`, from outside.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Folder, milepost, refused, run_ok, settings};

fn smoke_run(folder: &Folder, more: &[&str]) -> PathBuf {
    run_ok(&[&["experiment", "--runs-dir", folder.path_str()], &settings()[..], more].concat());
    folder.only_run("quickstart")
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn recredited(run: &Path, arguments: &[&str]) -> Value {
    let text = run_ok(&[&["recredit", text_of(run), "--format", "json"], arguments].concat());
    serde_json::from_str(&text).expect("JSON")
}

fn pair<'a>(arm: &'a Value, a: &str, b: &str) -> &'a Value {
    let pairs = arm["pairs"].as_array().expect("a list");
    pairs.iter().find(|pair| pair["a"] == a && pair["b"] == b).expect("the pair")
}

#[test]
fn the_arm_s_own_rule_gives_what_was_recorded_and_others_differ() {
    let folder = Folder::new();
    let run = smoke_run(&folder, &[]);
    let found =
        recredited(&run, &["--rule", "gae", "--rule", "td", "--rule", "grpo", "--rule", "gae:lambda=0.0"]);
    let arms = found["arms"].as_array().expect("a list");
    assert_eq!(
        arms.iter().map(|arm| arm["arm"].as_str()).collect::<Vec<_>>(),
        [Some("sparse"), Some("shaped")]
    );
    for arm in arms {
        assert_eq!(
            arm["columns"].as_array().expect("names").iter().filter_map(Value::as_str).collect::<Vec<_>>(),
            ["recorded", "exact", "gae", "td", "grpo", "gae:lambda=0.0"]
        );
        let trajectories = arm["trajectories"].as_array().expect("a list");
        assert!(trajectories.len() >= 4, "a group");
        let mut steps = 0;
        for trajectory in trajectories {
            let credit = trajectory["credit"].as_array().expect("columns");
            assert_eq!(credit[0], credit[2], "the arm's own rule, to the last bit");
            assert_eq!(credit[3], credit[5], "λ = 0 is temporal differences");
            assert_ne!(credit[2], credit[3]);
            steps += credit[0].as_array().expect("steps").len();
        }
        let own = pair(arm, "recorded", "gae");
        assert!((own["cosine"].as_f64().expect("not zero") - 1.0).abs() < 1e-12, "{own}");
        assert_eq!((own["sign"].as_f64(), own["steps"].as_u64()), (Some(1.0), Some(steps as u64)));
        assert!(pair(arm, "exact", "td")["kendall"].is_number());
    }
    // The steps as a table: a line for each, and one for the names.
    let csv = fs::read_to_string(run.join("recredit/steps.csv")).expect("written");
    let names = csv.lines().next().expect("names");
    assert_eq!(
        names,
        "arm,seed,task,trajectory,step,action,reward,value,recorded,exact,gae,td,grpo,gae:lambda=0.0"
    );
    let steps: usize = arms
        .iter()
        .flat_map(|arm| arm["trajectories"].as_array().expect("a list"))
        .map(|trajectory| trajectory["rewards"].as_array().expect("steps").len())
        .sum();
    assert_eq!(csv.lines().count(), steps + 1);
    let text = run_ok(&["recredit", text_of(&run), "--arm", "sparse"]);
    assert!(text.contains("cosine below the diagonal") && text.contains("reward-to-go"), "{text}");
    assert!(!text.contains("shaped"), "{text}");
    // The run is as good as before.
    run_ok(&["report", text_of(&run)]);
}

#[test]
fn rules_take_parameters_from_the_command_line_and_from_a_file() {
    let folder = Folder::new();
    let run = smoke_run(&folder, &["--arms", "sparse,shaped"]);
    let file = folder.file(
        "rules.toml",
        "[short]\ncredit = { kind = \"gae\", gamma = 0.5, lambda = 0.5 }\n\n[plain]\ncredit = { kind = \"broadcast\" }\n",
    );
    let found = recredited(
        &run,
        &[
            "--arm",
            "sparse",
            "--rules",
            &file,
            "--rule",
            "reward-to-go",
            "--set",
            "rule.gamma=0.25",
            "--set",
            "short.lambda=0.75",
        ],
    );
    let rules = found["arms"][0]["rules"].as_array().expect("a list");
    let short = rules.iter().find(|rule| rule["label"] == "short").expect("from the file");
    assert_eq!(short["config"]["credit"]["gamma"], 0.25);
    assert_eq!(short["config"]["credit"]["lambda"], 0.75);
    let to_go = rules.iter().find(|rule| rule["label"] == "reward-to-go").expect("by name");
    assert_eq!(to_go["config"]["credit"]["gamma"], 0.25);
    let run = text_of(&run);
    let typo = folder.file("typo.toml", "[short]\ncredit = { kind = \"gae\" }\nnormalise = 1\n");
    for (arguments, parts) in [
        (&["--rule", "gea"][..], &["rule `gea`", "did you mean `gae`?"][..]),
        (&["--rule", "gae", "--set", "gae.lambda=2.0"], &["rule `gae`", "[0, 1]"]),
        (&["--rule", "broadcast", "--set", "rule.gamma=0.5"], &["no chosen rule reads it"]),
        (&["--rules", &typo], &["rule `short`", "normalise"]),
        (&["--rules", "no-such-file.toml"], &["no-such-file.toml cannot be used"]),
        (&["--arm", "sparze"], &["unknown arm `sparze`", "`sparse`"]),
    ] {
        let message = refused(&[&["recredit", run], arguments].concat());
        assert!(parts.iter().all(|part| message.contains(part)), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
    }
    assert!(refused(&["recredit", "no/such/run"]).contains("no/such/run is not a run"));
}

#[test]
fn a_rule_that_needs_what_was_not_recorded_is_refused() {
    let folder = Folder::new();
    let without_critic = [
        "--set",
        "method.objective.value-coefficient=0.0",
        "--set",
        "method.credit={kind=\"reward-to-go\",gamma=0.99}",
    ];
    let run = smoke_run(&folder, &without_critic);
    let message = refused(&["recredit", text_of(&run), "--rule", "gae"]);
    assert!(message.contains("rule `gae` reads learned values, but arm `sparse` trained none"), "{message}");
    let found = recredited(&run, &[]);
    let labels: Vec<&str> = found["arms"][0]["rules"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|rule| rule["label"].as_str())
        .collect();
    assert_eq!(
        labels,
        [
            "broadcast",
            "reward-to-go",
            "min-form",
            "reinforce",
            "grpo",
            "rloo",
            "turn-leave-one-out",
            "step-position",
            "gi-gpo",
            "hgpo",
            "prefix-tree",
            "opo"
        ],
        "those that need no critic"
    );

    let stopped = Folder::new();
    milepost(
        &[&["experiment", "--runs-dir", stopped.path_str(), "--stop-after-iterations", "1"], &settings()[..]]
            .concat(),
    );
    let message = refused(&["recredit", text_of(&stopped.only_run("quickstart"))]);
    assert!(message.contains("holds no recorded trajectories") && message.contains("--resume"), "{message}");
}

#[test]
fn a_run_from_before_trajectories_were_recorded_is_read_as_far_as_it_goes() {
    let folder = Folder::new();
    let run = smoke_run(&folder, &["--arms", "sparse"]);
    let task = run.join("sparse/seed-0");
    let log = task.join("trajectories.jsonl.gz");
    let bytes = fs::read(&log).expect("recorded");
    fs::write(&log, &bytes[..bytes.len() - 9]).expect("writable");
    let message = refused(&["recredit", text_of(&run)]);
    assert!(message.contains("trajectories.jsonl.gz is damaged"), "{message}");
    fs::remove_file(&log).expect("there");

    let traces = task.join("traces.json");
    let mut trace: Value = serde_json::from_slice(&fs::read(&traces).expect("there")).expect("JSON");
    trace["ending"] = "out of time".into();
    fs::write(&traces, trace.to_string()).expect("writable");
    let message = refused(&["recredit", text_of(&run)]);
    assert!(message.contains("before whole trajectories were recorded"), "{message}");

    // A success that is there from the first step to the last needs nothing more.
    trace["ending"] = "success".into();
    trace["length"] = trace["steps"].as_array().expect("steps").len().into();
    fs::write(&traces, trace.to_string()).expect("writable");
    let found = recredited(&run, &["--rule", "gae", "--rule", "td"]);
    assert_eq!(found["arms"][0]["trajectories"].as_array().map(Vec::len), Some(1));
    assert!(pair(&found["arms"][0], "gae", "td")["cosine"].is_number());
    let message = refused(&["recredit", text_of(&run), "--rule", "grpo"]);
    assert!(message.contains("rule `grpo` compares trajectories of one task"), "{message}");
}
