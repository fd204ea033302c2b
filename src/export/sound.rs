use std::io::Cursor;
use std::path::Path;

use hound::{SampleFormat, WavSpec, WavWriter};

use super::ExportError;
use crate::limits;
use crate::storage::write_atomically;

/// How samples are kept in a WAV file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SampleDepth {
    /// Whole numbers of 16 bits; what is beyond full scale is cut off.
    Int16,
    /// Whole numbers of 24 bits; what is beyond full scale is cut off.
    Int24,
    /// Floating-point numbers of 32 bits, as they are.
    #[default]
    Float32,
}

impl SampleDepth {
    fn bits(self) -> u16 {
        match self {
            Self::Int16 => 16,
            Self::Int24 => 24,
            Self::Float32 => 32,
        }
    }
}

/// Write a WAV file, whole or not at all.
///
/// # Shapes
/// - `values`: `[n, channels]`, amplitudes in [-1, 1]
///
/// # Errors
/// [`ExportError`] if the file has another ending than `.wav`, the rate is not one that is written, or it cannot be
/// written.
pub fn write_wav(
    path: &Path,
    rate_hz: u32,
    channels: usize,
    values: &[f32],
    depth: SampleDepth,
) -> Result<(), ExportError> {
    check_wav(path, rate_hz)?;
    let sample_format = if depth == SampleDepth::Float32 { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec {
        channels: channels as u16,
        sample_rate: rate_hz,
        bits_per_sample: depth.bits(),
        sample_format,
    };
    let failed =
        |err: hound::Error| ExportError::Io { path: path.into(), source: std::io::Error::other(err) };
    let mut bytes = Cursor::new(Vec::with_capacity(values.len() * 4 + 64));
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(failed)?;
    for value in values {
        // Symmetric: full scale is the largest number, and zero stays zero.
        let scaled = |bits: u32| {
            let most = f64::from((1u32 << (bits - 1)) - 1);
            (f64::from(*value).clamp(-1.0, 1.0) * most).round() as i32
        };
        match depth {
            SampleDepth::Int16 => writer.write_sample(scaled(16)),
            SampleDepth::Int24 => writer.write_sample(scaled(24)),
            SampleDepth::Float32 => writer.write_sample(*value),
        }
        .map_err(failed)?;
    }
    writer.finalize().map_err(failed)?;
    write_atomically(path, |out| out.write_all(bytes.get_ref()))
        .map_err(|source| ExportError::Io { path: path.into(), source })
}

/// Refuse a file name that is no WAV file's, or a rate that is not written.
///
/// # Errors
/// [`ExportError::Extension`], [`ExportError::Setting`].
pub fn check_wav(path: &Path, rate_hz: u32) -> Result<(), ExportError> {
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("wav")) {
        return Err(ExportError::Extension { path: path.into(), expected: ".wav" });
    }
    if !limits::SOUND_RATES_HZ.contains(&rate_hz) {
        let (least, most) = (limits::SOUND_RATES_HZ.start(), limits::SOUND_RATES_HZ.end());
        return Err(ExportError::Setting {
            what: "the sample rate",
            given: format!("{rate_hz} Hz"),
            expected: format!("{least} to {most} Hz"),
        });
    }
    Ok(())
}
