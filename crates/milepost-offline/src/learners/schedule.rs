/// Cosine decay from 1 at step 0 to 0 at `total` and after; 1 throughout without a total.
pub(super) fn cosine(step: u64, total: Option<u64>) -> f64 {
    match total {
        None => 1.0,
        Some(total) => {
            let progress = (step as f64 / total.max(1) as f64).min(1.0);
            0.5 * (1.0 + (std::f64::consts::PI * progress).cos())
        }
    }
}
