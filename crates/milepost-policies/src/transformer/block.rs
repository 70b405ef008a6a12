use burn::{module::Module, tensor::Tensor};

use super::{
    Affine, Norm,
    config::{FeedForward, TransformerConfig},
};
use crate::{
    ftanh,
    fused::{self, Heads},
    initial::Initializer,
};

/// `x ← x + attention(norm(x))`, then `x ← x + feed_forward(norm(x))`.
#[derive(Module, Debug)]
pub struct Block {
    /// Before attention.
    pub attention_norm: Norm,
    /// Queries, keys and values side by side: `[width, (heads + 2 kv_heads) · head_dim]`.
    pub qkv: Affine,
    /// `[heads · head_dim, width]`.
    pub output: Affine,
    /// Before the feed-forward layer.
    pub feed_forward_norm: Norm,
    /// SwiGLU: gate and up side by side, `[width, 2 · hidden]`. GELU: `[width, hidden]`.
    pub up: Affine,
    /// `[hidden, width]`.
    pub down: Affine,
    #[module(skip)]
    kind: FeedForward,
    #[module(skip)]
    pub(crate) heads: Heads,
}

/// The rotation of each row's position: cosines and sines, `[p, head_dim/2]`.
pub(crate) type Rotation = Option<(Tensor<2>, Tensor<2>)>;

impl Block {
    pub(crate) fn new(config: &TransformerConfig, initializer: &mut Initializer) -> Self {
        let (width, hidden, heads) = (config.width, config.hidden_width(), config.head_layout());
        let inner = super::DEVIATION;
        let last = inner / (2.0 * config.layers as f64).sqrt();
        let biases = config.biases;
        let columns = match config.feed_forward {
            FeedForward::SwiGlu => 2 * hidden,
            FeedForward::Gelu => hidden,
        };
        Self {
            attention_norm: Norm::new(config.norm, width, initializer),
            qkv: Affine::new([width, heads.width()], inner, biases.of_qkv(), initializer),
            output: Affine::new([heads.query_width(), width], last, biases.of_output(), initializer),
            feed_forward_norm: Norm::new(config.norm, width, initializer),
            up: Affine::new([width, columns], inner, biases.of_feed_forward(), initializer),
            down: Affine::new([hidden, width], last, biases.of_feed_forward(), initializer),
            kind: config.feed_forward,
            heads,
        }
    }

    /// `[r, width] → [r, width]`, with `attention` from rotated queries, keys and values to `[r, query width]`.
    pub(crate) fn forward(
        &self,
        x: Tensor<2>,
        rotation: &Rotation,
        attention: impl FnOnce(Tensor<2>) -> Tensor<2>,
    ) -> Tensor<2> {
        let mut qkv = self.qkv.forward(self.attention_norm.forward(x.clone()));
        if let Some((cos, sin)) = rotation {
            let rotated = self.heads.heads + self.heads.kv_heads;
            qkv = fused::rotary(qkv, cos.clone(), sin.clone(), rotated);
        }
        let x = x + self.output.forward(attention(qkv));
        let up = self.up.forward(self.feed_forward_norm.forward(x.clone()));
        let hidden = match self.kind {
            FeedForward::SwiGlu => fused::swiglu(up),
            FeedForward::Gelu => gelu(up),
        };
        x + self.down.forward(hidden)
    }
}

/// `½ x (1 + tanh(√(2/π) (x + 0.044715 x³)))` (Hendrycks and Gimpel 2016), GPT-2's form.
fn gelu(x: Tensor<2>) -> Tensor<2> {
    let cubic = x.clone() * (x.clone().square().mul_scalar(0.044_715).add_scalar(1.0));
    let inner = ftanh(cubic.mul_scalar((2.0 / std::f64::consts::PI).sqrt()));
    x.mul_scalar(0.5) * inner.add_scalar(1.0)
}
