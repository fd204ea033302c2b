//! Samples along rays to colours, as `model::composite` says.

use rayon::prelude::*;

use super::simd::{dispatch, exp};
use crate::field::TRANSMITTANCE_FLOOR;

/// Channels of a sample: three of colour, one of density.
const CHANNELS: usize = 4;
/// Rays of a piece of work.
const RAYS: usize = 32;

/// Rays, and what the field says along them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compositing<'a> {
    /// `[rays, samples, 4]`
    pub(crate) logits: &'a [f32],
    /// `[rays, samples]`
    pub(crate) spacings: &'a [f32],
    pub(crate) samples: usize,
    pub(crate) density_gain: f32,
}

/// A ray's samples, one list for each quantity.
struct Ray {
    /// `1 - alpha`
    clear: Vec<f32>,
    /// `sigmoid` of the colour logits, `[samples, 3]`.
    colors: Vec<f32>,
    /// What is left of the light before each sample.
    transmittance: Vec<f32>,
}

impl Ray {
    fn new(samples: usize) -> Self {
        Self { clear: vec![0.0; samples], colors: vec![0.0; 3 * samples], transmittance: vec![0.0; samples] }
    }

    /// Read a ray.
    #[inline(always)]
    fn read(&mut self, logits: &[f32], spacings: &[f32], density_gain: f32) {
        let samples = logits.chunks_exact(CHANNELS).zip(spacings);
        for ((clear, colors), (logits, spacing)) in
            self.clear.iter_mut().zip(self.colors.chunks_exact_mut(3)).zip(samples)
        {
            let density = density_gain * logits[3];
            *clear = exp(-if density < 0.0 { 0.0 } else { density } * spacing);
            for (color, logit) in colors.iter_mut().zip(logits) {
                *color = 1.0 / (1.0 + exp(-logit));
            }
        }
        let mut left = 1.0;
        for (transmittance, clear) in self.transmittance.iter_mut().zip(&self.clear) {
            *transmittance = left;
            left *= clear + TRANSMITTANCE_FLOOR;
        }
    }
}

impl Compositing<'_> {
    /// Colours on white, and how much is hidden: `[rays, 4]`
    pub(crate) fn forward(&self) -> Vec<f32> {
        let mut out = vec![0.0; self.spacings.len() / self.samples * CHANNELS];
        out.par_chunks_mut(RAYS * CHANNELS).enumerate().for_each(|(piece, out)| {
            let mut ray = Ray::new(self.samples);
            for (index, out) in out.as_chunks_mut::<CHANNELS>().0.iter_mut().enumerate() {
                let (logits, spacings) = self.ray(piece * RAYS + index);
                dispatch(|| ray.read(logits, spacings, self.density_gain));
                *out = [1.0, 1.0, 1.0, 0.0];
                let samples = ray.clear.iter().zip(&ray.transmittance).zip(ray.colors.chunks_exact(3));
                for ((clear, transmittance), colors) in samples {
                    let weight = transmittance * (1.0 - clear);
                    out.iter_mut().zip(colors).for_each(|(out, color)| *out += weight * (color - 1.0));
                    out[3] += weight;
                }
            }
        });
        out
    }

    /// From the slope of what is seen, `[rays, 4]`, to that of the logits, `[rays, samples, 4]`. With `w_i = T_i
    /// alpha_i` and `g_i = slope . (rgb_i - 1, 1)`, from the last sample to the first:
    /// `dalpha_i = T_i (g_i - dT_{i+1})`, `dT_i = alpha_i g_i + dT_{i+1} (1 - alpha_i + 1e-10)`.
    pub(crate) fn backward(&self, slope: &[f32]) -> Vec<f32> {
        let len = self.samples * CHANNELS;
        let mut out = vec![0.0; self.logits.len()];
        out.par_chunks_mut(RAYS * len).zip(slope.par_chunks(RAYS * CHANNELS)).enumerate().for_each(
            |(piece, (out, slope))| {
                let mut ray = Ray::new(self.samples);
                for (index, (out, slope)) in
                    out.chunks_exact_mut(len).zip(slope.chunks_exact(CHANNELS)).enumerate()
                {
                    let (logits, spacings) = self.ray(piece * RAYS + index);
                    dispatch(|| ray.read(logits, spacings, self.density_gain));
                    self.ray_backward(&ray, logits, spacings, slope, out);
                }
            },
        );
        out
    }

    fn ray_backward(&self, ray: &Ray, logits: &[f32], spacings: &[f32], slope: &[f32], out: &mut [f32]) {
        let mut of_rest = 0.0;
        for sample in (0..self.samples).rev() {
            let (clear, transmittance) = (ray.clear[sample], ray.transmittance[sample]);
            let alpha = 1.0 - clear;
            let colors = &ray.colors[3 * sample..][..3];
            let own = &mut out[CHANNELS * sample..][..CHANNELS];
            let mut along = slope[3];
            for ((own, color), slope) in own.iter_mut().zip(colors).zip(slope) {
                along += slope * (color - 1.0);
                *own = slope * transmittance * alpha * color * (1.0 - color);
            }
            // alpha = 1 - exp(-gain logit spacing), where that is a density.
            if self.density_gain * logits[CHANNELS * sample + 3] > 0.0 {
                own[3] = transmittance * (along - of_rest) * clear * spacings[sample] * self.density_gain;
            }
            of_rest = alpha * along + of_rest * (clear + TRANSMITTANCE_FLOOR);
        }
    }

    fn ray(&self, index: usize) -> (&[f32], &[f32]) {
        let samples = index * self.samples..(index + 1) * self.samples;
        (&self.logits[CHANNELS * samples.start..CHANNELS * samples.end], &self.spacings[samples])
    }
}
