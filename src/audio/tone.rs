use std::sync::Arc;

use rayon::prelude::*;

use crate::field::Synthesizer;
use crate::media::{Interpolator, Sound};

/// Something that can be heard at any instant.
pub trait Tone: Send + Sync {
    /// One, or two for left and right.
    fn channels(&self) -> usize;

    /// How long it lasts, in seconds.
    fn duration_secs(&self) -> f64;

    /// Amplitudes at instants in seconds from its beginning, for a device of a rate.
    ///
    /// # Shapes
    /// - result: `[n, channels]`
    fn at(&self, instants_secs: &[f64], rate_hz: u32) -> Vec<f32>;
}

impl Tone for Synthesizer {
    fn channels(&self) -> usize {
        self.channels()
    }

    fn duration_secs(&self) -> f64 {
        self.layout().duration_secs()
    }

    fn at(&self, instants_secs: &[f64], _: u32) -> Vec<f32> {
        self.at(instants_secs)
    }
}

/// A recorded sound, read between its samples.
#[derive(Debug, Clone)]
pub struct SoundTone(pub Arc<Sound>);

impl Tone for SoundTone {
    fn channels(&self) -> usize {
        self.0.channels().len()
    }

    fn duration_secs(&self) -> f64 {
        self.0.duration_secs()
    }

    fn at(&self, instants_secs: &[f64], rate_hz: u32) -> Vec<f32> {
        let interpolator = Interpolator::new(self.0.rate_hz(), rate_hz);
        let channels = self.0.channels();
        let mut values = vec![0.0; instants_secs.len() * channels.len()];
        values.par_chunks_mut(channels.len()).zip(instants_secs).for_each(|(values, instant)| {
            let place = instant * f64::from(self.0.rate_hz()) - 0.5;
            for (value, samples) in values.iter_mut().zip(channels) {
                *value = interpolator.at(samples, place);
            }
        });
        values
    }
}

/// What is played: a field, and what it was written for.
#[derive(Clone)]
pub struct Tracks {
    /// The field.
    pub field: Arc<dyn Tone>,
    /// The recording, where it is at hand.
    pub source: Option<Arc<dyn Tone>>,
    /// What the recording is multiplied with where it is listened to in the field's place, so that both are as loud.
    pub source_gain: f32,
}

/// What is listened to.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Listen {
    /// The field.
    #[default]
    Field,
    /// The recording, as loud as the field.
    Source,
    /// What the field lacks: the recording less the field, made louder.
    Residual {
        /// By so much.
        gain_db: f32,
    },
}

impl Listen {
    /// What field and recording count for.
    #[must_use]
    pub fn weights(self, source_gain: f32) -> [f32; 2] {
        match self {
            Self::Field => [1.0, 0.0],
            Self::Source => [0.0, source_gain],
            Self::Residual { gain_db } => {
                let gain = linear(gain_db);
                [-gain, gain]
            }
        }
    }
}

/// Decibels as a factor.
pub(super) fn linear(db: f32) -> f32 {
    10f32.powf(db / 20.0)
}
