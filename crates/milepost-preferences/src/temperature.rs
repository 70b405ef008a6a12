use crate::math::sigmoid;
use crate::{Label, PreferenceError, error};

/// Steps of bisection over `ln(1/T)`: from ±14 down to 10⁻¹³.
const STEPS: u32 = 48;
/// Bounds of `ln(1/T)`: temperatures from 10⁻⁶ to 10⁶.
const BOUND: f64 = 13.815_510_557_964_274;

/// Temperature scaling (Guo et al. 2017): the `T > 0` that minimises the mean of
/// `−p log σ(Δ/T) − (1 − p) log σ(−Δ/T)` over held-out pairs.
///
/// The loss is convex in `1/T`, and dividing by `T` changes no order. Undefined where the labels contradict the
/// scores more than they agree (`1/T` would not be positive) and where they never contradict them (it would be
/// infinite). Skipped pairs are left out.
pub fn fit_temperature(differences: &[f64], labels: &[Label]) -> Result<f64, PreferenceError> {
    error::same_length("labels", differences.len(), labels.len())?;
    error::finite("differences", differences)?;
    let pairs: Vec<(f64, f64)> =
        differences.iter().zip(labels).filter_map(|(d, label)| Some((*d, label.probability()?))).collect();
    error::not_empty("the list of labelled pairs", &pairs)?;
    // The derivative by 1/T; increasing.
    let slope = |inverse: f64| pairs.iter().map(|(d, p)| d * (sigmoid(inverse * d) - p)).sum::<f64>();
    let undefined = |reason| PreferenceError::Undefined { what: "the temperature", reason };
    let (mut low, mut high) = (-BOUND, BOUND);
    if slope(libm::exp(low)) >= 0.0 {
        return Err(undefined("the labels do not follow the scores; T would be infinite or negative"));
    }
    if slope(libm::exp(high)) <= 0.0 {
        return Err(undefined("no label contradicts the scores; T would be 0"));
    }
    for _ in 0..STEPS {
        let middle = f64::midpoint(low, high);
        if slope(libm::exp(middle)) < 0.0 { low = middle } else { high = middle }
    }
    Ok(libm::exp(-f64::midpoint(low, high)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::math::log_sigmoid;

    fn loss(differences: &[f64], labels: &[f64], temperature: f64) -> f64 {
        let term = |(d, p): (&f64, &f64)| {
            -p * log_sigmoid(d / temperature) - (1.0 - p) * log_sigmoid(-d / temperature)
        };
        differences.iter().zip(labels).map(term).sum()
    }

    proptest! {
        #[test]
        fn soft_labels_of_a_known_temperature_give_it_back(
            differences in prop::collection::vec(-3.0..3.0f64, 2..30), temperature in 0.2..5.0f64,
        ) {
            prop_assume!(differences.iter().any(|d| d.abs() > 0.1));
            let labels: Vec<Label> = differences.iter().map(|d| Label::Soft(sigmoid(d / temperature))).collect();
            let got = fit_temperature(&differences, &labels).expect("defined");
            prop_assert!((got / temperature - 1.0).abs() < 1e-6, "{got}");
        }

        #[test]
        fn no_other_temperature_has_a_smaller_loss(
            pairs in prop::collection::vec((-3.0..3.0f64, 0.0..=1.0f64), 3..30), other in 0.05..20.0f64,
        ) {
            let (differences, p): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
            let labels: Vec<Label> = p.iter().map(|p| Label::Soft(*p)).collect();
            if let Ok(best) = fit_temperature(&differences, &labels) {
                prop_assert!(loss(&differences, &p, best) <= loss(&differences, &p, other) + 1e-9);
            }
        }
    }

    #[test]
    fn separated_reversed_and_empty_labels_have_no_temperature() {
        let undefined = |labels: &[Label]| fit_temperature(&[1.0, -2.0], labels).expect_err("undefined");
        assert!(undefined(&[Label::FIRST, Label::SECOND]).to_string().contains("contradicts"));
        assert!(undefined(&[Label::SECOND, Label::FIRST]).to_string().contains("do not follow"));
        assert!(matches!(undefined(&[Label::Skip; 2]), PreferenceError::Empty { .. }));
    }
}
