//! `transforms.json`, as Blender's add-on for `NeRF`, `LearnIt` and nerfstudio write it.

use std::path::{Component, Path, PathBuf};

use glam::{DAffine3, DMat3, DMat4, DVec2, DVec3};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::pictures::ViewPictures;
use super::views::to_canonical_distance;
use super::{DatasetError, View, ViewSet};
use crate::camera::{Camera, Intrinsics};
use crate::limits;

/// Names of the file; the first that is there is read.
pub(super) const NAMES: [&str; 2] = ["transforms.json", "transforms_train.json"];
/// Between which depths an object lies if nobody says otherwise, from cameras at a distance of 4 (arXiv 2208.02801).
const NEAR_AND_FAR: (f64, f64) = (2.0, 6.0);
/// What bends no ray when its factors are 0; other names are of lenses that always do.
const PINHOLES: [&str; 5] = ["PINHOLE", "SIMPLE_PINHOLE", "SIMPLE_RADIAL", "RADIAL", "OPENCV"];
/// By how much the columns of a rotation may differ from unit length and right angles.
const ROTATION_ERROR: f64 = 1e-3;

/// The file. Sizes and lenses are in pixels of the pictures, angles in radians, places and depths in units of the scene.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Transforms {
    #[serde(flatten)]
    pub(super) camera: Lens,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) near: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) far: Option<f64>,
    /// What the cameras' places were drawn with, where they were drawn here; of others' files it may be anything.
    #[serde(skip_deserializing, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    #[serde(flatten, skip_serializing)]
    pub(super) distortion: Distortion,
    pub(super) frames: Vec<Frame>,
}

/// How a lens bends rays, of all pictures or of one; only those that do not are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Distortion {
    camera_model: Option<String>,
    k1: f64,
    k2: f64,
    k3: f64,
    k4: f64,
    p1: f64,
    p2: f64,
}

/// Intrinsics, of all pictures or of one.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Lens {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) camera_angle_x: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fl_x: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) fl_y: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cx: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) cy: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) w: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) h: Option<f64>,
}

/// A picture and its pose.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) file_path: String,
    /// From the camera to the world, row by row; the last row may be missing.
    pub(super) transform_matrix: Vec<Vec<f64>>,
    #[serde(flatten)]
    pub(super) lens: Lens,
    #[serde(flatten, skip_serializing)]
    pub(super) distortion: Distortion,
}

/// Read a folder's `transforms.json` and its pictures.
pub(super) fn read(file: &Path, pictures: &mut ViewPictures<'_>) -> Result<ViewSet, DatasetError> {
    let refuse = |reason: String| DatasetError::Views { path: file.into(), reason };
    let transforms: Transforms = parse(file)?;
    transforms.distortion.check().map_err(refuse)?;
    if !(1..=limits::VIEWS).contains(&transforms.frames.len()) {
        return Err(refuse(format!(
            "it has {} views, expected 1 to {}",
            transforms.frames.len(),
            limits::VIEWS
        )));
    }
    let named = |frame: &Frame, reason: String| refuse(format!("{}: {reason}", frame.file_path));
    let poses = transforms
        .frames
        .iter()
        .map(|frame| pose(&frame.transform_matrix).map_err(|reason| named(frame, reason)));
    let mut poses: Vec<DAffine3> = poses.collect::<Result<_, _>>()?;
    let scale = to_canonical_distance(&mut poses).map_err(refuse)?;
    let (near, far) = depths(&transforms, scale).map_err(refuse)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let views = transforms.frames.iter().zip(poses).map(|(frame, world_from_camera)| {
        let what = |reason: String| named(frame, reason);
        frame.distortion.check().map_err(what)?;
        let path = picture_path(folder, &frame.file_path).map_err(what)?;
        let (picture, size) = pictures.read(&path, what)?;
        // Without a size of its own the file speaks of the picture as it was.
        let intrinsics = intrinsics(&frame.lens.or(&transforms.camera), size)
            .map_err(what)?
            .resized(picture.width(), picture.height());
        Ok(View { picture, camera: Camera { world_from_camera, intrinsics } })
    });
    Ok(ViewSet { views: views.collect::<Result<_, DatasetError>>()?, near, far })
}

/// What a file of JSON says.
pub(super) fn parse<T: DeserializeOwned>(file: &Path) -> Result<T, DatasetError> {
    let refuse = |reason: String| DatasetError::Views { path: file.into(), reason };
    let io = |source| DatasetError::Io { path: file.into(), source };
    if std::fs::metadata(file).map_err(io)?.len() > limits::JSON_BYTES {
        return Err(refuse(format!("it is larger than {} MB", limits::JSON_BYTES / 1_000_000)));
    }
    let text = std::fs::read(file).map_err(io)?;
    serde_json::from_slice(&text).map_err(|err| refuse(err.to_string()))
}

/// What the file says, scaled, or what is usual.
fn depths(transforms: &Transforms, scale: f64) -> Result<(f64, f64), String> {
    let scaled = |own: Option<f64>, usual: f64| own.map_or(usual, |own| own * scale);
    let (near, far) = (scaled(transforms.near, NEAR_AND_FAR.0), scaled(transforms.far, NEAR_AND_FAR.1));
    if near > 0.0 && far > near && far.is_finite() {
        Ok((near, far))
    } else {
        let (near, far) = (near / scale, far / scale);
        Err(format!("its near is {near} and its far {far}; expected 0 < near < far"))
    }
}

impl Distortion {
    /// Refuse what bends rays.
    fn check(&self) -> Result<(), String> {
        let Self { camera_model, k1, k2, k3, k4, p1, p2 } = self;
        if let Some(model) = camera_model.as_deref().filter(|model| !PINHOLES.contains(model)) {
            return Err(format!(
                "its camera is of the model {model:?}, and only pinhole cameras are read; undistort the pictures"
            ));
        }
        if [k1, k2, k3, k4, p1, p2].iter().any(|factor| **factor != 0.0) {
            return Err(
                "its lens bends rays, and only pinhole cameras are read; undistort the pictures".into()
            );
        }
        Ok(())
    }
}

impl Lens {
    /// What is not said here, as there.
    fn or(self, other: &Self) -> Self {
        Self {
            camera_angle_x: self.camera_angle_x.or(other.camera_angle_x),
            fl_x: self.fl_x.or(other.fl_x),
            fl_y: self.fl_y.or(other.fl_y),
            cx: self.cx.or(other.cx),
            cy: self.cy.or(other.cy),
            w: self.w.or(other.w),
            h: self.h.or(other.h),
        }
    }
}

/// For a picture of this size; the file may speak of a larger or smaller one.
fn intrinsics(lens: &Lens, (width, height): (u32, u32)) -> Result<Intrinsics, String> {
    let said = (lens.w.unwrap_or(width.into()), lens.h.unwrap_or(height.into()));
    if !(said.0 > 0.0 && said.1 > 0.0) {
        return Err(format!("its pictures are said to have {}x{} pixels", said.0, said.1));
    }
    let focal_x = lens.fl_x.or(lens.camera_angle_x.map(|angle| said.0 / 2.0 / (angle / 2.0).tan()));
    let Some(focal_x) = focal_x.or(lens.fl_y) else {
        return Err("neither camera_angle_x nor fl_x says how long its lens is".into());
    };
    let focal_px = DVec2::new(focal_x, lens.fl_y.unwrap_or(focal_x));
    let principal_px = DVec2::new(lens.cx.unwrap_or(said.0 / 2.0), lens.cy.unwrap_or(said.1 / 2.0));
    let scale = DVec2::new(f64::from(width) / said.0, f64::from(height) / said.1);
    let found = Intrinsics { width, height, focal_px: focal_px * scale, principal_px: principal_px * scale };
    let is_sound =
        found.focal_px.min_element() > 0.0 && found.focal_px.is_finite() && found.principal_px.is_finite();
    if is_sound { Ok(found) } else { Err(format!("its focal length is {focal_px} pixels")) }
}

/// A rotation and a place, from rows.
pub(super) fn pose(rows: &[Vec<f64>]) -> Result<DAffine3, String> {
    if !matches!(rows.len(), 3 | 4) || rows.iter().any(|row| row.len() != 4) {
        return Err("its pose is no matrix of 3 or 4 rows and 4 columns".into());
    }
    let value = |row: usize, column: usize| rows[row][column];
    let column = |index: usize| DVec3::new(value(0, index), value(1, index), value(2, index));
    let (turn, place) = (DMat3::from_cols(column(0), column(1), column(2)), column(3));
    if !turn.is_finite() || !place.is_finite() {
        return Err("its pose has numbers that are none".into());
    }
    // Some writers scale the whole scene.
    let scale = turn.determinant().cbrt();
    if scale.is_nan() || scale < 1e-6 {
        return Err("its pose is no rotation: it is singular, or mirrors".into());
    }
    let turn = turn * scale.recip();
    if !(turn * turn.transpose()).abs_diff_eq(DMat3::IDENTITY, ROTATION_ERROR) {
        return Err("its pose is no rotation: its axes are not at right angles".into());
    }
    Ok(DAffine3::from_mat3_translation(turn, place))
}

/// The rows of a pose.
pub(super) fn rows(pose: &DAffine3) -> Vec<Vec<f64>> {
    let rows = DMat4::from(*pose).transpose().to_cols_array_2d();
    rows.iter().map(|row| row.to_vec()).collect()
}

/// Where a picture is; never outside the folder. Without an ending, `.png` is meant.
fn picture_path(folder: &Path, relative: &str) -> Result<PathBuf, String> {
    let path = Path::new(relative);
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err("its path leads out of the folder".into());
    }
    let full = folder.join(path);
    if full.is_file() || path.extension().is_some() {
        return Ok(full);
    }
    Ok(folder.join(format!("{relative}.png")))
}
