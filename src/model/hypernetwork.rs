use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::backbone::{Backbone, Beside, NORM_EPSILON, layer_norm, run_blocks};
use super::compose::shared;
use super::head::{BaseLayer, Head};
use super::{
    BlockUpdates, Composer, LoraConfig, Mode, ModelConfig, ModelError, PLUECKER, SignalKind, initial,
    local_start, names, partials_start,
};
use crate::field::LayerShape;

/// A backbone that reads a picture or a sound, and what turns the outputs of its weight tokens into the weights of
/// a field. Field names are the checkpoint's; the backbone and its updates come first and the base last, as training
/// counts on.
#[derive(Module, Debug)]
pub struct Hypernetwork {
    /// The transformer.
    pub backbone: Backbone,
    /// For `lora`: the updates of each of the backbone's blocks.
    pub lora: Vec<BlockUpdates>,
    /// For objects: the Plücker coordinates of a patch's ray to what is added to its token. It starts at zero, so
    /// that a pretrained backbone starts undisturbed.
    pub ray_embed: Option<Linear>,
    /// For sounds: a patch of samples to a token.
    pub wave_embed: Option<Linear>,
    /// For sounds: what is added to the tokens of a window's patches, `[patches, dim]`.
    pub wave_positions: Option<Param<Tensor<2>>>,
    /// For each of the backbone's blocks the learned tokens that it alone reads, `[count, dim]`; usually none.
    pub deep_prompts: Vec<Param<Tensor<2>>>,
    /// For each layer of the field, `[g, dim]`; none of a layer that all fields share.
    pub weight_tokens: Vec<Option<Param<Tensor<2>>>>,
    /// One for each layer of the field that has weight tokens.
    pub heads: Vec<Option<Head>>,
    /// One for each layer of the field.
    pub base: Vec<BaseLayer>,
    #[module(skip)]
    config: ModelConfig,
}

impl Hypernetwork {
    /// Random weights, the same for the same seed on every device. With the residual composer and a relu field
    /// whose groups and neurons form squares, base and weight tokens start with a place each.
    ///
    /// # Errors
    /// [`ModelError::Config`] if the configuration is refused, [`ModelError::Device`] if the device fails.
    pub fn init(config: &ModelConfig, seed: u64, device: &Device) -> Result<Self, ModelError> {
        let network = Self::structure(config, device)?;
        let tensors = initial::network(&network, config, seed);
        names::put_in(network, tensors).placed(seed)
    }

    /// Random weight tokens, heads and base around a backbone that was loaded: see [`init`](Self::init).
    ///
    /// # Errors
    /// [`ModelError::Config`] if the configuration is refused, [`ModelError::Device`] if the device fails.
    pub fn from_backbone(
        config: &ModelConfig,
        backbone: Backbone,
        seed: u64,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let network = Self::structure(config, device)?.with_backbone(backbone);
        let mut tensors = initial::network(&network, config, seed);
        tensors.retain(|name, _| !name.starts_with("backbone."));
        names::put_in(network, tensors).placed(seed)
    }

    /// With this backbone's blocks, and its embedding of pictures where those are read.
    pub(crate) fn with_backbone(self, backbone: Backbone) -> Self {
        let reads_sounds = self.config.kind == SignalKind::Sound;
        let backbone = if reads_sounds { backbone.without_embedding() } else { backbone };
        Self { backbone, ..self }
    }

    /// With the tensors that start with a place, if any do.
    fn placed(self, seed: u64) -> Result<Self, ModelError> {
        let mut tensors = local_start::tensors(&self.config, &self.backbone, seed)?;
        tensors.extend(partials_start::tensors(&self.config, seed));
        Ok(names::put_in(self, tensors))
    }

    /// The parts, all zeros but the norms: weights come from a file, or are drawn.
    pub(crate) fn structure(config: &ModelConfig, device: &Device) -> Result<Self, ModelError> {
        config.validate()?;
        let dim = config.backbone.dim;
        let shapes = config.field.layer_shapes();
        let tokens = |count| (count > 0).then(|| Initializer::Zeros.init([count, dim], device));
        let head =
            |(shape, count): (&LayerShape, usize)| (count > 0).then(|| Head::init(dim, shape.d_in, device));
        let num_prompted = if config.deep_prompts > 0 { config.backbone.depth } else { 0 };
        let prompts = |_| Initializer::Zeros.init([config.deep_prompts, dim], device);
        let backbone = Backbone::structure(&config.backbone, device);
        let linear = |width| LinearConfig::new(width, dim).with_initializer(Initializer::Zeros).init(device);
        let network = Self {
            backbone: backbone.clone(),
            lora: updates(config, device),
            deep_prompts: (0..num_prompted).map(prompts).collect(),
            weight_tokens: config.layer_tokens().into_iter().map(tokens).collect(),
            heads: shapes.iter().zip(config.layer_tokens()).map(head).collect(),
            base: config.base_shapes().into_iter().map(|shape| BaseLayer::init(shape, device)).collect(),
            ray_embed: (config.kind == SignalKind::Object).then(|| linear(PLUECKER)),
            wave_embed: config.sound.map(|sound| linear(sound.patch)),
            wave_positions: config
                .sound
                .map(|_| Initializer::Zeros.init([config.num_data_tokens(), dim], device)),
            config: config.clone(),
        };
        Ok(network.with_backbone(backbone))
    }

    /// With a backbone that does not learn: no gradient is computed for its weights.
    #[must_use]
    pub fn with_frozen_backbone(self) -> Self {
        Self { backbone: self.backbone.no_grad(), ..self }
    }

    /// To be tuned in this mode. Updates of low rank that are no longer to be tuned become part of the backbone; those of
    /// `lora`, where there are none yet, are drawn as by [`init`](Self::init).
    ///
    /// # Errors
    /// [`ModelError::Config`] if the configuration is refused.
    pub fn with_mode(
        self,
        mode: Mode,
        lora: LoraConfig,
        seed: u64,
        device: &Device,
    ) -> Result<Self, ModelError> {
        if mode == Mode::Lora && self.config.lora.is_some() {
            return Ok(self);
        }
        let network = self.merged();
        let config = ModelConfig { mode, lora: (mode == Mode::Lora).then_some(lora), ..network.config };
        config.validate()?;
        let network = Self { lora: updates(&config, device), config, ..network };
        let mut tensors = initial::network(&network, &network.config, seed);
        tensors.retain(|name, _| name.starts_with("lora."));
        Ok(names::put_in(network, tensors))
    }

    /// To read pictures of another size in px, the positions resampled to their grid. One of sounds, whose patches have
    /// a position each, stays as it is.
    ///
    /// # Errors
    /// [`ModelError::Config`] if the size is refused.
    pub fn with_input_size(self, input_size: usize) -> Result<Self, ModelError> {
        if self.config.kind == SignalKind::Sound || input_size == self.config.input_size {
            return Ok(self);
        }
        let mut config = ModelConfig { input_size, ..self.config };
        config.validate()?;
        config.backbone.grid = input_size / config.backbone.patch;
        Ok(Self { backbone: self.backbone.with_grid(config.backbone.grid), config, ..self })
    }

    /// With more weight tokens a layer, each of them standing there several times: column `j` of a layer is modulated as
    /// before, but by a token of fewer columns, which learns to be another than its copies. The copies are attended to as well,
    /// so that what is written changes a little at once. Where a layer has no multiple of its tokens, and with
    /// `ipc`, it stays as it is.
    ///
    /// # Errors
    /// [`ModelError::Config`] if so many are refused.
    pub fn with_groups(self, groups: usize) -> Result<Self, ModelError> {
        let config = ModelConfig { groups, ..self.config.clone() };
        let counts: Vec<(usize, usize)> =
            self.config.layer_tokens().into_iter().zip(config.layer_tokens()).collect();
        if config.composer == Composer::Ipc || !counts.iter().all(|(few, many)| many.is_multiple_of(*few)) {
            return Ok(self);
        }
        config.validate()?;
        let repeated = |(tokens, (few, many)): (Option<Param<Tensor<2>>>, (usize, usize))| {
            tokens.map(|tokens| {
                let all = tokens.val().repeat_dim(0, many / few);
                let device = all.device();
                // From plain numbers, so that they can learn: what was computed is no leaf of a graph.
                Param::from_data(all.into_data(), &device)
            })
        };
        let weight_tokens = self.weight_tokens.into_iter().zip(counts).map(repeated).collect();
        Ok(Self { weight_tokens, config, ..self })
    }

    /// With updates of low rank taken into the backbone's own weights: the same to 1e-6, and nothing beside it is left to
    /// compute.
    #[must_use]
    pub fn merged(mut self) -> Self {
        if !self.lora.is_empty() {
            let updates = std::mem::take(&mut self.lora).into_iter();
            let blocks = updates.zip(self.backbone.blocks).map(|(updates, block)| updates.merged_into(block));
            self.backbone.blocks = blocks.collect();
        }
        self
    }

    /// What it is.
    #[must_use]
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// The weights of one field for each picture, layer by layer. The biases are shared: see
    /// [`biases`](Self::biases).
    ///
    /// # Shapes
    /// - `images`: `[batch, 3, height, width]`, normalised: see [`normalise`](super::normalise)
    /// - result: `[batch, d_in, d_out]` for each layer
    #[must_use]
    pub fn forward(&self, images: Tensor<4>) -> Vec<Tensor<3>> {
        self.compose(self.modulations(self.tokens(images)))
    }

    /// First part of [`forward`](Self::forward): what the weight tokens have read.
    ///
    /// # Shapes
    /// - result: `[batch, weight tokens of all layers, dim]`, after the final norm
    #[must_use]
    pub fn tokens(&self, images: Tensor<4>) -> Tensor<3> {
        self.read(self.backbone.embed(images))
    }

    /// [`tokens`](Self::tokens) of objects, each seen by one or several posed cameras, whose tokens are laid side
    /// by side.
    ///
    /// # Shapes
    /// - `images`: `[batch * views, 3, height, width]`, normalised, an object's views next to each other
    /// - `rays`: `[batch * views, patches, 6]`: see [`patch_rays`](super::patch_rays)
    /// - result: `[batch, weight tokens of all layers, dim]`, after the final norm
    #[must_use]
    pub fn tokens_of_views(&self, images: Tensor<4>, rays: Tensor<3>, views: usize) -> Tensor<3> {
        let data = self.backbone.embed(images);
        let [all, count, dim] = data.dims();
        let data = match &self.ray_embed {
            None => data,
            Some(embed) => {
                // The class token and registers look nowhere.
                let prefix = self.config.backbone.num_prefix_tokens();
                let prefix = Tensor::zeros([all, prefix, dim], &data.device());
                data + Tensor::cat(vec![prefix, embed.forward(rays)], 1)
            }
        };
        self.read(data.reshape([all / views, views * count, dim]))
    }

    /// [`tokens`](Self::tokens) of windows of sounds.
    ///
    /// # Shapes
    /// - `waves`: `[batch, patches, samples of a patch]`: each window divided by its [`loudness`](super::loudness)
    /// - result: `[batch, weight tokens of all layers, dim]`, after the final norm
    ///
    /// # Panics
    /// If the network reads no sounds.
    #[must_use]
    pub fn tokens_of_sounds(&self, waves: Tensor<3>) -> Tensor<3> {
        let (Some(embed), Some(positions)) = (&self.wave_embed, &self.wave_positions) else {
            unreachable!("sounds are given to networks of sounds alone")
        };
        self.read(embed.forward(waves) + positions.val().unsqueeze::<3>())
    }

    /// The weight tokens appended to the data tokens, and what has become of them.
    fn read(&self, data: Tensor<3>) -> Tensor<3> {
        let [batch, _, _] = data.dims();
        let own: Vec<Tensor<2>> = self.weight_tokens.iter().flatten().map(Param::val).collect();
        let own = Tensor::cat(own, 0).unsqueeze::<3>().repeat_dim(0, batch);
        let [_, num_own, _] = own.dims();
        // The data tokens have done their work when the last block has read them.
        let beside = Beside { updates: &self.lora, prompts: &self.deep_prompts };
        let tokens = Tensor::cat(vec![data, own], 1);
        self.backbone.normalise(run_blocks(&self.backbone.blocks, tokens, num_own, beside))
    }

    /// Second part: each layer's head on its own tokens.
    ///
    /// # Shapes
    /// - `tokens`: `[batch, weight tokens of all layers, dim]`
    /// - result: `[batch, g, d_in]` for each layer; none for a layer that all fields share
    #[must_use]
    pub fn modulations(&self, tokens: Tensor<3>) -> Vec<Option<Tensor<3>>> {
        let counts = self.config.layer_tokens().into_iter().filter(|count| *count > 0).collect();
        let mut own = tokens.split_with_sizes(counts, 1).into_iter();
        self.heads.iter().map(|head| head.as_ref().and_then(|head| Some(head.forward(own.next()?)))).collect()
    }

    /// Third part: the base modulated.
    ///
    /// # Shapes
    /// - `modulations`: `[batch, g, d_in]` for each layer that has any
    /// - result: `[batch, d_in, d_out]` for each layer
    #[must_use]
    pub fn compose(&self, modulations: Vec<Option<Tensor<3>>>) -> Vec<Tensor<3>> {
        let batch = modulations.iter().flatten().next().map_or(1, |modulation| modulation.dims()[0]);
        let compose = |(modulation, base): (Option<Tensor<3>>, &BaseLayer)| match modulation {
            Some(modulation) => self.config.composer.compose(base.weight.val(), modulation),
            None => shared(base.weight.val(), batch),
        };
        modulations.into_iter().zip(&self.base).map(compose).collect()
    }

    /// The biases that all fields share, `[d_out]` for each layer.
    #[must_use]
    pub fn biases(&self) -> Vec<Tensor<1>> {
        self.base.iter().map(|layer| layer.bias.val()).collect()
    }
}

/// The updates of a backbone's blocks, all zeros; none where the configuration has none.
fn updates(config: &ModelConfig, device: &Device) -> Vec<BlockUpdates> {
    let block = |lora| BlockUpdates::init(lora, &config.backbone, device);
    config.lora.into_iter().flat_map(|lora| (0..config.backbone.depth).map(move |_| block(lora))).collect()
}

/// A layer norm with the epsilon of vision transformers.
///
/// # Shapes
/// - `x` and result: `[batch, tokens, dim]`
pub(crate) fn normalised(x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
    layer_norm(x, norm, NORM_EPSILON)
}
