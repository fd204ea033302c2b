use burn::tensor::{Tensor, activation};

use super::cpu;
use crate::field::TRANSMITTANCE_FLOOR;

/// Samples along rays to colours on white, and how much is hidden of it (arXiv 2003.08934, equation 3; constants as in Trans-INR):
/// `rgb = sigmoid`, `density = relu(gain * logit)`, `alpha_i = 1 - exp(-density_i * spacing_i)`,
/// `T_i = prod_{k<i} (1 - alpha_k + 1e-10)`, colour `= sum T_i alpha_i rgb_i + 1 - sum T_i alpha_i`, opacity
/// `= sum T_i alpha_i`.
///
/// # Shapes
/// - `logits`: `[rays, samples, 4]`: red, green, blue, density
/// - `spacings`: `[rays, samples]`, from a sample to the next, in units of the scene; data, without a gradient
/// - result: `[rays, 4]`: red, green, blue, opacity
///
/// # Panics
/// If the shapes are others.
#[must_use]
pub fn composite(logits: Tensor<3>, spacings: Tensor<2>, density_gain: f32) -> Tensor<2> {
    let [rays, samples, channels] = logits.dims();
    assert!(channels == 4 && spacings.dims() == [rays, samples], "samples along rays of another shape");
    if samples == 0 {
        let device = logits.device();
        return Tensor::cat(vec![Tensor::ones([rays, 3], &device), Tensor::zeros([rays, 1], &device)], 1);
    }
    if cpu::computes_on(&logits.device()) {
        cpu::composite(logits, spacings, density_gain)
    } else {
        composite_by_burn(logits, spacings, density_gain)
    }
}

/// The same by burn's own operations, for any device.
pub(crate) fn composite_by_burn(logits: Tensor<3>, spacings: Tensor<2>, density_gain: f32) -> Tensor<2> {
    let [rays, samples, _] = logits.dims();
    let colors = activation::sigmoid(logits.clone().narrow(2, 0, 3));
    let density = activation::relu(logits.narrow(2, 3, 1).squeeze_dim::<2>(2) * density_gain);
    let clear = (density * spacings).neg().exp();
    // T_i is a product over the samples before: [rays, 1], one more for each.
    let mut left = Tensor::<2>::ones([rays, 1], &clear.device());
    let mut transmittance = Vec::with_capacity(samples);
    for sample in 0..samples {
        transmittance.push(left.clone());
        left = left * (clear.clone().narrow(1, sample, 1) + TRANSMITTANCE_FLOOR);
    }
    let weights = Tensor::cat(transmittance, 1) * (clear.neg() + 1.0);
    // A weighted mean of the colours and white: 1 + sum w (rgb - 1)
    let opacity = weights.clone().sum_dim(1);
    let colored = (weights.unsqueeze_dim::<3>(2) * (colors - 1.0)).sum_dim(1);
    Tensor::cat(vec![colored.squeeze_dim::<2>(1) + 1.0, opacity], 1)
}
