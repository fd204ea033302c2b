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
    /// The decoded pictures take more memory than is allowed.
    #[error(
        "the pictures in {} take more than {} GiB decoded; train on fewer or smaller ones",
        path.display(), limits::DATASET_BYTES >> 30
    )]
    TooLarge {
        /// Which folder.
        path: PathBuf,
    },
}
