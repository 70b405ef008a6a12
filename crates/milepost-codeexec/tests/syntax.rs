//! Laws of the syntax: what is printed is read back as it was, nothing panics.

use milepost_codeexec::{Source, syntax};
use milepost_testkit::fixtures;
use proptest::prelude::*;
use serde_json::Value;

fn returns(text: &str) -> bool {
    let Ok(tree) = syntax::parse(text) else { return false };
    let printed = syntax::print(&tree);
    match syntax::parse(&printed) {
        Ok(again) => assert_eq!(again, tree, "{text}\n-- printed --\n{printed}"),
        Err(error) => panic!("{error}\n{text}\n-- printed --\n{printed}"),
    }
    assert_eq!(syntax::print(&syntax::parse(&printed).expect("parsed before")), printed);
    true
}

/// The field as text, empty without one.
fn field<'a>(record: &'a Value, name: &str) -> &'a str {
    record[name].as_str().unwrap_or("")
}

#[test]
fn fixture_programs_are_printed_and_read_back() {
    let humaneval: Vec<Value> = fixtures::json_lines("parity/humaneval/problems.jsonl").expect("fixture");
    let mbpp: Vec<Value> = fixtures::json_lines("parity/mbpp/problems.jsonl").expect("fixture");
    let attacks: Vec<Value> = fixtures::json_lines("sandbox/attacks.jsonl").expect("fixture");
    let mut parsed = 0;
    let solutions: Vec<String> = humaneval
        .iter()
        .map(|p| format!("{}{}\n{}", field(p, "prompt"), field(p, "canonical_solution"), field(p, "test")))
        .chain(mbpp.iter().map(|p| field(p, "code").to_owned()))
        .collect();
    for text in &solutions {
        parsed += usize::from(returns(text));
    }
    for attack in &attacks {
        returns(field(attack, "source"));
    }
    assert!(parsed * 100 >= solutions.len() * 95, "{parsed} of {} were parsed", solutions.len());
}

#[test]
fn every_construct_is_printed_and_read_back() {
    let programs = [
        "def f(a, /, b: int, *c, d=1, e: str = 'x', **k): pass",
        "def f(a, b=1, /, c=2, *, d): return a, *b",
        "def f(*, d=1): return lambda: 0, lambda x, *y, z=1: x",
        "x = y = (a, *b), [c] = z = 1",
        "x: int = 1\ny[0]: str\nx += 1; x **= 2; x //= 3; x @= y",
        "if a: pass\nelif b:\n  pass\nelse: x",
        "while a:\n\tbreak\nelse:\n\tcontinue",
        "for a, (b, *c) in d, e: pass\nelse: pass",
        "try:\n a\nexcept (A, B) as e:\n raise\nexcept:\n raise X from None\nelse: b\nfinally: c",
        "del a, (b[0], [c])\nassert a, 'm'\nglobal g, h",
        "import math as m, typing\nfrom typing import (List, Dict as D,)",
        "x = a or b and not c < d <= e is not f not in g | h ^ i & j << k + l * -m ** -n ** 2",
        "x = (a + b) + c - (d - e) * (f ** g) ** h, (-a) ** b, -(a ** b), (a if b else c) if d else e",
        "x = not (a or b), (not a) in b, (lambda: 1)(), (a, b)[0], (1).real, 1.5.hex, a.b(c).d[e:f]",
        "x[a:b], x[:], x[::2], x[a:], x[a, b], x[-1]",
        "x = [i for i in a if b if c for j, k in d], {i for i in a}, {i: j for i, j in b}, sum(i for i in x)",
        "x = {**a, 'b': 1}, {*a, 1}, {}, (), [], (1,), f(*a, b, c=1, *d)",
        "x = 0x_ff + 0b1_0 + 0o17 + 1_000 + 1e3 + .5 + 1. + 99999999999999999999 + 1e999",
        "x = 'a' \"b\" r'\\d' '''c\n''' '\\x41\\t\\'\"' u'é' b'\\x00\\'' ",
        "x = b'\\x00\\'' b'b'",
        "x = f'{a}{{}} {b!r:>{w}.2f} {c:%}' \"it's\" f\"{d['k']}\" f'{ {1: 2}[1]}' f'{x=}'",
        "x = f'''{a['b']}{c[\"d\"]}\n''' rf'\\d{a!s}' f'\\n\\'{b}\\'\"'",
        "x = f'{(lambda: 1)()}' f'{a != b} {a == b} {(a := 1) if 0 else 2}' if 0 else 1",
        "...",
        "if 1: x = 1; y = 2\nz = 1if x else 2",
    ];
    let rejected: Vec<_> = programs.iter().filter(|text| !returns(text)).collect();
    let expected = [programs[0], programs[18], programs[22]];
    assert_eq!(rejected, expected.iter().collect::<Vec<_>>());
}

#[test]
fn what_python_refuses_is_refused() {
    let programs = [
        "x = ",
        "return return",
        "f(a for a in b, 1)",
        "f(a=1, 2)",
        "f(a=1, a=2)",
        "x = *a",
        "*a = b",
        "*a, *b = c",
        "1 = x",
        "f() = x",
        "a + b = c",
        "f() += 1",
        "(a, b) += 1",
        "a, b: int = 1",
        "del f()",
        "del *a",
        "for f() in x: pass",
        "for x in *a: pass",
        "def f(a, a): pass",
        "def f(a=1, b): pass",
        "def f(*): pass",
        "def f(*, *a): pass",
        "def f(/): pass",
        "try: pass",
        "try:\n pass\nexcept: pass\nexcept A: pass",
        "if x:\npass",
        " x = 1",
        "if x:\n  a\n b",
        "if x:\n\ta\n        b",
        "x = 012",
        "x = 1__0",
        "x = 1abc",
        "x = 0xg",
        "x = 'a",
        "x = '\n'",
        "x = (",
        "x = (]",
        "x = )",
        "x $ y",
        "x = a b",
        "x = f'{}'",
        "x = f'{a'",
        "x = f'}'",
        "x = f'{a!x}'",
        "x = f'{a b}'",
        "x = f'{a\\n}'",
        "x = '\\x1'",
        "x = ub'a'",
        "{a: b, c}",
        "{a, b: c}",
        "[*a for a in b]",
        "(a, b for a in c)",
        "[a, b for a in c]",
        "{**a for a in b}",
        "print 'x'",
        "a <> b",
        "x = not",
        "lambda x=1, y: 0",
        "import a.b.",
        "from x import",
        "x = 1 \\ \n",
        "else: pass",
        "a[]",
        "a[*b:c]",
    ];
    for text in programs {
        assert!(syntax::parse(text).is_err(), "{text}");
    }
}

#[test]
fn nesting_is_bounded_and_flat_chains_are_not() {
    let wrap = |open: &str, close: &str, n: usize| format!("x = {}1{}\n", open.repeat(n), close.repeat(n));
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("not ", ""),
        ("lambda: ", ""),
        ("f(", ")"),
        ("1 if 1 else ", ""),
        ("2 ** ", ""),
        ("", "(1)"),
        ("", ".a"),
        ("", "[0]"),
        ("{1: ", "}"),
        ("f'{'", "'}'"),
    ] {
        assert!(syntax::parse(&wrap(open, close, 20_000)).is_err(), "{open}1{close}");
    }
    for (open, close) in [("(", ")"), ("-", ""), ("[", "]"), ("not ", "")] {
        assert!(syntax::parse(&wrap(open, close, 90)).is_ok(), "{open}1{close}");
    }
    let blocks: Vec<String> = (0..300).map(|n| format!("{}if 1:\n", " ".repeat(n))).collect();
    let blocks = blocks.concat();
    assert!(syntax::parse(&format!("{blocks}{}pass\n", " ".repeat(300))).is_err());
    for chain in [" + 1", " * 1", " < 1", " and 1", " or 1", ", 1", " 'a'"] {
        let first = if chain.contains('a') { "'a'" } else { "1" };
        assert!(returns(&format!("x = {first}{}\n", chain.repeat(10_000))), "{chain}");
    }
    let branches = "elif x:\n    pass\n".repeat(4_000);
    assert!(returns(&format!("if x:\n    pass\n{branches}")));
}

fn fragments() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "def", "f", "(", ")", ":", "\n", "    ", "\t", "if", "else", "elif", "for", "in", "while", "return",
        "x", "=", "+", "-", "**", "[", "]", "{", "}", ",", ".", "'", "\"", "'''", "f'", "{x}", "!r", "1",
        "0x", "1.5", "e", "_", "\\", "#", "lambda", "not", "and", "is", "try", "except", "finally", " ", " ",
        " ", "*", "//", "<=", "==", "!=", "é", "\u{202e}", "\x0c", "\r", ";", "pass", "@", "->", "...",
    ]);
    prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn anything_is_parsed_or_refused_and_what_is_parsed_is_read_back(text in fragments()) {
        returns(&text);
    }

    #[test]
    fn any_bytes_are_text_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(text) = Source::new(bytes).text() {
            returns(text);
        }
    }
}
