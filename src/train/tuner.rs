use burn::tensor::{Device, Tensor};
use rayon::prelude::*;
use serde::Serialize;

use super::adam::Adam;
use super::batch::{self, Batch, Input};
use super::field_optimizer::FieldOptimizer;
use super::objective::{Found, Loss};
use super::{RunConfig, TrainError, TrainingData, db_of_mse, parameters, resident_bytes};
use crate::model::{Hypernetwork, Lap, ModelConfig, Objective, evaluate_features};

/// Decay of Adam's running means: the second is short, for runs of thousands of steps.
const BETAS: (f32, f32) = (0.9, 0.99);

/// A hypernetwork that learns, step by step.
pub struct Tuner {
    /// On an autodiff device.
    network: Hypernetwork,
    device: Device,
    config: RunConfig,
    pub(super) state: TunerState,
}

/// Everything that a step changes.
#[derive(Debug, Clone)]
pub(super) struct TunerState {
    /// What learns, flat: the backbone, if it learns, or its updates, then weight tokens and heads, then the base.
    pub(super) weights: Vec<f32>,
    /// Its running mean.
    pub(super) ema: Vec<f32>,
    /// Of the backbone, or of its updates.
    pub(super) backbone: Adam,
    /// Of embeddings, prompts, weight tokens and heads.
    pub(super) new: Adam,
    pub(super) base: FieldOptimizer,
    /// Steps done.
    pub(super) step: u32,
}

/// What a step did.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepReport {
    /// Steps done, this one included.
    pub step: u32,
    /// Mean squared error before the step; of sounds, in parts of the power of their windows.
    pub loss: f64,
    /// `-10 log10(loss)`.
    pub psnr_db: f64,
    /// With the objective `nll` what is minimised: the negative log-likelihood, the mean over values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nll: Option<f64>,
    /// Learning rate of weight tokens, heads and base.
    pub learning_rate: f64,
    /// Euclidean norm of the whole gradient, before clipping.
    pub gradient_norm: f64,
    /// Bytes that the program held in memory; none where the platform does not tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Where the time went.
    #[serde(flatten)]
    pub timings: StepTimings,
}

/// Where the time of a step went, in milliseconds. A GPU works on its own: what it is given is counted where it
/// is waited for, the whole forward pass with the fields.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct StepTimings {
    /// Cropping, drawing pixels, encoding them.
    pub data_ms: f64,
    /// The transformer.
    pub backbone_ms: f64,
    /// Heads and composition.
    pub heads_ms: f64,
    /// The fields at the drawn pixels, and the loss.
    pub field_ms: f64,
    /// The backward pass.
    pub backward_ms: f64,
    /// Clipping, the optimizers, the running mean.
    pub update_ms: f64,
}

impl Tuner {
    /// Ready to tune this network, which is on an autodiff device; the backbone is frozen if the mode says so.
    /// `device` is one without autodiff.
    ///
    /// # Errors
    /// [`TrainError`] if a setting makes no sense, or the device fails.
    pub fn new(network: Hypernetwork, config: RunConfig, device: &Device) -> Result<Self, TrainError> {
        config.validate()?;
        let is_frozen = network.config().mode.freezes_backbone();
        let network = if is_frozen { network.with_frozen_backbone() } else { network };
        let weights = parameters::read(&network)?;
        let num_backbone =
            parameters::read(&network.backbone)?.len() + parameters::read(&network.lora)?.len();
        let base = parameters::read(&network.base)?;
        let adam = |len| Adam::new(len, BETAS, config.weight_decay as f32);
        let state = TunerState {
            ema: weights.clone(),
            backbone: adam(num_backbone),
            new: adam(weights.len() - num_backbone - base.len()),
            base: FieldOptimizer::new(
                config.base_optimizer,
                &network.config().base_shapes(),
                &base,
                adam(base.len()),
            ),
            weights,
            step: 0,
        };
        Ok(Self { network, device: device.clone().autodiff(), config, state })
    }

    /// What it tunes.
    #[must_use]
    pub fn model_config(&self) -> &ModelConfig {
        self.network.config()
    }

    /// Steps done.
    #[must_use]
    pub fn steps_done(&self) -> u32 {
        self.state.step
    }

    /// The network with the running mean of its weights.
    #[must_use]
    pub fn averaged(&self) -> Hypernetwork {
        parameters::write(self.network.clone(), &self.state.ema)
    }

    /// Go on by other steps and learning rates.
    pub(super) fn set_config(&mut self, config: RunConfig) {
        self.config = config;
    }

    /// Go on from a state that was kept.
    pub(super) fn restore(&mut self, state: TunerState) {
        self.network = parameters::write(self.network.clone(), &state.weights);
        self.state = state;
    }

    /// One gradient step on a batch of random crops, or of random rays to random objects.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if the loss or the gradient is not finite, [`TrainError::Model`] if the
    /// device fails.
    pub fn step(&mut self, data: &TrainingData) -> Result<StepReport, TrainError> {
        let mut clock = Lap::start();
        let mut lap_ms = || clock.lap().as_secs_f64() * 1e3;
        let mut timings = StepTimings::default();
        let rate = self.config.rate(self.state.step);
        let learning_rate = rate * self.config.learning_rate_new;
        let diverged = TrainError::Diverged { steps: self.state.step, learning_rate };
        let backbone = &self.network.config().backbone;
        let Batch { input, spacings, features, targets } =
            batch::draw(&self.config, backbone, data, self.state.step, &self.device);
        timings.data_ms = lap_ms();
        let tokens = match input {
            Input::Pictures(images) => self.network.tokens(images),
            Input::Views { images, patch_rays, views } => {
                self.network.tokens_of_views(images, patch_rays, views)
            }
            Input::Sounds(waves) => self.network.tokens_of_sounds(waves),
        };
        timings.backbone_ms = lap_ms();
        let weights = self.network.compose(self.network.modulations(tokens));
        timings.heads_ms = lap_ms();
        let model = self.network.config();
        let values = evaluate_features(&model.field, &weights, &self.network.biases(), features);
        let found = Found::of(&model.field, values, spacings);
        let opacity_weight = self.config.objects.opacity_weight_at(self.config.done(self.state.step));
        let Loss { minimised, squared_error } = found.loss(targets, opacity_weight);
        let number = |tensor: Tensor<1>| tensor.into_data().iter::<f64>().next().unwrap_or(f64::NAN);
        let loss_value = number(squared_error);
        let nll = (model.objective == Objective::Nll).then(|| number(minimised.clone()));
        timings.field_ms = lap_ms();
        if !loss_value.is_finite() || nll.is_some_and(|nll| !nll.is_finite()) {
            return Err(diverged);
        }
        let gradient = parameters::read_gradients(&self.network, minimised.backward())?;
        timings.backward_ms = lap_ms();
        let gradient_norm = gradient.iter().map(|g| f64::from(*g).powi(2)).sum::<f64>().sqrt();
        if !gradient_norm.is_finite() {
            return Err(diverged);
        }
        self.update(&gradient, gradient_norm, rate);
        timings.update_ms = lap_ms();
        Ok(StepReport {
            step: self.state.step,
            loss: loss_value,
            psnr_db: db_of_mse(loss_value),
            nll,
            learning_rate,
            gradient_norm,
            memory_bytes: resident_bytes(),
            timings,
        })
    }

    /// Clip, step, average.
    fn update(&mut self, gradient: &[f32], norm: f64, rate: f64) {
        let RunConfig { clip_norm, learning_rate_backbone, learning_rate_new, .. } = self.config;
        let scale = (clip_norm / norm).min(1.0) as f32;
        let TunerState { weights, ema, backbone, new, base, step } = &mut self.state;
        let (of_backbone, rest) = gradient.split_at(backbone.mean.len());
        let (of_new, of_base) = rest.split_at(new.mean.len());
        let (backbone_weights, rest) = weights.split_at_mut(of_backbone.len());
        let (new_weights, base_weights) = rest.split_at_mut(of_new.len());
        backbone.step(backbone_weights, of_backbone, scale, rate * learning_rate_backbone);
        new.step(new_weights, of_new, scale, rate * learning_rate_new);
        base.step(base_weights, of_base, scale, rate * learning_rate_new);
        *step += 1;
        // Short at first, so that the start is forgotten.
        let decay = self.config.ema_decay.min(f64::from(1 + *step) / f64::from(10 + *step)) as f32;
        ema.par_iter_mut()
            .zip(weights.par_iter())
            .for_each(|(mean, weight)| *mean += (1.0 - decay) * (weight - *mean));
        self.network = parameters::write(self.network.clone(), weights);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{BackboneConfig, Mode, SignalKind, cpu_device};
    use crate::train::vit_tiny;

    /// The optimizers are given parts of one flat list: the backbone is its beginning, or what is learned of it, the base
    /// its end.
    #[test]
    fn the_base_is_the_last_of_what_learns() {
        let small = BackboneConfig { dim: 12, depth: 1, heads: 1, mlp: 12, ..vit_tiny() };
        for (kind, mode) in [
            (SignalKind::Image, Mode::Scratch),
            (SignalKind::Object, Mode::Scratch),
            (SignalKind::Object, Mode::Lora),
        ] {
            let model = RunConfig { deep_prompts: 2, ..RunConfig::of(kind) }.model(mode, &small);
            let network = Hypernetwork::init(&model, 0, &cpu_device().autodiff()).unwrap();
            let network = if mode == Mode::Lora { network.with_frozen_backbone() } else { network };
            let all = parameters::read(&network).unwrap();
            let first = parameters::read(&network.backbone).unwrap();
            let updates = parameters::read(&network.lora).unwrap();
            assert_eq!((first.is_empty(), updates.is_empty()), (mode == Mode::Lora, mode != Mode::Lora));
            assert!(all.starts_with(&[first, updates].concat()));
            assert_eq!(all.len(), model.parameters().trainable(mode));
            assert!(all.ends_with(&parameters::read(&network.base).unwrap()), "{kind:?}");
        }
    }
}
