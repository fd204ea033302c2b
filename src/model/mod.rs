//! The hypernetwork: a backbone reads the signal, and what its weight tokens have read becomes the
//! weights of a field.
//!
//! ```text
//! picture ─► patches ─► [class, patches, weight tokens] ─► blocks ─► norm ─► heads ─► composer ─► field
//! ```
//!
//! The parts of the network are burn modules whose field names are those of the files: timm's for the
//! backbone, whatever a family's own files call them, the checkpoint's for the rest.

pub mod backbone;
mod checkpoint;
mod compose;
mod composite;
mod config;
mod counts;
pub(crate) mod cpu;
mod described;
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
mod low_rank;
mod lpips;
mod methods;
mod names;
mod partials_start;
mod rays;
mod report;

pub use backbone::{
    Backbone, BackboneConfig, Family, Guess, PixelScale, WeightsFile, WhisperEncoder, load_backbone,
    recognise_backbone,
};
pub use checkpoint::{Checkpoint, checkpoint_bytes, is_checkpoint, read_model_config, save_checkpoint};
pub use composite::composite;
pub(crate) use config::PLUECKER;
pub use config::{ModelConfig, SignalKind, SoundConfig};
pub use counts::ParameterCounts;
pub(crate) use cpu::Compositing;
pub(crate) use described::of_field;
pub use device::{best_device, cpu_device, device_name};
pub use error::ModelError;
pub use evaluate::{encode_points, evaluate_batch, evaluate_features};
pub use head::{BaseLayer, Head};
pub use hypernetwork::Hypernetwork;
pub(crate) use hypernetwork::normalised;
pub use infer::{EncodeTimings, Generated, Model, ModelInfo, VIEWS_MAX, normalise};
pub use infer_sound::{GAINS_NOTE, coded_channels, loudness, padded, sound_layout};
pub(crate) use initial::with_random_weights;
pub use inspect::{Contents, Inspection, inspect, inspect_at};
pub(crate) use lap::Lap;
pub use low_rank::{BlockUpdates, LowRank};
pub use lpips::Lpips;
pub use methods::{Composer, LoraConfig, Mode, Objective};
pub use rays::patch_rays;
pub use report::{TensorReport, WrongShape};
