use super::decode::decode_transparent;
use super::picture::eight_bits;
use super::resize::shrunk;
use super::{MediaError, Picture, resize};

/// A picture with its transparency, in 8 bits, colours multiplied by their alpha: laid on a background by
/// `color + (1 - alpha) background`, on sRGB-encoded values as browsers do.
#[derive(Clone, PartialEq, Eq)]
pub struct Cutout {
    width: u32,
    height: u32,
    /// `[height, width, 4]`, row-major.
    rgba: Vec<u8>,
}

impl Cutout {
    /// From its values, `[height, width, 4]`, colours multiplied by alpha; `None` if the length disagrees or a side
    /// is 0.
    #[must_use]
    pub fn new(width: u32, height: u32, rgba: Vec<u8>) -> Option<Self> {
        let len = (width as usize).checked_mul(height as usize)?.checked_mul(4)?;
        (len > 0 && rgba.len() == len).then_some(Self { width, height, rgba })
    }

    /// From a file's bytes: see [`decode`](super::decode()).
    ///
    /// # Errors
    /// As [`decode`](super::decode()).
    pub fn decode(bytes: &[u8]) -> Result<Self, MediaError> {
        let (width, height, rgba) = decode_transparent(bytes)?;
        Ok(Self { width, height, rgba })
    }

    /// A smaller one, its longer side at most `side_px`, its shape kept; itself if it is no larger.
    #[must_use]
    pub fn reduced(self, side_px: u32) -> Self {
        let (width, height) = shrunk(self.width, self.height, side_px);
        if (width, height) == (self.width, self.height) {
            return self;
        }
        // On black a pixel is `color * alpha`, on white `color * alpha + 1 - alpha`, and so it is of their means.
        let seen = |background: u8| resize(&self.on([background; 3]), width, height);
        let (black, white) = (seen(0), seen(255));
        let pixels = black.rgb().chunks_exact(3).zip(white.rgb().chunks_exact(3));
        let rgba = pixels.flat_map(|(black, white)| {
            let alpha = 65_535 - white[1].saturating_sub(black[1]);
            [black[0].min(alpha), black[1].min(alpha), black[2].min(alpha), alpha].map(eight_bits)
        });
        Self { width, height, rgba: rgba.collect() }
    }

    /// Pixels in a row.
    #[must_use]
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Pixels in a column.
    #[must_use]
    pub fn height(&self) -> u32 {
        self.height
    }

    /// `[height, width, 4]`, row-major, colours multiplied by alpha.
    #[must_use]
    pub fn rgba(&self) -> &[u8] {
        &self.rgba
    }

    /// Whether any pixel is not opaque.
    #[must_use]
    pub fn is_transparent(&self) -> bool {
        self.rgba.iter().skip(3).step_by(4).any(|alpha| *alpha < 255)
    }

    /// Laid on a colour (sRGB).
    #[must_use]
    pub fn on(&self, background: [u8; 3]) -> Picture {
        let rgb = self.rgba.chunks_exact(4).flat_map(|pixel| {
            let clear = 255 - u32::from(pixel[3]);
            [0, 1, 2].map(|channel| {
                let behind = (clear * u32::from(background[channel]) * 257 + 127) / 255;
                (u32::from(pixel[channel]) * 257 + behind).min(65_535) as u16
            })
        });
        Picture { width: self.width, height: self.height, rgb: rgb.collect() }
    }
}

impl std::fmt::Debug for Cutout {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cutout({}x{})", self.width, self.height)
    }
}
