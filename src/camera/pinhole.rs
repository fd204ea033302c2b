use glam::{DAffine3, DMat3, DVec2, DVec3, dvec2, dvec3};

/// Where cameras of plain pictures stand, from the middle of the object.
pub const CANONICAL_DISTANCE: f64 = 4.0;

/// What a pinhole camera makes of directions: pixels, x right and y down, the first pixel's corner at (0, 0).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Intrinsics {
    /// Pixels in a row.
    pub width: u32,
    /// Pixels in a column.
    pub height: u32,
    /// Focal lengths along x and y, in pixels.
    pub focal_px: DVec2,
    /// Where the optical axis meets the picture, in pixels.
    pub principal_px: DVec2,
}

/// A pinhole camera in its place: x right, y up, looking along -z.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Camera {
    /// A rotation and the camera's place.
    pub world_from_camera: DAffine3,
    /// What it makes of directions.
    pub intrinsics: Intrinsics,
}

/// A half line. The direction is not normalised: a step of 1 goes a depth of 1 along the optical axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ray {
    /// Where it begins.
    pub origin: DVec3,
    /// Where it goes.
    pub direction: DVec3,
}

impl Ray {
    /// Origin and direction.
    #[must_use]
    pub fn to_f32(&self) -> [f32; 6] {
        let [origin, direction] = [self.origin.as_vec3(), self.direction.as_vec3()];
        [origin.x, origin.y, origin.z, direction.x, direction.y, direction.z]
    }
}

impl Intrinsics {
    /// A square picture whose focal length is `focal` times its width, the axis in its middle.
    #[must_use]
    pub fn square(side_px: u32, focal: f64) -> Self {
        let side = f64::from(side_px);
        Self {
            width: side_px,
            height: side_px,
            focal_px: DVec2::splat(focal * side),
            principal_px: DVec2::splat(side / 2.0),
        }
    }

    /// Whether the axis meets the picture in its middle.
    #[must_use]
    pub fn is_centred(&self) -> bool {
        let middle = dvec2(f64::from(self.width), f64::from(self.height)) / 2.0;
        self.principal_px.abs_diff_eq(middle, 1e-3)
    }

    /// The same camera with a picture of another size.
    #[must_use]
    pub fn resized(&self, width: u32, height: u32) -> Self {
        let scale = dvec2(
            f64::from(width) / f64::from(self.width.max(1)),
            f64::from(height) / f64::from(self.height.max(1)),
        );
        Self { width, height, focal_px: self.focal_px * scale, principal_px: self.principal_px * scale }
    }
}

impl Camera {
    /// A camera that looks at the origin, z being up: `elevation` above the plane and `azimuth` from the x axis, in
    /// radians. Straight above, the top of the picture is where the azimuth points away from; straight below, where it points to.
    #[must_use]
    pub fn around(elevation: f64, azimuth: f64, distance: f64, intrinsics: Intrinsics) -> Self {
        let (se, ce) = elevation.sin_cos();
        let (sa, ca) = azimuth.sin_cos();
        let back = dvec3(ce * ca, ce * sa, se);
        let right = dvec3(-sa, ca, 0.0);
        let up = dvec3(-se * ca, -se * sa, ce);
        let world_from_camera =
            DAffine3::from_mat3_translation(DMat3::from_cols(right, up, back), back * distance);
        Self { world_from_camera, intrinsics }
    }

    /// Where the camera of a plain picture stands in the frame that is centred on its view: on the z axis,
    /// looking at the origin, y being up.
    #[must_use]
    pub fn canonical(intrinsics: Intrinsics) -> Self {
        let place = dvec3(0.0, 0.0, CANONICAL_DISTANCE);
        Self { world_from_camera: DAffine3::from_translation(place), intrinsics }
    }

    /// A camera that looks at the origin of a view-centred frame, y being up: `azimuth` to the right and `elevation`
    /// upwards from the canonical place, in radians.
    #[must_use]
    pub fn orbiting(azimuth: f64, elevation: f64, distance: f64, intrinsics: Intrinsics) -> Self {
        let turn = DMat3::from_rotation_y(azimuth) * DMat3::from_rotation_x(-elevation);
        let world_from_camera = DAffine3::from_mat3_translation(turn, turn * dvec3(0.0, 0.0, distance));
        Self { world_from_camera, intrinsics }
    }

    /// The ray through a point of the picture, in pixels: `R [(x - cx) / fx, -(y - cy) / fy, -1]`.
    #[must_use]
    pub fn ray(&self, point_px: DVec2) -> Ray {
        let Intrinsics { focal_px, principal_px, .. } = self.intrinsics;
        let at = (point_px - principal_px) / focal_px;
        let direction = self.world_from_camera.transform_vector3(dvec3(at.x, -at.y, -1.0));
        Ray { origin: self.world_from_camera.translation, direction }
    }

    /// The ray through the middle of a pixel.
    #[must_use]
    pub fn pixel_ray(&self, x: u32, y: u32) -> Ray {
        self.ray(dvec2(f64::from(x) + 0.5, f64::from(y) + 0.5))
    }

    /// The rays through the middles of all pixels, row by row: origin and direction.
    ///
    /// # Shapes
    /// - result: `[height * width, 6]`
    #[must_use]
    pub fn pixel_rays(&self) -> Vec<[f32; 6]> {
        let Intrinsics { width, height, .. } = self.intrinsics;
        let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        pixels.map(|(x, y)| self.pixel_ray(x, y).to_f32()).collect()
    }

    /// The picture point, in pixels, and the depth along the optical axis of a point of the world.
    #[must_use]
    pub fn project(&self, world: DVec3) -> (DVec2, f64) {
        let at = self.world_from_camera.inverse().transform_point3(world);
        let Intrinsics { focal_px, principal_px, .. } = self.intrinsics;
        let depth = -at.z;
        (dvec2(at.x, -at.y) / depth * focal_px + principal_px, depth)
    }

    /// This camera in the frame that is centred on the view of `input`: the world turned about its origin until
    /// `input` looks along -z. If `input` looks at the origin, it stands on the z axis there.
    #[must_use]
    pub fn seen_from(&self, input: &Self) -> Self {
        let turn = DAffine3::from_mat3(input.world_from_camera.matrix3.transpose());
        Self { world_from_camera: turn * self.world_from_camera, ..*self }
    }

    /// The camera that sees of a world whose x axis is turned round what this one sees of the world, left and right
    /// exchanged.
    #[must_use]
    pub fn mirrored(&self) -> Self {
        let mirror = DAffine3::from_scale(dvec3(-1.0, 1.0, 1.0));
        let Intrinsics { width, principal_px, .. } = self.intrinsics;
        let principal_px = dvec2(f64::from(width) - principal_px.x, principal_px.y);
        Self {
            world_from_camera: mirror * self.world_from_camera * mirror,
            intrinsics: Intrinsics { principal_px, ..self.intrinsics },
        }
    }
}
