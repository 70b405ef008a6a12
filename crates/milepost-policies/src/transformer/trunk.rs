use burn::{
    module::{Module, Param},
    tensor::{Int, Tensor},
};

use super::{
    Block, Norm,
    block::Rotation,
    config::{Positions, TransformerConfig},
};
use crate::{fused, initial::Initializer};

/// Embedding, blocks and final norm.
#[derive(Module, Debug)]
pub struct Trunk {
    /// `[vocabulary, width]`.
    pub embedding: Param<Tensor<2>>,
    /// `[context, width]`, learned positions only.
    pub positions: Option<Param<Tensor<2>>>,
    /// The blocks in order.
    pub blocks: Vec<Block>,
    /// After the last block.
    pub norm: Norm,
}

impl Trunk {
    pub(crate) fn new(config: &TransformerConfig, vocabulary: usize, initializer: &mut Initializer) -> Self {
        let learned = matches!(config.positions, Positions::Learned);
        Self {
            embedding: initializer.normal([vocabulary, config.width], super::DEVIATION),
            positions: learned.then(|| initializer.normal([config.context, config.width], super::DEVIATION)),
            blocks: (0..config.layers).map(|_| Block::new(config, initializer)).collect(),
            norm: Norm::new(config.norm, config.width, initializer),
        }
    }

    /// `[n, l] → [n·l, width]`, before the first block.
    pub(crate) fn embed(&self, tokens: Tensor<2, Int>) -> Tensor<2> {
        let [n, length] = tokens.dims();
        let x: Tensor<2> = self.embedding.val().select(0, tokens.reshape([n * length]));
        match &self.positions {
            None => x,
            Some(positions) => {
                let width = x.dims()[1];
                let added: Tensor<3> = positions.val().narrow(0, 0, length).unsqueeze();
                (x.reshape([n, length, width]) + added).reshape([n * length, width])
            }
        }
    }

    /// The residual stream `[n·l, width]` after all blocks; `watch` sees what happens in each.
    pub(crate) fn run(
        &self,
        tokens: Tensor<2, Int>,
        rotation: &Rotation,
        mut watch: impl FnMut(Tap<'_>),
    ) -> Tensor<2> {
        let length = tokens.dims()[1];
        let mut x = self.embed(tokens);
        for block in &self.blocks {
            x = block.forward(x, rotation, |qkv| {
                watch(Tap::Projection(&qkv));
                fused::causal_attention(qkv, block.heads, length)
            });
            watch(Tap::Residual(&x));
        }
        x
    }
}

/// What a block lets one see.
pub(crate) enum Tap<'a> {
    /// Rotated queries, keys and values, `[n·l, (heads + 2 kv_heads) · head_dim]`.
    Projection(&'a Tensor<2>),
    /// The residual stream after the block, `[n·l, width]`.
    Residual(&'a Tensor<2>),
}
