//! What goes wrong around a run: each is told in one message that names the place and the remedy, and costs nothing that
//! was finished.

use std::fs;

use crate::support::{Folder, milepost, refused, run_ok, settings};

/// A run that was stopped after one iteration of each arm.
fn stopped(folder: &Folder) -> std::path::PathBuf {
    let arguments = ["experiment", "--runs-dir", folder.path_str(), "--stop-after-iterations", "1"];
    assert!(!milepost(&[&arguments, &settings()[..]].concat()).status.success(), "nothing is finished yet");
    folder.only_run("quickstart")
}

#[test]
fn a_run_folder_of_a_newer_format_is_refused_by_every_command_that_reads_runs() {
    let folder = Folder::new();
    let run = stopped(&folder);
    let meta = fs::read_to_string(run.join("run.json")).expect("readable");
    fs::write(run.join("run.json"), meta.replace("\"format\": 1", "\"format\": 7")).expect("writable");
    let path = run.to_str().expect("UTF-8");
    for command in
        [&["experiment", "--resume", path][..], &["report", path], &["export", path], &["recredit", path]]
    {
        let message = refused(command);
        assert!(
            message.contains("has format 7") && message.contains("use the version that wrote it"),
            "{message}"
        );
    }
    let list = run_ok(&["runs", "--runs-dir", folder.path_str()]);
    assert!(list.contains("unreadable") && list.contains("has format 7"), "{list}");
}

#[test]
fn a_second_process_on_a_run_folder_is_refused_and_told_who_has_it() {
    let folder = Folder::new();
    let run = stopped(&folder);
    let path = run.to_str().expect("UTF-8");
    let lock = fs::OpenOptions::new().read(true).write(true).open(run.join("lock")).expect("there");
    lock.lock().expect("free");
    fs::write(run.join("lock"), "4242\n").expect("writable");
    let message = refused(&["experiment", "--resume", path]);
    assert!(message.contains("in use by process 4242"), "{message}");
    assert!(message.contains("Wait for it to finish, or start another run"), "{message}");
    drop(lock);
    run_ok(&["experiment", "--resume", path]);
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_named_with_the_remedy_and_the_run_goes_on_once_there_is_room() {
    let folder = Folder::new();
    let run = stopped(&folder);
    let path = run.to_str().expect("UTF-8");
    // An arm and seed that starts afresh and finds no room for its log.
    let task = run.join("sparse/seed-0");
    fs::remove_dir_all(&task).expect("there");
    fs::create_dir(&task).expect("writable");
    std::os::unix::fs::symlink("/dev/full", task.join("events.jsonl.gz")).expect("writable");
    let output = milepost(&["experiment", "--resume", path]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    for part in ["sparse seed 0 failed", "events.jsonl.gz cannot be written", "free some space, then resume"]
    {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(run.join("shaped/seed-0/done.json").is_file(), "the other arm is not disturbed");
    fs::remove_file(task.join("events.jsonl.gz")).expect("there");
    run_ok(&["experiment", "--resume", path]);
}

#[test]
#[cfg(unix)]
fn a_folder_that_may_not_be_written_is_named_with_the_remedy() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new();
    let place = folder.path().join("read-only");
    fs::create_dir(&place).expect("writable");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o555)).expect("ours");
    if fs::create_dir(place.join("probe")).is_ok() {
        // The superuser may write everywhere; what it is told is a law of `RecordError`.
        skipped("this user may write into read-only folders");
        return;
    }
    let place = place.to_str().expect("UTF-8").to_owned();
    let message = refused(&["experiment", "--scale", "smoke", "--device", "cpu", "--runs-dir", &place]);
    assert!(message.contains("quickstart cannot be created"), "{message}");
    assert!(message.contains("choose a writable folder with --runs-dir"), "{message}");
}

#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skipped(reason: &str) {
    eprintln!("SKIPPED a_folder_that_may_not_be_written_is_named_with_the_remedy: {reason}");
}
