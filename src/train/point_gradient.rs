//! The way of some points through one field and back.

use crate::field::{Field, Layer, LayerView, trace_backward, trace_forward};

/// The loss that `compare` finds in what a field gives at some points, and the slope of it there; what that means for
/// the field's weights is added to `gradient`: every layer's weight and then its bias, first layer to last.
///
/// # Shapes
/// - `features`: `[n, encoding width]`
/// - `compare`: from `[n, output width]`, without the output offset, to the slope of it
pub(super) fn add_gradient(
    field: &Field,
    features: &[f32],
    gradient: &mut [f32],
    compare: impl FnOnce(Vec<f32>) -> (f64, Vec<f32>),
) -> f64 {
    let activation = field.architecture().activation;
    let layers: Vec<LayerView> = field.layers().iter().map(Layer::view).collect();
    let Some((first, rest)) = layers.split_first() else { return 0.0 };
    let (values, trace) = trace_forward(activation, rest, first.apply(features));
    let (loss, slope) = compare(values);
    let (of_first, of_rest) = gradient.split_at_mut(first.weight.len() + first.bias.len());
    let slope = trace_backward(activation, rest, &trace, slope, of_rest);
    let (of_weight, of_bias) = of_first.split_at_mut(first.weight.len());
    first.add_gradient(features, &slope, of_weight, of_bias);
    loss
}
