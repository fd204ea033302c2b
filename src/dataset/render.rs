use std::f64::consts::{PI, TAU};
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::mesh::Mesh;
use super::transforms::{Frame, Lens, NAMES, Transforms, rows};
use super::{DatasetError, MeshError, raster};
use crate::camera::{CANONICAL_DISTANCE, Camera, Intrinsics};
use crate::limits;
use crate::media::{png_rgba8_bytes, read_file};
use crate::storage::{sha256_hex, write_atomically};

/// Focal length as a part of the picture's width: the unit ball fills the picture.
pub const FOCAL: f64 = 1.85;
/// From how far below the horizon to how far above it, in radians.
const ELEVATIONS: (f64, f64) = (-5.0 / 180.0 * PI, 60.0 / 180.0 * PI);
/// Between which depths the unit ball lies.
const NEAR_AND_FAR: (f64, f64) = (2.0, 6.0);

/// How meshes become pictures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RenderConfig {
    /// Pictures of each object.
    pub views: usize,
    /// Side of a picture, in pixels.
    pub side_px: u32,
    /// Of the cameras' places.
    pub seed: u64,
}

/// What became of one file.
#[derive(Debug)]
pub enum Rendered {
    /// Its views are written.
    Done,
    /// They were there already.
    Present,
    /// It is left out.
    Skipped(MeshError),
}

/// A folder of GLB files to be rendered.
pub struct MeshFolder {
    root: PathBuf,
    /// Paths inside the root, sorted, written with `/`.
    files: Vec<String>,
}

impl RenderConfig {
    /// Refuse what makes no sense.
    ///
    /// # Errors
    /// [`DatasetError::Config`] with what is wrong.
    pub fn validate(&self) -> Result<(), DatasetError> {
        if !(1..=limits::VIEWS).contains(&self.views)
            || !(1..=limits::REFERENCE_SIDE_PX).contains(&self.side_px)
        {
            return Err(DatasetError::Config(format!(
                "{} views of {} px, expected 1 to {} of 1 to {} px",
                self.views,
                self.side_px,
                limits::VIEWS,
                limits::REFERENCE_SIDE_PX
            )));
        }
        Ok(())
    }

    /// Cameras around an object, the same for the same name: on a sphere of radius 4, from a little below the
    /// horizon to 60 degrees above it, evenly over that part of the sphere: the azimuth is stratified, the
    /// elevation uniform in its sine.
    #[must_use]
    pub fn cameras(&self, name: &str) -> Vec<Camera> {
        let hash = sha256_hex(format!("{} {name}", self.seed).as_bytes());
        let own = hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        let mut random = ChaCha8Rng::seed_from_u64(own.unwrap_or(self.seed));
        let intrinsics = Intrinsics::square(self.side_px, FOCAL);
        let (low, high) = (ELEVATIONS.0.sin(), ELEVATIONS.1.sin());
        (0..self.views)
            .map(|view| {
                let azimuth = TAU * (view as f64 + random.random::<f64>()) / self.views as f64;
                let elevation = (low + (high - low) * random.random::<f64>()).asin();
                Camera::around(elevation, azimuth, CANONICAL_DISTANCE, intrinsics)
            })
            .collect()
    }
}

impl MeshFolder {
    /// The GLB files under a folder. What begins with a dot is skipped, links to folders are not followed.
    ///
    /// # Errors
    /// [`DatasetError::Io`] if a folder cannot be listed, [`DatasetError::NoMeshes`] if there is none.
    pub fn scan(root: &Path) -> Result<Self, DatasetError> {
        let mut files = Vec::new();
        super::folder::list(root, "", &mut files)?;
        files.retain(|file| {
            Path::new(file).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("glb"))
        });
        files.sort();
        if files.is_empty() {
            return Err(DatasetError::NoMeshes { path: root.into() });
        }
        Ok(Self { root: root.into(), files })
    }

    /// Paths inside the root, sorted.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// Render one of the files into a folder of its own in `out`: `rgb/*.png` with alpha, and `transforms.json`,
    /// written last, so that a folder that has one is complete.
    ///
    /// # Errors
    /// [`DatasetError::Io`] if something cannot be written. A file that cannot be used is no error.
    pub fn render(&self, file: &str, out: &Path, config: &RenderConfig) -> Result<Rendered, DatasetError> {
        let folder = out.join(Path::new(file).with_extension(""));
        let transforms = folder.join(NAMES[0]);
        if transforms.is_file() {
            return Ok(Rendered::Present);
        }
        let mesh = match load(&self.root.join(file)) {
            Ok(mesh) => mesh,
            Err(err) => return Ok(Rendered::Skipped(err)),
        };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| DatasetError::Io { path, source }
        };
        let pictures = folder.join("rgb");
        std::fs::create_dir_all(&pictures).map_err(failed(&pictures))?;
        let mut frames = Vec::new();
        for (index, camera) in config.cameras(file).into_iter().enumerate() {
            let path = pictures.join(format!("{index:03}.png"));
            let bytes = png_rgba8_bytes(config.side_px, config.side_px, &raster::draw(&mesh, &camera));
            let bytes = bytes.map_err(|err| DatasetError::Config(err.to_string()))?;
            write_atomically(&path, |out| out.write_all(&bytes)).map_err(failed(&path))?;
            frames.push(Frame {
                file_path: format!("rgb/{index:03}.png"),
                transform_matrix: rows(&camera.world_from_camera),
                lens: Lens::default(),
            });
        }
        let side = f64::from(config.side_px);
        let camera = Lens {
            camera_angle_x: Some(2.0 * (0.5 / FOCAL).atan()),
            fl_x: Some(FOCAL * side),
            fl_y: Some(FOCAL * side),
            cx: Some(side / 2.0),
            cy: Some(side / 2.0),
            w: Some(side),
            h: Some(side),
        };
        let (near, far) = (Some(NEAR_AND_FAR.0), Some(NEAR_AND_FAR.1));
        let text =
            serde_json::to_vec_pretty(&Transforms { camera, near, far, frames, ..Transforms::default() })
                .map_err(|err| DatasetError::Config(err.to_string()))?;
        write_atomically(&transforms, |out| out.write_all(&text)).map_err(failed(&transforms))?;
        Ok(Rendered::Done)
    }
}

fn load(path: &Path) -> Result<Mesh, MeshError> {
    let bytes = read_file(path).map_err(|err| MeshError::Broken(err.to_string()))?;
    Mesh::from_glb(&bytes)?.normalised()
}
