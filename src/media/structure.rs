//! What is checked before a decoder sees the bytes, because the decoder would not notice, or would reserve
//! what a lying header asks for.

use super::{Content, MediaError};
use crate::limits;

pub(super) const ENDS_EARLY: &str = "the file ends too early";

/// A pixel counts as at least this many bytes towards the limit, however few its decoder delivers: a
/// [`Picture`](super::Picture) has six, so that a small grey file could become a large one in memory.
const LEAST_PIXEL_BYTES: u64 = 4;

/// # Errors
/// [`MediaError::Damaged`] or [`MediaError::TooLarge`].
pub(super) fn check(content: Content, bytes: &[u8]) -> Result<(), MediaError> {
    let damaged = |reason: &str| MediaError::Damaged { content, reason: reason.into() };
    match content {
        Content::Jpeg => check_jpeg(bytes),
        Content::WebP if !is_webp_complete(bytes) => Err(damaged(ENDS_EARLY)),
        // Its decoder has limits of its own and calls what is above them damaged.
        Content::Qoi => match [4, 8].map(|at| u32_be(bytes, at)) {
            [Some(width), Some(height)] => check_size(content, width, height, 3),
            _ => Err(damaged(ENDS_EARLY)),
        },
        Content::Exr => check_exr(bytes).unwrap_or_else(|| Err(damaged("its header cannot be read"))),
        _ => Ok(()),
    }
}

/// # Errors
/// [`MediaError::TooLarge`] beyond the limits, [`MediaError::Damaged`] without a pixel.
pub(super) fn check_size(
    content: Content,
    width: u32,
    height: u32,
    pixel_bytes: u8,
) -> Result<(), MediaError> {
    if width == 0 || height == 0 {
        return Err(MediaError::Damaged { content, reason: "it has no pixels".into() });
    }
    let bytes = u64::from(width) * u64::from(height) * u64::from(pixel_bytes).max(LEAST_PIXEL_BYTES);
    if width.max(height) > limits::IMAGE_SIDE_PX || bytes > limits::IMAGE_DECODED_BYTES {
        return Err(MediaError::TooLarge { content, width, height });
    }
    Ok(())
}

fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|two| u16::from_be_bytes(*two))
}

fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_be_bytes(*four))
}

fn u32_le(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|four| u32::from_le_bytes(*four))
}

/// The marker that ends a picture must follow its first scan, and the file be long enough for its blocks of 8
/// by 8 pixels, which take a bit each at least: the decoder fills what is missing with grey.
fn check_jpeg(bytes: &[u8]) -> Result<(), MediaError> {
    const STUFFED: u8 = 0x00;
    const FILL: u8 = 0xff;
    const SCAN: u8 = 0xda;
    const END: u8 = 0xd9;
    let incomplete = || MediaError::Damaged { content: Content::Jpeg, reason: ENDS_EARLY.into() };
    let mut at = 2;
    let mut num_scans = 0;
    // Inside a scan, 0xff is data if 0 follows; elsewhere markers follow segment by segment.
    while let Some(&[first, marker]) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        if first != 0xff || matches!(marker, STUFFED | FILL) {
            at += 1;
            continue;
        }
        match marker {
            END if num_scans > 0 => return Ok(()),
            // Restarts, and the start of a picture, have no length.
            0xd0..=0xd9 | 0x01 => at += 2,
            _ => {
                let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
                let [len, height, width] = [2, 5, 7].map(|offset| u16_be(bytes, at + offset).unwrap_or(0));
                // A height of 0 is told after the first scan.
                if is_frame && height > 0 {
                    check_size(Content::Jpeg, width.into(), height.into(), 3)?;
                    let num_blocks = usize::from(width).div_ceil(8) * usize::from(height).div_ceil(8);
                    if num_blocks / 8 > bytes.len() {
                        return Err(incomplete());
                    }
                }
                num_scans += usize::from(marker == SCAN);
                at += 2 + usize::from(len);
            }
        }
    }
    Err(incomplete())
}

/// Whether every chunk lies within the file: the decoder reserves what a chunk claims.
fn is_webp_complete(bytes: &[u8]) -> bool {
    let Some(riff_len) = u32_le(bytes, 4) else { return false };
    let end = 8 + riff_len as usize;
    let mut at = 12;
    while at + 8 <= end.min(bytes.len()) {
        let Some(len) = u32_le(bytes, at + 4) else { return false };
        at += 8 + len as usize;
        if at > bytes.len() {
            return false;
        }
        at += len as usize & 1;
    }
    at > 12 && end <= bytes.len() + 1
}

/// What a header of an EXR file says about memory.
#[derive(Default)]
struct ExrPart {
    /// Width and height, the larger of the data and display windows.
    size: (u64, u64),
    /// Of a tile; of 32 scan lines where there are no tiles.
    block_pixels: u64,
    pixel_bytes: u64,
}

/// `None` if there is no well-formed header.
fn check_exr(bytes: &[u8]) -> Option<Result<(), MediaError>> {
    const MULTIPART: u32 = 0x1000;
    let is_multipart = u32_le(bytes, 4)? & MULTIPART != 0;
    let mut rest = bytes.get(8..)?;
    loop {
        let part = exr_part(&mut rest)?;
        let (width, height) = part.size;
        let block_bytes = part.block_pixels.max(width.saturating_mul(32)).saturating_mul(part.pixel_bytes);
        if width.max(height) > limits::IMAGE_SIDE_PX.into() || block_bytes > limits::IMAGE_DECODED_BYTES {
            let [width, height] = [width, height].map(|side| side.min(u32::MAX.into()) as u32);
            return Some(Err(MediaError::TooLarge { content: Content::Exr, width, height }));
        }
        // An empty header ends a list of parts.
        if !is_multipart || rest.first() == Some(&0) {
            return Some(Ok(()));
        }
    }
}

/// One header, attribute by attribute: a name, a type, a length, and the value.
fn exr_part(rest: &mut &[u8]) -> Option<ExrPart> {
    let mut part = ExrPart::default();
    loop {
        let name = until_zero(rest)?;
        if name.is_empty() {
            return Some(part);
        }
        until_zero(rest)?;
        let len = u32_le(rest, 0)? as usize;
        let value = rest.get(4..)?.get(..len)?;
        *rest = rest.get(4 + len..)?;
        match name {
            b"dataWindow" | b"displayWindow" => {
                let edge = |at: usize| u32_le(value, at).map(|bits| i64::from(bits as i32));
                let side = |from: i64, to: i64| to.checked_sub(from).map_or(0, |side| side.max(0) as u64 + 1);
                let (width, height) = (side(edge(0)?, edge(8)?), side(edge(4)?, edge(12)?));
                part.size = (part.size.0.max(width), part.size.1.max(height));
            }
            b"tiles" => part.block_pixels = u64::from(u32_le(value, 0)?) * u64::from(u32_le(value, 4)?),
            // Each channel takes 18 bytes at least, and its samples four at most.
            b"channels" => part.pixel_bytes = (len as u64).div_ceil(18) * 4,
            _ => {}
        }
    }
}

fn until_zero<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let end = rest.iter().take(256).position(|&byte| byte == 0)?;
    let (text, after) = rest.split_at(end);
    *rest = after.get(1..)?;
    Some(text)
}
