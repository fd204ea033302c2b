use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering::Relaxed, fence};
use std::sync::atomic::Ordering::{Acquire, Release};

/// What the callback is told, by numbers that can change at any time.
#[derive(Debug, Default)]
pub struct Controls {
    /// Frames of another generation are passed over: a seek makes a new one.
    pub(super) generation: AtomicU32,
    pub(super) is_playing: AtomicBool,
    /// Of the field, then of the source, and the volume, as the bits of an `f32`.
    field_weight: AtomicU32,
    source_weight: AtomicU32,
    volume: AtomicU32,
}

/// What the callback tells.
#[derive(Debug, Default)]
pub struct Meter {
    /// Odd while the three numbers below are being written.
    version: AtomicU32,
    /// Bits of an `f64`: the instants of the first and of the last frame that a callback took, in seconds.
    first_secs: AtomicU64,
    last_secs: AtomicU64,
    /// When the first of them is heard, in nanoseconds of the player's clock.
    heard_ns: AtomicU64,
    /// Bits of an `f32` above zero, which are in the order of their values.
    peaks: [AtomicU32; 2],
    clipped: AtomicU64,
    pub(super) xruns: AtomicU64,
    /// The last frame was heard.
    pub(super) has_ended: AtomicBool,
}

impl Controls {
    /// Set what field and source count for.
    pub fn set_weights(&self, [field, source]: [f32; 2]) {
        self.field_weight.store(field.to_bits(), Relaxed);
        self.source_weight.store(source.to_bits(), Relaxed);
    }

    /// Set the volume, as a factor.
    pub fn set_volume(&self, volume: f32) {
        self.volume.store(volume.to_bits(), Relaxed);
    }

    /// Play, or be silent.
    pub fn set_playing(&self, is_playing: bool) {
        self.is_playing.store(is_playing, Relaxed);
    }

    /// Begin a new generation of frames, and say which.
    pub fn next_generation(&self) -> u32 {
        self.generation.fetch_add(1, Relaxed).wrapping_add(1)
    }

    /// What field, source and both together count for.
    pub(super) fn mix(&self) -> [f32; 3] {
        [&self.field_weight, &self.source_weight, &self.volume].map(|own| f32::from_bits(own.load(Relaxed)))
    }
}

impl Meter {
    /// What a callback took, and when it is heard.
    pub(super) fn mark(&self, first_secs: f64, last_secs: f64, heard_ns: u64) {
        let version = self.version.load(Relaxed).wrapping_add(1);
        self.version.store(version, Relaxed);
        fence(Release);
        self.first_secs.store(first_secs.to_bits(), Relaxed);
        self.last_secs.store(last_secs.to_bits(), Relaxed);
        self.heard_ns.store(heard_ns, Relaxed);
        self.version.store(version.wrapping_add(1), Release);
    }

    /// The instants of the first and the last frame that the latest callback took, and when the first is heard.
    #[must_use]
    pub fn marked(&self) -> (f64, f64, u64) {
        loop {
            let before = self.version.load(Acquire);
            let marked = (
                f64::from_bits(self.first_secs.load(Relaxed)),
                f64::from_bits(self.last_secs.load(Relaxed)),
                self.heard_ns.load(Relaxed),
            );
            fence(Acquire);
            if before.is_multiple_of(2) && before == self.version.load(Relaxed) {
                return marked;
            }
            std::hint::spin_loop();
        }
    }

    /// An amplitude that left for the device.
    pub(super) fn see(&self, channel: usize, value: f32) {
        if let Some(peak) = self.peaks.get(channel) {
            peak.fetch_max(value.abs().to_bits(), Relaxed);
        }
        if value.abs() > 1.0 {
            self.clipped.fetch_add(1, Relaxed);
        }
    }

    /// The largest amplitudes of left and right, and how many were beyond full scale, since the last time.
    pub fn take(&self) -> ([f32; 2], u64) {
        let peaks = [0, 1].map(|channel: usize| f32::from_bits(self.peaks[channel].swap(0, Relaxed)));
        (peaks, self.clipped.swap(0, Relaxed))
    }

    /// How often there was nothing to play.
    #[must_use]
    pub fn xruns(&self) -> u64 {
        self.xruns.load(Relaxed)
    }
}
