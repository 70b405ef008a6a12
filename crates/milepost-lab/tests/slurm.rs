//! Job arrays: on a stand-in for a cluster everywhere, on a one-node Slurm where one can be started.
#![cfg(unix)]

#[allow(dead_code, reason = "each test binary uses its own part")]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use support::{Folder, bytes_below};

const FILE: &str = r#"
kind = "study"
name = "tiny"
dossier = "reward-modeling-basics"
claim = "EPIC orders rewards as their regret does."
question = "How well?"
seeds = 2
metric = { primary = "rank-agreement" }
verdict = { better = "epic", than = "direct" }
study = { kind = "reward-distance", side = 3, candidates = 4 }
resources = { time = "00:10:00", attempts = 2 }
[arms.epic]
distance = "epic"
[arms.direct]
distance = "direct"
"#;

/// Runs every task of the array at once, in order, before it answers.
const RUNS_ALL: &str = r#"
for word; do last=$word; case $word in --array=0-*) top=${word#--array=0-}; top=${top%%%*} ;; --output=*) out=${word#--output=} ;; esac; done
i=0
while [ "$i" -le "$top" ]; do
    log=$(echo "$out" | sed "s/%A/7/; s/%a/$i/")
    SLURM_ARRAY_TASK_ID=$i sh "$last" > "$log" 2>&1 </dev/null || true
    i=$((i + 1))
done
echo 7
"#;

/// A stand-in for a cluster: a folder with `sbatch`, `squeue` and `scancel`.
fn stand_in(folder: &Folder, sbatch: &str) -> String {
    let bin = folder.path().join("bin");
    fs::create_dir_all(&bin).expect("writable");
    for (name, text) in [("sbatch", sbatch), ("squeue", ""), ("scancel", "")] {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{text}\n")).expect("writable");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("may be run");
    }
    format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default())
}

fn submit(folder: &Folder, path: &str, more: &[&str]) -> Output {
    let file = folder.file("tiny.toml", FILE);
    let mut arguments =
        vec!["experiment", &file, "--launcher", "slurm", "--device", "cpu", "--runs-dir", folder.path_str()];
    arguments.extend(more);
    Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(&arguments)
        .env("PATH", path)
        .output()
        .expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// What does not depend on the clock or on where it ran.
fn recorded(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = bytes_below(run);
    files.retain(|(name, _)| name.contains("done.json") || name.contains("events.jsonl.gz"));
    files
}

#[test]
fn a_job_array_gives_the_same_records_as_processes_here() {
    let (here, there) = (Folder::new(), Folder::new());
    let file = here.file("tiny.toml", FILE);
    support::run_ok(&["experiment", &file, "--device", "cpu", "--runs-dir", here.path_str()]);
    let output = submit(&there, &stand_in(&there, RUNS_ALL), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("slurm job 7: 4 arms × seeds, attempt 1"), "{}", said(&output));
    assert_eq!(recorded(&here.only_run("tiny")), recorded(&there.only_run("tiny")));
}

#[test]
fn a_job_that_vanishes_is_submitted_again_and_then_told() {
    let folder = Folder::new();
    // The first submission is lost.
    let loses =
        format!("if [ ! -f {0}/lost ]; then touch {0}/lost; echo 6; exit; fi\n{RUNS_ALL}", folder.path_str());
    let output = submit(&folder, &stand_in(&folder, &loses), &[]);
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("slurm job 7: 4 arms × seeds, attempt 2"), "{}", said(&output));

    let folder = Folder::new();
    let output = submit(&folder, &stand_in(&folder, "echo 5"), &[]);
    assert!(!output.status.success());
    let text = said(&output);
    assert!(text.contains("epic seed 0 failed") && text.contains("vanished from the queue"), "{text}");
    assert!(text.contains("0 of 4 arms × seeds are done; go on with"), "{text}");
}

#[test]
fn a_cluster_that_refuses_or_is_not_there_is_told_with_the_remedy() {
    let folder = Folder::new();
    let refuses = "echo 'sbatch: error: Invalid account' >&2; exit 1";
    let output = submit(&folder, &stand_in(&folder, refuses), &[]);
    let text = said(&output);
    assert!(!output.status.success());
    assert!(text.contains("Invalid account") && text.contains("[resources]"), "{text}");

    let folder = Folder::new();
    let text = said(&submit(&folder, "/nonexistent", &[]));
    assert!(text.contains("`sbatch` cannot be started"), "{text}");
}

#[test]
fn a_task_that_fails_is_reported_with_its_last_words_and_the_others_stay() {
    let folder = Folder::new();
    // The second task of every submission finds its folder taken by a file.
    let spoils = format!(
        "run=$(ls -d {}/tiny/*); mkdir -p $run/direct; [ -e $run/direct/seed-0 ] || touch $run/direct/seed-0\n{RUNS_ALL}",
        folder.path_str()
    );
    let output = submit(&folder, &stand_in(&folder, &spoils), &[]);
    let text = said(&output);
    assert!(!output.status.success());
    assert!(text.contains("direct seed 0 failed") && text.contains("seed-0 cannot be created"), "{text}");
    assert!(text.contains("3 of 4 arms × seeds are done"), "{text}");
}

#[test]
fn a_real_cluster_of_one_node_runs_the_matrix() {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/slurm/one-node.sh");
    let there = |command: &str| {
        let known = Command::new("sh").args(["-c", &format!("command -v {command}")]).output();
        known.is_ok_and(|output| output.status.success())
    };
    if !["sbatch", "slurmctld", "slurmd", "munged"].into_iter().all(there) {
        skipped("install slurm-wlm and munge to run it");
        return;
    }
    let (cluster, folder) = (Folder::new(), Folder::new());
    let control = |verb: &str| {
        Command::new("sh").arg(&script).args([verb, cluster.path_str()]).output().expect("a shell")
    };
    let started = control("start");
    if !started.status.success() {
        skipped(&format!("the one-node cluster does not start here: {}", said(&started)));
        return;
    }
    let file = folder.file("tiny.toml", FILE);
    let output = Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args([
            "experiment",
            &file,
            "--launcher",
            "slurm",
            "--device",
            "cpu",
            "--runs-dir",
            folder.path_str(),
        ])
        .env("SLURM_CONF", cluster.path().join("slurm.conf"))
        .output()
        .expect("the program starts");
    control("stop");
    assert!(output.status.success(), "{}", said(&output));
    assert!(said(&output).contains("report: "), "{}", said(&output));
    let here = Folder::new();
    support::run_ok(&["experiment", &file, "--device", "cpu", "--runs-dir", here.path_str()]);
    assert_eq!(recorded(&here.only_run("tiny")), recorded(&folder.only_run("tiny")));
}

#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skipped(reason: &str) {
    eprintln!("SKIPPED a_real_cluster_of_one_node_runs_the_matrix: {reason}");
}
