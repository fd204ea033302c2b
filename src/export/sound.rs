use std::path::Path;

use super::ExportError;
use crate::limits;
use crate::media::{SampleDepth, wav_bytes};
use crate::storage::write_atomically;

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
    let failed = |source| ExportError::Io { path: path.into(), source };
    let bytes = wav_bytes(rate_hz, channels, values, depth).map_err(failed)?;
    write_atomically(path, |out| out.write_all(&bytes)).map_err(failed)
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
