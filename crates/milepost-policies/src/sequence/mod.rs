//! Networks over token sequences, and the policies made of them.

mod distributions;
mod final_values;
mod inputs;
#[cfg(test)]
pub(crate) mod laws;
mod policy;
mod supervised;
#[cfg(test)]
mod tests;

use burn::{
    module::Module,
    tensor::{Device, Int, Tensor, TensorData},
};

use crate::PolicyError;
pub use final_values::final_values;
pub(crate) use inputs::{check_contexts, check_rows, check_sequences, check_tokens, indices, padded};
pub use policy::ModelPolicy;
pub use supervised::{Demonstration, behaviour_clone, supervised_step};

/// A network over token sequences with a policy head and a value head.
///
/// Laws:
/// - causality: what follows a position never reaches its features, so padding on the right is harmless;
/// - rows do not affect each other;
/// - [`SequenceModel::decode`] gives the logits of the full forward pass, up to rounding.
pub trait SequenceModel: Module + 'static {
    /// State of a batched decoding session.
    type Cache;

    /// Most tokens of one sequence.
    fn context(&self) -> usize;

    /// Tokens that can be read and written.
    fn vocabulary(&self) -> usize;

    /// Columns of a feature row.
    fn width(&self) -> usize;

    /// Last-layer features, after the final norm. `[n, l] → [n, l, width]`, `l ≤ context`.
    fn hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3>;

    /// The part of [`SequenceModel::hidden`] that the logits read. Cheaper where the value function has a
    /// network of its own. `[n, l] → [n, l, ≤ width]`
    fn policy_hidden(&self, tokens: Tensor<2, Int>) -> Tensor<3> {
        self.hidden(tokens)
    }

    /// Next-token logits of feature rows, whole or the policy's part. `[r, width] → [r, vocabulary]`
    fn logits(&self, hidden: Tensor<2>) -> Tensor<2>;

    /// The matrix of the policy's head, `[width, vocabulary]` on `device`, which is the model's: logits are the features
    /// times it, and what does not depend on features. `∂ log π(y)/∂h = E(e(y) − p)` for features `h`.
    fn head_matrix(&self, device: &Device) -> Tensor<2> {
        let width = self.width();
        let at_zero = self.logits(Tensor::zeros([1, width], device));
        let unit = (0..width * width).map(|at| if at % (width + 1) == 0 { 1.0_f32 } else { 0.0 });
        let unit = TensorData::new(unit.collect::<Vec<_>>(), [width, width]);
        self.logits(Tensor::from_data(unit, device)) - at_zero
    }

    /// Values of whole feature rows. `[r, width] → [r]`
    fn values(&self, hidden: Tensor<2>) -> Tensor<1>;

    /// Reads contexts (ragged, none empty), with room for `reserve` more tokens in each. Returns the cache
    /// and the logits of each row's last token, `[n, vocabulary]`, on `device`, which is the model's.
    ///
    /// # Errors
    /// If a context is empty, too long, or holds a token outside the vocabulary.
    fn prefill(
        &self,
        contexts: &[&[u32]],
        reserve: usize,
        device: &Device,
    ) -> Result<(Self::Cache, Tensor<2>), PolicyError>;

    /// Appends `tokens[i]` to the cache's row `rows[i]` and returns the logits after it, `[rows, vocabulary]`.
    /// Row `rows[i]` is row `i` from then on; a row not listed is dropped, one listed twice is branched.
    ///
    /// # Errors
    /// If a row has no room left or does not exist, or a token is outside the vocabulary.
    fn decode(
        &self,
        cache: &mut Self::Cache,
        rows: &[usize],
        tokens: &[u32],
    ) -> Result<Tensor<2>, PolicyError>;
}
