use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

use super::backbone::{Backbone, NORM_EPSILON, layer_norm};
use super::head::{BaseLayer, Head};
use super::{
    Mode, ModelConfig, ModelError, PLUECKER, SignalKind, initial, local_start, names, partials_start,
};

/// A backbone that reads a picture or a sound, and what turns the outputs of its weight tokens into the weights of
/// a field. Field names are the checkpoint's; the backbone comes first and the base last, as training counts on.
#[derive(Module, Debug)]
pub struct Hypernetwork {
    /// The transformer.
    pub backbone: Backbone,
    /// For objects: the Plücker coordinates of a patch's ray to what is added to its token. It starts at zero, so
    /// that a pretrained backbone starts undisturbed.
    pub ray_embed: Option<Linear>,
    /// For sounds: a patch of samples to a token.
    pub wave_embed: Option<Linear>,
    /// For sounds: what is added to the tokens of a window's patches, `[patches, dim]`.
    pub wave_positions: Option<Param<Tensor<2>>>,
    /// For each layer of the field, `[g, dim]`.
    pub weight_tokens: Vec<Param<Tensor<2>>>,
    /// One for each layer of the field.
    pub heads: Vec<Head>,
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
        let tokens = |shape| Initializer::Zeros.init([config.tokens(shape), dim], device);
        let backbone = Backbone::structure(&config.backbone, device);
        let linear = |width| LinearConfig::new(width, dim).with_initializer(Initializer::Zeros).init(device);
        let network = Self {
            backbone: backbone.clone(),
            weight_tokens: shapes.iter().map(|shape| tokens(*shape)).collect(),
            heads: shapes.iter().map(|shape| Head::init(dim, shape.d_in, device)).collect(),
            base: shapes.iter().map(|shape| BaseLayer::init(*shape, device)).collect(),
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

    /// To be tuned in another mode.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Self { config: ModelConfig { mode, ..self.config }, ..self }
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
        let own: Vec<Tensor<2>> = self.weight_tokens.iter().map(Param::val).collect();
        let own = Tensor::cat(own, 0).unsqueeze::<3>().repeat_dim(0, batch);
        let [_, num_own, _] = own.dims();
        // The data tokens have done their work when the last block has read them.
        let out = self.backbone.run_blocks(Tensor::cat(vec![data, own], 1), num_own);
        self.backbone.normalise(out)
    }

    /// Second part: each layer's head on its own tokens.
    ///
    /// # Shapes
    /// - `tokens`: `[batch, weight tokens of all layers, dim]`
    /// - result: `[batch, g, d_in]` for each layer
    #[must_use]
    pub fn modulations(&self, tokens: Tensor<3>) -> Vec<Tensor<3>> {
        let counts = self.config.layer_tokens();
        tokens
            .split_with_sizes(counts, 1)
            .into_iter()
            .zip(&self.heads)
            .map(|(own, head)| head.forward(own))
            .collect()
    }

    /// Third part: the base modulated.
    ///
    /// # Shapes
    /// - `modulations`: `[batch, g, d_in]` for each layer
    /// - result: `[batch, d_in, d_out]` for each layer
    #[must_use]
    pub fn compose(&self, modulations: Vec<Tensor<3>>) -> Vec<Tensor<3>> {
        let compose = |(modulation, base): (Tensor<3>, &BaseLayer)| {
            self.config.composer.compose(base.weight.val(), modulation)
        };
        modulations.into_iter().zip(&self.base).map(compose).collect()
    }

    /// The biases that all fields share, `[d_out]` for each layer.
    #[must_use]
    pub fn biases(&self) -> Vec<Tensor<1>> {
        self.base.iter().map(|layer| layer.bias.val()).collect()
    }
}

/// A layer norm with the epsilon of vision transformers.
///
/// # Shapes
/// - `x` and result: `[batch, tokens, dim]`
pub(crate) fn normalised(x: Tensor<3>, norm: &LayerNorm) -> Tensor<3> {
    layer_norm(x, norm, NORM_EPSILON)
}
