use std::sync::Arc;
use std::time::{Duration, Instant};

use rand::SeedableRng;
use rand::seq::index::sample;
use rand_chacha::ChaCha8Rng;

use super::adam::Adam;
use super::field_optimizer::FieldOptimizer;
use super::gradient::{Lattice, PixelGrid, loss_and_gradient};
use super::metrics::{db_of_mse, psnr_db, quality};
use super::{Quality, RefineConfig, RefineProgress, TrainError};
use crate::field::{Field, FieldRecord, Layer, Region};
use crate::media::Picture;

/// The whole reference is looked at after this many steps, and at the end.
const STEPS_PER_MEASUREMENT: u32 = 25;
/// Decay of Adam's running means.
const BETAS: (f32, f32) = (0.9, 0.999);
/// The last part of the steps, in which the learning rate falls.
const FALL: f64 = 1.0 / 3.0;
/// What it falls to.
const LAST_RATE: f64 = 0.1;
/// The entry of a field file that says how it was refined.
const NOTE: &str = "refined";

/// Gradient steps on one field's own weights towards its reference, in slices, so that it can be stopped at any
/// moment; the best weights seen are kept.
pub struct Refiner {
    record: FieldRecord,
    reference: Arc<Picture>,
    expected: Vec<f32>,
    grid: PixelGrid,
    config: RefineConfig,
    random: ChaCha8Rng,
    optimizer: FieldOptimizer,
    /// Of every layer: its weight, then its bias.
    weights: Vec<f32>,
    best: Vec<f32>,
    best_psnr_db: f64,
    progress: RefineProgress,
}

impl Refiner {
    /// Ready to refine this field towards a reference.
    ///
    /// # Errors
    /// [`TrainError::Config`] if a setting makes no sense.
    pub fn new(
        record: &FieldRecord,
        reference: Arc<Picture>,
        config: RefineConfig,
    ) -> Result<Self, TrainError> {
        config.validate()?;
        let weights: Vec<f32> = record
            .field
            .layers()
            .iter()
            .flat_map(|own| own.weight.iter().chain(&own.bias))
            .copied()
            .collect();
        let mut refiner = Self {
            expected: reference.to_f32(),
            grid: PixelGrid::new(record.field.architecture(), &reference),
            random: ChaCha8Rng::seed_from_u64(config.seed),
            optimizer: FieldOptimizer::new(
                config.optimizer,
                record.field.architecture(),
                &weights,
                Adam::new(weights.len(), BETAS, 0.0),
            ),
            best: weights.clone(),
            best_psnr_db: f64::NEG_INFINITY,
            progress: RefineProgress { step: 0, steps: config.steps, psnr_db: 0.0, batch_psnr_db: f64::NAN },
            record: record.clone(),
            reference,
            config,
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

    /// One step on the crossings of random rows and columns.
    ///
    /// # Errors
    /// [`TrainError::Diverged`] if the loss is not finite any more.
    pub fn step(&mut self) -> Result<(), TrainError> {
        let diverged =
            TrainError::Diverged { steps: self.progress.step, learning_rate: self.config.learning_rate };
        let lattice = self.draw();
        let Some(field) = self.field(&self.weights) else { return Err(diverged) };
        let (loss, gradient) = loss_and_gradient(&field, &self.grid, &lattice);
        if !loss.is_finite() {
            return Err(diverged);
        }
        let learning_rate = self.learning_rate();
        self.optimizer.step(&mut self.weights, &gradient, 1.0, learning_rate);
        self.progress.step += 1;
        self.progress.batch_psnr_db = db_of_mse(loss);
        if self.progress.step.is_multiple_of(STEPS_PER_MEASUREMENT) || self.is_finished() {
            self.measure();
        }
        Ok(())
    }

    /// Random rows and columns, none of them twice.
    fn draw(&mut self) -> Lattice {
        let (rows, columns) = self.config.lattice(self.grid.width(), self.grid.height());
        let mut draw = |length, amount| sample(&mut self.random, length, amount).into_vec();
        Lattice { rows: draw(self.grid.height(), rows), columns: draw(self.grid.width(), columns) }
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

    /// The field as it is now; `None` once its weights are not finite.
    #[must_use]
    pub fn present(&self) -> Option<FieldRecord> {
        self.field(&self.weights).map(|field| self.noted(field))
    }

    /// The best field seen, and how close it is.
    #[must_use]
    pub fn best(mut self) -> (FieldRecord, Quality) {
        if !self.is_finished() {
            self.measure();
        }
        let record = self.field(&self.best).map_or_else(|| self.record.clone(), |field| self.noted(field));
        let values = record.render(self.reference.width(), self.reference.height(), Region::WHOLE);
        let quality = quality(&values, &self.reference);
        (record, quality)
    }

    /// Constant, then down in a straight line over the last third.
    fn learning_rate(&self) -> f64 {
        let left = 1.0 - f64::from(self.progress.step) / f64::from(self.config.steps);
        let share = (left / FALL).min(1.0);
        self.config.learning_rate * (LAST_RATE + (1.0 - LAST_RATE) * share)
    }

    /// Compare the whole reference, and keep the weights if they are the best so far.
    fn measure(&mut self) {
        let Some(record) = self.present() else { return };
        let values = record.render(self.reference.width(), self.reference.height(), Region::WHOLE);
        self.progress.psnr_db = psnr_db(&values, &self.expected);
        if self.progress.psnr_db > self.best_psnr_db {
            self.best_psnr_db = self.progress.psnr_db;
            self.best.clone_from(&self.weights);
        }
    }

    fn field(&self, weights: &[f32]) -> Option<Field> {
        let architecture = self.record.field.architecture();
        let mut rest = weights;
        let layers = architecture.layer_shapes().into_iter().map(|shape| {
            let (weight, others) = rest.split_at(shape.d_in * shape.d_out);
            let (bias, others) = others.split_at(shape.d_out);
            rest = others;
            Layer { weight: weight.to_vec(), bias: bias.to_vec() }
        });
        Field::new(architecture.clone(), layers.collect()).ok()
    }

    /// The record with these weights, and with what was done to them.
    fn noted(&self, field: Field) -> FieldRecord {
        let mut record = FieldRecord { field, ..self.record.clone() };
        let config = RefineConfig { steps: self.progress.step, ..self.config };
        if config.steps > 0
            && let Ok(note) = serde_json::to_string(&config)
        {
            // A field that was refined before keeps that story too.
            let before = record.extra.get(NOTE).map(|before| format!("{before};")).unwrap_or_default();
            record.extra.insert(NOTE.into(), before + &note);
        }
        record
    }
}
