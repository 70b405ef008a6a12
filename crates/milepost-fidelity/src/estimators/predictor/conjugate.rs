/// Solves `A x = b` for a symmetric positive definite `A`, given as `apply(x, out)` with `out = A x`, by
/// conjugate gradients from 0, until the residual has shrunk by `1e-12` or after `limit` steps.
pub(super) fn conjugate_gradients(
    b: &[f64],
    limit: usize,
    mut apply: impl FnMut(&[f64], &mut [f64]),
) -> Vec<f64> {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let mut x = vec![0.0; b.len()];
    let (mut residual, mut direction, mut image) = (b.to_vec(), b.to_vec(), vec![0.0; b.len()]);
    let mut size = dot(&residual, &residual);
    let enough = size * 1e-24;
    for _ in 0..limit {
        if size <= enough {
            break;
        }
        apply(&direction, &mut image);
        let step = size / dot(&direction, &image);
        for i in 0..x.len() {
            x[i] += step * direction[i];
            residual[i] -= step * image[i];
        }
        let before = std::mem::replace(&mut size, dot(&residual, &residual));
        for (direction, residual) in direction.iter_mut().zip(&residual) {
            *direction = residual + size / before * *direction;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::conjugate_gradients;

    #[test]
    fn a_system_of_n_equations_is_solved_in_n_steps() {
        // A = [[4, 1, 0], [1, 3, 1], [0, 1, 2]], x = (1, −2, 3).
        let rows = [[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 2.0]];
        let times = |x: &[f64], out: &mut [f64]| {
            for (out, row) in out.iter_mut().zip(rows) {
                *out = row.iter().zip(x).map(|(a, x)| a * x).sum();
            }
        };
        let (wanted, mut b) = ([1.0, -2.0, 3.0], [0.0; 3]);
        times(&wanted, &mut b);
        let found = conjugate_gradients(&b, 3, times);
        assert!(found.iter().zip(wanted).all(|(x, y)| (x - y).abs() < 1e-12), "{found:?}");
    }
}
