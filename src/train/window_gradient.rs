//! The gradient of the fields of a sound's windows in their own weights, by hand: see `gradient`.

use rayon::prelude::*;

use super::point_gradient::add_gradient;
use crate::field::{Field, Layer, LayerView, TRACE_POINTS, trace_forward};

/// What is wanted of the fields of all windows at the same instants of each.
#[derive(Debug, Clone, Default)]
pub(super) struct WindowSamples {
    /// The instants as the fields take them, `[n, encoding width]`.
    pub(super) features: Vec<f32>,
    /// Amplitudes in parts of a window's loudness, `[windows, n]`.
    pub(super) targets: Vec<f32>,
    /// What another loss adds to the slope of each amplitude, `[windows, n]`; empty if there is none.
    pub(super) slopes: Vec<f32>,
}

/// The squared error of every window's field, the mean over windows and instants; and its gradient, window by window:
/// every layer's weight and then its bias.
pub(super) fn loss_and_gradient_of_windows(fields: &[Field], samples: &WindowSamples) -> (f64, Vec<f32>) {
    let n = samples.targets.len() / fields.len().max(1);
    let scale = 1.0 / samples.targets.len().max(1) as f32;
    let width = samples.features.len() / n.max(1);
    let parts: Vec<(f64, Vec<f32>)> = fields
        .par_iter()
        .zip(samples.targets.par_chunks(n.max(1)))
        .enumerate()
        .map(|(window, (field, targets))| {
            let mut gradient = vec![0.0; field.architecture().num_params()];
            let mut slopes = samples.slopes.get(window * n..).unwrap_or_default().chunks(TRACE_POINTS);
            let pieces = samples.features.chunks(TRACE_POINTS * width).zip(targets.chunks(TRACE_POINTS));
            let loss = pieces
                .map(|(features, targets)| {
                    let more = slopes.next().unwrap_or_default();
                    piece(field, features, targets, more, scale, &mut gradient)
                })
                .sum::<f64>();
            (loss, gradient)
        })
        .collect();
    let loss = parts.iter().map(|(loss, _)| loss).sum::<f64>();
    (loss, parts.into_iter().flat_map(|(_, gradient)| gradient).collect())
}

/// The amplitudes of every window's field at the same instants of each, `[windows, n]`.
pub(super) fn amplitudes(fields: &[Field], features: &[f32]) -> Vec<f32> {
    let of_field = |field: &Field| {
        let layers: Vec<LayerView> = field.layers().iter().map(Layer::view).collect();
        let Some((first, rest)) = layers.split_first() else { return Vec::new() };
        let architecture = field.architecture();
        let (values, _) = trace_forward(architecture.activation, rest, first.apply(features));
        // After the amplitudes comes what their spreads are made of, if there are any.
        let rows = values.chunks_exact(architecture.output_width());
        let own = rows.flat_map(|row| &row[..architecture.outputs]);
        own.map(|value| value + architecture.output_offset).collect()
    };
    fields.par_iter().flat_map_iter(of_field).collect()
}

/// Some instants: their part of the loss; their gradient is added.
fn piece(
    field: &Field,
    features: &[f32],
    targets: &[f32],
    more: &[f32],
    scale: f32,
    gradient: &mut [f32],
) -> f64 {
    let offset = field.architecture().output_offset;
    add_gradient(field, features, gradient, |values| {
        let mut loss = 0.0;
        let slope = values.iter().zip(targets).map(|(value, target)| {
            let error = value + offset - target;
            loss += f64::from(error * error * scale);
            2.0 * error * scale
        });
        let mut slope: Vec<f32> = slope.collect();
        slope.iter_mut().zip(more).for_each(|(slope, more)| *slope += more);
        (loss, slope)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Activation, Architecture, Encoding};

    /// Central differences in every weight of two small fields, for both activations.
    #[test]
    fn the_gradient_is_what_finite_differences_say() {
        let encoding = Encoding::Fourier { count: 3, min: 1.0, max: 8.0 };
        let sine = Activation::Sine { omega0: 2.0, omega0_first: 3.0 };
        for (activation, spread) in [(Activation::Relu, false), (sine, false), (sine, true)] {
            let live = Architecture::live_sound();
            let encoding = encoding.clone();
            let architecture = Architecture { layers: 3, hidden: 5, encoding, activation, spread, ..live };
            let field = |seed| super::super::baselines::random_field(&architecture, seed).unwrap();
            let fields = [field(1), field(2)];
            let points: Vec<f32> = (0..300).map(|index| (index as f32 / 150.0 - 1.0) * 0.3).collect();
            let target = |index: usize| (index as f32 * 0.05).sin();
            let windows = WindowSamples {
                features: crate::model::encode_points(&architecture, &points),
                targets: (0..600).map(target).collect(),
                slopes: Vec::new(),
            };
            let (_, gradient) = loss_and_gradient_of_windows(&fields, &windows);
            let count = architecture.num_params();
            assert_eq!(gradient.len(), 2 * count);
            let loss = |at: usize, step: f32| {
                let mut fields = fields.clone();
                let mut layers = fields[at / count].layers().to_vec();
                let mut all =
                    layers.iter_mut().flat_map(|layer| layer.weight.iter_mut().chain(&mut layer.bias));
                *all.nth(at % count).unwrap() += step;
                fields[at / count] = Field::new(architecture.clone(), layers).unwrap();
                loss_and_gradient_of_windows(&fields, &windows).0
            };
            let largest = gradient.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            let is_far_off = |(at, own): &(usize, &f32)| {
                let expected = (loss(*at, 1e-2) - loss(*at, -1e-2)) / 2e-2;
                (f64::from(**own) - expected).abs() > 0.03 * f64::from(largest)
            };
            let far_off = gradient.iter().enumerate().filter(is_far_off).count();
            // A corner of a rectifier may lie between the two places.
            assert!(largest > 1e-3 && far_off * 50 <= gradient.len(), "{far_off} of {}", gradient.len());
        }
    }
}
