//! Sounds: what a file plays, as plain samples at any rate.

mod decode;
mod edit_list;
mod log_mel;
mod overview;
mod resample;
mod signal;
mod spectrum;
mod value;
mod write;

pub use decode::decode_sound;
pub use log_mel::{MEL_BINS, MEL_WINDOW, log_mel, log_mel_window};
pub use overview::{Extent, Overview};
pub use resample::Interpolator;
pub use signal::SoundSignal;
pub use spectrum::Stft;
pub use value::Sound;
pub use write::{SampleDepth, wav_bytes};
