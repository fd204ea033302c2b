use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, LayerNormConfig, Linear};
use burn::tensor::{Device, Tensor};

use super::backbone::{NORM_EPSILON, linear};
use super::cpu;
use crate::field::LayerShape;

/// Weight-token outputs to the modulation of one field layer.
#[derive(Module, Debug)]
pub struct Head {
    /// Over a token.
    pub norm: LayerNorm,
    /// `[dim, d_in]`.
    pub proj: Linear,
}

impl Head {
    /// All zeros but the norm.
    pub(crate) fn init(dim: usize, d_in: usize, device: &Device) -> Self {
        let norm = LayerNormConfig::new(dim).with_epsilon(NORM_EPSILON).init(device);
        Self { norm, proj: linear(dim, d_in, device) }
    }

    /// # Shapes
    /// - `tokens`: `[batch, g, dim]`
    /// - result: `[batch, g, d_in]`
    #[must_use]
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
        if cpu::computes_on(&tokens.device()) {
            return cpu::norm_linear(tokens, &self.norm, &self.proj);
        }
        self.proj.forward(self.norm.forward(tokens))
    }
}

/// A field layer's shared weight and bias.
#[derive(Module, Debug)]
pub struct BaseLayer {
    /// `[d_in, d_out]`, as a field has it.
    pub weight: Param<Tensor<2>>,
    /// `[d_out]`; the field's own bias.
    pub bias: Param<Tensor<1>>,
}

impl BaseLayer {
    /// All zeros.
    pub(crate) fn init(shape: LayerShape, device: &Device) -> Self {
        Self {
            weight: Initializer::Zeros.init([shape.d_in, shape.d_out], device),
            bias: Initializer::Zeros.init([shape.d_out], device),
        }
    }
}
