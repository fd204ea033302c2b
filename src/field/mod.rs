//! What a neural field is: its architecture, the layout of its weights, its evaluation on a CPU, and
//! the file it is kept in.

mod activate;
mod adaptive;
mod architecture;
mod backprop;
mod bake;
mod doubt;
mod error;
mod evaluator;
mod file;
mod march;
mod matmul;
mod occupancy;
mod region;
mod skipping;
mod sound_layout;
mod synthesis;
mod trig;
mod value;
mod volume;

pub use architecture::{Activation, Architecture, Encoding, LayerShape};
pub(crate) use backprop::{LayerView, TRACE_POINTS, Trace, trace_backward, trace_forward};
pub use bake::{Bake, CropBox};
pub use doubt::{Doubt, doubts};
pub use error::FieldError;
pub(crate) use evaluator::Encoder;
pub use evaluator::Evaluator;
pub use matmul::matmul_peak_gflops;
pub(crate) use matmul::{Cores, Matrix, Write, add_to_columns, matmul, product};
pub use occupancy::Occupancy;
pub use region::{Region, pixel_centres};
pub(crate) use skipping::{OPAQUE, doubt_max};
pub use skipping::{Traced, Tracer};
pub use sound_layout::{SoundChannels, SoundLayout};
pub use synthesis::Synthesizer;
pub use value::{Field, FieldKind, FieldRecord, Layer};
pub(crate) use volume::{LAST_SPACING, TRANSMITTANCE_FLOOR, spacings};
pub use volume::{Sampling, Seen, sample_depths};
