//! One action per layer, each of which must fail in the stated way; otherwise the level is not claimed.

use std::time::Duration;

use milepost_codeexec::{ExceptionClass, Limit, Value as Plain};

use crate::worker::{Job, Lost, Worker};
use crate::{Ending, JailError, Level, Limits, Report};

/// What a test must end in.
enum Expect {
    /// This value of an expression.
    Value(Plain),
    /// An exception of this class.
    Raises(ExceptionClass),
    Violation,
    Limit(Limit),
}

use Expect::{Raises, Value, Violation};

struct Test {
    name: &'static str,
    source: &'static str,
    expect: Expect,
}

const fn test(name: &'static str, source: &'static str, expect: Expect) -> Test {
    Test { name, source, expect }
}

/// At every level.
fn basic() -> Vec<Test> {
    vec![
        test("a value comes back", "def f(): return [1, 'é']", {
            Value(Plain::List(vec![Plain::int(1), Plain::str("é")]))
        }),
        test("hashes are fixed", "import sys\ndef f(): return sys.flags.hash_randomization", Value(Plain::int(0))),
        test("not root", "import os\ndef f(): return 0 in os.getresuid() + os.getresgid()", Value(Plain::Bool(false))),
        test("nothing of the environment is inherited", ENVIRONMENT, Value(Plain::Bool(true))),
        test("one descriptor is open, its own result", DESCRIPTORS, Value(Plain::int(1))),
        test("processes are refused", "import os\ndef f(): os.fork()", Violation),
        test("programs are refused", "import os\ndef f(): os.execv('/bin/true', ['true'])", Violation),
        test("sockets are refused", "import socket\ndef f(): socket.socket()", Violation),
        test("signals are refused", "import os\ndef f(): os.kill(os.getppid(), 0)", Violation),
        test("writing is refused", "def f(): open('milepost-jail', 'w')", Raises(ExceptionClass::PermissionError)),
        test("memory is limited", "def f(): bytearray(1 << 40)", Expect::Limit(Limit::Memory)),
        test("output is limited", "def f(): print('x' * 200000)", Expect::Limit(Limit::Output)),
        test("wall time is limited", "def f():\n  while True: pass", Expect::Limit(Limit::Wall)),
        test("processor time is limited", PROCESSOR, {
            Value(Plain::Tuple(vec![Plain::int(1), Plain::int(2)]))
        }),
    ]
}

const ENVIRONMENT: &str = "import os
def f(): return set(os.environ) <= {'PYTHONHASHSEED', 'PYTHONSAFEPATH', 'LC_ALL', 'LD_LIBRARY_PATH'}";

const DESCRIPTORS: &str = "import os
def f():
    count = 0
    for fd in range(3, 1024):
        try: os.fstat(fd)
        except OSError: continue
        count += 1
    return count";

const PROCESSOR: &str = "import resource
def f(): return resource.getrlimit(resource.RLIMIT_CPU)";

/// With Landlock: the root folder is readable for everybody, but for it.
const LANDLOCK: Test =
    test("Landlock hides files", "import os\ndef f(): os.listdir('/')", Raises(ExceptionClass::PermissionError));

/// With namespaces: no file of the host, first child of the first process, a host name of its own.
const NAMESPACES: Test = test(
    "namespaces hide the host",
    "import os
def f():
    seen = [p for p in ('/etc', '/proc/self', '/dev/null', '/sys/class', '/home') if os.path.exists(p)]
    return seen == [] and os.getppid() == 1 and os.uname().nodename == 'jail'",
    Value(Plain::Bool(true)),
);

/// The kinds of namespaces that a full jail has of its own.
const KINDS: [&str; 7] = ["user", "mnt", "pid_for_children", "net", "ipc", "uts", "cgroup"];

/// Tries every layer that the level claims.
pub(crate) fn verify(worker: &mut Worker, level: Level) -> Result<(), JailError> {
    let mut tests = basic();
    if level >= Level::Filtered {
        tests.push(LANDLOCK);
    }
    if level == Level::Full {
        tests.push(NAMESPACES);
        let failed = |test, found| Err(JailError::SelfTest { level, test, found });
        for kind in KINDS {
            let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/{kind}"));
            match (of(&worker.pid().to_string()), of("self")) {
                (Ok(theirs), Ok(ours)) if theirs != ours => {}
                (Ok(_), Ok(_)) => return failed("a namespace of its own", format!("the host's `{kind}`")),
                (Err(error), _) | (_, Err(error)) => return failed("namespaces can be read", error.to_string()),
            }
        }
    }
    tests.iter().try_for_each(|test| run(worker, test, level))
}

/// How long an endless loop may spin. A busy host may not even have forked by then: it gets a second chance.
const SPIN: [Duration; 2] = [Duration::from_millis(50), Duration::from_secs(2)];

fn run(worker: &mut Worker, test: &Test, level: Level) -> Result<(), JailError> {
    let report = match test.expect {
        Expect::Limit(Limit::Wall) => attempt(worker, test, SPIN[0]).or_else(|lost| match lost {
            Lost::NotStarted(_) => attempt(worker, test, SPIN[1]),
            broken @ Lost::Broken(_) => Err(broken),
        }),
        _ => attempt(worker, test, Duration::from_secs(5)),
    };
    let report = report.map_err(|(Lost::NotStarted(why) | Lost::Broken(why))| JailError::SelfTest {
        level,
        test: test.name,
        found: why,
    })?;
    let held = match (&test.expect, &report.ending) {
        (Value(expected), Ending::Returned(value)) => value == expected,
        (Raises(expected), Ending::Raised { class, .. }) => class == expected,
        (Violation, Ending::Violation) => true,
        (Expect::Limit(expected), Ending::Limit(limit)) => limit == expected,
        _ => false,
    };
    if held {
        return Ok(());
    }
    let found = format!("{:?} {}", report.ending, report.usage.stderr.text.trim());
    Err(JailError::SelfTest { level, test: test.name, found: found.trim().to_owned() })
}

fn attempt(worker: &mut Worker, test: &Test, wall: Duration) -> Result<Report, Lost> {
    let limits = Limits { wall, cpu: Duration::from_secs(1), ..Limits::default() };
    worker.run(&Job { source: test.source, entry: "f", arguments: &[], stdin: "", limits: &limits })
}
