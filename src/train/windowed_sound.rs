use rand::{Rng, RngExt};

use super::TrainError;
use super::window_gradient::WindowSamples;
use crate::field::SoundLayout;
use crate::media::{Interpolator, Sound};
use crate::model::{coded_channels, loudness, padded};

/// A sound cut into the windows of its fields, to be drawn from.
pub(super) struct WindowedSound {
    layout: SoundLayout,
    /// What the fields are of.
    coded: Vec<Vec<f32>>,
    /// Loudness of every window.
    gains: Vec<f32>,
}

impl WindowedSound {
    /// # Errors
    /// [`TrainError::Config`] if the sound is not the one that the fields are of, by its length, rate or channels.
    pub(super) fn new(layout: SoundLayout, sound: &Sound) -> Result<Self, TrainError> {
        let (mut channels, mut coded) = coded_channels(sound);
        if channels != layout.channels && channels.count() > layout.channels.count() {
            (channels, coded) = (layout.channels, vec![sound.mono()]);
        }
        if (sound.rate_hz(), sound.len(), channels) != (layout.sample_rate_hz, layout.length, layout.channels) {
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
            (0..layout.num_windows()).map(|window| loudness(&padded(samples, layout.samples(window)))).collect()
        };
        let gains = coded.iter().flat_map(stretches).collect();
        Ok(Self { layout, coded, gains })
    }

    /// The loudness of every window.
    pub(super) fn gains(&self) -> &[f32] {
        &self.gains
    }

    /// Random instants of every window, the amplitudes in parts of its loudness.
    pub(super) fn draw(&self, count: usize, random: &mut impl Rng) -> Vec<WindowSamples> {
        let interpolator = Interpolator::within();
        let rate = f64::from(self.layout.sample_rate_hz);
        let mut all = Vec::with_capacity(self.gains.len());
        for samples in &self.coded {
            for window in 0..self.layout.num_windows() {
                let stretch = self.layout.samples(window);
                let gain = self.gains[all.len()];
                let mut own = WindowSamples::default();
                for _ in 0..count {
                    let place = stretch.start as f64 + random.random::<f64>() * self.layout.window as f64;
                    own.points.push(self.layout.coordinate(window, place / rate));
                    own.targets.push(interpolator.at(samples, place - 0.5) / gain);
                }
                all.push(own);
            }
        }
        all
    }
}
