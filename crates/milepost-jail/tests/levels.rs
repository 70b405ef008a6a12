//! What is claimed, and what is refused.

mod common;

use std::path::PathBuf;

use milepost_codeexec::Value;
use milepost_jail::{Config, Ending, Jail, JailError, Level, Step};

#[test]
fn each_level_passes_its_own_self_test() {
    for level in [Level::Full, Level::Filtered, Level::Weak] {
        let Some(jail) = common::jail(level, 1, common::own_user(5)) else { continue };
        assert_eq!(jail.isolation().level, level);
        assert_eq!(jail.isolation().landlock.is_some(), level >= Level::Filtered);
        assert_eq!(jail.isolation().warning().is_some(), level == Level::Weak);
        assert_eq!(common::value(&jail, "def f(): return 7"), Value::int(7));
    }
}

/// What a level adds can be told from inside.
#[test]
fn what_a_lower_level_does_not_stop_is_as_documented() {
    let exists = "import os\ndef f(): return os.path.exists('/etc/passwd')";
    let read = "def f(): return len(open('/etc/passwd').read()) > 0";
    if let Some(full) = common::jail(Level::Full, 1, common::own_user(6)) {
        assert_eq!(common::value(&full, exists), Value::Bool(false));
        assert_eq!(common::raised(&full, read).0, "FileNotFoundError");
    }
    if let Some(filtered) = common::jail(Level::Filtered, 1, common::own_user(6)) {
        assert_eq!(common::value(&filtered, exists), Value::Bool(true));
        assert_eq!(common::raised(&filtered, read).0, "PermissionError");
    }
    if let Some(weak) = common::jail(Level::Weak, 1, common::own_user(6)) {
        assert_eq!(common::value(&weak, read), Value::Bool(true));
    }
}

#[test]
fn a_missing_interpreter_is_an_error_with_its_remedy() {
    let config = Config { python: Some(PathBuf::from("/nowhere/python3")), ..Config::default() };
    let error = Jail::start(&config).expect_err("there is none");
    assert!(matches!(error, JailError::NoPython { .. }), "{error:?}");
    assert!(error.to_string().contains("install one"), "{error}");
    let not_python = Config { python: Some(PathBuf::from("/bin/true")), ..Config::default() };
    assert!(matches!(Jail::start(&not_python), Err(JailError::NoPython { .. })));
}

#[test]
fn contradictions_are_refused() {
    let more = Config { require: Level::Full, at_most: Level::Filtered, ..Config::default() };
    assert!(matches!(Jail::start(&more), Err(JailError::Config(_))));
    assert!(matches!(Jail::start(&Config { workers: 0, ..Config::default() }), Err(JailError::Config(_))));
    let root = Config { readable: vec![PathBuf::from("/")], ..Config::default() };
    assert!(matches!(Jail::start(&root), Err(JailError::Config(_) | JailError::NoPython { .. })));
}

/// A step that fails ends in an error that names it, never in a jail without it.
#[test]
fn a_layer_that_cannot_be_set_up_is_named() {
    if !common::is_root() {
        return common::skipped("only root becomes another user");
    }
    // No such id can exist: the kernel refuses it. The interpreter is named, because none could be asked as that user.
    let config = Config { user: u32::MAX, ..Config::exactly(Level::Filtered) };
    match Jail::start(&config) {
        Err(JailError::NoPython { .. }) => {}
        Err(JailError::Layer { step, .. }) => assert_eq!(step, Step::DropPrivileges),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_jail_outlives_the_thread_that_started_it_and_serves_many() {
    let Some(jail) = std::thread::spawn(common::best).join().expect("no panic") else { return };
    std::thread::scope(|scope| {
        for number in 0..8 {
            let jail = &jail;
            scope.spawn(move || {
                let source = format!("def f(): return {number}");
                assert_eq!(common::value(jail, &source), Value::int(number));
            });
        }
    });
}

#[test]
fn nothing_is_left_of_a_jail_that_is_dropped() {
    let user = common::own_user(7);
    let Some(jail) = common::jail(Level::Filtered, 2, user) else { return };
    if !common::is_root() {
        return common::skipped("jails have no user of their own unless the tests run as root");
    }
    assert_eq!(common::processes_of(user).len(), 2);
    drop(jail);
    assert_eq!(common::processes_of(user), [0_u32; 0]);
}

#[test]
fn a_jail_recovers_from_the_death_of_its_warm_parent() {
    let user = common::own_user(8);
    let Some(jail) = common::jail(Level::Filtered, 1, user) else { return };
    if !common::is_root() {
        return common::skipped("jails have no user of their own unless the tests run as root");
    }
    let pid = common::processes_of(user)[0];
    let killed = std::process::Command::new("kill").args(["-9", &pid.to_string()]).status();
    assert!(killed.is_ok_and(|status| status.success()));
    while common::processes_of(user).contains(&pid) {
        std::thread::yield_now();
    }
    let report = common::run(&jail, "def f(): return 7");
    assert_eq!(report.ending, Ending::Returned(Value::int(7)), "it is tried again on a fresh one");
}
