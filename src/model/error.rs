use std::path::PathBuf;

use super::TensorReport;
use crate::field::FieldError;
use crate::storage::TensorFileError;

/// Why a model or a weights file was refused, or could not be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the file system says.
        source: std::io::Error,
    },
    /// Not a file of tensors that can be used.
    #[error(transparent)]
    File(#[from] TensorFileError),
    /// A file of tensors, and not what was asked for.
    #[error("this is not a {wanted}: {found}")]
    Unrecognised {
        /// What was asked for.
        wanted: &'static str,
        /// What it is instead.
        found: String,
    },
    /// The configuration cannot be built.
    #[error("the model's configuration is refused: {0}")]
    Config(String),
    /// Tensors that the network needs are missing or have the wrong shape.
    #[error("the weights do not fit the network: {}", .0.complaint())]
    Tensors(Box<TensorReport>),
    /// A prompt-tuned checkpoint without the backbone that it was tuned on.
    #[error(
        "this model was tuned on a backbone that is kept in a file of its own, with sha256 {sha256}; {searched}; \
         put that file next to the model"
    )]
    BackboneNotFound {
        /// SHA-256 of the weights file that it needs.
        sha256: String,
        /// Where it was looked for.
        searched: String,
    },
    /// The default model's file is absent.
    #[error(
        "the default model {name} was not found ({searched}); set HYPERSCOPE_ASSETS to the folder that holds it"
    )]
    NotBundled {
        /// The file.
        name: &'static str,
        /// Where it was looked for.
        searched: String,
    },
    /// The network wrote a field that cannot be used.
    #[error("the model wrote a field that cannot be used: {0}")]
    Field(#[from] FieldError),
    /// The device failed while computing.
    #[error("the device failed while computing the field: {0}")]
    Device(String),
}
