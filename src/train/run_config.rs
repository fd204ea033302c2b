use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::{ObjectSettings, Optimizer, RandomBackbone, TrainError};
use crate::field::{Activation, Architecture, Encoding};
use crate::limits;
use crate::model::{
    BackboneConfig, Composer, LoraConfig, Mode, ModelConfig, Objective, SignalKind, SoundConfig, VIEWS_MAX,
};

/// How a hypernetwork is trained: the file `run.toml`. What it leaves out is as here.
///
/// The defaults are the recipe of the default model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RunConfig {
    /// What is learned.
    pub kind: SignalKind,
    /// Gradient steps.
    pub steps: u32,
    /// Seed of the initial weights and of every random draw.
    pub seed: u64,
    /// Part of the training items that is learned from: those whose [`place`](crate::dataset::place) is below it, so
    /// that a smaller part lies within a larger one. What is held out stays the same.
    pub data_fraction: f64,
    /// The transformer that `scratch` draws at random where no weights file gives its size.
    pub random_backbone: RandomBackbone,
    /// Pictures in a step.
    pub batch_size: usize,
    /// Random pixels of each picture in a step.
    pub pixels_per_picture: usize,
    /// Side of the square that the backbone reads and that is learned from, in pixels.
    pub input_size: usize,
    /// Blocks of the backbone in use, counted from the input; all of them if it has no more.
    pub depth: usize,
    /// How tokens become weights.
    pub composer: Composer,
    /// Weight tokens of a layer; of `ipc` those of the one layer that has any.
    pub groups: usize,
    /// What is minimised; with `nll` the field has a spread.
    pub objective: Objective,
    /// The updates of `lora`; other modes have none.
    pub lora: LoraConfig,
    /// Learned tokens that are read by each block and by no other.
    pub deep_prompts: usize,
    /// Peak learning rate of the backbone, or of its updates.
    pub learning_rate_backbone: f64,
    /// Peak learning rate of weight tokens, prompts, heads and base; what Muon moves goes four times as far, in sizes of the
    /// matrix.
    pub learning_rate_new: f64,
    /// What moves the base's hidden weight matrices.
    pub base_optimizer: Optimizer,
    /// Steps in which the learning rates rise.
    pub warm_up_steps: u32,
    /// How they fall afterwards.
    pub schedule: Schedule,
    /// Largest Euclidean norm of a step's whole gradient.
    pub clip_norm: f64,
    /// Decay of weights, as in AdamW.
    pub weight_decay: f64,
    /// Of the running mean of the weights that is evaluated and kept.
    pub ema_decay: f64,
    /// Steps between evaluations on held-out pictures.
    pub evaluate_every: u32,
    /// Steps between checkpoints.
    pub checkpoint_every: u32,
    /// Of objects alone.
    pub objects: ObjectSettings,
    /// Of sounds alone.
    pub sounds: SoundSettings,
    /// The field that is written.
    pub field: Architecture,
}

/// What is particular to learning sounds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SoundSettings {
    /// The rate at which sounds are read, in Hz.
    pub sample_rate: u32,
    /// Samples of a patch.
    pub patch: usize,
    /// Instants of a window in a step.
    pub instants_per_window: usize,
    /// Words of paths, as the name of a speaker, whose sounds are not learned from.
    pub without: Vec<String>,
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self { sample_rate: limits::SOUND_RATE_HZ, patch: 200, instants_per_window: 200, without: Vec::new() }
    }
}

/// How learning rates fall after the warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Schedule {
    /// Half a cosine, down to a fiftieth.
    Cosine,
    /// Constant, and a tenth of it for the last fifth of the steps.
    Step,
}

/// What a cosine ends at.
const COSINE_END: f64 = 0.02;

impl Default for RunConfig {
    fn default() -> Self {
        let encoding = Encoding::Fourier { count: 64, min: (0.5 * PI) as f32, max: (48.0 * PI) as f32 };
        let live = Architecture::live_image();
        Self {
            kind: SignalKind::Image,
            steps: 6_500,
            seed: 0,
            data_fraction: 1.0,
            random_backbone: RandomBackbone::VitTiny,
            batch_size: 8,
            pixels_per_picture: 2_048,
            input_size: 96,
            depth: 6,
            composer: Composer::Residual,
            groups: 36,
            objective: Objective::Mse,
            lora: LoraConfig::default(),
            deep_prompts: 0,
            learning_rate_backbone: 6e-4,
            learning_rate_new: 6e-3,
            base_optimizer: Optimizer::Muon,
            warm_up_steps: 100,
            schedule: Schedule::Cosine,
            clip_norm: 1.0,
            weight_decay: 0.0,
            ema_decay: 0.999,
            evaluate_every: 250,
            checkpoint_every: 250,
            objects: ObjectSettings::default(),
            sounds: SoundSettings::default(),
            field: Architecture { layers: 3, hidden: 144, encoding, activation: Activation::Relu, ..live },
        }
    }
}

impl RunConfig {
    /// The recipe of the default model of a kind.
    #[must_use]
    pub fn of(kind: SignalKind) -> Self {
        match kind {
            SignalKind::Image => Self::default(),
            SignalKind::Object => Self {
                kind,
                composer: Composer::TransInr,
                steps: 18_000,
                groups: 8,
                learning_rate_backbone: 5e-4,
                learning_rate_new: 2e-3,
                warm_up_steps: 200,
                base_optimizer: Optimizer::Adam,
                field: Architecture::live_object(),
                ..Self::default()
            },
            SignalKind::Sound => Self {
                kind,
                composer: Composer::Residual,
                steps: 16_000,
                batch_size: 64,
                input_size: 200,
                groups: 4,
                learning_rate_backbone: 1e-3,
                learning_rate_new: 4e-3,
                warm_up_steps: 200,
                base_optimizer: Optimizer::Adam,
                field: Architecture::live_sound(),
                ..Self::default()
            },
        }
    }

    /// Read `run.toml`. What it leaves out is as in the recipe of its kind, and its kind is `kind` if it does not
    /// say.
    ///
    /// # Errors
    /// [`TrainError::Config`] with what is wrong.
    pub fn from_toml(text: &str, kind: SignalKind) -> Result<Self, TrainError> {
        let given: toml::Table = toml::from_str(text).map_err(|err| refused(&err))?;
        let kind = match given.get("kind") {
            Some(said) => said.clone().try_into().map_err(|err| refused(&err))?,
            None => kind,
        };
        Self::of(kind).with(given)
    }

    /// Read `run.toml`. What it leaves out is as in these settings.
    ///
    /// # Errors
    /// [`TrainError::Config`] with what is wrong.
    pub fn with_toml(&self, text: &str) -> Result<Self, TrainError> {
        self.with(toml::from_str(text).map_err(|err| refused(&err))?)
    }

    fn with(&self, given: toml::Table) -> Result<Self, TrainError> {
        let own = toml::Table::try_from(self).map_err(|err| TrainError::Config(err.to_string()))?;
        let config: Self = overlaid(own, given).try_into().map_err(|err| refused(&err))?;
        config.validate()?;
        Ok(config)
    }

    /// The text of `run.toml`.
    ///
    /// # Errors
    /// [`TrainError::Config`] if a number cannot be written.
    pub fn to_toml(&self) -> Result<String, TrainError> {
        toml::to_string(self).map_err(|err| TrainError::Config(err.to_string()))
    }

    /// What of it stays as it is through a whole run: steps, learning rates and intervals, which may be changed while it
    /// goes on, are those of the recipe.
    #[must_use]
    pub(super) fn lasting(&self) -> Self {
        let recipe = Self::of(self.kind);
        Self {
            steps: recipe.steps,
            learning_rate_backbone: recipe.learning_rate_backbone,
            learning_rate_new: recipe.learning_rate_new,
            evaluate_every: recipe.evaluate_every,
            checkpoint_every: recipe.checkpoint_every,
            ..self.clone()
        }
    }

    /// Refuse settings that make no sense.
    ///
    /// # Errors
    /// [`TrainError::Config`] with what is wrong.
    pub fn validate(&self) -> Result<(), TrainError> {
        let refuse = |what: String| Err(TrainError::Config(what));
        for (name, count, most) in [
            ("steps", self.steps as usize, 100_000_000),
            ("batch_size", self.batch_size, 4_096),
            ("depth", self.depth, 1_024),
            ("pixels_per_picture", self.pixels_per_picture, 1 << 20),
            ("evaluate_every", self.evaluate_every as usize, u32::MAX as usize),
            ("checkpoint_every", self.checkpoint_every as usize, u32::MAX as usize),
        ] {
            if !(1..=most).contains(&count) {
                return refuse(format!("{name} is {count}, expected 1 to {most}"));
            }
        }
        let ObjectSettings { rays_per_object, samples_per_ray, most_views, .. } = &self.objects;
        for (name, count, most) in [
            ("rays_per_object", *rays_per_object, 1 << 16),
            ("samples_per_ray", *samples_per_ray, 1 << 12),
            ("instants_per_window", self.sounds.instants_per_window, 1 << 20),
            ("patch", self.sounds.patch, 1 << 16),
            ("most_views", *most_views, VIEWS_MAX),
        ] {
            if !(1..=most).contains(&count) {
                return refuse(format!("{name} is {count}, expected 1 to {most}"));
            }
        }
        for (name, weight) in [
            ("opacity_weight", self.objects.opacity_weight),
            ("opacity_weight_end", self.objects.opacity_weight_end),
        ] {
            if !(0.0..=1e3).contains(&weight) {
                return refuse(format!("{name} is {weight}, expected 0 to 1000"));
            }
        }
        for (name, part) in [
            ("data_fraction", self.data_fraction),
            ("foreground_part", self.objects.foreground_part),
            ("foreground_part_end", self.objects.foreground_part_end),
            ("mirrored_part", self.objects.mirrored_part),
            ("recoloured_part", self.objects.recoloured_part),
            ("squeezed_part", self.objects.squeezed_part),
            ("varied_part", self.objects.varied_part),
        ] {
            if !(0.0..=1.0).contains(&part) {
                return refuse(format!("{name} is {part}, expected 0 to 1"));
            }
        }
        for (name, rate) in [
            ("learning_rate_backbone", self.learning_rate_backbone),
            ("learning_rate_new", self.learning_rate_new),
        ] {
            if !(rate > 0.0 && rate <= 1.0) {
                return refuse(format!("{name} is {rate}, expected above 0 and up to 1"));
            }
        }
        if self.field.spread && self.objective == Objective::Mse {
            return refuse(
                "the field has a spread, which mse does not use: choose nll, or leave it out".into(),
            );
        }
        if self.clip_norm.is_nan() || self.clip_norm <= 0.0 {
            return refuse(format!("clip_norm is {}, expected above 0", self.clip_norm));
        }
        if !(0.0..=1.0).contains(&self.weight_decay) || !(0.0..1.0).contains(&self.ema_decay) {
            return refuse("weight_decay lies in [0, 1] and ema_decay in [0, 1)".into());
        }
        Ok(())
    }

    /// The learning rate of step `step`, from 0, as a share of its peak.
    #[must_use]
    pub fn rate(&self, step: u32) -> f64 {
        let warm = (f64::from(step) + 1.0) / f64::from(self.warm_up_steps.max(1));
        let done = self.done(step);
        let fallen = match self.schedule {
            Schedule::Cosine => COSINE_END + (1.0 - COSINE_END) * 0.5 * (1.0 + (PI * done).cos()),
            Schedule::Step if done >= 0.8 => 0.1,
            Schedule::Step => 1.0,
        };
        warm.min(1.0) * fallen
    }

    /// Which part of the steps is done before step `step`, from 0.
    pub(super) fn done(&self, step: u32) -> f64 {
        (f64::from(step) / f64::from(self.steps)).min(1.0)
    }

    /// The hypernetwork of this run around a backbone of this size, its grid being the input's.
    #[must_use]
    pub fn model(&self, mode: Mode, backbone: &BackboneConfig) -> ModelConfig {
        ModelConfig {
            kind: self.kind,
            mode,
            composer: self.composer,
            groups: self.groups,
            objective: self.objective,
            input_size: self.input_size,
            backbone: BackboneConfig {
                depth: self.depth.min(backbone.depth),
                grid: (self.input_size / backbone.patch.max(1)).max(1),
                ..backbone.clone()
            },
            field: Architecture { spread: self.objective == Objective::Nll, ..self.field.clone() },
            depths: (self.kind == SignalKind::Object).then_some(self.objects.depths),
            sound: (self.kind == SignalKind::Sound)
                .then_some(SoundConfig { sample_rate: self.sounds.sample_rate, patch: self.sounds.patch }),
            lora: (mode == Mode::Lora).then_some(self.lora),
            deep_prompts: self.deep_prompts,
        }
    }
}

fn refused(err: &toml::de::Error) -> TrainError {
    TrainError::Config(err.message().to_owned())
}

/// Settings over others; of `objects`, `sounds` and `lora`, one by one.
fn overlaid(mut below: toml::Table, above: toml::Table) -> toml::Table {
    for (key, value) in above {
        let value = match (below.remove(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(own))
                if matches!(key.as_str(), "objects" | "sounds" | "lora") =>
            {
                toml::Value::Table(overlaid(inner, own))
            }
            (_, value) => value,
        };
        below.insert(key, value);
    }
    below
}
