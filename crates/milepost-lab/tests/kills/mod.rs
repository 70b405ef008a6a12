//! Power cuts: a run that is killed at random moments, its workers with it, loses nothing that was finished and comes
//! to the same bytes.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::support::{Folder, bytes_below, run_ok, settings};
use milepost_core::{Purpose, Stream, StreamKey};

const KILLS: u32 = 100;
/// The longest that a run is left alone. Undisturbed it takes about two seconds.
const LONGEST: f64 = 0.9;

/// A run in a process group of its own, so that its workers can be killed with it.
fn start(arguments: &[&str], said: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(said).expect("writable"))
        .process_group(0)
        .spawn()
        .expect("starts")
}

/// Kills a run and its workers after `delay`; whether it ended by itself before.
fn kill_after(mut child: Child, delay: Duration, said: &Path) -> bool {
    let look = Duration::from_millis(2);
    for _ in 0..delay.as_millis() / look.as_millis() {
        if let Some(status) = child.try_wait().expect("can be asked") {
            let said = || fs::read_to_string(said).unwrap_or_default();
            assert!(status.success(), "it failed by itself: {}", said());
            return true;
        }
        thread::sleep(look);
    }
    let group = format!("-{}", child.id());
    let killed = Command::new("kill").args(["-KILL", "--", &group]).stderr(Stdio::null()).status();
    let ended = child.wait().expect("ends").success();
    assert!(ended || killed.expect("kill runs").success());
    ended
}

/// Everything about a run that does not depend on the clock.
fn results(run: &Path) -> Vec<(String, Vec<u8>)> {
    let names = ["events.jsonl.gz", "traces.json", "trajectories.jsonl.gz", "done.json"];
    let mut files = bytes_below(run);
    files.retain(|(name, _)| {
        let weights = name.contains("iteration-00000006") && !name.ends_with("manifest.json");
        weights || names.iter().any(|end| name.ends_with(end))
    });
    files
}

/// The files of every arm and seed that is done.
fn finished(run: &Path) -> Vec<(String, Vec<u8>)> {
    let done: Vec<PathBuf> = bytes_below(run)
        .iter()
        .filter_map(|(name, _)| Some(Path::new(name.strip_suffix("/done.json")?).to_owned()))
        .collect();
    let mut files = results(run);
    files.retain(|(name, _)| done.iter().any(|task| Path::new(name).starts_with(task)));
    files
}

/// The run in `root`, once it can be resumed.
fn run_in(root: &str) -> Option<PathBuf> {
    let runs = fs::read_dir(Path::new(root).join("quickstart")).ok()?;
    runs.filter_map(|entry| Some(entry.ok()?.path())).find(|run| run.join("run.json").is_file())
}

#[test]
fn a_hundred_kills_lose_nothing_that_was_finished_and_change_no_bit() {
    let folder = Folder::new();
    let whole = folder.below("whole");
    run_ok(&[&["experiment", "--runs-dir", &whole], &settings()[..]].concat());
    let expected = results(&run_in(&whole).expect("a run"));
    assert!(expected.iter().any(|(name, _)| name.ends_with("model.safetensors")), "weights are compared");

    let said = folder.path().join("said");
    let mut stream = Stream::new(StreamKey::new(0, Purpose::named("kills")));
    let (mut kills, mut completed, mut root, mut before) = (0, 0, folder.below("parts-0"), Vec::new());
    while kills < KILLS {
        let delay = Duration::from_secs_f64(LONGEST * stream.uniform());
        let resumed = run_in(&root);
        let child = match &resumed {
            Some(run) => start(&["experiment", "--resume", run.to_str().expect("UTF-8")], &said),
            None => start(&[&["experiment", "--runs-dir", &root], &settings()[..]].concat(), &said),
        };
        if kill_after(child, delay, &said) {
            let run = run_in(&root).expect("a run");
            assert!(results(&run) == expected, "run {completed} differs after {kills} kills");
            completed += 1;
            (root, before) = (folder.below(&format!("parts-{completed}")), Vec::new());
            continue;
        }
        kills += 1;
        let Some(run) = run_in(&root) else { continue };
        let after = finished(&run);
        let lost = before.iter().find(|file| !after.contains(file));
        assert!(lost.is_none(), "kill {kills} lost {:?}", lost.map(|(name, _)| name));
        before = after;
    }
    // Whatever is left of the last one goes on to the same end.
    match run_in(&root) {
        Some(run) => run_ok(&["experiment", "--resume", run.to_str().expect("UTF-8")]),
        None => run_ok(&[&["experiment", "--runs-dir", &root], &settings()[..]].concat()),
    };
    assert!(results(&run_in(&root).expect("a run")) == expected, "the last run differs");
    assert!(completed > 0, "some runs came to their end between kills");
}
