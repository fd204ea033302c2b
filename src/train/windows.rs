//! Windows of sounds to learn from.

use std::collections::BTreeMap;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::RunConfig;
use super::batch::Item;
use super::data::learned_sounds;
use crate::dataset::{SoundEntry, SoundFolder};
use crate::media::Interpolator;
use crate::model::{encode_points, loudness};

/// How often a window that is not silent is looked for before any will do.
const TRIES: usize = 8;
/// A window below this loudness, -60 dB of full scale, is silent: nothing is learned from noise made loud.
const SILENCE: f32 = 1e-3;

/// The sounds of each folder, of which each is drawn from as often as any other; in a folder the longer ones more
/// often, in the proportion of their lengths.
pub(super) struct Windows<'a> {
    config: &'a RunConfig,
    /// With the samples of all sounds before and including each.
    classes: Vec<Vec<(usize, &'a SoundEntry)>>,
}

impl<'a> Windows<'a> {
    pub(super) fn of(sounds: &'a SoundFolder, config: &'a RunConfig) -> Self {
        let mut classes: BTreeMap<&str, Vec<(usize, &SoundEntry)>> = BTreeMap::new();
        for entry in learned_sounds(sounds, config) {
            let class = classes.entry(entry.class()).or_default();
            let before = class.last().map_or(0, |(sum, _)| *sum);
            class.push((before + entry.samples.len().max(1), entry));
        }
        Self { config, classes: classes.into_values().collect() }
    }

    /// A random window, and random instants of it.
    pub(super) fn draw(&self, random: &mut ChaCha8Rng) -> Item {
        let RunConfig { input_size: window, sounds: settings, field, .. } = self.config;
        let (mut entry, mut begin) = self.place(random);
        for _ in 0..TRIES {
            if loudness(&stretch(&entry.samples, begin, *window)) > SILENCE {
                break;
            }
            (entry, begin) = self.place(random);
        }
        let input = stretch(&entry.samples, begin, *window);
        let gain = loudness(&input);
        let rate = settings.sample_rate as f32;
        // Any instants, not the samples alone: what a field does between them is heard at other rates.
        let count = settings.instants_per_window;
        let places: Vec<f64> = (0..count).map(|_| random.random::<f64>() * *window as f64).collect();
        let points: Vec<f32> =
            places.iter().map(|place| ((2.0 * place - *window as f64) / f64::from(rate)) as f32).collect();
        let interpolator = Interpolator::within();
        let value = |place: &f64| interpolator.at(&entry.samples, begin as f64 + place - 0.5) / gain;
        Item {
            targets: places.iter().map(value).collect(),
            features: encode_points(field, &points),
            input: input.into_iter().map(|value| value / gain).collect(),
            ..Item::default()
        }
    }

    /// A sound, and where in it a window begins: before its beginning where it is shorter than the window.
    fn place(&self, random: &mut ChaCha8Rng) -> (&'a SoundEntry, i64) {
        let class = &self.classes[random.random_range(0..self.classes.len())];
        let total = class.last().map_or(1, |(sum, _)| *sum);
        let at = random.random_range(0..total);
        let entry = class[class.partition_point(|(sum, _)| *sum <= at)].1;
        let spare = entry.samples.len() as i64 - self.config.input_size as i64;
        (entry, random.random_range(spare.min(0)..=spare.max(0)))
    }
}

/// Samples from a place on; silence lies around them.
fn stretch(samples: &[f32], begin: i64, count: usize) -> Vec<f32> {
    let sample = |index: i64| usize::try_from(index).ok().and_then(|index| samples.get(index)).copied();
    (begin..begin + count as i64).map(|index| sample(index).unwrap_or(0.0)).collect()
}
