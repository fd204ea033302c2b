use serde::{Deserialize, Serialize};

use super::backbone::WINDOW_MAX;
use super::methods::IPC_LAYER;
use super::{BackboneConfig, Composer, Family, LoraConfig, Mode, ModelError, Objective};
use crate::field::{Activation, Architecture, LayerShape};
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
    /// Weight tokens of a layer, where the layer is at least that wide: see [`ModelConfig::tokens`]. With `ipc` those of
    /// the one layer that has any.
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
    /// For `lora`: the updates of the frozen backbone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lora: Option<LoraConfig>,
    /// Learned tokens that are read by each block and by no other, as in `VPT`-deep (arXiv 2203.12119); usually none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub deep_prompts: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(count: &usize) -> bool {
    *count == 0
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

/// Numbers of a ray: its direction and its moment.
pub(crate) const PLUECKER: usize = 6;
/// Largest picture and most tokens that make sense on any machine of today.
const SIDE_MAX: usize = 4_096;
const TOKENS_MAX: usize = 16_384;
/// Layers of a field whose second is not its last.
const IPC_LAYERS_MIN: usize = 3;
/// From this `omega0` of hidden layers on, fields of sines whose weights have columns of length one do not learn.
const UNIT_OMEGA_END: f32 = 6.0;

impl ModelConfig {
    /// Read the JSON of a checkpoint and [validate](Self::validate) it. Unknown entries are passed over.
    ///
    /// # Errors
    /// [`ModelError::Config`] with what is wrong.
    pub fn from_json(text: &str) -> Result<Self, ModelError> {
        if text.len() as u64 > limits::JSON_BYTES {
            return Err(ModelError::Config(format!("it is longer than {} bytes", limits::JSON_BYTES)));
        }
        let config: Self = serde_json::from_str(text).map_err(|err| ModelError::Config(err.to_string()))?;
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
        self.validate_methods()?;
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
        let tokens = self.num_data_tokens().saturating_add(self.num_weight_tokens());
        if tokens.saturating_add(self.deep_prompts) > TOKENS_MAX {
            return refuse(format!(
                "{tokens} tokens and {} deep prompts, at most {TOKENS_MAX}",
                self.deep_prompts
            ));
        }
        Ok(())
    }

    /// Refuse methods that do not go together.
    fn validate_methods(&self) -> Result<(), ModelError> {
        let refuse = |what: String| Err(ModelError::Config(what));
        match (self.mode, self.lora) {
            (Mode::Lora, None) => return refuse("lora needs a rank and an alpha".into()),
            (Mode::Lora, Some(LoraConfig { rank, alpha })) => {
                if !(1..=self.backbone.dim).contains(&rank) {
                    let dim = self.backbone.dim;
                    return refuse(format!(
                        "a lora of rank {rank}, expected 1 to the backbone's width of {dim}"
                    ));
                }
                if !(alpha > 0.0 && alpha.is_finite()) {
                    return refuse(format!("a lora with an alpha of {alpha}, expected a number above 0"));
                }
            }
            (mode, Some(_)) => {
                return refuse(format!("low-rank updates are lora's, and the mode is {mode}"));
            }
            (_, None) => {}
        }
        if self.composer == Composer::Ipc && self.field.layers < IPC_LAYERS_MIN {
            return refuse(format!(
                "ipc writes the second layer of a field, which must not be its last: give the field {IPC_LAYERS_MIN} \
                 layers or more, or choose trans-inr or residual"
            ));
        }
        if let Activation::Sine { omega0, .. } = self.field.activation
            && self.composer.has_unit_columns()
            && self.field.layers > 2
            && omega0.abs() >= UNIT_OMEGA_END
        {
            return refuse(format!(
                "the weights of {} have columns of length one, with which a field of sines with an omega0 of {omega0} \
                 does not learn: choose residual, or an omega0 near 1.4",
                self.composer
            ));
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
            SignalKind::Object if self.field.inputs != 3 || self.field.outputs != 4 => {
                refuse("an object field has 3 inputs and 4 outputs".into())
            }
            SignalKind::Object
                if !self.depths.is_some_and(|(near, far)| 0.0 < near && near < far && far < 1e6) =>
            {
                refuse("an object's depths are two numbers, 0 < near < far".into())
            }
            SignalKind::Sound if self.field.inputs != 1 || self.field.outputs != 1 => {
                refuse("a sound field has 1 input and 1 output".into())
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

    /// Weight tokens of a layer whose columns are modulated: `groups`, or what divides the layer's outputs and is
    /// nearest below.
    #[must_use]
    pub fn tokens(&self, shape: LayerShape) -> usize {
        let most = self.groups.min(shape.d_out);
        (1..=most).rev().find(|count| shape.d_out.is_multiple_of(*count)).unwrap_or(1)
    }

    /// Weight tokens of every layer, first to last; of `ipc` the second layer alone has any.
    #[must_use]
    pub fn layer_tokens(&self) -> Vec<usize> {
        let tokens = |(index, shape)| match self.composer {
            Composer::TransInr | Composer::Residual => self.tokens(shape),
            Composer::Ipc => {
                if index == IPC_LAYER {
                    self.groups
                } else {
                    0
                }
            }
        };
        self.field.layer_shapes().into_iter().enumerate().map(tokens).collect()
    }

    /// The shape of every layer's base, first to last: the layer's own, but for the factor that `ipc` shares, which has a
    /// row for each weight token.
    #[must_use]
    pub fn base_shapes(&self) -> Vec<LayerShape> {
        let mut shapes = self.field.layer_shapes();
        if self.composer == Composer::Ipc
            && let Some(shape) = shapes.get_mut(IPC_LAYER)
        {
            shape.d_in = self.groups;
        }
        shapes
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
        let (last, tokens) = (self.num_weight_tokens(), data + self.num_weight_tokens());
        let BackboneConfig { dim, depth, mlp, .. } = self.backbone;
        // Each block's own prompts are read by its attention, and nothing else is made of them.
        let read = tokens * depth.saturating_sub(1) + last;
        let prompts = self.deep_prompts * (depth * 6 * dim * dim + 4 * read * dim);
        let rank = self.lora.map_or(0, |lora| lora.rank);
        let updates = 2 * rank * (6 * dim * tokens * depth + (4 * dim + 2 * mlp) * read);
        self.backbone.flops(embedded, tokens, last) + (prompts + updates) as u64
    }

    /// Floating-point operations of the heads for one picture.
    #[must_use]
    pub fn head_flops(&self) -> u64 {
        let dim = self.backbone.dim;
        let layer = |(tokens, shape): (usize, LayerShape)| (2 * tokens * dim * shape.d_in) as u64;
        self.layer_tokens().into_iter().zip(self.field.layer_shapes()).map(layer).sum()
    }

    /// Half the width of the uniform distribution that a layer's base weights are drawn from: the field's
    /// [usual one](Architecture::start_bound), or `1 / sqrt(d_in)` where the columns are normalised anyhow.
    #[must_use]
    pub fn base_bound(&self, index: usize, shape: LayerShape) -> f64 {
        match self.composer {
            Composer::Residual => self.field.start_bound(index, shape),
            Composer::TransInr | Composer::Ipc => (shape.d_in as f64).sqrt().recip(),
        }
    }
}
