use serde::{Deserialize, Serialize};

use super::ModelError;
use crate::field::{Architecture, LayerShape};
use crate::limits;

/// What a hypernetwork is, as data: the `config` of a checkpoint file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelConfig {
    /// What it writes fields for.
    pub kind: SignalKind,
    /// How it was trained.
    pub mode: Mode,
    /// How tokens become weights.
    pub composer: Composer,
    /// Weight tokens of a layer, where the layer is at least that wide: see [`ModelConfig::tokens`].
    pub groups: usize,
    /// What it was trained to minimise.
    pub objective: Objective,
    /// Side of the square that the backbone reads, in pixels; of sounds the samples of a window.
    pub input_size: usize,
    /// The transformer that reads the signal.
    pub backbone: BackboneConfig,
    /// The field that it writes.
    pub field: Architecture,
    /// For objects: the depths along a camera's axis between which an object lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub depths: Option<(f32, f32)>,
    /// For sounds: how they are read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<SoundConfig>,
}

/// How a model reads sounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoundConfig {
    /// The rate at which it reads them, in Hz.
    pub sample_rate: u32,
    /// Samples of a patch, which becomes a token.
    pub patch: usize,
}

/// The kind of signal that a model reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalKind {
    /// A picture.
    Image,
    /// One to five pictures of an object.
    Object,
    /// A window of a sound.
    Sound,
}

/// Which weights learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Everything, from random weights.
    Scratch,
    /// Everything, from a pretrained backbone.
    Finetune,
    /// Weight tokens, heads and base; the pretrained backbone is frozen.
    Prompt,
}

/// How tokens become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Composer {
    /// `W[:, j] = normalise(B[:, j] * m_{j mod g})` (Trans-INR, arXiv 2208.02801).
    TransInr,
    /// `W[:, j] = B[:, j] * (1 + m_{j mod g})`, with heads that start at zero (in the spirit of
    /// arXiv 2504.16580).
    Residual,
}

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Objective {
    /// The mean squared error.
    Mse,
    /// The Gaussian negative log-likelihood; the field has a spread.
    Nll,
}

/// The backbone's family, with the normalisation and the tensor names that it implies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Vision transformers by "How to train your `ViT`?" (arXiv 2106.10270), in timm's names.
    AugregVit,
}

/// The size of a backbone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Side of a patch, in pixels.
    pub patch: usize,
    /// Side of the stored grid of positions, in patches.
    pub grid: usize,
}

/// Numbers of a ray: its direction and its moment.
pub(crate) const PLUECKER: usize = 6;
/// Widest token, and most patches, tokens and heads that make sense on any machine of today.
const DIM_MAX: usize = 4_096;
const DEPTH_MAX: usize = 64;
const SIDE_MAX: usize = 4_096;
/// Longest window of a sound, in samples.
const WINDOW_MAX: usize = 1 << 20;
const TOKENS_MAX: usize = 16_384;

impl BackboneConfig {
    /// The name that people know a size by: `ViT-Ti/16`.
    #[must_use]
    pub fn name(&self) -> String {
        let size = match (self.dim, self.mlp) {
            (192, 768) => "Ti".to_owned(),
            (384, 1_536) => "S".to_owned(),
            (768, 3_072) => "B".to_owned(),
            (1_024, 4_096) => "L".to_owned(),
            (dim, _) => dim.to_string(),
        };
        format!("ViT-{size}/{}", self.patch)
    }

    /// Weights and biases of the blocks in use, the embeddings and the final norm.
    #[must_use]
    pub fn num_params(&self) -> usize {
        let Self { dim, patch, grid, .. } = *self;
        3 * patch * patch * dim + dim + dim + (1 + grid * grid) * dim + self.num_block_params()
    }

    /// Weights and biases of the blocks in use and the final norm.
    #[must_use]
    pub fn num_block_params(&self) -> usize {
        let Self { dim, depth, mlp, .. } = *self;
        let block = 4 * dim + (dim * 3 * dim + 3 * dim) + (dim * dim + dim) + (2 * dim * mlp + mlp + dim);
        depth * block + 2 * dim
    }

    /// Floating-point operations of the matrix products of the embedding and all blocks in use, for one item of
    /// `num_patches` patches of `patch_values` values each among `num_tokens` tokens, of which the last `num_last`
    /// leave the last block (a multiply-add is two).
    #[must_use]
    pub fn flops(&self, (num_patches, patch_values): (usize, usize), num_tokens: usize, num_last: usize) -> u64 {
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
        if !(1..=256).contains(&patch) || !(1..=256).contains(&grid) {
            return refuse(format!("patches of {patch} px on a grid of {grid}, expected 1 to 256 of both"));
        }
        Ok(())
    }
}

impl ModelConfig {
    /// Read the JSON of a checkpoint and [validate](Self::validate) it. Unknown entries are passed over.
    ///
    /// # Errors
    /// [`ModelError::Config`] with what is wrong.
    pub fn from_json(text: &str) -> Result<Self, ModelError> {
        if text.len() as u64 > limits::JSON_BYTES {
            return Err(ModelError::Config(format!("it is longer than {} bytes", limits::JSON_BYTES)));
        }
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|err| ModelError::Config(err.to_string()))?;
        if value.get("composer").and_then(serde_json::Value::as_str) == Some("ipc") {
            return Err(ModelError::Config(
                "its composer is ipc, which this version does not have; train with trans-inr or residual"
                    .into(),
            ));
        }
        let config: Self =
            serde_json::from_value(value).map_err(|err| ModelError::Config(err.to_string()))?;
        config.validate()?;
        Ok(config)
    }

    /// The JSON of a checkpoint; the same configuration gives the same bytes.
    ///
    /// # Errors
    /// [`ModelError::Config`] if a number cannot be written.
    pub fn to_json(&self) -> Result<String, ModelError> {
        serde_json::to_string(self).map_err(|err| ModelError::Config(err.to_string()))
    }

    /// Refuse a configuration that cannot be built or is beyond the limits.
    ///
    /// # Errors
    /// [`ModelError::Config`] with what is wrong.
    pub fn validate(&self) -> Result<(), ModelError> {
        let refuse = |what: String| Err(ModelError::Config(what));
        self.backbone.validate()?;
        self.field.validate()?;
        let (patch, most, unit) = match &self.sound {
            Some(sound) => (sound.patch.max(1), WINDOW_MAX, "samples"),
            None => (self.backbone.patch, SIDE_MAX, "px"),
        };
        if !(patch..=most).contains(&self.input_size) || !self.input_size.is_multiple_of(patch) {
            return refuse(format!(
                "an input of {} {unit}, expected a multiple of the patch of {patch} {unit} up to {most}",
                self.input_size
            ));
        }
        if !(1..=TOKENS_MAX).contains(&self.groups) {
            return refuse(format!("{} groups, expected 1 to {TOKENS_MAX}", self.groups));
        }
        let tokens = self.num_data_tokens() + self.num_weight_tokens();
        if tokens > TOKENS_MAX {
            return refuse(format!("{tokens} tokens, at most {TOKENS_MAX}"));
        }
        match self.kind {
            SignalKind::Image if self.field.inputs != 2 || self.field.outputs != 3 => {
                return refuse("an image field has 2 inputs and 3 outputs".into());
            }
            SignalKind::Object if self.field.inputs != 3 || self.field.outputs != 4 || self.field.spread => {
                return refuse("an object field has 3 inputs and 4 outputs, and no spread".into());
            }
            SignalKind::Object
                if !self.depths.is_some_and(|(near, far)| 0.0 < near && near < far && far < 1e6) =>
            {
                return refuse("an object's depths are two numbers, 0 < near < far".into());
            }
            SignalKind::Sound if self.field.inputs != 1 || self.field.outputs != 1 || self.field.spread => {
                return refuse("a sound field has 1 input and 1 output, and no spread".into());
            }
            SignalKind::Sound
                if !self.sound.is_some_and(|own| limits::SOUND_RATES_HZ.contains(&own.sample_rate)) =>
            {
                return refuse("a model of sounds has a sample_rate of 8000 to 192000 Hz".into());
            }
            SignalKind::Image | SignalKind::Object if self.sound.is_some() => {
                return refuse("only a model of sounds has a sample rate".into());
            }
            SignalKind::Image | SignalKind::Object | SignalKind::Sound => {}
        }
        match (self.objective, self.field.spread) {
            (Objective::Mse, true) => refuse("the field has a spread, which mse does not use".into()),
            (Objective::Nll, false) => refuse("nll needs a field with a spread".into()),
            _ => Ok(()),
        }
    }

    /// Weight tokens of a layer: `groups`, or what divides the layer's outputs and is nearest below.
    #[must_use]
    pub fn tokens(&self, shape: LayerShape) -> usize {
        let most = self.groups.min(shape.d_out);
        (1..=most).rev().find(|count| shape.d_out.is_multiple_of(*count)).unwrap_or(1)
    }

    /// Weight tokens of every layer, first to last.
    #[must_use]
    pub fn layer_tokens(&self) -> Vec<usize> {
        self.field.layer_shapes().into_iter().map(|shape| self.tokens(shape)).collect()
    }

    /// Weight tokens of all layers together.
    #[must_use]
    pub fn num_weight_tokens(&self) -> usize {
        self.layer_tokens().into_iter().sum()
    }

    /// Tokens of a picture: its patches and the class token; of a window of sound its patches.
    #[must_use]
    pub fn num_data_tokens(&self) -> usize {
        if let Some(sound) = &self.sound {
            return self.input_size / sound.patch.max(1);
        }
        let side = self.input_size / self.backbone.patch;
        side * side + 1
    }

    /// Floating-point operations of the backbone for one picture, or one window of sound.
    #[must_use]
    pub fn backbone_flops(&self) -> u64 {
        let data = self.num_data_tokens();
        let embedded = match &self.sound {
            Some(sound) => (data, sound.patch),
            None => (data - 1, 3 * self.backbone.patch * self.backbone.patch),
        };
        self.backbone.flops(embedded, data + self.num_weight_tokens(), self.num_weight_tokens())
    }

    /// Floating-point operations of the heads for one picture.
    #[must_use]
    pub fn head_flops(&self) -> u64 {
        let dim = self.backbone.dim;
        let layer = |shape: LayerShape| (2 * self.tokens(shape) * dim * shape.d_in) as u64;
        self.field.layer_shapes().into_iter().map(layer).sum()
    }

    /// Parameters by what they are for.
    #[must_use]
    pub fn parameters(&self) -> ParameterCounts {
        let dim = self.backbone.dim;
        let shapes = self.field.layer_shapes();
        ParameterCounts {
            backbone: match self.kind {
                SignalKind::Image | SignalKind::Object => self.backbone.num_params(),
                SignalKind::Sound => self.backbone.num_block_params(),
            },
            weight_tokens: self.num_weight_tokens() * dim,
            heads: shapes.iter().map(|shape| 2 * dim + dim * shape.d_in + shape.d_in).sum(),
            base: shapes.into_iter().map(LayerShape::num_params).sum(),
            embeddings: match (self.kind, &self.sound) {
                (SignalKind::Object, _) => (PLUECKER + 1) * dim,
                (SignalKind::Sound, Some(sound)) => (sound.patch + 1 + self.num_data_tokens()) * dim,
                _ => 0,
            },
        }
    }

    /// Half the width of the uniform distribution that a layer's base weights are drawn from: the field's
    /// [usual one](Architecture::start_bound), or `1 / sqrt(d_in)` where the columns are normalised anyhow.
    #[must_use]
    pub fn base_bound(&self, index: usize, shape: LayerShape) -> f64 {
        match self.composer {
            Composer::Residual => self.field.start_bound(index, shape),
            Composer::TransInr => (shape.d_in as f64).sqrt().recip(),
        }
    }
}

impl std::fmt::Display for Mode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Scratch => "scratch",
            Self::Finetune => "finetune",
            Self::Prompt => "prompt",
        })
    }
}

impl std::fmt::Display for Composer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TransInr => "trans-inr",
            Self::Residual => "residual",
        })
    }
}

/// How many parameters a hypernetwork has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ParameterCounts {
    /// The transformer.
    pub backbone: usize,
    /// The learned tokens whose outputs become weights.
    pub weight_tokens: usize,
    /// The heads, one for each layer.
    pub heads: usize,
    /// The shared weights and biases.
    pub base: usize,
    /// What tells from where an object's pictures were seen, or what makes tokens of a sound's patches.
    pub embeddings: usize,
}

impl ParameterCounts {
    /// All of them.
    #[must_use]
    pub fn total(self) -> usize {
        self.backbone + self.trainable(Mode::Prompt)
    }

    /// Those that learn in this mode.
    #[must_use]
    pub fn trainable(self, mode: Mode) -> usize {
        let own = self.weight_tokens + self.heads + self.base + self.embeddings;
        match mode {
            Mode::Scratch | Mode::Finetune => self.backbone + own,
            Mode::Prompt => own,
        }
    }
}
