use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::adam::Adam;
use super::field_optimizer::FieldOptimizer;
use super::metrics::db_of_mse;
use super::reference::{Reference, Target};
use super::{Closeness, RefineConfig, RefineProgress, TrainError};
use crate::field::{Field, FieldRecord, Layer};

/// The whole reference is looked at after this many steps, and at the end.
const STEPS_PER_MEASUREMENT: u32 = 25;
/// Decay of Adam's running means.
const BETAS: (f32, f32) = (0.9, 0.999);
/// The last part of the steps, in which the learning rate falls.
const FALL: f64 = 1.0 / 3.0;
/// What it falls to.
const LAST_RATE: f64 = 0.1;
/// Decay of the running mean of the weights, which is what is measured, shown and kept: steps this long go to and
/// fro across what they look for, and their mean lies between. It begins as the mean of few: see [`mean_decay`].
const MEAN_DECAY: f32 = 0.9;
/// The entry of a field file that says how it was refined.
const NOTE: &str = "refined";

/// Gradient steps on one field's own weights towards its reference, in slices, so that it can be stopped at any
/// moment; the best weights seen are kept.
pub struct Refiner {
    record: FieldRecord,
    target: Target,
    config: RefineConfig,
    random: ChaCha8Rng,
    optimizer: FieldOptimizer,
    /// What each field's last layer is divided by while it is refined: of a sound's windows their loudness, so that a
    /// step goes as far in a quiet one as in a loud one.
    scales: Vec<f32>,
    /// Of every layer: its weight, then its bias.
    weights: Vec<f32>,
    /// Their running mean.
    mean: Vec<f32>,
    best: Vec<f32>,
    best_psnr_db: f64,
    progress: RefineProgress,
}

impl Refiner {
    /// Ready to refine this field towards a reference.
    ///
    /// # Errors
    /// [`TrainError::Config`] if a setting makes no sense, or the reference is of another kind than the field.
    pub fn new(
        record: &FieldRecord,
        reference: impl Into<Reference>,
        config: RefineConfig,
    ) -> Result<Self, TrainError> {
        config.validate()?;
        let target = Target::new(record, reference.into(), &config)?;
        let scales = target.scales();
        let mut weights = Vec::new();
        for (field, scale) in record.fields().zip(&scales) {
            for (index, layer) in field.layers().iter().enumerate() {
                let scale = if index + 1 == field.layers().len() { *scale } else { 1.0 };
                weights.extend(layer.weight.iter().chain(&layer.bias).map(|value| value / scale));
            }
        }
        let mut refiner = Self {
            random: ChaCha8Rng::seed_from_u64(config.seed),
            optimizer: FieldOptimizer::new(
                config.optimizer,
                &record.field.architecture().layer_shapes(),
                &weights,
                Adam::new(weights.len(), BETAS, 0.0),
            ),
            mean: weights.clone(),
            best: weights.clone(),
            best_psnr_db: f64::NEG_INFINITY,
            progress: RefineProgress { step: 0, steps: config.steps, psnr_db: 0.0, batch_psnr_db: f64::NAN },
            record: record.clone(),
            target,
            config,
            scales,
            weights,
        };
        refiner.measure();
        Ok(refiner)
    }

    /// Go on for about this long, or to the end.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if the loss is not finite any more; the best weights so far are still kept.
    pub fn advance(&mut self, slice: Duration) -> Result<RefineProgress, TrainError> {
        let begun = Instant::now();
        while !self.is_finished() {
            self.step()?;
            if begun.elapsed() >= slice {
                break;
            }
        }
        Ok(self.progress)
    }

    /// One step on the crossings of random rows and columns, on random rays, or on random instants of every window.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if the loss is not finite any more.
    pub fn step(&mut self) -> Result<(), TrainError> {
        let diverged =
            TrainError::Diverged { steps: self.progress.step, learning_rate: self.config.learning_rate };
        let Some(fields) = self.fields(&self.weights, false) else { return Err(diverged) };
        let (loss, gradient) = self.target.loss_and_gradient(&fields, &self.config, &mut self.random);
        if !loss.is_finite() {
            return Err(diverged);
        }
        let learning_rate = self.learning_rate();
        self.optimizer.step(&mut self.weights, &gradient, 1.0, learning_rate);
        self.progress.step += 1;
        let share = 1.0 - mean_decay(self.progress.step);
        self.mean.iter_mut().zip(&self.weights).for_each(|(mean, weight)| *mean += share * (weight - *mean));
        self.progress.batch_psnr_db = db_of_mse(loss);
        if self.progress.step.is_multiple_of(STEPS_PER_MEASUREMENT) || self.is_finished() {
            self.measure();
        }
        Ok(())
    }

    /// Whether all steps are done.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.progress.step >= self.config.steps
    }

    /// Where it stands.
    #[must_use]
    pub fn progress(&self) -> RefineProgress {
        self.progress
    }

    /// The field of the mean weights as they are now; `None` once they are not finite.
    #[must_use]
    pub fn present(&self) -> Option<FieldRecord> {
        self.fields(&self.mean, true).and_then(|fields| self.noted(fields))
    }

    /// The best field seen, and how close it is.
    #[must_use]
    pub fn best(mut self) -> (FieldRecord, Closeness) {
        let record = self.best_field();
        let closeness = self.target.closeness(&record);
        (record, closeness)
    }

    /// The best field seen.
    pub(super) fn best_field(&mut self) -> FieldRecord {
        if !self.is_finished() {
            self.measure();
        }
        let best = self.fields(&self.best, true).and_then(|fields| self.noted(fields));
        best.unwrap_or_else(|| self.record.clone())
    }

    /// Constant, then down in a straight line over the last third.
    fn learning_rate(&self) -> f64 {
        let left = 1.0 - f64::from(self.progress.step) / f64::from(self.config.steps);
        let share = (left / FALL).min(1.0);
        let risen = f64::from(self.progress.step + 1) / f64::from(self.config.warm_up_steps.max(1));
        self.config.learning_rate * (LAST_RATE + (1.0 - LAST_RATE) * share) * risen.min(1.0)
    }

    /// Compare the whole reference, and keep the mean weights if they are the best so far.
    fn measure(&mut self) {
        let Some(record) = self.present() else { return };
        self.progress.psnr_db = self.target.psnr_db(&record);
        if self.progress.psnr_db > self.best_psnr_db {
            self.best_psnr_db = self.progress.psnr_db;
            self.best.clone_from(&self.mean);
        }
    }

    /// The fields of these weights: as loud as they are kept, or as they are refined.
    fn fields(&self, weights: &[f32], is_scaled: bool) -> Option<Vec<Field>> {
        let architecture = self.record.field.architecture();
        let shapes = architecture.layer_shapes();
        let field = |(weights, scale): (&[f32], &f32)| {
            let mut rest = weights;
            let layers = shapes.iter().enumerate().map(|(index, shape)| {
                let scale = if is_scaled && index + 1 == shapes.len() { *scale } else { 1.0 };
                let (weight, others) = rest.split_at(shape.d_in * shape.d_out);
                let (bias, others) = others.split_at(shape.d_out);
                rest = others;
                let scaled = |values: &[f32]| values.iter().map(|value| value * scale).collect();
                Layer { weight: scaled(weight), bias: scaled(bias) }
            });
            Field::new(architecture.clone(), layers.collect()).ok()
        };
        weights.chunks_exact(architecture.num_params()).zip(&self.scales).map(field).collect()
    }

    /// The record with these fields, and with what was done to them; `None` of none.
    fn noted(&self, fields: Vec<Field>) -> Option<FieldRecord> {
        let mut fields = fields.into_iter();
        let field = fields.next()?;
        let mut record = FieldRecord { field, others: fields.collect(), ..self.record.clone() };
        let config = RefineConfig { steps: self.progress.step, ..self.config };
        if config.steps > 0
            && let Ok(note) = serde_json::to_string(&config)
        {
            // A field that was refined before keeps that story too.
            let before = record.extra.get(NOTE).map(|before| format!("{before};")).unwrap_or_default();
            record.extra.insert(NOTE.into(), before + &note);
        }
        Some(record)
    }
}

/// Of the running mean at a step, from 1.
fn mean_decay(step: u32) -> f32 {
    MEAN_DECAY.min((1 + step) as f32 / (10 + step) as f32)
}
