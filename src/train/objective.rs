//! What a step minimises: how far a field is from what is wanted of it, by the squared error, or by the likelihood that
//! it gives it.

use std::f64::consts::PI;

use burn::tensor::{Tensor, activation};

use crate::field::Architecture;
use crate::model::composite;

/// The least standard deviation, and what the rest is multiplied with, as in neural processes (Gu and others, Generalizable
/// Neural Fields as Partially Observed Neural Processes, ICCV 2023).
const LEAST: f64 = 0.1;
const REST: f64 = 0.9;
/// Channels of colour of what is seen along a ray; the next is how much is hidden.
const COLORS: usize = 3;

/// What fields give, and how sure they are of it.
pub(super) struct Found {
    /// `[n, channels]`
    pub(super) mean: Tensor<2>,
    /// Standard deviations, `[n, channels]`, of fields with a spread.
    pub(super) deviation: Option<Tensor<2>>,
}

/// What a step minimises, and what it reports.
pub(super) struct Loss {
    /// `[1]`
    pub(super) minimised: Tensor<1>,
    /// Of colours or amplitudes alone, `[1]`.
    pub(super) squared_error: Tensor<1>,
}

impl Found {
    /// What fields give at points, or of objects along rays.
    ///
    /// # Shapes
    /// - `values`: `[batch, n, output width]`
    /// - `spacings`: of rays, `[all rays, samples]`
    pub(super) fn of(field: &Architecture, values: Tensor<3>, spacings: Option<Tensor<2>>) -> Self {
        let (outputs, width) = (field.outputs, field.output_width());
        let [batch, n, _] = values.dims();
        let Some(spacings) = spacings else {
            let values = values.reshape([batch * n, width]);
            let mean = values.clone().narrow(1, 0, outputs);
            let numbers = field.spread.then(|| values.narrow(1, outputs, outputs));
            return Self { mean, deviation: numbers.map(|numbers| softplus(numbers) * REST + LEAST) };
        };
        let [rays, samples] = spacings.dims();
        let gain = field.density_gain.unwrap_or(1.0);
        let values = values.reshape([rays, samples, width]);
        let logits = values.clone().narrow(2, 0, outputs);
        let deviation = field.spread.then(|| {
            let density =
                activation::relu(logits.clone().narrow(2, outputs - 1, 1).squeeze_dim::<2>(2) * gain);
            ray_deviations(values.narrow(2, outputs, outputs), density * spacings.clone())
        });
        Self { mean: composite(logits, spacings, gain), deviation }
    }

    /// Beside what is wanted, `[n, channels]`; an error of how much is hidden counts `opacity_weight` times.
    pub(super) fn loss(self, wanted: Tensor<2>, opacity_weight: f64) -> Loss {
        let squares = (self.mean - wanted).square();
        let [_, channels] = squares.dims();
        let colors = channels.min(COLORS);
        let squared_error = squares.clone().narrow(1, 0, colors).mean();
        let losses = match self.deviation {
            None => squares,
            Some(deviation) => {
                squares / deviation.clone().square() * 0.5 + deviation.log() + 0.5 * (2.0 * PI).ln()
            }
        };
        // Of objects also how much is hidden: what is white on white would be seen by nobody.
        let hidden = (channels > COLORS).then(|| losses.clone().narrow(1, COLORS, 1).mean() * opacity_weight);
        let seen = losses.narrow(1, 0, colors).mean();
        Loss { minimised: hidden.map_or(seen.clone(), |hidden| seen + hidden), squared_error }
    }
}

/// The deviations of what is seen along rays: those of the samples are seen as their colours are, and behind them there
/// is the least one.
///
/// # Shapes
/// - `numbers`: `[rays, samples, channels]`
/// - `depths`: density times spacing, `[rays, samples]`
/// - result: `[rays, channels]`
fn ray_deviations(numbers: Tensor<3>, depths: Tensor<2>) -> Tensor<2> {
    let [_, samples] = depths.dims();
    // The sum over all samples before: `[k, i]` is one where k < i.
    let before = Tensor::<2>::ones([samples, samples], &depths.device()).triu(1);
    let left = depths.clone().matmul(before).neg().exp();
    let weights = left * (depths.neg().exp().neg() + 1.0);
    let seen = (softplus(numbers) * weights.unsqueeze_dim::<3>(2)).sum_dim(1).squeeze_dim::<2>(1);
    seen * REST + LEAST
}

/// `ln(1 + exp(x))`, without an overflow for any `x`.
fn softplus<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    activation::log_sigmoid(x.neg()).neg()
}

#[cfg(test)]
#[path = "objective_tests.rs"]
mod tests;
