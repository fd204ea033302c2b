use rand::Rng;
use rand::seq::index::sample;

use super::TrainError;
use super::window_gradient::WindowSamples;
use crate::field::{Architecture, SoundLayout};
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
        let mut samples = WindowSamples { features: features.collect(), targets: Vec::new() };
        for (coded, gains) in self.coded.iter().zip(self.gains.chunks(self.layout.num_windows())) {
            for (window, gain) in gains.iter().enumerate() {
                let begin = window * self.layout.hop * FINER;
                let value = |index: &usize| coded.get(begin + index).copied().unwrap_or(0.0) / gain;
                samples.targets.extend(chosen.iter().map(value));
            }
        }
        samples
    }
}
