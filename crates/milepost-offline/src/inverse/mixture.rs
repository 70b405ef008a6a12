/// Mean and variance of an equal mixture, component by component:
/// `μ̄ = mean_e μ_e`, `mean_e σ_e² + mean_e μ_e² − μ̄²`. `means` and `variances` are `[E, n]`, member by member.
///
/// The variance is never less than the mean of the variances, and equal to σ² for identical members: it is
/// computed as `mean_e σ_e² + mean_e (μ_e − μ̄)²`, which is the same number without cancellation.
#[must_use]
pub fn mixture(means: &[f32], variances: &[f32], members: usize) -> (Vec<f32>, Vec<f32>) {
    let n = means.len() / members.max(1);
    let each = |i: usize| {
        let of = |values: &[f32], e: usize| f64::from(values[e * n + i]);
        let first = of(means, 0);
        let mean = first + (0..members).map(|e| of(means, e) - first).sum::<f64>() / members as f64;
        let spread = |e: usize| of(variances, e) + (of(means, e) - mean) * (of(means, e) - mean);
        let variance = (0..members).map(spread).sum::<f64>() / members as f64;
        (mean as f32, variance as f32)
    };
    (0..n).map(each).unzip()
}
