use burn::tensor::{Tensor, TensorData, activation};

use super::cpu;
use crate::field::{Activation, Architecture, Encoder};

/// Points as the first layer takes them, to 1e-7. Angles are computed in f64: they reach thousands of
/// radians, where an f32 product is off by 1e-4.
///
/// # Shapes
/// - `points`: `[n, inputs]`
/// - result: `[n, encoding width]`
#[must_use]
pub fn encode_points(architecture: &Architecture, points: &[f32]) -> Vec<f32> {
    Encoder::new(architecture).encode_points(points)
}

/// Many fields of one architecture at points of their own, differentiable in weights and biases. Points
/// are data: they are read back and encoded on the host.
///
/// # Shapes
/// - `weights`: `[batch, d_in, d_out]` for each layer
/// - `biases`: `[d_out]` for each layer
/// - `points`: `[batch, n, inputs]`
/// - result: `[batch, n, output width]`, not clamped; the output offset is added to the outputs, and not to what their
///   standard deviations are made of
///
/// # Panics
/// As burn does, if the device fails to give the points back.
#[must_use]
pub fn evaluate_batch(
    architecture: &Architecture,
    weights: &[Tensor<3>],
    biases: &[Tensor<1>],
    points: Tensor<3>,
) -> Tensor<3> {
    let [batch, n, _] = points.dims();
    let device = points.device();
    let points: Vec<f32> = points.into_data().iter::<f32>().collect();
    let width = architecture.encoding.width(architecture.inputs);
    let features = TensorData::new(encode_points(architecture, &points), [batch, n, width]);
    evaluate_features(architecture, weights, biases, Tensor::from_data(features, &device))
}

/// [`evaluate_batch`] on points that are encoded already, `[batch, n, encoding width]`: data, without a gradient.
#[must_use]
pub fn evaluate_features(
    architecture: &Architecture,
    weights: &[Tensor<3>],
    biases: &[Tensor<1>],
    features: Tensor<3>,
) -> Tensor<3> {
    let y = if cpu::computes_on(&features.device()) {
        cpu::evaluate_fields(architecture, weights, biases, features)
    } else {
        evaluate_by_burn(architecture, weights, biases, features)
    };
    let (offset, outputs) = (architecture.output_offset, architecture.outputs);
    if offset == 0.0 {
        y
    } else if architecture.spread {
        Tensor::cat(vec![y.clone().narrow(2, 0, outputs) + offset, y.narrow(2, outputs, outputs)], 2)
    } else {
        y + offset
    }
}

/// The layers by burn's own operations, for any device; the output offset is not added.
pub(crate) fn evaluate_by_burn(
    architecture: &Architecture,
    weights: &[Tensor<3>],
    biases: &[Tensor<1>],
    features: Tensor<3>,
) -> Tensor<3> {
    let last = weights.len().saturating_sub(1);
    let layer = |x: Tensor<3>, (index, (weight, bias)): (usize, (&Tensor<3>, &Tensor<1>))| {
        let z = x.matmul(weight.clone()) + bias.clone().unsqueeze::<3>();
        match architecture.activation {
            _ if index == last => z,
            Activation::Relu => activation::relu(z),
            Activation::Sine { .. } => (z * architecture.activation.omega0(index)).sin(),
        }
    };
    weights.iter().zip(biases).enumerate().fold(features, layer)
}
