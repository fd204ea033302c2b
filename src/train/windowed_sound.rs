use rand::seq::index::sample;
use rand::{Rng, RngExt};

use super::TrainError;
use super::spectral_loss::SpectralLoss;
use super::window_gradient::{WindowSamples, amplitudes};
use crate::field::{Architecture, Field, SoundLayout};
use crate::media::Sound;
use crate::model::{coded_channels, encode_points, loudness, padded};

/// Instants of a sample that are drawn from: what a field does between the samples is heard at other rates.
const FINER: usize = 4;

/// A sound cut into the windows of its fields, to be drawn from.
pub(super) struct WindowedSound {
    layout: SoundLayout,
    /// What the fields are of, at so many times the rate.
    coded: Vec<Vec<f32>>,
    /// Every instant of a window as a field takes it, `[n, encoding width]`.
    features: Vec<f32>,
    /// Loudness of every window.
    gains: Vec<f32>,
    spectral: SpectralLoss,
}

impl WindowedSound {
    /// # Errors
    /// [`TrainError::Config`] if the sound is not the one that the fields are of, by its length, rate or channels.
    pub(super) fn new(
        layout: SoundLayout,
        architecture: &Architecture,
        sound: &Sound,
    ) -> Result<Self, TrainError> {
        let (mut channels, mut coded) = coded_channels(sound);
        if channels != layout.channels && channels.count() > layout.channels.count() {
            (channels, coded) = (layout.channels, vec![sound.mono()]);
        }
        if (sound.rate_hz(), sound.len(), channels) != (layout.sample_rate_hz, layout.length, layout.channels)
        {
            return Err(TrainError::Config(format!(
                "this is the field of a {} sound of {:.2} s at {} Hz, and the sound given is {} and {:.2} s long",
                layout.channels.name(),
                layout.duration_secs(),
                layout.sample_rate_hz,
                channels.name(),
                sound.duration_secs()
            )));
        }
        let stretches = |samples: &Vec<f32>| -> Vec<f32> {
            (0..layout.num_windows())
                .map(|window| loudness(&padded(samples, layout.samples(window))))
                .collect()
        };
        let gains = coded.iter().flat_map(stretches).collect();
        let finer_hz = sound.rate_hz() * FINER as u32;
        let finer =
            |samples| Sound::new(sound.rate_hz(), vec![samples]).map(|own| own.at_rate(finer_hz).mono());
        let points: Vec<f32> = (0..layout.window * FINER)
            .map(|index| layout.coordinate(0, (index as f64 + 0.5) / f64::from(finer_hz)))
            .collect();
        Ok(Self {
            layout,
            coded: coded.into_iter().filter_map(finer).collect(),
            features: encode_points(architecture, &points),
            gains,
            spectral: SpectralLoss::new(),
        })
    }

    /// The loudness of every window.
    pub(super) fn gains(&self) -> &[f32] {
        &self.gains
    }

    /// Random instants, the same of every window, and the amplitudes there in parts of its loudness.
    pub(super) fn draw(&self, count: usize, random: &mut impl Rng) -> WindowSamples {
        let all = self.layout.window * FINER;
        let width = self.features.len() / all;
        let chosen = sample(random, all, count.min(all)).into_vec();
        let features = chosen.iter().flat_map(|index| &self.features[index * width..][..width]).copied();
        WindowSamples { features: features.collect(), targets: self.targets(&chosen), slopes: Vec::new() }
    }

    /// A sample of each sample's length, all at the same place in it, and besides the squared error there the slope
    /// of the [`SpectralLoss`] of what is heard, times `weight`. The fields are as they are refined, in parts of their
    /// windows' loudness.
    pub(super) fn draw_spectral(
        &self,
        fields: &[Field],
        weight: f64,
        random: &mut impl Rng,
    ) -> WindowSamples {
        let phase = random.random_range(0..FINER);
        let SoundLayout { window, hop, length, .. } = self.layout;
        let chosen: Vec<usize> = (0..window).map(|index| index * FINER + phase).collect();
        let width = self.features.len() / (window * FINER);
        let features: Vec<f32> =
            chosen.iter().flat_map(|index| &self.features[index * width..][..width]).copied().collect();
        let values = amplitudes(fields, &features);
        let mut slopes = vec![0.0; values.len()];
        let num_windows = self.layout.num_windows();
        let per_channel = num_windows * window;
        for (channel, coded) in self.coded.iter().enumerate() {
            let gains = &self.gains[channel * num_windows..][..num_windows];
            let values = &values[channel * per_channel..][..per_channel];
            let reference: Vec<f32> = coded.iter().skip(phase).step_by(FINER).copied().take(length).collect();
            // What is heard of which window at each sample: see `SoundLayout::place`.
            let parts: Vec<(usize, f32)> = (0..reference.len())
                .map(|index| {
                    let place = index as f64 + (phase as f64 + 0.5) / FINER as f64;
                    self.layout.place(place / f64::from(self.layout.sample_rate_hz))
                })
                .collect();
            let shares = |index: usize| {
                let (own, part) = parts[index];
                [(own, part), (own.saturating_sub(1), 1.0 - part)]
                    .into_iter()
                    .filter(|(_, part)| *part > 0.0)
                    .map(move |(own, part)| (own * window + index - own * hop, own, part))
            };
            let heard: Vec<f32> = (0..reference.len())
                .map(|index| shares(index).map(|(at, own, part)| part * gains[own] * values[at]).sum())
                .collect();
            let (_, slope) = self.spectral.loss_and_slope(&heard, &reference);
            let slopes = &mut slopes[channel * per_channel..][..per_channel];
            for (index, slope) in slope.iter().enumerate() {
                for (at, own, part) in shares(index) {
                    slopes[at] += weight as f32 * part * gains[own] * slope;
                }
            }
        }
        WindowSamples { features, targets: self.targets(&chosen), slopes }
    }

    /// Amplitudes at some instants of every window, in parts of its loudness.
    fn targets(&self, chosen: &[usize]) -> Vec<f32> {
        let mut targets = Vec::with_capacity(self.gains.len() * chosen.len());
        for (coded, gains) in self.coded.iter().zip(self.gains.chunks(self.layout.num_windows())) {
            for (window, gain) in gains.iter().enumerate() {
                let begin = window * self.layout.hop * FINER;
                let value = |index: &usize| coded.get(begin + index).copied().unwrap_or(0.0) / gain;
                targets.extend(chosen.iter().map(value));
            }
        }
        targets
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::field::{FieldKind, FieldRecord, SoundChannels, Synthesizer};
    use crate::train::baselines::random_field;

    /// Three windows that fade into one another, played by the synthesizer: when one of them is shifted as a whole, the
    /// spectra of what is heard come as much closer or farther as the slopes of its amplitudes say together.
    #[test]
    fn slopes_of_windows_are_those_of_what_is_heard() {
        let rate_hz = 2_000;
        let (length, window, hop) = (150, 64, 48);
        let layout =
            SoundLayout { sample_rate_hz: rate_hz, length, window, hop, channels: SoundChannels::Mono };
        let tone = |index: usize| 0.4 * (index as f32 * 0.31).sin() + 0.1 * (index as f32 * 1.3).cos();
        let sound = Sound::new(rate_hz, vec![(0..length).map(tone).collect()]).unwrap();
        let architecture = Architecture { hidden: 8, ..Architecture::live_sound() };
        let windows = WindowedSound::new(layout, &architecture, &sound).unwrap();
        let fields: Vec<Field> =
            (0..layout.num_windows()).map(|seed| random_field(&architecture, seed as u64).unwrap()).collect();
        assert_eq!(fields.len(), 3);
        let draws = ChaCha8Rng::seed_from_u64(5);
        let phase = draws.clone().random_range(0..FINER);
        let samples = windows.draw_spectral(&fields, 1.0, &mut draws.clone());
        let instants: Vec<f64> = (0..length)
            .map(|index| (index as f64 + (phase as f64 + 0.5) / FINER as f64) / f64::from(rate_hz))
            .collect();
        let reference: Vec<f32> = windows.coded[0].iter().skip(phase).step_by(FINER).copied().collect();
        // The last bias of a window's field moved, and all of them as loud as they are kept.
        let loss = |moved: usize, step: f32| {
            let kept = fields.iter().zip(windows.gains()).enumerate().map(|(index, (field, gain))| {
                let mut layers = field.layers().to_vec();
                let last = layers.last_mut().unwrap();
                last.bias[0] += if index == moved { step } else { 0.0 };
                last.weight.iter_mut().chain(&mut last.bias).for_each(|value| *value *= gain);
                Field::new(architecture.clone(), layers).unwrap()
            });
            let mut kept = kept.collect::<Vec<_>>().into_iter();
            let record = FieldRecord {
                field: kept.next().unwrap(),
                others: kept.collect(),
                kind: FieldKind::Sound(layout),
                source: None,
                model: None,
                extra: std::collections::BTreeMap::new(),
            };
            let heard = Synthesizer::new(&record).unwrap().at(&instants);
            SpectralLoss::new().loss_and_slope(&heard, &reference).0
        };
        for (moved, slopes) in samples.slopes.chunks(window).enumerate() {
            let found: f64 = slopes.iter().map(|slope| f64::from(*slope)).sum();
            let expected = (loss(moved, 1e-3) - loss(moved, -1e-3)) / 2e-3;
            assert!((found - expected).abs() < 0.02 * expected.abs() + 1e-3, "{moved}: {found}, {expected}");
        }
    }
}
