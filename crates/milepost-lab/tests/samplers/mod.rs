//! Samplers over tokens, warm starts and budgets of drawn tokens, from the file to the record.

use std::io::Read;
use std::path::Path;

use crate::support::{self, Folder, milepost, refused, run_ok};
use flate2::read::MultiGzDecoder;
use serde_json::Value;

/// Chains of one sum, a tiny network, a warm start, and every sampler that such a world allows.
const TINY: &str = r#"
name = "tiny"
dossier = "d"
claim = "c"
question = "q"
seeds = 1
scale = "smoke"
budget = { drawn-tokens = 400 }
environment = { kind = "arith-chain", modulus = 5, least = 1, most = 1 }
policy = { kind = "gru", context = 24, embedding = 8, width = 8, layers = 1 }
tokens = { context = { view = "full", max-tokens = 12, overflow = "error" }, constrained = true, max-turns = 1 }
evaluation = { tasks = 4, every = 200 }
checkpoint = { every = 2 }
metric = { primary = "final-success" }
verdict = { better = "best-of-n", than = "groups", agree = 1, of = 1 }

[method]
normalize = { pool = "group", centre = "mean", scale = { kind = "std", ddof = 1, epsilon = 1e-6 } }
credit = { kind = "broadcast" }
learner = { epochs = 1, minibatch = 8, unit = "trajectory", learning-rate = 1e-3, max-grad-norm = 1.0 }
warm-start = { demonstrations = 8, epochs = 2, cost = 3 }

[method.objective]
surrogate = { kind = "clip", low = 0.2, high = 0.2 }
aggregation = { kind = "seq-mean-token-mean" }
value-coefficient = 0.0
entropy-coefficient = 0.0

[arms.groups]
sampler = { kind = "groups", tasks = 2, group-size = 4 }
scorers = [{ kind = "outcome", channel = "reward" }]
combine = { terms = [{ channel = "reward" }] }

[arms.best-of-n]
sampler = { kind = "best-of-n", tasks = 2, group-size = 4, candidates = 3, judge = { noise = 0.2, tokens = 1 } }
scorers = [{ kind = "outcome", channel = "reward" }]
combine = { terms = [{ channel = "reward" }] }

[arms.step-tree]
sampler = { kind = "step-tree", tasks = 2, trees = 2, candidates = 3 }
scorers = []
combine = { terms = [{ channel = "step_value" }] }

[arms.refine]
sampler = { kind = "refine", tasks = 2, group-size = 4, rounds = 1, noise = 0.1 }
scorers = [{ kind = "outcome", channel = "reward" }]
combine = { terms = [{ channel = "reward" }] }
"#;

/// The lines of a log, without its header.
fn lines(log: &Path) -> Vec<Value> {
    let mut text = String::new();
    let file = std::fs::File::open(log).expect("there");
    MultiGzDecoder::new(file).read_to_string(&mut text).expect("UTF-8");
    text.lines().skip(1).map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("{value} is no count"))
}

#[test]
fn every_drawn_token_is_charged_and_the_warm_start_is_the_first_line() {
    let folder = Folder::new();
    let file = folder.file("tiny.toml", TINY);
    run_ok(&["experiment", &file, "--device", "cpu", "--runs-dir", folder.path_str()]);
    let run = folder.only_run("tiny");
    for arm in ["groups", "best-of-n", "step-tree", "refine"] {
        let events = lines(&run.join(arm).join("seed-0/events.jsonl.gz"));
        assert_eq!(events[0]["kind"], "warm-start", "{arm}");
        let charged = number(&events[0]["charged"]);
        assert_eq!((number(&events[0]["demonstrations"]), charged), (8, 24));
        assert_eq!(events[0]["losses"].as_array().map(Vec::len), Some(2));
        let mut drawn = charged;
        for event in &events[1..] {
            if event["kind"] == "evaluation" {
                assert_eq!(number(&event["tokens"]), drawn, "{arm}");
                continue;
            }
            drawn += number(&event["tokens"]);
            let counters = event["counters"].as_array().expect("a list");
            let used =
                counters.iter().filter(|c| c[0].as_str().is_some_and(|n| n.starts_with("sampler.drawn.")));
            assert_eq!(used.map(|c| number(&c[1])).sum::<u64>(), number(&event["tokens"]), "{arm}");
        }
        let before =
            drawn - number(&events.iter().rev().find(|e| e["kind"] == "iteration").expect("one")["tokens"]);
        assert!(before < 400 && drawn >= 400, "{arm}: the budget ends the run: {before}, {drawn}");
        let recorded = lines(&run.join(arm).join("seed-0/trajectories.jsonl.gz"));
        let provenance = &recorded[0]["members"][0]["provenance"];
        let shown = if arm == "best-of-n" || arm == "step-tree" { "candidate" } else { "" };
        assert!(provenance[0].as_str().unwrap_or_default().starts_with(shown), "{arm}: {provenance}");
        assert_eq!(
            provenance.is_null(),
            shown.is_empty(),
            "{arm}: what was drawn in its place needs no word"
        );
    }
    let report = std::fs::read_to_string(run.join("report.md")).expect("readable");
    assert!(report.contains("8 demonstrations, 100 % of which solve their task"), "{report}");
    assert!(report.contains("success rate right after") && report.contains("400 drawn tokens"));
    assert!(report.contains("tokens drawn, those thrown away included"));
}

/// An arm that distils from a larger network, in the file above.
const TAUGHT: &str = r#"
[method.teacher]
policy = { kind = "gru", context = 24, embedding = 12, width = 12, layers = 1 }
warm-start = { demonstrations = 6, epochs = 1 }

[arms.taught]
sampler = { kind = "groups", tasks = 2, group-size = 4 }
scorers = [{ kind = "outcome", channel = "reward" }]
combine = { terms = [{ channel = "reward" }] }
drop-zero-variance = false
distillation = { gate = { kind = "always" } }
"#;

#[test]
fn what_a_teacher_learned_and_how_it_plays_is_in_the_log_and_in_the_report() {
    let folder = Folder::new();
    let file = folder.file("tiny.toml", &format!("{TINY}{TAUGHT}"));
    let arms = ["--arms", "groups,taught"];
    run_ok(&[&["experiment", &file, "--device", "cpu", "--runs-dir", folder.path_str()], &arms[..]].concat());
    let run = folder.only_run("tiny");
    let of = |arm: &str| lines(&run.join(arm).join("seed-0/events.jsonl.gz"));
    let teachers = |events: &[Value]| events.iter().filter(|event| event["kind"] == "teacher").count();
    assert_eq!(teachers(&of("groups")), 0, "nothing is distilled there");
    let events = of("taught");
    assert_eq!(events[0]["kind"], "warm-start");
    assert_eq!(events[1]["kind"], "teacher");
    assert_eq!(teachers(&events), 1);
    assert_eq!((number(&events[1]["learned"]["demonstrations"]), number(&events[1]["tasks"])), (6, 4));
    let success = events[1]["success"].as_f64().expect("a number");
    assert!([0.0, 0.25, 0.5, 0.75, 1.0].contains(&success), "{success}");
    let report = std::fs::read_to_string(run.join("report.md")).expect("readable");
    assert!(report.contains("teacher of taught") && report.contains("6 demonstrations"), "{report}");
}

#[test]
fn a_resumed_run_over_tokens_equals_an_uninterrupted_one_byte_for_byte() {
    let folder = Folder::new();
    let file = folder.file("tiny.toml", TINY);
    let (whole, parts) = (folder.below("whole"), folder.below("parts"));
    let arms = ["--arms", "groups,best-of-n", "--device", "cpu"];
    run_ok(&[&["experiment", &file, "--runs-dir", &whole], &arms[..]].concat());
    let stopped = milepost(
        &[&["experiment", &file, "--runs-dir", &parts, "--stop-after-iterations", "1"], &arms[..]].concat(),
    );
    assert_eq!(stopped.status.code(), Some(1), "{}", String::from_utf8_lossy(&stopped.stderr));
    let (whole, parts) =
        (support::only_run_in(whole.as_ref(), "tiny"), support::only_run_in(parts.as_ref(), "tiny"));
    run_ok(&["experiment", "--resume", parts.to_str().expect("UTF-8")]);
    for arm in ["groups", "best-of-n"] {
        for name in ["events.jsonl.gz", "trajectories.jsonl.gz", "done.json"] {
            let read = |run: &Path| std::fs::read(run.join(arm).join("seed-0").join(name)).expect("there");
            assert!(read(&whole) == read(&parts), "{arm}: {name} differs");
        }
    }
}

#[test]
fn a_sampler_that_the_world_does_not_serve_is_refused_with_a_remedy() {
    let folder = Folder::new();
    let text = TINY.replace(
        "{ kind = \"refine\", tasks = 2, group-size = 4, rounds = 1, noise = 0.1 }",
        "{ kind = \"rollback\", tasks = 2, group-size = 4 }",
    );
    let file = folder.file("tiny.toml", &text);
    let said =
        refused(&["experiment", &file, "--arms", "groups,best-of-n,refine", "--runs-dir", folder.path_str()]);
    assert!(
        said.contains("sampler.kind = \"rollback\"") && said.contains("choose a world that refuses calls"),
        "{said}"
    );
}
