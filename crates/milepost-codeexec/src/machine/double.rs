//! Powers, exponentials and logarithms rounded from twice the precision of a float.
//!
//! CPython takes them from the C library, whose error is a little above half a unit in the last place; the float
//! nearest to the exact value is what it almost always gives, and it is the same on every machine.

/// An unevaluated sum of two floats, the second at most half a unit in the last place of the first.
#[derive(Debug, Clone, Copy)]
struct Double(f64, f64);

const LN2: Double = Double(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17);

/// Knuth's two-sum.
fn sum(a: f64, b: f64) -> Double {
    let s = a + b;
    let t = s - a;
    Double(s, (a - (s - t)) + (b - t))
}

fn product(a: f64, b: f64) -> Double {
    let p = a * b;
    Double(p, libm::fma(a, b, -p))
}

impl Double {
    fn add(self, other: Self) -> Self {
        let Self(s, e) = sum(self.0, other.0);
        let Self(t, f) = sum(self.1, other.1);
        let Self(s, e) = sum(s, e + t);
        sum(s, e + f)
    }

    fn times(self, other: Self) -> Self {
        let Self(p, e) = product(self.0, other.0);
        sum(p, e + (self.0 * other.1 + self.1 * other.0))
    }

    fn scaled(self, factor: f64) -> Self {
        self.times(Self(factor, 0.0))
    }

    /// e^self as a mantissa and a power of two.
    fn exp(self) -> (Self, i32) {
        let power = libm::rint(self.0 / LN2.0);
        let rest = self.add(LN2.scaled(-power));
        let small = Self(rest.0 / 256.0, rest.1 / 256.0);
        let mut term = Self(1.0, 0.0);
        let mut total = term;
        for n in 1..12 {
            let inverse = 1.0 / f64::from(n);
            let rest = libm::fma(-f64::from(n), inverse, 1.0) * inverse;
            term = term.times(small).times(Self(inverse, rest));
            total = total.add(term);
        }
        for _ in 0..8 {
            total = total.times(total);
        }
        (total, power as i32)
    }

    /// The logarithm of a positive normal float.
    fn log(x: f64) -> Self {
        let guess = libm::log(x);
        // One step of Newton: log x = guess + log(x · e^-guess).
        let (mantissa, power) = Self(-guess, 0.0).exp();
        let (fraction, exponent) = libm::frexp(x);
        let ratio = mantissa.scaled(fraction).scaled(libm::scalbn(1.0, exponent + power));
        let off = ratio.add(Self(-1.0, 0.0));
        let square = off.times(off).scaled(-0.5);
        Self(guess, 0.0).add(off).add(square)
    }
}

fn is_ordinary(x: f64) -> bool {
    x.is_normal() && x > 0.0
}

/// e^x
pub(super) fn exp(x: f64) -> f64 {
    let guess = libm::exp(x);
    if x == 0.0 || !is_ordinary(guess) || x.abs() < 1e-300 {
        return guess;
    }
    let (mantissa, power) = Double(x, 0.0).exp();
    libm::scalbn(mantissa.0, power)
}

/// The natural logarithm of a positive float.
pub(super) fn log(x: f64) -> f64 {
    if x == 1.0 || !is_ordinary(x) { libm::log(x) } else { Double::log(x).0 }
}

/// The logarithm to base 2 of a positive float.
pub(super) fn log2(x: f64) -> f64 {
    let (fraction, exponent) = libm::frexp(x);
    if fraction == 0.5 {
        return f64::from(exponent - 1);
    }
    if !is_ordinary(x) {
        return libm::log2(x);
    }
    let inverse = Double(std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17);
    Double::log(x).times(inverse).0
}

/// x ** y, for what has a real value.
pub(super) fn pow(x: f64, y: f64) -> f64 {
    let guess = libm::pow(x, y);
    if y == 1.0 || x.abs() == 1.0 || !is_ordinary(guess.abs()) || !is_ordinary(x.abs()) {
        return guess;
    }
    let (mantissa, power) = Double::log(x.abs()).scaled(y).exp();
    libm::scalbn(mantissa.0, power).copysign(guess)
}

/// sqrt(x² + y²)
pub(super) fn hypot(x: f64, y: f64) -> f64 {
    let (x, y) = (x.abs().max(y.abs()), x.abs().min(y.abs()));
    if !is_ordinary(x) {
        return libm::hypot(x, y);
    }
    let (_, exponent) = libm::frexp(x);
    let (a, b) = (libm::scalbn(x, -exponent), libm::scalbn(y, -exponent));
    let squares = product(a, a).add(product(b, b));
    let root = squares.0.sqrt();
    let rest = squares.add(product(-root, root));
    libm::scalbn(root + rest.0 / (2.0 * root), exponent)
}

#[cfg(test)]
mod tests {
    use super::*;

    // CPython 3.11 on Linux.
    #[test]
    fn powers_and_logarithms_are_the_nearest_floats() {
        assert_eq!(pow(7.0, -2.0), 0.02040816326530612);
        assert_eq!(pow(1234567.891, -2.0), 6.56100010878138e-13);
        assert_eq!(pow(123456789.12345679, 4.0), 2.3230572372748216e+32);
        assert_eq!(
            (pow(2.0, 0.5), pow(10.0, 22.0), pow(0.1, 3.0)),
            (2.0_f64.sqrt(), 1e22, 0.0010000000000000002)
        );
        assert_eq!((exp(1.0), log(10.0), log2(8.0)), (std::f64::consts::E, std::f64::consts::LN_10, 3.0));
        assert_eq!(hypot(1e-7, 2.0), 2.0000000000000027);
        assert_eq!((hypot(3.0, 4.0), hypot(0.0, 0.0)), (5.0, 0.0));
    }
}
