use burn::module::{Module, Param};
use burn::nn::{Initializer, Linear};
use burn::tensor::{Device, Tensor};

use super::backbone::Block;
use super::{BackboneConfig, LoraConfig};

/// An update of low rank of a Linear that is frozen: `x A B alpha / rank` is added to what it gives (arXiv 2106.09685).
/// The outputs may be of several parts, as queries, keys and values are: each has an `A` and a `B` of its own.
#[derive(Module, Debug)]
pub struct LowRank {
    /// Every part's `A`, side by side: `[d_in, parts * rank]`.
    pub down: Param<Tensor<2>>,
    /// Every part's `B`, side by side: `[rank, d_out]`. It starts at zero.
    pub up: Param<Tensor<2>>,
    scale: f64,
}

/// The updates of a block's Linears.
#[derive(Module, Debug)]
pub struct BlockUpdates {
    /// Of queries, keys and values.
    pub qkv: LowRank,
    /// Of what the attention comes to.
    pub proj: LowRank,
    /// Of the MLP's first layer.
    pub fc1: LowRank,
    /// Of its second.
    pub fc2: LowRank,
}

impl LowRank {
    /// All zeros.
    fn init(lora: LoraConfig, d_in: usize, (parts, d_out): (usize, usize), device: &Device) -> Self {
        Self {
            down: Initializer::Zeros.init([d_in, parts * lora.rank], device),
            up: Initializer::Zeros.init([lora.rank, d_out], device),
            scale: f64::from(lora.scale()),
        }
    }

    /// `B alpha / rank`
    pub(crate) fn scaled_up(&self) -> Tensor<2> {
        self.up.val() * self.scale
    }

    /// What is added, by burn's own operations, for any device.
    ///
    /// # Shapes
    /// - `x`: `[batch, tokens, d_in]`
    /// - result: `[batch, tokens, d_out]`
    pub(crate) fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        let narrow = x.matmul(self.down.val().unsqueeze());
        self.by_parts(|from, rank, up| narrow.clone().narrow(2, from, rank).matmul(up.unsqueeze()), 2)
    }

    /// The same as a whole matrix, `[d_in, d_out]`.
    fn delta(&self) -> Tensor<2> {
        let down = self.down.val();
        self.by_parts(|from, rank, up| down.clone().narrow(1, from, rank).matmul(up), 1)
    }

    /// What each part comes to by its first column of `x A`, the rank, and its `B`; side by side along an axis.
    fn by_parts<const D: usize>(
        &self,
        part: impl Fn(usize, usize, Tensor<2>) -> Tensor<D>,
        axis: usize,
    ) -> Tensor<D> {
        let up = self.scaled_up();
        let ([_, width], [rank, d_out]) = (self.down.dims(), up.dims());
        let parts = width / rank;
        let count = d_out / parts;
        let own = |index: usize| part(index * rank, rank, up.clone().narrow(1, index * count, count));
        Tensor::cat((0..parts).map(own).collect(), axis)
    }

    /// The Linear as it is with this update.
    fn merged_into(&self, linear: Linear) -> Linear {
        let weight = linear.weight.val() + self.delta();
        let device = weight.device();
        // From plain numbers, so that they can learn: what was computed is no leaf of a graph.
        Linear { weight: Param::from_data(weight.into_data(), &device), bias: linear.bias }
    }
}

impl BlockUpdates {
    /// All zeros.
    pub(crate) fn init(lora: LoraConfig, config: &BackboneConfig, device: &Device) -> Self {
        let BackboneConfig { dim, mlp, .. } = *config;
        Self {
            qkv: LowRank::init(lora, dim, (3, 3 * dim), device),
            proj: LowRank::init(lora, dim, (1, dim), device),
            fc1: LowRank::init(lora, dim, (1, mlp), device),
            fc2: LowRank::init(lora, mlp, (1, dim), device),
        }
    }

    /// The block as it is with these updates.
    pub(crate) fn merged_into(&self, mut block: Block) -> Block {
        block.attn.qkv = self.qkv.merged_into(block.attn.qkv);
        block.attn.proj = self.proj.merged_into(block.attn.proj);
        block.mlp.fc1 = self.fc1.merged_into(block.mlp.fc1);
        block.mlp.fc2 = self.fc2.merged_into(block.mlp.fc2);
        block
    }
}
