//! What a neural field is: its architecture, the layout of its weights, its evaluation on a CPU, and
//! the file it is kept in.

mod architecture;
mod error;
mod evaluator;
mod file;
mod matmul;
mod region;
mod trig;
mod value;

pub use architecture::{Activation, Architecture, Encoding, LayerShape};
pub use error::FieldError;
pub use evaluator::Evaluator;
pub(crate) use evaluator::{Encoder, activate, layer};
pub use matmul::matmul_peak_gflops;
pub(crate) use matmul::{Matrix, add_matmul};
pub use region::{Region, pixel_centres};
pub use value::{Field, FieldKind, FieldRecord, Layer};
