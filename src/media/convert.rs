use image::ColorType;

use super::icc::ToSrgb;
use super::picture::eight_bits;
use super::srgb_from_linear;

/// Full scale of a 16-bit value.
const FULL: u32 = 65535;

/// Turns pixels as decoders deliver them into sRGB, row by row.
pub(super) struct Converter {
    channels: usize,
    sample: Sample,
    profile: Option<ToSrgb>,
    is_premultiplied: bool,
}

/// One value of one channel, in native byte order.
#[derive(Clone, Copy, PartialEq)]
enum Sample {
    U8,
    U16,
    /// Linear light.
    F32,
}

impl Converter {
    /// `None` for a kind of pixels that is not known here. `is_premultiplied` matters for floats only, a
    /// profile for integers only.
    pub(super) fn new(color: ColorType, profile: Option<ToSrgb>, is_premultiplied: bool) -> Option<Self> {
        let sample = match color {
            ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8 => Sample::U8,
            ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => Sample::U16,
            ColorType::Rgb32F | ColorType::Rgba32F => Sample::F32,
            _ => return None,
        };
        let channels = usize::from(color.channel_count());
        let profile = profile.filter(|profile| sample != Sample::F32 && profile.fits(channels));
        Some(Self { channels, sample, profile, is_premultiplied })
    }

    /// Bytes of a pixel as the decoder delivers it.
    fn pixel_bytes(&self) -> usize {
        let sample_bytes = match self.sample {
            Sample::U8 => 1,
            Sample::U16 => 2,
            Sample::F32 => 4,
        };
        self.channels * sample_bytes
    }

    /// Opaque pixels of 16 bits: on a background (sRGB), or, without one, what transparent pixels hide.
    ///
    /// # Shapes
    /// - what `fill` writes: the bytes of `[height, width, channels]`
    /// - result: `[height, width, 3]`
    pub(super) fn opaque<E>(
        &self,
        width: usize,
        height: usize,
        background: Option<[u8; 3]>,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Vec<u16>, E> {
        let background = background.map(|color| color.map(|value| u16::from(value) * 257));
        let num_values = width * height * 3;
        let raw_bytes = width * height * self.pixel_bytes();
        let mut rgb = vec![0u16; num_values.max(raw_bytes.div_ceil(2))];
        self.convert(width, 6, bytemuck::cast_slice_mut(&mut rgb), raw_bytes, fill, |samples, out| {
            let out: &mut [u16] = bytemuck::cast_slice_mut(out);
            self.spread(samples, out);
            if let Some(background) = background {
                self.composite(samples, background, out);
            }
        })?;
        rgb.truncate(num_values);
        Ok(rgb)
    }

    /// Pixels of 8 bits, colours multiplied by their alpha.
    ///
    /// # Shapes
    /// - what `fill` writes: the bytes of `[height, width, channels]`
    /// - result: `[height, width, 4]`
    pub(super) fn transparent<E>(
        &self,
        width: usize,
        height: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
    ) -> Result<Vec<u8>, E> {
        let num_values = width * height * 4;
        let raw_bytes = width * height * self.pixel_bytes();
        let mut rgba = vec![0; num_values.max(raw_bytes)];
        let mut rgb = vec![0; width * 3];
        self.convert(width, 4, &mut rgba, raw_bytes, fill, |samples, out| {
            self.spread(samples, &mut rgb);
            self.composite(samples, [0; 3], &mut rgb);
            let pixels = out.as_chunks_mut().0.iter_mut().zip(rgb.as_chunks().0);
            for ((out, &[red, green, blue]), own) in pixels.zip(samples.chunks_exact(self.channels)) {
                let alpha = if self.has_alpha() { own[self.channels - 1] } else { u16::MAX };
                *out = [red, green, blue, alpha].map(eight_bits);
            }
        })?;
        rgba.truncate(num_values);
        Ok(rgba)
    }

    /// Have `fill` write the decoder's pixels to the end of a buffer, and `write` turn them row by row into pixels of
    /// `out_bytes` at its beginning: a large picture need not be in memory twice. The buffer is as long as the longer of
    /// the two.
    fn convert<E>(
        &self,
        width: usize,
        out_bytes: usize,
        buffer: &mut [u8],
        raw_bytes: usize,
        fill: impl FnOnce(&mut [u8]) -> Result<(), E>,
        mut write: impl FnMut(&[u16], &mut [u8]),
    ) -> Result<(), E> {
        // Rows grow or shrink on their way, and either way what is written never overtakes what is still to be read.
        let start = buffer.len() - raw_bytes;
        fill(&mut buffer[start..])?;
        let row_bytes = width * self.pixel_bytes();
        let mut raw = vec![0; row_bytes];
        let mut samples = Vec::with_capacity(width * self.channels);
        for row in 0..raw_bytes / row_bytes.max(1) {
            raw.copy_from_slice(&buffer[start + row * row_bytes..][..row_bytes]);
            samples.clear();
            self.unify(&raw, &mut samples);
            write(&samples, &mut buffer[row * width * out_bytes..][..width * out_bytes]);
        }
        Ok(())
    }

    fn has_alpha(&self) -> bool {
        matches!(self.channels, 2 | 4)
    }

    /// Every sample as 16 bits, colours encoded.
    fn unify(&self, row: &[u8], samples: &mut Vec<u16>) {
        match self.sample {
            Sample::U8 => samples.extend(row.iter().map(|&value| u16::from(value) * 257)),
            Sample::U16 => samples.extend(row.as_chunks().0.iter().map(|&bytes| u16::from_ne_bytes(bytes))),
            Sample::F32 => {
                let values = row.as_chunks().0.iter().map(|&bytes| f32::from_ne_bytes(bytes));
                let values: Vec<f32> = values.collect();
                for pixel in values.chunks_exact(self.channels) {
                    let alpha = pixel.get(3).map_or(1.0, |alpha| alpha.clamp(0.0, 1.0));
                    let scale = if self.is_premultiplied && alpha > 0.0 { 1.0 / alpha } else { 1.0 };
                    samples.extend(pixel[..3].iter().map(|value| quantise(srgb_from_linear(value * scale))));
                    if self.has_alpha() {
                        samples.push(quantise(alpha));
                    }
                }
            }
        }
    }

    /// Three colours a pixel in sRGB, without alpha.
    fn spread(&self, samples: &[u16], rgb: &mut [u16]) {
        for (pixel, out) in samples.chunks_exact(self.channels).zip(rgb.as_chunks_mut().0) {
            *out = match *pixel {
                [red, green, blue, ..] => [red, green, blue],
                [grey, ..] => [grey; 3],
                [] => [0; 3],
            };
        }
        if let Some(profile) = &self.profile {
            profile.apply(rgb);
        }
    }

    /// Lay the colours on a background, mixing encoded values; what has no alpha stays as it is.
    fn composite(&self, samples: &[u16], background: [u16; 3], rgb: &mut [u16]) {
        if !self.has_alpha() {
            return;
        }
        for (pixel, out) in samples.chunks_exact(self.channels).zip(rgb.chunks_exact_mut(3)) {
            let alpha = pixel.last().map_or(FULL, |&alpha| u32::from(alpha));
            for (value, behind) in out.iter_mut().zip(background) {
                let sum = u32::from(*value) * alpha + u32::from(behind) * (FULL - alpha);
                // At most 65535^2 + 32767, which is below 2^32.
                *value = ((sum + FULL / 2) / FULL) as u16;
            }
        }
    }
}

/// What is not a number becomes 0.
fn quantise(value: f32) -> u16 {
    (value.clamp(0.0, 1.0) * FULL as f32).round() as u16
}
