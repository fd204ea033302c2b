//! A loss for the ear: how far apart the levels of two sounds are at every time and frequency.

use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// Frames: a resolution each, from that of a plosive to that of a vowel's overtones at 16 kHz; a quarter of one apart.
const SIZES: [usize; 3] = [128, 512, 2_048];
/// What a magnitude counts as at least, in parts of a full-scale sine's: -80 dB.
const QUIET: f32 = 1e-4;

/// The multi-resolution log-magnitude loss (Yamamoto et al. 2020, arXiv 1910.11480, equation 6, its logarithms
/// smooth at silence): over resolutions, the mean over frames and frequencies of `|ln |Y| - ln |X||`.
pub(super) struct SpectralLoss {
    resolutions: Vec<Resolution>,
}

struct Resolution {
    forward: Arc<dyn RealToComplex<f32>>,
    backward: Arc<dyn ComplexToReal<f32>>,
    /// Periodic Hann.
    window: Vec<f32>,
    hop: usize,
    /// The square of the least magnitude.
    floor: f32,
}

impl SpectralLoss {
    pub(super) fn new() -> Self {
        let mut planner = RealFftPlanner::new();
        let resolution = |size: usize| Resolution {
            forward: planner.plan_fft_forward(size),
            backward: planner.plan_fft_inverse(size),
            window: (0..size)
                .map(|index| (0.5 - 0.5 * (TAU * index as f64 / size as f64).cos()) as f32)
                .collect(),
            hop: size / 4,
            floor: (QUIET * size as f32 / 4.0).powi(2),
        };
        Self { resolutions: SIZES.map(resolution).into() }
    }

    /// The loss of a sound against another, and its slope in every sample of the first.
    ///
    /// # Shapes
    /// - `values`, `reference`, slope: `[n]`
    pub(super) fn loss_and_slope(&self, values: &[f32], reference: &[f32]) -> (f64, Vec<f32>) {
        let parts: Vec<(f64, Vec<f32>)> = self
            .resolutions
            .par_iter()
            .map(|resolution| resolution.loss_and_slope(values, reference))
            .collect();
        let share = 1.0 / parts.len() as f64;
        let mut slope = vec![0.0; values.len()];
        let mut loss = 0.0;
        for (own_loss, own_slope) in parts {
            loss += share * own_loss;
            slope.iter_mut().zip(own_slope).for_each(|(slope, own)| *slope += share as f32 * own);
        }
        (loss, slope)
    }
}

impl Resolution {
    fn loss_and_slope(&self, values: &[f32], reference: &[f32]) -> (f64, Vec<f32>) {
        let (size, bins) = (self.window.len(), self.window.len() / 2 + 1);
        // Silence lies around a sound, so that its ends count as much as its middle.
        let first = self.hop as i64 - size as i64;
        let begins: Vec<i64> = (first..values.len() as i64).step_by(self.hop).collect();
        let share = 1.0 / (begins.len() * bins).max(1) as f32;
        let frames: Vec<(f64, Vec<f32>)> = begins
            .par_iter()
            .map(|begin| {
                let (own, other) = (self.spectrum(values, *begin), self.spectrum(reference, *begin));
                let mut loss = 0.0;
                let slopes = own.iter().zip(&other).enumerate().map(|(bin, (own, other))| {
                    let (power, expected) = (own.norm_sqr() + self.floor, other.norm_sqr() + self.floor);
                    let difference = 0.5 * (power.ln() - expected.ln());
                    loss += f64::from(difference.abs() * share);
                    // d(ln(|Y|^2 + f) / 2) = Re(conj(Y) dY) / (|Y|^2 + f); the inverse transform counts what lies
                    // between the ends twice.
                    let twice = if bin == 0 || bin == size / 2 { 1.0 } else { 2.0 };
                    own * (share * difference.signum() / (power * twice))
                });
                let mut slopes: Vec<Complex<f32>> = slopes.collect();
                (loss, self.backward(&mut slopes))
            })
            .collect();
        let mut slope = vec![0.0; values.len()];
        let mut loss = 0.0;
        for (begin, (own_loss, own_slope)) in begins.iter().zip(frames) {
            loss += own_loss;
            for (index, own) in (*begin..).zip(own_slope) {
                if let Some(slope) = usize::try_from(index).ok().and_then(|index| slope.get_mut(index)) {
                    *slope += own;
                }
            }
        }
        (loss, slope)
    }

    /// Of the frame that begins there.
    fn spectrum(&self, samples: &[f32], begin: i64) -> Vec<Complex<f32>> {
        let sample = |index: i64| usize::try_from(index).ok().and_then(|index| samples.get(index)).copied();
        let windowed =
            (begin..).zip(&self.window).map(|(index, window)| window * sample(index).unwrap_or(0.0));
        let mut frame: Vec<f32> = windowed.collect();
        let mut spectrum = self.forward.make_output_vec();
        // Buffers of its own making have the right lengths.
        self.forward.process(&mut frame, &mut spectrum).ok();
        spectrum
    }

    /// From slopes of a spectrum to those of the frame's samples.
    fn backward(&self, slopes: &mut [Complex<f32>]) -> Vec<f32> {
        // A real signal's spectrum is real at both ends.
        for end in [0, slopes.len() - 1] {
            slopes[end].im = 0.0;
        }
        let mut frame = self.backward.make_output_vec();
        self.backward.process(slopes, &mut frame).ok();
        frame.iter_mut().zip(&self.window).for_each(|(slope, window)| *slope *= window);
        frame
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chirp(count: usize, speed: f32, gain: f32) -> Vec<f32> {
        (0..count).map(|index| index as f32).map(|at| gain * (at * (speed + at * 1e-5)).sin()).collect()
    }

    /// Of a sound twice as loud the logarithms are `ln 2` apart everywhere but near silence.
    #[test]
    fn twice_as_loud_is_as_far_as_the_logarithm_of_two() {
        let mut state = 1u32;
        let mut noise = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        };
        let reference: Vec<f32> = (0..16_384).map(|_| noise()).collect();
        let values: Vec<f32> = reference.iter().map(|value| 2.0 * value).collect();
        let (loss, _) = SpectralLoss::new().loss_and_slope(&values, &reference);
        assert!((loss - std::f64::consts::LN_2).abs() < 1e-3, "{loss}");
    }

    /// Central differences in samples at the ends and inside.
    #[test]
    fn the_slope_is_what_finite_differences_say() {
        let (values, reference) = (chirp(3_000, 0.3, 0.4), chirp(3_000, 0.2, 0.5));
        let spectral = SpectralLoss::new();
        let (_, slope) = spectral.loss_and_slope(&values, &reference);
        let largest = slope.iter().fold(0.0f32, |largest, own| largest.max(own.abs()));
        for at in [0, 1, 70, 1_000, 1_517, 2_900, 2_999] {
            let loss = |step: f32| {
                let mut values = values.clone();
                values[at] += step;
                spectral.loss_and_slope(&values, &reference).0
            };
            let expected = (loss(1e-3) - loss(-1e-3)) / 2e-3;
            let far = (f64::from(slope[at]) - expected).abs();
            assert!(far < 0.05 * f64::from(largest), "at {at}: {} and {expected}", slope[at]);
        }
    }
}
