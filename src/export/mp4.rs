//! Films as H.264 in an MP4 file, by `OpenH264`.

use muxide::api::{Muxer, MuxerBuilder, VideoCodec};
use openh264::OpenH264API;
use openh264::encoder::{
    ColorPrimaries, Encoder, EncoderConfig, FrameRate, FrameType, IntraFramePeriod, MatrixCoefficients,
    RateControlMode, TransferCharacteristics, VuiConfig,
};
use openh264::formats::{RgbaSliceU8, YUVBuffer};

use super::progress::told;
use super::{ExportError, Progress};

/// Between two pictures that are whole in themselves, where a player can begin.
const SECS_BETWEEN_KEY_FRAMES: u32 = 2;
/// More than this the encoder's own rate settings do not know; how long a picture is shown is said by the file.
const ENCODER_RATE_MAX: u16 = 60;

/// Pictures, `[height, width, 4]` each and opaque, as the bytes of an MP4 file. Both sides are even.
///
/// # Errors
/// [`ExportError::Cancelled`], [`ExportError::Encode`].
pub(super) fn mp4_bytes(
    frames: &[Vec<u8>],
    (width, height): (u32, u32),
    per_sec: u16,
    progress: &mut Progress<'_>,
) -> Result<Vec<u8>, ExportError> {
    let mut encoder =
        Encoder::with_api_config(OpenH264API::from_source(), encoding(per_sec)).map_err(refused)?;
    let mut muxer: Muxer<Vec<u8>> = MuxerBuilder::new(Vec::new())
        .video(VideoCodec::H264, width, height, f64::from(per_sec))
        // The table of contents comes first, so that a browser plays it while it arrives.
        .with_fast_start(true)
        .build()
        .map_err(refused)?;
    for (index, rgba) in frames.iter().enumerate() {
        told(progress, index as f32 / frames.len() as f32)?;
        let picture = YUVBuffer::from_rgba8_source(RgbaSliceU8::new(rgba, (width as usize, height as usize)));
        let encoded = encoder.encode(&picture).map_err(refused)?;
        let is_key = encoded.frame_type() == FrameType::IDR;
        let at_secs = index as f64 / f64::from(per_sec);
        muxer.write_video(at_secs, &encoded.to_vec(), is_key).map_err(refused)?;
    }
    muxer.finish_in_place().map_err(refused)?;
    Ok(muxer.into_writer())
}

/// The same quality for every picture, whatever it costs.
fn encoding(per_sec: u16) -> EncoderConfig {
    // As the pictures are: sRGB, turned into luma and chroma by the matrix of BT.601 that the encoder's crate has.
    let colors = VuiConfig::bt601()
        .color_primaries(ColorPrimaries::Bt709)
        .transfer_characteristics(TransferCharacteristics::Srgb)
        .matrix_coefficients(MatrixCoefficients::Smpte170M);
    EncoderConfig::new()
        .rate_control_mode(RateControlMode::Off)
        .skip_frames(false)
        .max_frame_rate(FrameRate::from_hz(f32::from(per_sec.min(ENCODER_RATE_MAX))))
        .intra_frame_period(IntraFramePeriod::from_num_frames(u32::from(per_sec) * SECS_BETWEEN_KEY_FRAMES))
        .vui(colors)
}

fn refused(err: impl std::fmt::Display) -> ExportError {
    ExportError::Encode { format: "MP4", reason: err.to_string() }
}
