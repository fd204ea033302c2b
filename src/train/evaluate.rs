use std::sync::Arc;

use serde::Serialize;

use super::{Quality, RefineConfig, Refiner, TrainError, quality};
use crate::dataset::{Entry, PictureFolder, Split};
use crate::field::Region;
use crate::media::{Framing, ImageSignal, Picture};
use crate::model::Model;
use crate::storage::Identity;

/// What a model gives for one picture.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluated {
    /// Below the data folder.
    pub picture: String,
    /// Of the field as it was written.
    pub direct: Quality,
    /// Of the best field after so many refine steps, in the order asked for.
    pub refined: Vec<(u32, Quality)>,
}

/// What to evaluate on.
#[derive(Debug, Clone)]
pub struct EvaluateConfig {
    /// Which pictures.
    pub split: Split,
    /// Side of the square reference, in pixels.
    pub reference_side_px: u32,
    /// Refine steps to report; each starts anew from the written field.
    pub refine_steps: Vec<u32>,
}

/// Write the field of the central square of every picture, and compare. `each` is told of every picture as
/// soon as it is done.
///
/// # Errors
/// [`TrainError`] if the model or the refinement fails.
pub fn evaluate_model(
    model: &Model,
    data: &PictureFolder,
    config: &EvaluateConfig,
    mut each: impl FnMut(&Evaluated),
) -> Result<Vec<Evaluated>, TrainError> {
    let mut rows = Vec::new();
    for entry in data.pictures(config.split) {
        let signal = signal_of(entry, config.reference_side_px);
        let record = model.encode_image(&signal)?.record;
        let refined = config.refine_steps.iter().map(|&steps| {
            let refine = RefineConfig { steps, ..RefineConfig::default() };
            let mut refiner = Refiner::new(&record, Arc::clone(&signal.reference), refine)?;
            while !refiner.is_finished() {
                refiner.step()?;
            }
            Ok((steps, refiner.best().1))
        });
        let refined = refined.collect::<Result<Vec<_>, TrainError>>()?;
        let reference: &Picture = &signal.reference;
        let values = record.render(reference.width(), reference.height(), Region::WHOLE);
        let direct = quality(&values, reference);
        let row = Evaluated { picture: entry.relative.clone(), direct, refined };
        each(&row);
        rows.push(row);
    }
    Ok(rows)
}

/// Means over pictures: of the direct fields, and after each number of refine steps.
#[must_use]
pub fn mean_quality(rows: &[Evaluated]) -> (Quality, Vec<(u32, Quality)>) {
    let mean = |pick: &dyn Fn(&Evaluated) -> Option<Quality>| {
        let all: Vec<Quality> = rows.iter().filter_map(pick).collect();
        let over = |value: fn(&Quality) -> f64| all.iter().map(value).sum::<f64>() / all.len() as f64;
        Quality { psnr_db: over(|q| q.psnr_db), ssim: over(|q| q.ssim) }
    };
    let steps = rows.first().map(|row| row.refined.iter().map(|(steps, _)| *steps).collect::<Vec<_>>());
    let refined = steps.unwrap_or_default().into_iter().enumerate().map(|(index, steps)| {
        (steps, mean(&|row: &Evaluated| row.refined.get(index).map(|(_, quality)| *quality)))
    });
    (mean(&|row| Some(row.direct)), refined.collect())
}

/// The central square of a picture of a dataset as a signal.
pub(super) fn signal_of(entry: &Entry, side_px: u32) -> ImageSignal {
    let reference = entry.centre(side_px);
    ImageSignal {
        identity: Identity { name: entry.relative.clone(), sha256: entry.sha256.clone() },
        framing: Framing::Crop,
        original_size: (entry.picture.width(), entry.picture.height()),
        reference: Arc::new(reference),
    }
}
