//! What a transformer repeats in every block, as one operation each with an exact backward pass.
//!
//! On the CPU these are kernels of our own; elsewhere they are composed of Burn's operations.

mod cached;
mod composed;
pub(crate) mod flex;
mod kernels;
mod operations;
mod record;
#[cfg(test)]
mod tests;

use burn::{
    backend::Dispatch,
    tensor::{DType, Device, Int, Tensor},
};

use operations::Fused;

/// How the columns of a projection divide into attention heads: queries, then keys, then values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heads {
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; each serves `heads / kv_heads` query heads.
    pub kv_heads: usize,
    /// Columns of one head.
    pub head_dim: usize,
}

impl Heads {
    /// Query heads that share one key head.
    #[must_use]
    pub const fn group(self) -> usize {
        self.heads / self.kv_heads
    }
    /// Columns of all queries.
    #[must_use]
    pub const fn query_width(self) -> usize {
        self.heads * self.head_dim
    }
    /// Columns of all keys, and of all values.
    #[must_use]
    pub const fn key_width(self) -> usize {
        self.kv_heads * self.head_dim
    }
    /// Columns of queries, keys and values together.
    #[must_use]
    pub const fn width(self) -> usize {
        self.query_width() + 2 * self.key_width()
    }
    /// `1/√head_dim`, which scales the scores.
    #[must_use]
    pub fn scale(self) -> f64 {
        (self.head_dim as f64).sqrt().recip()
    }
}

/// Where a row of a decoding step lives in the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheRow {
    /// Which sequence of the cache.
    pub slot: usize,
    /// Which position its new token takes: the number of tokens before it.
    pub position: usize,
}

/// `x W`. `[r, inputs], [inputs, outputs] → [r, outputs]`
///
/// On the CPU a row's result has the same bits in every batch.
#[must_use]
pub fn linear(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    if !on_cpu(&x) {
        return x.matmul(weight);
    }
    Tensor::from_dispatch(Dispatch::linear(x.into_dispatch(), weight.into_dispatch()))
}

/// `x / √(mean(x²) + ε) · gain` along each row (Zhang and Sennrich 2019). `[r, d], [d] → [r, d]`
#[must_use]
pub fn rms_norm(x: Tensor<2>, gain: Tensor<1>, epsilon: f64) -> Tensor<2> {
    if !on_cpu(&x) {
        return composed::rms_norm(x, gain, epsilon);
    }
    row_norm(x, gain, epsilon, false)
}

/// `(x − mean) / √(variance + ε) · gain + bias` along each row (Ba et al. 2016). `[r, d] → [r, d]`
#[must_use]
pub fn layer_norm(x: Tensor<2>, gain: Tensor<1>, bias: Tensor<1>, epsilon: f64) -> Tensor<2> {
    if !on_cpu(&x) {
        return composed::layer_norm(x, gain, bias, epsilon);
    }
    row_norm(x, gain, epsilon, true) + bias.unsqueeze()
}

/// `silu(gate) · up` with `silu(x) = x · σ(x)` (Shazeer 2020); gate is the left half of the columns, up the
/// right half. `[r, 2f] → [r, f]`
#[must_use]
pub fn swiglu(gate_up: Tensor<2>) -> Tensor<2> {
    if !on_cpu(&gate_up) {
        return composed::swiglu(gate_up);
    }
    Tensor::from_dispatch(Dispatch::swiglu(gate_up.into_dispatch()))
}

/// Rotary positions (Su et al. 2021), half against half as Llama has them: in each of the first `heads`
/// heads, `(a, b) ← (a·cos − b·sin, b·cos + a·sin)` for its left half `a` and right half `b`. The columns
/// that follow are passed on. Row `i` takes row `i mod p` of the tables.
/// `[r, ≥ 2·half·heads], [p, half], [p, half] → [r, ..]`
#[must_use]
pub fn rotary(x: Tensor<2>, cos: Tensor<2>, sin: Tensor<2>, heads: usize) -> Tensor<2> {
    if !on_cpu(&x) {
        return composed::rotary(x, cos, sin, heads);
    }
    let (cos, sin) = (cos.into_dispatch(), sin.into_dispatch());
    Tensor::from_dispatch(Dispatch::rotary(x.into_dispatch(), cos, sin, heads))
}

/// `softmax(q kᵀ / √head_dim) v` for each head, each position looking at itself and what comes before.
/// Rows are sequences of `length` after one another. `[n·length, width] → [n·length, query width]`
#[must_use]
pub fn causal_attention(qkv: Tensor<2>, heads: Heads, length: usize) -> Tensor<2> {
    if !on_cpu(&qkv) {
        return composed::causal_attention(qkv, heads, length);
    }
    Tensor::from_dispatch(Dispatch::causal_attention(qkv.into_dispatch(), heads, length))
}

/// One step of [`causal_attention`] for one new token of each row: writes its key and value at the row's
/// position and attends to everything up to there. Gradients do not pass.
///
/// `[n, width]`; keys `[slots, kv_heads, head_dim, capacity]` (time last: scores are then sums of rows);
/// values `[slots, kv_heads, capacity, head_dim]`. Returns `[n, query width]` and the cache.
#[must_use]
pub fn cached_attention(
    qkv: Tensor<2>,
    keys: Tensor<4>,
    values: Tensor<4>,
    heads: Heads,
    rows: &[CacheRow],
) -> (Tensor<2>, Tensor<4>, Tensor<4>) {
    let qkv = if qkv.is_autodiff() { qkv.inner() } else { qkv };
    if !on_cpu(&qkv) {
        return composed::cached_attention(qkv, keys, values, heads, rows);
    }
    cached::cached_attention(qkv, keys, values, heads, rows)
}

/// `log softmax(logits)[target]` of each row. `[r, v], [r] → [r]`
#[must_use]
pub fn token_log_probs(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    if !on_cpu(&logits) {
        return composed::token_log_probs(logits, targets);
    }
    Tensor::from_dispatch(Dispatch::token_log_probs(logits.into_dispatch(), targets.into_dispatch()))
}

fn row_norm(x: Tensor<2>, gain: Tensor<1>, epsilon: f64, centred: bool) -> Tensor<2> {
    Tensor::from_dispatch(Dispatch::row_norm(x.into_dispatch(), gain.into_dispatch(), epsilon, centred))
}

/// Whether the kernels apply: the CPU, in single precision.
fn on_cpu(x: &Tensor<2>) -> bool {
    // Equality of devices ignores autodiff.
    x.dtype() == DType::F32 && x.device() == Device::flex()
}
