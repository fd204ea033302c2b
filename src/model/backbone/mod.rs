//! Vision transformers, written as timm names their parts (`vit_*_patch16_224`, the `AugReg` weights of
//! arXiv 2106.10270): pre-norm blocks, layer norms with epsilon 1e-6, exact GELU.

mod attention;
mod block;
mod mlp;
mod patch_embed;
mod positions;
mod recognise;
mod vit;

pub use attention::Attention;
pub use block::Block;
pub use mlp::Mlp;
pub(crate) use mlp::linear;
pub use patch_embed::{PatchEmbed, PatchProjection};
pub use recognise::{Guess, load_backbone, recognise_backbone};
pub(crate) use recognise::{guess, report_backbone};
pub use vit::Backbone;
pub(crate) use vit::run_blocks;

/// Epsilon of every layer norm.
pub(crate) const NORM_EPSILON: f64 = 1e-6;
