//! Many signals for training: picture folders, folders of objects seen from known places, meshes rendered to such,
//! and sound folders.
//!
//! A folder is read once and kept decoded, each picture reduced to at most
//! [`limits::REFERENCE_SIDE_PX`](crate::limits::REFERENCE_SIDE_PX) on its shorter side, and each view of an object to at
//! most [`limits::VIEW_SIDE_PX`](crate::limits::VIEW_SIDE_PX) on its longer one. One picture in eight, one
//! object in ten and one sound in ten are held out of training, by their names alone, so that every run and every machine holds out the
//! same.

mod entry;
mod error;
mod folder;
mod mesh;
mod objects;
mod pictures;
mod present;
mod raster;
mod render;
mod sounds;
mod split;
mod srn;
mod transforms;
mod variant;
mod views;

pub use entry::Entry;
pub use error::{DatasetError, MeshError};
pub use folder::PictureFolder;
pub use mesh::{MeshSize, mesh_size};
pub use objects::{ObjectEntry, ObjectFolder};
pub use render::{FOCAL, MeshFolder, RenderConfig, Rendered, Subject};
pub use sounds::{SoundEntry, SoundFolder};
pub use split::{Split, place};
pub use views::{View, ViewSet};
