use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::ops::AttentionModuleOptions;
use burn::tensor::{Device, Tensor, activation, module};

use super::{linear, linear_updated};
use crate::model::BlockUpdates;

/// Multi-head self-attention, queries, keys and values from one product as timm has it.
#[derive(Module, Debug)]
pub struct Attention {
    /// `[dim, 3 * dim]`: queries, keys and values, heads outermost in each.
    pub qkv: Linear,
    /// `[dim, dim]`.
    pub proj: Linear,
    heads: usize,
}

impl Attention {
    /// All zeros.
    pub(crate) fn init(dim: usize, heads: usize, device: &Device) -> Self {
        Self { qkv: linear(dim, 3 * dim, device), proj: linear(dim, dim, device), heads }
    }

    /// Heads side by side.
    pub(crate) fn heads(&self) -> usize {
        self.heads
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward_updated(x, None)
    }

    /// [`forward`](Self::forward) with updates of low rank of both Linears.
    pub(crate) fn forward_updated(&self, x: Tensor<3>, updates: Option<&BlockUpdates>) -> Tensor<3> {
        let [batch, tokens, dim] = x.dims();
        let head_dim = dim / self.heads;
        let qkv = linear_updated(&self.qkv, x, updates.map(|updates| &updates.qkv))
            .reshape([batch, tokens, 3, self.heads, head_dim])
            // [3, batch, heads, tokens, head_dim]
            .permute([2, 0, 3, 1, 4]);
        let part = |index| qkv.clone().narrow(0, index, 1).squeeze_dim::<4>(0);
        let (query, key, value) = (part(0), part(1), part(2));
        let mixed = if query.is_autodiff() {
            // The fused form has no backward pass of its own. Scaling the queries touches less than
            // scaling the scores.
            let scores = (query * (head_dim as f64).sqrt().recip()).matmul(key.transpose());
            activation::softmax(scores, 3).matmul(value)
        } else {
            module::attention(query, key, value, None, None, AttentionModuleOptions::default())
        };
        let mixed = mixed.swap_dims(1, 2).reshape([batch, tokens, dim]);
        linear_updated(&self.proj, mixed, updates.map(|updates| &updates.proj))
    }
}
