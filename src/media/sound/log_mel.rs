//! What Whisper (<https://github.com/openai/whisper>, MIT) reads of a sound: 80 mel bins, the logarithm of their
//! energies in frames 10 ms apart.

use super::Stft;

/// The rate of the samples, in Hz.
const RATE_HZ: f64 = 16_000.0;
/// Samples of a frame, and from one frame to the next.
const FRAME: usize = 400;
const HOP: usize = 160;
/// Bins of a frame.
pub const MEL_BINS: usize = 80;
/// Samples of the 30 seconds that Whisper reads at once.
pub const MEL_WINDOW: usize = 480_000;
/// Smallest energy.
const FLOOR: f32 = 1e-10;
/// Powers of ten below the loudest bin that are kept.
const RANGE: f32 = 8.0;

/// The log-mel spectrogram of a sound at 16 kHz, a frame for every 160 samples. Frames are centred, a sound being
/// mirrored at its ends; after the logarithm to base ten, what is more than 8 below the largest is raised to that,
/// and `(x + 4) / 4` is taken.
///
/// # Shapes
/// - result: `[80, samples / 160]`
#[must_use]
pub fn log_mel(samples: &[f32]) -> Vec<f32> {
    let frames = samples.len() / HOP;
    if frames == 0 {
        return Vec::new();
    }
    let stft = Stft::new(FRAME, HOP);
    let bins = stft.num_bins();
    // One frame more than is used: the last one stands beyond the end.
    let power = stft.power(&mirrored(samples, FRAME / 2));
    let filters = mel_filters(bins);
    let mut out = Vec::with_capacity(MEL_BINS * frames);
    for filter in &filters {
        let energy = |frame: &[f32]| -> f32 {
            let own = frame.iter().skip(filter.first);
            own.zip(&filter.weights).map(|(power, weight)| power * weight).sum()
        };
        out.extend(power.chunks_exact(bins).take(frames).map(|frame| energy(frame).max(FLOOR).log10()));
    }
    let floor = out.iter().copied().fold(f32::NEG_INFINITY, f32::max) - RANGE;
    for value in &mut out {
        *value = (value.max(floor) + 4.0) / 4.0;
    }
    out
}

/// [`log_mel`] of 30 seconds: silence follows a shorter sound, and of a longer one the rest is left out.
///
/// # Shapes
/// - result: `[80, 3000]`
#[must_use]
pub fn log_mel_window(samples: &[f32]) -> Vec<f32> {
    let mut window = samples.get(..MEL_WINDOW).unwrap_or(samples).to_vec();
    window.resize(MEL_WINDOW, 0.0);
    log_mel(&window)
}

/// The samples with so many more on either side, mirrored about the first and the last one, which are not repeated.
fn mirrored(samples: &[f32], margin: usize) -> Vec<f32> {
    let last = samples.len().saturating_sub(1) as i64;
    let period = (2 * last).max(1);
    let place = |index: i64| {
        let within = index.rem_euclid(period);
        within.min(period - within).min(last) as usize
    };
    let margin = margin as i64;
    (-margin..samples.len() as i64 + margin).map(|index| samples[place(index)]).collect()
}

/// A triangle over the frequencies of a frame.
struct Filter {
    /// The first frequency that it weighs.
    first: usize,
    weights: Vec<f32>,
}

/// Triangles between 82 frequencies equally far apart in mel from 0 to 8000 Hz, each divided by half its width in
/// Hz: Slaney's Auditory Toolbox, as librosa has it.
fn mel_filters(bins: usize) -> Vec<Filter> {
    let nyquist = RATE_HZ / 2.0;
    let step = mel_of_hz(nyquist) / (MEL_BINS + 1) as f64;
    let edge = |index: usize| hz_of_mel(step * index as f64);
    let filter = |index: usize| {
        let [low, middle, high] = [edge(index), edge(index + 1), edge(index + 2)];
        let weight = |bin: usize| {
            let hz = nyquist * bin as f64 / (bins - 1) as f64;
            let height = ((hz - low) / (middle - low)).min((high - hz) / (high - middle));
            (height.max(0.0) * 2.0 / (high - low)) as f32
        };
        let first = (0..bins).find(|bin| weight(*bin) > 0.0).unwrap_or(0);
        let weights = (first..bins).map(weight).take_while(|weight| *weight > 0.0).collect();
        Filter { first, weights }
    };
    (0..MEL_BINS).map(filter).collect()
}

/// Where Slaney's scale turns from linear to logarithmic: 1000 Hz, which is 15 mel.
const TURN_HZ: f64 = 1_000.0;
const TURN_MEL: f64 = 15.0;
/// Mel from there to 6.4 times its frequency.
const MEL_TO_6400_HZ: f64 = 27.0;

fn mel_of_hz(hz: f64) -> f64 {
    if hz < TURN_HZ {
        hz * TURN_MEL / TURN_HZ
    } else {
        TURN_MEL + (hz / TURN_HZ).ln() / 6.4_f64.ln() * MEL_TO_6400_HZ
    }
}

fn hz_of_mel(mel: f64) -> f64 {
    if mel < TURN_MEL {
        mel * TURN_HZ / TURN_MEL
    } else {
        TURN_HZ * ((mel - TURN_MEL) / MEL_TO_6400_HZ * 6.4_f64.ln()).exp()
    }
}
