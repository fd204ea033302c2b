use std::sync::Arc;

use serde::Serialize;

use super::baselines::{Baselines, refined};
use super::{Quality, RefineConfig, TrainError, quality_by};
use crate::dataset::{Entry, PictureFolder, Split};
use crate::field::Region;
use crate::media::{Framing, ImageSignal, Picture};
use crate::model::{Lpips, Model};
use crate::storage::Identity;

/// After so many refine steps.
type Refined = Vec<(u32, Quality)>;

/// What a model gives for one picture, or the mean over pictures.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluated {
    /// Below the data folder.
    pub picture: String,
    /// Of the field as it was written.
    pub direct: Quality,
    /// Of the best field after so many refine steps, in the order asked for.
    pub refined: Vec<(u32, Quality)>,
    /// What to hold that against, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselines: Option<Baselines>,
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
    /// How they are taken; its own number of steps is not looked at.
    pub refine: RefineConfig,
    /// Whether the baselines are measured too.
    pub with_baselines: bool,
    /// Measures LPIPS besides.
    pub lpips: Option<Lpips>,
}

/// Write the field of the central square of every picture, and compare. `each` is told of every picture as
/// soon as it is done.
///
/// # Errors
/// [`TrainError`] if the model or the refinement fails, baselines are wanted of a single picture, or LPIPS of pictures
/// that are too small for it.
pub fn evaluate_model(
    model: &Model,
    data: &PictureFolder,
    config: &EvaluateConfig,
    mut each: impl FnMut(&Evaluated),
) -> Result<Vec<Evaluated>, TrainError> {
    let entries: Vec<&Entry> = data.pictures(config.split).collect();
    if config.with_baselines && entries.len() == 1 {
        return Err(TrainError::Config(
            "the baselines need another picture's weights, and there is one picture only".into(),
        ));
    }
    if let Some(lpips) = &config.lpips {
        lpips.check(config.reference_side_px, config.reference_side_px)?;
    }
    let encode = |entry: &Entry| {
        let signal = signal_of(entry, config.reference_side_px);
        let record = model.encode_image(&signal)?.record;
        Ok::<_, TrainError>((signal, record))
    };
    let mut rows = Vec::new();
    for (index, entry) in entries.iter().enumerate() {
        let (signal, record) = encode(entry)?;
        let reference: &Picture = &signal.reference;
        let values = record.render(reference.width(), reference.height(), Region::WHOLE);
        let baselines = if config.with_baselines {
            let (_, other) = encode(entries[(index + 1) % entries.len()])?;
            Some(Baselines::measure(&signal, &other, config, index as u64)?)
        } else {
            None
        };
        let row = Evaluated {
            picture: entry.relative.clone(),
            direct: quality_by(config.lpips.as_ref(), &values, reference),
            refined: refined(&record, &signal.reference, config)?,
            baselines,
        };
        each(&row);
        rows.push(row);
    }
    Ok(rows)
}

impl Evaluated {
    /// The mean over pictures that were evaluated alike; `None` of none.
    #[must_use]
    pub fn mean(rows: &[Self]) -> Option<Self> {
        let first = rows.first()?;
        let mean = |pick: &dyn Fn(&Self) -> Option<Quality>| Quality::mean(rows.iter().filter_map(pick));
        let steps = |pick: &dyn Fn(&Self) -> Option<&Refined>| {
            let of_step = |(index, (steps, _)): (usize, &(u32, Quality))| {
                (*steps, mean(&|row| pick(row)?.get(index).map(|(_, quality)| *quality)))
            };
            pick(first).into_iter().flatten().enumerate().map(of_step).collect()
        };
        let baselines = first.baselines.as_ref().map(|_| Baselines {
            mean_color: mean(&|row| row.baselines.as_ref().map(|own| own.mean_color)),
            thumbnail: mean(&|row| row.baselines.as_ref().map(|own| own.thumbnail)),
            refined_from_other: steps(&|row| row.baselines.as_ref().map(|own| &own.refined_from_other)),
            refined_from_random: steps(&|row| row.baselines.as_ref().map(|own| &own.refined_from_random)),
        });
        Some(Self {
            picture: format!("mean of {}", rows.len()),
            direct: mean(&|row| Some(row.direct)),
            refined: steps(&|row| Some(&row.refined)),
            baselines,
        })
    }
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
