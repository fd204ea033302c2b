use serde::{Deserialize, Serialize};

use super::backbone::WINDOW_MAX;
use super::{BackboneConfig, Family, ModelError};
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

/// Numbers of a ray: its direction and its moment.
pub(crate) const PLUECKER: usize = 6;
/// Largest picture and most tokens that make sense on any machine of today.
const SIDE_MAX: usize = 4_096;
const TOKENS_MAX: usize = 16_384;

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
        self.validate_kind()?;
        let (patch, most, unit) = match &self.sound {
            Some(sound) => (sound.patch.max(1), WINDOW_MAX, "samples"),
            None => (self.backbone.patch, SIDE_MAX, "px"),
        };
        if !(patch..=most).contains(&self.input_size) || !self.input_size.is_multiple_of(patch) {
            return refuse(format!(
                "an input of {} {unit}, expected a multiple of the patch of {patch} {unit} up to {most}, as {}",
                self.input_size,
                (self.input_size / patch).clamp(1, most / patch) * patch
            ));
        }
        if !(1..=TOKENS_MAX).contains(&self.groups) {
            return refuse(format!("{} groups, expected 1 to {TOKENS_MAX}", self.groups));
        }
        let tokens = self.num_data_tokens() + self.num_weight_tokens();
        if tokens > TOKENS_MAX {
            return refuse(format!("{tokens} tokens, at most {TOKENS_MAX}"));
        }
        match (self.objective, self.field.spread) {
            (Objective::Mse, true) => refuse("the field has a spread, which mse does not use".into()),
            (Objective::Nll, false) => refuse("nll needs a field with a spread".into()),
            _ => Ok(()),
        }
    }

    /// Refuse what does not go with the kind of signal.
    fn validate_kind(&self) -> Result<(), ModelError> {
        let refuse = |what: String| Err(ModelError::Config(what));
        match self.kind {
            SignalKind::Image if self.field.inputs != 2 || self.field.outputs != 3 => {
                refuse("an image field has 2 inputs and 3 outputs".into())
            }
            SignalKind::Object if self.field.inputs != 3 || self.field.outputs != 4 || self.field.spread => {
                refuse("an object field has 3 inputs and 4 outputs, and no spread".into())
            }
            SignalKind::Object
                if !self.depths.is_some_and(|(near, far)| 0.0 < near && near < far && far < 1e6) =>
            {
                refuse("an object's depths are two numbers, 0 < near < far".into())
            }
            SignalKind::Sound if self.field.inputs != 1 || self.field.outputs != 1 || self.field.spread => {
                refuse("a sound field has 1 input and 1 output, and no spread".into())
            }
            SignalKind::Sound
                if !self.sound.is_some_and(|own| limits::SOUND_RATES_HZ.contains(&own.sample_rate)) =>
            {
                refuse("a model of sounds has a sample_rate of 8000 to 192000 Hz".into())
            }
            SignalKind::Image | SignalKind::Object if self.sound.is_some() => {
                refuse("only a model of sounds has a sample rate".into())
            }
            SignalKind::Image | SignalKind::Object if self.backbone.family == Family::Whisper => {
                refuse(format!(
                    "{} reads sounds, not pictures; choose a vision transformer's weights",
                    self.backbone.name()
                ))
            }
            SignalKind::Image | SignalKind::Object | SignalKind::Sound => Ok(()),
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

    /// Tokens of a picture: its patches, the class token and registers; of a window of sound its patches.
    #[must_use]
    pub fn num_data_tokens(&self) -> usize {
        if let Some(sound) = &self.sound {
            return self.input_size / sound.patch.max(1);
        }
        let side = self.input_size / self.backbone.patch;
        side * side + self.backbone.num_prefix_tokens()
    }

    /// Floating-point operations of the backbone for one picture, or one window of sound.
    #[must_use]
    pub fn backbone_flops(&self) -> u64 {
        let data = self.num_data_tokens();
        let embedded = match &self.sound {
            Some(sound) => (data, sound.patch),
            None => (data - self.backbone.num_prefix_tokens(), 3 * self.backbone.patch * self.backbone.patch),
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

impl Mode {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Scratch, Self::Finetune, Self::Prompt];
}

impl Composer {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::TransInr, Self::Residual];
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
