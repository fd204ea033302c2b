use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64};

use super::Controls;
use super::timeline::{Stretch, Timeline};

/// What the callback tells, without waiting for anybody who reads it.
#[derive(Debug)]
pub struct Meter {
    pub(super) timeline: Timeline,
    /// The generation that the mixer has come to: older frames are out of the ring.
    generation: AtomicU32,
    /// The generation of which the last frame was taken.
    finished: AtomicU64,
    /// Bits of `f32` that are not negative, which are in the order of their values.
    peaks: [AtomicU32; 2],
    clipped: AtomicU64,
    xruns: AtomicU64,
    is_sounding: AtomicBool,
    calls: AtomicU64,
}

/// What is heard at a moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// The instant of the sound, in seconds.
    pub position_secs: f64,
    /// Whether it goes on.
    pub is_playing: bool,
}

impl Default for Meter {
    fn default() -> Self {
        Self {
            timeline: Timeline::default(),
            generation: AtomicU32::new(0),
            finished: AtomicU64::new(u64::MAX),
            peaks: Default::default(),
            clipped: AtomicU64::new(0),
            xruns: AtomicU64::new(0),
            is_sounding: AtomicBool::new(false),
            calls: AtomicU64::new(0),
        }
    }
}

impl Meter {
    /// What is heard at a moment of the player's clock, in nanoseconds. After a jump, and until it is heard, it is the
    /// instant that was jumped to.
    #[must_use]
    pub fn heard(&self, controls: &Controls, now_ns: u64) -> Heard {
        let generation = controls.generation();
        let stretch = self.timeline.at(now_ns, generation);
        let gone_ns = |stretch: Stretch| (now_ns - stretch.heard_ns).min(stretch.length_ns);
        let is_over = stretch.is_none_or(|stretch| gone_ns(stretch) == stretch.length_ns);
        let has_ended = self.is_finished(generation) && is_over;
        let reached =
            |stretch: Stretch| stretch.position_secs + gone_ns(stretch) as f64 * 1e-9 * stretch.speed;
        let position_secs = match stretch {
            _ if has_ended => controls.duration_secs(),
            Some(stretch) => reached(stretch).min(controls.duration_secs()),
            None => controls.start_secs(),
        };
        Heard { position_secs, is_playing: controls.is_playing() && !has_ended }
    }

    /// The largest amplitudes on the first two channels since the last time, before what is beyond full scale was cut.
    pub fn take_peaks(&self) -> [f32; 2] {
        [&self.peaks[0], &self.peaks[1]].map(|peak| f32::from_bits(peak.swap(0, Relaxed)))
    }

    /// How many samples were beyond full scale since the last time.
    pub fn take_clipped(&self) -> u64 {
        self.clipped.swap(0, Relaxed)
    }

    /// How often there was nothing to play in time, since the start.
    #[must_use]
    pub fn xruns(&self) -> u64 {
        self.xruns.load(Relaxed)
    }

    /// Whether anything was to be heard in the latest call of the callback.
    pub(super) fn set_sounding(&self, is_sounding: bool) {
        self.is_sounding.store(is_sounding, Relaxed);
    }

    /// The device had nothing to play in time: that matters if something was to be heard.
    pub(super) fn count_device_xrun(&self) {
        if self.is_sounding.load(Relaxed) {
            self.count_xrun();
        }
    }

    pub(super) fn count_xrun(&self) {
        self.xruns.fetch_add(1, Relaxed);
    }

    /// How often the callback was called: a device that stops calling has gone.
    pub(super) fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }

    pub(super) fn count_call(&self) {
        self.calls.fetch_add(1, Relaxed);
    }

    pub(super) fn see(&self, peaks: [f32; 2], clipped: u64) {
        for (peak, own) in peaks.into_iter().zip(&self.peaks) {
            own.fetch_max(peak.to_bits(), Relaxed);
        }
        self.clipped.fetch_add(clipped, Relaxed);
    }

    pub(super) fn set_generation(&self, generation: u32) {
        self.generation.store(generation, Release);
    }

    pub(super) fn generation(&self) -> u32 {
        self.generation.load(Acquire)
    }

    pub(super) fn finish(&self, generation: u32) {
        self.finished.store(u64::from(generation), Release);
    }

    /// Whether the last frame of this generation was taken.
    #[must_use]
    pub fn is_finished(&self, generation: u32) -> bool {
        self.finished.load(Acquire) == u64::from(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_of_the_device_counts_while_something_is_to_be_heard() {
        let meter = Meter::default();
        meter.count_device_xrun();
        assert_eq!(meter.xruns(), 0);
        meter.set_sounding(true);
        meter.count_device_xrun();
        assert_eq!(meter.xruns(), 1);
    }
}
