use crate::dataset::DatasetError;
use crate::field::FieldError;
use crate::media::MediaError;
use crate::model::ModelError;

/// Why training, refining or measuring failed.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// A setting that makes no sense.
    #[error("{0}")]
    Config(String),
    /// The numbers left the range of f32.
    #[error("the loss is not a finite number after {steps} steps; try a learning rate below {learning_rate}")]
    Diverged {
        /// Steps done.
        steps: u32,
        /// The learning rate in use.
        learning_rate: f64,
    },
    /// The loss has left what it was.
    #[error(
        "the loss has grown to {times:.0} times what it was, after {steps} steps; try a learning rate below {learning_rate:.2e}"
    )]
    Exploded {
        /// Steps done.
        steps: u32,
        /// The loss, in parts of its running mean.
        times: f64,
        /// The learning rate in use.
        learning_rate: f64,
    },
    /// The run folder cannot be read or written.
    #[error("{what}: {source}")]
    Io {
        /// What was being done, with the file.
        what: String,
        /// What the file system says.
        source: std::io::Error,
    },
    /// A run cannot be resumed.
    #[error("this run cannot be resumed: {0}")]
    Resume(String),
    /// The field was refused.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A picture was refused.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The model or its backbone was refused.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The data was refused.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

/// What to make of the file system's refusal.
pub(crate) fn io_error(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> TrainError {
    let what = what.into();
    move |source| TrainError::Io { what, source }
}
