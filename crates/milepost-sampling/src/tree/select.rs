/// Keeps the quotient finite where values hardly differ.
const EPSILON: f64 = 1e-6;

/// `A_j = (r_j − mean) / (std + 10⁻⁶)` over the candidates of a step, the standard deviation with `n − 1`.
/// Equal values, and a lone one, give exact zeros.
#[must_use]
pub fn step_advantages(values: &[f64]) -> Vec<f64> {
    let n = values.len() as f64;
    if values.windows(2).all(|pair| pair[0] == pair[1]) {
        return vec![0.0; values.len()];
    }
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1.0);
    values.iter().map(|value| (value - mean) / (variance.sqrt() + EPSILON)).collect()
}

/// The probability of each candidate to go on: the softmax of `advantages / temperature` over the eligible
/// ones; at temperature 0 all of it on the first of the best. All zero where none is eligible.
#[must_use]
pub fn winner_probabilities(advantages: &[f64], eligible: &[bool], temperature: f64) -> Vec<f64> {
    let mut probabilities = vec![0.0; advantages.len()];
    let candidates = || advantages.iter().zip(eligible).enumerate().filter(|(_, (_, eligible))| **eligible);
    // The first of the best, so that ties go to the lowest index.
    let best = candidates()
        .map(|(index, (a, _))| (index, *a))
        .reduce(|best, next| if next.1 > best.1 { next } else { best });
    let Some((first, highest)) = best else { return probabilities };
    for (index, (advantage, _)) in candidates() {
        let distance = advantage - highest;
        probabilities[index] = if temperature > 0.0 {
            libm::exp(distance / temperature)
        } else {
            f64::from(u8::from(index == first))
        };
    }
    let total: f64 = probabilities.iter().sum();
    probabilities.into_iter().map(|p| p / total).collect()
}
