use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::F32x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};

use super::Picture;

/// Half the width of the kernel, in pixels of the coarser grid.
const KERNEL_RADIUS: f64 = 2.0;
/// Rows that are widened to floats at a time.
const STRIP_ROWS: usize = 256;

/// A stretch of one side, in pixels, and how many pixels it becomes.
#[derive(Clone, Copy)]
struct Stretch {
    from: f64,
    len: f64,
    out: u32,
}

/// A picture at another size: bicubic (Catmull-Rom), the kernel widened where it shrinks, so that nothing
/// aliases; between encoded values, as everyone does. A side of 0 counts as 1.
#[must_use]
pub fn resize(picture: &Picture, width: u32, height: u32) -> Picture {
    let (from_width, from_height) = (picture.width().into(), picture.height().into());
    resize_part(picture, 0.0, 0.0, from_width, from_height, width, height)
}

/// As [`resize`], of the part of a picture that begins at `(x, y)` and is `width` by `height` pixels large,
/// fractions allowed. What lies outside the picture is cut off.
#[must_use]
pub fn resize_part(
    picture: &Picture,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    out_width: u32,
    out_height: u32,
) -> Picture {
    let across = Stretch::within(x, width, picture.width(), out_width);
    let down = Stretch::within(y, height, picture.height(), out_height);
    resample(picture, across, down).unwrap_or_else(|| {
        // The part lies inside and the buffers have their sizes: nothing else is refused.
        tracing::error!("a part of {picture:?} could not be resized");
        picture.clone()
    })
}

/// A smaller copy of at most `side_px` a side, its shape kept; never enlarged.
#[must_use]
pub fn thumbnail(picture: &Picture, side_px: u32) -> Picture {
    let (width, height) = shrunk(picture.width(), picture.height(), side_px);
    resize(picture, width, height)
}

/// This size with the longer side at most `side_px`, the shape kept, no side below 1.
pub(super) fn shrunk(width: u32, height: u32, side_px: u32) -> (u32, u32) {
    let longer = width.max(height);
    if longer <= side_px {
        return (width, height);
    }
    let scale = f64::from(side_px.max(1)) / f64::from(longer);
    let side = |side: u32| ((f64::from(side) * scale).round() as u32).max(1);
    (side(width), side(height))
}

impl Stretch {
    /// Cut to the side that is there, and at least a thousandth of a pixel long.
    fn within(from: f64, len: f64, side: u32, out: u32) -> Self {
        const LEAST: f64 = 1e-3;
        let side = f64::from(side);
        let start = from.clamp(0.0, side - LEAST);
        // What is left of the side, rounded, never leads beyond it when it is added again.
        let len = ((from + len).max(start + LEAST) - start).min(side - start);
        Self { from: start, len, out: out.max(1) }
    }

    /// The pixels that the kernel reaches, of `side`.
    fn reached(self, side: u32) -> std::ops::Range<usize> {
        let reach = KERNEL_RADIUS * (self.len / f64::from(self.out)).max(1.0) + 1.0;
        let first = (self.from - reach).floor().max(0.0);
        let last = (self.from + self.len + reach).ceil().min(f64::from(side));
        first as usize..last as usize
    }
}

/// Across first, strip by strip, then down. Between the two the values stay floats and may lie outside the
/// range, where a bicubic kernel leads them at hard edges: cutting them off there would show.
fn resample(picture: &Picture, across: Stretch, down: Stretch) -> Option<Picture> {
    let width = picture.width();
    let rows = down.reached(picture.height());
    let row_len = width as usize * 3;
    let needed = picture.rgb().get(rows.start * row_len..rows.end * row_len)?;
    let mut resizer = Resizer::new();
    let mut narrow: Vec<F32x3> = Vec::with_capacity(rows.len() * across.out as usize);
    for strip in needed.chunks(row_len * STRIP_ROWS) {
        let height = (strip.len() / row_len) as u32;
        let pixels: Vec<F32x3> =
            strip.as_chunks().0.iter().map(|pixel: &[u16; 3]| F32x3::new(pixel.map(f32::from))).collect();
        let source = TypedImageRef::new(width, height, &pixels).ok()?;
        let mut target = TypedImage::<F32x3>::new(across.out, height);
        let options = bicubic().crop(across.from, 0.0, across.len, height.into());
        resizer.resize_typed(&source, &mut target, &options).ok()?;
        narrow.extend_from_slice(target.pixels());
    }
    let source = TypedImageRef::new(across.out, rows.len() as u32, &narrow).ok()?;
    let mut target = TypedImage::<F32x3>::new(across.out, down.out);
    let top = down.from - rows.start as f64;
    let height = down.len.min(rows.len() as f64 - top);
    let options = bicubic().crop(0.0, top, across.out.into(), height);
    resizer.resize_typed(&source, &mut target, &options).ok()?;
    let rgb = target.pixels().iter().flat_map(|pixel| pixel.0.map(|value| value.round() as u16)).collect();
    Picture::new(across.out, down.out, rgb)
}

fn bicubic() -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom))
}
