use std::f64::consts::{PI, TAU};
use std::path::{Path, PathBuf};

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::mesh::Mesh;
use super::objects::ONE_IN;
use super::transforms::{Distortion, Frame, Lens, NAMES, Transforms, rows};
use super::{DatasetError, MeshError, Split, raster, variant};
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
    /// Of the cameras' places, and of variants.
    pub seed: u64,
}

/// What becomes one object of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The file's path inside the folder, written with `/`.
    pub file: String,
    /// 0 is the file as it is, and every other number something else that is made of it.
    pub variant: usize,
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
        let mut random = self.random(name);
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

    /// Random draws that are the same for the same name.
    fn random(&self, name: &str) -> ChaCha8Rng {
        let hash = sha256_hex(format!("{} {name}", self.seed).as_bytes());
        let own = hash.get(..16).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        ChaCha8Rng::seed_from_u64(own.unwrap_or(self.seed))
    }
}

impl Subject {
    /// Path of its folder inside a data set, written with `/`.
    #[must_use]
    pub fn relative(&self) -> String {
        let object = object_of(&self.file);
        if self.variant == 0 { object.to_owned() } else { variant::name_of(object, self.variant) }
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

    /// Every file, and beside each one that is learned from so many variants of it: stretched along its axes, half of
    /// them put together with another such file of the same folder.
    #[must_use]
    pub fn subjects(&self, variants: usize) -> Vec<Subject> {
        let of_file = |file: &String| {
            let last = if is_learned(file) { variants } else { 0 };
            let subject = |variant| Subject { file: file.clone(), variant };
            (0..=last).map(subject).collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of_file).collect()
    }

    /// Render an object into a folder of its own in `out`: `rgb/*.png` with alpha, and `transforms.json`,
    /// written last, so that a folder that has one is complete: it stays as it is, however it was drawn, see
    /// [`RenderConfig::check_present`].
    ///
    /// # Errors
    /// [`DatasetError::Io`] if something cannot be written. A file that cannot be used is no error.
    pub fn render(
        &self,
        subject: &Subject,
        out: &Path,
        config: &RenderConfig,
    ) -> Result<Rendered, DatasetError> {
        let relative = subject.relative();
        let folder = out.join(&relative);
        let transforms = folder.join(NAMES[0]);
        if transforms.is_file() {
            return Ok(Rendered::Present);
        }
        let mesh = match self.mesh(subject, config).and_then(Mesh::normalised) {
            Ok(mesh) => mesh,
            Err(err) => return Ok(Rendered::Skipped(err)),
        };
        // The file's own views keep the places that its name gives them.
        let name = if subject.variant == 0 { &subject.file } else { &relative };
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| DatasetError::Io { path, source }
        };
        let pictures = folder.join("rgb");
        std::fs::create_dir_all(&pictures).map_err(failed(&pictures))?;
        let mut frames = Vec::new();
        for (index, camera) in config.cameras(name).into_iter().enumerate() {
            let path = pictures.join(format!("{index:03}.png"));
            let bytes = png_rgba8_bytes(config.side_px, config.side_px, &raster::draw(&mesh, &camera));
            let bytes = bytes.map_err(|err| DatasetError::Config(err.to_string()))?;
            write_atomically(&path, |out| out.write_all(&bytes)).map_err(failed(&path))?;
            frames.push(Frame {
                file_path: format!("rgb/{index:03}.png"),
                transform_matrix: rows(&camera.world_from_camera),
                lens: Lens::default(),
                distortion: Distortion::default(),
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
        let (near, far, seed) = (Some(NEAR_AND_FAR.0), Some(NEAR_AND_FAR.1), Some(config.seed));
        let text = serde_json::to_vec_pretty(&Transforms {
            camera,
            near,
            far,
            seed,
            frames,
            ..Transforms::default()
        })
        .map_err(|err| DatasetError::Config(err.to_string()))?;
        write_atomically(&transforms, |out| out.write_all(&text)).map_err(failed(&transforms))?;
        Ok(Rendered::Done)
    }

    /// What is rendered, in units of the file.
    fn mesh(&self, Subject { file, variant }: &Subject, config: &RenderConfig) -> Result<Mesh, MeshError> {
        let own = load(&self.root.join(file))?;
        if *variant == 0 {
            return Ok(own);
        }
        let mut random = config.random(&format!("{file} {variant}"));
        let folder = |file: &str| file.rsplit_once('/').map(|(folder, _)| folder.to_owned());
        let is_other = |other: &&String| *other != file && folder(other) == folder(file) && is_learned(other);
        let others: Vec<&String> = self.files.iter().filter(is_other).collect();
        let is_joined = random.random_bool(variant::JOINED_PART) && !others.is_empty();
        let other = is_joined.then(|| others[random.random_range(0..others.len())]);
        let joined = |other: &String| {
            load(&self.root.join(other))
                .map_err(|err| MeshError::Broken(format!("{other} was to be joined to it: {err}")))
        };
        let other = other.map(joined).transpose()?;
        Ok(variant::vary(own, other, &mut random))
    }
}

/// The path of a file without its ending: what an object is called.
fn object_of(file: &str) -> &str {
    file.rsplit_once('.').map_or(file, |(object, _)| object)
}

fn is_learned(file: &str) -> bool {
    Split::Train.includes_one_in(variant::original(object_of(file)), ONE_IN)
}

fn load(path: &Path) -> Result<Mesh, MeshError> {
    let bytes = read_file(path).map_err(|err| MeshError::Broken(err.to_string()))?;
    Mesh::from_glb(&bytes)
}
