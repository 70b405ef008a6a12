//! The module `math`.

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::{Signed, ToPrimitive};

use super::call::{Args, Flow};
use super::compare::Number;
use super::prelude::Prelude;
use super::run::Machine;
use super::val::{Val, named};
use super::{Res, raise, reject, type_error, value_error};
use crate::syntax::ast::BinaryOp;
use crate::{ExceptionClass, Limit};

named!(
    /// A function of `math`.
    Function {
        Acos = "acos", Asin = "asin", Atan = "atan", Atan2 = "atan2", Ceil = "ceil", Comb = "comb",
        Copysign = "copysign", Cos = "cos", Cosh = "cosh", Degrees = "degrees", Dist = "dist", Exp = "exp",
        Expm1 = "expm1", Fabs = "fabs", Factorial = "factorial", Floor = "floor", Fmod = "fmod",
        Fsum = "fsum", Gcd = "gcd", Hypot = "hypot", IsClose = "isclose", IsFinite = "isfinite",
        IsInf = "isinf", IsNan = "isnan", Isqrt = "isqrt", Lcm = "lcm", Log = "log", Log10 = "log10",
        Log1p = "log1p", Log2 = "log2", Modf = "modf", Perm = "perm", Pow = "pow", Prod = "prod",
        Radians = "radians", Sin = "sin", Sinh = "sinh", Sqrt = "sqrt", Tan = "tan", Tanh = "tanh",
        Trunc = "trunc",
    }
);

pub(crate) fn constant(name: &str) -> Option<Val> {
    Some(Val::Float(match name {
        "pi" => std::f64::consts::PI,
        "e" => std::f64::consts::E,
        "tau" => std::f64::consts::TAU,
        "inf" => f64::INFINITY,
        "nan" => f64::NAN,
        _ => return None,
    }))
}

/// Names of CPython's `math` that MiniPy does not have.
pub(super) fn is_foreign(name: &str) -> bool {
    matches!(
        name,
        "acosh"
            | "asinh"
            | "atanh"
            | "cbrt"
            | "erf"
            | "erfc"
            | "exp2"
            | "frexp"
            | "gamma"
            | "ldexp"
            | "lgamma"
            | "nextafter"
            | "remainder"
            | "ulp"
            | "sumprod"
            | "fma"
    )
}

impl Machine<'_> {
    fn real(&self, val: Val) -> Res<f64> {
        match self.heap.number(val) {
            Some(number) => super::heap::Heap::to_float(&number),
            None => type_error(),
        }
    }

    fn whole(&self, val: Val) -> Res<BigInt> {
        match self.heap.number(val).and_then(|number| number.big()) {
            Some(value) => Ok(value),
            None => type_error(),
        }
    }

    pub(super) fn math(&mut self, function: Function, args: &Args<'_>) -> Res<Flow> {
        use Function as F;
        if !args.names.is_empty() && !matches!(function, F::IsClose | F::Prod) {
            return type_error();
        }
        let val = match function {
            F::Prod => {
                if args.positional.len() != 1 {
                    return type_error();
                }
                let [items, start] = args.bind(1, ["", "start"])?;
                let start = if matches!(start, Val::Unbound) { Val::Int(1) } else { start };
                return Ok(Flow::Prelude(Prelude::Product, vec![items, start]));
            }
            F::Floor | F::Ceil | F::Trunc => {
                let [val] = args.bind(1, [""])?;
                match self.heap.number(val) {
                    Some(Number::Float(value)) => {
                        let rounded = match function {
                            F::Floor => value.floor(),
                            F::Ceil => value.ceil(),
                            _ => value.trunc(),
                        };
                        self.heap.truncate(rounded)?
                    }
                    Some(_) => self.heap.positive(val)?,
                    None => return type_error(),
                }
            }
            F::Gcd | F::Lcm => {
                let mut result = BigInt::from(i32::from(function == F::Lcm));
                for val in args.positional {
                    let value = self.whole(*val)?;
                    let limbs = value.bits() / 32 + result.bits() / 32 + 1;
                    self.heap.spend(1 + limbs * limbs / 16)?;
                    result = if function == F::Gcd { result.gcd(&value) } else { result.lcm(&value) };
                    if result.bits() > self.heap.limits.integer_bits {
                        return Err(super::Stop::Limit(Limit::Memory));
                    }
                }
                self.heap.big(result.abs())?
            }
            F::Isqrt => {
                let [val] = args.bind(1, [""])?;
                let value = self.whole(val)?;
                if value.is_negative() {
                    return value_error();
                }
                let limbs = value.bits() / 32 + 1;
                self.heap.spend(1 + limbs * limbs / 16)?;
                self.heap.big(value.sqrt())?
            }
            F::Factorial | F::Comb | F::Perm => self.combinatorics(function, args)?,
            F::Fsum => {
                let [items] = args.bind(1, [""])?;
                if self.heap.calls_back(items) {
                    return reject("`math.fsum` of a lazy iterator");
                }
                let items = self.heap.items(items)?;
                let values = items.into_iter().map(|item| self.real(item)).collect::<Res<Vec<_>>>()?;
                Val::Float(exact_sum(&values)?)
            }
            F::Hypot => {
                if args.positional.len() > 2 {
                    return reject("`math.hypot` of more than two numbers");
                }
                let values = args.positional.iter().map(|val| self.real(*val)).collect::<Res<Vec<_>>>()?;
                Val::Float(match values[..] {
                    [] => 0.0,
                    [x] => x.abs(),
                    [x, y] => super::double::hypot(x, y),
                    _ => return type_error(),
                })
            }
            F::Dist => return reject("`math.dist`"),
            F::IsClose => {
                let [a, b, rel, abs] = args.bind(2, ["a", "b", "rel_tol", "abs_tol"])?;
                if args.positional.len() > 2 {
                    return type_error();
                }
                let tolerance = |machine: &Self, val: Val, default| match val {
                    Val::Unbound => Ok(default),
                    _ => machine.real(val),
                };
                let (rel, abs) = (tolerance(self, rel, 1e-9)?, tolerance(self, abs, 0.0)?);
                if rel < 0.0 || abs < 0.0 {
                    return value_error();
                }
                let (a, b) = (self.real(a)?, self.real(b)?);
                let close = a == b
                    || a.is_finite()
                        && b.is_finite()
                        && ((b - a).abs() <= (rel * b).abs()
                            || (b - a).abs() <= (rel * a).abs()
                            || (b - a).abs() <= abs);
                Val::Bool(close)
            }
            F::Modf => {
                let [val] = args.bind(1, [""])?;
                let value = self.real(val)?;
                let (fraction, whole) = if value.is_infinite() {
                    (0.0_f64.copysign(value), value)
                } else {
                    ((value - value.trunc()).copysign(value), value.trunc())
                };
                self.heap.tuple(vec![Val::Float(fraction), Val::Float(whole)])?
            }
            F::Log => {
                let [val, base] = args.bind(1, ["", ""])?;
                let top = self.logarithm(val, super::double::log)?;
                if matches!(base, Val::Unbound) {
                    Val::Float(top)
                } else {
                    let bottom = self.logarithm(base, super::double::log)?;
                    if bottom == 0.0 {
                        return raise(ExceptionClass::ZeroDivisionError);
                    }
                    Val::Float(top / bottom)
                }
            }
            F::Log2 | F::Log10 => {
                let [val] = args.bind(1, [""])?;
                Val::Float(
                    self.logarithm(val, if function == F::Log2 { super::double::log2 } else { libm::log10 })?,
                )
            }
            F::Atan2 | F::Copysign | F::Fmod | F::Pow => {
                let [x, y] = args.bind(2, ["", ""])?;
                let (x, y) = (self.real(x)?, self.real(y)?);
                Val::Float(binary(function, x, y)?)
            }
            F::IsFinite | F::IsInf | F::IsNan => {
                let [val] = args.bind(1, [""])?;
                let value = self.real(val)?;
                Val::Bool(match function {
                    F::IsFinite => value.is_finite(),
                    F::IsInf => value.is_infinite(),
                    _ => value.is_nan(),
                })
            }
            _ => {
                let [val] = args.bind(1, [""])?;
                let value = self.real(val)?;
                Val::Float(unary(function, value)?)
            }
        };
        Ok(Flow::Value(val))
    }

    fn logarithm(&self, val: Val, log: fn(f64) -> f64) -> Res<f64> {
        match self.heap.number(val) {
            Some(Number::Big(value)) => {
                if value.is_negative() {
                    return value_error();
                }
                // CPython: log(m · 2^e) = log(m) + e · log(2), with m in [0.5, 1).
                match value.to_f64().filter(|v| v.is_finite()) {
                    Some(float) => Ok(log(float)),
                    None => {
                        let bits = value.bits();
                        let top = (&*value >> (bits - 64)).to_f64().unwrap_or(1.0);
                        let mantissa = libm::scalbn(top, -64);
                        Ok(log(mantissa) + log(2.0) * bits as f64)
                    }
                }
            }
            Some(number) => {
                let value = super::heap::Heap::to_float(&number)?;
                if value.is_nan() || value == f64::INFINITY {
                    return Ok(value);
                }
                if value <= 0.0 { value_error() } else { Ok(log(value)) }
            }
            None => type_error(),
        }
    }

    fn combinatorics(&mut self, function: Function, args: &Args<'_>) -> Res<Val> {
        let [n, k] = match function {
            Function::Factorial => args.bind(1, [""]).map(|[n]| [n, Val::None])?,
            Function::Comb => args.bind(2, ["", ""])?,
            _ => args.bind(1, ["", ""])?,
        };
        let n = self.whole(n)?;
        let k = if matches!(k, Val::None | Val::Unbound) { n.clone() } else { self.whole(k)? };
        if n.is_negative() || k.is_negative() {
            return value_error();
        }
        if k > n {
            return Ok(Val::Int(0));
        }
        let k = if function == Function::Comb { (&n - &k).min(k) } else { k };
        let Some(count) = k.to_u64().filter(|count| *count <= self.heap.limits.integer_bits) else {
            return Err(super::Stop::Limit(Limit::Memory));
        };
        let mut result = Val::Int(1);
        for index in 0..count {
            self.heap.spend(1)?;
            let factor = self.heap.big(&n - index)?;
            result = self.heap.binary(BinaryOp::Mul, result, factor)?;
            if function == Function::Comb {
                result = self.heap.binary(BinaryOp::FloorDiv, result, Val::Int(index as i64 + 1))?;
            }
        }
        Ok(result)
    }
}

fn binary(function: Function, x: f64, y: f64) -> Res<f64> {
    let result = match function {
        Function::Atan2 => libm::atan2(x, y),
        Function::Copysign => x.copysign(y),
        Function::Fmod => {
            if y.is_infinite() && x.is_finite() {
                return Ok(x);
            }
            libm::fmod(x, y)
        }
        _ => {
            if x == 0.0 && y < 0.0 && y.is_finite() {
                return value_error();
            }
            super::double::pow(x, y)
        }
    };
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        return value_error();
    }
    if result.is_infinite() && x.is_finite() && y.is_finite() {
        return raise(ExceptionClass::OverflowError);
    }
    Ok(result)
}

fn unary(function: Function, x: f64) -> Res<f64> {
    use Function as F;
    let result = match function {
        F::Acos => libm::acos(x),
        F::Asin => libm::asin(x),
        F::Atan => libm::atan(x),
        F::Cos => libm::cos(x),
        F::Cosh => libm::cosh(x),
        F::Degrees => x * (180.0 / std::f64::consts::PI),
        F::Exp => super::double::exp(x),
        F::Expm1 => libm::expm1(x),
        F::Fabs => x.abs(),
        F::Log1p if x == -1.0 => return value_error(),
        F::Log1p => libm::log1p(x),
        F::Radians => x * (std::f64::consts::PI / 180.0),
        F::Sin => libm::sin(x),
        F::Sinh => libm::sinh(x),
        F::Sqrt => x.sqrt(),
        F::Tan => libm::tan(x),
        F::Tanh => libm::tanh(x),
        _ => return type_error(),
    };
    if result.is_nan() && !x.is_nan() {
        return value_error();
    }
    if result.is_infinite() && x.is_finite() {
        return raise(ExceptionClass::OverflowError);
    }
    Ok(result)
}

/// The float nearest to the exact sum.
fn exact_sum(values: &[f64]) -> Res<f64> {
    let special: f64 = values.iter().filter(|v| !v.is_finite()).sum();
    if values.iter().any(|v| !v.is_finite()) {
        if special.is_nan() && !values.iter().any(|v| v.is_nan()) {
            return value_error();
        }
        return Ok(special);
    }
    // Shewchuk's partial sums, rounded half to even as CPython does.
    let mut partials: Vec<f64> = Vec::new();
    for &value in values {
        let mut x = value;
        let mut kept = 0;
        for index in 0..partials.len() {
            let mut y = partials[index];
            if x.abs() < y.abs() {
                std::mem::swap(&mut x, &mut y);
            }
            let high = x + y;
            let low = y - (high - x);
            if low != 0.0 {
                partials[kept] = low;
                kept += 1;
            }
            x = high;
        }
        partials.truncate(kept);
        if x != 0.0 {
            if !x.is_finite() {
                return raise(ExceptionClass::OverflowError);
            }
            partials.push(x);
        }
    }
    let Some(mut high) = partials.pop() else { return Ok(0.0) };
    let mut low = 0.0;
    while let Some(next) = partials.pop() {
        let x = high;
        high = x + next;
        low = next - (high - x);
        if low != 0.0 {
            break;
        }
    }
    if let Some(&rest) = partials.last()
        && (low < 0.0 && rest < 0.0 || low > 0.0 && rest > 0.0)
    {
        let twice = low * 2.0;
        let x = high + twice;
        if twice == x - high {
            high = x;
        }
    }
    Ok(high)
}
