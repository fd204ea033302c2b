//! The hypernetwork: a backbone reads the signal, and what its weight tokens have read becomes the
//! weights of a field.
//!
//! ```text
//! picture ─► patches ─► [class, patches, weight tokens] ─► blocks ─► norm ─► heads ─► composer ─► field
//! ```
//!
//! The parts of the network are burn modules whose field names are those of the files: timm's for the
//! backbone, the checkpoint's for the rest.

pub mod backbone;
mod checkpoint;
mod compose;
mod composite;
mod config;
pub(crate) mod cpu;
mod device;
mod error;
mod evaluate;
mod head;
mod hypernetwork;
mod infer;
mod infer_sound;
mod initial;
mod inspect;
mod lap;
mod loading;
mod local_start;
mod lpips;
mod names;
mod partials_start;
mod rays;
mod report;
mod torch_file;

pub use backbone::{
    Backbone, BackboneConfig, Family, Guess, WhisperEncoder, load_backbone, recognise_backbone,
};
pub use checkpoint::{Checkpoint, checkpoint_bytes, is_checkpoint, save_checkpoint};
pub use composite::composite;
pub(crate) use config::PLUECKER;
pub use config::{Composer, Mode, ModelConfig, Objective, ParameterCounts, SignalKind, SoundConfig};
pub(crate) use cpu::Compositing;
pub use device::{best_device, cpu_device, device_name};
pub use error::ModelError;
pub use evaluate::{encode_points, evaluate_batch, evaluate_features};
pub use head::{BaseLayer, Head};
pub use hypernetwork::Hypernetwork;
pub(crate) use hypernetwork::normalised;
pub use infer::{EncodeTimings, Generated, Model, ModelInfo, VIEWS_MAX, normalise};
pub use infer_sound::{GAINS_NOTE, coded_channels, loudness, padded, sound_layout};
pub(crate) use initial::with_random_weights;
pub use inspect::{Contents, Inspection, inspect};
pub(crate) use lap::Lap;
pub use lpips::Lpips;
pub use rays::patch_rays;
pub use report::{TensorReport, WrongShape};
