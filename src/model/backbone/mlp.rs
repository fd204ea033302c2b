use burn::module::Module;
use burn::nn::Linear;
use burn::tensor::{Device, Tensor, activation};

use super::{linear, linear_updated};
use crate::model::BlockUpdates;
use crate::model::cpu::{Gelu, QUICK};

/// Two Linears with a GELU between them.
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[dim, hidden]`.
    pub fc1: Linear,
    /// `[hidden, dim]`.
    pub fc2: Linear,
    #[module(skip)]
    gelu: Gelu,
}

impl Mlp {
    /// All zeros.
    pub(crate) fn init(dim: usize, hidden: usize, gelu: Gelu, device: &Device) -> Self {
        Self { fc1: linear(dim, hidden, device), fc2: linear(hidden, dim, device), gelu }
    }

    /// Which GELU it is.
    pub(crate) fn gelu(&self) -> Gelu {
        self.gelu
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.forward_updated(x, None)
    }

    /// [`forward`](Self::forward) with updates of low rank of both Linears.
    pub(crate) fn forward_updated(&self, x: Tensor<3>, updates: Option<&BlockUpdates>) -> Tensor<3> {
        let inner = linear_updated(&self.fc1, x, updates.map(|updates| &updates.fc1));
        let inner = match self.gelu {
            Gelu::Exact => activation::gelu(inner),
            Gelu::Quick => inner.clone() * activation::sigmoid(inner * QUICK),
        };
        linear_updated(&self.fc2, inner, updates.map(|updates| &updates.fc2))
    }
}
