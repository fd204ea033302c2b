use std::io::{Cursor, ErrorKind};
use std::panic::catch_unwind;

use image::codecs::bmp::BmpDecoder;
use image::codecs::gif::GifDecoder;
use image::codecs::hdr::HdrDecoder;
use image::codecs::jpeg::JpegDecoder;
use image::codecs::openexr::OpenExrDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::qoi::QoiDecoder;
use image::codecs::tga::TgaDecoder;
use image::codecs::tiff::TiffDecoder;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{DynamicImage, ImageBuffer, ImageDecoder, ImageError, ImageResult, Limits};

use super::convert::Converter;
use super::error::{clause, panic_reason};
use super::icc::ToSrgb;
use super::{Content, MediaError, Picture, structure};

/// A picture from a file's bytes, whatever its format: the first frame of an animation, upright, in sRGB.
///
/// An ICC profile for RGB or grey is followed; one that cannot be used is ignored with a warning, and the
/// `gAMA` chunk of PNG is not read. Float pictures are linear light: they are encoded to sRGB and clamped.
/// Transparent pixels are laid on `background` (sRGB) by mixing the encoded values, as browsers do.
///
/// # Errors
/// [`MediaError::Unsupported`] for what is no picture that is read here, [`MediaError::TooLarge`] by the
/// header alone, [`MediaError::Damaged`] or [`MediaError::Feature`] by what the decoder says.
pub fn decode(bytes: &[u8], background: [u8; 3]) -> Result<Picture, MediaError> {
    decode_opaque(bytes, Wanted::Opaque(Some(background)))
}

/// As [`decode`], but what a transparent pixel hides is seen: alpha is not looked at.
///
/// # Errors
/// As [`decode`].
pub fn decode_colors(bytes: &[u8]) -> Result<Picture, MediaError> {
    decode_opaque(bytes, Wanted::Opaque(None))
}

/// As [`decode`], with its transparency: width, height and `[height, width, 4]`, colours multiplied by alpha.
///
/// # Errors
/// As [`decode`].
pub(super) fn decode_transparent(bytes: &[u8]) -> Result<(u32, u32, Vec<u8>), MediaError> {
    let image = decode_wanted(bytes, Wanted::Transparent)?;
    Ok((image.width(), image.height(), image.into_rgba8().into_raw()))
}

/// What becomes of alpha.
#[derive(Clone, Copy)]
enum Wanted {
    /// 16 bits, laid on a background, or not looked at.
    Opaque(Option<[u8; 3]>),
    /// 8 bits, and alpha is kept.
    Transparent,
}

fn decode_opaque(bytes: &[u8], wanted: Wanted) -> Result<Picture, MediaError> {
    let image = decode_wanted(bytes, wanted)?;
    let (width, height) = (image.width(), image.height());
    Picture::new(width, height, image.into_rgb16().into_raw()).ok_or_else(|| disagreement(Content::of(bytes)))
}

fn decode_wanted(bytes: &[u8], wanted: Wanted) -> Result<DynamicImage, MediaError> {
    let content = Content::of(bytes);
    if !content.is_supported() {
        return Err(MediaError::Unsupported(content));
    }
    // Decoders of ten formats by many hands: a slip of theirs on a broken file must not end the program.
    // Nothing that they touch outlives the closure, so that no half-changed state is seen afterwards.
    catch_unwind(|| open(content, bytes, wanted)).unwrap_or_else(|panic| {
        Err(MediaError::Damaged {
            content,
            reason: clause(&format!("its decoder failed: {}", panic_reason(&*panic))),
        })
    })
}

fn open(content: Content, bytes: &[u8], wanted: Wanted) -> Result<DynamicImage, MediaError> {
    structure::check(content, bytes)?;
    let stream = Cursor::new(bytes);
    match content {
        Content::Png => read(content, PngDecoder::with_limits(stream, ancillary_limits()), wanted),
        Content::Jpeg => read(content, JpegDecoder::new(stream), wanted),
        Content::WebP => read(content, WebPDecoder::new(stream), wanted),
        Content::Gif => read(content, GifDecoder::new(stream), wanted),
        Content::Bmp => read(content, BmpDecoder::new(stream), wanted),
        Content::Tiff => read(content, TiffDecoder::new(stream), wanted),
        Content::Tga => read(content, TgaDecoder::new(stream), wanted),
        Content::Qoi => read(content, QoiDecoder::new(stream), wanted),
        Content::Exr => read(content, OpenExrDecoder::new(stream), wanted),
        // Not strict: the signature was seen already, and an odd line in the header does no harm.
        Content::Hdr => read(content, HdrDecoder::new_nonstrict(stream), wanted),
        other => Err(MediaError::Unsupported(other)),
    }
}

/// For what a PNG file packs besides its pixels, which have a limit of their own.
fn ancillary_limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(64 << 20);
    limits
}

fn read<D: ImageDecoder>(
    content: Content,
    decoder: ImageResult<D>,
    wanted: Wanted,
) -> Result<DynamicImage, MediaError> {
    let refused = |err: ImageError| refusal(content, &err);
    let mut decoder = decoder.map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    structure::check_size(content, width, height, color.bytes_per_pixel())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().and_then(|icc| ToSrgb::from_icc(&icc));
    // EXR stores colours multiplied by their alpha.
    let is_premultiplied = content == Content::Exr;
    let converter = Converter::new(color, profile, is_premultiplied)
        .ok_or_else(|| MediaError::Feature { content, reason: format!("pixels of the kind {color:?}") })?;
    let fill = |raw: &mut [u8]| decoder.read_image(raw);
    let (columns, rows) = (width as usize, height as usize);
    let image = match wanted {
        Wanted::Opaque(background) => {
            let rgb = converter.opaque(columns, rows, background, fill).map_err(refused)?;
            ImageBuffer::from_raw(width, height, rgb).map(DynamicImage::ImageRgb16)
        }
        Wanted::Transparent => {
            let rgba = converter.transparent(columns, rows, fill).map_err(refused)?;
            ImageBuffer::from_raw(width, height, rgba).map(DynamicImage::ImageRgba8)
        }
    };
    let mut image = image.ok_or_else(|| disagreement(content))?;
    // As the file's metadata asks.
    image.apply_orientation(orientation);
    Ok(image)
}

fn disagreement(content: Content) -> MediaError {
    MediaError::Damaged { content, reason: "its pixels disagree with its size".into() }
}

fn refusal(content: Content, err: &ImageError) -> MediaError {
    let reason = match err {
        ImageError::IoError(io) if io.kind() == ErrorKind::UnexpectedEof => structure::ENDS_EARLY.into(),
        other => clause(&other.to_string()),
    };
    match err {
        ImageError::Unsupported(_) | ImageError::Limits(_) => MediaError::Feature { content, reason },
        _ => MediaError::Damaged { content, reason },
    }
}
