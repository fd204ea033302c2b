//! How a run looks at what it does not learn from.

use std::collections::BTreeMap;

use super::batch::WHITE;
use super::evaluate::signal_of;
use super::shown::shown_sounds;
use super::sounds_evaluated;
use super::{
    Closeness, Look, Quality, Reference, RunConfig, SoundQuality, TrainError, TrainingData, quality,
};
use crate::camera::Camera;
use crate::dataset::{ObjectEntry, SoundEntry, SoundFolder, Split, View};
use crate::field::{FieldRecord, Region};
use crate::media::{Overview, Picture};
use crate::model::{Model, padded};

/// Side of a waveform of a sample sheet, in pixels.
const WAVEFORM_PX: u32 = 96;
/// Pictures of a sample sheet, at most.
const SAMPLES: usize = 6;
/// Objects that are looked at during a run, at most, and the views of each that are not read.
const OBJECTS: usize = 24;
const NOVEL_VIEWS: usize = 3;

/// Sounds that are looked at during a run, at most: the middle window of each.
const SOUNDS: usize = 64;

/// What was found.
pub(super) struct HeldOut {
    pub(super) mean: Closeness,
    /// PSNR in dB.
    pub(super) each: BTreeMap<String, f64>,
    /// To be looked at.
    pub(super) samples: Vec<Sample>,
}

/// A picture and what a field gives for it, `[side, side, 3]`.
pub(super) struct Sample {
    picture: Vec<f32>,
    values: Vec<f32>,
}

/// A model on held-out data: the central squares of pictures at the size that it reads; or, of objects, views that
/// were not read. `None` if nothing is held out.
pub(super) fn measure(
    model: &Model,
    data: &TrainingData,
    config: &RunConfig,
) -> Result<Option<HeldOut>, TrainError> {
    let nothing = Closeness::Seen(Quality::mean([].into_iter()));
    let mut found = HeldOut { mean: nothing, each: BTreeMap::new(), samples: Vec::new() };
    let mut qualities = Vec::new();
    match data {
        TrainingData::Pictures(pictures) => {
            let side = config.input_size as u32;
            for entry in pictures.pictures(Split::HeldOut) {
                let signal = signal_of(entry, side);
                let reference = &signal.reference;
                let (width, height) = (reference.width(), reference.height());
                let values = model.encode_image(&signal)?.record.render(width, height, Region::WHOLE);
                let own = quality(&values, reference);
                found.each.insert(entry.relative.clone(), own.psnr_db);
                qualities.push(own);
                if found.samples.len() < SAMPLES && (width, height) == (side, side) {
                    found.samples.push(Sample { picture: reference.to_f32(), values });
                }
            }
        }
        TrainingData::Objects(objects) => {
            let all: Vec<&ObjectEntry> = objects.objects(Split::HeldOut).collect();
            for entry in evenly(&all, OBJECTS) {
                let (own, sample) = object(model, entry, config)?;
                found.each.insert(entry.relative.clone(), own.psnr_db);
                qualities.push(own);
                if found.samples.len() < SAMPLES {
                    found.samples.push(sample);
                }
            }
        }
        TrainingData::Sounds(sounds) => return heard(model, sounds, config),
    }
    found.mean = Closeness::Seen(Quality::mean(qualities.iter().copied()));
    Ok((!qualities.is_empty()).then_some(found))
}

/// The middle windows of sounds.
fn heard(model: &Model, sounds: &SoundFolder, config: &RunConfig) -> Result<Option<HeldOut>, TrainError> {
    let all: Vec<&SoundEntry> = sounds.sounds(Split::HeldOut).collect();
    let mut each = BTreeMap::new();
    let mut qualities = Vec::new();
    for entry in evenly(&all, SOUNDS) {
        let begin = entry.samples.len().saturating_sub(config.input_size) / 2;
        let window = padded(&entry.samples, begin..begin + config.input_size);
        // What is silent has no ratio of signal to distortion.
        if window.iter().all(|value| *value == 0.0) {
            continue;
        }
        let middle = SoundEntry { samples: window, ..SoundEntry::clone(entry) };
        let (signal, record) = sounds_evaluated::encode(model, sounds.rate_hz(), &middle)?;
        let own = sounds_evaluated::heard(Reference::from(signal.reference).closeness(&record))?;
        each.insert(entry.relative.clone(), own.psnr_db);
        qualities.push(own);
    }
    let mean = Closeness::Heard(SoundQuality::mean(qualities.iter().copied()));
    let shown = shown_sounds(model, sounds, config, SAMPLES - SAMPLES / 3)?;
    let samples =
        shown.iter().map(|own| Sample { picture: waveform(&own.reference), values: waveform(&own.field) });
    Ok((!qualities.is_empty()).then_some(HeldOut { mean, each, samples: samples.collect() }))
}

/// What is shown of a sound as a square picture, `[WAVEFORM_PX, WAVEFORM_PX, 3]`.
fn waveform(look: &Look) -> Vec<f32> {
    match look {
        Look::Sound(sound) => Overview::new(sound.mono()).picture(WAVEFORM_PX, WAVEFORM_PX).to_f32(),
        Look::Picture(picture) => picture.to_f32(),
    }
}

/// The mean over some views of an object that was written from its first one; and the last of them.
fn object(model: &Model, entry: &ObjectEntry, config: &RunConfig) -> Result<(Quality, Sample), TrainError> {
    let views = &entry.views.views;
    let record = encode_view(model, entry, 0)?;
    let input = views[0].camera;
    let others: Vec<&View> =
        if views.len() > 1 { views.iter().skip(1).collect() } else { views.iter().collect() };
    let mut qualities = Vec::new();
    let mut sample = Sample { picture: Vec::new(), values: Vec::new() };
    for View { picture, camera } in evenly(&others, NOVEL_VIEWS) {
        let values = seen(&record, &camera.seen_from(&input), config.objects.samples_per_ray);
        let reference = picture.on(WHITE);
        qualities.push(quality(&values, &reference));
        sample = Sample { picture: reference.to_f32(), values };
    }
    Ok((Quality::mean(qualities.into_iter()), sample))
}

/// The field of an object, from one of its views.
pub(super) fn encode_view(
    model: &Model,
    entry: &ObjectEntry,
    index: usize,
) -> Result<FieldRecord, TrainError> {
    let View { picture, camera } = &entry.views.views[index];
    Ok(model.encode_object(&[(picture.on(WHITE), camera.seen_from(camera))], None)?.record)
}

/// An object on white through a camera of its own frame: `[height, width, 3]`.
pub(super) fn seen(record: &FieldRecord, camera: &Camera, samples: usize) -> Vec<f32> {
    record.trace(&camera.pixel_rays(), samples).iter().flat_map(|seen| seen.on([1.0; 3])).collect()
}

/// At most so many of a list, at even distances, the first among them.
pub(super) fn evenly<T: Copy>(all: &[T], most: usize) -> impl Iterator<Item = T> {
    let count = all.len().min(most);
    (0..count).map(move |index| all[index * all.len() / count])
}

/// Pictures in a row, their fields below; `None` if they are not square and of one size.
pub(super) fn sheet(samples: &[Sample]) -> Option<Picture> {
    let side = samples.first().map(|sample| (sample.picture.len() / 3).isqrt())?;
    let pictures: Vec<&[f32]> = samples.iter().map(|sample| &*sample.picture).collect();
    let fields: Vec<&[f32]> = samples.iter().map(|sample| &*sample.values).collect();
    tiled(&[&pictures, &fields], side, side)
}

/// Rows of pictures of one size; `None` if one of them is smaller.
///
/// # Shapes
/// - each of `rows`: `[height, width, 3]`
pub(super) fn tiled(rows: &[&[&[f32]]], width: usize, height: usize) -> Option<Picture> {
    let columns = rows.first()?.len();
    let mut sheet = Vec::with_capacity(rows.len() * columns * width * height * 3);
    for pictures in rows {
        for line in 0..height {
            for picture in *pictures {
                sheet.extend_from_slice(picture.get(line * width * 3..)?.get(..width * 3)?);
            }
        }
    }
    Picture::from_f32((columns * width) as u32, (rows.len() * height) as u32, &sheet)
}
