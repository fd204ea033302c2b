use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor};

use super::{Attention, Mlp, NORM_EPSILON};
use crate::model::BackboneConfig;
use crate::model::cpu::{self, Middle};

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
    /// All zeros but the norms.
    pub(crate) fn init(config: &BackboneConfig, device: &Device) -> Self {
        let norm = || LayerNormConfig::new(config.dim).with_epsilon(NORM_EPSILON).init(device);
        Self {
            norm1: norm(),
            attn: Attention::init(config.dim, config.heads, device),
            norm2: norm(),
            mlp: Mlp::init(config.dim, config.mlp, device),
        }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        if !cpu::computes_on(&x.device()) {
            return self.forward_by_burn(x);
        }
        let Self { norm1, attn, norm2, mlp } = self;
        let x = cpu::sublayer(x, norm1, &attn.qkv, &attn.proj, Middle::Attention { heads: attn.heads() });
        cpu::sublayer(x, norm2, &mlp.fc1, &mlp.fc2, Middle::Gelu)
    }

    /// The same by burn's own operations, for any device.
    pub(crate) fn forward_by_burn(&self, x: Tensor<3>) -> Tensor<3> {
        let x = x.clone() + self.attn.forward(self.norm1.forward(x));
        x.clone() + self.mlp.forward(self.norm2.forward(x))
    }
}
