//! The encoder of Whisper (<https://github.com/openai/whisper>, MIT; arXiv 2212.04356): two convolutions over a
//! log-mel spectrogram, then the pre-norm blocks of a vision transformer, whose keys have no bias.

use burn::module::{Module, Param};
use burn::nn::{Initializer, LayerNorm, LayerNormConfig};
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, activation, module};

use super::naming::Layout;
use super::recognise::find;
use super::{Backbone, BackboneConfig, Beside, Block, Family, layer_norm, run_blocks};
use crate::media::MEL_BINS;
use crate::model::loading::load;
use crate::model::{ModelError, TensorReport};
use crate::storage::TensorFile;

/// Samples of a kernel of either convolution.
pub(super) const KERNEL: usize = 3;
/// Mel frames of a token: the second convolution's stride.
pub(super) const STRIDE: usize = 2;

/// Whisper's encoder. Field names are `OpenAI`'s, those within the blocks timm's.
#[derive(Module, Debug)]
pub struct WhisperEncoder {
    /// Mel bins to the width of a token.
    pub conv1: Convolution,
    /// Every second frame.
    pub conv2: Convolution,
    /// `[positions, dim]`: sinusoids.
    pub positional_embedding: Param<Tensor<2>>,
    /// The blocks in use.
    pub blocks: Vec<Block>,
    /// The final norm.
    pub ln_post: LayerNorm,
    epsilon: f64,
}

/// A convolution along time, three frames wide, a frame of zeros at either end.
#[derive(Module, Debug)]
pub struct Convolution {
    /// `[out, in, 3]`
    pub weight: Param<Tensor<3>>,
    /// `[out]`
    pub bias: Param<Tensor<1>>,
}

impl Convolution {
    /// All zeros.
    fn init(channels_in: usize, channels_out: usize, device: &Device) -> Self {
        Self {
            weight: Initializer::Zeros.init([channels_out, channels_in, KERNEL], device),
            bias: Initializer::Zeros.init([channels_out], device),
        }
    }

    /// # Shapes
    /// - `x`: `[batch, in, frames]`
    /// - result: `[batch, out, frames / stride]`, rounded up
    #[must_use]
    fn forward(&self, x: Tensor<3>, stride: usize) -> Tensor<3> {
        let options = ConvOptions::new([stride], [KERNEL / 2], [1], 1);
        module::conv1d(x, self.weight.val(), Some(self.bias.val()), options)
    }
}

impl WhisperEncoder {
    /// Read a weights file: Whisper's own, or its encoder alone.
    ///
    /// # Errors
    /// [`ModelError`] if the file is no Whisper encoder, or a tensor that it needs is missing, misshapen or not
    /// finite.
    pub fn from_bytes(bytes: &[u8], device: &Device) -> Result<(Self, TensorReport), ModelError> {
        let file = TensorFile::parse(bytes)?;
        let wanted = "Whisper encoder";
        match find(&file) {
            Ok((config, layout)) if config.family == Family::Whisper => {
                Self::from_file(&file, &layout, &config, device)
            }
            Ok((other, _)) => {
                Err(ModelError::Unrecognised { wanted, found: format!("it is {}", other.name()) })
            }
            Err(found) => Err(ModelError::Unrecognised { wanted, found }),
        }
    }

    /// The parts, all zeros but the norms.
    pub(super) fn structure(config: &BackboneConfig, device: &Device) -> Self {
        let dim = config.dim;
        let epsilon = config.family.norm_epsilon();
        Self {
            conv1: Convolution::init(MEL_BINS, dim, device),
            conv2: Convolution::init(dim, dim, device),
            positional_embedding: Initializer::Zeros.init([config.grid, dim], device),
            blocks: (0..config.depth).map(|_| Block::init(config, device)).collect(),
            ln_post: LayerNormConfig::new(dim).with_epsilon(epsilon).init(device),
            epsilon,
        }
    }

    /// The first `depth` blocks of `config`, and the rest, of an opened file.
    pub(super) fn from_file(
        file: &TensorFile,
        layout: &Layout,
        config: &BackboneConfig,
        device: &Device,
    ) -> Result<(Self, TensorReport), ModelError> {
        let parts = |name: &str, shape: &[usize]| layout.parts(name, shape);
        let is_known_extra = |name: &str| layout.is_known_extra(name, config.depth);
        load(Self::structure(config, device), file, &layout.prefix, parts, is_known_extra)
    }

    /// Its blocks and its norm alone, for tokens of another kind.
    pub(super) fn into_backbone(self, config: &BackboneConfig) -> Backbone {
        Backbone::of_blocks(self.blocks, self.ln_post, config)
    }

    /// Features of a sound, one for 20 ms.
    ///
    /// # Shapes
    /// - `mel`: `[batch, 80, frames]`: see [`log_mel`](crate::media::log_mel); frames even, at most two for a
    ///   position, which is 3000
    /// - result: `[batch, frames / 2, dim]`
    ///
    /// # Panics
    /// If there are more frames.
    #[must_use]
    pub fn forward(&self, mel: Tensor<3>) -> Tensor<3> {
        let x = activation::gelu(self.conv1.forward(mel, 1));
        let x = activation::gelu(self.conv2.forward(x, STRIDE)).swap_dims(1, 2);
        let [_, tokens, _] = x.dims();
        let positions = self.positional_embedding.val().narrow(0, 0, tokens);
        let x = run_blocks(&self.blocks, x + positions.unsqueeze::<3>(), tokens, Beside::default());
        layer_norm(x, &self.ln_post, self.epsilon)
    }
}
