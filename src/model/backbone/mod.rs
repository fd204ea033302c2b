//! Vision transformers, written as timm names their parts (`vit_*_patch16_224`, the `AugReg` weights of
//! arXiv 2106.10270): pre-norm blocks, layer norms with epsilon 1e-6, exact GELU. Whisper's encoder of sounds
//! (arXiv 2212.04356) has the same blocks under other names, with epsilon 1e-5.

mod attention;
mod block;
mod config;
mod linear;
mod mlp;
mod passage;
mod patch_embed;
mod positions;
mod recognise;
mod vit;
mod whisper;

pub use attention::Attention;
pub use block::Block;
pub(crate) use config::WINDOW_MAX;
pub use config::{BackboneConfig, Family};
pub(crate) use linear::{linear, linear_updated};
pub use mlp::Mlp;
pub(crate) use passage::{Beside, run_blocks};
pub use patch_embed::{PatchEmbed, PatchProjection};
pub use recognise::{Guess, load_backbone, recognise_backbone};
pub(crate) use recognise::{guess, report_backbone};
pub use vit::Backbone;
pub(crate) use vit::layer_norm;
pub use whisper::{Convolution, WhisperEncoder};

/// Epsilon of every layer norm of vision transformers and of heads.
pub(crate) const NORM_EPSILON: f64 = 1e-6;
