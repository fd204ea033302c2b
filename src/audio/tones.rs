//! What can be played: fields, and recordings.

use std::sync::Arc;

use rayon::prelude::*;

use super::Tone;
use crate::field::Synthesizer;
use crate::media::{Interpolator, Sound};

impl Tone for Synthesizer {
    fn channels(&self) -> usize {
        self.channels()
    }

    fn duration_secs(&self) -> f64 {
        self.layout().duration_secs()
    }

    fn render(&self, seconds: &[f64], _: u32, out: &mut Vec<f32>) {
        *out = self.at(seconds);
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

    fn render(&self, seconds: &[f64], sample_rate_hz: u32, out: &mut Vec<f32>) {
        let interpolator = Interpolator::new(self.0.rate_hz(), sample_rate_hz);
        let channels = self.0.channels();
        out.clear();
        out.resize(seconds.len() * channels.len(), 0.0);
        out.par_chunks_mut(channels.len()).zip(seconds).for_each(|(values, instant)| {
            let place = instant * f64::from(self.0.rate_hz()) - 0.5;
            for (value, samples) in values.iter_mut().zip(channels) {
                *value = interpolator.at(samples, place);
            }
        });
    }
}
