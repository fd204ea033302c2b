use std::collections::{BTreeMap, BTreeSet};

use super::{ExperimentError, Measure};
use crate::dataset::{ObjectFolder, PictureFolder, SoundFolder, Split};
use crate::model::Model;
use crate::train::{
    EvaluateConfig, ObjectsEvaluateConfig, Quality, RefineConfig, RunConfig, SoundQuality,
    SoundsEvaluateConfig, TrainingData, evaluate_model, evaluate_objects, evaluate_sounds,
};
use serde::{Deserialize, Serialize};

/// What was measured of a held-out item.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Its path.
    pub item: String,
    /// Whether training left out all that is like it, a class or a speaker.
    pub is_unseen: bool,
    /// By their names; what is not a finite number is left open.
    pub figures: Figures,
}

/// Figures by their names: `psnr_db`, `ssim` and others.
pub type Figures = BTreeMap<String, Option<f64>>;

/// A model on held-out items.
pub(super) fn measure(
    model: &Model,
    data: &TrainingData,
    config: &RunConfig,
    wanted: &Measure,
) -> Result<Vec<Item>, ExperimentError> {
    match data {
        TrainingData::Pictures(data) => pictures(model, data, config, wanted),
        TrainingData::Objects(data) => objects(model, data, config, wanted),
        TrainingData::Sounds(data) => sounds(model, data, config, wanted),
    }
}

/// The steps that are asked for, if any are.
fn refine_steps(wanted: &Measure) -> Vec<u32> {
    (wanted.refine_steps > 0).then_some(wanted.refine_steps).into_iter().collect()
}

fn pictures(
    model: &Model,
    data: &PictureFolder,
    config: &RunConfig,
    wanted: &Measure,
) -> Result<Vec<Item>, ExperimentError> {
    let evaluate = EvaluateConfig {
        split: Split::HeldOut,
        reference_side_px: wanted.reference_px.unwrap_or(config.input_size as u32),
        refine_steps: refine_steps(wanted),
        refine: RefineConfig::default(),
        with_baselines: false,
        lpips: None,
    };
    let rows = evaluate_model(model, data, &evaluate, |_| {})?;
    let item = |row: crate::train::Evaluated| {
        let mut figures = Figures::new();
        put_seen(&mut figures, "", row.direct);
        row.refined.iter().for_each(|(_, quality)| put_seen(&mut figures, "refined_", *quality));
        Item { item: row.picture, is_unseen: false, figures }
    };
    Ok(rows.into_iter().map(item).collect())
}

fn objects(
    model: &Model,
    data: &ObjectFolder,
    config: &RunConfig,
    wanted: &Measure,
) -> Result<Vec<Item>, ExperimentError> {
    let unseen = &config.objects.without;
    let steps = wanted.refine_steps;
    let evaluate = ObjectsEvaluateConfig {
        split: Split::HeldOut,
        unseen: unseen.clone(),
        most_objects: wanted.items,
        novel_views: wanted.views.max(1),
        refine: [1, 4].map(|views| RefineConfig { steps, ..RefineConfig::of_object(views) }),
        with_baselines: false,
        lpips: None,
    };
    let left_out: BTreeSet<&str> = data
        .objects(Split::All)
        .filter(|entry| unseen.iter().any(|class| class == entry.class()))
        .map(|entry| entry.relative.as_str())
        .collect();
    let (rows, _) = evaluate_objects(model, data, &evaluate, |_| {})?;
    let item = |row: crate::train::EvaluatedObject| {
        let mut figures = Figures::new();
        put_seen(&mut figures, "", row.direct);
        put_seen(&mut figures, "input_", row.input);
        row.refined_one.into_iter().for_each(|own| put_seen(&mut figures, "refined_", own));
        row.refined_four.into_iter().for_each(|own| put_seen(&mut figures, "refined_by_four_", own));
        Item { is_unseen: left_out.contains(row.object.as_str()), item: row.object, figures }
    };
    Ok(rows.into_iter().map(item).collect())
}

fn sounds(
    model: &Model,
    data: &SoundFolder,
    config: &RunConfig,
    wanted: &Measure,
) -> Result<Vec<Item>, ExperimentError> {
    let unseen = &config.sounds.without;
    let evaluate = SoundsEvaluateConfig {
        split: Split::HeldOut,
        unseen: unseen.clone(),
        most_sounds: wanted.items,
        refine_steps: refine_steps(wanted),
        refine: RefineConfig::of_sound(),
        with_baselines: false,
    };
    let left_out: BTreeSet<&str> = data
        .sounds(Split::All)
        .filter(|entry| unseen.iter().any(|word| entry.has_word(word)))
        .map(|entry| entry.relative.as_str())
        .collect();
    let (rows, _) = evaluate_sounds(model, data, &evaluate, |_| {})?;
    let item = |row: crate::train::EvaluatedSound| {
        let mut figures = Figures::new();
        put_heard(&mut figures, "", row.direct);
        row.refined.iter().for_each(|(_, quality)| put_heard(&mut figures, "refined_", *quality));
        Item { is_unseen: left_out.contains(row.sound.as_str()), item: row.sound, figures }
    };
    Ok(rows.into_iter().map(item).collect())
}

fn put(figures: &mut Figures, prefix: &str, name: &str, value: f64) {
    figures.insert(format!("{prefix}{name}"), value.is_finite().then_some(value));
}

fn put_seen(figures: &mut Figures, prefix: &str, Quality { psnr_db, ssim, .. }: Quality) {
    put(figures, prefix, "psnr_db", psnr_db);
    put(figures, prefix, "ssim", ssim);
}

fn put_heard(figures: &mut Figures, prefix: &str, quality: SoundQuality) {
    let SoundQuality { psnr_db, si_sdr_db, lsd_db } = quality;
    put(figures, prefix, "psnr_db", psnr_db);
    put(figures, prefix, "si_sdr_db", si_sdr_db);
    put(figures, prefix, "lsd_db", lsd_db);
}
