use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

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
        let inner = self.fc1.forward(x);
        self.fc2.forward(match self.gelu {
            Gelu::Exact => activation::gelu(inner),
            Gelu::Quick => inner.clone() * activation::sigmoid(inner * QUICK),
        })
    }
}

/// A Linear of zeros.
pub(crate) fn linear(d_in: usize, d_out: usize, device: &Device) -> Linear {
    LinearConfig::new(d_in, d_out).with_initializer(Initializer::Zeros).init(device)
}
