use rayon::prelude::*;

use super::{Evaluator, FieldKind, FieldRecord, SoundLayout};

/// Plays the fields of a sound: their amplitudes at any instants, so at any rate, speed or direction.
#[derive(Debug, Clone)]
pub struct Synthesizer {
    layout: SoundLayout,
    evaluators: Vec<Evaluator>,
}

/// One instant in one window.
#[derive(Debug, Clone, Copy)]
struct Share {
    window: usize,
    /// Which of the instants.
    index: usize,
    coordinate: f32,
    /// What is heard of it.
    part: f32,
}

impl Synthesizer {
    /// Ready to play these fields; `None` if they are not of a sound.
    #[must_use]
    pub fn new(record: &FieldRecord) -> Option<Self> {
        let FieldKind::Sound(layout) = record.kind else { return None };
        Some(Self { layout, evaluators: Evaluator::of_all(record.fields()) })
    }

    /// Where the fields lie.
    #[must_use]
    pub fn layout(&self) -> &SoundLayout {
        &self.layout
    }

    /// Channels that are heard.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.layout.channels.count()
    }

    /// Amplitudes at instants in seconds from the beginning; silence lies around the sound.
    ///
    /// # Shapes
    /// - result: `[n, channels]`
    #[must_use]
    pub fn at(&self, instants_secs: &[f64]) -> Vec<f32> {
        let channels = self.channels();
        let mut values = vec![0.0; instants_secs.len() * channels];
        let shares = self.shares(instants_secs);
        for channel in 0..channels {
            let heard: Vec<Vec<f32>> = shares
                .par_chunk_by(|one, other| one.window == other.window)
                .map(|shares| {
                    let window = shares.first().map_or(0, |share| share.window);
                    let points: Vec<f32> = shares.iter().map(|share| share.coordinate).collect();
                    let evaluator = &self.evaluators[channel * self.layout.num_windows() + window];
                    evaluator.evaluate(&points)
                })
                .collect();
            for (share, value) in shares.iter().zip(heard.iter().flatten()) {
                values[share.index * channels + channel] += share.part * value;
            }
        }
        self.layout.channels.mix(&mut values);
        values
    }

    /// Amplitudes of `count` samples from `first` on at a rate: sample `i` is at the instant `(i + 0.5) / rate`.
    ///
    /// # Shapes
    /// - result: `[count, channels]`
    #[must_use]
    pub fn samples(&self, rate_hz: u32, first: u64, count: usize) -> Vec<f32> {
        let instant = |index: u64| (index as f64 + 0.5) / f64::from(rate_hz);
        let instants: Vec<f64> = (first..first + count as u64).map(instant).collect();
        self.at(&instants)
    }

    /// Samples of the whole sound at a rate.
    #[must_use]
    pub fn len_at(&self, rate_hz: u32) -> usize {
        (self.layout.duration_secs() * f64::from(rate_hz)).round().max(1.0) as usize
    }

    /// What each instant has of which window, those of a window next to each other.
    fn shares(&self, instants_secs: &[f64]) -> Vec<Share> {
        let layout = &self.layout;
        let inside = 0.0..layout.duration_secs();
        let mut shares = Vec::with_capacity(instants_secs.len() + instants_secs.len() / 4);
        for (index, instant) in instants_secs.iter().enumerate().filter(|(_, at)| inside.contains(*at)) {
            let share = |window: usize, part: f32| Share {
                window,
                index,
                coordinate: layout.coordinate(window, *instant),
                part,
            };
            let (window, part) = layout.place(*instant);
            shares.push(share(window, part));
            if part < 1.0 {
                shares.push(share(window - 1, 1.0 - part));
            }
        }
        shares.sort_by_key(|share| share.window);
        shares
    }
}
