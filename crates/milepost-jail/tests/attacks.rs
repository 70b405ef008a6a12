//! The attack suite: programs that a clever, broken or hostile policy might write, every line at every level.

mod common;

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use milepost_codeexec::{Comparison, Judge, Limits, Source, Test, Value};
use milepost_jail::{Jail, Level};
use milepost_testkit::attacks::{Attack, attacks};

const SECRET: &str = "SANDBOX_TEST_SECRET";
const WORKERS: usize = 4;
/// The default wall limit.
const WALL: Duration = Duration::from_secs(2);

#[test]
fn fixture_attacks_fail_at_level_full() {
    with_a_secret("fixture_attacks_fail_at_level_full", || suite(Level::Full, 1));
}

#[test]
fn fixture_attacks_fail_at_level_filtered() {
    with_a_secret("fixture_attacks_fail_at_level_filtered", || suite(Level::Filtered, 2));
}

/// Runs the test in a process of its own whose environment holds a secret.
fn with_a_secret(name: &str, test: impl FnOnce()) {
    if std::env::var_os(SECRET).is_some() {
        return test();
    }
    let this = std::env::current_exe().expect("a test is a program");
    let status = std::process::Command::new(this)
        .args(["--exact", name, "--nocapture"])
        .env(SECRET, "s3cr3t")
        .status()
        .expect("it starts");
    assert!(status.success(), "{name}: {status}");
}

fn suite(level: Level, offset: u32) {
    let user = common::own_user(offset);
    let Some(jail) = common::jail(level, WORKERS, user) else { return };
    let lines = attacks().expect("the attack suite").into_iter();
    let lines: Vec<Attack> = lines.filter(Attack::is_for_this_machine).collect();
    assert!(lines.len() > 10, "a suite has lines");
    // What is said about the host is only true of one program at a time.
    let (alone, together): (Vec<_>, Vec<_>) = lines.iter().partition(|line| !line.host.is_empty());
    let mut wrong: Vec<String> =
        alone.iter().filter_map(|line| attack(&jail, line, Some(user)).err()).collect();
    let (queue, found) = (Mutex::new(together.iter()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(line) = { queue.lock().expect("no panic").next() } {
                    found.lock().expect("no panic").extend(attack(&jail, line, None).err());
                }
            });
        }
    });
    wrong.extend(found.into_inner().expect("no panic"));
    wrong.extend(host(&jail, "no_new_process", Some(user)).err());
    assert!(wrong.is_empty(), "{} of {} at {level}:\n{}", wrong.len(), lines.len(), wrong.join("\n"));
}

/// Every rule that the suite states, for one line.
fn attack(jail: &Jail, line: &Attack, user: Option<u32>) -> Result<(), String> {
    let mut first: Option<Vec<String>> = None;
    for _ in 0..line.repeat.unwrap_or(2) {
        if let Some(prelude) = &line.prelude {
            let first = &tests(line)[..1];
            let _ = Judge::new(jail).judge(&Source::from(prelude.as_str()), &line.entry, first);
        }
        let mut words = once(jail, line, WALL)?;
        let wrong = line.judge("cpython", &words);
        if wrong.is_err() && words.iter().any(|word| word == "timeout") {
            // A busy host can be too slow for the verdict that the suite wants: five times the time shows it.
            words = once(jail, line, 5 * WALL)?;
            line.judge("cpython", &words)?;
        } else {
            wrong?;
        }
        for rule in &line.host {
            host(jail, rule, user).map_err(|why| format!("{}: {why}", line.id))?;
        }
        match &first {
            Some(first) if *first != words => return Err(format!("{}: {first:?}, then {words:?}", line.id)),
            // A second run of what takes seconds would show little.
            _ if line.repeat.is_none() && words.iter().any(|word| word == "timeout") => break,
            _ => first = Some(words),
        }
    }
    Ok(())
}

fn tests(line: &Attack) -> Vec<Test> {
    let comparison =
        if line.approximate { Comparison::Approx { rel: 1e-6, abs: 1e-6 } } else { Comparison::Python };
    let test = |test: &milepost_testkit::attacks::AttackTest| {
        Test::returns(&test.args, &test.expect, comparison)
            .unwrap_or_else(|error| panic!("{}: {error}", line.id))
    };
    line.tests.iter().map(test).collect()
}

/// The verdict words of one run.
fn once(jail: &Jail, line: &Attack, wall: Duration) -> Result<Vec<String>, String> {
    let judge = Judge { limits: Limits { wall, ..Limits::default() }, ..Judge::new(jail) };
    let (source, tests) = (Source::new(line.source.as_slice()), tests(line));
    let mut words = Vec::new();
    let begin = now();
    for test in &tests {
        let begin = now();
        let report = judge.judge(&source, &line.entry, std::slice::from_ref(test));
        if begin.elapsed() > judge.limits.wall + Duration::from_secs(1) {
            return Err(format!("{}: it held the host for {:?}", line.id, begin.elapsed()));
        }
        if format!("{report:?}").contains("s3cr3t") {
            return Err(format!("{}: the secret is out", line.id));
        }
        words.extend(report.tests.iter().map(|test| test.verdict.to_string()));
    }
    match line.max_wall_ms {
        Some(most) if begin.elapsed() > Duration::from_millis(most) => {
            Err(format!("{}: {:?} for the whole program", line.id, begin.elapsed()))
        }
        _ => Ok(words),
    }
}

#[allow(clippy::disallowed_methods, reason = "the suite limits wall time")]
fn now() -> Instant {
    Instant::now()
}

/// A rule about the host, after a program.
fn host(jail: &Jail, rule: &str, user: Option<u32>) -> Result<(), String> {
    let holds = match (rule, user) {
        ("alive", _) => common::value(jail, "def f(): return 1") == Value::int(1),
        // Nobody but the warm parents. Without a user of their own, nobody can be told from others.
        ("no_new_process", Some(user)) if common::is_root() => common::processes_of(user).len() == WORKERS,
        ("no_new_process", _) => true,
        _ => match rule.strip_prefix("no_path:") {
            Some(path) => !Path::new(path).exists(),
            None => return Err(format!("unknown rule `{rule}`")),
        },
    };
    if holds { Ok(()) } else { Err(format!("`{rule}` does not hold")) }
}
