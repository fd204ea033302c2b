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
    decode_on(bytes, Some(background))
}

/// As [`decode`], but what a transparent pixel hides is seen: alpha is not looked at.
///
/// # Errors
/// As [`decode`].
pub fn decode_colors(bytes: &[u8]) -> Result<Picture, MediaError> {
    decode_on(bytes, None)
}

fn decode_on(bytes: &[u8], background: Option<[u8; 3]>) -> Result<Picture, MediaError> {
    let content = Content::of(bytes);
    if !content.is_supported() {
        return Err(MediaError::Unsupported(content));
    }
    // Decoders of ten formats by many hands: a slip of theirs on a broken file must not end the program.
    // Nothing that they touch outlives the closure, so that no half-changed state is seen afterwards.
    catch_unwind(|| open(content, bytes, background)).unwrap_or_else(|panic| {
        Err(MediaError::Damaged {
            content,
            reason: clause(&format!("its decoder failed: {}", panic_reason(&*panic))),
        })
    })
}

fn open(content: Content, bytes: &[u8], background: Option<[u8; 3]>) -> Result<Picture, MediaError> {
    structure::check(content, bytes)?;
    let stream = Cursor::new(bytes);
    match content {
        Content::Png => read(content, PngDecoder::with_limits(stream, ancillary_limits()), background),
        Content::Jpeg => read(content, JpegDecoder::new(stream), background),
        Content::WebP => read(content, WebPDecoder::new(stream), background),
        Content::Gif => read(content, GifDecoder::new(stream), background),
        Content::Bmp => read(content, BmpDecoder::new(stream), background),
        Content::Tiff => read(content, TiffDecoder::new(stream), background),
        Content::Tga => read(content, TgaDecoder::new(stream), background),
        Content::Qoi => read(content, QoiDecoder::new(stream), background),
        Content::Exr => read(content, OpenExrDecoder::new(stream), background),
        // Not strict: the signature was seen already, and an odd line in the header does no harm.
        Content::Hdr => read(content, HdrDecoder::new_nonstrict(stream), background),
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
    background: Option<[u8; 3]>,
) -> Result<Picture, MediaError> {
    let refused = |err: ImageError| refusal(content, &err);
    let mut decoder = decoder.map_err(refused)?;
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    structure::check_size(content, width, height, color.bytes_per_pixel())?;
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let profile = decoder.icc_profile().ok().flatten().and_then(|icc| ToSrgb::from_icc(&icc));
    // EXR stores colours multiplied by their alpha.
    let is_premultiplied = content == Content::Exr;
    let converter = Converter::new(color, profile, is_premultiplied, background)
        .ok_or_else(|| MediaError::Feature { content, reason: format!("pixels of the kind {color:?}") })?;
    let fill = |raw: &mut [u8]| decoder.read_image(raw);
    let rgb = converter.convert(width as usize, height as usize, fill).map_err(refused)?;
    upright(width, height, rgb, orientation)
        .ok_or_else(|| MediaError::Damaged { content, reason: "its pixels disagree with its size".into() })
}

/// Turn and flip as the file's metadata asks.
fn upright(width: u32, height: u32, rgb: Vec<u16>, orientation: Orientation) -> Option<Picture> {
    let mut image = DynamicImage::ImageRgb16(ImageBuffer::from_raw(width, height, rgb)?);
    image.apply_orientation(orientation);
    Picture::new(image.width(), image.height(), image.into_rgb16().into_raw())
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
