/// The sRGB curve, from linear light to the encoded value (IEC 61966-2-1). Outside [0, 1] the curve goes on:
/// straight below, as a power above.
#[must_use]
pub fn srgb_from_linear(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

/// The sRGB curve backwards, from the encoded value to linear light; goes on outside [0, 1] likewise.
#[must_use]
pub fn linear_from_srgb(encoded: f32) -> f32 {
    if encoded <= 0.040_45 { encoded / 12.92 } else { ((encoded + 0.055) / 1.055).powf(2.4) }
}
