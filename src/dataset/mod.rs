//! Many signals for training: picture folders, folders of objects seen from known places, and meshes rendered to
//! such.
//!
//! A folder is read once and kept decoded, each picture reduced to at most
//! [`limits::REFERENCE_SIDE_PX`](crate::limits::REFERENCE_SIDE_PX) on its shorter side. One picture in eight and one
//! object in ten are held out of training, by their names alone, so that every run and every machine holds out the
//! same.

mod entry;
mod error;
mod folder;
mod mesh;
mod objects;
mod raster;
mod render;
mod split;
mod srn;
mod transforms;
mod views;

pub use entry::Entry;
pub use error::{DatasetError, MeshError};
pub use folder::PictureFolder;
pub use objects::{ObjectEntry, ObjectFolder};
pub use render::{FOCAL, MeshFolder, RenderConfig, Rendered};
pub use split::Split;
pub use views::{View, ViewSet};
