//! The little linear algebra that CMA-ES needs: square matrices, row-major.

/// The identity matrix.
pub(crate) fn identity(n: usize) -> Vec<f64> {
    (0..n * n).map(|ij| f64::from(u8::from(ij / n == ij % n))).collect()
}

/// `A x`.
pub(crate) fn times(a: &[f64], x: &[f64]) -> Vec<f64> {
    a.chunks_exact(x.len().max(1)).map(|row| row.iter().zip(x).map(|(a, x)| a * x).sum()).collect()
}

/// `Aᵀ x`.
pub(crate) fn times_transposed(a: &[f64], x: &[f64]) -> Vec<f64> {
    let n = x.len();
    (0..n).map(|j| (0..n).map(|i| a[i * n + j] * x[i]).sum()).collect()
}

/// Eigenvectors (columns) and eigenvalues of a symmetric matrix, by cyclic Jacobi rotations (Golub and Van Loan,
/// section 8.5). Only sums, products and square roots, so every machine computes the same bits.
pub(crate) fn symmetric_eigen(matrix: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let n = matrix.len().isqrt();
    let (mut a, mut v) = (matrix.to_vec(), identity(n));
    let scale: f64 = a.iter().map(|x| x * x).sum();
    for _ in 0..50 {
        let off: f64 = (0..n * n).filter(|ij| ij / n != ij % n).map(|ij| a[ij] * a[ij]).sum();
        if off <= 1e-24 * scale {
            break;
        }
        for p in 0..n {
            for q in p + 1..n {
                rotate(&mut a, &mut v, n, p, q);
            }
        }
    }
    (v, (0..n).map(|i| a[i * n + i]).collect())
}

/// Makes entry `(p, q)` zero.
fn rotate(a: &mut [f64], v: &mut [f64], n: usize, p: usize, q: usize) {
    let off = a[p * n + q];
    if off == 0.0 {
        return;
    }
    let theta = (a[q * n + q] - a[p * n + p]) / (2.0 * off);
    let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
    let c = 1.0 / (t * t + 1.0).sqrt();
    let s = t * c;
    for k in 0..n {
        let (x, y) = (a[k * n + p], a[k * n + q]);
        (a[k * n + p], a[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
    for k in 0..n {
        let (x, y) = (a[p * n + k], a[q * n + k]);
        (a[p * n + k], a[q * n + k]) = (c * x - s * y, s * x + c * y);
        let (x, y) = (v[k * n + p], v[k * n + q]);
        (v[k * n + p], v[k * n + q]) = (c * x - s * y, s * x + c * y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn vectors_and_values_give_the_matrix_back(entries in prop::collection::vec(-2.0f64..2.0, 36)) {
            let n = 6;
            let matrix: Vec<f64> = (0..36).map(|ij| entries[ij] + entries[ij % n * n + ij / n]).collect();
            let (v, values) = symmetric_eigen(&matrix);
            for i in 0..n {
                for j in 0..n {
                    let entry: f64 = (0..n).map(|k| v[i * n + k] * values[k] * v[j * n + k]).sum();
                    let dot: f64 = (0..n).map(|k| v[k * n + i] * v[k * n + j]).sum();
                    prop_assert!((entry - matrix[i * n + j]).abs() < 1e-9);
                    prop_assert!((dot - f64::from(u8::from(i == j))).abs() < 1e-9);
                }
            }
        }
    }
}
