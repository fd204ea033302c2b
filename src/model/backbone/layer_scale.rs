use burn::module::{Module, Param};
use burn::nn::Initializer;
use burn::tensor::{Device, Tensor};

/// A factor for each channel of what a half of a block adds (arXiv 2103.17239).
#[derive(Module, Debug)]
pub struct LayerScale {
    /// `[dim]`
    pub gamma: Param<Tensor<1>>,
}

impl LayerScale {
    /// All ones.
    pub(crate) fn init(dim: usize, device: &Device) -> Self {
        Self { gamma: Initializer::Ones.init([dim], device) }
    }

    /// # Shapes
    /// - `x` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        x * self.gamma.val().unsqueeze::<3>()
    }
}
