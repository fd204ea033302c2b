//! Meshes to pictures, on the CPU: a depth buffer, several samples a pixel, flat shading by a soft fixed light.

use glam::{DVec2, DVec3, Vec2, Vec3, Vec4};

use super::mesh::{AlphaMode, Material, Mesh, Triangle};
use crate::camera::{Camera, Intrinsics};
use crate::media::srgb_from_linear;

/// Samples of a pixel along each axis.
const SAMPLES: u32 = 3;
/// Light from everywhere, more of it from above (z), and from one side.
const AMBIENT: f64 = 0.5;
const SKY: f64 = 0.15;
const KEY: f64 = 0.45;
const KEY_FROM: DVec3 = DVec3::new(0.48, 0.36, 0.8);

/// What a camera sees of a mesh: `[height, width, 4]`, sRGB-encoded, 8 bits, colours not multiplied by alpha, as PNG
/// has them. Surfaces have two sides, light does not depend on where one looks from, and nothing casts a shadow.
pub(super) fn draw(mesh: &Mesh, camera: &Camera) -> Vec<u8> {
    let Intrinsics { width, height, .. } = camera.intrinsics;
    let fine = Camera { intrinsics: camera.intrinsics.resized(width * SAMPLES, height * SAMPLES), ..*camera };
    let mut canvas = Canvas::new(fine.intrinsics.width, fine.intrinsics.height);
    let is_blended = |triangle: &&Triangle| mesh.materials[triangle.material].alpha == AlphaMode::Blend;
    for triangle in mesh.triangles.iter().filter(|triangle| !is_blended(triangle)) {
        canvas.draw(triangle, &mesh.materials[triangle.material], &fine);
    }
    // What is seen through comes last, from back to front.
    let depth = |triangle: &Triangle| triangle.positions.iter().map(|at| fine.project(*at).1).sum::<f64>();
    let mut blended: Vec<(f64, &Triangle)> =
        mesh.triangles.iter().filter(is_blended).map(|triangle| (depth(triangle), triangle)).collect();
    blended.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    for (_, triangle) in blended {
        canvas.draw(triangle, &mesh.materials[triangle.material], &fine);
    }
    canvas.reduced()
}

struct Canvas {
    width: usize,
    height: usize,
    /// Encoded, multiplied by alpha.
    colors: Vec<Vec4>,
    depths: Vec<f64>,
}

/// A corner on the picture.
struct Corner {
    px: DVec2,
    depth: f64,
}

impl Canvas {
    fn new(width: u32, height: u32) -> Self {
        let (width, height) = (width as usize, height as usize);
        Self {
            width,
            height,
            colors: vec![Vec4::ZERO; width * height],
            depths: vec![f64::INFINITY; width * height],
        }
    }

    /// A triangle behind the camera, or partly so, is left out: datasets have none.
    fn draw(&mut self, triangle: &Triangle, material: &Material, camera: &Camera) {
        let corners = triangle.positions.map(|at| {
            let (px, depth) = camera.project(at);
            Corner { px, depth }
        });
        let [a, b, c] = &corners;
        let area = (b.px - a.px).perp_dot(c.px - a.px);
        if corners.iter().any(|corner| corner.depth <= 0.0) || area == 0.0 || !area.is_finite() {
            return;
        }
        let light = light(triangle, camera.world_from_camera.translation);
        let low = a.px.min(b.px).min(c.px).max(DVec2::ZERO);
        let high = a.px.max(b.px).max(c.px);
        let end = |value: f64, size: usize| (value.ceil().max(0.0) as usize).min(size);
        for y in low.y as usize..end(high.y, self.height) {
            for x in low.x as usize..end(high.x, self.width) {
                let at = DVec2::new(x as f64 + 0.5, y as f64 + 0.5);
                let shares = [
                    (b.px - at).perp_dot(c.px - at) / area,
                    (c.px - at).perp_dot(a.px - at) / area,
                    (a.px - at).perp_dot(b.px - at) / area,
                ];
                if shares.iter().any(|share| *share < 0.0) {
                    continue;
                }
                // Attributes are linear in space, and so are they over depth on the picture.
                let weights: [f64; 3] = std::array::from_fn(|corner| shares[corner] / corners[corner].depth);
                let depth = weights.iter().sum::<f64>().recip();
                let weights = weights.map(|weight| (weight * depth) as f32);
                self.put(
                    y * self.width + x,
                    depth,
                    &surface(triangle, material, weights),
                    material.alpha,
                    light,
                );
            }
        }
    }

    fn put(&mut self, index: usize, depth: f64, color: &Vec4, mode: AlphaMode, light: f32) {
        let alpha = match mode {
            AlphaMode::Mask(least) if color.w < least => return,
            AlphaMode::Opaque | AlphaMode::Mask(_) => 1.0,
            AlphaMode::Blend => color.w.clamp(0.0, 1.0),
        };
        if depth >= self.depths[index] {
            return;
        }
        if mode != AlphaMode::Blend {
            self.depths[index] = depth;
        }
        let encoded =
            color.truncate().to_array().map(|value| srgb_from_linear(value * light).clamp(0.0, 1.0));
        let own = (Vec3::from_array(encoded) * alpha).extend(alpha);
        self.colors[index] = own + self.colors[index] * (1.0 - alpha);
    }

    /// The mean of every pixel's samples.
    fn reduced(&self) -> Vec<u8> {
        let samples = SAMPLES as usize;
        let (width, height) = (self.width / samples, self.height / samples);
        let mut rgba = Vec::with_capacity(width * height * 4);
        for y in 0..height {
            for x in 0..width {
                let rows = y * samples..(y + 1) * samples;
                let own = rows.flat_map(|row| &self.colors[row * self.width + x * samples..][..samples]);
                let mean = own.sum::<Vec4>() / (samples * samples) as f32;
                let color = if mean.w > 0.0 { mean.truncate() / mean.w } else { Vec3::ZERO };
                rgba.extend(color.extend(mean.w).to_array().map(|value| (value * 255.0).round() as u8));
            }
        }
        rgba
    }
}

/// Linear colour and alpha of a point, from the shares of the corners.
fn surface(triangle: &Triangle, material: &Material, weights: [f32; 3]) -> Vec4 {
    let shared = weights.iter().zip(triangle.places).zip(triangle.colors);
    let (place, color) = shared.fold((Vec2::ZERO, Vec4::ZERO), |(place, color), ((weight, at), own)| {
        (place + at * *weight, color + own * *weight)
    });
    let texture = material.texture.as_ref().map_or(Vec4::ONE, |texture| texture.color(place));
    material.base_color * texture * color
}

/// What the side that is seen reflects.
fn light(triangle: &Triangle, eye: DVec3) -> f32 {
    let [a, b, c] = triangle.positions;
    let normal = (b - a).cross(c - a).normalize_or_zero();
    let normal = if normal.dot(eye - a) < 0.0 { -normal } else { normal };
    (AMBIENT + SKY * normal.z + KEY * normal.dot(KEY_FROM).max(0.0)) as f32
}
