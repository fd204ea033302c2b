use std::path::PathBuf;

use crate::limits;

/// Why a folder cannot be trained on.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// The folder, or one in it, cannot be listed.
    #[error("the folder {} cannot be read: {source}", path.display())]
    Io {
        /// Which folder.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// There is no picture in it that is read here.
    #[error(
        "the folder {} has no picture that can be read ({looked_at} files were looked at); \
         put PNG, JPEG or WebP pictures into it",
        path.display()
    )]
    NoPictures {
        /// Which folder.
        path: PathBuf,
        /// Files that were looked at.
        looked_at: usize,
    },
    /// There is no object in it whose views are read here.
    #[error(
        "the folder {} has no object whose views can be read; an object is a folder with transforms.json and its \
         pictures, or with rgb, pose and intrinsics.txt", path.display()
    )]
    NoObjects {
        /// Which folder.
        path: PathBuf,
    },
    /// There is no sound in it that is read here.
    #[error(
        "the folder {} has no sound that can be read ({looked_at} files were looked at); \
         put WAV, FLAC, MP3 or Ogg sounds into it",
        path.display()
    )]
    NoSounds {
        /// Which folder.
        path: PathBuf,
        /// Files that were looked at.
        looked_at: usize,
    },
    /// There is no mesh in it.
    #[error("the folder {} has no .glb file", path.display())]
    NoMeshes {
        /// Which folder.
        path: PathBuf,
    },
    /// Views of an object that cannot be used.
    #[error("{} cannot be used: {reason}", path.display())]
    Views {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Views are there already that were drawn in another way than is asked for.
    #[error(
        "{} has {present}, and {wanted} are asked for; ask for the same, or draw into another folder", path.display()
    )]
    OtherViews {
        /// The object's folder.
        path: PathBuf,
        /// What is there.
        present: String,
        /// What is asked for.
        wanted: String,
    },
    /// A setting that makes no sense.
    #[error("{0}")]
    Config(String),
    /// The decoded pictures or sounds take more memory than is allowed.
    #[error(
        "what lies in {} takes more than {} GiB decoded; train on less of it",
        path.display(), limits::DATASET_BYTES >> 30
    )]
    TooLarge {
        /// Which folder.
        path: PathBuf,
    },
}

/// Why a mesh is not rendered.
#[derive(Debug, thiserror::Error)]
pub enum MeshError {
    /// It is bent by joints, and which pose is meant is not known.
    #[error("it has joints")]
    Skinned,
    /// It cannot be read, or holds nothing.
    #[error("{0}")]
    Broken(String),
}
