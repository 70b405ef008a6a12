//! What comes out of a program, and what cannot.

mod common;

use std::time::Duration;

use common::{raised, run, run_with, value};
use milepost_codeexec::{Call, Crash, InvalidResult as Invalid, Limit, Reason, Rejected, Source, Value};
use milepost_jail::{Ending, Limits, Program};

macro_rules! jail {
    () => {
        match common::best() {
            Some(jail) => jail,
            None => return,
        }
    };
}

#[test]
fn values_of_every_type_go_in_and_come_out() {
    let jail = jail!();
    let big = Value::parse("-47390263963055590408193").expect("a literal");
    let values = vec![
        Value::None,
        Value::Bool(true),
        Value::int(i64::MIN),
        big,
        Value::Float(-0.1),
        Value::str("a\0é😀"),
        Value::Bytes(vec![0, 255].into()),
        Value::List(vec![Value::Tuple(vec![])]),
        Value::Dict(vec![(Value::int(2), Value::None), (Value::str("a"), Value::List(vec![]))]),
        Value::Set(vec![Value::int(3)]),
        Value::FrozenSet(vec![]),
    ];
    let call = Call { args: values.clone(), ..Call::default() };
    let report = run_with(&jail, "def f(*xs): return xs", &call, &Limits::default());
    assert_eq!(report.ending, Ending::Returned(Value::Tuple(values)));
}

#[test]
fn what_is_no_text_never_reaches_python() {
    let long = vec![b'#'; 65_537];
    let refused = |bytes: &[u8], reason| {
        assert_eq!(Program::new(&Source::new(bytes), "f"), Err(Rejected { reason, line: None }));
    };
    refused(&long, Reason::TooLong { bytes: 65_537, limit: 65_536 });
    refused(b"x = '\xc3'", Reason::NotUtf8(5));
    refused(b"x\0", Reason::Nul(1));
}

#[test]
fn what_python_cannot_compile_is_rejected_with_the_line() {
    let jail = jail!();
    let line_of = |source| match run(&jail, source).ending {
        Ending::Rejected(why) => why.line,
        other => panic!("{other:?}"),
    };
    assert_eq!(line_of("x = 1\ndef f(:\n  pass"), Some(2));
    assert_eq!(line_of("def f():\nreturn 1"), Some(2));
    let nested = format!("def f(): return {}1{}", "(".repeat(5000), ")".repeat(5000));
    let _ = line_of(&nested);
}

#[test]
fn exceptions_carry_the_nearest_builtin_class_and_the_line() {
    let jail = jail!();
    let of = |class: &str, line: u32| (class.to_owned(), Some(line));
    assert_eq!(raised(&jail, "def f():\n  x = {}\n  return x['a']"), of("KeyError", 3));
    assert_eq!(raised(&jail, "class E(LookupError): pass\ndef f(): raise E"), of("LookupError", 2));
    assert_eq!(raised(&jail, "import json\ndef f():\n  json.loads('{')"), of("ValueError", 3));
    assert_eq!(raised(&jail, "def g(): pass"), ("NameError".into(), None));
    assert_eq!(raised(&jail, "f = 3"), ("TypeError".into(), None));
    let lies = "class M(type):
    __mro__ = ()
    def mro(cls): return type.mro(cls)
class E(Exception, metaclass=M):
    __traceback__ = property(lambda self: 1 / 0)
    __class__ = property(lambda self: int)
def f(): raise E";
    assert_eq!(raised(&jail, lies), of("Exception", 7));
}

#[test]
fn the_settings_that_make_runs_repeatable_hold() {
    let jail = jail!();
    let draws = "import random\ndef f(): return [random.random() for _ in range(3)]";
    assert_eq!(value(&jail, draws), value(&jail, draws));
    let order = "def f(): return [list({'a', 'b', 'c', 'd'}), hash('milepost')]";
    let other = common::best().expect("it started before");
    assert_eq!(value(&jail, order), value(&other, order), "hashes differ between two interpreters");
    let encoding =
        "import sys\ndef f(): return (sys.stdout.encoding, sys.flags.no_user_site, sys.flags.no_site)";
    let expected = vec![Value::str("utf-8"), Value::int(1), Value::int(1)];
    assert_eq!(value(&jail, encoding), Value::Tuple(expected));
    let path = "import sys\ndef f(): return all(p.startswith('/') for p in sys.path)";
    assert_eq!(value(&jail, path), Value::Bool(true));
}

#[test]
fn no_state_survives_from_one_test_to_the_next() {
    let jail = jail!();
    let counts = "import math\ndef f():\n  math.n = getattr(math, 'n', 0) + 1\n  return math.n";
    assert_eq!(value(&jail, counts), Value::int(1));
    assert_eq!(value(&jail, counts), Value::int(1));
}

#[test]
fn standard_streams_are_the_tests_own() {
    let jail = jail!();
    let source = "import sys\ndef f():\n  print(sys.stdin.read()[::-1])\n  print('é', file=sys.stderr)";
    let call = Call { stdin: Some("abc".into()), ..Call::default() };
    let report = run_with(&jail, source, &call, &Limits::default());
    assert_eq!((&*report.usage.stdout.text, &*report.usage.stderr.text), ("cba\n", "é\n"));
    assert_eq!(report.usage.stdout.bytes, 4);
    assert_eq!(run(&jail, "import sys\ndef f(): return sys.stdin.read()").ending, {
        Ending::Returned(Value::str(""))
    });
    let not_text = run(&jail, "import os\ndef f(): os.write(1, b'a\\xff')");
    assert_eq!((&*not_text.usage.stdout.text, not_text.usage.stdout.bytes), ("a\u{fffd}", 2));
}

#[test]
fn a_limit_of_a_test_holds_for_that_test() {
    let jail = jail!();
    let with = |source: &str, limits: Limits| run_with(&jail, source, &Call::default(), &limits).ending;
    let print = "def f(): print('x' * 99)";
    assert_eq!(with(print, Limits { output: 101, ..Limits::default() }), Ending::Returned(Value::None));
    assert_eq!(with(print, Limits { output: 100, ..Limits::default() }), Ending::Limit(Limit::Output));
    let large = "def f(): return len(bytearray(100 << 20))";
    assert_eq!(with(large, Limits::default()), Ending::Returned(Value::int(100 << 20)));
    assert_eq!(
        with(large, Limits { address_space: 96 << 20, ..Limits::default() }),
        Ending::Limit(Limit::Memory)
    );
    let sleep = "import time\ndef f(): time.sleep(5)";
    assert_eq!(
        with(sleep, Limits { wall: Duration::from_millis(50), ..Limits::default() }),
        Ending::Limit(Limit::Wall)
    );
    let spin = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\ndef f():\n  while True: pass";
    let limits = Limits { cpu: Duration::from_secs(1), wall: Duration::from_mins(1), ..Limits::default() };
    assert_eq!(with(spin, limits), Ending::Limit(Limit::Cpu), "ignoring the signal does not help");
    assert!(matches!(run(&jail, print).ending, Ending::Returned(_)));
}

#[test]
fn results_are_bounded_in_every_direction() {
    let jail = jail!();
    let with = |source: &str, limits: Limits| run_with(&jail, source, &Call::default(), &limits).ending;
    let nested = "def f():\n  x = 1\n  for _ in range(64): x = [x]\n  return x";
    assert!(matches!(with(nested, Limits::default()), Ending::Returned(_)));
    let shallower = Limits { result_depth: 63, ..Limits::default() };
    assert_eq!(with(nested, shallower), Ending::Invalid(Invalid::TooDeep));
    let hundred = "def f(): return list(range(99))";
    assert!(matches!(with(hundred, Limits { result_nodes: 100, ..Limits::default() }), Ending::Returned(_)));
    let fewer = Limits { result_nodes: 99, ..Limits::default() };
    assert_eq!(with(hundred, fewer), Ending::Invalid(Invalid::TooLarge));
    let text = "def f(): return 'x' * 1000";
    assert!(matches!(with(text, Limits { result_bytes: 1100, ..Limits::default() }), Ending::Returned(_)));
    let smaller = Limits { result_bytes: 999, ..Limits::default() };
    assert_eq!(with(text, smaller), Ending::Invalid(Invalid::TooLarge));
    assert_eq!(with("def f():\n  x = {}\n  x[0] = x\n  return x", Limits::default()), {
        Ending::Invalid(Invalid::Cyclic)
    });
    for foreign in
        ["f", "object()", "range(3)", "1j", "bytearray(3)", "[True, (1, {2: Exception()})]", "'\\ud800'"]
    {
        let source = format!("def f(): return {foreign}");
        assert_eq!(with(&source, Limits::default()), Ending::Invalid(Invalid::NotPlain), "{foreign}");
    }
}

/// A perfect forgery of the harness's own frame is a returned value; anything less is no answer.
#[test]
fn forging_a_frame_is_only_another_way_to_return_a_value() {
    let jail = jail!();
    let forge = |job: &str, payload: &str| {
        let source = format!(
            "import os, struct, sys
def f():
    frame = sys._getframe()
    while 'number' not in frame.f_locals: frame = frame.f_back
    number = frame.f_locals['number']
    payload = {payload}
    for fd in range(3, 64):
        try: os.pwrite(fd, b'MILEPOST' + struct.pack('<QQ', {job}, len(payload)) + payload, 0)
        except OSError: pass
    os._exit(0)"
        );
        run(&jail, &source).ending
    };
    assert_eq!(forge("number", "b'VT'"), Ending::Returned(Value::Bool(true)));
    let nothing = Ending::Crashed(Crash::Exited(0));
    assert_eq!(forge("number + 1", "b'VT'"), nothing);
    assert_eq!(forge("number", "b'pass'"), nothing);
    assert_eq!(forge("number", "b'V' + b'l\\1\\0\\0\\0' * 9000 + b'N'"), nothing);
    assert_eq!(forge("number", "b'I'"), nothing, "there is no frame for a failure of ours");
}

#[test]
fn a_program_cannot_make_its_failure_ours() {
    let jail = jail!();
    for source in [
        "import os\ndef f(): os._exit(113)",
        "import os\nfor fd in range(64):\n  try: os.close(fd)\n  except OSError: pass\ndef f(): return 1",
        "import sys\nsys.setrecursionlimit(20)\ndef f(): return 1",
        "import os\nos._exit = print\ndef f(): raise SystemExit",
        "import signal\nsignal.alarm(1)\ndef f():\n  while True: pass",
        "import sys, gc\ndef f():\n  for o in gc.get_objects():\n    if type(o) is dict and 'load_and_call' in o: o.clear()\n",
    ] {
        let ending = run(&jail, source).ending;
        assert!(!matches!(ending, Ending::Infra(_)), "{ending:?} from\n{source}");
    }
}
