use glam::Vec3;

use super::VolumeMode;
use crate::camera::{Orbit, RayGrid};
use crate::field::{Bake, Sampling, Traced};
use crate::render::error_color;

/// One pixel: red, green, blue, sRGB-encoded and multiplied by alpha, and alpha.
#[must_use]
pub fn shaded(
    mode: VolumeMode,
    traced: &Traced,
    ray: &[f32; 6],
    place: &Orbit,
    sampling: &Sampling,
    bake: &Bake,
) -> [u8; 4] {
    let Traced { seen, evaluated } = traced;
    let alpha = seen.alpha.clamp(0.0, 1.0);
    match mode {
        VolumeMode::Color => pixel(seen.color, alpha),
        VolumeMode::Depth => {
            let share = (seen.depth - sampling.near) / (sampling.far - sampling.near);
            pixel(mapped(1.0 - share).map(|value| value * alpha), alpha)
        }
        VolumeMode::Normal => {
            // The mean depth of what is seen; what is seen through lies at the far end.
            let depth =
                if alpha > 0.0 { (seen.depth - (1.0 - alpha) * sampling.far) / alpha } else { seen.depth };
            let point = [0, 1, 2].map(|axis| ray[axis] + depth * ray[3 + axis]);
            let normal = place.rotation.as_quat().inverse() * Vec3::from(bake.normal(point));
            pixel(((normal + 1.0) / 2.0 * alpha).to_array(), alpha)
        }
        VolumeMode::Opacity => pixel([alpha; 3], 1.0),
        VolumeMode::Samples => pixel(mapped(*evaluated as f32 / sampling.samples.max(1) as f32), 1.0),
    }
}

fn mapped(value: f32) -> [f32; 3] {
    error_color(value).map(|channel| f32::from(channel) / 255.0)
}

fn pixel(color: [f32; 3], alpha: f32) -> [u8; 4] {
    let [r, g, b] = color;
    [r, g, b, alpha].map(|value| (value.clamp(0.0, 1.0) * 255.0).round() as u8)
}

/// The rays of a rectangle of pixels, row by row.
pub(super) fn rays_of(rays: &RayGrid, [x0, y0, x1, y1]: [u32; 4]) -> Vec<[f32; 6]> {
    (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y))).map(|(x, y)| rays.pixel(x, y)).collect()
}
