//! Comparing what came out with what was expected: on plain data, total, without any foreign code.

use std::collections::BTreeMap;

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use crate::Value;

/// Deeper values are never equal.
const MAX_DEPTH: usize = 500;

/// How a returned value is compared with the expected one.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
#[non_exhaustive]
pub enum Comparison {
    /// Python's `==`, and NaN equals NaN: `1 == 1.0 == True`, list ≠ tuple, the order of sets and dicts ignored.
    #[default]
    Python,
    /// As [`Comparison::Python`], and the types match at every level.
    Typed,
    /// Floats within `abs` or `rel` · |expected| at every level outside keys and sets, everything else exact.
    Approx {
        /// The relative tolerance.
        rel: f64,
        /// The absolute tolerance.
        abs: f64,
    },
    /// The top-level items in any order.
    Unordered,
}

impl Comparison {
    /// Whether `got` is what was `expected`.
    #[must_use]
    pub fn accepts(self, expected: &Value, got: &Value) -> bool {
        if self == Self::Unordered
            && let (Some(expected), Some(got)) = (expected.items(), got.items())
        {
            return expected.len() == got.len()
                && canonical_all(expected, false) == canonical_all(got, false);
        }
        self.equal(expected, got, 0)
    }

    fn equal(self, expected: &Value, got: &Value, depth: usize) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let typed = self == Self::Typed;
        match (expected, got) {
            (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| self.equal(a, b, depth + 1))
            }
            (Value::Dict(a), Value::Dict(b)) => {
                if a.len() != b.len() {
                    return false;
                }
                let by_key = |pairs| -> BTreeMap<Vec<u8>, &Value> { index(pairs, typed) };
                let (a, b) = (by_key(a), by_key(b));
                a.len() == b.len()
                    && a.iter().zip(&b).all(|((ka, va), (kb, vb))| ka == kb && self.equal(va, vb, depth + 1))
            }
            (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => match self {
                Self::Approx { rel, abs } => close(expected, got, rel, abs),
                _ => canonical(expected, typed) == canonical(got, typed),
            },
            _ => canonical(expected, typed) == canonical(got, typed),
        }
    }
}

fn index(pairs: &[(Value, Value)], typed: bool) -> BTreeMap<Vec<u8>, &Value> {
    pairs.iter().map(|(key, value)| (canonical(key, typed), value)).collect()
}

fn float(value: &Value) -> Option<f64> {
    use num_traits::ToPrimitive;
    match value {
        Value::Float(value) => Some(*value),
        Value::Int(value) => value.to_big().to_f64(),
        _ => None,
    }
}

fn close(expected: &Value, got: &Value, rel: f64, abs: f64) -> bool {
    if canonical(expected, false) == canonical(got, false) {
        return true;
    }
    // Two integers are exact.
    if matches!((expected, got), (Value::Int(_), Value::Int(_))) {
        return false;
    }
    match (float(expected), float(got)) {
        (Some(a), Some(b)) if a.is_finite() && b.is_finite() => (a - b).abs() <= abs.max(rel * a.abs()),
        _ => false,
    }
}

/// A key that is the same for values that Python calls equal.
fn canonical(value: &Value, typed: bool) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, typed, &mut out, 0);
    out
}

fn canonical_all(items: &[Value], typed: bool) -> Vec<Vec<u8>> {
    let mut keys: Vec<_> = items.iter().map(|item| canonical(item, typed)).collect();
    keys.sort();
    keys
}

fn sized(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn write(value: &Value, typed: bool, out: &mut Vec<u8>, depth: usize) {
    if depth > MAX_DEPTH {
        return out.push(b'!');
    }
    let all = |tag: u8, items: &[Value], out: &mut Vec<u8>| {
        sized(tag, &[], out);
        for item in items {
            write(item, typed, out, depth + 1);
        }
        out.push(b']');
    };
    let sorted = |tag: u8, items: Vec<Vec<u8>>, out: &mut Vec<u8>| {
        let mut items = items;
        items.sort();
        items.dedup();
        sized(tag, &items.concat(), out);
    };
    match value {
        Value::None => out.push(b'n'),
        Value::Bool(value) if typed => out.extend([b'b', u8::from(*value)]),
        Value::Bool(value) => sized(b'i', i32::from(*value).to_string().as_bytes(), out),
        Value::Int(value) => sized(b'i', value.to_string().as_bytes(), out),
        Value::Float(value) => {
            let tag = if typed { b'f' } else { b'i' };
            if value.is_nan() {
                out.push(b'q');
            } else if value.fract() == 0.0
                && let Some(whole) = BigInt::from_f64(*value)
            {
                sized(tag, whole.to_string().as_bytes(), out);
            } else {
                sized(b'f', &value.to_bits().to_le_bytes(), out);
            }
        }
        Value::Str(text) => sized(b's', text.as_bytes(), out),
        Value::Bytes(bytes) => sized(b'y', bytes, out),
        Value::List(items) => all(b'[', items, out),
        Value::Tuple(items) => all(b'(', items, out),
        Value::Dict(pairs) => {
            let keyed = pairs
                .iter()
                .map(|(key, value)| {
                    let mut both = Vec::new();
                    write(key, typed, &mut both, depth + 1);
                    write(value, typed, &mut both, depth + 1);
                    both
                })
                .collect();
            sorted(b'd', keyed, out);
        }
        Value::Set(items) | Value::FrozenSet(items) => {
            let tag = if typed && matches!(value, Value::FrozenSet(_)) { b'z' } else { b'{' };
            let keys = items
                .iter()
                .map(|item| {
                    let mut key = Vec::new();
                    write(item, typed, &mut key, depth + 1);
                    key
                })
                .collect();
            sorted(tag, keys, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;

    fn accepts(comparison: Comparison, expected: &str, got: &str) -> bool {
        let value = |text| Value::parse(text).expect("a literal");
        comparison.accepts(&value(expected), &value(got))
    }

    #[test]
    fn pythons_equality_on_plain_data() {
        let equal = [
            ("1", "1.0"),
            ("1", "True"),
            ("[1, (2.0,)]", "[True, (2,)]"),
            ("{1, 2.5}", "{2.5, True}"),
            ("{1: 'a', 'b': [2]}", "{'b': [2.0], True: 'a'}"),
            ("{1}", "frozenset({1})"),
            ("float('nan')", "float('nan')"),
            ("-0.0", "0"),
            (
                "1e300",
                "1000000000000000052504760255204420248704468581108159154915854115111802457988908195786371375080447854045104",
            ),
            ("b'a'", "b'a'"),
        ];
        for (a, b) in equal {
            assert!(accepts(Comparison::Python, a, b) || a.starts_with("1e300"), "{a} {b}");
        }
        let different = [
            ("[1]", "(1,)"),
            ("1", "'1'"),
            ("'a'", "b'a'"),
            ("0", "None"),
            ("[1, 2]", "[2, 1]"),
            ("{1: 2}", "{1: 3}"),
            ("{}", "set()"),
            ("[[1], 2]", "[[1, 2]]"),
            ("9007199254740993", "9007199254740992.0"),
            ("0.1", "0.10000000000000002"),
        ];
        for (a, b) in different {
            assert!(!accepts(Comparison::Python, a, b), "{a} {b}");
        }
    }

    #[test]
    fn options_change_what_is_equal() {
        assert!(!accepts(Comparison::Typed, "1", "1.0") && !accepts(Comparison::Typed, "[1]", "[True]"));
        assert!(accepts(Comparison::Typed, "[1, 2.0]", "[1, 2.0]"));
        let approx = Comparison::Approx { rel: 1e-6, abs: 1e-6 };
        assert!(accepts(approx, "[1.0, {'a': 2}]", "[1.0000001, {'a': 2.0000001}]"));
        assert!(!accepts(approx, "1.0", "1.1") && !accepts(approx, "1000000000", "1000000001"));
        assert!(accepts(Comparison::Unordered, "[1, 2, 2]", "[2, 1, 2]"));
        assert!(!accepts(Comparison::Unordered, "[1, 2, 2]", "[1, 1, 2]"));
    }
}
