//! The folders of ShapeNet-SRN (arXiv 1906.01618): `rgb/`, `pose/`, `intrinsics.txt`.

use std::path::{Path, PathBuf};

use glam::{DAffine3, DMat3, DVec2, DVec3};

use super::pictures::ViewPictures;
use super::transforms::pose;
use super::views::to_canonical_distance;
use super::{DatasetError, View, ViewSet};
use crate::camera::{Camera, Intrinsics};
use crate::limits;

/// Depths between which the objects of that dataset lie, from its cameras at 1.3: half a unit each way. Scaled with them,
/// 2.46 and 5.54 (arXiv 2012.02190).
const NEAR_AND_FAR: (f64, f64) = (0.8, 1.8);
/// The file with the intrinsics.
pub(super) const LENS: &str = "intrinsics.txt";
/// Largest text file with numbers.
const TEXT_BYTES: u64 = 1 << 16;

/// Whether a folder looks like one.
pub(super) fn is_here(folder: &Path) -> bool {
    folder.join(LENS).is_file() && folder.join("rgb").is_dir() && folder.join("pose").is_dir()
}

/// Read the folder of one object. White around the object, and opaque: the dataset has no alpha of its own.
pub(super) fn read(folder: &Path, pictures: &mut ViewPictures<'_>) -> Result<ViewSet, DatasetError> {
    let refuse = |path: &Path, reason: String| DatasetError::Views { path: path.into(), reason };
    let lens = folder.join(LENS);
    let numbers = numbers(&lens)?;
    // The last line is the height and the width.
    let [focal, cx, cy, .., height, width] = *numbers else {
        return Err(refuse(&lens, "it has no focal length, middle and size".into()));
    };
    if !(numbers.iter().all(|number| number.is_finite()) && focal > 0.0 && height > 0.0 && width > 0.0) {
        return Err(refuse(&lens, format!("a focal length of {focal} and a size of {width}x{height}")));
    }
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder.join("rgb"))
        .map_err(|source| DatasetError::Io { path: folder.join("rgb"), source })?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "png" || ending == "jpg"))
        .collect();
    paths.sort();
    if !(1..=limits::VIEWS).contains(&paths.len()) {
        return Err(refuse(folder, format!("it has {} views, expected 1 to {}", paths.len(), limits::VIEWS)));
    }
    let poses = paths.iter().map(|path| {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let file = folder.join(format!("pose/{stem}.txt"));
        let rows: Vec<Vec<f64>> = self::numbers(&file)?.chunks(4).map(<[f64]>::to_vec).collect();
        let seen = pose(&rows).map_err(|reason| refuse(&file, reason))?;
        // There y points down and z forward.
        Ok(seen * DAffine3::from_mat3(DMat3::from_diagonal(DVec3::new(1.0, -1.0, -1.0))))
    });
    let mut poses: Vec<DAffine3> = poses.collect::<Result<_, DatasetError>>()?;
    let scale = to_canonical_distance(&mut poses).map_err(|reason| refuse(folder, reason))?;
    let views = paths.iter().zip(poses).map(|(path, world_from_camera)| {
        let (picture, _) = pictures.read(path, |reason| refuse(path, reason))?;
        let resized = DVec2::new(f64::from(picture.width()) / width, f64::from(picture.height()) / height);
        let intrinsics = Intrinsics {
            width: picture.width(),
            height: picture.height(),
            focal_px: DVec2::splat(focal) * resized,
            principal_px: DVec2::new(cx, cy) * resized,
        };
        Ok(View { picture, camera: Camera { world_from_camera, intrinsics } })
    });
    let views = views.collect::<Result<_, DatasetError>>()?;
    Ok(ViewSet { views, near: scale * NEAR_AND_FAR.0, far: scale * NEAR_AND_FAR.1 })
}

/// The numbers of a text file.
fn numbers(path: &Path) -> Result<Vec<f64>, DatasetError> {
    let io = |source| DatasetError::Io { path: path.into(), source };
    let refuse = |reason: &str| DatasetError::Views { path: path.into(), reason: reason.into() };
    if std::fs::metadata(path).map_err(io)?.len() > TEXT_BYTES {
        return Err(refuse("it is too long for a few numbers"));
    }
    let text = std::fs::read_to_string(path).map_err(io)?;
    text.split_whitespace()
        .map(|word| word.parse().map_err(|_| refuse("it holds something that is no number")))
        .collect()
}
