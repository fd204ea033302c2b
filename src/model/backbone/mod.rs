//! Transformers that read pictures and sounds, written as timm names their parts: pre-norm blocks and a final norm.
//! Families differ in what surrounds them and in details of the blocks: see [`Family`].

mod attention;
mod block;
mod config;
mod family;
mod folder;
mod layer_scale;
mod linear;
mod load;
mod mlp;
mod naming;
mod passage;
mod patch_embed;
mod positions;
mod recognise;
mod vit;
mod whisper;

pub use attention::Attention;
pub use block::Block;
pub(crate) use config::WINDOW_MAX;
pub use config::{BackboneConfig, PixelScale};
pub use family::Family;
pub use folder::WeightsFile;
pub(crate) use folder::{FolderNotes, has_weights_extension};
pub use layer_scale::LayerScale;
pub(crate) use linear::{linear, linear_updated};
pub(crate) use load::inspect_backbone;
pub use load::load_backbone;
pub use mlp::Mlp;
pub(crate) use passage::{Beside, run_blocks};
pub use patch_embed::{PatchEmbed, PatchProjection};
pub(crate) use positions::sinusoids;
pub use recognise::{Guess, recognise_backbone};
pub use vit::Backbone;
pub(crate) use vit::layer_norm;
pub use whisper::{Convolution, WhisperEncoder};

/// Epsilon of every layer norm of vision transformers and of heads.
pub(crate) const NORM_EPSILON: f64 = 1e-6;
