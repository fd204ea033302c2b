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
    /// All zeros.
    pub(crate) fn init(dim: usize, hidden: usize, device: &Device) -> Self {
        Self { fc1: linear(dim, hidden, device), fc2: linear(hidden, dim, device) }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        self.fc2.forward(activation::gelu(self.fc1.forward(x)))
    }
}

/// A Linear of zeros.
pub(crate) fn linear(d_in: usize, d_out: usize, device: &Device) -> Linear {
    LinearConfig::new(d_in, d_out).with_initializer(Initializer::Zeros).init(device)
}
