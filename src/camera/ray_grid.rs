use super::Camera;
use glam::dvec2;

/// The rays through the pixels of a picture, in f32: their directions are linear in the pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RayGrid {
    /// Pixels in a row.
    pub width: u32,
    /// Pixels in a column.
    pub height: u32,
    /// Where all of them begin.
    pub origin: [f32; 3],
    /// The direction through the first pixel's corner.
    pub corner: [f32; 3],
    /// What a pixel to the right adds.
    pub along_x: [f32; 3],
    /// What a pixel down adds.
    pub along_y: [f32; 3],
}

impl Camera {
    /// The rays of all pixels: see [`Camera::ray`].
    #[must_use]
    pub fn ray_grid(&self) -> RayGrid {
        let at = |x: f64, y: f64| self.ray(dvec2(x, y)).direction;
        let corner = at(0.0, 0.0);
        RayGrid {
            width: self.intrinsics.width,
            height: self.intrinsics.height,
            origin: self.world_from_camera.translation.as_vec3().to_array(),
            corner: corner.as_vec3().to_array(),
            along_x: (at(1.0, 0.0) - corner).as_vec3().to_array(),
            along_y: (at(0.0, 1.0) - corner).as_vec3().to_array(),
        }
    }
}

impl RayGrid {
    /// Origin and direction of the ray through a point, in pixels.
    #[must_use]
    pub fn ray(&self, x: f32, y: f32) -> [f32; 6] {
        let [ox, oy, oz] = self.origin;
        let [dx, dy, dz] =
            [0, 1, 2].map(|axis| self.corner[axis] + x * self.along_x[axis] + y * self.along_y[axis]);
        [ox, oy, oz, dx, dy, dz]
    }

    /// The ray through the middle of a pixel.
    #[must_use]
    pub fn pixel(&self, x: u32, y: u32) -> [f32; 6] {
        self.ray(x as f32 + 0.5, y as f32 + 0.5)
    }
}
