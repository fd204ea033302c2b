use burn::module::Module;
use burn::nn::{LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor};

use super::{Attention, BackboneConfig, LayerScale, Mlp};
use crate::model::BlockUpdates;
use crate::model::cpu::{self, Middle};

/// A pre-norm transformer block.
#[derive(Module, Debug)]
pub struct Block {
    /// Before the attention.
    pub norm1: LayerNorm,
    /// Between tokens.
    pub attn: Attention,
    /// Of what the attention adds; none in most families, as the next.
    pub ls1: Option<LayerScale>,
    /// Before the MLP.
    pub norm2: LayerNorm,
    /// Within a token.
    pub mlp: Mlp,
    /// Of what the MLP adds.
    pub ls2: Option<LayerScale>,
    epsilon: f64,
}

impl Block {
    /// All zeros but the norms and the scales.
    pub(crate) fn init(config: &BackboneConfig, device: &Device) -> Self {
        let epsilon = config.family.norm_epsilon();
        let norm = || LayerNormConfig::new(config.dim).with_epsilon(epsilon).init(device);
        let scale = || config.family.has_layer_scale().then(|| LayerScale::init(config.dim, device));
        Self {
            norm1: norm(),
            attn: Attention::init(config.dim, config.heads, device),
            ls1: scale(),
            norm2: norm(),
            mlp: Mlp::init(config.dim, config.mlp, config.family.gelu(), device),
            ls2: scale(),
            epsilon,
        }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let [_, tokens, _] = x.dims();
        self.forward_to_last(x, tokens)
    }

    /// [`forward`](Self::forward) where only the last `num_last` tokens are used afterwards: the others are
    /// read by the attention, and nothing else is computed for them.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, dim]`
    /// - result: `[batch, num_last, dim]`
    #[must_use]
    pub fn forward_to_last(&self, x: Tensor<3>, num_last: usize) -> Tensor<3> {
        self.forward_updated(x, num_last, None)
    }

    /// [`forward_to_last`](Self::forward_to_last) with updates of low rank of the block's Linears.
    #[must_use]
    pub(crate) fn forward_updated(
        &self,
        x: Tensor<3>,
        num_last: usize,
        updates: Option<&BlockUpdates>,
    ) -> Tensor<3> {
        if !cpu::computes_on(&x.device()) {
            return self.forward_by_burn(x, num_last, updates);
        }
        let Self { norm1, attn, ls1, norm2, mlp, ls2, epsilon } = self;
        let (norm1, norm2) = ((norm1, *epsilon), (norm2, *epsilon));
        let attention = Middle::Attention { heads: attn.heads(), num_last };
        let of_attention = updates.map(|updates| (&updates.qkv, &updates.proj));
        let of_mlp = updates.map(|updates| (&updates.fc1, &updates.fc2));
        let (proj, fc2) = ((&attn.proj, scale_of(ls1.as_ref())), (&mlp.fc2, scale_of(ls2.as_ref())));
        let x = cpu::sublayer(x, norm1, &attn.qkv, proj, of_attention, attention);
        cpu::sublayer(x, norm2, &mlp.fc1, fc2, of_mlp, Middle::Gelu(mlp.gelu()))
    }

    /// The same by burn's own operations, for any device.
    pub(crate) fn forward_by_burn(
        &self,
        x: Tensor<3>,
        num_last: usize,
        updates: Option<&BlockUpdates>,
    ) -> Tensor<3> {
        let [_, tokens, _] = x.dims();
        let x =
            x.clone() + scaled(self.attn.forward_updated(self.norm1.forward(x), updates), self.ls1.as_ref());
        let x = x.narrow(1, tokens - num_last, num_last);
        x.clone() + scaled(self.mlp.forward_updated(self.norm2.forward(x), updates), self.ls2.as_ref())
    }
}

fn scale_of(scale: Option<&LayerScale>) -> Option<Tensor<1>> {
    scale.map(|scale| scale.gamma.val())
}

fn scaled(x: Tensor<3>, scale: Option<&LayerScale>) -> Tensor<3> {
    match scale {
        Some(scale) => scale.forward(x),
        None => x,
    }
}
