use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use glam::DAffine3;

use super::pictures::ViewPictures;
use super::{DatasetError, srn, transforms};
use crate::camera::{CANONICAL_DISTANCE, Camera};
use crate::media::{Cutout, Picture};

/// A scene whose cameras stand this near to [`CANONICAL_DISTANCE`], as a part of it, is left as it is.
const NEAR_ENOUGH: f64 = 0.01;
/// Distances of cameras that a scene is scaled from, in its own units.
const DISTANCES: std::ops::Range<f64> = 1e-6..1e9;

/// One picture of an object, and the camera that saw it.
#[derive(Debug, Clone)]
pub struct View {
    /// The picture, opaque everywhere if it has no alpha; what is read has at most
    /// [`limits::VIEW_SIDE_PX`](crate::limits::VIEW_SIDE_PX) on its longer side.
    pub picture: Cutout,
    /// Its intrinsics are of the picture's size.
    pub camera: Camera,
}

/// Pictures of one object from known places. What is read is scaled so that the cameras stand [`CANONICAL_DISTANCE`] from
/// the origin in the mean, for there models look from and the window shows from; within 1 % it is left as it is.
#[derive(Debug, Clone)]
pub struct ViewSet {
    /// At least one.
    pub views: Vec<View>,
    /// Depths along the optical axis between which the object lies, scaled with the cameras.
    pub near: f64,
    /// The farther one.
    pub far: f64,
}

impl ViewSet {
    /// Whether there are posed views at a path: a file of JSON, or a folder that holds some.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
        is_json || path.is_dir()
    }

    /// Read one object's views: `transforms.json` itself, or a folder with one, or one as ShapeNet-SRN has them.
    ///
    /// # Errors
    /// [`DatasetError`] with what is wrong with them.
    pub fn read(path: &Path) -> Result<Self, DatasetError> {
        let all_bytes = AtomicU64::new(0);
        let mut pictures = ViewPictures::new(&all_bytes);
        if !path.is_dir() {
            return transforms::read(path, &mut pictures);
        }
        match transforms::NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file()) {
            Some(file) => transforms::read(&file, &mut pictures),
            None if srn::is_here(path) => srn::read(path, &mut pictures),
            None => Err(DatasetError::NoObjects { path: path.into() }),
        }
    }

    /// Whether anything of the object may lie between these depths along the optical axis.
    #[must_use]
    pub fn reaches(&self, near: f32, far: f32) -> bool {
        self.far > f64::from(near) && self.near < f64::from(far)
    }

    /// At most so many of its views, at even distances, the first among them: pictures on white, and the cameras in
    /// the frame that is centred on the first one's view.
    #[must_use]
    pub fn from_first(&self, most: usize) -> Vec<(Picture, Camera)> {
        let count = self.views.len().min(most);
        let Some(first) = self.views.first() else { return Vec::new() };
        let input = first.camera;
        let view = |index: usize| {
            let View { picture, camera } = &self.views[index * self.views.len() / count];
            (picture.on([255; 3]), camera.seen_from(&input))
        };
        (0..count).map(view).collect()
    }

    /// The file that says where the views at a path were taken: a file of JSON itself, a folder's `transforms.json`, or
    /// its `intrinsics.txt` if it is as ShapeNet-SRN has them. `None` where there are no posed views.
    #[must_use]
    pub fn description(path: &Path) -> Option<PathBuf> {
        if !path.is_dir() {
            return Self::is_at(path).then(|| path.into());
        }
        let transforms = transforms::NAMES.iter().map(|name| path.join(name)).find(|file| file.is_file());
        transforms.or_else(|| srn::is_here(path).then(|| path.join(srn::LENS)))
    }

    /// What the object at a path is called: a `transforms.json` by its folder, for all of them have the same few names;
    /// everything else by its own name.
    #[must_use]
    pub fn name_at(path: &Path) -> OsString {
        let is_described =
            path.file_name().is_some_and(|name| transforms::NAMES.iter().any(|own| name == *own));
        let own = path.parent().filter(|_| is_described).unwrap_or(path);
        // A folder may be written as `.`, or not at all.
        let full = || own.join(".").canonicalize().ok();
        let name = own.file_name().map(ToOwned::to_owned);
        name.or_else(|| Some(full()?.file_name()?.to_owned())).unwrap_or_else(|| path.as_os_str().to_owned())
    }
}

/// Scale the places of a scene's cameras so that they stand [`CANONICAL_DISTANCE`] from the origin in the mean, where
/// they are not within 1 % of it; by what factor, which its depths are to be scaled by too, or why not.
pub(super) fn to_canonical_distance(poses: &mut [DAffine3]) -> Result<f64, String> {
    let sum: f64 = poses.iter().map(|pose| pose.translation.length()).sum();
    let mean = sum / poses.len() as f64;
    if !DISTANCES.contains(&mean) {
        return Err(format!(
            "its cameras stand {mean:e} from the origin in the mean, and views of an object there from around it are read"
        ));
    }
    let scale = CANONICAL_DISTANCE / mean;
    if (scale - 1.0).abs() <= NEAR_ENOUGH {
        return Ok(1.0);
    }
    for pose in poses {
        pose.translation *= scale;
    }
    Ok(scale)
}
