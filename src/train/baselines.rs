//! What a model's figures are held against, so that nothing is credited to it that something simpler earns.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use super::windowed_sound::WindowedSound;
use super::{Closeness, EvaluateConfig, Quality, Reference, RefineConfig, Refiner, TrainError, quality_by};
use crate::field::{Architecture, Field, FieldError, FieldRecord, Layer};
use crate::media::{ImageSignal, Picture, resize};

/// Side of the thumbnail, in pixels.
const THUMBNAIL_PX: u32 = 8;

/// Of one picture, or their mean.
#[derive(Debug, Clone, Serialize)]
pub struct Baselines {
    /// Every pixel has the picture's mean colour.
    pub mean_color: Quality,
    /// The picture reduced to 8x8 pixels and enlarged again, both by bicubic.
    pub thumbnail: Quality,
    /// Refined from the weights that the model wrote for another picture: what is left is the prediction's own.
    pub refined_from_other: Vec<(u32, Quality)>,
    /// Refined from random weights.
    pub refined_from_random: Vec<(u32, Quality)>,
}

impl Baselines {
    /// For one picture; `other` is the field of another one, of the same architecture.
    pub(super) fn measure(
        signal: &ImageSignal,
        other: &FieldRecord,
        config: &EvaluateConfig,
        seed: u64,
    ) -> Result<Self, TrainError> {
        let reference: &Picture = &signal.reference;
        let (width, height) = (reference.width(), reference.height());
        let values = reference.to_f32();
        let small = resize(reference, THUMBNAIL_PX, THUMBNAIL_PX);
        let random = random_field(other.field.architecture(), seed)?;
        let random = FieldRecord { field: random, ..other.clone() };
        let quality = |values: &[f32]| quality_by(config.lpips.as_ref(), values, reference);
        Ok(Self {
            mean_color: quality(&mean_color(&values)),
            thumbnail: quality(&resize(&small, width, height).to_f32()),
            refined_from_other: refined(other, &signal.reference, config)?,
            refined_from_random: refined(&random, &signal.reference, config)?,
        })
    }
}

/// The best field after each number of steps; each starts anew, since the learning rate falls towards the end.
pub(super) fn refined(
    record: &FieldRecord,
    reference: &Arc<Picture>,
    config: &EvaluateConfig,
) -> Result<Vec<(u32, Quality)>, TrainError> {
    let reference = Reference::from(Arc::clone(reference));
    let refine = |&steps: &u32| {
        let settings = RefineConfig { steps, ..config.refine };
        let mut refiner = Refiner::new(record, reference.clone(), settings)?;
        while !refiner.is_finished() {
            refiner.step()?;
        }
        match reference.closeness_by(config.lpips.as_ref(), &refiner.best_field()) {
            Closeness::Seen(quality) => Ok((steps, quality)),
            Closeness::Heard(_) => Err(TrainError::Config("a picture is seen".into())),
        }
    };
    config.refine_steps.iter().map(refine).collect()
}

/// As many pixels, all of the mean colour. `[n, 3]`
fn mean_color(values: &[f32]) -> Vec<f32> {
    let count = values.len() / 3;
    let sum = |channel: usize| values.iter().skip(channel).step_by(3).map(|v| f64::from(*v)).sum::<f64>();
    let mean = [0, 1, 2].map(|channel| (sum(channel) / count as f64) as f32);
    mean.repeat(count)
}

/// A field of the same kind with random weights, of a sound in every window, there as loud as what is to be met: where
/// refining begins that has no hypernetwork.
///
/// # Errors
/// [`TrainError`] if the architecture is refused, or the field is not of what is to be met.
pub fn random_start(
    record: &FieldRecord,
    reference: &Reference,
    seed: u64,
) -> Result<FieldRecord, TrainError> {
    let architecture = record.field.architecture();
    let gains = match (reference, record.sound()) {
        (Reference::Sound(sound), Some(layout)) => {
            WindowedSound::new(*layout, architecture, sound)?.gains().to_vec()
        }
        _ => vec![1.0; 1 + record.others.len()],
    };
    // Every window its own.
    let mut seeds = ChaCha8Rng::seed_from_u64(seed);
    let mut fields = Vec::with_capacity(gains.len());
    for gain in gains {
        let mut layers = random_field(architecture, seeds.random())?.layers().to_vec();
        if let Some(last) = layers.last_mut() {
            last.weight.iter_mut().chain(&mut last.bias).for_each(|value| *value *= gain);
        }
        fields.push(Field::new(architecture.clone(), layers)?);
    }
    let mut fields = fields.into_iter();
    let field = fields.next().ok_or_else(|| TrainError::Config("a sound of no windows".into()))?;
    Ok(FieldRecord { field, others: fields.collect(), model: None, ..record.clone() })
}

/// The usual random start of such a field: weights from `U(±bound)` of its layer, biases from
/// `U(±1/sqrt(d_in))`.
pub(super) fn random_field(architecture: &Architecture, seed: u64) -> Result<Field, FieldError> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut draw =
        |count: usize, bound: f32| (0..count).map(|_| random.random_range(-bound..bound)).collect();
    let layers = architecture.layer_shapes().into_iter().enumerate().map(|(index, shape)| Layer {
        weight: draw(shape.d_in * shape.d_out, architecture.start_bound(index, shape) as f32),
        bias: draw(shape.d_out, (shape.d_in as f32).sqrt().recip()),
    });
    Field::new(architecture.clone(), layers.collect())
}
