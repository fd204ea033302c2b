//! The colour map of differences: from black over violet and orange to a pale yellow.

use std::f32::consts::PI;

/// Stops of the map; colours in between are linear in the encoded values.
pub(super) const NUM_STOPS: usize = 33;

/// Violet, in degrees of Oklab hue.
const FIRST_HUE: f32 = 285.0;
/// Yellow, a turn and 105 degrees.
const LAST_HUE: f32 = 465.0;

/// sRGB-encoded colours at equal steps. Lightness rises linearly in Oklab
/// (<https://bottosson.github.io/posts/oklab/>), so that equal differences look equally far apart, also
/// without colour.
pub(super) fn stops() -> [[f32; 3]; NUM_STOPS] {
    std::array::from_fn(|index| {
        let share = index as f32 / (NUM_STOPS - 1) as f32;
        let lightness = 0.10 + 0.86 * share;
        let chroma = 0.02 + 0.19 * (PI * share.powf(0.85)).sin().max(0.0).powf(0.9) * (1.0 - 0.15 * share);
        let hue = (FIRST_HUE + (LAST_HUE - FIRST_HUE) * share).to_radians();
        linear_from_oklab(lightness, chroma * hue.cos(), chroma * hue.sin()).map(encode)
    })
}

/// The colour of a difference, sRGB, 0 to 255; `value` is clamped to [0, 1]. The error view of
/// [`ImagePass`](super::ImagePass) shows the mean difference times its scale in these colours.
#[must_use]
pub fn error_color(value: f32) -> [u8; 3] {
    let stops = stops();
    let place = value.clamp(0.0, 1.0) * (NUM_STOPS - 1) as f32;
    let stop = (place as usize).min(NUM_STOPS - 2);
    let share = place - stop as f32;
    std::array::from_fn(|channel| {
        let (low, high) = (stops[stop][channel], stops[stop + 1][channel]);
        ((low + (high - low) * share) * 255.0).round() as u8
    })
}

fn linear_from_oklab(lightness: f32, a: f32, b: f32) -> [f32; 3] {
    let l = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let m = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let s = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * l - 3.307_711_6 * m + 0.230_969_94 * s,
        -1.268_438 * l + 2.609_757_4 * m - 0.341_319_4 * s,
        -0.004_196_086_3 * l - 0.703_418_6 * m + 1.707_614_7 * s,
    ]
}

fn encode(linear: f32) -> f32 {
    let linear = linear.clamp(0.0, 1.0);
    if linear <= 0.003_130_8 { 12.92 * linear } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lightness_rises_all_the_way() {
        let luma = |color: [u8; 3]| {
            0.2126 * f32::from(color[0]) + 0.7152 * f32::from(color[1]) + 0.0722 * f32::from(color[2])
        };
        let lumas: Vec<f32> = (0..=64).map(|index| luma(error_color(index as f32 / 64.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[1] >= pair[0]), "{lumas:?}");
        assert!(lumas[0] < 8.0 && lumas[64] > 220.0);
    }

    #[test]
    fn values_outside_are_clamped() {
        assert_eq!(error_color(-1.0), error_color(0.0));
        assert_eq!(error_color(7.0), error_color(1.0));
    }
}
