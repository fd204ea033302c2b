//! Many signals for training: picture folders.
//!
//! A folder is read once and kept decoded, each picture reduced to at most
//! [`limits::REFERENCE_SIDE_PX`](crate::limits::REFERENCE_SIDE_PX) on its shorter side. One in eight is held
//! out of training, by its name alone, so that every run and every machine holds out the same.

mod entry;
mod error;
mod folder;
mod split;

pub use entry::Entry;
pub use error::DatasetError;
pub use folder::PictureFolder;
pub use split::Split;
