use crate::math::sigmoid;

/// Half width of the interval of the fit.
const REACH: f64 = 5.0;
/// Points of the fit, evenly spaced, ends included.
const POINTS: usize = 100;
/// Powers of the odd part: the points lie symmetrically and `σ − ½` is odd, so the even powers vanish.
const POWERS: [i32; 3] = [1, 3, 5];

/// `½ + c₁ v + c₃ v³ + c₅ v⁵`, `v = u/5`, on `[−5, 5]`; 0 below, 1 above.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct QuinticSigmoid {
    coefficients: [f64; 3],
}

impl QuinticSigmoid {
    /// The least-squares fit of `σ`: normal equations in the odd powers, solved by Cramer's rule.
    pub(super) fn fit() -> Self {
        let mut matrix = [[0.0; 3]; 3];
        let mut right = [0.0; 3];
        for point in 0..POINTS {
            let v = 2.0 * point as f64 / (POINTS - 1) as f64 - 1.0;
            let powers = POWERS.map(|power| v.powi(power));
            for row in 0..3 {
                right[row] += powers[row] * (sigmoid(REACH * v) - 0.5);
                for column in 0..3 {
                    matrix[row][column] += powers[row] * powers[column];
                }
            }
        }
        let whole = determinant(matrix);
        let coefficients = [0, 1, 2].map(|column| {
            let mut replaced = matrix;
            for row in 0..3 {
                replaced[row][column] = right[row];
            }
            determinant(replaced) / whole
        });
        Self { coefficients }
    }

    pub(super) fn value(&self, u: f64) -> f64 {
        if u.abs() > REACH {
            return f64::from(u8::from(u > 0.0));
        }
        let v = u / REACH;
        let [a, b, c] = self.coefficients;
        0.5 + v * (a + v * v * (b + v * v * c))
    }

    pub(super) fn slope(&self, u: f64) -> f64 {
        if u.abs() > REACH {
            return 0.0;
        }
        let v = u / REACH;
        let [a, b, c] = self.coefficients;
        (a + v * v * (3.0 * b + 5.0 * c * v * v)) / REACH
    }
}

fn determinant(m: [[f64; 3]; 3]) -> f64 {
    m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
        + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squares(fit: &QuinticSigmoid) -> f64 {
        let point = |i: usize| 2.0 * REACH * i as f64 / (POINTS - 1) as f64 - REACH;
        (0..POINTS).map(|i| (fit.value(point(i)) - sigmoid(point(i))).powi(2)).sum()
    }

    #[test]
    fn no_change_of_a_coefficient_fits_better() {
        let best = QuinticSigmoid::fit();
        for index in 0..3 {
            for step in [-1e-3, 1e-3] {
                let mut moved = best;
                moved.coefficients[index] += step;
                assert!(squares(&moved) > squares(&best));
            }
        }
    }

    #[test]
    fn the_fit_is_within_two_hundredths_of_the_sigmoid() {
        let fit = QuinticSigmoid::fit();
        let worst = (-500..=500).map(|i| f64::from(i) / 100.0).map(|u| (fit.value(u) - sigmoid(u)).abs());
        let worst = worst.fold(0.0, f64::max);
        assert!(worst < 0.02, "{worst}");
    }
}
