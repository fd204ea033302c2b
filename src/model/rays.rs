use glam::dvec2;

use super::PLUECKER;
use crate::camera::{Camera, Ray};

/// Where a camera looks through each patch of its picture, row by row: the Plücker coordinates of the ray through
/// the patch's middle, which are its direction `d`, normalised, and its moment `o x d`.
///
/// # Shapes
/// - result: `[rows * columns, 6]` of a grid of `side` patches each way
#[must_use]
pub fn patch_rays(camera: &Camera, side: usize) -> Vec<f32> {
    let patch_px = dvec2(camera.intrinsics.width.into(), camera.intrinsics.height.into()) / side as f64;
    let mut all = Vec::with_capacity(side * side * PLUECKER);
    for row in 0..side {
        for column in 0..side {
            let middle = dvec2(column as f64 + 0.5, row as f64 + 0.5) * patch_px;
            let Ray { origin, direction } = camera.ray(middle);
            let direction = direction.normalize();
            let moment = origin.cross(direction);
            all.extend(direction.to_array().into_iter().chain(moment.to_array()).map(|value| value as f32));
        }
    }
    all
}
