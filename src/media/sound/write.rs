use std::io::{Cursor, Error, Result};

use hound::{SampleFormat, WavSpec, WavWriter};

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

/// A sound as the bytes of a WAV file.
///
/// # Shapes
/// - `values`: `[n, channels]`, amplitudes in [-1, 1]
///
/// # Errors
/// If the format cannot hold it: more than 4 GiB, or no channel.
pub fn wav_bytes(rate_hz: u32, channels: usize, values: &[f32], depth: SampleDepth) -> Result<Vec<u8>> {
    let sample_format = if depth == SampleDepth::Float32 { SampleFormat::Float } else { SampleFormat::Int };
    let spec = WavSpec {
        channels: channels as u16,
        sample_rate: rate_hz,
        bits_per_sample: depth.bits(),
        sample_format,
    };
    let mut bytes = Cursor::new(Vec::with_capacity(values.len() * 4 + 64));
    let mut writer = WavWriter::new(&mut bytes, spec).map_err(Error::other)?;
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
        .map_err(Error::other)?;
    }
    writer.finalize().map_err(Error::other)?;
    Ok(bytes.into_inner())
}
