//! Starting the program and looking at what it left.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::Duration;

/// Runs the program.
pub(crate) fn milepost(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_milepost")).args(arguments).output().expect("the program starts")
}

/// Its standard output; it must succeed.
pub(crate) fn run_ok(arguments: &[&str]) -> String {
    let output = milepost(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Its error message; it must fail.
pub(crate) fn refused(arguments: &[&str]) -> String {
    let output = milepost(arguments);
    let said = String::from_utf8(output.stderr).expect("UTF-8");
    assert!(!output.status.success(), "{arguments:?} succeeded");
    let from = said.find("error: ").unwrap_or(0);
    said[from..].to_owned()
}

/// A run of seconds: two arms, one seed, six short iterations.
pub(crate) fn settings() -> Vec<&'static str> {
    vec![
        "--scale",
        "smoke",
        "--device",
        "cpu",
        "--arms",
        "sparse,shaped",
        "--set",
        "budget.environment-steps=384",
        "--set",
        "method.sampler.environments=4",
        "--set",
        "method.sampler.steps=16",
        "--set",
        "evaluation={tasks=2,every=192}",
        "--set",
        "checkpoint.every=2",
    ]
}

/// A temporary folder.
pub(crate) struct Folder(tempfile::TempDir);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn path_str(&self) -> &str {
        self.path().to_str().expect("UTF-8")
    }

    pub(crate) fn below(&self, name: &str) -> String {
        self.path().join(name).to_str().expect("UTF-8").to_owned()
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        fs::write(self.path().join(name), text).expect("writable");
        self.below(name)
    }

    pub(crate) fn only_run(&self, experiment: &str) -> PathBuf {
        only_run_in(self.path(), experiment)
    }
}

/// Waits until the program has made its run folder.
pub(crate) fn wait_for_run(root: &Path, experiment: &str) -> PathBuf {
    for _ in 0..300 {
        if fs::read_dir(root.join(experiment)).is_ok_and(|mut runs| runs.next().is_some()) {
            return only_run_in(root, experiment);
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no run folder appeared")
}

/// The only run of an experiment.
pub(crate) fn only_run_in(root: &Path, experiment: &str) -> PathBuf {
    let mut runs =
        fs::read_dir(root.join(experiment)).expect("there is a run").map(|e| e.expect("readable").path());
    let run = runs.next().expect("one run");
    assert!(runs.next().is_none(), "only one run");
    run
}

/// All files below a folder, by relative path, in order.
pub(crate) fn bytes_below(folder: &Path) -> Vec<(String, Vec<u8>)> {
    fn visit(root: &Path, folder: &Path, out: &mut Vec<(String, Vec<u8>)>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_dir() {
                visit(root, &path, out);
            } else if let Ok(bytes) = fs::read(&path) {
                let name = path.strip_prefix(root).expect("below the root").display().to_string();
                out.push((name, bytes));
            }
        }
    }
    let mut out = Vec::new();
    visit(folder, folder, &mut out);
    out.sort();
    out
}
