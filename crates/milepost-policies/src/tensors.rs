//! Categorical policies as tensors, for losses.

use burn::tensor::{Bool, Int, Tensor, activation::log_softmax};

/// `log softmax(logits)` over actions. `[N, A] → [N, A]`.
#[must_use]
pub fn log_probabilities(logits: Tensor<2>) -> Tensor<2> {
    log_softmax(logits, 1)
}

/// `log π(aᵢ|sᵢ)` of each taken action. `[N, A], [N] → [N]`.
#[must_use]
pub fn action_log_probabilities(log_probabilities: Tensor<2>, actions: Tensor<1, Int>) -> Tensor<1> {
    log_probabilities.gather(1, actions.unsqueeze_dim(1)).squeeze_dim(1)
}

/// `H(π(·|sᵢ)) = −Σₐ π(a) log π(a)` in nats. `[N, A] → [N]`.
#[must_use]
pub fn entropy(log_probabilities: Tensor<2>) -> Tensor<1> {
    (log_probabilities.clone().exp() * log_probabilities).sum_dim(1).squeeze_dim::<1>(1).neg()
}

/// Logits with illegal actions at −10⁹: finite, because `0 · −∞` would make the entropy NaN.
/// Each row needs a legal action. `[N, A], [N, A] → [N, A]`.
#[must_use]
pub fn masked_logits(logits: Tensor<2>, legal: Tensor<2, Bool>) -> Tensor<2> {
    logits.mask_fill(legal.bool_not(), -1.0e9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log_probability;
    use burn::tensor::Device;
    use proptest::prelude::*;

    #[test]
    fn a_masked_distribution_has_finite_entropy_and_no_mass_on_illegal_actions() {
        let device = Device::flex();
        let logits = Tensor::<2>::from_floats([[5.0, 1.0, 1.0], [0.0, 0.0, 9.0]], &device);
        let legal = Tensor::<2, Bool>::from_data([[false, true, true], [false, true, false]], &device);
        let logp = log_probabilities(masked_logits(logits, legal));
        let h = entropy(logp.clone()).try_into_vec_as::<f32>().expect("floats");
        assert!((h[0] - 2f32.ln()).abs() < 1e-6 && h[1].abs() < 1e-6, "{h:?}");
        let p = logp.exp().try_into_vec_as::<f32>().expect("floats");
        assert_eq!((p[0], p[3], p[5]), (0.0, 0.0, 0.0));
    }

    proptest! {
        #[test]
        fn tensors_and_host_agree_on_log_probabilities(
            logits in prop::collection::vec(-20f32..20.0, 5), action in 0u32..5,
        ) {
            let device = Device::flex();
            let tensor = Tensor::<1>::from_floats(logits.as_slice(), &device).reshape([1, 5]);
            let actions = Tensor::<1, Int>::from_ints([action as i32], &device);
            let logp = action_log_probabilities(log_probabilities(tensor), actions).into_scalar::<f32>();
            prop_assert!((logp - log_probability(&logits, action)).abs() < 1e-5 * (1.0 + logp.abs()));
        }
    }
}
