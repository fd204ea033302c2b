//! Formats that Pillow does not write, encoded here from a formula and read back.

use std::io::Cursor;

use hyperscope::media::{Content, Picture, decode, linear_from_srgb, srgb_from_linear};
use image::codecs::hdr::HdrEncoder;
use image::codecs::openexr::OpenExrEncoder;
use image::codecs::qoi::QoiEncoder;
use image::{ExtendedColorType, ImageEncoder, Rgb};

use crate::{BACKGROUND, difference, ramp};

const SIZE: (u32, u32) = (19, 11);

/// An EXR file of these linear values, with as many channels as the color type says.
fn exr(values: &[f32], color: ExtendedColorType) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    OpenExrEncoder::new(&mut out).write_image(bytemuck::cast_slice(values), SIZE.0, SIZE.1, color).unwrap();
    out.into_inner()
}

fn linear(picture: &Picture) -> Vec<f32> {
    picture.to_f32().into_iter().map(linear_from_srgb).collect()
}

#[test]
fn the_srgb_curve_is_its_own_inverse_and_known_points_fit() {
    for step in -50..=300 {
        let value = step as f32 / 200.0;
        assert!((srgb_from_linear(linear_from_srgb(value)) - value).abs() < 2e-6, "{value}");
    }
    // IEC 61966-2-1: middle grey of 18 % is 118 of 255, and the ends stay.
    assert!((srgb_from_linear(0.18) * 255.0 - 117.64).abs() < 0.05);
    assert_eq!(srgb_from_linear(0.0).to_bits(), 0);
    assert!((srgb_from_linear(1.0) - 1.0).abs() < 1e-6);
}

#[test]
fn qoi_is_read_exactly() {
    let picture = ramp(SIZE.0, SIZE.1);
    let mut bytes = Vec::new();
    QoiEncoder::new(&mut bytes)
        .write_image(&picture.to_rgb8(), SIZE.0, SIZE.1, ExtendedColorType::Rgb8)
        .unwrap();
    assert_eq!(Content::of(&bytes), Content::Qoi);
    assert_eq!(decode(&bytes, BACKGROUND).unwrap().to_rgb8(), picture.to_rgb8());
}

#[test]
fn qoi_with_alpha_is_laid_on_the_background() {
    let rgba = [200, 100, 0, 0].repeat((SIZE.0 * SIZE.1) as usize);
    let mut bytes = Vec::new();
    QoiEncoder::new(&mut bytes).write_image(&rgba, SIZE.0, SIZE.1, ExtendedColorType::Rgba8).unwrap();
    assert_eq!(decode(&bytes, BACKGROUND).unwrap().to_rgb8()[..3], BACKGROUND);
}

#[test]
fn exr_is_linear_light() {
    let picture = ramp(SIZE.0, SIZE.1);
    let bytes = exr(&linear(&picture), ExtendedColorType::Rgb32F);
    assert_eq!(Content::of(&bytes), Content::Exr);
    let (most, _) = difference(&decode(&bytes, BACKGROUND).unwrap(), &picture.to_f32());
    assert!(most < 2e-5, "{most}");
}

#[test]
fn exr_beyond_the_range_is_clamped_and_what_is_no_number_is_black() {
    let mut values = vec![0.5f32; (SIZE.0 * SIZE.1 * 3) as usize];
    values[..6].copy_from_slice(&[7.0, f32::INFINITY, -1.0, f32::NAN, f32::NEG_INFINITY, 1.0]);
    let picture = decode(&exr(&values, ExtendedColorType::Rgb32F), BACKGROUND).unwrap();
    assert_eq!(picture.rgb()[..6], [65535, 65535, 0, 0, 0, 65535]);
}

#[test]
fn exr_colours_are_multiplied_by_their_alpha() {
    let (colour, alpha) = (0.25f32, 0.5f32);
    let values = [colour * alpha, colour * alpha, colour * alpha, alpha].repeat((SIZE.0 * SIZE.1) as usize);
    let picture = decode(&exr(&values, ExtendedColorType::Rgba32F), [0; 3]).unwrap();
    let expected = srgb_from_linear(colour) * alpha;
    assert!((picture.to_f32()[0] - expected).abs() < 2e-5);
}

#[test]
fn radiance_is_linear_light() {
    let picture = ramp(SIZE.0, SIZE.1);
    let pixels: Vec<Rgb<f32>> = linear(&picture).as_chunks().0.iter().map(|&pixel| Rgb(pixel)).collect();
    let mut bytes = Vec::new();
    HdrEncoder::new(&mut bytes).encode(&pixels, SIZE.0 as usize, SIZE.1 as usize).unwrap();
    assert_eq!(Content::of(&bytes), Content::Hdr);
    let decoded = linear(&decode(&bytes, BACKGROUND).unwrap());
    // The format has 8 bits for each colour, next to the exponent of the brightest.
    for (pixel, found) in pixels.iter().zip(decoded.as_chunks::<3>().0) {
        let step = pixel.0.iter().copied().fold(0.0, f32::max) / 127.0;
        for (expected, found) in pixel.0.iter().zip(found) {
            assert!((expected - found).abs() <= step + 1e-4, "{expected}, not {found}");
        }
    }
    let text = String::from_utf8_lossy(&bytes[..11]).into_owned();
    assert_eq!(text, "#?RADIANCE\n");
    bytes.splice(..10, *b"#?RGBE");
    assert_eq!(linear(&decode(&bytes, BACKGROUND).unwrap()), decoded);
}
