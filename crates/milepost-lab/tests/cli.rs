//! The `milepost` command, from outside.

mod audit;
mod browser;
mod export;
mod faults;
#[cfg(unix)]
mod kills;
mod recredit;
mod samplers;
mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use support::{Folder, bytes_below, milepost, refused, run_ok, settings};

#[test]
fn the_list_names_every_experiment_with_its_claim_and_cost() {
    let text = run_ok(&["experiment", "--list"]);
    assert!(
        text.contains("quickstart") && text.contains("claim:") && text.contains("smoke 5 × 2048 steps"),
        "{text}"
    );
}

#[test]
fn a_dry_run_prints_a_file_that_resolves_to_itself() {
    let folder = Folder::new();
    let first = run_ok(&["experiment", "--dry-run", "--scale", "smoke", "--set", "method.learner.epochs=3"]);
    let file = folder.file("resolved.toml", &first);
    let again = run_ok(&["experiment", "--dry-run", &file]);
    assert_eq!(first, again);
    assert!(first.contains("epochs = 3") && first.contains("scale = \"smoke\""), "{first}");
}

#[test]
fn what_is_unknown_is_refused_in_one_line_with_the_nearest_name() {
    for (arguments, parts) in [
        (&["experiment", "quikstart"][..], &["unknown experiment `quikstart`", "`quickstart`"][..]),
        (&["experiment", "--set", "method.learner.epoch=1"], &["`method.learner.epoch`", "`epochs`"]),
        (&["experiment", "--arms", "sparze"], &["unknown arm `sparze`", "`sparse`"]),
        (&["experiment", "--scale", "smol"], &["unknown scale `smol`", "small"]),
        (&["experiment", "--device", "cpuu"], &["unknown device `cpuu`", "`cpu`"]),
        (
            &["experiment", "--set", "environment.level=MiniGrid-DoorKey-5x5-v1"],
            &["environment.level", "MiniGrid-DoorKey-5x5-v0"],
        ),
        (&["experiment", "--resume", "no/such/run"], &["no/such/run is not a run", "no such folder"]),
        (
            &["experiment", "kepo", "--set", "evaluation.environment.entities=9"],
            &["arms.grpo", "`evaluation.environment` has other words"],
        ),
        (
            &["experiment", "urlvr-countdown", "--set", "method.warm-start-environment.modulus=5"],
            &["`warm-start-environment` has other words"],
        ),
        (&["report", "no/such/run"], &["no/such/run is not a run"]),
    ] {
        let folder = Folder::new();
        let mut arguments = arguments.to_vec();
        if arguments[0] == "experiment" {
            arguments.extend(["--runs-dir", folder.path_str()]);
        }
        let message = refused(&arguments);
        assert!(parts.iter().all(|part| message.contains(part)), "{arguments:?}: {message}");
        assert!(message.starts_with("error: ") && !message.contains("panicked"), "{message}");
        assert!(bytes_below(folder.path()).is_empty(), "nothing is written: {arguments:?}");
    }
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = Folder::new();
    let file = folder.file("occupied", "a file, not a folder");
    let message = refused(&["experiment", "--scale", "smoke", "--device", "cpu", "--runs-dir", &file]);
    assert!(message.contains("occupied/quickstart cannot be created"), "{message}");
}

#[test]
fn a_file_with_a_slip_is_refused_with_its_name() {
    let folder = Folder::new();
    let file = folder.file(
        "mine.toml",
        &fs::read_to_string("experiments/quickstart.toml").expect("there").replace("threshold", "treshold"),
    );
    let message = refused(&["experiment", "--dry-run", &file]);
    assert!(
        message.contains("mine.toml")
            && message.contains("`metric.treshold`")
            && message.contains("`threshold`"),
        "{message}"
    );
    let overlay = folder.file("over.toml", "[evaluation]\ntask = 3\n");
    let message = refused(&["experiment", "--dry-run", "--overlay", &overlay]);
    assert!(message.contains("over.toml") && message.contains("`evaluation.task`"), "{message}");
}

#[test]
fn a_smoke_run_goes_from_the_file_to_the_report() {
    let folder = Folder::new();
    let text =
        run_ok(&["experiment", "--scale", "smoke", "--device", "cpu", "--runs-dir", folder.path_str()]);
    assert!(text.contains("exploratory") && text.contains("no verdict: the smoke scale"), "{text}");
    let run = folder.only_run("quickstart");
    for file in ["resolved.toml", "run.json", "summary.json", "report.html", "report.md"] {
        assert!(run.join(file).is_file(), "{file}");
    }
    let report = fs::read_to_string(run.join("report.html")).expect("readable");
    assert!(report.contains("sparse") && report.contains("shaped") && report.contains("<svg"));
    let summary: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("summary.json")).expect("readable")).expect("JSON");
    assert_eq!(summary["arms"].as_array().map(Vec::len), Some(5));
    let traces: serde_json::Value =
        serde_json::from_slice(&fs::read(run.join("shaped/seed-0/traces.json")).expect("readable"))
            .expect("JSON");
    assert!(traces["steps"][0]["exact_advantage"].is_number(), "{}", traces["no_exact_values"]);
    // Rebuilding from the records gives the same page.
    run_ok(&["report", run.to_str().expect("UTF-8")]);
    assert_eq!(fs::read_to_string(run.join("report.html")).expect("readable"), report);
}

#[test]
fn some_of_the_arms_can_be_run_and_claims_about_others_have_no_verdict() {
    let folder = Folder::new();
    let mut arguments = settings();
    let arms = arguments.iter().position(|argument| *argument == "--arms").expect("given") + 1;
    arguments[arms] = "shaped";
    run_ok(&[&["experiment", "--runs-dir", folder.path_str()], &arguments[..]].concat());
    let run = folder.only_run("quickstart");
    let resolved = fs::read_to_string(run.join("resolved.toml")).expect("readable");
    assert!(resolved.contains("partial = true") && !resolved.contains("[arms.sparse"), "{resolved}");
    assert!(fs::read_to_string(run.join("report.md")).expect("readable").contains("no verdict"));
}

#[test]
fn a_resumed_run_equals_an_uninterrupted_one_byte_for_byte() {
    let folder = Folder::new();
    let (whole, parts) = (folder.below("whole"), folder.below("parts"));
    run_ok(&[&["experiment", "--runs-dir", &whole], &settings()[..]].concat());
    // Stopped after two iterations each, then after three more, then run to the end.
    let stopped = milepost(
        &[&["experiment", "--runs-dir", &parts, "--stop-after-iterations", "2"], &settings()[..]].concat(),
    );
    assert_eq!(stopped.status.code(), Some(1), "{}", String::from_utf8_lossy(&stopped.stderr));
    let run = support::only_run_in(parts.as_ref(), "quickstart");
    let run = run.to_str().expect("UTF-8");
    assert!(String::from_utf8_lossy(&stopped.stderr).contains(&format!("--resume {run}")));
    assert!(!milepost(&["experiment", "--resume", run, "--stop-after-iterations", "3"]).status.success());
    run_ok(&["experiment", "--resume", run]);

    assert_equal_results(&whole, &parts);
}

#[test]
fn a_killed_run_goes_on_from_its_checkpoint_to_the_same_bytes() {
    let folder = Folder::new();
    let (whole, parts) = (folder.below("whole"), folder.below("parts"));
    run_ok(&[&["experiment", "--runs-dir", &whole], &settings()[..]].concat());
    let mut child = Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(["experiment", "--runs-dir", &parts])
        .args(settings())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("starts");
    support::wait_for_run(parts.as_ref(), "quickstart");
    thread::sleep(Duration::from_millis(700));
    child.kill().expect("running");
    child.wait().expect("killed");
    let run = support::only_run_in(parts.as_ref(), "quickstart");
    // Orphaned workers leave when they notice; whoever holds a lock may still write.
    for (name, _) in bytes_below(&run).into_iter().filter(|(name, _)| name.ends_with("lock")) {
        fs::File::open(run.join(name)).expect("readable").lock().expect("the owner leaves");
    }
    // A record that was being written when the power went.
    for (name, mut bytes) in bytes_below(&run) {
        if name.ends_with("events.jsonl.gz") && !run.join(&name).with_file_name("done.json").exists() {
            bytes.extend([0x1f, 0x8b, 8, 0, 0]);
            fs::write(run.join(&name), bytes).expect("writable");
        }
    }
    run_ok(&["experiment", "--resume", run.to_str().expect("UTF-8")]);
    assert_equal_results(&whole, &parts);
}

/// Event logs, final weights, optimizer state, counters and traces are equal byte for byte.
fn assert_equal_results(whole: &str, parts: &str) {
    let compared = |root: &str| {
        let mut files = bytes_below(&support::only_run_in(root.as_ref(), "quickstart"));
        files.retain(|(name, _)| {
            let last_checkpoint = name.contains("iteration-00000006") && !name.ends_with("manifest.json");
            let names = ["events.jsonl.gz", "traces.json", "trajectories.jsonl.gz", "done.json"];
            last_checkpoint || names.iter().any(|end| name.ends_with(end))
        });
        files
    };
    let (expected, found) = (compared(whole), compared(parts));
    assert!(expected.iter().any(|(name, _)| name.ends_with("model.safetensors")), "weights are compared");
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&expected), names(&found));
    for ((name, expected), (_, found)) in expected.iter().zip(&found) {
        assert!(expected == found, "{name} differs");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let folder = Folder::new();
    let run = |threads: &str| {
        let root = folder.below(threads);
        let output = Command::new(env!("CARGO_BIN_EXE_milepost"))
            .args(["experiment", "--runs-dir", &root])
            .args(settings())
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .expect("runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let mut files = bytes_below(&support::only_run_in(root.as_ref(), "quickstart"));
        files.retain(|(name, _)| name.ends_with("events.jsonl.gz") || name.ends_with(".safetensors"));
        files
    };
    assert!(run("1") == run("2"), "1 and 2 threads differ");
}

#[test]
fn an_interrupt_keeps_finished_seeds_and_says_how_to_go_on() {
    let folder = Folder::new();
    // One process at a time: when the second task starts, the first is finished.
    let child = Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args([
            "experiment",
            "--runs-dir",
            folder.path_str(),
            "--jobs",
            "1",
            "--set",
            "budget.environment-steps=2000",
        ])
        .args(settings())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let run = support::wait_for_run(folder.path(), "quickstart");
    let first_done = || bytes_below(&run).iter().any(|(name, _)| name.ends_with("done.json"));
    for _ in 0..600 {
        if first_done() {
            break;
        }
        thread::sleep(Duration::from_millis(100));
    }
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill runs").success());
    let output = child.wait_with_output().expect("ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("go on with: cargo xtask experiment --resume"), "{said}");
    assert!(first_done(), "the finished seed is kept");
    run_ok(&["experiment", "--resume", run.to_str().expect("UTF-8")]);
}

#[test]
fn damage_is_named_and_never_read_as_data() {
    let folder = Folder::new();
    let stopped = milepost(
        &[&["experiment", "--runs-dir", folder.path_str(), "--stop-after-iterations", "1"], &settings()[..]]
            .concat(),
    );
    assert!(!stopped.status.success());
    let run = folder.only_run("quickstart");
    let path = run.to_str().expect("UTF-8");

    let model =
        bytes_below(&run).into_iter().find(|(name, _)| name.ends_with("model.safetensors")).expect("one");
    let mut damaged = model.1.clone();
    *damaged.last_mut().expect("not empty") ^= 1;
    fs::write(run.join(&model.0), &damaged).expect("writable");
    let message = refused(&["experiment", "--resume", path]);
    assert!(
        message.contains("model.safetensors does not have the content")
            && message.contains("delete this folder"),
        "{message}"
    );
    fs::write(run.join(&model.0), &model.1).expect("writable");

    let resolved = fs::read_to_string(run.join("resolved.toml")).expect("readable");
    fs::write(run.join("resolved.toml"), resolved.replace("epochs = 4", "epochs = 5")).expect("writable");
    let message = refused(&["experiment", "--resume", path]);
    assert!(message.contains("resolved.toml has hash") && message.contains("undo the edit"), "{message}");
    fs::write(run.join("resolved.toml"), &resolved).expect("writable");

    let meta = fs::read_to_string(run.join("run.json")).expect("readable");
    fs::write(run.join("run.json"), meta.replace("\"format\": 1", "\"format\": 2")).expect("writable");
    assert!(refused(&["experiment", "--resume", path]).contains("has format 2"));
    fs::write(run.join("run.json"), &meta).expect("writable");

    // Undamaged again, it goes on.
    run_ok(&["experiment", "--resume", path]);
}
