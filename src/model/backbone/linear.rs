use burn::nn::{Initializer, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use crate::model::LowRank;

/// A Linear of zeros.
pub(crate) fn linear(d_in: usize, d_out: usize, device: &Device) -> Linear {
    LinearConfig::new(d_in, d_out).with_initializer(Initializer::Zeros).init(device)
}

/// What a Linear gives, with an update of low rank if there is one.
///
/// # Shapes
/// - `x`: `[batch, tokens, d_in]`
/// - result: `[batch, tokens, d_out]`
pub(crate) fn linear_updated(linear: &Linear, x: Tensor<3>, update: Option<&LowRank>) -> Tensor<3> {
    match update {
        None => linear.forward(x),
        Some(update) => linear.forward(x.clone()) + update.forward(x),
    }
}
