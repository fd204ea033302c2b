use std::sync::Arc;
use std::time::Duration;

use cpal::{FromSample, Sample};
use rtrb::Consumer;

use super::controls::Orders;
use super::ramp::Ramp;
use super::timeline::Stretch;
use super::{Controls, Frame, Meter};

/// The largest value that every sample format has: integers end one step short of 1.
const FULL_SCALE: f32 = 1.0 - f32::EPSILON / 2.0;
/// Stretches told of in one call: more come from very short loops alone.
const MAX_STRETCHES: u32 = 16;

/// The end of the ring that is heard: what a device's callback calls. It never allocates, locks, logs or blocks.
pub struct Mixer {
    ring: Consumer<Frame>,
    controls: Arc<Controls>,
    meter: Arc<Meter>,
    sample_rate_hz: u32,
    /// The generation that is taken from the ring.
    generation: u32,
    /// Its end was reached.
    has_finished: bool,
    /// The frame that is heard; it stays while it fades, where none follows.
    held: Frame,
    gate: Ramp,
    field: Ramp,
    source: Ramp,
    volume: Ramp,
    /// When the next frame is heard, by the player's clock.
    heard_ns: u64,
    run: Option<Run>,
    /// What lies between two frames, in seconds of the sound.
    step_secs: f64,
}

/// Frames that follow each other, of one call.
struct Run {
    first: usize,
    count: usize,
    first_secs: f64,
    last_secs: f64,
}

/// What a call saw.
#[derive(Default)]
struct Seen {
    peaks: [f32; 2],
    clipped: u64,
    is_starved: bool,
    num_stretches: u32,
}

impl Mixer {
    /// For a device of a rate. Frames of other generations than the one in `controls` are not heard: those made before
    /// it are dropped, and those made after it wait.
    #[must_use]
    pub fn new(
        ring: Consumer<Frame>,
        controls: Arc<Controls>,
        meter: Arc<Meter>,
        sample_rate_hz: u32,
    ) -> Self {
        let Orders { generation, weights: [field, source], volume, .. } = controls.orders();
        meter.set_generation(generation);
        let ramp = |value| Ramp::at(value, sample_rate_hz);
        Self {
            ring,
            controls,
            meter,
            sample_rate_hz,
            generation,
            has_finished: false,
            held: Frame::default(),
            gate: ramp(0.0),
            field: ramp(field),
            source: ramp(source),
            volume: ramp(volume),
            heard_ns: 0,
            run: None,
            step_secs: 1.0 / f64::from(sample_rate_hz),
        }
    }

    /// Say when the next frame is heard, by the player's clock. Without it, frames follow the ones before at once.
    pub fn set_heard_at(&mut self, at: Duration) {
        self.heard_ns = at.as_nanos() as u64;
    }

    /// The next frames for a device, in any of its sample formats. Mono is heard on every channel, stereo on the first
    /// two. What is beyond full scale is cut, and counted.
    ///
    /// # Shapes
    /// - `out`: `[frames, channels]`
    pub fn fill<T: Sample + FromSample<f32>>(&mut self, out: &mut [T], channels: usize) {
        let orders = self.controls.orders();
        self.field.aim(orders.weights[0]);
        self.source.aim(orders.weights[1]);
        self.volume.aim(orders.volume);
        let channels = channels.max(1);
        let mut seen = Seen::default();
        for (index, out) in out.chunks_mut(channels).enumerate() {
            let heard = self.next(&orders, index, &mut seen);
            for (channel, out) in out.iter_mut().enumerate() {
                let value = match (channels, channel) {
                    (1, _) => 0.5 * (heard[0] + heard[1]),
                    (_, 0 | 1) => heard[channel],
                    _ if self.held.is_mono => heard[0],
                    _ => 0.0,
                };
                if let Some(peak) = seen.peaks.get_mut(channel) {
                    *peak = peak.max(value.abs());
                }
                seen.clipped += u64::from(value.abs() > 1.0);
                *out = T::from_sample(value.clamp(-1.0, FULL_SCALE));
            }
        }
        self.tell(seen, out.len() / channels);
    }

    /// Left and right of the next frame.
    fn next(&mut self, orders: &Orders, index: usize, seen: &mut Seen) -> [f32; 2] {
        if self.generation != orders.generation && self.gate.is_closed() {
            self.turn(orders.generation);
        }
        let is_wanted = orders.is_playing && self.generation == orders.generation && !self.has_finished;
        // Frames are taken while they fade, too; at rest none is, so that a pause keeps its place.
        let frame = if is_wanted || !self.gate.is_closed() { self.pop() } else { None };
        match frame {
            Some(frame) => {
                self.held = frame;
                self.extend(index, frame.position_secs, seen);
            }
            None if is_wanted => seen.is_starved |= !self.has_finished,
            None => {}
        }
        self.gate.aim(if is_wanted && frame.is_some() { 1.0 } else { 0.0 });
        let gain = self.gate.advance() * self.volume.advance();
        let (field, source) = (self.field.advance(), self.source.advance());
        [0, 1].map(|side: usize| gain * (field * self.held.field[side] + source * self.held.source[side]))
    }

    /// The next frame of this generation. Those of a later one are left for their time.
    fn pop(&mut self) -> Option<Frame> {
        if let Some(frame) = self.pop_own() {
            return Some(frame);
        }
        // The last frame may have come between the look at the ring and the look at the controls: look once more.
        if self.controls.is_complete(self.generation) {
            let frame = self.pop_own();
            if frame.is_none() && !self.has_finished {
                self.has_finished = true;
                self.meter.finish(self.generation);
            }
            return frame;
        }
        None
    }

    fn pop_own(&mut self) -> Option<Frame> {
        let is_own = self.ring.peek().is_ok_and(|frame| frame.generation == self.generation);
        if is_own { self.ring.pop().ok() } else { None }
    }

    /// On to another generation: what was made before it is dropped.
    fn turn(&mut self, generation: u32) {
        while self.ring.peek().is_ok_and(|frame| frame.generation != generation) {
            self.ring.pop().ok();
        }
        self.generation = generation;
        self.has_finished = false;
        self.held = Frame::default();
        self.meter.set_generation(generation);
    }

    /// Note where in the sound a frame is, to tell when it is heard.
    fn extend(&mut self, index: usize, position_secs: f64, seen: &mut Seen) {
        if let Some(run) = &mut self.run
            && run.first + run.count == index
        {
            let step_secs = position_secs - run.last_secs;
            let is_next = match run.count {
                1 => step_secs > 0.0 && step_secs * f64::from(self.sample_rate_hz) < 8.0,
                _ => (step_secs - self.step_secs).abs() < 1e-3 * self.step_secs,
            };
            if is_next {
                if run.count == 1 {
                    self.step_secs = step_secs;
                }
                (run.last_secs, run.count) = (position_secs, run.count + 1);
                return;
            }
        }
        self.tell_run(seen);
        self.run = Some(Run { first: index, count: 1, first_secs: position_secs, last_secs: position_secs });
    }

    fn tell_run(&mut self, seen: &mut Seen) {
        let Some(run) = self.run.take() else { return };
        if seen.num_stretches < MAX_STRETCHES {
            seen.num_stretches += 1;
            self.meter.timeline.push(Stretch {
                generation: self.generation,
                heard_ns: self.heard_ns + self.nanoseconds(run.first),
                length_ns: self.nanoseconds(run.count),
                position_secs: run.first_secs,
                speed: self.step_secs * f64::from(self.sample_rate_hz),
            });
        }
    }

    fn nanoseconds(&self, frames: usize) -> u64 {
        frames as u64 * 1_000_000_000 / u64::from(self.sample_rate_hz)
    }

    /// Tell what a call did.
    fn tell(&mut self, mut seen: Seen, frames: usize) {
        self.tell_run(&mut seen);
        self.heard_ns += self.nanoseconds(frames);
        self.meter.see(seen.peaks, seen.clipped);
        self.meter.set_sounding(seen.num_stretches > 0);
        if seen.is_starved {
            self.meter.count_xrun();
        }
        self.meter.count_call();
    }
}
