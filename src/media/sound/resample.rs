//! Band-limited interpolation by a Kaiser-windowed sinc (Smith, "Digital Audio Resampling",
//! <https://ccrma.stanford.edu/~jos/resample/>). Sample `i` stands for the instant `(i + 0.5) / rate`, as a field's
//! coordinates have it; the resamplers of other crates align first samples instead, half a sample off.

use std::sync::LazyLock;

use rayon::prelude::*;

/// Zero crossings of the sinc on either side.
const ZEROS: usize = 64;
/// Entries of the table for each of them; between two it is read in a straight line, to -120 dB.
const FINENESS: usize = 1024;
/// Of the Kaiser window: -90 dB beyond the transition.
const BETA: f64 = 9.0;
/// Middle of the transition, as a part of the lower Nyquist frequency: the band ends before it folds.
const CUTOFF: f64 = 0.955;

static TABLE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    let last = ZEROS * FINENESS;
    let kaiser = |x: f64| bessel_i0(BETA * (1.0 - x * x).max(0.0).sqrt()) / bessel_i0(BETA);
    let sinc = |x: f64| {
        let angle = std::f64::consts::PI * x;
        if x == 0.0 { 1.0 } else { angle.sin() / angle }
    };
    let entry = |index: usize| sinc(index as f64 / FINENESS as f64) * kaiser(index as f64 / last as f64);
    (0..=last + 1).map(|index| if index > last { 0.0 } else { entry(index) as f32 }).collect()
});

/// The modified Bessel function of the first kind and order zero, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let (mut sum, mut term) = (1.0, 1.0);
    for k in 1..64 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Reads samples between the samples.
#[derive(Debug, Clone, Copy)]
pub struct Interpolator {
    /// Zero crossings of the kernel in a sample of the source.
    pace: f64,
}

impl Interpolator {
    /// From samples at one rate, for a reader at another: what the reader's rate could not hold is left out.
    #[must_use]
    pub fn new(from_hz: u32, to_hz: u32) -> Self {
        Self { pace: CUTOFF * (f64::from(to_hz) / f64::from(from_hz)).min(1.0) }
    }

    /// Between samples of one sound, for no rate in particular.
    #[must_use]
    pub fn within() -> Self {
        Self { pace: 1.0 }
    }

    /// The amplitude at a place counted in samples, 0 being the first sample's own; silence lies around them.
    #[must_use]
    pub fn at(self, samples: &[f32], place: f64) -> f32 {
        let (first, weights) = self.weights(place);
        dot(samples, first, &weights)
    }

    /// What the samples from `first` on count for at a place; the weights' sum is one.
    fn weights(self, place: f64) -> (i64, Vec<f32>) {
        let reach = ZEROS as f64 / self.pace;
        let (first, last) = ((place - reach).ceil() as i64, (place + reach).floor() as i64);
        let scale = self.pace * FINENESS as f64;
        let table = &*TABLE;
        let weight = |index: i64| {
            let at = (index as f64 - place).abs() * scale;
            let below = (at as usize).min(table.len() - 2);
            let part = (at - below as f64) as f32;
            table[below] + part * (table[below + 1] - table[below])
        };
        let mut weights: Vec<f32> = (first..=last).map(weight).collect();
        let sum: f32 = weights.iter().sum();
        for weight in &mut weights {
            *weight /= sum;
        }
        (first, weights)
    }
}

/// The weighted sum of the samples from `first` on; what lies outside is silent.
fn dot(samples: &[f32], first: i64, weights: &[f32]) -> f32 {
    let skipped = (-first).clamp(0, weights.len() as i64) as usize;
    let begin = (first.max(0) as usize).min(samples.len());
    let pairs = samples[begin..].iter().zip(&weights[skipped..]);
    pairs.map(|(sample, weight)| sample * weight).sum()
}

/// A channel at another rate, as long in seconds, to the nearest sample.
pub(super) fn resampled(samples: &[f32], from_hz: u32, to_hz: u32) -> Vec<f32> {
    let (from, to) = (u64::from(from_hz), u64::from(to_hz));
    let count = ((samples.len() as u64 * to + from / 2) / from).max(u64::from(!samples.is_empty())) as usize;
    let interpolator = Interpolator::new(from_hz, to_hz);
    let divisor = greatest_common_divisor(from, to);
    // Samples this far apart lie at the same place between the source's, this many of which pass meanwhile.
    let (period, advance) = ((to / divisor) as usize, (from / divisor) as i64);
    let step = from as f64 / to as f64;
    let mut out = vec![0.0; count];
    let phases: Vec<Vec<f32>> = (0..period.min(count))
        .into_par_iter()
        .map(|phase| {
            let (first, weights) = interpolator.weights((phase as f64 + 0.5) * step - 0.5);
            let turns = (count - phase).div_ceil(period);
            (0..turns).map(|turn| dot(samples, first + turn as i64 * advance, &weights)).collect()
        })
        .collect();
    for (phase, own) in phases.iter().enumerate() {
        out.iter_mut().skip(phase).step_by(period).zip(own).for_each(|(out, value)| *out = *value);
    }
    out
}

fn greatest_common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { greatest_common_divisor(b, a % b) }
}
