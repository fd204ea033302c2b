/// An opaque picture: sRGB-encoded values, 16 bits a channel, which holds 8- and 16-bit files exactly.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    /// `[height, width, 3]`, row-major.
    pub(super) rgb: Vec<u16>,
}

impl Picture {
    /// A picture from its values, `[height, width, 3]`; `None` if the length disagrees or a side is 0.
    #[must_use]
    pub fn new(width: u32, height: u32, rgb: Vec<u16>) -> Option<Self> {
        let len = (width as usize).checked_mul(height as usize)?.checked_mul(3)?;
        (len > 0 && rgb.len() == len).then_some(Self { width, height, rgb })
    }

    /// A picture from values in [0, 1], `[height, width, 3]`; what lies outside is clamped.
    #[must_use]
    pub fn from_f32(width: u32, height: u32, rgb: &[f32]) -> Option<Self> {
        let quantise = |value: &f32| (value.clamp(0.0, 1.0) * 65535.0).round() as u16;
        Self::new(width, height, rgb.iter().map(quantise).collect())
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

    /// `[height, width, 3]`, row-major, 0 to 65,535.
    #[must_use]
    pub fn rgb(&self) -> &[u16] {
        &self.rgb
    }

    /// Values in [0, 1], `[height, width, 3]`, row-major.
    #[must_use]
    pub fn to_f32(&self) -> Vec<f32> {
        self.rgb.iter().map(|&value| f32::from(value) / 65535.0).collect()
    }

    /// 8-bit values, `[height, width, 3]`.
    #[must_use]
    pub fn to_rgb8(&self) -> Vec<u8> {
        self.rgb.iter().map(|&value| eight_bits(value)).collect()
    }

    /// 8-bit values with an opaque alpha, `[height, width, 4]`, for the screen.
    #[must_use]
    pub fn to_rgba8(&self) -> Vec<u8> {
        let opaque = |p: &[u16]| [eight_bits(p[0]), eight_bits(p[1]), eight_bits(p[2]), 255];
        self.rgb.chunks_exact(3).flat_map(opaque).collect()
    }

    /// Left and right exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let rows = self.rgb.chunks_exact(self.width as usize * 3);
        let rgb = rows.flat_map(|row| row.rchunks_exact(3).flatten().copied()).collect();
        Self { width: self.width, height: self.height, rgb }
    }

    /// Its channels in another order: the one of number `order[i]` at place `i`, each below 3.
    #[must_use]
    pub fn with_channels(&self, order: [usize; 3]) -> Self {
        let rgb = self.rgb.chunks_exact(3).flat_map(|pixel| order.map(|channel| pixel[channel])).collect();
        Self { width: self.width, height: self.height, rgb }
    }
}

pub(super) fn eight_bits(value: u16) -> u8 {
    ((u32::from(value) + 128) / 257) as u8
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}x{})", self.width, self.height)
    }
}
