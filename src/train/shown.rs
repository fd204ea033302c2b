//! Held-out items as a person looks at them, or listens to them.

use super::batch::WHITE;
use super::data::{is_unheard, is_unseen};
use super::evaluate::signal_of;
use super::held_out::{encode_view, evenly, seen};
use super::samples::tiled;
use super::{RunConfig, TrainError, TrainingData, sounds_evaluated};
use crate::dataset::{Entry, ObjectEntry, SoundEntry, SoundFolder, Split, View};
use crate::field::{Region, Synthesizer};
use crate::media::{Picture, Sound};
use crate::model::Model;

/// Views of an object beside the one that is read.
const NOVEL_VIEWS: usize = 3;
/// As much of a sound is heard, in seconds.
const SOUND_SECS: u32 = 3;

/// A held-out item, and what the field that a model writes for it gives.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Its path.
    pub item: String,
    /// What it is.
    pub reference: Look,
    /// What its field gives.
    pub field: Look,
}

/// What is looked at, or listened to.
#[derive(Debug, Clone)]
pub enum Look {
    /// A picture; of an object the view that was read and some that were not, side by side.
    Picture(Picture),
    /// The beginning of a sound, in mono.
    Sound(Sound),
}

/// At most so many of the held-out items, at even distances, and half as many of those that the settings leave out: the
/// same ones for every model.
///
/// # Errors
/// [`TrainError`] if the model fails, or the data is of another kind than it reads.
pub fn shown(
    model: &Model,
    data: &TrainingData,
    config: &RunConfig,
    most: usize,
) -> Result<Vec<Shown>, TrainError> {
    match data {
        TrainingData::Pictures(pictures) => {
            let all: Vec<&Entry> = pictures.pictures(Split::HeldOut).collect();
            evenly(&all, most).map(|entry| picture(model, entry, config)).collect()
        }
        TrainingData::Objects(objects) => {
            let known: Vec<_> =
                objects.objects(Split::HeldOut).filter(|entry| !is_unseen(entry, config)).collect();
            let others: Vec<_> =
                objects.objects(Split::All).filter(|entry| is_unseen(entry, config)).collect();
            chosen(&known, &others, most).into_iter().map(|entry| object(model, entry, config)).collect()
        }
        TrainingData::Sounds(sounds) => shown_sounds(model, sounds, config, most),
    }
}

/// [`shown`] of sounds.
pub(super) fn shown_sounds(
    model: &Model,
    sounds: &SoundFolder,
    config: &RunConfig,
    most: usize,
) -> Result<Vec<Shown>, TrainError> {
    let is_heard = |entry: &&SoundEntry| beginning(entry, sounds.rate_hz()).iter().any(|value| *value != 0.0);
    let heard = |split| sounds.sounds(split).filter(is_heard);
    let known: Vec<_> = heard(Split::HeldOut).filter(|entry| !is_unheard(entry, config)).collect();
    let others: Vec<_> = heard(Split::All).filter(|entry| is_unheard(entry, config)).collect();
    let sound = |entry| sound(model, entry, sounds.rate_hz());
    chosen(&known, &others, most).into_iter().map(sound).collect()
}

/// So many of the first, and half as many of the others.
fn chosen<T: Copy>(known: &[T], others: &[T], most: usize) -> Vec<T> {
    evenly(known, most).chain(evenly(others, most.div_ceil(2))).collect()
}

fn picture(model: &Model, entry: &Entry, config: &RunConfig) -> Result<Shown, TrainError> {
    let signal = signal_of(entry, config.input_size as u32);
    let reference = Picture::clone(&signal.reference);
    let (width, height) = (reference.width(), reference.height());
    let values = model.encode_image(&signal)?.record.render(width, height, Region::WHOLE);
    let field = Picture::from_f32(width, height, &values).ok_or_else(|| broken(&entry.relative))?;
    let item = entry.relative.clone();
    Ok(Shown { item, reference: Look::Picture(reference), field: Look::Picture(field) })
}

fn object(model: &Model, entry: &ObjectEntry, config: &RunConfig) -> Result<Shown, TrainError> {
    let record = encode_view(model, entry, 0)?;
    let View { picture: first, camera: input } = &entry.views.views[0];
    let (width, height) = (first.width(), first.height());
    let is_alike = |view: &&View| (view.picture.width(), view.picture.height()) == (width, height);
    let others: Vec<&View> = entry.views.views.iter().skip(1).filter(is_alike).collect();
    let (mut references, mut fields) = (Vec::new(), Vec::new());
    for View { picture, camera } in entry.views.views.first().into_iter().chain(evenly(&others, NOVEL_VIEWS))
    {
        references.push(picture.on(WHITE).to_f32());
        fields.push(seen(&record, &camera.seen_from(input), config.objects.samples_per_ray));
    }
    let strip = |pictures: &[Vec<f32>]| {
        let row: Vec<&[f32]> = pictures.iter().map(Vec::as_slice).collect();
        let strip = tiled(&[&row], width as usize, height as usize);
        strip.map(Look::Picture).ok_or_else(|| broken(&entry.relative))
    };
    Ok(Shown { item: entry.relative.clone(), reference: strip(&references)?, field: strip(&fields)? })
}

fn sound(model: &Model, entry: &SoundEntry, rate_hz: u32) -> Result<Shown, TrainError> {
    let cut = SoundEntry { samples: beginning(entry, rate_hz).to_vec(), ..entry.clone() };
    let (signal, record) = sounds_evaluated::encode(model, rate_hz, &cut)?;
    let values = Synthesizer::new(&record).map(|own| own.samples(rate_hz, 0, cut.samples.len()));
    let field = values.and_then(|values| Sound::new(rate_hz, vec![values]));
    Ok(Shown {
        item: entry.relative.clone(),
        reference: Look::Sound(Sound::clone(&signal.reference)),
        field: Look::Sound(field.ok_or_else(|| broken(&entry.relative))?),
    })
}

fn beginning(entry: &SoundEntry, rate_hz: u32) -> &[f32] {
    &entry.samples[..entry.samples.len().min((SOUND_SECS * rate_hz) as usize)]
}

fn broken(item: &str) -> TrainError {
    TrainError::Config(format!("{item} cannot be shown: its field gives nothing for it"))
}
