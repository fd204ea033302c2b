//! The way of some points through one field and back.

use std::borrow::Cow;

use crate::field::{Field, Layer, LayerView, trace_backward, trace_forward};

/// The loss that `compare` finds in what a field gives at some points, and the slope of it there; what that means for
/// the field's weights is added to `gradient`: every layer's weight and then its bias, first layer to last.
///
/// # Shapes
/// - `features`: `[n, encoding width]`
/// - `compare`: from `[n, outputs]`, without the output offset, to the slope of it; standard deviations have no part in
///   it
pub(super) fn add_gradient(
    field: &Field,
    features: &[f32],
    gradient: &mut [f32],
    compare: impl FnOnce(&[f32]) -> (f64, Vec<f32>),
) -> f64 {
    let architecture = field.architecture();
    let (activation, outputs, width) =
        (architecture.activation, architecture.outputs, architecture.output_width());
    let layers: Vec<LayerView> = field.layers().iter().map(Layer::view).collect();
    let Some((first, rest)) = layers.split_first() else { return 0.0 };
    let (values, trace) = trace_forward(activation, rest, first.apply(features));
    let outputs_alone: Cow<[f32]> = if width == outputs {
        Cow::Borrowed(&values)
    } else {
        Cow::Owned(values.chunks_exact(width).flat_map(|own| &own[..outputs]).copied().collect())
    };
    let (loss, mut slope) = compare(&outputs_alone);
    if width != outputs {
        let mut wider = vec![0.0; values.len()];
        for (wider, own) in wider.chunks_exact_mut(width).zip(slope.chunks_exact(outputs)) {
            wider[..outputs].copy_from_slice(own);
        }
        slope = wider;
    }
    let (of_first, of_rest) = gradient.split_at_mut(first.weight.len() + first.bias.len());
    let slope = trace_backward(activation, rest, &trace, slope, of_rest);
    let (of_weight, of_bias) = of_first.split_at_mut(first.weight.len());
    first.add_gradient(features, &slope, of_weight, of_bias);
    loss
}
