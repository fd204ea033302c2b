use serde::{Deserialize, Serialize};

use super::Family;
use crate::media::MEL_BINS;
use crate::model::ModelError;

/// Mean and deviation of each channel that a backbone was trained with, of colours in [0, 1].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PixelScale {
    /// Red, green, blue.
    pub mean: [f32; 3],
    /// Red, green, blue.
    pub deviation: [f32; 3],
}

/// The size of a backbone.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BackboneConfig {
    /// Where the weights and the names come from.
    pub family: Family,
    /// Width of a token.
    pub dim: usize,
    /// Blocks in use, counted from the input.
    pub depth: usize,
    /// Attention heads; they divide `dim`.
    pub heads: usize,
    /// Hidden width of a block's MLP.
    pub mlp: usize,
    /// Side of a patch, in pixels; of Whisper the mel frames of a token.
    pub patch: usize,
    /// Side of the stored grid of positions, in patches; of Whisper its positions.
    pub grid: usize,
    /// How pixels are normalised, where the files beside the weights say otherwise than the family.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pixels: Option<PixelScale>,
}

/// Widest token, and most patches and heads that make sense on any machine of today.
const DIM_MAX: usize = 4_096;
const DEPTH_MAX: usize = 64;
/// Longest window of a sound, in samples, and most positions of a Whisper encoder.
pub(crate) const WINDOW_MAX: usize = 1 << 20;

impl BackboneConfig {
    /// The name that people know a size by: `ViT-Ti/16`, `DINOv2-S/14 with registers`, `Whisper-tiny`.
    #[must_use]
    pub fn name(&self) -> String {
        let size = match (self.family, self.dim, self.mlp) {
            (Family::Whisper, 384, 1_536) => "tiny".to_owned(),
            (Family::Whisper, 512, 2_048) => "base".to_owned(),
            (Family::Whisper, 768, 3_072) => "small".to_owned(),
            (Family::Whisper, 1_024, 4_096) => "medium".to_owned(),
            (_, 192, 768) => "Ti".to_owned(),
            (_, 384, 1_536) => "S".to_owned(),
            (_, 768, 3_072) => "B".to_owned(),
            (_, 1_024, 4_096) => "L".to_owned(),
            (_, dim, _) => dim.to_string(),
        };
        match self.family {
            Family::Whisper => format!("Whisper-{size}"),
            Family::Dinov2Registers => format!("DINOv2-{size}/{} with registers", self.patch),
            family => format!("{}-{size}/{}", family.short_name(), self.patch),
        }
    }

    /// How pixels are normalised before it reads them.
    #[must_use]
    pub fn pixel_scale(&self) -> PixelScale {
        self.pixels.unwrap_or(self.family.pixel_scale())
    }

    /// Tokens before those of a picture's patches: the class token and the registers.
    #[must_use]
    pub fn num_prefix_tokens(&self) -> usize {
        1 + self.family.registers()
    }

    /// Weights and biases of the blocks in use, the embeddings and the final norm.
    #[must_use]
    pub fn num_params(&self) -> usize {
        let Self { family, dim, patch, grid, .. } = *self;
        let embedding = if family == Family::Whisper {
            3 * MEL_BINS * dim + dim + 3 * dim * dim + dim + grid * dim
        } else {
            let of_patches = (3 * patch * patch + usize::from(family.has_patch_bias())) * dim;
            let pre_norm = if family.has_pre_norm() { 2 * dim } else { 0 };
            of_patches + (1 + family.registers() + 1 + grid * grid) * dim + pre_norm
        };
        embedding + self.num_block_params()
    }

    /// Weights and biases of the blocks in use and the final norm.
    #[must_use]
    pub fn num_block_params(&self) -> usize {
        let Self { family, dim, depth, mlp, .. } = *self;
        let scales = if family.has_layer_scale() { 2 * dim } else { 0 };
        let block = 4 * dim + (dim * 3 * dim + 3 * dim) + (dim * dim + dim) + (2 * dim * mlp + mlp + dim);
        depth * (block + scales) + 2 * dim
    }

    /// Floating-point operations of the matrix products of the embedding and all blocks in use, for one item of
    /// `num_patches` patches of `patch_values` values each among `num_tokens` tokens, of which the last `num_last`
    /// leave the last block (a multiply-add is two).
    #[must_use]
    pub fn flops(
        &self,
        (num_patches, patch_values): (usize, usize),
        num_tokens: usize,
        num_last: usize,
    ) -> u64 {
        let [dim, mlp, patch, patches, tokens, last] =
            [self.dim, self.mlp, patch_values, num_patches, num_tokens, num_last].map(|count| count as u64);
        let block = |out: u64| {
            2 * tokens * 3 * dim * dim + 4 * out * tokens * dim + 2 * out * (dim * dim + 2 * dim * mlp)
        };
        let blocks = self.depth.saturating_sub(1) as u64 * block(tokens) + block(last);
        2 * patches * patch * dim + blocks
    }

    pub(crate) fn validate(&self) -> Result<(), ModelError> {
        let refuse = |what: String| Err(ModelError::Config(what));
        let Self { dim, depth, heads, mlp, patch, grid, .. } = *self;
        if !(1..=DIM_MAX).contains(&dim) || !(1..=8 * DIM_MAX).contains(&mlp) {
            return refuse(format!(
                "a backbone {dim} wide with an MLP of {mlp} is beyond {DIM_MAX} and {}",
                8 * DIM_MAX
            ));
        }
        if heads == 0 || !dim.is_multiple_of(heads) {
            return refuse(format!("{heads} attention heads do not divide a width of {dim}"));
        }
        if !(1..=DEPTH_MAX).contains(&depth) {
            return refuse(format!("a backbone of {depth} blocks, expected 1 to {DEPTH_MAX}"));
        }
        let (unit, grid_max) = match self.family {
            Family::Whisper => ("frames", WINDOW_MAX),
            _ => ("px", 256),
        };
        if !(1..=256).contains(&patch) || !(1..=grid_max).contains(&grid) {
            return refuse(format!(
                "patches of {patch} {unit} on a grid of {grid}, expected 1 to 256 and 1 to {grid_max}"
            ));
        }
        let PixelScale { mean, deviation } = self.pixel_scale();
        let is_usable = mean.iter().all(|mean| mean.abs() <= 1.0)
            && deviation.iter().all(|deviation| (1e-3..=1e3).contains(deviation));
        if !is_usable {
            return refuse(format!("pixels of mean {mean:?} and deviation {deviation:?}"));
        }
        Ok(())
    }
}
