//! How a run looks at what it does not learn from.

use std::collections::BTreeMap;

use super::batch::WHITE;
use super::evaluate::signal_of;
use super::samples::{SAMPLES, Samples, Turning};
use super::shown::shown_sounds;
use super::sounds_evaluated;
use super::{Closeness, Quality, Reference, RunConfig, SoundQuality, TrainError, TrainingData, quality};
use crate::camera::Camera;
use crate::dataset::{ObjectEntry, SoundEntry, SoundFolder, Split, View};
use crate::field::{FieldRecord, Region};
use crate::media::resize;
use crate::model::{Model, padded};

/// Views of an object as it turns, and their sides in pixels.
pub(super) const TURN: usize = 8;
const TURN_PX: u32 = 64;
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
    /// To be looked at, or listened to.
    pub(super) samples: Samples,
}

/// A model on held-out data: the central squares of pictures at the size that it reads; or, of objects, views that
/// were not read. `None` if nothing is held out.
pub(super) fn measure(
    model: &Model,
    data: &TrainingData,
    config: &RunConfig,
) -> Result<Option<HeldOut>, TrainError> {
    let nothing = Closeness::Seen(Quality::mean([].into_iter()));
    let mut found = HeldOut { mean: nothing, each: BTreeMap::new(), samples: Samples::none() };
    let mut qualities = Vec::new();
    match data {
        TrainingData::Pictures(pictures) => {
            let side = config.input_size as u32;
            let mut pictures_shown = Vec::new();
            for entry in pictures.pictures(Split::HeldOut) {
                let signal = signal_of(entry, side);
                let reference = &signal.reference;
                let (width, height) = (reference.width(), reference.height());
                let values = model.encode_image(&signal)?.record.render(width, height, Region::WHOLE);
                let own = quality(&values, reference);
                found.each.insert(entry.relative.clone(), own.psnr_db);
                qualities.push(own);
                if pictures_shown.len() < SAMPLES && (width, height) == (side, side) {
                    pictures_shown.push([reference.to_f32(), values]);
                }
            }
            found.samples = Samples::Pictures(pictures_shown);
        }
        TrainingData::Objects(objects) => {
            let all: Vec<&ObjectEntry> = objects.objects(Split::HeldOut).collect();
            let mut objects_shown = Vec::new();
            for entry in evenly(&all, OBJECTS) {
                let record = encode_view(model, entry, 0)?;
                let own = object(&record, entry, config);
                found.each.insert(entry.relative.clone(), own.psnr_db);
                qualities.push(own);
                if objects_shown.len() < SAMPLES {
                    objects_shown.push(turning(&record, entry, config));
                }
            }
            found.samples = Samples::Objects(objects_shown);
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
    let samples = Samples::Sounds(shown_sounds(model, sounds, config, SAMPLES - SAMPLES / 3)?);
    Ok((!qualities.is_empty()).then_some(HeldOut { mean, each, samples }))
}

/// The mean over some views of an object that was written from its first one.
fn object(record: &FieldRecord, entry: &ObjectEntry, config: &RunConfig) -> Quality {
    let views = &entry.views.views;
    let input = views[0].camera;
    let others: Vec<&View> =
        if views.len() > 1 { views.iter().skip(1).collect() } else { views.iter().collect() };
    Quality::mean(evenly(&others, NOVEL_VIEWS).map(|View { picture, camera }| {
        let values = seen(record, &camera.seen_from(&input), config.objects.samples_per_ray);
        quality(&values, &picture.on(WHITE))
    }))
}

/// An object and its field, small, from as many of its views in their order as there are, over and over.
fn turning(record: &FieldRecord, entry: &ObjectEntry, config: &RunConfig) -> Turning {
    let all: Vec<&View> = entry.views.views.iter().collect();
    let some: Vec<&View> = evenly(&all, TURN).collect();
    let input = all[0].camera;
    let views = some.iter().cycle().take(TURN).map(|View { picture, camera }| {
        let own = camera.seen_from(&input);
        let small = Camera { intrinsics: own.intrinsics.resized(TURN_PX, TURN_PX), ..own };
        let values = seen(record, &small, config.objects.samples_per_ray);
        [resize(&picture.on(WHITE), TURN_PX, TURN_PX).to_f32(), values]
    });
    views.collect()
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
