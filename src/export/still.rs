use std::path::Path;

use exr::prelude::{SpecificChannels, Vec2, WritableImage};

use super::progress::told;
use super::{ExportError, Progress};
use crate::camera::Orbit;
use crate::field::{CropBox, FieldRecord, Sampling, Seen, Tracer};
use crate::limits;
use crate::media::{PictureFormat, check_extension, linear_from_srgb, png_rgba8_bytes, write_picture};
use crate::storage::write_atomically;

/// Rows that are drawn between two looks at whether to go on.
const ROWS: usize = 16;
/// Bytes of a pixel of objects that fill a third of their picture or more, as measured at sides of 96 to 512.
const PNG_PIXEL_BYTES: f64 = 0.7;
const WEBP_PIXEL_BYTES: f64 = 0.5;
const JPEG_PIXEL_BYTES: f64 = 0.15;
const EXR_PIXEL_BYTES: f64 = 12.0;

/// How an object is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StillConfig {
    /// Pixels in a row.
    pub width: u32,
    /// Pixels in a column.
    pub height: u32,
    /// Samples of a ray.
    pub samples: usize,
    /// What alone is drawn.
    pub crop: CropBox,
    /// sRGB; `None` leaves what is behind the object transparent.
    pub background: Option<[u8; 3]>,
}

/// An object from one place.
#[derive(Debug, Clone, PartialEq)]
pub struct Still {
    width: u32,
    height: u32,
    /// `[height, width]`
    seen: Vec<Seen>,
    background: Option<[u8; 3]>,
}

impl Still {
    /// Draw an object, exactly: see [`Tracer`].
    ///
    /// # Errors
    /// [`ExportError::NotAnObject`], [`ExportError::Size`], or [`ExportError::Cancelled`].
    pub fn draw(
        record: &FieldRecord,
        tracer: &Tracer,
        place: &Orbit,
        config: &StillConfig,
        progress: &mut Progress<'_>,
    ) -> Result<Self, ExportError> {
        let StillConfig { width, height, samples, crop, background } = *config;
        limits::check_export(width, height)?;
        let sampling = Sampling::of(record, samples).ok_or(ExportError::NotAnObject)?;
        let sampling = sampling.moved(place.depth_offset() as f32);
        // As in the window: beyond the cube of the bake nothing was learned.
        let crop = crop.common(&CropBox::of_bake());
        let rays = place.camera(width, height).ray_grid();
        let mut seen = Vec::with_capacity(width as usize * height as usize);
        for first in (0..height).step_by(ROWS) {
            told(progress, first as f32 / height as f32)?;
            let rows = first..(first + ROWS as u32).min(height);
            let band: Vec<[f32; 6]> =
                rows.flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| rays.pixel(x, y)).collect();
            seen.extend(tracer.trace(&band, &sampling, &crop).into_iter().map(|traced| traced.seen));
        }
        told(progress, 1.0)?;
        Ok(Self { width, height, seen, background })
    }

    /// On a colour, `[height, width, 3]`, sRGB-encoded.
    #[must_use]
    pub fn on(&self, background: [u8; 3]) -> Vec<f32> {
        let background = background.map(|value| f32::from(value) / 255.0);
        self.seen.iter().flat_map(|seen| seen.on(background)).collect()
    }

    /// `[height, width, 4]`, sRGB-encoded, colours not multiplied by alpha; opaque where there is a background.
    #[must_use]
    pub fn rgba8(&self) -> Vec<u8> {
        let eight = |value: f32| (value.clamp(0.0, 1.0) * 255.0).round() as u8;
        match self.background {
            Some(background) => {
                let colors = self.on(background);
                colors
                    .chunks_exact(3)
                    .flat_map(|rgb| [eight(rgb[0]), eight(rgb[1]), eight(rgb[2]), 255])
                    .collect()
            }
            None => self.seen.iter().flat_map(|seen| plain(seen).map(eight)).collect(),
        }
    }

    /// Write it, its format by the extension: PNG and WebP with alpha, JPEG on white where there is no background, EXR in linear
    /// light with alpha and the depth along the optical axis as channel Z.
    ///
    /// # Errors
    /// As [`check_still`], [`ExportError::Encode`] or [`ExportError::Media`] by an encoder, [`ExportError::Io`] by the file system.
    pub fn write(&self, path: &Path) -> Result<(), ExportError> {
        let (width, height) = (self.width, self.height);
        let failed = |source| ExportError::Io { path: path.into(), source };
        let format = PictureFormat::of(path)?;
        let refused = |err: &dyn std::error::Error| ExportError::Encode {
            format: format.name(),
            reason: err.to_string(),
        };
        let bytes = match format {
            PictureFormat::Jpeg => {
                let colors = self.on(self.background.unwrap_or([255; 3]));
                return Ok(write_picture(path, width, height, &colors)?);
            }
            PictureFormat::Png => png_rgba8_bytes(width, height, &self.rgba8())?,
            PictureFormat::WebP => {
                let mut bytes = Vec::new();
                image::codecs::webp::WebPEncoder::new_lossless(&mut bytes)
                    .encode(&self.rgba8(), width, height, image::ExtendedColorType::Rgba8)
                    .map_err(|err| refused(&err))?;
                bytes
            }
            PictureFormat::Exr => self.exr_bytes().map_err(|err| refused(&err))?,
        };
        write_atomically(path, |file| file.write_all(&bytes)).map_err(failed)
    }

    /// Colours multiplied by alpha, as EXR has them.
    fn exr_bytes(&self) -> Result<Vec<u8>, exr::error::Error> {
        let width = self.width as usize;
        let pixel = |at: Vec2<usize>| {
            let seen = self.seen[at.y() * width + at.x()];
            let seen = match self.background {
                Some(background) => {
                    let color = seen.on(background.map(|value| f32::from(value) / 255.0));
                    Seen { color, alpha: 1.0, ..seen }
                }
                None => seen,
            };
            let [r, g, b, alpha] = plain(&seen);
            let [r, g, b] = [r, g, b].map(|value| linear_from_srgb(value) * alpha);
            (r, g, b, alpha, seen.depth)
        };
        let channels = SpecificChannels::build()
            .with_channel("R")
            .with_channel("G")
            .with_channel("B")
            .with_channel("A")
            .with_channel("Z")
            .with_pixel_fn(pixel);
        let mut out = std::io::Cursor::new(Vec::new());
        exr::prelude::Image::from_channels((width, self.height as usize), channels)
            .write()
            .to_buffered(&mut out)?;
        Ok(out.into_inner())
    }
}

/// Not multiplied by alpha.
fn plain(seen: &Seen) -> [f32; 4] {
    let [r, g, b] = seen.color.map(|color| if seen.alpha > 0.0 { color / seen.alpha } else { 0.0 });
    [r, g, b, seen.alpha]
}

/// Whether a still can be written under this name.
///
/// # Errors
/// [`ExportError::Media`] with the endings that work.
pub fn check_still(path: &Path) -> Result<(), ExportError> {
    Ok(check_extension(path)?)
}

/// How large the file of an object's still will be, about, in bytes, by the name and the sides in pixels; that of a PNG
/// for a name under which no still is written. Right to a factor of two, of a JPEG to one of three: what is empty costs
/// little, and small pictures have more to a pixel.
#[must_use]
pub fn still_bytes(path: &Path, width: u32, height: u32) -> u64 {
    let of_pixel = match PictureFormat::of(path) {
        Ok(PictureFormat::Jpeg) => JPEG_PIXEL_BYTES,
        Ok(PictureFormat::WebP) => WEBP_PIXEL_BYTES,
        Ok(PictureFormat::Exr) => EXR_PIXEL_BYTES,
        Ok(PictureFormat::Png) | Err(_) => PNG_PIXEL_BYTES,
    };
    (f64::from(width) * f64::from(height) * of_pixel) as u64
}
