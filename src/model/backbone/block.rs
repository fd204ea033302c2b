use burn::module::Module;
use burn::nn::{Initializer, LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor};

use super::{Attention, Mlp, NORM_EPSILON};
use crate::model::BackboneConfig;

/// A pre-norm transformer block.
#[derive(Module, Debug)]
pub struct Block {
    /// Before the attention.
    pub norm1: LayerNorm,
    /// Between tokens.
    pub attn: Attention,
    /// Before the MLP.
    pub norm2: LayerNorm,
    /// Within a token.
    pub mlp: Mlp,
}

impl Block {
    /// Random weights.
    pub(crate) fn init(config: &BackboneConfig, weights: &Initializer, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(config.dim).with_epsilon(NORM_EPSILON).init(device);
        Self {
            norm1: norm(),
            attn: Attention::init(config.dim, config.heads, weights, device),
            norm2: norm(),
            mlp: Mlp::init(config.dim, config.mlp, weights, device),
        }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.norm1.forward(x));
        x.clone() + self.mlp.forward(self.norm2.forward(x))
    }
}
