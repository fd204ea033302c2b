use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use realfft::RealFftPlanner;
use serde::Serialize;

use super::held_out::evenly;
use super::sound_metrics::SoundQuality;
use super::{Closeness, Reference, RefineConfig, Refiner, TrainError, random_start};
use crate::dataset::{SoundEntry, SoundFolder, Split};
use crate::field::FieldRecord;
use crate::media::{Sound, SoundSignal};
use crate::model::Model;
use crate::storage::Identity;

/// Learning rates that random weights are refined at, in parts of that of the written ones.
const RANDOM_RATES: [f64; 3] = [5.0, 50.0, 500.0];
/// Of the random weights.
const RANDOM_SEED: u64 = 0;

/// Which sounds a model is measured on, and how.
#[derive(Debug, Clone)]
pub struct SoundsEvaluateConfig {
    /// Which sounds.
    pub split: Split,
    /// Words of paths that training left out; all sounds with one are measured besides.
    pub unseen: Vec<String>,
    /// Sounds of a class, at most.
    pub most_sounds: usize,
    /// Refine steps to report; each starts anew from the written field.
    pub refine_steps: Vec<u32>,
    /// How they are taken; its own number of steps is not looked at.
    pub refine: RefineConfig,
    /// Whether the baselines are measured too.
    pub with_baselines: bool,
}

/// What a model gives for one sound, or the mean over sounds.
#[derive(Debug, Clone, Serialize)]
pub struct EvaluatedSound {
    /// Below the data folder, or what the mean is over.
    pub sound: String,
    /// Of the field as it was written.
    pub direct: SoundQuality,
    /// Of the best field after so many refine steps, in the order asked for.
    pub refined: Vec<(u32, SoundQuality)>,
    /// What to hold that against, where it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baselines: Option<SoundBaselines>,
}

/// What something simpler gives for the same sound.
#[derive(Debug, Clone, Serialize)]
pub struct SoundBaselines {
    /// Nothing is heard.
    pub silence: SoundQuality,
    /// As many numbers as the fields store, as Fourier coefficients of the lowest frequencies; exact where those are no
    /// fewer than the samples.
    pub fourier: SoundQuality,
    /// Refined from random weights, as long as the written ones, at the best of three learning rates.
    pub refined_from_random: Vec<(u32, SoundQuality)>,
}

/// The mean over a class.
#[derive(Debug, Clone, Serialize)]
pub struct SoundClass {
    /// Its name.
    pub class: String,
    /// Sounds.
    pub count: usize,
    /// Their mean.
    pub mean: EvaluatedSound,
}

/// Write the fields of every sound, and compare. `each` is told of every sound as soon as it is done. The last of the
/// classes' rows is over all but the unseen ones.
///
/// # Errors
/// [`TrainError`] if the model or a refinement fails, or there is nothing to measure on.
pub fn evaluate_sounds(
    model: &Model,
    data: &SoundFolder,
    config: &SoundsEvaluateConfig,
    mut each: impl FnMut(&EvaluatedSound),
) -> Result<(Vec<EvaluatedSound>, Vec<SoundClass>), TrainError> {
    let is_unseen = |entry: &&SoundEntry| config.unseen.iter().any(|word| entry.has_word(word));
    // Silence has no ratio of signal to distortion.
    let is_heard = |entry: &&SoundEntry| entry.samples.iter().any(|value| *value != 0.0);
    let mut classes: BTreeMap<(bool, String), Vec<&SoundEntry>> = BTreeMap::new();
    for entry in data.sounds(config.split).filter(is_heard).filter(|entry| !is_unseen(entry)) {
        classes.entry((false, entry.class().to_owned())).or_default().push(entry);
    }
    for entry in data.sounds(Split::All).filter(is_heard).filter(is_unseen) {
        classes.entry((true, format!("{}, unseen", entry.class()))).or_default().push(entry);
    }
    let (mut rows, mut seen, mut figures) = (Vec::new(), Vec::new(), Vec::new());
    for ((is_unseen, class), entries) in classes {
        let mut own = Vec::new();
        for entry in evenly(&entries, config.most_sounds) {
            let row = evaluate(model, data.rate_hz(), entry, config)?;
            each(&row);
            own.push(row);
        }
        figures.extend(mean(&own).map(|mean| SoundClass { class, count: own.len(), mean }));
        if !is_unseen {
            seen.extend(own.iter().cloned());
        }
        rows.extend(own);
    }
    let all = mean(&seen).map(|mean| SoundClass { class: "all but unseen".into(), count: seen.len(), mean });
    figures.extend(all);
    if rows.is_empty() {
        return Err(TrainError::Config("no sound of the data is in this split".into()));
    }
    Ok((rows, figures))
}

fn evaluate(
    model: &Model,
    rate_hz: u32,
    entry: &SoundEntry,
    config: &SoundsEvaluateConfig,
) -> Result<EvaluatedSound, TrainError> {
    let (signal, record) = encode(model, rate_hz, entry)?;
    let sound = &signal.reference;
    let direct = heard(Reference::from(Arc::clone(sound)).closeness(&record))?;
    let baselines = if config.with_baselines {
        let random = random_start(&record, &Reference::from(Arc::clone(sound)), RANDOM_SEED)?;
        let floats = record.field.architecture().num_params() * (1 + record.others.len());
        let of = |values: &[f32]| SoundQuality::of(values, &entry.samples);
        Some(SoundBaselines {
            silence: of(&vec![0.0; entry.samples.len()]),
            fourier: of(&lowest_frequencies(&entry.samples, floats)),
            refined_from_random: refined_best(&random, sound, config)?,
        })
    } else {
        None
    };
    Ok(EvaluatedSound {
        sound: entry.relative.clone(),
        direct,
        refined: refined(&record, sound, config)?,
        baselines,
    })
}

/// The fields of a sound of a dataset, and the sound.
pub(super) fn encode(
    model: &Model,
    rate_hz: u32,
    entry: &SoundEntry,
) -> Result<(SoundSignal, FieldRecord), TrainError> {
    let broken = || TrainError::Config(format!("{} holds no sound", entry.relative));
    let sound = Arc::new(Sound::new(rate_hz, vec![entry.samples.clone()]).ok_or_else(broken)?);
    let identity = Identity { name: entry.relative.clone(), sha256: entry.sha256.clone() };
    let signal = SoundSignal { identity, original: Arc::clone(&sound), reference: sound };
    let written = model.encode_sound(&signal, &mut |_| ControlFlow::Continue(()))?.ok_or_else(broken)?;
    Ok((signal, written.record))
}

/// As [`refined`] at the learning rate that is best for it at each number of steps: what suits a written field is too
/// small for random weights.
fn refined_best(
    record: &FieldRecord,
    sound: &Arc<Sound>,
    config: &SoundsEvaluateConfig,
) -> Result<Vec<(u32, SoundQuality)>, TrainError> {
    let mut best: Vec<(u32, SoundQuality)> = Vec::new();
    for factor in RANDOM_RATES {
        let learning_rate = config.refine.learning_rate * factor;
        let refine = RefineConfig { learning_rate, ..config.refine };
        let found = refined(record, sound, &SoundsEvaluateConfig { refine, ..config.clone() })?;
        if best.is_empty() {
            best = found;
        } else {
            for (best, found) in best.iter_mut().zip(found) {
                if found.1.psnr_db > best.1.psnr_db {
                    *best = found;
                }
            }
        }
    }
    Ok(best)
}

/// The best fields after each number of steps; each starts anew, since the learning rate falls towards the end.
fn refined(
    record: &FieldRecord,
    sound: &Arc<Sound>,
    config: &SoundsEvaluateConfig,
) -> Result<Vec<(u32, SoundQuality)>, TrainError> {
    let refine = |&steps: &u32| {
        let config = RefineConfig { steps, ..config.refine };
        let mut refiner = Refiner::new(record, Arc::clone(sound), config)?;
        while !refiner.is_finished() {
            refiner.step()?;
        }
        Ok((steps, heard(refiner.best().1)?))
    };
    config.refine_steps.iter().map(refine).collect()
}

pub(super) fn heard(closeness: Closeness) -> Result<SoundQuality, TrainError> {
    match closeness {
        Closeness::Heard(quality) => Ok(quality),
        Closeness::Seen(_) => Err(TrainError::Config("a sound is heard".into())),
    }
}

/// A sound by so many numbers: its Fourier coefficients of the lowest frequencies, two numbers each.
fn lowest_frequencies(samples: &[f32], floats: usize) -> Vec<f32> {
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, back) = (planner.plan_fft_forward(samples.len()), planner.plan_fft_inverse(samples.len()));
    let mut spectrum = forward.make_output_vec();
    let mut values = vec![0.0; samples.len()];
    let done = forward.process(&mut samples.to_vec(), &mut spectrum).and_then(|()| {
        spectrum.iter_mut().skip(floats / 2).for_each(|value| *value *= 0.0);
        back.process(&mut spectrum, &mut values)
    });
    // Lengths of its own making fit.
    debug_assert!(done.is_ok(), "{done:?}");
    for value in &mut values {
        *value /= samples.len() as f32;
    }
    values
}

/// Over sounds that were evaluated alike; `None` of none.
fn mean(rows: &[EvaluatedSound]) -> Option<EvaluatedSound> {
    let first = rows.first()?;
    let steps = |pick: &dyn Fn(&EvaluatedSound) -> &[(u32, SoundQuality)]| -> Vec<(u32, SoundQuality)> {
        let of_step = |(index, (steps, _)): (usize, &(u32, SoundQuality))| {
            (
                *steps,
                SoundQuality::mean(rows.iter().filter_map(|row| pick(row).get(index)).map(|(_, own)| *own)),
            )
        };
        pick(first).iter().enumerate().map(of_step).collect()
    };
    let baseline = |pick: &dyn Fn(&SoundBaselines) -> SoundQuality| {
        SoundQuality::mean(rows.iter().filter_map(|row| row.baselines.as_ref()).map(pick))
    };
    Some(EvaluatedSound {
        sound: format!("mean of {}", rows.len()),
        direct: SoundQuality::mean(rows.iter().map(|row| row.direct)),
        refined: steps(&|row| &row.refined),
        baselines: first.baselines.as_ref().map(|_| SoundBaselines {
            silence: baseline(&|own| own.silence),
            fourier: baseline(&|own| own.fourier),
            refined_from_random: steps(&|row| {
                row.baselines.as_ref().map_or(&[], |own| own.refined_from_random.as_slice())
            }),
        }),
    })
}
