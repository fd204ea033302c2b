//! Pictures against Pillow, sounds against closed forms, what is refused, and folders of pictures.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests are not in test functions")]

#[path = "../common/mod.rs"]
mod common;
mod content;
mod folder;
mod forge;
mod formulas;
mod hostile;
mod objects;
mod pillow;
mod sizes;
mod sounds;
mod writing;

use hyperscope::media::Picture;

/// What transparent pixels are laid on, as in `golden/make_media.py`.
const BACKGROUND: [u8; 3] = [12, 200, 99];

/// The file beside the golden script.
fn file(name: &str) -> Vec<u8> {
    std::fs::read(common::golden("media").join(name)).unwrap()
}

/// The largest and the mean difference of two pictures, full scale being 1.
fn difference(one: &Picture, other: &[f32]) -> (f32, f32) {
    let one = one.to_f32();
    assert_eq!(one.len(), other.len());
    let gaps: Vec<f32> = one.iter().zip(other).map(|(a, b)| (a - b).abs()).collect();
    (gaps.iter().copied().fold(0.0, f32::max), gaps.iter().sum::<f32>() / gaps.len() as f32)
}

/// A ramp of colours that differs towards every side.
fn ramp(width: u32, height: u32) -> Picture {
    let (last_x, last_y) = ((width - 1).max(1) as f32, (height - 1).max(1) as f32);
    let pixel = |x: u32, y: u32| [x as f32 / last_x, y as f32 / last_y, 0.25 + 0.5 * x as f32 / last_x];
    let rgb: Vec<f32> = (0..height).flat_map(|y| (0..width).flat_map(move |x| pixel(x, y))).collect();
    Picture::from_f32(width, height, &rgb).unwrap()
}
