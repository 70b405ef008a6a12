//! Hashes: those of CPython for numbers, tuples and frozensets, which decide the order of sets.

use num_traits::ToPrimitive;

use super::heap::{Heap, Obj};
use super::val::Val;
use super::{Res, reject, type_error};

const BITS: u32 = 61;
const MODULUS: u64 = (1 << BITS) - 1;
/// Deeper tuples are not hashed.
const MAX_DEPTH: usize = 200;

fn signed(magnitude: u64, negative: bool) -> i64 {
    let hash = if negative { -(magnitude as i64) } else { magnitude as i64 };
    if hash == -1 { -2 } else { hash }
}

fn int(value: i64) -> i64 {
    signed(value.unsigned_abs() % MODULUS, value < 0)
}

/// `_Py_HashDouble`
fn float(value: f64) -> i64 {
    if value.is_infinite() {
        return if value > 0.0 { 314_159 } else { -314_159 };
    }
    let (mut mantissa, mut exponent) = libm::frexp(value.abs());
    let mut hash: u64 = 0;
    while mantissa != 0.0 {
        hash = ((hash << 28) & MODULUS) | hash >> (BITS - 28);
        mantissa *= 268_435_456.0;
        exponent -= 28;
        let whole = mantissa as u64;
        mantissa -= whole as f64;
        hash += whole;
        if hash >= MODULUS {
            hash -= MODULUS;
        }
    }
    let bits = BITS as i32;
    let shift = if exponent >= 0 { exponent % bits } else { bits - 1 - ((-1 - exponent) % bits) } as u32;
    hash = ((hash << shift) & MODULUS) | hash >> (BITS - shift);
    signed(hash, value < 0.0)
}

/// FNV-1a: CPython's own hash of text differs from run to run.
fn text(text: &str) -> i64 {
    let hash =
        text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
    (hash ^ (hash >> 29)) as i64
}

/// xxHash over the hashes of the items, as CPython's `tuplehash`.
fn combine(lanes: impl Iterator<Item = i64>, length: usize) -> i64 {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let mut acc = P5;
    for lane in lanes {
        acc = acc.wrapping_add((lane as u64).wrapping_mul(P2)).rotate_left(31).wrapping_mul(P1);
    }
    acc = acc.wrapping_add(length as u64 ^ (P5 ^ 0x35_d373));
    if acc == u64::MAX { 1_546_275_796 } else { acc as i64 }
}

impl Heap {
    /// The hash of a value, or `TypeError`.
    pub(super) fn hash(&mut self, val: Val) -> Res<i64> {
        match val {
            Val::Int(value) => Ok(int(value)),
            Val::Bool(value) => Ok(i64::from(value)),
            Val::Short(short) => Ok(text(short.text())),
            _ => self.hash_at(val, 0),
        }
    }

    fn hash_at(&mut self, val: Val, depth: usize) -> Res<i64> {
        self.spend(1)?;
        Ok(match val {
            Val::None | Val::Unbound => 0x0fca_8642,
            Val::Bool(value) => i64::from(value),
            Val::Int(value) => int(value),
            Val::Float(value) if value.is_nan() => return reject("hashing a NaN"),
            Val::Float(value) => float(value),
            Val::Short(short) => text(short.text()),
            Val::Builtin(builtin) => 101 + builtin as i64,
            Val::Type(kind) => 1001 + kind as i64,
            Val::Class(class) => 2001 + class as i64,
            Val::Math(function) => 3001 + function as i64,
            Val::MethodOf(..) | Val::Module(_) | Val::Opaque => return reject("hashing this"),
            Val::Obj(at) => match self.get(at) {
                Obj::Str(found, _) => {
                    let found = found.clone();
                    self.spend_bytes(found.len())?;
                    text(&found)
                }
                Obj::Big(value) => {
                    let value = value.clone();
                    self.spend(1 + value.bits() / 64)?;
                    let rest = (value.magnitude() % MODULUS).to_u64().unwrap_or(0);
                    signed(rest, value.sign() == num_bigint::Sign::Minus)
                }
                Obj::Tuple(items) => {
                    if depth > MAX_DEPTH {
                        return reject("hashing a tuple nested so deeply");
                    }
                    let items = items.clone();
                    self.spend_items(items.len())?;
                    let mut hashes = Vec::with_capacity(items.len());
                    for item in &items {
                        hashes.push(self.hash_at(*item, depth + 1)?);
                    }
                    combine(hashes.into_iter(), items.len())
                }
                Obj::Set(set) if set.frozen => set.hash(),
                Obj::Range { .. } => return reject("hashing a range"),
                Obj::Function(_) | Obj::Bound(..) | Obj::Exception(_) | Obj::Iter(_) | Obj::Cell(_) => {
                    4001 + i64::from(at.0)
                }
                Obj::List(_) | Obj::Dict(_) | Obj::Set(_) | Obj::View(..) | Obj::Free => {
                    return type_error();
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // hash(…) of CPython 3.11.
    #[test]
    fn hashes_are_cpythons() {
        assert_eq!((int(-1), int(i64::MAX), int(1 << 61), int(-7)), (-2, 3, 1, -7));
        assert_eq!((float(1.0), float(0.5), float(-1.5)), (1, 1152921504606846976, -1152921504606846977));
        assert_eq!((float(0.1), float(1e300)), (230584300921369408, 1224995262755759164));
        assert_eq!(combine([1, 2].into_iter(), 2), -3550055125485641917);
        assert_eq!(combine([].into_iter(), 0), 5740354900026072187);
    }
}
