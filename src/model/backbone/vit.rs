use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, LayerNormConfig};
use burn::tensor::{Device, Tensor};

use super::positions::resample;
use super::{BackboneConfig, Beside, Block, Family, PatchEmbed, run_blocks};
use crate::model::cpu;

/// A vision transformer without its classifier, or the blocks and the norm of another transformer. Field names are
/// timm's.
#[derive(Module, Debug)]
pub struct Backbone {
    /// Patches to tokens; this and the next four are none where tokens of another kind take their place.
    pub patch_embed: Option<PatchEmbed>,
    /// `[1, 1, dim]`.
    pub cls_token: Option<Param<Tensor<3>>>,
    /// `[1, 1 + grid * grid, dim]`.
    pub pos_embed: Option<Param<Tensor<3>>>,
    /// Registers, `[1, count, dim]`; of most families none, as the next.
    pub reg_token: Option<Param<Tensor<3>>>,
    /// Before the blocks.
    pub norm_pre: Option<LayerNorm>,
    /// The blocks in use.
    pub blocks: Vec<Block>,
    /// The final norm.
    pub norm: LayerNorm,
    grid: usize,
    patch: usize,
    epsilon: f64,
}

impl Backbone {
    /// The parts, all zeros but the norms: weights come from a file, or are drawn.
    #[must_use]
    pub(crate) fn structure(config: &BackboneConfig, device: &Device) -> Self {
        let blocks = (0..config.depth).map(|_| Block::init(config, device)).collect();
        let norm =
            || LayerNormConfig::new(config.dim).with_epsilon(config.family.norm_epsilon()).init(device);
        let without_embedding = Self::of_blocks(blocks, norm(), config);
        let tokens = |count: usize| Initializer::Zeros.init([1, count, config.dim], device);
        let registers = config.family.registers();
        match config.family {
            Family::Whisper => without_embedding,
            family => Self {
                patch_embed: Some(PatchEmbed::init(config, device)),
                cls_token: Some(tokens(1)),
                pos_embed: Some(tokens(1 + config.grid.pow(2))),
                reg_token: (registers > 0).then(|| tokens(registers)),
                norm_pre: family.has_pre_norm().then(norm),
                ..without_embedding
            },
        }
    }

    /// Blocks and a final norm, for tokens that are no pictures'.
    pub(crate) fn of_blocks(blocks: Vec<Block>, norm: LayerNorm, config: &BackboneConfig) -> Self {
        Self {
            patch_embed: None,
            cls_token: None,
            pos_embed: None,
            reg_token: None,
            norm_pre: None,
            blocks,
            norm,
            grid: config.grid,
            patch: config.patch,
            epsilon: config.family.norm_epsilon(),
        }
    }

    /// The same backbone with its positions resampled to a grid of this side.
    #[must_use]
    pub(crate) fn with_grid(mut self, grid: usize) -> Self {
        if let Some(stored) = self.pos_embed.as_mut().filter(|_| self.grid != grid) {
            let positions = resample(stored.val(), self.grid, grid, grid);
            let device = positions.device();
            // From plain numbers, so that they can learn: what was computed is no leaf of a graph.
            *stored = Param::from_data(positions.into_data(), &device);
            self.grid = grid;
        }
        self
    }

    /// Its blocks and its norm alone, for tokens that are no pictures'.
    #[must_use]
    pub(crate) fn without_embedding(self) -> Self {
        Self { patch_embed: None, cls_token: None, pos_embed: None, reg_token: None, norm_pre: None, ..self }
    }

    /// A picture's own tokens, ready for the blocks: the class token, then the registers, then the patches row by row,
    /// with the positions of the picture's grid added to class and patches.
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, normalised: see [`BackboneConfig::pixel_scale`]; both sides
    ///   multiples of the patch
    /// - result: `[batch, 1 + registers + rows * columns, dim]`
    ///
    /// # Panics
    /// If the backbone has no embedding of pictures.
    #[must_use]
    pub fn embed(&self, images: Tensor<4>) -> Tensor<3> {
        let (Some(patch_embed), Some(cls_token), Some(pos_embed)) =
            (&self.patch_embed, &self.cls_token, &self.pos_embed)
        else {
            unreachable!("pictures are given to networks of pictures alone")
        };
        let [batch, _, height, width] = images.dims();
        let patches = patch_embed.forward(images);
        let class = cls_token.val().repeat_dim(0, batch);
        let positions = resample(pos_embed.val(), self.grid, height / self.patch, width / self.patch);
        let tokens = Tensor::cat(vec![class, patches], 1) + positions;
        let [_, count, _] = tokens.dims();
        let tokens = match &self.reg_token {
            None => tokens,
            Some(registers) => {
                let (class, patches) = (tokens.clone().narrow(1, 0, 1), tokens.narrow(1, 1, count - 1));
                Tensor::cat(vec![class, registers.val().repeat_dim(0, batch), patches], 1)
            }
        };
        self.before_blocks(tokens)
    }

    /// The norm before the blocks, if there is one.
    fn before_blocks(&self, tokens: Tensor<3>) -> Tensor<3> {
        match &self.norm_pre {
            Some(norm) => layer_norm(tokens, norm, self.epsilon),
            None => tokens,
        }
    }

    /// What the backbone takes a picture without content for: tokens at the places of a square grid, or
    /// class tokens where `count` is not a square.
    ///
    /// # Shapes
    /// - result: `[count, dim]`; `None` without an embedding of pictures
    #[must_use]
    pub(crate) fn blank_tokens(&self, count: usize) -> Option<Tensor<2>> {
        let side = count.isqrt();
        let positions = self.pos_embed.as_ref()?.val();
        let tokens = if side * side == count {
            let places = resample(positions, self.grid, side, side).narrow(1, 1, count);
            match &self.patch_embed.as_ref()?.proj.bias {
                Some(bias) => places + bias.val().unsqueeze::<3>(),
                None => places,
            }
        } else {
            let class = positions.narrow(1, 0, 1) + self.cls_token.as_ref()?.val();
            class.repeat_dim(1, count)
        };
        Some(self.before_blocks(tokens).squeeze_dim::<2>(0))
    }

    /// The tokens through every block, the final norm left out: what becomes of the last `num_last`.
    ///
    /// # Shapes
    /// - `tokens`: `[batch, tokens, dim]`
    /// - result: `[batch, num_last, dim]`
    #[must_use]
    pub fn run_blocks(&self, tokens: Tensor<3>, num_last: usize) -> Tensor<3> {
        run_blocks(&self.blocks, tokens, num_last, Beside::default())
    }

    /// The final norm.
    ///
    /// # Shapes
    /// - `tokens` and result: `[batch, tokens, dim]`
    #[must_use]
    pub fn normalise(&self, tokens: Tensor<3>) -> Tensor<3> {
        layer_norm(tokens, &self.norm, self.epsilon)
    }
}

/// A layer norm that was made with this epsilon, by the CPU's own operation where that computes.
///
/// # Shapes
/// - `x` and result: `[batch, tokens, dim]`
pub(crate) fn layer_norm(x: Tensor<3>, norm: &LayerNorm, epsilon: f64) -> Tensor<3> {
    if cpu::computes_on(&x.device()) { cpu::norm(x, norm, epsilon) } else { norm.forward(x) }
}
