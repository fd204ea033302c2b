use std::io::Cursor;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::openexr::OpenExrEncoder;
use image::codecs::png::PngEncoder;
use image::codecs::webp::WebPEncoder;
use image::{ExtendedColorType, ImageEncoder, ImageResult};

use super::error::clause;
use super::{MediaError, Picture, linear_from_srgb};
use crate::storage::write_atomically;

/// Good enough that its losses are not seen.
const JPEG_QUALITY: u8 = 92;

/// The formats that pictures are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureFormat {
    /// 8 bits a channel, with alpha if there is some.
    Png,
    /// 8 bits a channel, without alpha, with losses that are not seen.
    Jpeg,
    /// 8 bits a channel, with alpha if there is some.
    WebP,
    /// 32-bit floats in linear light.
    Exr,
}

impl PictureFormat {
    /// By the ending of a name.
    ///
    /// # Errors
    /// [`MediaError::Extension`], which lists the ones that work.
    pub fn of(path: &Path) -> Result<Self, MediaError> {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_ascii_lowercase());
        match extension.as_deref() {
            Some("png") => Ok(Self::Png),
            Some("jpg" | "jpeg") => Ok(Self::Jpeg),
            Some("webp") => Ok(Self::WebP),
            Some("exr") => Ok(Self::Exr),
            _ => Err(MediaError::Extension { path: path.into() }),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::WebP => "WebP",
            Self::Exr => "EXR",
        }
    }

    fn encode(self, width: u32, height: u32, rgb: &[f32]) -> Result<Vec<u8>, MediaError> {
        let mut out = Cursor::new(Vec::new());
        if let Self::Exr = self {
            let linear: Vec<f32> = rgb.iter().map(|&value| linear_from_srgb(value)).collect();
            let bytes = bytemuck::cast_slice(&linear);
            let encoder = OpenExrEncoder::new(&mut out);
            let written = encoder.write_image(bytes, width, height, ExtendedColorType::Rgb32F);
            return self.finish(written, out, width, height);
        }
        let rgb: Vec<u8> = rgb.iter().map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8).collect();
        self.encode_rgb8(out, width, height, &rgb)
    }

    fn encode_rgb8(
        self,
        mut out: Cursor<Vec<u8>>,
        width: u32,
        height: u32,
        rgb: &[u8],
    ) -> Result<Vec<u8>, MediaError> {
        let color = ExtendedColorType::Rgb8;
        let written = match self {
            Self::Jpeg => {
                JpegEncoder::new_with_quality(&mut out, JPEG_QUALITY).write_image(rgb, width, height, color)
            }
            Self::WebP => WebPEncoder::new_lossless(&mut out).write_image(rgb, width, height, color),
            Self::Png | Self::Exr => PngEncoder::new(&mut out).write_image(rgb, width, height, color),
        };
        self.finish(written, out, width, height)
    }

    fn finish(
        self,
        written: ImageResult<()>,
        out: Cursor<Vec<u8>>,
        width: u32,
        height: u32,
    ) -> Result<Vec<u8>, MediaError> {
        let failed = |reason| MediaError::Encode { width, height, format: self.name(), reason };
        written.map(|()| out.into_inner()).map_err(|err| failed(clause(&err.to_string())))
    }
}

/// Whether a picture can be written under this name, so that it can be asked before the work is done.
///
/// # Errors
/// [`MediaError::Extension`], which lists the ones that work.
pub fn check_extension(path: &Path) -> Result<(), MediaError> {
    PictureFormat::of(path).map(drop)
}

/// Write a picture, its format by the extension: PNG of 8 bits, JPEG of quality 92, lossless WebP, or EXR
/// of 32-bit floats in linear light. The file is whole or not there at all.
///
/// # Shapes
/// - `rgb`: `[height, width, 3]`, sRGB-encoded, in [0, 1]; what lies outside is clamped, except for EXR
///
/// # Errors
/// [`MediaError::Extension`] for every other name, [`MediaError::Shape`] if the sizes disagree,
/// [`MediaError::Encode`] for what the format cannot hold, [`MediaError::Io`] by the file system.
pub fn write_picture(path: &Path, width: u32, height: u32, rgb: &[f32]) -> Result<(), MediaError> {
    let format = PictureFormat::of(path)?;
    if rgb.is_empty() || rgb.len() as u64 != u64::from(width) * u64::from(height) * 3 {
        return Err(MediaError::Shape { width, height, len: rgb.len() });
    }
    let bytes = format.encode(width, height, rgb)?;
    let failed = |source| MediaError::Io { path: path.into(), source };
    write_atomically(path, |file| file.write_all(&bytes)).map_err(failed)
}

/// A picture as the bytes of a PNG file of 8 bits a channel.
///
/// # Errors
/// [`MediaError::Encode`] if the encoder refuses it.
pub fn png_bytes(picture: &Picture) -> Result<Vec<u8>, MediaError> {
    let (width, height) = (picture.width(), picture.height());
    PictureFormat::Png.encode_rgb8(Cursor::new(Vec::new()), width, height, &picture.to_rgb8())
}

/// Pixels with alpha as the bytes of a PNG file of 8 bits a channel.
///
/// # Shapes
/// - `rgba`: `[height, width, 4]`, sRGB-encoded, colours not multiplied by alpha
///
/// # Errors
/// [`MediaError::Shape`] if the sizes disagree, [`MediaError::Encode`] if the encoder refuses it.
pub fn png_rgba8_bytes(width: u32, height: u32, rgba: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut out = Cursor::new(Vec::new());
    let pixels = image::RgbaImage::from_raw(width, height, rgba.to_vec());
    let Some(pixels) = pixels else { return Err(MediaError::Shape { width, height, len: rgba.len() }) };
    let written = pixels.write_with_encoder(PngEncoder::new(&mut out));
    PictureFormat::Png.finish(written, out, width, height)
}
