use std::f64::consts::TAU;
use std::sync::Arc;

use rayon::prelude::*;
use realfft::{RealFftPlanner, RealToComplex};

/// A short-time Fourier transform with a periodic Hann window.
#[derive(Clone)]
pub struct Stft {
    fft: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    hop: usize,
}

impl Stft {
    /// Frames of `size` samples, `hop` apart.
    #[must_use]
    pub fn new(size: usize, hop: usize) -> Self {
        let (size, hop) = (size.max(2), hop.max(1));
        let hann = |index: usize| (0.5 - 0.5 * (TAU * index as f64 / size as f64).cos()) as f32;
        Self { fft: RealFftPlanner::new().plan_fft_forward(size), window: (0..size).map(hann).collect(), hop }
    }

    /// Frequencies of a frame: from zero to half the rate, both included.
    #[must_use]
    pub fn num_bins(&self) -> usize {
        self.window.len() / 2 + 1
    }

    /// Frames that lie inside so many samples; one at least.
    #[must_use]
    pub fn num_frames(&self, num_samples: usize) -> usize {
        1 + num_samples.saturating_sub(self.window.len()) / self.hop
    }

    /// `|X|^2` of every frame that lies inside; silence follows a sound shorter than one.
    ///
    /// # Shapes
    /// - result: `[frames, bins]`
    #[must_use]
    pub fn power(&self, samples: &[f32]) -> Vec<f32> {
        let bins = self.num_bins();
        let mut out = vec![0.0; self.num_frames(samples.len()) * bins];
        out.par_chunks_mut(bins).enumerate().for_each_init(
            || (self.fft.make_input_vec(), self.fft.make_output_vec(), self.fft.make_scratch_vec()),
            |(input, output, scratch), (frame, out)| {
                input.fill(0.0);
                let own = samples.get(frame * self.hop..).unwrap_or_default();
                for ((input, sample), window) in input.iter_mut().zip(own).zip(&self.window) {
                    *input = sample * window;
                }
                // Buffers of its own making have the right lengths.
                if self.fft.process_with_scratch(input, output, scratch).is_ok() {
                    out.iter_mut().zip(&*output).for_each(|(out, value)| *out = value.norm_sqr());
                }
            },
        );
        out
    }
}
