use crate::export::ExportError;
use crate::media::MediaError;
use crate::model::ModelError;
use crate::train::TrainError;

/// Why an experiment, or its report, failed.
#[derive(Debug, thiserror::Error)]
pub enum ExperimentError {
    /// The experiment's file, or what was set over it, makes no sense.
    #[error("{0}")]
    File(String),
    /// A file or folder cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the file.
        what: String,
        /// What the file system says.
        source: std::io::Error,
    },
    /// Something that the program itself wrote is damaged.
    #[error("{path} cannot be used: {what}")]
    Damaged {
        /// Which file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// A curve cannot be drawn.
    #[error("a curve cannot be drawn: {0}")]
    Curve(String),
    /// Training or measuring failed.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The model's file was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A picture cannot be written.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// A sound cannot be written.
    #[error(transparent)]
    Export(#[from] ExportError),
}

/// What to make of the file system's refusal.
pub(super) fn io_error(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> ExperimentError {
    let what = what.into();
    move |source| ExperimentError::Io { what, source }
}
