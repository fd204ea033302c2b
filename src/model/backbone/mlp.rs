use burn::module::Module;
use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};

/// Two Linears with an exact GELU between them.
#[derive(Module, Debug)]
pub struct Mlp {
    /// `[dim, hidden]`.
    pub fc1: Linear,
    /// `[hidden, dim]`.
    pub fc2: Linear,
}

impl Mlp {
    /// Random weights.
    pub(crate) fn init(dim: usize, hidden: usize, weights: &Initializer, device: &Device) -> Self {
        Self { fc1: linear(dim, hidden, weights, device), fc2: linear(hidden, dim, weights, device) }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.fc2.forward(activation::gelu(self.fc1.forward(x)))
    }
}

/// A Linear with these random weights and a bias of zero.
pub(super) fn linear(d_in: usize, d_out: usize, weights: &Initializer, device: &Device) -> Linear {
    let mut linear = LinearConfig::new(d_in, d_out).with_initializer(weights.clone()).init(device);
    linear.bias = Some(Initializer::Zeros.init([d_out], device));
    linear
}
