/// Discounted return `Σ γ^t r_t` of one episode.
pub fn discounted_return(rewards: &[f64], discount: f64) -> f64 {
    rewards.iter().rev().fold(0.0, |after, reward| reward + discount * after)
}

/// Potential shaping along one episode: `F_t = γ Φ(s_{t+1}) − Φ(s_t)` for `T + 1` potentials. The last
/// potential counts 0 if the episode terminated, and stays if it was truncated. The discounted sum is
/// `γ^T Φ(s_T) − Φ(s_0)`.
pub fn shaping(potentials: &[f64], discount: f64, terminated: bool) -> Vec<f64> {
    let last = potentials.len().saturating_sub(2);
    let reached = |t: usize| if terminated && t == last { 0.0 } else { potentials[t + 1] };
    (0..potentials.len().saturating_sub(1)).map(|t| discount * reached(t) - potentials[t]).collect()
}
