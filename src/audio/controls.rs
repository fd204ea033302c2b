use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

/// No generation is complete.
const NONE: u64 = u64::MAX;

/// What the callback is told: numbers that change at any time, and that it reads without waiting.
#[derive(Debug)]
pub struct Controls {
    is_playing: AtomicBool,
    /// The only frames to be heard.
    generation: AtomicU32,
    /// The generation of which the last frame is in the ring.
    complete: AtomicU64,
    /// Bits of two `f32`, of the field and of the source: one number, so that they change together.
    weights: AtomicU64,
    /// Bits of an `f32`.
    volume: AtomicU32,
    /// Bits of an `f64`: where the generation begins, in seconds.
    start_secs: AtomicU64,
    /// Bits of an `f64`.
    duration_secs: AtomicU64,
}

/// What the callback is told, read once for all samples of a call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Orders {
    pub(super) is_playing: bool,
    pub(super) generation: u32,
    pub(super) weights: [f32; 2],
    pub(super) volume: f32,
}

impl Default for Controls {
    fn default() -> Self {
        let controls = Self {
            is_playing: AtomicBool::new(false),
            generation: AtomicU32::new(0),
            complete: AtomicU64::new(NONE),
            weights: AtomicU64::new(0),
            volume: AtomicU32::new(1f32.to_bits()),
            start_secs: AtomicU64::new(0),
            duration_secs: AtomicU64::new(0),
        };
        controls.set_weights([1.0, 0.0]);
        controls
    }
}

impl Controls {
    /// Play, or rest.
    pub fn set_playing(&self, is_playing: bool) {
        self.is_playing.store(is_playing, Release);
    }

    /// Whether it should play. It can be that the end was reached since.
    #[must_use]
    pub fn is_playing(&self) -> bool {
        self.is_playing.load(Acquire)
    }

    /// What field and source are multiplied with, both from the same sample on.
    pub fn set_weights(&self, [field, source]: [f32; 2]) {
        self.weights.store(u64::from(field.to_bits()) << 32 | u64::from(source.to_bits()), Relaxed);
    }

    /// How loud, as a factor.
    pub fn set_volume(&self, gain: f32) {
        self.volume.store(gain.to_bits(), Relaxed);
    }

    /// Hear only frames of this generation, from now on.
    pub fn set_generation(&self, generation: u32) {
        self.generation.store(generation, Release);
    }

    /// The generation that is to be heard.
    #[must_use]
    pub fn generation(&self) -> u32 {
        self.generation.load(Acquire)
    }

    /// The last frame of this generation is in the ring: after it comes the end, not a fault.
    pub fn set_complete(&self, generation: Option<u32>) {
        self.complete.store(generation.map_or(NONE, u64::from), Release);
    }

    pub(super) fn is_complete(&self, generation: u32) -> bool {
        self.complete.load(Acquire) == u64::from(generation)
    }

    /// Where the next generation begins, in seconds.
    pub(super) fn set_start_secs(&self, secs: f64) {
        self.start_secs.store(secs.to_bits(), Release);
    }

    pub(super) fn start_secs(&self) -> f64 {
        f64::from_bits(self.start_secs.load(Acquire))
    }

    pub(super) fn set_duration_secs(&self, secs: f64) {
        self.duration_secs.store(secs.to_bits(), Release);
    }

    /// How long the sound is, in seconds; 0 without one.
    #[must_use]
    pub fn duration_secs(&self) -> f64 {
        f64::from_bits(self.duration_secs.load(Acquire))
    }

    pub(super) fn orders(&self) -> Orders {
        let weights = self.weights.load(Relaxed);
        Orders {
            is_playing: self.is_playing(),
            generation: self.generation(),
            weights: [(weights >> 32) as u32, weights as u32].map(f32::from_bits),
            volume: f32::from_bits(self.volume.load(Relaxed)),
        }
    }
}
