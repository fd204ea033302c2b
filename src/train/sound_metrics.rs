use serde::{Deserialize, Serialize};

use super::{Quality, db_of_mse};
use crate::media::{Sound, Stft};

/// Frame and hop of the log-spectral distance: 32 and 8 ms at 16 kHz.
const FRAME: usize = 512;
const HOP: usize = 128;
/// What a power counts as at least in it: -100 dB of a full-scale sine's.
const POWER_MIN: f32 = 1e-10 * (FRAME * FRAME / 16) as f32;

/// How close a sound's field is to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SoundQuality {
    /// `-10 log10(MSE)` on the waveform in [-1, 1]; infinite where they are equal.
    pub psnr_db: f64,
    /// Scale-invariant signal-to-distortion ratio (Le Roux et al. 2019, arXiv 1811.02508).
    pub si_sdr_db: f64,
    /// Log-spectral distance: over frames, the mean of the root mean square difference of levels.
    pub lsd_db: f64,
}

/// How close a field is to what it is of, by what is seen or by what is heard.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Closeness {
    /// Of a picture, or of views of an object.
    Seen(Quality),
    /// Of a sound.
    Heard(SoundQuality),
}

impl Closeness {
    /// What both have.
    #[must_use]
    pub fn psnr_db(&self) -> f64 {
        match self {
            Self::Seen(quality) => quality.psnr_db,
            Self::Heard(quality) => quality.psnr_db,
        }
    }
}

impl std::fmt::Display for Closeness {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Seen(quality) => quality.fmt(f),
            Self::Heard(SoundQuality { psnr_db, si_sdr_db, lsd_db }) => {
                write!(f, "{psnr_db:.2} dB, SI-SDR {si_sdr_db:.2} dB, spectral distance {lsd_db:.2} dB")
            }
        }
    }
}

impl SoundQuality {
    /// Of a sound of as many channels, the mean over them.
    ///
    /// # Shapes
    /// - `values`: `[n, channels]`
    #[must_use]
    pub fn of_sound(values: &[f32], reference: &Sound) -> Self {
        let channels = reference.channels();
        let own = |index: usize| -> Vec<f32> {
            values.iter().skip(index).step_by(channels.len()).copied().collect()
        };
        Self::mean(channels.iter().enumerate().map(|(index, channel)| Self::of(&own(index), channel)))
    }

    /// Of a channel.
    #[must_use]
    pub fn of(values: &[f32], reference: &[f32]) -> Self {
        Self {
            psnr_db: db_of_mse(mse(values, reference)),
            si_sdr_db: si_sdr_db(values, reference),
            lsd_db: lsd_db(values, reference),
        }
    }

    /// The mean of each figure; NaN of none.
    #[must_use]
    pub fn mean(all: impl Iterator<Item = Self>) -> Self {
        let add = |(count, sum): (f64, Self), one: Self| {
            let sum = Self {
                psnr_db: sum.psnr_db + one.psnr_db,
                si_sdr_db: sum.si_sdr_db + one.si_sdr_db,
                lsd_db: sum.lsd_db + one.lsd_db,
            };
            (count + 1.0, sum)
        };
        let (count, sum) = all.fold((0.0, Self { psnr_db: 0.0, si_sdr_db: 0.0, lsd_db: 0.0 }), add);
        Self { psnr_db: sum.psnr_db / count, si_sdr_db: sum.si_sdr_db / count, lsd_db: sum.lsd_db / count }
    }
}

/// The mean squared error.
#[must_use]
pub(super) fn mse(values: &[f32], reference: &[f32]) -> f64 {
    let sum: f64 = values.iter().zip(reference).map(|(a, b)| f64::from(a - b).powi(2)).sum();
    sum / values.len().min(reference.len()) as f64
}

/// `10 log10(|a s|^2 / |a s - y|^2)` with `a = <y, s> / <s, s>`: how well a sound is met, whatever its loudness. NaN
/// where the reference is silent.
#[must_use]
pub fn si_sdr_db(values: &[f32], reference: &[f32]) -> f64 {
    let dot =
        |a: &[f32], b: &[f32]| -> f64 { a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum() };
    let scale = dot(values, reference) / dot(reference, reference);
    let target = scale * scale * dot(reference, reference);
    let rest = |(value, sample): (&f32, &f32)| (scale * f64::from(*sample) - f64::from(*value)).powi(2);
    let distortion: f64 = values.iter().zip(reference).map(rest).sum();
    10.0 * (target / distortion).log10()
}

/// Over frames of 512 samples, 128 apart: the mean of the root of the mean squared difference between the power
/// spectra in dB, each level at least 100 dB below a full-scale sine's.
#[must_use]
pub fn lsd_db(values: &[f32], reference: &[f32]) -> f64 {
    let stft = Stft::new(FRAME, HOP);
    let (values, reference) = (stft.power(values), stft.power(reference));
    let level = |power: &f32| 10.0 * f64::from(power.max(POWER_MIN)).log10();
    let bins = stft.num_bins();
    let frames = values.chunks_exact(bins).zip(reference.chunks_exact(bins));
    let distance = |(a, b): (&[f32], &[f32])| {
        let sum: f64 = a.iter().zip(b).map(|(a, b)| (level(a) - level(b)).powi(2)).sum();
        (sum / bins as f64).sqrt()
    };
    let count = frames.len() as f64;
    frames.map(distance).sum::<f64>() / count
}
