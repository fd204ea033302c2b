//! Files out of fields: of an object stills with alpha and depth, turntables and camera paths, meshes, volumes; of a
//! sound WAV files.
//!
//! Everything is told how far it is and asked whether to go on, and a file is whole or not there at all.

mod density;
mod error;
mod film;
mod glb;
mod mesh;
mod mesh_file;
#[cfg(feature = "mp4")]
mod mp4;
mod path;
mod progress;
mod sound;
mod still;

pub use density::{density_bytes, write_density};
pub use error::ExportError;
pub use film::{FILM_ENDINGS, FilmConfig, check_film, check_film_size, film_bytes, write_film};
pub use mesh::{MESH_THRESHOLD, Mesh};
pub use mesh_file::{check_mesh, mesh_bytes, typical_mesh_bytes, write_mesh};
pub use path::{camera_path, turntable};
pub use progress::Progress;
pub use sound::{check_wav, write_wav};
pub use still::{Still, StillConfig, check_still, still_bytes};
