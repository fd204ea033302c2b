use crate::camera::Camera;
use crate::media::Cutout;

/// One picture of an object, and the camera that saw it.
#[derive(Debug, Clone)]
pub struct View {
    /// The picture; opaque everywhere if it has no alpha.
    pub picture: Cutout,
    /// Its intrinsics are of the picture's size.
    pub camera: Camera,
}

/// Pictures of one object from known places.
#[derive(Debug, Clone)]
pub struct ViewSet {
    /// At least one.
    pub views: Vec<View>,
    /// Depths along the optical axis between which the object lies.
    pub near: f64,
    /// The farther one.
    pub far: f64,
}
