//! Operators.

use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{FromPrimitive, Signed, ToPrimitive, Zero};

use super::compare::Number;
use super::heap::{HANDLE_BYTES, Heap, Obj};
use super::val::Val;
use super::{Res, Stop, raise, reject, type_error, value_error};
use crate::syntax::ast::BinaryOp;
use crate::{ExceptionClass, Limit};

impl Heap {
    /// `a op b` for all but `str % …`, which formats.
    pub(super) fn binary(&mut self, op: BinaryOp, a: Val, b: Val) -> Res<Val> {
        if let (Val::Int(x), Val::Int(y)) = (a, b)
            && let Some(done) = small(op, x, y)
        {
            return done.map(Val::Int);
        }
        if let (Some(x), Some(y)) = (self.number(a), self.number(b)) {
            if let (Val::Bool(x), Val::Bool(y)) = (a, b) {
                match op {
                    BinaryOp::BitAnd => return Ok(Val::Bool(x & y)),
                    BinaryOp::BitOr => return Ok(Val::Bool(x | y)),
                    BinaryOp::BitXor => return Ok(Val::Bool(x ^ y)),
                    _ => {}
                }
            }
            return self.numeric(op, &x, &y);
        }
        match op {
            BinaryOp::Add => self.concatenate(a, b),
            BinaryOp::Mul => match (a, b) {
                (Val::Int(_) | Val::Bool(_), _) => self.repeat(b, a),
                _ => self.repeat(a, b),
            },
            BinaryOp::BitAnd | BinaryOp::BitOr | BinaryOp::BitXor | BinaryOp::Sub => self.combine(op, a, b),
            _ => Self::unsupported(a, b),
        }
    }

    fn unsupported<T>(a: Val, b: Val) -> Res<T> {
        let strange = |v: Val| matches!(v, Val::Opaque | Val::Type(_) | Val::Class(_));
        if strange(a) || strange(b) { reject("an operator on types") } else { type_error() }
    }

    fn numeric(&mut self, op: BinaryOp, x: &Number, y: &Number) -> Res<Val> {
        if let (Number::Float(_), _) | (_, Number::Float(_)) = (x, y) {
            let (x, y) = (Self::to_float(x)?, Self::to_float(y)?);
            return float(op, x, y).map(Val::Float);
        }
        if op == BinaryOp::Div {
            return self.true_division(x, y).map(Val::Float);
        }
        let (Some(p), Some(q)) = (x.big(), y.big()) else { return type_error() };
        self.integers(op, &p, &q)
    }

    fn limbs(value: &BigInt) -> u64 {
        value.bits() / 32 + 1
    }

    fn integers(&mut self, op: BinaryOp, p: &BigInt, q: &BigInt) -> Res<Val> {
        let too_long = |bits: u64, heap: &Self| {
            if bits > heap.limits.integer_bits { Err(Stop::Limit(Limit::Memory)) } else { Ok(()) }
        };
        let (n, m) = (Self::limbs(p), Self::limbs(q));
        match op {
            BinaryOp::Mul | BinaryOp::FloorDiv | BinaryOp::Mod => self.spend(1 + n * m / 16)?,
            _ => self.spend(1 + (n + m) / 16)?,
        }
        let result = match op {
            BinaryOp::Add => p + q,
            BinaryOp::Sub => p - q,
            BinaryOp::Mul => {
                too_long((p.bits() + q.bits()).saturating_sub(1), self)?;
                p * q
            }
            BinaryOp::FloorDiv | BinaryOp::Mod => {
                if q.is_zero() {
                    return raise(ExceptionClass::ZeroDivisionError);
                }
                let (quotient, rest) = p.div_mod_floor(q);
                if op == BinaryOp::Mod { rest } else { quotient }
            }
            BinaryOp::BitAnd => p & q,
            BinaryOp::BitOr => p | q,
            BinaryOp::BitXor => p ^ q,
            BinaryOp::ShiftLeft | BinaryOp::ShiftRight => {
                if q.is_negative() {
                    return value_error();
                }
                if p.is_zero() {
                    return Ok(Val::Int(0));
                }
                match (op, q.to_u64()) {
                    (BinaryOp::ShiftLeft, Some(by)) => {
                        too_long(p.bits().saturating_add(by), self)?;
                        p << by
                    }
                    (BinaryOp::ShiftLeft, None) => return Err(Stop::Limit(Limit::Memory)),
                    (_, Some(by)) if by < 1 << 40 => p >> by,
                    _ => BigInt::from(if p.is_negative() { -1 } else { 0 }),
                }
            }
            BinaryOp::Pow => return self.power(p, q),
            BinaryOp::Div | BinaryOp::MatMul => return type_error(),
        };
        self.big(result)
    }

    fn power(&mut self, base: &BigInt, exponent: &BigInt) -> Res<Val> {
        if exponent.is_negative() {
            if base.is_zero() {
                return raise(ExceptionClass::ZeroDivisionError);
            }
            let (x, y) = (
                Self::to_float(&Number::Big(Arc::new(base.clone())))?,
                Self::to_float(&Number::Big(Arc::new(exponent.clone())))?,
            );
            return float(BinaryOp::Pow, x, y).map(Val::Float);
        }
        if base.bits() <= 1 {
            let odd = exponent.is_odd();
            let one = match base.sign() {
                Sign::NoSign => i64::from(exponent.is_zero()),
                Sign::Minus if odd => -1,
                _ => 1,
            };
            return Ok(Val::Int(one));
        }
        let least = exponent.to_u64().and_then(|e| e.checked_mul(base.bits() - 1));
        let Some(times) = exponent.to_u32().filter(|_| least.is_some_and(|b| b <= self.limits.integer_bits))
        else {
            return Err(Stop::Limit(Limit::Memory));
        };
        let limbs = u64::from(times).saturating_mul(Self::limbs(base));
        self.spend(1 + limbs.saturating_mul(limbs) / 16)?;
        self.big(base.pow(times))
    }

    pub(super) fn to_float(number: &Number) -> Res<f64> {
        match number {
            Number::Int(value) => Ok(*value as f64),
            Number::Float(value) => Ok(*value),
            Number::Big(value) => match value.to_f64() {
                Some(float) if float.is_finite() => Ok(float),
                _ => raise(ExceptionClass::OverflowError),
            },
        }
    }

    /// The float nearest to x / y.
    fn true_division(&mut self, x: &Number, y: &Number) -> Res<f64> {
        const EXACT: u64 = 1 << 53;
        if let (Number::Int(x), Number::Int(y)) = (x, y) {
            if *y == 0 {
                return raise(ExceptionClass::ZeroDivisionError);
            }
            if x.unsigned_abs() <= EXACT && y.unsigned_abs() <= EXACT {
                return Ok(*x as f64 / *y as f64);
            }
        }
        let (Some(p), Some(q)) = (x.big(), y.big()) else { return type_error() };
        if p.is_zero() {
            return Ok(0.0);
        }
        self.spend(1 + Self::limbs(&p) * Self::limbs(&q) / 16)?;
        // A quotient of at least 64 bits, with a sticky bit for the rest: rounding it once rounds exactly.
        let shift = 66 - (p.bits() as i64 - q.bits() as i64);
        let (mut n, mut d) = (p.abs(), q.abs());
        if shift >= 0 {
            n <<= shift as u64;
        } else {
            d <<= (-shift) as u64;
        }
        let (quotient, rest) = n.div_rem(&d);
        let sticky = if rest.is_zero() { quotient } else { quotient | BigInt::from(1) };
        let exact = scaled(&sticky, -shift);
        if exact.is_infinite() {
            return raise(ExceptionClass::OverflowError);
        }
        Ok(if p.is_negative() == q.is_negative() { exact } else { -exact })
    }

    fn concatenate(&mut self, a: Val, b: Val) -> Res<Val> {
        if let (Some(x), Some(y)) = (self.text(&a), self.text(&b)) {
            let length = x.len() + y.len();
            self.check(length as u64)?;
            let mut joined = String::with_capacity(length);
            joined.push_str(x);
            joined.push_str(y);
            return self.str(&joined);
        }
        let both = |x: &[Val], y: &[Val]| -> Vec<Val> { x.iter().chain(y).copied().collect() };
        let (list, joined) = match (self.obj(a), self.obj(b)) {
            (Some(Obj::List(x)), Some(Obj::List(y))) => {
                self.check((x.len() + y.len()) as u64 * HANDLE_BYTES)?;
                (true, both(x, y))
            }
            (Some(Obj::Tuple(x)), Some(Obj::Tuple(y))) => {
                self.check((x.len() + y.len()) as u64 * HANDLE_BYTES)?;
                (false, both(x, y))
            }
            _ => return Self::unsupported(a, b),
        };
        self.spend_items(joined.len())?;
        if list { self.list(joined) } else { self.tuple(joined) }
    }

    /// `sequence * count`
    pub(super) fn repeat(&mut self, sequence: Val, count: Val) -> Res<Val> {
        let length = match (self.text(&sequence), self.sequence(sequence)) {
            (Some(text), _) => text.len() as u64,
            (_, Some(items)) => items.len() as u64,
            _ => return Self::unsupported(sequence, count),
        };
        let times = match self.number(count) {
            Some(Number::Int(times)) => times.max(0) as u64,
            Some(Number::Big(times)) if times.is_negative() => 0,
            Some(Number::Big(_)) if length == 0 => 0,
            // CPython refuses counts beyond the machine word before it looks for memory.
            Some(Number::Big(_)) => return raise(ExceptionClass::OverflowError),
            _ => return type_error(),
        };
        let total = length.saturating_mul(times);
        if let Some(text) = self.text(&sequence) {
            self.check(total)?;
            let repeated = if total == 0 { String::new() } else { text.repeat(times as usize) };
            return self.str(&repeated);
        }
        self.check(total.saturating_mul(HANDLE_BYTES))?;
        self.spend(1 + total / 8)?;
        let is_list = matches!(self.obj(sequence), Some(Obj::List(_)));
        let items = self.sequence(sequence).unwrap_or_default();
        let repeated = if total == 0 { Vec::new() } else { items.repeat(times as usize) };
        if is_list { self.list(repeated) } else { self.tuple(repeated) }
    }

    /// Operators of sets and dicts.
    fn combine(&mut self, op: BinaryOp, a: Val, b: Val) -> Res<Val> {
        let (Val::Obj(x), Val::Obj(y)) = (a, b) else { return Self::unsupported(a, b) };
        match (self.get(x), self.get(y)) {
            (Obj::Set(p), Obj::Set(_)) => {
                let frozen = p.frozen;
                let made = match op {
                    BinaryOp::BitAnd => self.set_intersection(x, y, frozen)?,
                    BinaryOp::Sub => self.set_difference(x, y, frozen)?,
                    BinaryOp::BitOr => {
                        let new = self.set_copy(x, frozen)?;
                        self.set_merge(new, y)?;
                        new
                    }
                    _ => {
                        let new = self.set_copy(y, frozen)?;
                        self.set_symmetric(new, x)?;
                        new
                    }
                };
                Ok(Val::Obj(made))
            }
            (Obj::Dict(_), Obj::Dict(_)) if op == BinaryOp::BitOr => {
                let new = self.dict_copy(x)?;
                if let Val::Obj(at) = new {
                    self.dict_merge(at, b)?;
                }
                Ok(new)
            }
            (Obj::View(..), _) | (_, Obj::View(..)) => reject("operators on views of dicts"),
            _ => Self::unsupported(a, b),
        }
    }

    /// `a op= b` where it changes `a` itself; `None` where it is `a = a op b`.
    pub(super) fn in_place(&mut self, op: BinaryOp, a: Val, b: Val) -> Res<Option<Val>> {
        let Val::Obj(x) = a else { return Ok(None) };
        match (self.get(x), op) {
            (Obj::List(_), BinaryOp::Mul) => {
                let repeated = self.repeat(a, b)?;
                let items = self.sequence(repeated).unwrap_or_default().to_vec();
                if let Some(list) = self.list_mut(a) {
                    *list = items;
                }
                Ok(Some(a))
            }
            (Obj::Set(set), BinaryOp::BitOr | BinaryOp::BitAnd | BinaryOp::Sub | BinaryOp::BitXor)
                if !set.frozen =>
            {
                let Val::Obj(y) = b else { return type_error() };
                if !matches!(self.get(y), Obj::Set(_)) {
                    return self.combine(op, a, b).map(Some);
                }
                match op {
                    BinaryOp::BitOr => self.set_merge(x, y)?,
                    BinaryOp::Sub => self.set_subtract(x, y)?,
                    BinaryOp::BitXor => self.set_symmetric(x, y)?,
                    _ => self.set_intersect_in_place(x, y)?,
                }
                Ok(Some(a))
            }
            (Obj::Dict(_), BinaryOp::BitOr) if matches!(self.obj(b), Some(Obj::Dict(_))) => {
                self.dict_merge(x, b)?;
                Ok(Some(a))
            }
            (Obj::Dict(_), BinaryOp::BitOr) => reject("`|=` of a dict and something else"),
            _ => Ok(None),
        }
    }

    pub(super) fn set_intersect_in_place(&mut self, x: super::val::Ref, y: super::val::Ref) -> Res<()> {
        let new = self.set_intersection(x, y, false)?;
        let made = self.set(new).clone();
        if let Some(set) = self.set_mut(x) {
            *set = made;
        }
        Ok(())
    }

    pub(super) fn negative(&mut self, val: Val) -> Res<Val> {
        match self.number(val) {
            Some(Number::Int(value)) => match value.checked_neg() {
                Some(negative) => Ok(Val::Int(negative)),
                None => self.big(-BigInt::from(value)),
            },
            Some(Number::Float(value)) => Ok(Val::Float(-value)),
            Some(Number::Big(value)) => self.big(-&*value),
            None => Self::unsupported(val, val),
        }
    }

    pub(super) fn positive(&mut self, val: Val) -> Res<Val> {
        match val {
            Val::Bool(value) => Ok(Val::Int(i64::from(value))),
            _ if self.number(val).is_some() => Ok(val),
            _ => Self::unsupported(val, val),
        }
    }

    pub(super) fn invert(&mut self, val: Val) -> Res<Val> {
        match self.number(val) {
            Some(Number::Int(value)) => Ok(Val::Int(!value)),
            Some(Number::Big(value)) => self.big(-(&*value + BigInt::from(1))),
            _ => Self::unsupported(val, val),
        }
    }

    /// `bool(val)`
    pub(super) fn truth(&self, val: Val) -> bool {
        match val {
            Val::None | Val::Unbound => false,
            Val::Bool(value) => value,
            Val::Int(value) => value != 0,
            Val::Float(value) => value != 0.0,
            Val::Short(short) => !short.text().is_empty(),
            Val::Obj(at) => match self.get(at) {
                Obj::List(items) => !items.is_empty(),
                Obj::Tuple(items) => !items.is_empty(),
                Obj::Dict(dict) => dict.len() > 0,
                Obj::Set(set) => set.len() > 0,
                Obj::Range { .. } => self.range_parts(at).1 > 0,
                Obj::View(dict, _) => self.dict(*dict).len() > 0,
                _ => true,
            },
            _ => true,
        }
    }
}

/// Operations on 64 bits that stay there; `None` where they do not.
fn small(op: BinaryOp, x: i64, y: i64) -> Option<Res<i64>> {
    Some(Ok(match op {
        BinaryOp::Add => x.checked_add(y)?,
        BinaryOp::Sub => x.checked_sub(y)?,
        BinaryOp::Mul => x.checked_mul(y)?,
        BinaryOp::FloorDiv | BinaryOp::Mod if y == 0 => {
            return Some(raise(ExceptionClass::ZeroDivisionError));
        }
        BinaryOp::FloorDiv => {
            let quotient = x.checked_div(y)?;
            quotient - i64::from(x % y != 0 && (x < 0) != (y < 0))
        }
        BinaryOp::Mod => {
            let rest = x.checked_rem(y)?;
            if rest != 0 && (rest < 0) != (y < 0) { rest + y } else { rest }
        }
        BinaryOp::BitAnd => x & y,
        BinaryOp::BitOr => x | y,
        BinaryOp::BitXor => x ^ y,
        BinaryOp::ShiftRight if (0..64).contains(&y) => x >> y,
        BinaryOp::ShiftLeft if (0..63).contains(&y) && x.unsigned_abs() < 1 << (62 - y) => x << y,
        BinaryOp::Pow if (0..64).contains(&y) => x.checked_pow(y as u32)?,
        _ => return None,
    }))
}

fn float(op: BinaryOp, x: f64, y: f64) -> Res<f64> {
    let division = matches!(op, BinaryOp::Div | BinaryOp::FloorDiv | BinaryOp::Mod);
    if division && y == 0.0 {
        return raise(ExceptionClass::ZeroDivisionError);
    }
    Ok(match op {
        BinaryOp::Add => x + y,
        BinaryOp::Sub => x - y,
        BinaryOp::Mul => x * y,
        BinaryOp::Div => x / y,
        BinaryOp::FloorDiv => divmod(x, y).0,
        BinaryOp::Mod => divmod(x, y).1,
        BinaryOp::Pow => return float_power(x, y),
        _ => return type_error(),
    })
}

/// CPython's `float_divmod`.
pub(super) fn divmod(x: f64, y: f64) -> (f64, f64) {
    let mut rest = libm::fmod(x, y);
    let mut quotient = (x - rest) / y;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(y);
    } else if (y < 0.0) != (rest < 0.0) {
        rest += y;
        quotient -= 1.0;
    }
    if quotient == 0.0 {
        return (0.0_f64.copysign(x / y), rest);
    }
    let floor = quotient.floor();
    (if quotient - floor > 0.5 { floor + 1.0 } else { floor }, rest)
}

fn float_power(x: f64, y: f64) -> Res<f64> {
    if y == 0.0 || x == 1.0 {
        return Ok(1.0);
    }
    if x == 0.0 && y < 0.0 {
        return raise(ExceptionClass::ZeroDivisionError);
    }
    if x < 0.0 && x.is_finite() && y.is_finite() && y.fract() != 0.0 {
        return reject("complex numbers");
    }
    let result = super::double::pow(x, y);
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return raise(ExceptionClass::OverflowError);
    }
    Ok(result)
}

/// The float nearest to `value · 2^exponent`, for a value of more than 64 bits whose last bit may be sticky.
fn scaled(value: &BigInt, exponent: i64) -> f64 {
    let bits = value.bits() as i64;
    // The exponent of the result's leading bit; below -1022 fewer than 53 bits are kept.
    let top = bits + exponent - 1;
    if top > 1023 {
        return f64::INFINITY;
    }
    let keep = if top >= -1022 { 53 } else { 53 + top + 1022 };
    if keep < 0 {
        return 0.0;
    }
    let drop = bits - keep;
    let mut mantissa = if drop > 0 { value >> drop as u64 } else { value.clone() };
    if drop > 0 {
        let rest = value - (&mantissa << drop as u64);
        let half = BigInt::from(1) << (drop - 1) as u64;
        if rest > half || rest == half && mantissa.is_odd() {
            mantissa += 1;
        }
    }
    let power = exponent + drop.max(0);
    let mantissa = mantissa.to_f64().unwrap_or(0.0);
    libm::scalbn(mantissa, power as i32)
}

/// The integer that a finite float is, rounded towards zero.
pub(super) fn whole(value: f64) -> Option<BigInt> {
    BigInt::from_f64(value.trunc())
}
