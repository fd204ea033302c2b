//! What a neural field is: its architecture, the layout of its weights, its evaluation on a CPU, and
//! the file it is kept in.

mod activate;
mod architecture;
mod error;
mod evaluator;
mod file;
mod matmul;
mod region;
mod trig;
mod value;

pub(crate) use activate::{activate, through_activation};
pub use architecture::{Activation, Architecture, Encoding, LayerShape};
pub use error::FieldError;
pub use evaluator::Evaluator;
pub(crate) use evaluator::{Encoder, layer};
pub use matmul::matmul_peak_gflops;
pub(crate) use matmul::{Cores, Matrix, Write, add_matmul, matmul, product};
pub use region::{Region, pixel_centres};
pub use value::{Field, FieldKind, FieldRecord, Layer};
