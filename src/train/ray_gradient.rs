use rayon::prelude::*;

use super::point_gradient::add_gradient;
use crate::field::{Encoder, Field, TRACE_POINTS};
use crate::model::Compositing;

/// Parts of the rays that are shared between cores, each with sums of its own: see `gradient`.
const PARTS: usize = 16;

/// Rays through an object, the places where they are sampled, and what is seen along them.
#[derive(Debug, Clone, Default)]
pub(super) struct RaySamples {
    /// Samples of a ray.
    pub(super) samples: usize,
    /// `[rays, samples, 3]`
    pub(super) points: Vec<f32>,
    /// `[rays, samples]`
    pub(super) spacings: Vec<f32>,
    /// On white, `[rays, 3]`
    pub(super) targets: Vec<f32>,
}

/// Mean squared error of an object's colours along rays, on white, and its gradient: every layer's weight and then its
/// bias, first layer to last.
pub(super) fn loss_and_gradient_of_rays(field: &Field, rays: &RaySamples) -> (f64, Vec<f32>) {
    let samples = rays.samples.max(1);
    let num_rays = rays.targets.len() / 3;
    let num_params = field.architecture().num_params();
    let rays_of_part = num_rays.div_ceil(PARTS).max(1);
    let rays_of_piece = (TRACE_POINTS / samples).max(1);
    let scale = 1.0 / (3 * num_rays.max(1)) as f32;
    let encoder = Encoder::new(field.architecture());
    let parts: Vec<(f64, Vec<f32>)> = rays
        .points
        .par_chunks(rays_of_part * samples * 3)
        .zip(rays.spacings.par_chunks(rays_of_part * samples))
        .zip(rays.targets.par_chunks(rays_of_part * 3))
        .map(|((points, spacings), targets)| {
            let mut sums = (0.0, vec![0.0; num_params]);
            let pieces = points
                .chunks(rays_of_piece * samples * 3)
                .zip(spacings.chunks(rays_of_piece * samples))
                .zip(targets.chunks(rays_of_piece * 3));
            for ((points, spacings), targets) in pieces {
                let features = encoder.encode_points(points);
                sums.0 += piece(field, &features, spacings, targets, (samples, scale), &mut sums.1);
            }
            sums
        })
        .collect();
    let mut sums = (0.0, vec![0.0; num_params]);
    for (loss, gradient) in parts {
        sums.0 += loss;
        sums.1.iter_mut().zip(gradient).for_each(|(sum, value)| *sum += value);
    }
    sums
}

/// Some rays: their part of the loss; their gradient is added.
fn piece(
    field: &Field,
    features: &[f32],
    spacings: &[f32],
    targets: &[f32],
    (samples, scale): (usize, f32),
    gradient: &mut [f32],
) -> f64 {
    let density_gain = field.architecture().density_gain.unwrap_or(1.0);
    add_gradient(field, features, gradient, |logits| {
        let compositing = Compositing { logits, spacings, samples, density_gain };
        let mut loss = 0.0;
        // dL/dc = 2 (c - t) / (3 n); the opacity is not compared, for a picture on white does not tell it.
        let seen = compositing.forward();
        let mut slope = vec![0.0; seen.len()];
        for ((slope, seen), target) in
            slope.chunks_exact_mut(4).zip(seen.chunks_exact(4)).zip(targets.chunks_exact(3))
        {
            for ((slope, color), target) in slope.iter_mut().zip(seen).zip(target) {
                let error = color - target;
                loss += f64::from(error * error * scale);
                *slope = 2.0 * error * scale;
            }
        }
        (loss, compositing.backward(&slope))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::{Activation, Architecture, Encoding, Layer};

    /// Central differences in every weight of a small field, for both activations.
    #[test]
    fn the_gradient_is_what_finite_differences_say() {
        let sine = Activation::Sine { omega0: 2.0, omega0_first: 3.0 };
        for (activation, spread) in [(Activation::Relu, false), (sine, false), (sine, true)] {
            let architecture = Architecture {
                layers: 3,
                hidden: 5,
                encoding: Encoding::Fourier { count: 2, min: 1.0, max: 3.0 },
                activation,
                spread,
                density_gain: Some(3.0),
                ..Architecture::live_object()
            };
            let mut next = 7u32;
            let mut number = || {
                next = next.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (next >> 8) as f32 / (1 << 24) as f32 - 0.5
            };
            let numbers: Vec<f32> = (0..architecture.num_params()).map(|_| 1.6 * number()).collect();
            let rays = RaySamples {
                samples: 6,
                points: (0..5 * 6 * 3).map(|_| 2.0 * number()).collect(),
                spacings: (0..5 * 6).map(|_| 0.3 + 0.2 * number()).collect(),
                targets: (0..5 * 3).map(|_| 0.5 + number()).collect(),
            };
            let field = |numbers: &[f32]| {
                let mut rest = numbers;
                let mut take = |count: usize| {
                    let (own, others) = rest.split_at(count);
                    rest = others;
                    own.to_vec()
                };
                let shapes = architecture.layer_shapes().into_iter();
                let layers = shapes
                    .map(|shape| Layer { weight: take(shape.d_in * shape.d_out), bias: take(shape.d_out) });
                Field::new(architecture.clone(), layers.collect()).unwrap()
            };
            let loss = |numbers: &[f32]| loss_and_gradient_of_rays(&field(numbers), &rays).0;
            let (_, gradient) = loss_and_gradient_of_rays(&field(&numbers), &rays);
            let largest = gradient.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
            let mut far_off = 0;
            for (index, found) in gradient.iter().enumerate() {
                let beside = |by: f32| {
                    let mut numbers = numbers.clone();
                    numbers[index] += by;
                    loss(&numbers)
                };
                let expected = ((beside(1e-2) - beside(-1e-2)) / 2e-2) as f32;
                far_off += usize::from((found - expected).abs() > 0.03 * largest);
            }
            // A corner of a rectifier may lie between the two places.
            assert!(largest > 1e-3 && far_off * 50 <= gradient.len(), "{far_off} of {}", gradient.len());
        }
    }
}
