use burn::tensor::Tensor;
use milepost_core::ParameterCheck;

use super::{TokenLaw, Tokens};
use crate::FlowError;

/// Uniform diffusion, `q(x_t | x_0) = α_t·1{x_t = x_0} + (1 − α_t)/V`: a token can be revised until the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UniformDiffusion;

impl UniformDiffusion {
    /// The reverse law from `α_t` to `α_s > α_t`, averaged over the denoiser's `p(x_0 | x_t)`:
    /// `q(x_s | x_t, x_0) ∝ [α_{t|s}1{x_s = x_t} + (1−α_{t|s})/V]·[α_s 1{x_s = x_0} + (1−α_s)/V]`, `α_{t|s} = α_t/α_s`.
    ///
    /// # Errors
    /// `α` out of order, or a masked token: here there is none.
    pub fn law(
        &self,
        tokens: &Tokens,
        log_probs: Tensor<3>,
        alpha_t: f64,
        alpha_s: f64,
    ) -> Result<TokenLaw, FlowError> {
        let ordered = 0.0 <= alpha_t && alpha_t < alpha_s && alpha_s <= 1.0;
        let given = format!("{alpha_t}, {alpha_s}");
        ParameterCheck("uniform diffusion").that(
            ordered,
            "alpha_t, alpha_s",
            given,
            "0 ≤ alpha_t < alpha_s ≤ 1",
        )?;
        for (row, sequence) in tokens.rows().iter().enumerate() {
            if let Some(position) = sequence.iter().position(Option::is_none) {
                return Err(FlowError::Impossible { row, position });
            }
        }
        let classes = tokens.vocabulary();
        let v = classes as f64;
        let present = tokens.one_hot(&log_probs.device()).narrow(2, 0, classes);
        let between = alpha_t / alpha_s;
        // q(x_t | x_0): the normaliser of each x_0. At α_t = 0 it is 1/V for all of them.
        let evidence = present.clone().mul_scalar(alpha_t).add_scalar((1.0 - alpha_t) / v);
        let weight = log_probs.exp() / evidence;
        let total = weight.clone().sum_dim(2);
        let from_data = weight.mul_scalar(alpha_s) + total.mul_scalar((1.0 - alpha_s) / v);
        let law = present.mul_scalar(between).add_scalar((1.0 - between) / v) * from_data;
        Ok(TokenLaw::Categorical { log_probs: law.log() })
    }
}
