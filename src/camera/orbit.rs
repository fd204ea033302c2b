use std::f64::consts::{FRAC_PI_2, PI};

use glam::{DAffine3, DMat3, DQuat, DVec2, DVec3, dvec2, dvec3};

use super::{CANONICAL_DISTANCE, Camera, Intrinsics};

/// Momentum falls to a third in this time, in seconds.
const MOMENTUM_SECS: f64 = 0.25;
/// What turns slower stands still, in radians a second.
const STILL: f64 = 0.02;

/// A camera that is moved around an object, in its view-centred frame: any orientation, so that there are no poles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orbit {
    /// Camera axes in the world: x right, y up, looking along -z.
    pub rotation: DQuat,
    /// What is orbited.
    pub target: DVec3,
    /// From the target to the camera.
    pub distance: f64,
    /// Angle of view across the picture's shorter side, in degrees.
    pub fov_deg: f64,
}

/// A place that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedView {
    /// Where the input camera stands.
    Front,
    /// Behind the object.
    Back,
    /// At the left of the input camera.
    Left,
    /// At its right.
    Right,
    /// Above.
    Top,
    /// Below.
    Bottom,
}

impl NamedView {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Front, Self::Back, Self::Left, Self::Right, Self::Top, Self::Bottom];

    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Front => "Front",
            Self::Back => "Back",
            Self::Left => "Left",
            Self::Right => "Right",
            Self::Top => "Top",
            Self::Bottom => "Bottom",
        }
    }

    /// Azimuth to the right of the input camera and elevation above it, in radians.
    #[must_use]
    pub fn angles(self) -> (f64, f64) {
        match self {
            Self::Front => (0.0, 0.0),
            Self::Back => (PI, 0.0),
            Self::Left => (-FRAC_PI_2, 0.0),
            Self::Right => (FRAC_PI_2, 0.0),
            Self::Top => (0.0, FRAC_PI_2),
            Self::Bottom => (0.0, -FRAC_PI_2),
        }
    }
}

impl Orbit {
    /// The nearest and the farthest from the target.
    pub const DISTANCES: (f64, f64) = (0.2, 50.0);
    /// The narrowest and the widest angle of view, in degrees.
    pub const FOVS_DEG: (f64, f64) = (5.0, 120.0);

    /// Where the input camera of a plain picture stands, whose focal length is so many times the picture's width.
    #[must_use]
    pub fn canonical(focal: f64) -> Self {
        let fov_deg = 2.0 * (0.5 / focal).atan().to_degrees();
        Self { rotation: DQuat::IDENTITY, target: DVec3::ZERO, distance: CANONICAL_DISTANCE, fov_deg }
    }

    /// Where a camera stands, about the point of its optical axis that is nearest to the origin; as wide as its shorter
    /// side, about the middle of its picture.
    #[must_use]
    pub fn of_camera(camera: &Camera) -> Self {
        let DAffine3 { matrix3, translation: eye } = camera.world_from_camera;
        let (least, most) = Self::DISTANCES;
        let distance = eye.dot(matrix3.z_axis).clamp(least, most);
        let Intrinsics { width, height, focal_px, .. } = camera.intrinsics;
        let (side, focal) = if width <= height { (width, focal_px.x) } else { (height, focal_px.y) };
        let fov_deg = 2.0 * (f64::from(side) / 2.0 / focal).atan().to_degrees();
        Self {
            rotation: DQuat::from_mat3(&matrix3).normalize(),
            target: eye - matrix3.z_axis * distance,
            distance,
            fov_deg: 0.0,
        }
        .with_fov(fov_deg)
    }

    /// Looking at the target from the side: see [`Camera::orbiting`]. Radians.
    #[must_use]
    pub fn seen_from(self, azimuth: f64, elevation: f64) -> Self {
        let rotation = DQuat::from_rotation_y(azimuth) * DQuat::from_rotation_x(-elevation);
        Self { rotation, ..self }
    }

    /// Where the camera is.
    #[must_use]
    pub fn eye(&self) -> DVec3 {
        self.target + self.rotation * dvec3(0.0, 0.0, self.distance)
    }

    /// The camera, with a picture of so many pixels.
    #[must_use]
    pub fn camera(&self, width: u32, height: u32) -> Camera {
        let size = dvec2(width.into(), height.into());
        let intrinsics = Intrinsics {
            width,
            height,
            focal_px: DVec2::splat(self.focal_px(size)),
            principal_px: size / 2.0,
        };
        let turn = DMat3::from_quat(self.rotation);
        Camera { world_from_camera: DAffine3::from_mat3_translation(turn, self.eye()), intrinsics }
    }

    /// How much farther the origin lies along the optical axis than from the canonical place.
    #[must_use]
    pub fn depth_offset(&self) -> f64 {
        let axis = self.rotation * DVec3::NEG_Z;
        axis.dot(-self.eye()) - CANONICAL_DISTANCE
    }

    fn focal_px(&self, size_px: DVec2) -> f64 {
        size_px.min_element().max(1.0) / 2.0 / (self.fov_deg.to_radians() / 2.0).tan()
    }

    /// Turned about the target by radians: the object follows the hand to the right and down.
    #[must_use]
    pub fn turned(self, right: f64, down: f64) -> Self {
        let turn = DQuat::from_rotation_y(-right) * DQuat::from_rotation_x(-down);
        Self { rotation: (self.rotation * turn).normalize(), ..self }
    }

    /// Looking elsewhere from where the camera is, by radians to the right and down.
    #[must_use]
    pub fn looking(self, right: f64, down: f64) -> Self {
        let eye = self.eye();
        let turn = DQuat::from_rotation_y(-right) * DQuat::from_rotation_x(-down);
        let rotation = (self.rotation * turn).normalize();
        Self { rotation, target: eye - rotation * dvec3(0.0, 0.0, self.distance), ..self }
    }

    /// Carried around the world's y axis.
    #[must_use]
    pub fn carried(self, angle: f64) -> Self {
        let turn = DQuat::from_rotation_y(angle);
        Self { rotation: (turn * self.rotation).normalize(), target: turn * self.target, ..self }
    }

    /// Moved sideways, so that what is as far away as the target follows a drag of so many pixels.
    #[must_use]
    pub fn panned(self, delta_px: DVec2, size_px: DVec2) -> Self {
        let scale = self.distance / self.focal_px(size_px);
        let by = self.rotation * dvec3(-delta_px.x * scale, delta_px.y * scale, 0.0);
        Self { target: self.target + by, ..self }
    }

    /// Nearer by a factor; what is under a point of the picture, as far away as the target, stays there.
    #[must_use]
    pub fn dollied(self, factor: f64, anchor_px: DVec2, size_px: DVec2) -> Self {
        let (least, most) = Self::DISTANCES;
        let distance = (self.distance / factor).clamp(least, most);
        let from_middle = (anchor_px - size_px / 2.0) / self.focal_px(size_px);
        let by = from_middle * (self.distance - distance);
        Self { target: self.target + self.rotation * dvec3(by.x, -by.y, 0.0), distance, ..self }
    }

    /// Moved along the camera's own axes: right, up, back.
    #[must_use]
    pub fn flown(self, by: DVec3) -> Self {
        Self { target: self.target + self.rotation * by, ..self }
    }

    /// With another angle of view.
    #[must_use]
    pub fn with_fov(self, fov_deg: f64) -> Self {
        let (least, most) = Self::FOVS_DEG;
        Self { fov_deg: fov_deg.clamp(least, most), ..self }
    }

    /// On the way to another place: here at 0, there at 1.
    #[must_use]
    pub fn towards(self, other: Self, share: f64) -> Self {
        Self {
            rotation: self.rotation.slerp(other.rotation, share),
            target: self.target.lerp(other.target, share),
            distance: self.distance + share * (other.distance - self.distance),
            fov_deg: self.fov_deg + share * (other.fov_deg - self.fov_deg),
        }
    }
}

/// How an orbit goes on turning when it is let go: radians a second to the right and down.
#[must_use]
pub fn momentum_after(velocity: DVec2, secs: f64) -> DVec2 {
    let left = velocity * (-secs / MOMENTUM_SECS).exp();
    if left.length() < STILL { DVec2::ZERO } else { left }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: DVec2 = DVec2::new(300.0, 200.0);

    fn odd() -> Orbit {
        let orbit = Orbit::canonical(1.85).seen_from(0.7, -0.4);
        Orbit { target: dvec3(0.2, -0.1, 0.3), ..orbit }
    }

    fn picture(orbit: &Orbit, world: DVec3) -> DVec2 {
        orbit.camera(300, 200).project(world).0
    }

    #[test]
    fn an_orbit_is_the_camera_of_its_angles() {
        let intrinsics = Intrinsics::square(96, 1.85);
        let canonical = Orbit::canonical(1.85);
        for (azimuth, elevation) in [(0.0, 0.0), (0.7, 0.3), (-2.0, -1.2), NamedView::Top.angles()] {
            let found = canonical.seen_from(azimuth, elevation).camera(96, 96);
            let expected = Camera::orbiting(azimuth, elevation, CANONICAL_DISTANCE, intrinsics);
            assert!(found.world_from_camera.abs_diff_eq(expected.world_from_camera, 1e-12));
            assert!((found.intrinsics.focal_px - intrinsics.focal_px).length() < 1e-9);
            assert!(canonical.seen_from(azimuth, elevation).depth_offset().abs() < 1e-12);
        }
    }

    /// Over the top and on: the target stays in the middle, at its distance, and a small drag is a small change.
    #[test]
    fn there_are_no_poles() {
        let mut orbit = odd();
        let (target, distance) = (orbit.target, orbit.distance);
        for _ in 0..400 {
            let next = orbit.turned(0.003, 0.02);
            assert!((picture(&next, target) - SIZE / 2.0).length() < 1e-6);
            assert!((next.eye().distance(target) - distance).abs() < 1e-9);
            assert!(next.eye().distance(orbit.eye()) < 0.03 * distance);
            orbit = next;
        }
    }

    #[test]
    fn what_is_held_stays_under_the_cursor() {
        let orbit = odd();
        let anchor = dvec2(80.0, 150.0);
        // The point under the anchor, as deep as the target.
        let ray = orbit.camera(300, 200).ray(anchor);
        let held = ray.origin + ray.direction * orbit.distance;
        for factor in [0.5, 1.0, 1.7, 6.0] {
            let nearer = orbit.dollied(factor, anchor, SIZE);
            assert!((nearer.distance - orbit.distance / factor).abs() < 1e-9);
            assert!((picture(&nearer, held) - anchor).length() < 1e-6, "{factor}");
        }
        let delta = dvec2(-13.0, 21.0);
        assert!((picture(&orbit.panned(delta, SIZE), held) - anchor - delta).length() < 1e-6);
        // Turning the hand to the right takes what is in front to the right.
        let front = orbit.target + orbit.rotation * dvec3(0.0, 0.0, 0.5);
        let turned = picture(&orbit.turned(0.05, 0.03), front);
        assert!(turned.x > SIZE.x / 2.0 && turned.y > SIZE.y / 2.0, "{turned}");
    }

    #[test]
    fn flying_looks_from_the_eye_and_named_places_are_reached() {
        let orbit = odd();
        assert!(orbit.looking(0.4, -0.2).eye().distance(orbit.eye()) < 1e-12);
        let ahead = orbit.flown(dvec3(0.0, 0.0, -0.5));
        assert!((ahead.eye() - orbit.eye() - orbit.rotation * dvec3(0.0, 0.0, -0.5)).length() < 1e-12);
        let there = Orbit::canonical(1.85);
        assert!(orbit.towards(there, 1.0).eye().distance(there.eye()) < 1e-9);
        assert!(orbit.towards(there, 0.0).eye().distance(orbit.eye()) < 1e-9);
        let around = orbit.carried(0.3);
        assert!((around.eye() - DQuat::from_rotation_y(0.3) * orbit.eye()).length() < 1e-12);
        let behind = there.seen_from(NamedView::Back.angles().0, 0.0).eye();
        assert!(behind.distance(dvec3(0.0, 0.0, -4.0)) < 1e-12);
    }

    #[test]
    fn momentum_dies_away() {
        let mut velocity = dvec2(3.0, -1.0);
        let third = momentum_after(velocity, MOMENTUM_SECS) / velocity;
        assert!((third.x - (-1.0f64).exp()).abs() < 1e-12);
        for _ in 0..200 {
            velocity = momentum_after(velocity, 0.016);
        }
        assert_eq!(velocity, DVec2::ZERO);
    }
}
