//! The operations on tensors and modules of burn. A norm does not tell its epsilon: a backbone's comes with it, and
//! the heads are made with [`NORM_EPSILON`].

use burn::backend::Dispatch;
use burn::module::Param;
use burn::nn::{LayerNorm, Linear};
use burn::tensor::{Device, Tensor};

use super::Middle;
use super::ops::{CpuOps, HeadWeights, SublayerWeights, UpdateWeights};
use crate::field::Architecture;
use crate::model::backbone::NORM_EPSILON;
use crate::model::{Composer, LowRank};

/// Whether these operations, and not burn's own, compute on a device.
pub(crate) fn computes_on(device: &Device) -> bool {
    device.clone().inner() == Device::flex()
}

/// `x + scale * outer(middle(inner(norm(x))))`, the norm with its epsilon, the outer Linear with the scale of its
/// channels if there is one, both Linears with their updates if they have any.
///
/// # Shapes
/// - `x`: `[batch, tokens, dim]`
/// - result: the same, or the last tokens only, if the middle is an attention that answers only those
pub(crate) fn sublayer(
    x: Tensor<3>,
    (norm, epsilon): (&LayerNorm, f64),
    inner: &Linear,
    (outer, scale): (&Linear, Option<Tensor<1>>),
    updates: Option<(&LowRank, &LowRank)>,
    middle: Middle,
) -> Tensor<3> {
    let (weight, bias_of_outer) = (outer.weight.val(), bias_of(outer));
    // s (y W + b) = y (W s) + b s: the scale costs nothing for each token.
    let scaled = |matrix: Tensor<2>| match &scale {
        Some(scale) => matrix * scale.clone().unsqueeze::<2>(),
        None => matrix,
    };
    let bias_of_outer = match &scale {
        Some(scale) => bias_of_outer * scale.clone(),
        None => bias_of_outer,
    };
    let weights = SublayerWeights::<Dispatch> {
        norm_weight: norm.gamma.val().into_dispatch(),
        norm_bias: bias(norm.beta.as_ref(), &norm.gamma).into_dispatch(),
        inner_weight: inner.weight.val().into_dispatch(),
        inner_bias: bias_of(inner).into_dispatch(),
        outer_weight: scaled(weight).into_dispatch(),
        outer_bias: bias_of_outer.into_dispatch(),
    };
    let updates = match updates {
        None => UpdateWeights::<Dispatch>::Absent,
        Some((inner, outer)) => UpdateWeights::Present {
            inner_down: inner.down.val().into_dispatch(),
            inner_up: inner.scaled_up().into_dispatch(),
            outer_down: outer.down.val().into_dispatch(),
            outer_up: scaled(outer.scaled_up()).into_dispatch(),
        },
    };
    let out = <Dispatch as CpuOps>::sublayer(x.into_dispatch(), weights, updates, middle, epsilon as f32);
    Tensor::from_dispatch(out)
}

/// A norm with a Linear after it.
///
/// # Shapes
/// - `x`: `[batch, tokens, d_in]`
/// - result: `[batch, tokens, d_out]`
pub(crate) fn norm_linear(x: Tensor<3>, norm: &LayerNorm, linear: &Linear) -> Tensor<3> {
    let weights = HeadWeights::<Dispatch> {
        norm_weight: norm.gamma.val().into_dispatch(),
        norm_bias: bias(norm.beta.as_ref(), &norm.gamma).into_dispatch(),
        weight: linear.weight.val().into_dispatch(),
        bias: bias_of(linear).into_dispatch(),
    };
    let out = <Dispatch as CpuOps>::norm_linear(x.into_dispatch(), weights, NORM_EPSILON as f32);
    Tensor::from_dispatch(out)
}

/// A layer norm with this epsilon.
///
/// # Shapes
/// - `x` and result: `[batch, tokens, dim]`
pub(crate) fn norm(x: Tensor<3>, norm: &LayerNorm, epsilon: f64) -> Tensor<3> {
    let (weight, bias) = (norm.gamma.val(), bias(norm.beta.as_ref(), &norm.gamma));
    let out = <Dispatch as CpuOps>::norm(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        epsilon as f32,
    );
    Tensor::from_dispatch(out)
}

/// Many fields of one architecture: see [`evaluate_features`](crate::model::evaluate_features).
///
/// # Shapes
/// - `weights`: `[batch, d_in, d_out]` for each layer
/// - `biases`: `[d_out]` for each layer
/// - `features`: `[batch, n, encoding width]`; data, without a gradient
/// - result: `[batch, n, output width]`, the output offset not added
pub(crate) fn evaluate_fields(
    architecture: &Architecture,
    weights: &[Tensor<3>],
    biases: &[Tensor<1>],
    features: Tensor<3>,
) -> Tensor<3> {
    let weights = weights.iter().map(|weight| weight.clone().flatten::<2>(1, 2)).collect();
    let out = <Dispatch as CpuOps>::evaluate_fields(
        features.into_dispatch(),
        Tensor::cat(weights, 1).into_dispatch(),
        Tensor::cat(biases.to_vec(), 0).into_dispatch(),
        architecture.clone(),
    );
    Tensor::from_dispatch(out)
}

/// A layer's weights from its base and modulations: see [`Composer::compose`].
///
/// # Shapes
/// - `base`: `[d_in, d_out]`
/// - `modulation`: `[batch, g, d_in]`
/// - result: `[batch, d_in, d_out]`
pub(crate) fn compose(base: Tensor<2>, modulation: Tensor<3>, composer: Composer) -> Tensor<3> {
    let out = <Dispatch as CpuOps>::compose(base.into_dispatch(), modulation.into_dispatch(), composer);
    Tensor::from_dispatch(out)
}

/// Samples along rays to what is seen: see [`composite`](crate::model::composite).
///
/// # Shapes
/// - `logits`: `[rays, samples, 4]`, at least one sample
/// - `spacings`: `[rays, samples]`
/// - result: `[rays, 4]`
pub(crate) fn composite(logits: Tensor<3>, spacings: Tensor<2>, density_gain: f32) -> Tensor<2> {
    let out = <Dispatch as CpuOps>::composite(logits.into_dispatch(), spacings.into_dispatch(), density_gain);
    Tensor::from_dispatch(out)
}

fn bias_of(linear: &Linear) -> Tensor<1> {
    linear.bias.as_ref().map_or_else(
        || {
            let [_, d_out] = linear.weight.val().dims();
            Tensor::zeros([d_out], &linear.weight.val().device())
        },
        Param::val,
    )
}

fn bias(beta: Option<&Param<Tensor<1>>>, gamma: &Param<Tensor<1>>) -> Tensor<1> {
    beta.map_or_else(|| gamma.val().zeros_like(), Param::val)
}
