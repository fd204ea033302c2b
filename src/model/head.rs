use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, LayerNormConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::Composer;
use super::backbone::NORM_EPSILON;
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
    /// Random weights; zero for the residual composer, so that it starts at its base.
    pub(crate) fn init(dim: usize, d_in: usize, composer: Composer, device: &Device) -> Self {
        let mut proj = LinearConfig::new(dim, d_in).init(device);
        if composer == Composer::Residual {
            proj.weight = Initializer::Zeros.init([dim, d_in], device);
            proj.bias = Some(Initializer::Zeros.init([d_in], device));
        }
        Self { norm: LayerNormConfig::new(dim).with_epsilon(NORM_EPSILON).init(device), proj }
    }

    /// # Shapes
    /// - `tokens`: `[batch, g, dim]`
    /// - result: `[batch, g, d_in]`
    #[must_use]
    pub fn forward(&self, tokens: Tensor<3>) -> Tensor<3> {
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
    /// Weights from `U(±bound)`, biases from `U(±1/sqrt(d_in))`.
    pub(crate) fn init(shape: LayerShape, bound: f64, device: &Device) -> Self {
        let uniform = |bound: f64| Initializer::Uniform { min: -bound, max: bound };
        let bias_bound = (shape.d_in as f64).sqrt().recip();
        Self {
            weight: uniform(bound).init([shape.d_in, shape.d_out], device),
            bias: uniform(bias_bound).init([shape.d_out], device),
        }
    }
}
