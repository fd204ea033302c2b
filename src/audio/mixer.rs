use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use rtrb::Consumer;

use super::{Controls, Meter};

/// How long a change of what is heard takes, in seconds: too short to be noticed, long enough not to click.
const RAMP_SECS: f32 = 0.005;

/// One instant of what is played, left and right.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Frame {
    /// Of the field.
    pub field: [f32; 2],
    /// Of the recording.
    pub source: [f32; 2],
    /// The instant, in seconds from the sound's beginning.
    pub instant_secs: f64,
    /// Since the last seek: see [`Controls::next_generation`].
    pub generation: u32,
    /// Nothing follows.
    pub is_last: bool,
}

/// The consumer's end of the ring: what a device's callback calls. It never allocates, locks, logs or blocks.
pub struct Mixer {
    ring: Consumer<Frame>,
    controls: Arc<Controls>,
    meter: Arc<Meter>,
    /// Of a weight, in a frame.
    step: f32,
    /// Field, source, volume.
    present: [f32; 3],
    /// From silence to sound.
    gate: f32,
    generation: u32,
    /// Whether a frame of this generation was heard: before, an empty ring is no fault.
    is_primed: bool,
    /// What was heard last.
    last: [f32; 2],
    /// What fades because the next frame is from elsewhere, and how much of it is left.
    from: [f32; 2],
    tail: f32,
}

impl Mixer {
    /// For a device of a rate.
    #[must_use]
    pub fn new(ring: Consumer<Frame>, controls: Arc<Controls>, meter: Arc<Meter>, rate_hz: u32) -> Self {
        let present = controls.mix();
        let generation = controls.generation.load(Relaxed);
        Self {
            ring,
            controls,
            meter,
            step: 1.0 / (RAMP_SECS * rate_hz as f32),
            present,
            gate: 0.0,
            generation,
            is_primed: false,
            last: [0.0; 2],
            from: [0.0; 2],
            tail: 0.0,
        }
    }

    /// The next frames for a device. Mono is heard on every channel, stereo on the first two. `heard_ns` is when the
    /// first of them is heard, by the player's clock.
    ///
    /// # Shapes
    /// - `out`: `[frames, channels]`
    pub fn fill(&mut self, out: &mut [f32], channels: usize, heard_ns: u64) {
        let goal = self.controls.mix();
        let is_playing = self.controls.is_playing.load(Relaxed);
        let generation = self.controls.generation.load(Relaxed);
        if generation != self.generation {
            self.generation = generation;
            self.is_primed = false;
            self.fade();
        }
        let mut marked: Option<(f64, f64)> = None;
        let mut is_starved = false;
        for out in out.chunks_exact_mut(channels.max(1)) {
            self.approach(goal);
            let mut heard = [0, 1].map(|channel: usize| self.from[channel] * self.tail);
            self.tail = (self.tail - self.step).max(0.0);
            let frame = if is_playing || self.gate > 0.0 { self.next() } else { None };
            if let Some(frame) = frame {
                self.gate = (self.gate + if is_playing { self.step } else { -self.step }).clamp(0.0, 1.0);
                let [field, source, volume] = self.present;
                self.last = [0, 1].map(|channel: usize| {
                    (field * frame.field[channel] + source * frame.source[channel]) * volume * self.gate
                });
                marked = Some((marked.map_or(frame.instant_secs, |(first, _)| first), frame.instant_secs));
                heard = [heard[0] + self.last[0], heard[1] + self.last[1]];
                if frame.is_last {
                    self.controls.is_playing.store(false, Relaxed);
                    self.meter.has_ended.store(true, Relaxed);
                    self.fade();
                }
            } else if self.gate > 0.0 {
                is_starved = is_playing && self.is_primed;
                self.fade();
            }
            for (channel, out) in out.iter_mut().enumerate() {
                *out = match (channels, channel) {
                    (1, _) => 0.5 * (heard[0] + heard[1]),
                    (_, 0 | 1) => heard[channel],
                    _ => 0.0,
                };
                self.meter.see(channel, *out);
            }
        }
        if is_starved {
            self.meter.xruns.fetch_add(1, Relaxed);
        }
        if let Some((first, last)) = marked {
            self.meter.mark(first, last, heard_ns);
        }
    }

    /// A frame's way towards what is wanted. A residual's weights are large, and take no longer.
    fn approach(&mut self, goal: [f32; 3]) {
        for (present, goal) in self.present.iter_mut().zip(goal) {
            let most = self.step * goal.abs().max(present.abs()).max(1.0);
            *present += (goal - *present).clamp(-most, most);
        }
    }

    /// From what is heard to silence, and up again with what comes next.
    fn fade(&mut self) {
        if self.gate > 0.0 {
            (self.from, self.tail) = (self.last, 1.0);
        }
        self.gate = 0.0;
    }

    /// The next frame of this generation.
    fn next(&mut self) -> Option<Frame> {
        while let Ok(frame) = self.ring.pop() {
            if frame.generation == self.generation {
                self.is_primed = true;
                return Some(frame);
            }
        }
        None
    }
}
