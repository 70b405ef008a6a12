//! Nobody survives the host: it is killed in the middle of a run, and one second later no process is left.

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use milepost_codeexec::Call;
use milepost_jail::{Level, Limits};

const HOST: &str = "MILEPOST_JAIL_TEST_HOST";
/// Said by the host when the self-test, which forks too, is over.
const READY: &str = "the jail is ready";

#[test]
fn nobody_survives_a_killed_host_at_level_full() {
    survivors("nobody_survives_a_killed_host_at_level_full", Level::Full, 3);
}

#[test]
fn nobody_survives_a_killed_host_at_level_filtered() {
    survivors("nobody_survives_a_killed_host_at_level_filtered", Level::Filtered, 4);
}

fn survivors(name: &str, level: Level, offset: u32) {
    if let Some(user) = std::env::var_os(HOST) {
        let user = user.to_str().and_then(|user| user.parse().ok()).expect("a number");
        return host(level, user);
    }
    if !common::is_root() {
        return common::skipped("jails have no user of their own unless the tests run as root");
    }
    let user = common::own_user(offset);
    let mut host = Command::new(std::env::current_exe().expect("a test is a program"))
        .args(["--exact", name, "--nocapture"])
        .env(HOST, user.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let said = BufReader::new(host.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let said: Vec<String> = said.take_while(|line| !line.contains(READY)).collect();
    // It ended without the word, or says it and spins.
    wait(|| host.try_wait().is_ok_and(|ended| ended.is_some()) || common::processes_of(user).len() == 2);
    if host.try_wait().expect("its own child").is_some() {
        return common::skipped(&said.join(" "));
    }
    // The warm parent and the test that it runs.
    assert_eq!(common::processes_of(user).len(), 2);
    host.kill().expect("its own child");
    host.wait().expect("its own child");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(common::processes_of(user), [0_u32; 0]);
}

/// The host: spins in the jail until it is killed.
#[allow(clippy::print_stdout, reason = "the test that started it waits for this word")]
fn host(level: Level, user: u32) {
    if let Some(jail) = common::jail(level, 1, user) {
        println!("{READY}");
        let limits =
            Limits { wall: Duration::from_mins(1), cpu: Duration::from_mins(1), ..Limits::default() };
        let _ = common::run_with(&jail, "def f():\n    while True: pass\n", &Call::default(), &limits);
    }
}

/// Waits for a condition, at most ten seconds, and a moment more so that the state is steady.
fn wait(mut condition: impl FnMut() -> bool) {
    for _ in 0..200 {
        if condition() {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    std::thread::sleep(Duration::from_millis(200));
}
