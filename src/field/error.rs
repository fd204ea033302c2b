use super::LayerShape;
use crate::storage::TensorFileError;

/// Why a field was refused.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    /// The architecture cannot be evaluated, or is beyond the limits.
    #[error("this architecture is refused: {0}")]
    Architecture(String),
    /// More or fewer layers than the architecture says.
    #[error("the architecture has {expected} layers and the weights have {found}")]
    LayerCount {
        /// By the architecture.
        expected: usize,
        /// In the weights.
        found: usize,
    },
    /// A layer's size disagrees with the architecture.
    #[error("layer {index} should be {} by {}", expected.d_in, expected.d_out)]
    LayerShape {
        /// Which layer, from 0.
        index: usize,
        /// By the architecture.
        expected: LayerShape,
    },
    /// A weight is NaN or infinite.
    #[error("layer {index} has a weight that is not a finite number")]
    NotFinite {
        /// Which layer, from 0.
        index: usize,
    },
    /// More windows than a file can hold.
    #[error(
        "a sound of {duration_secs:.0} s has {windows} windows, and a field file holds {most}, of some {} s: keep a \
         part of it, or write it as WAV", (duration_secs * *most as f64 / *windows as f64) as u64
    )]
    TooManyWindows {
        /// How long the sound is, in seconds.
        duration_secs: f64,
        /// Windows of all its channels.
        windows: usize,
        /// Windows that a file can hold.
        most: usize,
    },
    /// The file cannot be read or written.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Not a safetensors file that can be used.
    #[error(transparent)]
    File(#[from] TensorFileError),
    /// The bytes are not a field file.
    #[error("this is not a field file: {0}")]
    Malformed(String),
}
