use std::f64::consts::TAU;

use glam::{DAffine3, DMat3};
use rand::{Rng, RngExt};

use super::RefineConfig;
use super::ray_gradient::RaySamples;
use super::reference::seen_through;
use crate::camera::Camera;
use crate::field::{FieldRecord, Tracer, sample_depths, spacings};
use crate::media::Picture;

/// Samples of a ray in a refine step.
const SAMPLES: usize = 48;
/// Places all around from which a field is looked at before it is refined, and the longer side of what is seen there.
const PLACES: usize = 12;
const SIDE_PX: u32 = 64;
/// How far above and below the given view's own height they are in turn, in radians.
const TILT: f64 = 0.4;

/// What an object's field is refined towards: the views that are given, and how it was seen from all around before.
///
/// A single view says nothing of the other sides, and steps towards it alone would let them go. So they are held to what
/// was predicted, as in learning without forgetting (Li and Hoiem, arXiv 1606.09282).
pub(super) struct ObjectRays {
    given: Vec<Seen>,
    recalled: Vec<Seen>,
    /// Part of the rays that are of recalled views.
    recalled_part: f64,
    depths: (f32, f32),
}

/// A camera in the field's own frame, and what it is to see.
struct Seen {
    camera: Camera,
    /// On white, `[height, width, 3]`
    colors: Vec<f32>,
}

impl ObjectRays {
    /// Views are on white, their cameras in the frame of the field; there is at least one.
    pub(super) fn new(
        record: &FieldRecord,
        depths: (f32, f32),
        views: &[(Picture, Camera)],
        config: &RefineConfig,
    ) -> Self {
        let given: Vec<Seen> = views
            .iter()
            .map(|(picture, camera)| {
                let intrinsics = camera.intrinsics.resized(picture.width(), picture.height());
                Seen { camera: Camera { intrinsics, ..*camera }, colors: picture.to_f32() }
            })
            .collect();
        let recalled = match given.first() {
            Some(first) if config.recalled_part > 0.0 => {
                let cameras: Vec<Camera> = all_around(&first.camera).collect();
                let seen = seen_through(record, &Tracer::of(record), cameras.iter());
                cameras.iter().zip(seen).map(|(camera, colors)| Seen { camera: *camera, colors }).collect()
            }
            _ => Vec::new(),
        };
        Self { given, recalled, recalled_part: config.recalled_part, depths }
    }

    /// Of the given views, the colours: `[height, width, 3]` each.
    pub(super) fn expected(&self) -> impl Iterator<Item = &[f32]> {
        self.given.iter().map(|seen| seen.colors.as_slice())
    }

    /// Rays through random pixels of random views, with jittered samples.
    pub(super) fn draw(&self, count: usize, random: &mut impl Rng) -> RaySamples {
        let (near, far) = self.depths;
        let even = sample_depths(near, far, SAMPLES);
        let jitter = (far - near) / SAMPLES as f32;
        let mut rays = RaySamples { samples: SAMPLES, ..RaySamples::default() };
        for _ in 0..count {
            let is_recalled = !self.recalled.is_empty() && random.random_bool(self.recalled_part);
            let views = if is_recalled { &self.recalled } else { &self.given };
            let Seen { camera, colors } = &views[random.random_range(0..views.len())];
            let (width, height) = (camera.intrinsics.width, camera.intrinsics.height);
            let (x, y) = (random.random_range(0..width), random.random_range(0..height));
            let ray = camera.pixel_ray(x, y).to_f32();
            let depths: Vec<f32> = even.iter().map(|depth| depth + jitter * random.random::<f32>()).collect();
            rays.points.extend(
                depths.iter().flat_map(|depth| [0, 1, 2].map(|axis| ray[axis] + depth * ray[3 + axis])),
            );
            rays.spacings.extend(spacings(&depths));
            let pixel = (y * width + x) as usize;
            rays.targets.extend_from_slice(&colors[3 * pixel..][..3]);
        }
        rays
    }
}

/// Cameras like this one all around the origin, turned about the axis that is upwards in its picture.
fn all_around(camera: &Camera) -> impl Iterator<Item = Camera> {
    let own = camera.world_from_camera.matrix3;
    let size = camera.intrinsics;
    let longer = f64::from(size.width.max(size.height).max(1));
    let side = |pixels: u32| (f64::from(pixels * SIDE_PX) / longer).round().max(1.0) as u32;
    let intrinsics = size.resized(side(size.width), side(size.height));
    (0..PLACES).map(move |place| {
        let turn = DMat3::from_rotation_y(TAU * (place as f64 + 0.5) / PLACES as f64);
        let tilt = DMat3::from_rotation_x(if place % 2 == 0 { TILT } else { -TILT });
        let moved = DAffine3::from_mat3(own * turn * tilt * own.transpose());
        Camera { world_from_camera: moved * camera.world_from_camera, intrinsics }
    })
}
