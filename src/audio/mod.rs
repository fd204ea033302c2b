//! The sound card.

mod outputs;

pub use outputs::output_names;
