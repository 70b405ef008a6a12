//! What the tests of the jail share.
#![allow(dead_code, reason = "every test binary uses a part of it")]

use milepost_codeexec::{Call, Source, Value};
use milepost_jail::{Config, Ending, Jail, Level, Limits, Program, Report};

/// A jail at exactly this level, or `None` and a visible word about why not.
pub(crate) fn jail(level: Level, workers: usize, user: u32) -> Option<Jail> {
    match Jail::start(&Config { workers, user, ..Config::exactly(level) }) {
        Ok(jail) => Some(jail),
        Err(error) => {
            skipped(&error.to_string());
            None
        }
    }
}

/// A jail at the best level of at least `filtered`.
pub(crate) fn best() -> Option<Jail> {
    Jail::start(&Config::default()).inspect_err(|error| skipped(&error.to_string())).ok()
}

#[allow(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Runs `f` of a program without arguments.
pub(crate) fn run(jail: &Jail, source: &str) -> Report {
    run_with(jail, source, &Call::default(), &Limits::default())
}

pub(crate) fn run_with(jail: &Jail, source: &str, call: &Call, limits: &Limits) -> Report {
    jail.call(&Program::new(&Source::from(source), "f").expect("text"), call, limits)
}

/// The value that `f` returns.
pub(crate) fn value(jail: &Jail, source: &str) -> Value {
    match run(jail, source).ending {
        Ending::Returned(value) => value,
        other => panic!("{other:?} from\n{source}"),
    }
}

/// The class and line of what `f` raises.
pub(crate) fn raised(jail: &Jail, source: &str) -> (String, Option<u32>) {
    match run(jail, source).ending {
        Ending::Raised { class, line } => (class.to_string(), line),
        other => panic!("{other:?} from\n{source}"),
    }
}

/// The process ids of a user, dead ones that wait to be reaped left out.
pub(crate) fn processes_of(user: u32) -> Vec<u32> {
    let mut found: Vec<u32> = std::fs::read_dir("/proc")
        .expect("/proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name).map(str::trim));
            let is_dead = line("State:").is_none_or(|state| state.starts_with('Z'));
            !is_dead
                && line("Uid:").is_some_and(|ids| ids.split_whitespace().next() == Some(&user.to_string()))
        })
        .collect();
    found.sort_unstable();
    found
}

/// A user that only this test has, if the tests run as root; else the user that runs them.
pub(crate) fn own_user(offset: u32) -> u32 {
    70_000 + 10 * (std::process::id() % 5000) + offset
}

/// Whether jails get a user of their own.
pub(crate) fn is_root() -> bool {
    std::fs::read_to_string("/proc/self/status")
        .is_ok_and(|status| status.lines().any(|line| line.starts_with("Uid:\t0\t")))
}
