//! Tones that have a formula, and a deck with its mixer whose clock its frames alone move.

use std::f64::consts::TAU;
use std::sync::Arc;
use std::time::Duration;

use hyperscope::audio::{Command, Controls, Deck, Frame, Meter, Mixer, Tone, Tracks};

pub(crate) const RATE_HZ: u32 = 48_000;
/// Samples of a ramp of 5 ms.
pub(crate) const RAMP: usize = 240;

/// A sine, or whatever a function of the instant gives, on one channel or two.
pub(crate) struct Wave {
    pub(crate) channels: usize,
    pub(crate) duration_secs: f64,
    pub(crate) value: fn(f64, usize) -> f32,
}

impl Tone for Wave {
    fn channels(&self) -> usize {
        self.channels
    }

    fn duration_secs(&self) -> f64 {
        self.duration_secs
    }

    fn render(&self, seconds: &[f64], _: u32, out: &mut Vec<f32>) {
        out.clear();
        out.extend(
            seconds.iter().flat_map(|at| (0..self.channels).map(|channel| (self.value)(*at, channel))),
        );
    }
}

pub(crate) fn sine(hz: f64, at: f64) -> f32 {
    (0.5 * (TAU * hz * at).sin()) as f32
}

pub(crate) fn a(at: f64, _: usize) -> f32 {
    sine(440.0, at)
}

pub(crate) fn b(at: f64, _: usize) -> f32 {
    sine(660.0, at)
}

pub(crate) fn tone(duration_secs: f64, value: fn(f64, usize) -> f32) -> Arc<dyn Tone> {
    Arc::new(Wave { channels: 1, duration_secs, value })
}

pub(crate) fn tracks(duration_secs: f64) -> Tracks {
    Tracks { field: tone(duration_secs, a), source: Some(tone(duration_secs, b)), source_gain: 0.5 }
}

/// Deck and mixer, and a clock that the mixer's frames alone move.
pub(crate) struct Rig {
    pub(crate) deck: Deck,
    pub(crate) mixer: Mixer,
    pub(crate) controls: Arc<Controls>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) now_ns: u64,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let (controls, meter) = (Arc::<Controls>::default(), Arc::<Meter>::default());
        let (deck, mixer) = Deck::new(Arc::clone(&controls), Arc::clone(&meter), RATE_HZ);
        Self { deck, mixer, controls, meter, now_ns: 0 }
    }

    pub(crate) fn playing(tracks: Tracks) -> Self {
        let mut rig = Self::new();
        rig.obey(Command::Load(tracks));
        rig.obey(Command::Play);
        rig
    }

    pub(crate) fn obey(&mut self, command: Command) {
        self.deck.obey(command, self.now_ns);
    }

    /// What a device of one channel hears, with a full ring before every buffer.
    pub(crate) fn hear(&mut self, frames: usize) -> Vec<f32> {
        let mut heard = vec![0.0; frames];
        for out in heard.chunks_mut(480) {
            while self.deck.produce() {}
            self.mixer.set_heard_at(Duration::from_nanos(self.now_ns));
            self.mixer.fill(out, 1);
            self.now_ns += out.len() as u64 * 1_000_000_000 / u64::from(RATE_HZ);
        }
        self.deck.rest_at_end(self.now_ns);
        heard
    }

    pub(crate) fn position_secs(&self) -> f64 {
        self.deck.heard(self.now_ns).position_secs
    }
}

pub(crate) fn instant(sample: usize) -> f64 {
    (sample as f64 + 0.5) / f64::from(RATE_HZ)
}

pub(crate) fn largest_step(values: &[f32]) -> f32 {
    values.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

/// Indices of the samples that frames are, at 48 kHz.
pub(crate) fn samples(frames: &[Frame]) -> Vec<u64> {
    frames.iter().map(|frame| (frame.position_secs * f64::from(RATE_HZ)).round() as u64).collect()
}
